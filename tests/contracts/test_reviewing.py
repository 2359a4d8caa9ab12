"""Rows of every format can be reviewed; a new format is tested the day it is born."""

import datasets
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from record_shapes import rows_of, table_of

import hf_sft_builders as sft
from hf_sft_builders.formats import get_format
from hf_sft_builders.reviewing import Action, Query, Session
from hf_sft_builders.reviewing.reviewed import COLUMNS


@pytest.mark.parametrize("name", sft.list_formats())
@given(data=st.data())
@settings(max_examples=3)
def test_rows_of_every_format_are_listed_confirmed_and_given_back(name, data, tmp_path_factory):
    """They are shown, found again, confirmed, and come back with every value and type."""
    records = table_of(data.draw(rows_of(name, min_size=1)))
    table = get_format(name).from_records(records).select(list(get_format(name).features))
    ds = datasets.Dataset(table.cast(get_format(name).features.arrow_schema))
    ds = ds.add_column("id", [f"r{number}" for number in range(len(ds))])
    overlay = tmp_path_factory.mktemp("review") / "r.sqlite"
    session = Session.open(ds, overlay=overlay)
    assert session.format is not None
    page = session.page(Query(min_length=0), 0, 50)
    assert [f"r{number}" for number in range(len(ds))] == [row.id for row in page.rows]
    for row in page.rows:
        view = session.row(row.id)
        assert view.stored == view.fields
        assert view.record
    session.act(Action("confirm", query=Query(), reviewer="mei"))
    session.close()
    found = sft.reviewed(ds, overlay=overlay).remove_columns(list(COLUMNS))
    assert ds.features == found.features
    assert ds.with_format("arrow")[:].to_pylist() == found.with_format("arrow")[:].to_pylist()
