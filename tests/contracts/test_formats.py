"""What every registered format promises; a new one is tested the day it is born."""

import pyarrow as pa
import pytest
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders import errors, list_formats
from hf_sft_builders.formats import get_format
from hf_sft_builders.records import MESSAGE, record_table

FORMATS = list_formats()
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30)


@st.composite
def conversations(draw):
    """Conversations that every format has a place for: system or not, pairs of turns."""
    said = [("system", draw(WORDS))] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(1, 3))):
        said += [("user", draw(WORDS)), ("assistant", draw(WORDS))]
    return [message(role, content) for role, content in said]


def message(role, content):
    """One message of a record."""
    return dict.fromkeys(MESSAGE.names) | {"role": role, "content": content}


def records(rows):
    """A record table of conversations, with ids."""
    ids = [f"row-{number}" for number in range(len(rows))]
    return record_table({"messages": rows, "id": ids}, len(rows))


@pytest.mark.parametrize("name", FORMATS)
@given(rows=st.lists(conversations(), max_size=8))
def test_records_survive_the_round_trip(name, rows):
    """Records → format → records gives the same conversations and ids."""
    table = records(rows)
    back = get_format(name).to_records(get_format(name).from_records(table))
    assert table["messages"].to_pylist() == back["messages"].to_pylist()
    assert table["id"].to_pylist() == back["id"].to_pylist()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("other", FORMATS)
@given(rows=st.lists(conversations(), min_size=1, max_size=5))
def test_every_format_converts_to_every_other(name, other, rows):
    """Format → records → another format → records loses nothing."""
    first = get_format(name).from_records(records(rows))
    second = get_format(other).from_records(get_format(name).to_records(first))
    back = get_format(other).to_records(second)
    assert rows == back["messages"].to_pylist()


@pytest.mark.parametrize("name", FORMATS)
@given(rows=st.lists(conversations(), min_size=1, max_size=5))
def test_rows_are_typed_checked_and_documented(name, rows):
    """Rows have the format's features, pass its check, and its `Row` accepts each."""
    format_ = get_format(name)
    table = format_.from_records(records(rows))
    own = table.select(list(format_.features))
    assert (
        format_.features.arrow_schema.types == own.cast(format_.features.arrow_schema).schema.types
    )
    assert format_.check(table).to_pylist() == [True] * len(rows)
    for row in own.to_pylist():
        format_.Row.model_validate(row)


@pytest.mark.parametrize("name", FORMATS)
def test_empty_tables_convert(name):
    """No rows in, no rows out, all columns there."""
    table = get_format(name).from_records(records([]))
    assert 0 == table.num_rows
    assert set(get_format(name).features) <= set(table.column_names)
    assert 0 == get_format(name).to_records(table).num_rows


@pytest.mark.parametrize("name", FORMATS)
def test_what_has_no_place_raises(name):
    """A column that the format cannot hold is named, not dropped."""
    table = record_table({"messages": [pair()], "score": [0.5]}, 1)
    with pytest.raises(errors.LossyConversion, match="score"):
        get_format(name).from_records(table)
    thinking = [message("user", "a"), message("assistant", "b") | {"reasoning": "hm"}]
    with pytest.raises(errors.LossyConversion, match=r"messages\.reasoning"):
        get_format(name).from_records(records([thinking]))


@pytest.mark.parametrize("name", FORMATS)
def test_unknown_columns_ride_along(name):
    """A user's own column is there again after the round trip."""
    table = record_table({"messages": [pair()], "topic": ["塔"]}, 1)
    there = get_format(name).from_records(table)
    assert ["塔"] == there["topic"].to_pylist()
    assert ["塔"] == get_format(name).to_records(there)["topic"].to_pylist()


@pytest.mark.parametrize("name", FORMATS)
def test_bad_rows_are_found_and_explained(name):
    """An empty answer does not pass, and the error names the row."""
    format_ = get_format(name)
    table = format_.from_records(
        records([pair(), [message("user", "a"), message("assistant", "")]])
    )
    assert [True, False] == format_.check(table).to_pylist()
    with pytest.raises(errors.FormatError, match=f"{name}: row 1"):
        format_.require(table)


@pytest.mark.parametrize("name", FORMATS)
def test_slices_and_chunks_convert_like_whole_tables(name):
    """A slice of a table gives the rows of the slice."""
    rows = [[message("user", f"q{n}"), message("assistant", f"a{n}")] for n in range(9)]
    table = pa.concat_tables([records(rows[:4]), records(rows[4:])])
    sliced = get_format(name).from_records(table.slice(3, 4))
    assert rows[3:7] == get_format(name).to_records(sliced)["messages"].to_pylist()


@pytest.mark.parametrize("name", FORMATS)
def test_rows_load_as_a_dataset(name):
    """`datasets` takes the rows with the format's features."""
    format_ = get_format(name)
    table = format_.from_records(records([pair()])).select(list(format_.features))
    ds = Dataset.from_list(table.to_pylist(), features=format_.features)
    assert table.to_pylist() == ds.to_list()


def pair():
    """One question and its answer."""
    return [message("user", "How high?"), message("assistant", "28.6 m")]
