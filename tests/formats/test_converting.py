"""`sft.convert` on every kind of dataset."""

import json

import datasets
import pyarrow as pa
import pytest

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.formats import get_format
from hf_sft_builders.formats.files import read_tables

ROWS = [
    {"instruction": f"问题 {n}", "input": "", "output": f"答案 {n}", "mine": n} for n in range(2500)
]


@pytest.fixture
def ds():
    """Alpaca rows with a column that no format knows."""
    return datasets.Dataset.from_list(ROWS)


def test_a_dataset_keeps_its_rows_and_columns(ds):
    """All rows, typed; the user's own column rides along; the way back gives the same."""
    made = sft.convert(ds, to="sharegpt")
    assert {*get_format("sharegpt").features, "mine"} == set(made.column_names)
    assert get_format("sharegpt").features["conversations"] == made.features["conversations"]
    assert len(ROWS) == len(made) == sft.last_run().counts["rows"]
    back = sft.convert(made, to="alpaca").select_columns(list(ROWS[0]))
    assert ROWS == back.to_list()


def test_the_second_call_is_a_cache_hit(ds, monkeypatch, tmp_path):
    """The same rows and target are converted once; another target is another file."""
    ds.save_to_disk(tmp_path / "rows")
    ds = datasets.load_from_disk(tmp_path / "rows")
    made = sft.convert(ds, to="messages")
    monkeypatch.setattr(
        "hf_sft_builders.formats.converting._write", lambda *_: pytest.fail("converted again")
    )
    again = sft.convert(ds, to="messages")
    assert made.cache_files == again.cache_files
    assert made._fingerprint == again._fingerprint
    with pytest.raises(pytest.fail.Exception):
        sft.convert(ds, to="sharegpt")


def test_all_kinds_give_the_same(ds):
    """Dataset, DatasetDict, stream and table convert alike, each into its own kind."""
    expected = sft.convert(ds, to="messages").to_list()
    both = sft.convert(datasets.DatasetDict(train=ds, test=ds.select(range(3))), to="messages")
    assert isinstance(both, datasets.DatasetDict)
    assert (expected, expected[:3]) == (both["train"].to_list(), both["test"].to_list())
    assert len(ROWS) + 3 == sft.last_run().counts["rows"]
    table = sft.convert(ds.with_format("arrow")[:], to="messages")
    assert expected == table.to_pylist()
    stream = sft.convert(ds.to_iterable_dataset(num_shards=2), to="messages")
    assert isinstance(stream, datasets.IterableDataset)
    assert expected == list(stream)
    assert sft.convert(ds, to="messages").features == stream.features


def test_columns_of_ones_own_and_a_layout_of_ones_own():
    """Unknown names are mapped in, and names of one's own come out."""
    ds = datasets.Dataset.from_list([{"问": "高？", "答": "28.6 米", "n": 1}])
    made = sft.convert(ds, to="alpaca", columns={"问": "instruction", "答": "output"})
    assert ("高？", "28.6 米", 1) == (made[0]["instruction"], made[0]["output"], made[0]["n"])
    own = sft.convert(made, to={"question": "instruction", "answer": "output"})
    assert [{"question": "高？", "answer": "28.6 米", "n": 1}] == own.to_list()


def test_a_layout_without_a_place_is_a_loss():
    """What the layout of one's own names no column for is said, and counted if allowed."""
    rows = [{"instruction": "a", "input": "b", "output": "c"}]
    ds = datasets.Dataset.from_list(rows)
    with pytest.raises(errors.LossyConversion, match="input"):
        sft.convert(ds, to={"q": "instruction", "a": "output"})
    made = sft.convert(ds, to={"q": "instruction", "a": "output"}, allow_loss=True)
    assert [{"q": "a", "a": "c"}] == made.to_list()
    assert {"field input": 1} == dict(sft.last_run().drops)


