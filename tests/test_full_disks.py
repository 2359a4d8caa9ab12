"""A disk that is full, and a place that may not be written: one error, nothing half-written."""

import os
import subprocess
import sys
from pathlib import Path

import datasets
import pytest

import hf_sft_builders as sft
from hf_sft_builders.cli import main
from hf_sft_builders.errors import BuildError

resource = pytest.importorskip("resource", reason="limits of files are a thing of Unix")

LIMIT = """
import resource, signal, sys
import hf_sft_builders as sft
from hf_sft_builders.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
"""
ROWS = "".join(f'{{"instruction": "q{n} {"x" * 100}", "output": null}}\n' for n in range(300))


def fill(tmp_path, code):
    """Run code for which each file ends at 20 kB; give what it printed as its error."""
    home = {**os.environ, "HF_HOME": str(tmp_path / "home"), "HF_SFT_REPLIES": str(tmp_path / "r")}
    done = subprocess.run(
        [sys.executable, "-c", LIMIT + code],
        check=False,
        capture_output=True,
        text=True,
        env=home,
        cwd=tmp_path,
    )
    assert 2 == done.returncode, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_full_disk_stops_a_build_with_one_error(tmp_path):
    """The cache is named, and how to go on; no rows are served afterwards as if they were all."""
    (tmp_path / "a.txt").write_text("The tower is 28.6 m high, says the guide. " * 2000)
    build = "['build', 'documents', '--data-files', 'a.txt', '--output', 'out']"
    told = fill(tmp_path, f"sys.exit(main({build}))")
    assert "could not be written to the cache" in told
    assert "cache_dir=" in told
    assert not (tmp_path / "out").exists()


def test_a_full_disk_stops_a_map_with_one_error(tmp_path):
    """Nothing half-written is left, and nothing is served afterwards."""
    told = fill(
        tmp_path,
        f"""
import datasets
rows = datasets.Dataset.from_dict({{"text": ["{"x" * 100}"] * 2000}})
try:
    sft.map(rows, sft.render("{{text}}"))
except sft.errors.BuildError as error:
    print(error, error.__suppress_context__, file=sys.stderr)
    sys.exit(2)
""",
    )
    assert "could not be written to the cache" in told
    assert "True" in told


def test_a_full_disk_leaves_a_file_as_it_was(tmp_path):
    """`check --fix` replaces a file only by a whole one."""
    path = tmp_path / "rows.jsonl"
    path.write_text(ROWS)
    told = fill(tmp_path, "sys.exit(main(['check', 'rows.jsonl', '--fix']))")
    assert f"{path.name} was not written" in told
    assert ROWS == path.read_text()
    assert {"rows.jsonl"} == {each.name for each in tmp_path.iterdir() if each.is_file()}


def test_a_cache_that_cannot_be_made_is_one_error(tmp_path):
    """A file stands where the folder would be; the same holds without the right to write."""
    (tmp_path / "a.txt").write_text("The tower is 28.6 m high, says the guide.")
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(BuildError, match="could not be written to the cache.*HF_HOME") as caught:
        datasets.load_dataset(
            "hf_sft_builders/documents",
            data_files=str(tmp_path / "a.txt"),
            cache_dir=str(tmp_path / "cache" / "rows"),
        )
    assert caught.value.__suppress_context__


def test_a_file_that_cannot_be_written_is_one_error(tmp_path, capsys):
    """Nothing can be made below a file."""
    (tmp_path / "rows.jsonl").write_text(ROWS.replace("null", '"a"'))
    place = tmp_path / "rows.jsonl" / "out.jsonl"
    asked = ["convert", str(tmp_path / "rows.jsonl"), "--to", "sharegpt", "--output", str(place)]
    assert 2 == main(asked)
    assert f"{place} was not written" in capsys.readouterr().err


def test_a_file_that_vanishes_before_it_is_read_is_counted(tmp_path, monkeypatch):
    """The others are read; the account names the one that is gone."""
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text(f"The tower {name} is 28.6 m high, says the guide.")
    from hf_sft_builders.builders import base

    def listed(*args, **options):
        found = base_listing(*args, **options)
        (tmp_path / "b.txt").unlink()
        return found

    base_listing = base.list_files
    monkeypatch.setattr(base, "list_files", listed)
    rows = datasets.load_dataset(
        "hf_sft_builders/documents",
        data_dir=str(tmp_path),
        cache_dir=str(tmp_path / "cache"),
        split="train",
    )
    assert ["a.txt", "c.txt"] == sorted(Path(uri).name for uri in rows["uri"])
    [failure] = sft.last_run().failures
    assert "b.txt" in failure.input
