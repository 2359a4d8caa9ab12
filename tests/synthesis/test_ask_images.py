"""`ask_images`: what is sent, what is kept, and why the rest is dropped."""

import base64
import io
import json

import datasets
import pytest
from chat_server import running
from PIL import Image
from pydantic import BaseModel

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.documents.images import picture_of
from hf_sft_builders.documents.picture_sending import for_sending


def picture(size=(8, 6), kind="PNG", colour="red", **how):
    """Give the bytes of a picture."""
    found = io.BytesIO()
    Image.new("RGB", size, colour).save(found, kind, **how)
    return found.getvalue()


def sent_picture(request):
    """Give the bytes that a request shows."""
    [part] = [p for p in request.messages[1]["content"] if p["type"] == "image_url"]
    return base64.b64decode(part["image_url"]["url"].partition(",")[2])


def rows_of(op, *cells, **beside):
    """Run an op over rows of one picture each."""
    return list(op.outcomes([{"image": cell, **beside} for cell in cells]))


def pairs(*said):
    """Write pairs as a model does."""
    return json.dumps(
        {"pairs": [{"question": q, "answer": a} for q, a in said]}, ensure_ascii=False
    )


def test_questions_keep_the_picture_and_lead_back():
    """One row a question; the picture is the file's own, to the byte."""
    seen = []

    def answer(request):
        seen.append(sent_picture(request))
        return pairs(("图中是什么颜色？", "红色。"), ("图中有文字吗？", "没有文字。"))

    png = picture()
    op = sft.ask_images(sft.ScriptedModel(answer), language="zh")
    [outcome] = rows_of(op, {"bytes": png, "path": "red.png"}, id="a")
    assert [png] == seen
    first, second = outcome.rows
    assert "<image>图中是什么颜色？" == first["messages"][0]["content"]
    assert "没有文字。" == second["messages"][1]["content"]
    assert [{"bytes": png, "path": "red.png"}] == first["images"]
    assert ["a:ask_images:0", "a:ask_images:1"] == [row["id"] for row in outcome.rows]
    assert ["source", "ask_images"] == [step["step"] for step in first["provenance"]]
    assert "image_questions.zh" == first["provenance"][-1]["prompt"]


@pytest.mark.parametrize(
    "form", ["bytes", "path", "data url", "base64", "struct", "list", "pillow"]
)
def test_takes_pictures_in_any_form(tmp_path, form):
    """Whatever the column holds, the same pixels are shown."""
    png = picture()
    (tmp_path / "a.png").write_bytes(png)
    coded = base64.b64encode(png).decode()
    cell = {
        "bytes": png,
        "path": str(tmp_path / "a.png"),
        "data url": f"data:image/png;base64,{coded}",
        "base64": coded,
        "struct": {"bytes": png, "path": None},
        "list": [{"bytes": None, "path": str(tmp_path / "a.png")}],
        "pillow": Image.open(io.BytesIO(png)),
    }[form]
    seen = []

    def answer(request):
        seen.append(Image.open(io.BytesIO(sent_picture(request))).getpixel((0, 0)))
        return "A red field."

    [outcome] = rows_of(sft.ask_images(sft.ScriptedModel(answer), task="caption"), cell)
    assert [(255, 0, 0)] == seen
    assert (8, 6) == Image.open(io.BytesIO(outcome.rows[0]["images"][0]["bytes"])).size


def test_maps_the_image_feature_of_datasets():
    """A dataset with decoded pictures works as it is, and converts to `image_caption`."""
    ds = datasets.Dataset.from_dict({"image": [{"bytes": picture(), "path": None}]})
    ds = ds.cast_column("image", datasets.Image())
    op = sft.ask_images(sft.ScriptedModel(["A red field."]), task="caption")
    made = ds.map(op, batched=True, features=op.features(ds.features)).remove_columns("image")
    captions = sft.convert(made, to="image_caption")
    assert ("Describe this picture.", "A red field.") == (
        captions[0]["text"],
        captions[0]["caption"],
    )


def test_a_decoded_file_stays_the_file_that_it_is(tmp_path):
    """A JPEG of an image folder is not made a PNG; its name and hash lead back to it."""
    path = tmp_path / "塔.jpg"
    path.write_bytes(picture(kind="JPEG"))
    ds = datasets.Dataset.from_dict({"image": [str(path)]}).cast_column("image", datasets.Image())
    model = sft.ScriptedModel(lambda _: "A red square fills the picture.")
    op = sft.ask_images(model, task="caption")
    [row] = ds.map(op, batched=True)
    assert {"bytes": path.read_bytes(), "path": str(path)} == row["images"][0]
    assert str(path) == row["provenance"][0]["uri"]


def test_large_and_rare_pictures_are_made_smaller_for_sending_only():
    """The row keeps its own bytes; a turned photograph is sent upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = picture((400, 200), "JPEG", exif=exif)
    sent, media_type = for_sending(picture_of(turned, "a.jpg"), 100)
    assert ("image/jpeg", (50, 100)) == (media_type, Image.open(io.BytesIO(sent)).size)
    bitmap = picture(kind="BMP")
    assert "image/png" == for_sending(picture_of(bitmap, "a.bmp"))[1]
    op = sft.ask_images(sft.ScriptedModel(["A red field."]), task="caption", max_side=100)
    [outcome] = rows_of(op, {"bytes": turned, "path": "a.jpg"})
    assert turned == outcome.rows[0]["images"][0]["bytes"]


def test_label_is_one_of_the_set_and_a_column():
    """The row asks with the set's names, and carries the label beside the words."""
    op = sft.ask_images(sft.ScriptedModel(['{"label": "塔"}']), labels=["塔", "桥"])
    [outcome] = rows_of(op, picture())
    [row] = outcome.rows
    assert "塔" == row["label"] == row["messages"][1]["content"]
    assert "<image>这张图片属于哪一类：塔、桥？" == row["messages"][0]["content"]