def test_losses_are_named_or_counted(tmp_path):
    """Reasoning has no place in plain messages: an error that names it, or a count."""
    rows = [{"prompt": f"q{n}", "reasoning": "hm" * (n % 2), "content": "a"} for n in range(4)]
    ds = datasets.Dataset.from_list(rows)
    with pytest.raises(errors.LossyConversion, match=r"messages\.reasoning"):
        sft.convert(ds, to="messages")
    ds.save_to_disk(tmp_path / "rows")
    ds = datasets.load_from_disk(tmp_path / "rows")
    for _ in range(2):  # the account survives a cache hit
        made = sft.convert(ds, to="messages", allow_loss=True)
        assert 4 == len(made)
        assert {"field messages.reasoning": 2} == dict(sft.last_run().drops)


def test_rows_that_cannot_be_said_are_counted():
    """A conversation of three turns has no place among pairs; it is dropped only if allowed."""
    pair = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    ds = datasets.Dataset.from_list([{"messages": pair, "n": 0}, {"messages": pair * 2, "n": 1}])
    with pytest.raises(errors.FormatError, match="row 1"):
        sft.convert(ds, to="reward", allow_loss=False, from_format="messages")
    with pytest.raises(errors.FormatError, match=r"prompt_completion_text: row 1"):
        sft.convert(ds, to="prompt_completion_text")
    made = sft.convert(ds, to="prompt_completion_text", allow_loss=True)
    assert [{"prompt": "a", "completion": "b", "n": 0}] == made.to_list()
    assert {"one-pair": 1} == dict(sft.last_run().drops)


def test_a_column_in_the_way_is_named():
    """A column of the user's that the target has too is not overwritten."""
    ds = datasets.Dataset.from_list([{"instruction": "a", "input": "", "output": "b", "text": "t"}])
    with pytest.raises(errors.LossyConversion, match="text: another column"):
        sft.convert(ds, to="classification")


def test_class_labels_that_ride_along_stay_class_labels():
    """Only a label that is read becomes words."""
    said = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    ds = datasets.Dataset.from_list([{"messages": said, "topic": 1}])
    ds = ds.cast_column("topic", datasets.ClassLabel(names=["x", "y"]))
    made = sft.convert(ds, to="sharegpt")
    assert (ds.features["topic"], 1) == (made.features["topic"], made[0]["topic"])


@pytest.mark.parametrize("to", ["alpacca", {"a": "instruction", "b": "conversations"}])
def test_unknown_targets_are_named(ds, to):
    """A misspelt format, or columns of two formats, are errors before any work."""
    with pytest.raises(errors.ConfigurationError, match="alpaca|together"):
        sft.convert(ds, to=to)


def test_things_that_are_no_dataset_are_refused():
    """A list of dicts is no dataset; the error says what is."""
    with pytest.raises(errors.ConfigurationError, match="list"):
        sft.convert([{"a": 1}], to="alpaca")


MEDIA = {
    "path": "tower.png",
    "relative path": "images/tower.png",
    "URL": "https://example.com/tower.png",
    "struct": {"bytes": None, "path": "tower.png"},
    "bytes": b"\x89PNG....",
    "data URL": "data:image/png;base64,iVBORy4uLi4=",
    "base64": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9",
}


@pytest.mark.parametrize("kind", MEDIA)
@pytest.mark.parametrize("form", ["list", "one"])
def test_media_come_in_any_form(kind, form):
    """Path, URL, base64, bytes or struct, one or a list: in the record bytes, else a path."""
    said = [{"role": "user", "content": "<image>?"}, {"role": "assistant", "content": "b"}]
    medium = [MEDIA[kind]] if form == "list" else MEDIA[kind]
    table = pa.Table.from_pylist([{"messages": said, "images": medium}])
    [[image]] = sft.convert(table, to="multimodal")["images"].to_pylist()
    held = kind in ("bytes", "data URL", "base64")
    assert (held, not held) == (image["bytes"] is not None, image["path"] is not None)
    assert not held or image["bytes"].startswith(b"\x89PNG")
    parts = sft.convert(table, to="multimodal_parts")["messages"].to_pylist()[0][0]["content"]
    assert [{"type": "image", "text": ""}, {"type": "text", "text": "?"}] == parts


