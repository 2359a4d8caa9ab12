"""`kaggle://`, `modelscope://` and `opendatalab://` in the hands of those who use fsspec."""

import hashlib
import io
import os
import pickle
import subprocess
import sys
import tomllib
from pathlib import Path

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

from hf_sft_builders import errors
from hf_sft_builders.registry import PROTOCOLS
from hf_sft_builders.sources.known_listings import KNOWN, storage_folder

ROOT = Path(__file__).parent.parent.parent
BIG = bytes(range(256)) * 4000


def rows(*numbers):
    """Make a small CSV file."""
    return ("x\n" + "".join(f"{number}\n" for number in numbers)).encode()


@pytest.fixture
def cached(tmp_path):
    """Load with a cache of the test's own."""
    return {"cache_dir": str(tmp_path / "cache"), "split": "train"}


def test_entry_points_say_what_the_registry_says():
    """A wheel registers the same classes as importing this package does."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    entries = told["project"]["entry-points"]["fsspec.specs"]
    assert PROTOCOLS == {name: place.replace(":", ".") for name, place in entries.items()}


def test_listing_globbing_and_reading(server, platform):
    """Folders, globs, sizes, whole files and ranges, with names of any kind."""
    files = {
        "a.csv": rows(1, 2),
        "数据/问 答#1?.csv": rows(3),
        "数据/深/b.csv": rows(4),
        "big": BIG,
    }
    server.put("o/d", files)
    fs = fsspec.filesystem(platform)
    top = fs.pin("o/d")
    assert {f"{top}/a.csv", f"{top}/big", f"{top}/数据"} == set(fs.ls("o/d", detail=False))
    assert {f"{top}/{path}" for path in files} == set(fs.find("o/d"))
    assert 3 == len(fs.glob(f"{platform}://o/d/**/*.csv"))
    assert [f"{top}/数据/深/b.csv"] == fs.glob("o/d/数据/*/b.csv")
    assert ("directory", "file") == (fs.info("o/d/数据")["type"], fs.info("o/d/a.csv")["type"])
    assert files["数据/问 答#1?.csv"] == fs.cat_file("o/d/数据/问 答#1?.csv")
    with fs.open("o/d/big", block_size=1000) as stream:
        stream.seek(500_000)
        assert BIG[500_000:500_777] == stream.read(777)
    assert BIG == fs.cat_file("o/d/big")
    assert BIG[-10:] == fs.cat_file("o/d/big", start=-10)
    assert not fs.exists("o/d/none.csv")
    assert [] == fs.glob("o/d/*.none")


def test_whole_folders_are_fetched(server, platform, tmp_path):
    """`get` keeps the folders, and fetches all files of one version."""
    server.put("o/d", {"a.csv": rows(1), "in/b.csv": rows(2)})
    fsspec.filesystem(platform).get("o/d", str(tmp_path / "got"), recursive=True)
    got = {str(p.relative_to(tmp_path / "got")) for p in (tmp_path / "got").rglob("*.csv")}
    assert {"a.csv", "in/b.csv"} == got


def test_the_same_lines_as_for_any_file(server, platform, cached):
    """pandas, pyarrow, `datasets` with and without streaming, and archives."""
    table, packed = pa.table({"x": list(range(1000))}), io.BytesIO()
    pq.write_table(table, packed)
    archive = io.BytesIO()
    import zipfile

    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("in/c.csv", rows(7, 8))
    files = {"a.csv": rows(1, 2), "in/b.csv": rows(3), "t.parquet": packed.getvalue()}
    server.put("o/d", {**files, "all.zip": archive.getvalue()})
    place = f"{platform}://o/d"
    fs = fsspec.filesystem(platform)
    assert table == pq.read_table("o/d/t.parquet", filesystem=fs)
    assert [1, 2, 3] == load_dataset("csv", data_files=f"{place}/**/*.csv", **cached)["x"][:]
    by_split = load_dataset("csv", data_files={"a": f"{place}/a.csv", "b": [f"{place}/in/*"]})
    assert ([1, 2], [3]) == (by_split["a"]["x"][:], by_split["b"]["x"][:])
    stream = load_dataset("csv", data_files=f"{place}/a.csv", split="train", streaming=True)
    assert [1, 2] == [row["x"] for row in stream]
    chained = f"zip://in/*.csv::{place}/all.zip"
    assert [7, 8] == load_dataset("csv", data_files=chained, **cached)["x"][:]
    parquet = load_dataset("parquet", data_files=f"{place}/*.parquet", num_proc=2, **cached)
    assert list(range(1000)) == parquet["x"][:]


def test_pandas_by_address(server, platform):
    """`pd.read_csv("kaggle://…")`, where pandas finds its packages new enough."""
    server.put("o/d", {"a.csv": rows(1, 2)})
    try:
        assert [1, 2] == pd.read_csv(f"{platform}://o/d/a.csv")["x"].tolist()
    except ImportError as error:
        pytest.skip(str(error))


def test_duckdb_and_polars(server, platform):
    """DuckDB by its registered filesystem, Polars by an open file."""
    duckdb = pytest.importorskip("duckdb")
    polars = pytest.importorskip("polars")
    server.put("o/d", {"a.csv": rows(1, 2), "b.csv": rows(3)})
    fs = fsspec.filesystem(platform)
    with duckdb.connect() as base:
        base.register_filesystem(fs)
        assert [(6,)] == base.sql(f"select sum(x) from '{platform}://o/d/*.csv'").fetchall()
    with fs.open("o/d/a.csv") as stream:
        assert [1, 2] == polars.read_csv(stream)["x"].to_list()


def test_changed_files_are_never_served_from_old_bytes(server, platform, cached):
    """The same name with other bytes of the same size: new rows, streamed or not."""
    place = f"{platform}://o/d/*.csv"
    server.put("o/d", {"a.csv": rows(1, 2)})
    assert [1, 2] == load_dataset("csv", data_files=place, **cached)["x"][:]
    server.put("o/d", {"a.csv": rows(3, 4)})
    assert [3, 4] == load_dataset("csv", data_files=place, **cached)["x"][:]
    stream = load_dataset("csv", data_files=place, split="train", streaming=True)
    assert [3, 4] == [row["x"] for row in stream]


def test_a_pinned_address_means_the_same_bytes_or_an_error(server, platform):
    """Kaggle keeps old versions; the others say that the dataset was changed."""
    server.put("o/d", {"a.csv": rows(1)})
    fs = fsspec.filesystem(platform)
    pinned = fs.pin("o/d/a.csv")
    server.put("o/d", {"a.csv": rows(2)})
    KNOWN.forget()
    if platform == "kaggle":
        assert rows(1) == fs.cat_file(pinned)
    else:
        with pytest.raises(errors.SourceError, match="was changed.*without what stands after @"):
            fs.cat_file(pinned)


def test_a_file_changed_while_it_is_read_is_an_error(server):
    """Bytes of two versions are never mixed."""
    server.put("o/d", {"a.csv": rows(1, 2)})
    fs = fsspec.filesystem("modelscope")
    with fs.open("o/d/a.csv") as stream:
        server.put("o/d", {"a.csv": rows(3, 4)})
        with pytest.raises(errors.SourceError, match="changed since it was listed"):
            stream.read()


def test_one_listing_per_process(server, platform, cached, monkeypatch):
    """Twenty files, threads and workers: the dataset is listed once."""
    monkeypatch.setattr("hf_sft_builders.sources.known_listings.BURST", 60)
    server.put("o/d", {f"{number}.csv": rows(number) for number in range(20)})
    ds = load_dataset("csv", data_files=f"{platform}://o/d/*.csv", num_proc=2, **cached)
    assert list(range(20)) == sorted(ds["x"])
    listing = {"kaggle": "ListTree", "modelscope": "repo/tree", "opendatalab": "/r/main"}
    assert 1 == len(server.requests(path=listing[platform]))


def test_all_pages_are_read(server, platform):
    """More files than one page holds."""
    server.put("o/d", {f"{number:04}.csv": rows(number) for number in range(450)})
    server.faults(page_size=0 if platform == "modelscope" else 200)
    assert 450 == len(fsspec.filesystem(platform).find("o/d"))


def test_instances_hold_no_secret(server, monkeypatch):
    """Tokens are in no pickle, no representation, no fingerprint; unknown options are refused."""
    monkeypatch.setenv("KAGGLE_API_TOKEN", "good-token-very-secret")
    fs = fsspec.filesystem("kaggle", hf={"token": "hf_secret", "endpoint": None})
    server.put("o/d", {"a.csv": rows(1)})
    with fs.open("o/d/a.csv") as stream:
        assert rows(1) == stream.read()
        told = [pickle.dumps(fs), pickle.dumps(stream), fs.to_json().encode(), repr(fs).encode()]
    assert not [each for each in told if b"secret" in each]
    assert rows(1) == pickle.loads(told[0]).cat_file("o/d/a.csv")
    with pytest.raises(errors.ConfigurationError, match="KAGGLE_API_TOKEN"):
        fsspec.filesystem("kaggle", token="mine")


def test_spawned_workers_know_the_protocols(server, tmp_path):
    """`num_proc` with fork and with spawn, where the package is installed (entry points)."""
    from importlib.metadata import entry_points

    if not {"kaggle"} & {entry.name for entry in entry_points(group="fsspec.specs")}:
        pytest.skip("the installed distribution has no entry points of ours")
    server.put("o/d", {f"{number}.csv": rows(number) for number in range(4)})
    code = """