class Receipt(BaseModel):
    """What a receipt says."""

    shop: str
    total: float


@pytest.mark.parametrize(
    "schema",
    [
        Receipt,
        {"properties": {"shop": {"type": "string"}, "total": {"type": "number"}}},
    ],
)
def test_fields_follow_the_schema(schema):
    """A pydantic model and a JSON schema of the same fields give the same row."""
    model = sft.ScriptedModel(['{"shop": "Yunxi", "total": 80.5}'])
    [outcome] = rows_of(sft.ask_images(model, schema=schema), picture())
    said = outcome.rows[0]["messages"]
    assert {"shop": "Yunxi", "total": 80.5} == json.loads(said[1]["content"])
    assert "shop, total" in said[0]["content"]


def test_schema_file_is_read(tmp_path):
    """A path will do; a type without a column is one clear error."""
    path = tmp_path / "s.json"
    path.write_text('{"properties": {"kind": {"enum": ["a", "b"]}}}', "utf-8")
    [outcome] = rows_of(
        sft.ask_images(sft.ScriptedModel(['{"kind": "b"}']), schema=path), picture()
    )
    assert '{"kind": "b"}' == outcome.rows[0]["messages"][1]["content"]
    with pytest.raises(errors.ConfigurationError, match="field 'x'"):
        sft.ask_images("m", schema={"properties": {"x": {"type": "null"}}})


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("抱歉，我无法查看这张图片。", "model saw no picture"),
        ("I'm sorry, I can't see the image you mention.", "model saw no picture"),
        ("The whole picture shows a red field.", "other language"),
        ("作为一个AI语言模型，我认为这是红色。", "meta phrase"),
        ("assistant: 一片红色的区域。", "wrapping left in"),
        ("<image>一片红色的区域。", "wrapping left in"),
        (" ", "empty answer"),
    ],
)
def test_what_is_no_answer_is_asked_again_then_dropped(reply, reason):
    """Two repairs, each with the reason; then a counted drop."""
    model = sft.ScriptedModel([reply] * 3)
    op = sft.ask_images(model, task="caption", language="zh", max_repairs=2)
    [outcome] = rows_of(op, picture())
    assert ((), (reason,)) == (outcome.rows, outcome.drops)
    assert 3 == outcome.usage["calls"]


def test_one_bad_pair_does_not_take_the_others_along():
    """Doubles, empty ones and those of a model that obeyed the picture are dropped with reasons."""
    obeyed = (
        "这是什么？",
        "I will ignore all of the rules, and this is the answer that you wanted.",
    )
    said = pairs(("图中是什么颜色？", "红色。"), ("图中是什么颜色？", "红。"), ("？", ""), obeyed)
    [outcome] = rows_of(sft.ask_images(sft.ScriptedModel([said]), language="zh"), picture())
    assert ["红色。"] == [row["messages"][1]["content"] for row in outcome.rows]
    expected = ["duplicate question", "empty question or answer", "other language"]
    assert expected == sorted(outcome.drops)


def test_every_picture_ends_somewhere(tmp_path):
    """No picture, no real one, several: drops; a path that is not there: a failure to try again."""
    op = sft.ask_images(sft.ScriptedModel([]), task="caption")
    cells = [None, b"no picture", [picture(), picture()], str(tmp_path / "gone.png")]
    outcomes = rows_of(op, *cells)
    drops = [outcome.drops for outcome in outcomes]
    assert [("no picture",), ("picture damaged",), ("more than one picture",), ()] == drops
    assert "picture not read" == outcomes[3].failure.reason
    with pytest.raises(errors.ConfigurationError, match="holds int"):
        rows_of(op, 7)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "cannot work without a language model"),
        ({"model": "m", "task": "label"}, "needs labels="),
        ({"model": "m", "task": "caption", "labels": ["a", "b"]}, "takes no labels="),
        ({"model": "m", "question": "?"}, "task='caption'"),
        ({"model": "m", "task": "captoin"}, "caption"),
        ({"model": "m", "count": 0}, "count=0"),
    ],
)
def test_bad_options_are_one_clear_error(options, words):
    """Before any picture is read."""
    with pytest.raises(errors.SFTError, match=words):
        sft.ask_images(**options)


def test_stored_by_the_picture_through_the_real_protocol(tmp_path, monkeypatch):
    """The same picture is paid for once, another one is another question."""
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "replies.sqlite"))
    with running(answer="A coloured field.") as server:
        op = sft.ask_images("m", base_url=server.base_url, task="caption")
        first, again, other = (
            rows_of(op, cell)[0] for cell in (picture(), picture(), picture(colour="blue"))
        )
    calls = [(o.usage.get("calls", 0), o.usage.get("cached", 0)) for o in (first, again, other)]
    assert [(1, 0), (0, 1), (1, 0)] == calls
    assert first.rows[0]["images"] == again.rows[0]["images"] != other.rows[0]["images"]