def test_features_of_datasets_are_media_too(tmp_path):
    """An `Image` column of `datasets` is taken undecoded."""
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    said = [{"role": "user", "content": "<image>?"}, {"role": "assistant", "content": "b"}]
    features = datasets.Features(
        {
            "messages": [{"role": datasets.Value("string"), "content": datasets.Value("string")}],
            "image": {"bytes": datasets.Value("binary"), "path": datasets.Value("string")},
        }
    )
    row = {"messages": said, "image": {"bytes": None, "path": str(tmp_path / "a.png")}}
    ds = datasets.Dataset.from_list([row], features=features)
    ds = ds.cast_column("image", datasets.Image(decode=False))
    made = sft.convert(ds, to="sharegpt_multimodal", columns={"image": "images"})
    assert [{"bytes": None, "path": str(tmp_path / "a.png")}] == made[0]["images"]


def test_errors_name_the_row_of_the_whole():
    """A bad row in a later batch has its own number."""
    pair = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    table = pa.table({"messages": [pair] * 22_000 + [pair[:1]]})
    with pytest.raises(errors.FormatError, match="alpaca: row 22000: found the roles user"):
        sft.convert(table, to="alpaca")
    with pytest.raises(errors.FormatError, match="alpaca: row 22000"):
        sft.convert(datasets.Dataset(table), to="alpaca")


def test_rows_of_a_builder_keep_id_and_provenance(load, docs):
    """Lineage rides along, typed as it was, into any format."""
    rows = load("pdf_qa", data_dir=str(docs), split="train")
    made = sft.convert(rows, to="sharegpt")
    assert (
        rows.select_columns(["id", "provenance"]).to_list()
        == made.select_columns(["id", "provenance"]).to_list()
    )
    assert rows.features["provenance"] == made.features["provenance"]
    assert (
        rows.to_list()
        == sft.convert(made, to="messages").select_columns(rows.column_names).to_list()
    )


@pytest.mark.parametrize(
    "labels",
    [[1, 0], [1.0, 0.0], ["true", "False"], ["1", "0"]],
    ids=["ints", "floats", "words", "text"],
)
def test_labels_in_other_forms_are_labels(labels):
    """0 and 1, and what CSV makes of a bool, become one; `check` still names the numbers."""
    ds = datasets.Dataset.from_dict({"prompt": ["问"] * 2, "completion": "答错", "label": labels})
    assert "kto_text" == sft.detect(ds).format
    assert [True, False] == sft.convert(ds, to="alpaca_kto")["kto_tag"]
    assert 2 == sft.check(ds, format="kto_text").bad_rows


@pytest.mark.parametrize("labels", [[1, 2], [0.25, 1.0], ["yes", "true"]])
def test_scores_are_no_labels(labels):
    """What is neither yes nor no is refused, never rounded."""
    ds = datasets.Dataset.from_dict({"prompt": ["问"] * 2, "completion": "答错", "label": labels})
    with pytest.raises(errors.FormatError, match="column 'label' is .*expected bool"):
        sft.convert(ds, to="alpaca_kto", from_format="kto_text")


