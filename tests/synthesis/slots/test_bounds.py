"""Which numbers are bounds, and of which side: a table of phrases in Chinese and English."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders.synthesis.validators.number_words import han_value
from hf_sft_builders.synthesis.validators.slots_bounds import bounds
from hf_sft_builders.synthesis.validators.slots_numbers import quantities

LINES = (Path(__file__).parent / "bounds.tsv").read_text(encoding="utf-8").splitlines()
PHRASES = [line.split("\t") for line in LINES if not line.startswith("#")]
SIDES = ("upper", "lower", "range")


def test_the_table_is_long_enough():
    """At least 120 phrases, each once."""
    assert 120 <= len({phrase for phrase, _, _ in PHRASES}) == len(PHRASES)


@pytest.mark.parametrize(("phrase", "lower", "upper"), PHRASES)
def test_a_phrase_bounds_what_it_says(phrase, lower, upper):
    """Right value, right side; what is no bound is none."""
    found = bounds(phrase)
    if lower == "!":
        assert not [bound for bound in found if bound.side in SIDES]
        return
    expected = tuple(None if end == "-" else float(end) for end in (lower, upper))
    assert [expected] == [(b.lower, b.upper) for b in found if b.side in SIDES]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("价格别超过三百，评分不低于 4.5 分", [(None, 300), (4.5, None)]),
        ("300元以上500元以下，4分以上", [(300, None), (None, 500), (4, None)]),
        (
            "over 300 but under 500 yuan, rated at least 4.2",
            [(300, None), (None, 500), (4.2, None)],
        ),
        ("一家不超过300元的酒店", [(None, 300)]),
        ("I need one hotel under 300", [(None, 300)]),
        ("距离 3 公里以内，房价 200 元起", [(None, 3), (200, None)]),
    ],
)
def test_several_numbers_keep_their_own_cues(text, expected):
    """A cue belongs to its number, and 一家 or "one hotel" counts nothing."""
    assert expected == [(b.lower, b.upper) for b in bounds(text, ["公里"])]


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        ("三百", 300), ("三百五", 350), ("三百零五", 305), ("一千二", 1200), ("两万五", 25_000), ("十二", 12),
        ("二〇二四", 2024), ("四点五", 4.5), ("一万零五十", 10_050), ("百", None), ("万", None),
    ],
)  # fmt: skip
def test_chinese_numerals_have_their_value(numeral, value):
    """Also those whose last place is left out."""
    assert value == (han_value(numeral) or None)


@given(st.text())
def test_no_text_breaks_it(text):
    """Any text at all: bounds stand where numbers do."""
    for bound in bounds(text):
        assert 0 <= bound.start < bound.end <= len(text)


@given(st.integers(1, 99_999))
def test_a_number_is_read_however_it_is_written(number):
    """Plain, with separators, in full width."""
    wide = str(number).translate({ord("0") + n: ord("０") + n for n in range(10)})
    for written in (str(number), f"{number:,}", wide):
        assert [float(number)] == [found.value for found in quantities(written)]
