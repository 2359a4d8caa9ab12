"""`vision_qa`: pictures from folders, archives, PDFs and columns, through the real protocol."""

import io
import json
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from chat_server import running
from pdf_samples import pdf
from PIL import Image

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.formats import get_format

PAIRS = json.dumps({"pairs": [{"question": "画面是什么颜色？", "answer": "单一的颜色。"}]})


def picture(colour="red", kind="PNG"):
    """Give the bytes of a picture."""
    found = io.BytesIO()
    Image.new("RGB", (8, 6), colour).save(found, kind)
    return found.getvalue()


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder with a picture, an archive of two and one that is none."""
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "replies.sqlite"))
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "tower.png").write_bytes(picture())
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.writestr("a/bridge.jpg", picture("blue", "JPEG"))
        archive.writestr("b/note.txt", "no picture")
        archive.writestr("b/bridge again.jpg", picture("blue", "JPEG"))
    (folder / "broken.jpg").write_bytes(b"not a picture at all")
    return folder


def test_folder_with_archive_gives_pictures_in_rows(load, photos):
    """Every picture is asked about once; what is none is told."""
    with running(answer=PAIRS) as server:
        options = {"model": "m", "base_url": server.base_url, "language": "zh"}
        ds = load("vision_qa", data_dir=str(photos), split="train", **options)
    assert [*get_format("multimodal").features, "id", "provenance"] == ds.column_names
    named = {row["images"][0]["path"]: row["images"][0]["bytes"] for row in ds}
    assert {"tower.png": picture(), "bridge.jpg": picture("blue", "JPEG")} == named
    assert all("<image>画面是什么颜色？" == row["messages"][0]["content"] for row in ds)
    run = sft.last_run()
    assert {"damaged", "no reader for .txt"} == set(run.unreadable.values())
    assert 2 == run.usage["calls"]
    assert {"same picture again": 1} == dict(run.drops)
    get_format("multimodal").require(ds.with_format("arrow")[:])


def test_builder_is_the_op(load, photos):
    """The same rows, made with the op by hand."""
    model = sft.ScriptedModel(lambda request: "A field of one colour.")
    built = load("vision_qa", data_dir=str(photos), split="train", model=model, task="caption")
    rows = [
        {
            "image": row["images"],
            "id": row["id"].partition(":")[0],
            "provenance": row["provenance"][:1],
        }
        for row in built
    ]
    op = sft.ask_images(model, task="caption")
    again = [made for outcome in op.outcomes(rows) for made in outcome.rows]
    for column in ("messages", "images", "id", "provenance"):
        assert built[column][:] == [row[column] for row in again]


def test_pages_of_a_pdf_are_pictures(load, tmp_path):
    """Each page is drawn; its number is in the provenance."""
    (tmp_path / "two.pdf").write_bytes(pdf(["first page", "second page"]))
    ds = load(
        "vision_qa",
        data_files=str(tmp_path / "two.pdf"),
        split="train",
        model=sft.ScriptedModel(lambda request: "A page of text."),
        task="caption",
        format="image_caption",
    )
    assert [[1], [2]] == [row["provenance"][0]["pages"] for row in ds]
    names = [row["provenance"][0]["sha256"][:12] for row in ds]
    assert [f"{names[0]}:page-{n}:ask_images:0" for n in (1, 2)] == ds["id"][:]
    assert ["two-p1.png", "two-p2.png"] == [row["image"]["path"] for row in ds]
    assert ["A page of text."] * 2 == ds["caption"][:]


def test_column_of_pictures_and_labels(load, tmp_path):
    """Rows keep their ids; paths begin where the file is."""
    (tmp_path / "near.png").write_bytes(picture("green"))
    cells = [{"bytes": picture(), "path": None}, {"bytes": None, "path": "near.png"}]
    table = pa.table({"photo": cells, "id": ["one", "two"]})
    pq.write_table(table, tmp_path / "rows.parquet")
    model = sft.ScriptedModel(lambda request: '{"label": "塔"}')
    ds = load(
        "vision_qa",
        data_files=str(tmp_path / "rows.parquet"),
        split="train",
        image_column="photo",
        labels=["塔", "桥"],
        model=model,
    )
    assert ["one:ask_images:0", "two:ask_images:0"] == ds["id"][:]
    assert ["塔", "塔"] == ds["label"][:]
    assert picture("green") == ds[1]["images"][0]["bytes"]
    with pytest.raises(errors.SFTError, match="image_column="):
        load("vision_qa", data_files=str(tmp_path / "rows.parquet"), split="train", model=model)


def test_paths_in_place_of_bytes(load, photos):
    """`embed=False` keeps the path of picture files; members of archives keep their bytes."""
    model = sft.ScriptedModel(lambda request: "A field of one colour.")
    options = {"model": model, "task": "caption", "embed": False}
    ds = load("vision_qa", data_dir=str(photos), split="train", **options)
    held = {row["images"][0]["path"]: row["images"][0]["bytes"] for row in ds}
    assert {str(photos / "tower.png"): None, "bridge.jpg": picture("blue", "JPEG")} == held


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "ask_images cannot work without a language model"),
        ({"model": "m", "format": "alpaca"}, "does not fit pictures with words"),
        ({"model": "m", "task": "label"}, "needs labels="),
        ({"model": "m", "dpi": 7}, "dpi=7"),
    ],
)
def test_bad_options_stop_before_a_file_is_read(load, photos, options, words):
    """One clear error."""
    with pytest.raises(errors.ConfigurationError, match=words):
        load("vision_qa", data_dir=str(photos), split="train", **options)


def test_estimate_counts_pictures(photos):
    """One call for each picture, and the tokens of pictures with them."""
    told = sft.estimate(
        "vision_qa", data_dir=str(photos), model="m", base_url="http://127.0.0.1:9/v1"
    )
    assert 2 == told.calls
    assert told.tokens_in > 3000