INLINE = {
    "path": {"type": "image", "image": "b.png"},
    "url": {"type": "image_url", "image_url": {"url": "b.png"}},
    "data": {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
}


@pytest.mark.parametrize("form", list(INLINE))
def test_media_inside_parts_go_beside_the_words(form, tmp_path):
    """At their place among those that stand beside already; the answer may be text."""
    asked = [{"type": "image"}, INLINE[form], {"type": "text", "text": "这两处是哪里？"}]
    rows = [
        {
            "messages": [
                {"role": "user", "content": asked},
                {"role": "assistant", "content": [{"type": "text", "text": "塔和桥。"}]},
            ],
            "images": ["a.png"],
        }
    ]
    (tmp_path / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    table = pa.concat_tables(read_tables(tmp_path / "rows.json"))
    made = sft.convert(table, to="sharegpt_multimodal").to_pylist()[0]
    assert "<image><image>这两处是哪里？" == made["conversations"][0]["value"]
    first, second = made["images"]
    assert {"bytes": None, "path": "a.png"} == first
    expected = {"bytes": b"\x89PNG", "path": None} if form == "data" else None
    assert (expected or {"bytes": None, "path": "b.png"}) == second
    assert sft.check(table, format="multimodal_parts").ok


def test_parts_without_their_medium_are_a_finding():
    """A part that shows an image needs one; trainers stop at the first row where it is missing."""
    shown = [{"type": "image", "text": ""}, {"type": "text", "text": "?"}]
    said = [{"role": "user", "content": shown}, {"role": "assistant", "content": shown[1:]}]
    report = sft.check(pa.table({"messages": [said, said], "images": [["a.png"], []]}))
    assert {"image-parts": 1} == {found.rule: found.count for found in report.findings}


def test_a_column_that_was_not_read_is_told_with_its_values():
    """Where the target lacks what a column of its name may hold, the error shows that column."""
    said = {"prompt": ["问", "再问"], "completion": ["答", "再答"], "label": [0, 2]}
    with pytest.raises(errors.FormatError, match=r"column 'label' \(0, 2\).*kto \(bool\)"):
        sft.convert(datasets.Dataset.from_dict(said), to="kto")
    asked = {"instruction": ["塔有几层？"], "output": ["七层。"], "image": ["塔.png"]}
    with pytest.raises(errors.FormatError, match=r"column 'image' \(塔.png\).*image_caption"):
        sft.convert(datasets.Dataset.from_dict(asked), to="image_caption")
    with pytest.raises(errors.FormatError, match=r"Choose a format without it, or fill it in\.$"):
        sft.convert(datasets.Dataset.from_dict(said).remove_columns("label"), to="kto")


@pytest.fixture
def guessed():
    """Rows whose provenance `datasets` typed by what is there: fields that no row fills are null."""
    step = {"step": "source", "uri": "塔.png", "title": None, "span": None, "license": None}
    messages = [
        {"role": "user", "content": "塔有几层？"},
        {"role": "assistant", "content": "七层。"},
    ]
    row = {"messages": messages, "provenance": [step, {**step, "step": "ask_images"}]}
    return datasets.Dataset.from_list([{**row, "id": str(number)} for number in range(6)])


def test_types_that_were_guessed_ride_along(guessed):
    """Columns without one value convert and mix, as a dataset and as a stream."""
    for ds in (guessed, guessed.to_iterable_dataset()):
        made = sft.convert(ds, to="alpaca")
        assert guessed["provenance"] == [row["provenance"] for row in made]
        mixed = sft.mix({"a": ds, "b": ds})
        assert 12 == len(list(mixed))


TURNS = [[{"role": "user", "content": "问？"}, {"role": "assistant", "content": "答。"}]]
TURN = pa.struct([("role", pa.large_string()), ("content", pa.large_string())])


@pytest.mark.parametrize(
    ("expected", "rows"),
    [
        ("messages", {"messages": pa.array(TURNS, pa.large_list(TURN))}),
        *(
            ("alpaca", {name: pa.array([name]).cast(kind) for name in ("instruction", "output")})
            for kind in (
                pa.large_string(),
                pa.string_view(),
                pa.dictionary(pa.int32(), pa.string()),
            )
        ),
    ],
    ids=["large lists", "large text", "text views", "dictionaries"],
)
def test_formats_are_found_in_the_types_that_other_libraries_write(expected, rows):
    """Parquet files of polars have large lists, those of pandas' categories dictionaries."""
    table = pa.table(rows)
    if table.schema.field(0).type == pa.string_view() and datasets.__version__ < "4.8":
        pytest.skip("this version of datasets has no text views")
    assert expected == sft.detect(table).format
    assert 1 == sft.convert(table, to="sharegpt").num_rows
