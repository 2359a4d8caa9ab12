"""What `publish` writes can be read back, and says no more than is known."""

import json
import subprocess
import sys

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hf_sft_builders as sft
from hf_sft_builders.cli import main
from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.formats import FORMATS
from hf_sft_builders.ledger import Ledger


def test_the_folder_has_the_layout_of_a_hub_dataset(rows, tmp_path):
    """Card, license, manifest and one Parquet file per small split; the folder is returned."""
    folder = sft.publish(rows(), tmp_path / "out")
    assert tmp_path / "out" == folder
    files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    data = "data/train-00000-of-00001.parquet"
    expected = ["LICENSE", "NOTICE", "README.md", data, "hf_sft_manifest.json"]
    expected += ["report/lengths.en.svg"]
    assert expected == files


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_reads_back_equal(name, rows, read, tmp_path):
    """`load_dataset(folder)` gives the rows and features that were published."""
    ds = rows(format_name=name)
    again = read(sft.publish(ds, tmp_path / "out"), split="train")
    assert ds.features == again.features
    own = [*FORMATS[name].features, "id"]
    assert ds.select_columns(own).to_list() == again.select_columns(own).to_list()
    assert [row["provenance"][0]["uri"] for row in again] == ["guide.pdf"] * 3


def test_splits_keep_their_names(rows, read, tmp_path):
    """A DatasetDict becomes one set of files per split."""
    both = datasets.DatasetDict({"train": rows(5), "validation": rows(2)})
    again = read(sft.publish(both, tmp_path / "out"))
    assert again.num_rows == {"train": 5, "validation": 2}


def test_a_dataset_keeps_the_split_it_came_from(rows, read, tmp_path):
    """A Dataset without a split becomes `train`; one that has a split keeps it."""
    ds = datasets.Dataset(rows().data.table, split="test")
    assert read(sft.publish(ds, tmp_path / "out")).num_rows == {"test": 3}


def test_large_splits_are_written_in_shards(rows, read, tmp_path, monkeypatch):
    """No file is larger than the limit, and all rows are there in order."""
    monkeypatch.setattr("hf_sft_builders.publishing.parquet_files.SHARD_BYTES", 4_000)
    monkeypatch.setattr("hf_sft_builders.publishing.parquet_files.ROW_GROUP_BYTES", 2_000)
    ds = rows(40)
    folder = sft.publish(ds, tmp_path / "out")
    files = sorted(path.name for path in (folder / "data").iterdir())
    assert len(files) > 3
    assert f"train-00000-of-{len(files):05d}.parquet" == files[0]
    assert ds["id"][:] == read(folder, split="train")["id"][:]


def test_filtered_and_shuffled_rows_are_the_ones_written(rows, read, tmp_path):
    """Selections through an indices mapping are honoured."""
    ds = rows(9).shuffle(seed=1).select([4, 2, 7])
    assert ds["id"][:] == read(sft.publish(ds, tmp_path / "out"), split="train")["id"][:]


def test_the_same_rows_give_the_same_bytes(rows, tmp_path):
    """Two runs write equal files, however the rows lie in memory."""
    ds = rows(8)
    pieces = datasets.concatenate_datasets([ds.select(range(3)), ds.select(range(3, 8))])
    first, second = (
        sft.publish(ds, tmp_path / "a" / "same"),
        sft.publish(pieces, tmp_path / "b" / "same"),
    )
    for path in (
        "data/train-00000-of-00001.parquet",
        "README.md",
        "LICENSE",
        "NOTICE",
        "hf_sft_manifest.json",
    ):
        assert (first / path).read_bytes() == (second / path).read_bytes(), path


def test_images_are_put_into_the_rows(tmp_path):
    """Files that rows point at travel with them, and their folders' names do not."""
    picture = tmp_path / "private" / "a.png"
    picture.parent.mkdir()
    picture.write_bytes(b"not really a picture")
    features = datasets.Features({"image": datasets.Image(decode=False)})
    table = pa.table({"image": [{"bytes": None, "path": str(picture)}]}, features.arrow_schema)
    ds = datasets.Dataset(table)
    folder = sft.publish(ds, tmp_path / "out", license="mit")
    written = pq.read_table(folder / "data" / "train-00000-of-00001.parquet")["image"].to_pylist()
    assert written == [{"bytes": b"not really a picture", "path": "a.png"}]


