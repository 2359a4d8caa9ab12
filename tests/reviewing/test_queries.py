"""Which rows are found, in any language, and how a query is written in an address."""

import pytest
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.reviewing import Action, Query
from hf_sft_builders.reviewing.query import SORTS, STATUSES

WORDS = st.text(max_size=6).map(str.strip)
NUMBERS = st.none() | st.integers(0, 9)
QUERIES = st.builds(
    Query,
    split=WORDS,
    status=st.sampled_from(["", *STATUSES]),
    text=WORDS,
    domain=WORDS,
    min_score=NUMBERS.map(lambda n: None if n is None else n / 2),
    max_length=NUMBERS,
    sort=st.sampled_from(SORTS),
    descending=st.booleans(),
)


@given(QUERIES)
def test_the_address_of_a_query_gives_it_back(query):
    """`from_params` undoes `params`, also for 0."""
    assert query == Query.from_params(query.params())


def test_no_digit_of_a_limit_is_lost():
    """A model's score may be a large number, such as a reward or a count."""
    assert {"min_model_score": "1234567.25"} == Query(min_model_score=1234567.25).params()
    assert {"min_score": "3"} == Query(min_score=3.0).params()


def test_wrong_parameters_say_what_is_expected():
    """What a person could mistype in an address has one clear error."""
    with pytest.raises(UnknownName, match="Did you mean 'confirmed'"):
        Query(status="confirm")
    with pytest.raises(ConfigurationError, match="min_length='x'; expected a number"):
        Query.from_params({"min_length": "x", "page": "2"})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("门票", [0, 3]),
        ("门", [0, 3]),
        ("票价", [3]),
        ("strasse", [1]),
        ("STRASSE", [1]),
        ("ﬁne", [2]),
        ("fine ticket", [2]),
        ("ticket fine", [2]),
        ('"ticket fine"', []),
        ('"fine ticket"', [2]),
        ("１２３", [4]),
        ("कमल", [5]),
        ("ΣΊΣΥΦΟΣ", [6]),
        ("nothing", []),
        ("   ", [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_words_are_found_in_any_language(opened, text, found):
    """Two Chinese characters, full width, ligatures, other scripts; words in any order."""
    texts = ["门票多少钱", "Straße 5", "A fine ticket", "门票价格", "No. 123", "कमल", "σίσυφος"]
    session = opened(Dataset.from_list([{"id": str(n), "text": t} for n, t in enumerate(texts)]))
    rows = session.page(Query(text=text, sort="updated"), 0, 50).rows
    assert found == [row.place for row in rows]


@given(
    st.lists(st.text(st.sampled_from("ab门票 \x00ß😀"), max_size=5), min_size=1, max_size=300),
    st.text(st.sampled_from("ab门票ß😀"), min_size=1, max_size=3),
)
def test_search_finds_what_python_finds(texts, wanted):
    """The scan over all rows at once agrees with looking at each."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from hf_sft_builders.reviewing.bigrams import pair_table
    from hf_sft_builders.reviewing.searching import BORDER, fold, fold_text, rows_with, terms_of

    folded = fold(pa.array(texts, pa.string()))
    words = b"".join(text.encode() + BORDER for text in folded.to_pylist())
    ends = np.cumsum(np.asarray(pc.binary_length(folded), dtype=np.int64) + 1)
    found = rows_with(terms_of(wanted), words, ends, pair_table(words, ends))
    assert [fold_text(wanted) in text for text in folded.to_pylist()] == found.tolist()


def test_filters_sort_and_facets(opened):
    """Filters are joined by and; a facet counts as all other filters leave it."""
    rows = [
        {
            "id": str(n),
            "text": "字" * (n + 1),
            "domain": ["旅行/住宿", "旅行", "科技"][n % 3],
            "label": "ab"[n % 2],
            "score": float(n),
            "drop_reason": "too short" if n < 2 else "",
            "provenance": [{"step": "source", "uri": f"docs/{n % 2}.md", "model": None}],
        }
        for n in range(9)
    ]
    session = opened(Dataset.from_list(rows))

    def places(**query):
        return [row.place for row in session.page(Query(**query), 0, 50).rows]

    assert [0, 1, 3, 4, 6, 7] == places(domain="旅行")
    assert [0, 3, 6] == places(domain="旅行/住宿")
    assert [1, 3, 7] == places(domain="旅行", label="b", source="docs/1.md")
    assert [7, 8] == places(min_model_score=7)
    assert [2, 3] == places(min_length=3, max_length=4)
    assert [0, 1] == places(reason="too short")
    assert [8, 7, 6, 5, 4, 3, 2, 1, 0] == places(sort="length", descending=True)
    session.act(Action("score", ("4",), "mei", value=3))
    assert 4 == places(sort="score")[0]
    assert 4 == places(sort="score", descending=True)[0]
    facets = session.page(Query(domain="科技", label="a"), 0, 1).facets
    assert [("旅行/住宿", 2), ("科技", 2), ("旅行", 1)] == facets["domain"]
    assert [("a", 2), ("b", 1)] == facets["label"]
    assert [("docs/0.md", 2)] == facets["source"]


def test_hostile_rows_are_shown_as_they_are(opened):
    """Script, ten thousand characters, right to left, nulls: no row breaks the list."""
    texts = ["<script>alert(1)</script>", "字" * 10_000, "\u202eabc", "", None, "\x00"]
    rows = [{"id": str(n), "text": text} for n, text in enumerate(texts)]
    session = opened(Dataset.from_list(rows))
    page = session.page(Query(sort="length"), 0, 50)
    assert 6 == page.total
    shown = {row.place: row.question for row in page.rows}
    assert texts[0] == shown[0]
    assert 301 == len(shown[1])
    assert [row["text"] for row in rows] == [session.row(str(n)).fields["text"] for n in range(6)]
    assert [1] == [row.place for row in session.page(Query(text="字字字"), 0, 50).rows]