import multiprocess, sys
from datasets import load_dataset
if __name__ == "__main__":
    multiprocess.set_start_method(sys.argv[1])
    ds = load_dataset("csv", data_files="kaggle://o/d/*.csv", split="train", num_proc=2, cache_dir=sys.argv[2])
    print(sorted(ds["x"]))
"""
    script = tmp_path / "job.py"
    script.write_text(code)
    for method in ("fork", "spawn"):
        done = subprocess.run(
            [sys.executable, str(script), method, str(tmp_path / method)],
            capture_output=True,
            text=True,
            env={**os.environ, "HF_HOME": str(tmp_path / "home")},
            check=False,
        )
        assert "[0, 1, 2, 3]" == done.stdout.strip(), done.stderr


def test_offline(server, platform, monkeypatch, cached, tmp_path):
    """What was loaded is found again; what is not there is one clear error."""
    server.put("o/d", {"a.csv": rows(1)})
    fs = fsspec.filesystem(platform)
    pinned = f"{platform}://{fs.pin('o/d/a.csv')}"
    assert [1] == load_dataset("csv", data_files=pinned, **cached)["x"][:]
    KNOWN.forget()
    server.forget()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for place in (pinned, f"{platform}://o/d/*.csv"):
        assert [1] == load_dataset("csv", data_files=place, **cached)["x"][:]
    with pytest.raises(errors.SourceError, match="HF_HUB_OFFLINE is set"):
        fs.cat_file("o/d/a.csv")
    with pytest.raises(errors.SourceError, match="HF_HUB_OFFLINE is set"):
        fs.ls("o/other")
    assert [] == server.requests()


def test_unfinished_files_resume_in_another_run(server, platform, tmp_path, monkeypatch):
    """What came before the break is not fetched again, and the checksum is verified."""
    server.put("o/d", {"big": BIG})
    server.faults(torn=1)
    monkeypatch.setattr("hf_sft_builders.sources.http.TRIES", 1)
    fs = fsspec.filesystem(platform)
    with pytest.raises(errors.SourceError, match="missing"):
        fs.get_file("o/d/big", str(tmp_path / "big"))
    assert not (tmp_path / "big").exists()
    server.forget()
    fs.get_file("o/d/big", str(tmp_path / "big"))
    assert hashlib.sha256(BIG).digest() == hashlib.sha256((tmp_path / "big").read_bytes()).digest()
    [asked] = [each["headers"].get("Range") for each in server.requests(host="storage")]
    assert f"bytes={len(BIG) // 2}-" == asked
    assert [] == [p for p in storage_folder("parts").iterdir() if p.suffix != ".lock"]
