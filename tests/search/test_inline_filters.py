"""Filters typed among the words."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.sources.catalogues.base import Query
from hf_sft_builders.sources.searching.inline_filters import parse_query, typed_form


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("COVID-19 chest CT", Query("COVID-19 chest CT")),
        (
            'COVID-19 filter:format="csv" CT license:cc-by',
            Query("COVID-19 CT", formats=("csv",), licenses=("cc-by",)),
        ),
        ("x filter:format=csv,.JSON", Query("x", formats=("csv", "json"))),
        (
            "胸部CT 格式：csv 许可:CC-BY-4.0",
            Query("胸部CT", formats=("csv",), licenses=("cc-by-4.0",)),
        ),
        ("法律 领域:法律，司法 商用:是", Query("法律", fields=("法律", "司法"), commercial=True)),
        ("x updated:2023-05", Query("x", updated_since=date(2023, 5, 1))),
        ("x 更新:2023年5月17日", Query("x", updated_since=date(2023, 5, 17))),
        ("x commercial:no adaptations:yes", Query("x", commercial=False, share_adaptations=True)),
        ('x field:"public health"', Query("x", fields=("public health",))),
        ("doi:10.1000/x a=b http://x.org/y", Query("doi:10.1000/x a=b http://x.org/y")),
        ("license format:csv", Query("license", formats=("csv",))),
        ("", Query("")),
    ],
)
def test_what_is_typed_is_read(typed, query):
    """Filters are taken out, words stay as they are."""
    assert query == parse_query(typed)


@pytest.mark.parametrize(
    ("typed", "error", "said"),
    [
        ("x filter:formt=csv", UnknownName, "Did you mean 'format'"),
        ("x commercial:maybe", ConfigurationError, "expected yes or no"),
        ("x updated:soon", ConfigurationError, "expected a date"),
        ("x updated:2023-13", ConfigurationError, "expected a date"),
        ("x format:csv format:json", ConfigurationError, "given twice"),
        ("x format:,", ConfigurationError, "is empty"),
    ],
)
def test_what_cannot_be_read_is_told(typed, error, said):
    """One error, with what is expected."""
    with pytest.raises(error, match=said):
        parse_query(typed)


_word = st.text(st.characters(categories=["Ll", "Lo", "Nd"]), min_size=1, max_size=8).map(
    str.casefold
)
_words = st.lists(_word, max_size=4).map(tuple).map(lambda each: tuple(dict.fromkeys(each)))
_queries = st.builds(
    Query,
    text=st.lists(_word, max_size=4).map(" ".join),
    formats=_words,
    licenses=_words,
    sources=_words,
    fields=_words,
    commercial=st.none() | st.booleans(),
    share_adaptations=st.none() | st.booleans(),
    updated_since=st.none() | st.dates(date(1000, 1, 1)),
)


@given(_queries)
def test_a_query_survives_being_typed(query):
    """Written in one line and read again, it is the same."""
    assert query == parse_query(typed_form(query))


@given(st.text(max_size=60))
def test_anything_can_be_typed(typed):
    """It is read, or refused with an error of ours; words without filters lose nothing."""
    try:
        query = parse_query(typed)
    except ConfigurationError:
        return
    if not any(mark in typed for mark in ":：="):
        assert " ".join(typed.split()) == query.text
