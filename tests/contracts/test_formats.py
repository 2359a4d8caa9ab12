"""What every registered format promises; a new one is tested the day it is born."""

import pyarrow as pa
import pytest
from datasets import Dataset
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from record_shapes import EXAMPLES, SHAPES, any_rows, contents, rows_of, shapes_of, table_of

from hf_sft_builders import errors, list_formats
from hf_sft_builders.formats import get_format

FORMATS = list_formats()


def example(name, rows=1):
    """Records of the plainest shape that a format can say."""
    return table_of([EXAMPLES[shapes_of(name)[0]]] * rows)


@pytest.mark.parametrize("name", FORMATS)
def test_something_can_be_said_in_it(name):
    """A format holds at least one shape, and not everything."""
    assert 0 < len(shapes_of(name)) < len(SHAPES)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=20)
@given(data=st.data())
def test_records_survive_the_round_trip(name, data):
    """Records → format → records says the same, whatever the words."""
    table = table_of(data.draw(rows_of(name)))
    there = sayable(name, table)
    assert contents(table) == contents(get_format(name).to_records(there))


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=20)
@given(rows=any_rows())
def test_nothing_is_lost_without_a_word(name, rows):
    """Any record in any format: it comes back as it was, or an error names what has no place."""
    table = table_of(rows)
    try:
        there = get_format(name).from_records(table)
    except errors.FormatError as error:
        assert str(error).startswith(name)
        return
    assert contents(table) == contents(get_format(name).to_records(there))


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=10)
@given(data=st.data())
def test_rows_survive_the_round_trip(name, data):
    """Format → records → format gives the same rows, to the letter."""
    format_ = get_format(name)
    there = sayable(name, table_of(data.draw(rows_of(name, min_size=1))))
    again = format_.from_records(format_.to_records(there))
    own = list(format_.features)
    assert there.select(own).to_pylist() == again.select(own).to_pylist()


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=10)
@given(data=st.data())
def test_rows_are_typed_checked_and_documented(name, data):
    """Rows have the format's features, and its `Row` accepts those that pass its check."""
    format_ = get_format(name)
    table = sayable(name, table_of(data.draw(rows_of(name, min_size=1))))
    own = table.select(list(format_.features))
    assert format_.features.arrow_schema.types == own.schema.types
    good = format_.check(table).to_pylist()
    for row, passes in zip(own.to_pylist(), good, strict=True):
        if passes:
            format_.Row.model_validate(row)


@pytest.mark.parametrize("name", FORMATS)
def test_plain_examples_pass_the_check(name):
    """The plain rows of every shape that a format holds break none of its rules."""
    for shape in shapes_of(name):
        table = get_format(name).from_records(table_of([EXAMPLES[shape]]))
        broken = [rule.name for rule, mask in get_format(name).findings(table) if mask.any()]
        assert [] == broken, shape


@pytest.mark.parametrize("name", FORMATS)
def test_empty_tables_convert(name):
    """No rows in, no rows out, all columns there."""
    table = get_format(name).from_records(table_of([]))
    assert 0 == table.num_rows
    assert set(get_format(name).features) <= set(table.column_names)
    assert 0 == get_format(name).to_records(table).num_rows
    assert 0 == len(get_format(name).check(table))


@pytest.mark.parametrize("name", FORMATS)
def test_what_has_no_place_raises(name):
    """A field that the format cannot hold is named, not dropped."""
    lossy = [s for s in SHAPES if s not in shapes_of(name) and get_format(name).losses(table(s))]
    for shape in lossy:
        [first, *_] = get_format(name).losses(table(shape))
        with pytest.raises(errors.LossyConversion, match=first.replace(".", r"\.")):
            get_format(name).from_records(table(shape))
    assert lossy


@pytest.mark.parametrize("name", FORMATS)
def test_unknown_columns_ride_along(name):
    """A user's own column is there again after the round trip."""
    mine = example(name).append_column("topic_of_mine", pa.array(["塔"]))
    there = get_format(name).from_records(mine)
    assert ["塔"] == there["topic_of_mine"].to_pylist()
    assert ["塔"] == get_format(name).to_records(there)["topic_of_mine"].to_pylist()


@pytest.mark.parametrize("name", FORMATS)
def test_raw_tables_are_findings_and_no_crashes(name):
    """Missing columns, nulls and other types are found, whatever they are."""
    format_ = get_format(name)
    names = list(format_.features)
    raw = [
        pa.table({"nothing_of_it": [1, 2]}),
        pa.table({column: pa.nulls(2) for column in names}),
        pa.table({column: pa.array([1.5, 2.5]) for column in names}),
        pa.table({column: pa.array([{"a": 1}, {"a": 2}]) for column in names}),
        pa.table({column: pa.array([[], []], pa.list_(pa.null())) for column in names}),
    ]
    for table in raw:
        assert [False, False] == format_.check(table).to_pylist()
        with pytest.raises(errors.FormatError, match=f"{name}: row 0"):
            format_.require(table)


@pytest.mark.parametrize("name", FORMATS)
def test_rules_are_named_once_and_mends_mend(name):
    """Names are unique, kebab-case, and say what to do; a mend keeps rows and good rows."""
    format_ = get_format(name)
    there = format_.from_records(example(name, rows=2))
    rules = [rule for rule, _ in format_.findings(there)]
    assert len({rule.name for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.name == rule.name.lower().replace("_", "-").replace(" ", "-")
        assert rule.expected
        assert rule.fix
        if rule.mend:
            own = list(format_.features)
            assert there.select(own).to_pylist() == rule.mend(there).select(own).to_pylist()


@pytest.mark.parametrize("name", FORMATS)
def test_slices_and_chunks_convert_like_whole_tables(name):
    """A slice of a table gives the rows of the slice."""
    row = EXAMPLES[shapes_of(name)[0]]
    table = pa.concat_tables([table_of([row] * 4), table_of([row] * 5)])
    ids = [f"row-{number}" for number in range(9)]
    table = table.set_column(table.schema.get_field_index("id"), "id", pa.array(ids))
    sliced = get_format(name).from_records(table.slice(3, 4))
    assert contents(table)[3:7] == contents(get_format(name).to_records(sliced))
    assert [True] * 2 == get_format(name).check(sliced.slice(1, 2)).to_pylist()


@pytest.mark.parametrize("name", FORMATS)
def test_rows_load_as_a_dataset(name):
    """`datasets` takes the rows with the format's features."""
    format_ = get_format(name)
    table = format_.from_records(example(name)).select(list(format_.features))
    ds = Dataset.from_list(table.to_pylist(), features=format_.features)
    assert table.to_pylist() == ds.to_list()


def table(shape):
    """The plain record of a shape."""
    return table_of([EXAMPLES[shape]])


def sayable(name, records):
    """Rows of a format; words that look like its own tags are not tried."""
    try:
        return get_format(name).from_records(records)
    except errors.LossyConversion:
        raise
    except errors.FormatError as error:
        assume("tags" not in str(error))
        raise
