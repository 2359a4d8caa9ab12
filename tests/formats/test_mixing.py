"""One dataset of several: formats, features, licenses and sources."""

import collections
import logging

import pytest
from datasets import Dataset, DatasetDict

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.formats import get_format


def alpaca(rows, name="a"):
    """Alpaca rows."""
    return Dataset.from_list(
        [
            {"instruction": f"{name}{n}", "input": "", "output": "答", "system": "", "history": []}
            for n in range(rows)
        ],
        features=get_format("alpaca").features,
    )


def chats(rows, name="m"):
    """Messages, with a column of their own."""
    features = get_format("messages").features
    said = [
        [{"role": "user", "content": f"{name}{n}"}, {"role": "assistant", "content": "答"}]
        for n in range(rows)
    ]
    ds = Dataset.from_dict({"messages": said}, features=features)
    ds = ds.add_column("topic", [f"话题 {n}" for n in range(rows)])
    ds.info.license = "cc-by-4.0"
    return ds


@pytest.mark.parametrize("stream", [False, True])
def test_formats_are_converted_and_sources_kept(stream):
    """Rows of two formats come out in one, each with its source and its license."""
    parts = {"chat": chats(20), "qa": alpaca(10)}
    if stream:
        parts = {name: ds.to_iterable_dataset() for name, ds in parts.items()}
        parts["chat"].info.license = "cc-by-4.0"  # `to_iterable_dataset` forgets it
    rows = list(sft.mix(parts, licenses={"qa": "apache-2.0"}))
    assert {"chat": 20, "qa": 10} == collections.Counter(row["source"] for row in rows)
    ids = {row["source"]: row["provenance"][0]["license"]["id"] for row in rows}
    assert {"chat": "cc-by-4.0", "qa": "apache-2.0"} == ids
    asked = {row["messages"][0]["content"] for row in rows}
    assert {f"m{n}" for n in range(20)} | {f"a{n}" for n in range(10)} == asked
    topics = {row["topic"] for row in rows if row["source"] == "qa"}
    assert {None} == topics


def test_weights_hold_at_every_place_and_rows_are_never_repeated():
    """70 to 30 in the whole and in each stretch; the mix is as large as the rows allow."""
    mixed = sft.mix({"a": alpaca(700), "b": alpaca(600, "b")}, weights={"a": 7, "b": 3})
    assert {"a": 700, "b": 300} == collections.Counter(mixed["source"])
    first = collections.Counter(mixed["source"][:100])
    assert 60 <= first["a"] <= 80
    assert len(mixed) == len(set(mixed["instruction"]))
    small = sft.mix({"a": alpaca(700), "b": alpaca(600, "b")}, {"a": 7, "b": 3}, total=100)
    assert {"a": 70, "b": 30} == collections.Counter(small["source"])


def test_a_mix_is_the_same_whatever_the_order_of_its_rows():
    """The order comes from the rows and the seed."""
    one, other = alpaca(50), alpaca(50).select(range(49, -1, -1))
    first, second = (sft.mix({"a": ds, "b": chats(30)}, to="alpaca") for ds in (one, other))
    assert first.to_list() == second.to_list()
    third = sft.mix({"a": one, "b": chats(30)}, to="alpaca", seed=1)
    assert first["instruction"] != third["instruction"]


def test_weighted_streams_end_with_the_first():
    """A stream of two is deterministic, and says what it is made of."""
    parts = {"a": alpaca(500).to_iterable_dataset(), "b": chats(500).to_iterable_dataset()}
    rows = [list(sft.mix(parts, {"a": 0.8, "b": 0.2}, total=200)) for _ in range(2)]
    assert rows[0] == rows[1]
    assert 200 == len(rows[0])
    assert 140 < collections.Counter(row["source"] for row in rows[0])["a"] < 180


def test_published_mixes_know_their_licenses(tmp_path, caplog):
    """The card is made of the licenses of all sources."""
    with caplog.at_level(logging.ERROR):
        mixed = sft.mix({"chat": chats(5), "qa": alpaca(5)}, licenses={"qa": "cc-by-4.0"})
        sft.publish(mixed, str(tmp_path / "out"))
    assert "license: cc-by-4.0" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("parts", "options", "told"),
    [
        ({}, {}, "Nothing to mix"),
        ([alpaca(1)], {}, "a name for each"),
        ({"a": alpaca(5), "b": alpaca(5)}, {"weights": {"a": 1}}, "weights are"),
        ({"a": alpaca(5), "b": alpaca(2)}, {"weights": {"a": 1, "b": 1}, "total": 8}, "4 at most"),
        ({"a": DatasetDict(train=alpaca(5))}, {}, r"ds\['train'\]"),
        ({"a": alpaca(5).add_column("source", ["x"] * 5)}, {}, "rename_column"),
        ({"a": Dataset.from_dict({"x": [1]})}, {}, "No format has"),
        ({"a": alpaca(5), "b": chats(5).to_iterable_dataset()}, {}, "not both"),
        (
            {"a": alpaca(1).add_column("n", [1]), "b": alpaca(1).add_column("n", ["1"])},
            {},
            "Column 'n'",
        ),
    ],
)
def test_mixes_that_cannot_be(parts, options, told):
    """Each is one clear error, before any row is read."""
    with pytest.raises(errors.ConfigurationError, match=told):
        sft.mix(parts, **options)


@pytest.mark.parametrize("stream", [False, True])
def test_columns_that_may_be_missing_are_filled(stream):
    """Alpaca rows without `input`, `system` and `history`, as most files have them, are mixed too."""
    bare = Dataset.from_dict({"instruction": ["问"], "output": ["答"], "n": [7]})
    parts = {"bare": bare, "whole": alpaca(1), "chat": chats(1)}
    if stream:
        parts = {name: ds.to_iterable_dataset() for name, ds in parts.items()}
    rows = {row["source"]: row for row in sft.mix(parts)}
    assert {"bare", "whole", "chat"} == set(rows)
    wanted = {"instruction": "问", "input": "", "output": "答", "system": "", "history": [], "n": 7}
    assert wanted.items() <= rows["bare"].items()
    assert "m0" == rows["chat"]["instruction"]


@pytest.mark.parametrize("streaming", [False, True])
def test_columns_that_may_be_left_out_are_filled_in(streaming, recwarn):
    """Rows of one format need no conversion, but all its columns; and `datasets` can cache them."""
    rows = {"instruction": ["问"] * 4, "output": ["答"] * 4}
    parts = {"a": Dataset.from_dict(rows), "b": Dataset.from_dict({**rows, "domain": ["法"] * 4})}
    if streaming:
        parts = {name: part.to_iterable_dataset() for name, part in parts.items()}
    for name, part in parts.items():
        mixed = list(sft.mix({name: part}))
        assert 4 == len(mixed)
        assert ("问", "", "答") == tuple(mixed[0][c] for c in ("instruction", "input", "output"))
    assert not [warning for warning in recwarn if "pickle" in str(warning.message)]
