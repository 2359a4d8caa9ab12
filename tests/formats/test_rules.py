"""Rules say what is wrong with raw tables, and mend what has one safe answer."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders.formats import get_format
from hf_sft_builders.formats.text_buffers import cut_texts


def broken(name, table):
    """Names of the rules that a table breaks, with the rows."""
    found = {rule.name: np.flatnonzero(mask) for rule, mask in get_format(name).findings(table)}
    return {rule: rows.tolist() for rule, rows in found.items() if len(rows)}


def mended(name, table, rule_name):
    """The table after one rule's mend."""
    format_ = get_format(name)
    rules = {rule.name: rule for rule, _ in format_.findings(table)}
    return rules[rule_name].mend(table)


def test_a_missing_column_is_a_finding_and_no_crash():
    """A raw file with other columns breaks `columns`; optional ones may be left out."""
    assert {} == broken("alpaca", pa.table({"instruction": ["a"], "output": ["b"]}))
    assert {"answer": [0]} == broken("alpaca", pa.table({"instruction": ["a"], "output": [""]}))
    assert {"columns": [0]} == broken("messages", pa.table({"text": ["a"]}))


@pytest.mark.parametrize("value", [1, ["a"], {"a": 1}])
def test_a_column_of_another_type_is_a_finding_and_no_crash(value):
    """Numbers, lists and structs where text should be break `types`."""
    columns = {"instruction": ["a"], "input": [""], "output": [value], "system": [""]}
    assert {"types": [0]} == broken("alpaca", pa.table({**columns, "history": [[]]}))


def test_layouts_of_the_same_type_fit():
    """Large strings, large lists and swapped struct fields are the same thing to a reader."""
    text = pa.large_string()
    kind = pa.large_list(pa.struct([("content", text), ("role", text)]))
    rows = [[{"content": "a", "role": "user"}, {"content": "b", "role": "assistant"}]]
    assert {} == broken("messages", pa.table({"messages": pa.array(rows, kind)}))


def test_other_role_names_are_mended():
    """Human and gpt in `messages` become user and assistant; unknown names stay and are named."""
    said = [{"role": "Human", "content": "a"}, {"role": "gpt", "content": "b"}]
    table = pa.table({"messages": [said]})
    assert [0] == broken("messages", table)["roles-known"]
    assert {} == broken("messages", mended("messages", table, "roles-known"))
    odd = pa.table({"messages": [[{"role": "narrator", "content": "a"}]]})
    assert [0] == broken("messages", mended("messages", odd, "roles-known"))["roles-known"]


def test_empty_turns_at_the_end_are_mended():
    """A trailing empty message goes, one in the middle stays and is named."""
    said = [
        {"from": "human", "value": "a"},
        {"from": "gpt", "value": "b"},
        {"from": "human", "value": ""},
    ]
    table = pa.table({"conversations": [said], "system": [""], "tools": [None]})
    found = broken("sharegpt", table)
    assert {"roles-alternate": [0], "words-in-every-turn": [0], "no-nulls": [0]} == found
    whole = mended("sharegpt", mended("sharegpt", table, "roles-alternate"), "no-nulls")
    assert {} == broken("sharegpt", whole)


@given(
    texts=st.lists(st.text(max_size=8), max_size=8),
    places=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=8, max_size=8),
    skip=st.integers(0, 3),
)
def test_texts_are_cut_at_code_points(texts, places, skip):
    """Cutting in bulk is cutting one by one, also in slices."""
    column = pa.array(texts, pa.string())[skip:]
    texts = texts[skip:]
    starts = np.array([min(pair) for pair in places[: len(texts)]], dtype=np.int64)
    stops = np.array([max(pair) for pair in places[: len(texts)]], dtype=np.int64)
    expected = [t[a:b] for t, a, b in zip(texts, starts, stops, strict=True)]
    assert expected == cut_texts(column, starts, stops).to_pylist()
    assert [t[a:] for t, a in zip(texts, starts, strict=True)] == cut_texts(
        column, starts
    ).to_pylist()