def test_the_manifest_is_the_builders_own(built, tmp_path):
    """Counts and losses of the run go with the rows, also after `.map`."""
    ds = built().map(lambda row: row)
    manifest = Ledger.load(sft.publish(ds, tmp_path / "out"))
    assert manifest.builder == "pdf_qa"
    assert manifest.ignored == {"map.png": "no reader for .png"}
    assert manifest.drops == {"no question found": 2}


def test_no_local_path_is_published(built, source, tmp_path):
    """Neither rows nor card, license or manifest name the folder that the documents lay in."""
    sources = (source("/home/mei/docs/a/guide.pdf"), source("/home/mei/docs/b/map.pdf"))
    folder = sft.publish(built(sources=sources), tmp_path / "out")
    for path in folder.rglob("*"):
        assert path.is_dir() or b"/home/mei" not in path.read_bytes(), path
        assert path.is_dir() or str(tmp_path).encode() not in path.read_bytes(), path
    told = json.loads((folder / "hf_sft_manifest.json").read_text())["published"]["identity"]
    assert [name for name, _ in told["sources"]] == ["a/guide.pdf", "b/map.pdf"]


def test_the_documents_builder_can_be_published(docs, load, read, tmp_path):
    """Rows that no trainer reads get a card without training lines; their `uri` is public."""
    folder = sft.publish(load("documents", data_dir=str(docs), split="train"), tmp_path / "out")
    card = (folder / "README.md").read_text()
    assert "## Train on it" not in card
    assert "“Train on it”" not in card
    assert {"guide.md"} == set(read(folder, split="train")["uri"])


