"""The normal form is that of `unicodedata`, and loses no difference that it was not asked to lose."""

import unicodedata
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders.errors import UnknownName
from hf_sft_builders.quality.normal_form import normal_form, steps_of

SOME = st.text(
    st.one_of(
        st.characters(codec="utf-8"), st.sampled_from("aAé́ＡﬁΣς½…①가각ㄱᆨ你好，。 　\n\u200b👍🏽")
    ),
    max_size=12,
)


def written(texts, steps):
    """Give the normal forms as Python strings."""
    found = normal_form(pa.array(texts, pa.string()), frozenset(steps))
    points, ends = found.points.tolist(), found.offsets.tolist()
    return ["".join(map(chr, points[a:b])) for a, b in pairwise(ends)]


@given(st.lists(SOME, max_size=6))
def test_nfkc_and_case_are_those_of_python(texts):
    """Characters looked up one by one give what Python gives for whole texts."""
    expected = [
        unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        for text in texts
    ]
    assert expected == written(texts, ["nfkc", "case"])
    assert [unicodedata.normalize("NFKC", text) for text in texts] == written(texts, ["nfkc"])
    assert [text.casefold() for text in texts] == written(texts, ["case"])
    assert texts == written(texts, [])


@given(st.lists(SOME, max_size=6))
def test_each_text_is_written_by_itself(texts):
    """Neighbours in a column change nothing, and the normal form is its own normal form."""
    steps = ["nfkc", "case", "spaces", "punctuation"]
    together = written(texts, steps)
    assert [written([text], steps)[0] for text in texts] == together
    assert together == written(together, steps)


@pytest.mark.parametrize(
    ("text", "steps", "expected"),
    [
        ("  a  b\n\tc ", ["spaces"], "a b c"),
        ("门票 80 元", ["spaces"], "门票80元"),
        ("你好， 世界 ok", ["nfkc", "spaces"], "你好,世界ok"),
        ("Ａ１　ｂ", ["nfkc", "spaces"], "A1 b"),
        ("Hello, World!", ["spaces", "punctuation"], "Hello World"),
        ("a-b c", ["punctuation"], "ab c"),
        ("a\u200bb", ["spaces"], "ab"),
        (" \n ", ["spaces"], ""),
        ("3 > 2, 3 < 4", ["spaces", "punctuation"], "3 > 2 3 < 4"),
    ],
)
def test_spaces_and_punctuation(text, steps, expected):
    """Spaces beside Chinese say nothing; symbols of mathematics do."""
    assert [expected, "x", expected] == written([text, "x", text], steps)


def test_an_unknown_step_is_named():
    """Steps are checked."""
    with pytest.raises(UnknownName, match="nfkd"):
        steps_of(["nfkd"])