def test_a_second_build_replaces_the_first_silently(docs, load, tmp_path):
    """The same builder on edited documents writes to the same folder without being told."""
    before = load("pdf_qa", data_dir=str(docs), split="train")
    sft.publish(before, tmp_path / "out")
    text = (docs / "guide.md").read_text(encoding="utf-8")
    (docs / "guide.md").write_text(
        text.replace("80 元", "90 元") + "\n电话：0699-5550100\n", encoding="utf-8"
    )
    after = load("pdf_qa", data_dir=str(docs), split="train")
    sft.publish(after, tmp_path / "out")
    assert pq.read_table(tmp_path / "out" / "data").num_rows == len(after) != len(before)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda ds: ds.select([]), "no rows"),
        (
            lambda ds: datasets.DatasetDict({"train": ds, "test": ds.select([])}),
            "'test' has no rows",
        ),
        (lambda ds: datasets.DatasetDict(), "expected a Dataset"),
        (lambda ds: ds.remove_columns(ds.column_names), "no columns"),
        (lambda ds: ds.to_list(), "expected a Dataset"),
        (
            lambda ds: datasets.DatasetDict({"train": ds, "test": ds.remove_columns("id")}),
            "features",
        ),
        (lambda ds: datasets.DatasetDict({"a b": ds}), "Split name"),
    ],
)
def test_what_cannot_be_published_is_refused_first(make, message, rows, tmp_path):
    """Empty datasets and wrong types are errors, and nothing is written."""
    with pytest.raises(ConfigurationError, match=message):
        sft.publish(make(rows()), tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_stream_is_collected_with_the_features_that_map_forgot(rows, read, tmp_path):
    """`IterableDataset.map` forgets the features; those of the format are written all the same."""
    ds = rows(format_name="alpaca")
    stream = ds.to_iterable_dataset().map(lambda row: {**row, "output": row["output"] + "。"})
    assert stream.features is None
    both = datasets.IterableDatasetDict({"train": stream, "test": stream})
    again = read(sft.publish(both, tmp_path / "out"))
    assert {"train": ds.features, "test": ds.features} == {k: v.features for k, v in again.items()}
    assert [f"{answer}。" for answer in ds["output"]] == again["test"]["output"][:]


def test_configs_stand_side_by_side(rows, read, tmp_path):
    """More configs, with columns of their own, under one card."""
    folder = sft.publish(rows(), tmp_path / "out", configs={"alpaca": rows(2, "alpaca")})
    assert 3 == read(folder, split="train").num_rows
    assert rows(2, "alpaca").features == read(folder, name="alpaca", split="train").features
    only = sft.publish(None, tmp_path / "only", configs={"alpaca": rows(2, "alpaca")})
    assert 2 == read(only, name="alpaca", split="train").num_rows
    assert 'load_dataset("./only", "alpaca", split="train")' in (only / "README.md").read_text()


@pytest.mark.parametrize("first", [True, False], ids=["with default", "named ones only"])
def test_the_shell_sends_every_config(first, rows, read, tmp_path, capsys):
    """`hf-sft publish` of a folder with several configs loses none of them."""
    configs = {"pairs": rows(2, "alpaca"), "more": rows(4)}
    folder = sft.publish(rows() if first else None, tmp_path / "in", configs=configs)
    target = tmp_path / "out"
    told = ["publish", str(folder), str(target), "--license", "mit", "--card-language", "zh"]
    assert 0 == main(told), capsys.readouterr().err
    for name, count in {"pairs": 2, "more": 4, **({"default": 3} if first else {})}.items():
        assert count == read(target, name=name, split="train").num_rows
    assert "## 数据" in (target / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["data", "default", "a/b", "", 3])
def test_a_config_needs_a_name_of_its_own(name, rows, tmp_path):
    """Names that would fall together with others are refused."""
    with pytest.raises(ConfigurationError, match="configs="):
        sft.publish(rows(), tmp_path / "out", configs={name: rows()})


@pytest.mark.parametrize("path", ["README.md", "data/a.svg", "../a", "/a", "", "a\\b"])
def test_more_files_stay_in_their_place(path, rows, tmp_path):
    """`files=` neither leaves the folder nor replaces what publish writes."""
    with pytest.raises(ConfigurationError, match="files="):
        sft.publish(rows(), tmp_path / "out", files={path: "x"})
    assert not (tmp_path / "out").exists()


def test_a_dry_run_shows_what_would_change(rows, tmp_path):
    """The files lie beside the target, which stays as it is."""
    folder = sft.publish(rows(), tmp_path / "out")
    before = (folder / "README.md").read_bytes()
    told = sft.publish(rows(4), tmp_path / "out", dry_run=True)
    assert before == (folder / "README.md").read_bytes()
    data, picture = "data/train-00000-of-00001.parquet", "report/lengths.en.svg"
    assert ("README.md", data, "hf_sft_manifest.json", picture) == told.changes.changed
    assert 4 == pq.read_table(told.folder / "data").num_rows
    assert "~ README.md" in str(told)


def test_an_unknown_license_lists_the_known_ones(rows, tmp_path):
    """A license id that the Hub might refuse is an error with the nearest one."""
    with pytest.raises(UnknownName, match=r"Did you mean 'cc-by-4\.0'.*other"):
        sft.publish(rows(), tmp_path / "out", license="cc-bye-4.0")


def test_a_wheel_brings_the_templates(tmp_path):
    """The card templates are found in the built wheel as in a checkout."""
    pytest.importorskip("hatchling", reason="hatchling is not installed; it builds the wheel")
    import shutil
    import zipfile
    from pathlib import Path

    root, copy = Path(__file__).parents[2], tmp_path / "copy"
    shutil.copytree(root / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(root / "dataset_cards", copy / "dataset_cards")
    for path in (*root.glob("pyproject.toml"), *root.glob("README.md"), *root.glob("LICENSE")):
        shutil.copy(path, copy)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q"]
    subprocess.run([*build, "-w", tmp_path, copy], check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        wheel.extractall(tmp_path / "site")
    code = (
        "from hf_sft_builders.publishing.templates import card_folder, has_template;"
        "assert has_template('conversation') and has_template('training/alpaca');"
        "from hf_sft_builders.licenses import compose_licenses;"
        "from hf_sft_builders.licenses.texts import short_text;"
        "assert compose_licenses(['MIT'], generator='gpt-4o').license == 'mit';"
        "assert short_text('mit');"
        "print(card_folder())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(tmp_path / "site"), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(tmp_path / "site" / "hf_sft_builders" / "dataset_cards") == done.stdout.strip()


def test_provenance_of_guessed_types_is_published(read, tmp_path):
    """Rows of `.map` without `features=`: what no row fills has the type null, structs as well."""
    step = {"step": "source", "uri": "塔.png", "title": None, "span": None, "license": None}
    said = [{"role": "user", "content": "塔有几层？"}, {"role": "assistant", "content": "七层。"}]
    row = {"messages": said, "provenance": [step, {**step, "step": "ask_images"}]}
    ds = datasets.Dataset.from_list([{**row, "id": str(number)} for number in range(6)])
    sft.publish(ds, tmp_path / "out", license="cc-by-4.0")
    assert ds.to_list() == read(tmp_path / "out", split="train").to_list()
