"""Characters of PDF fonts are put right one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders.documents.glyphs import plain, unknown_characters, without_controls


@pytest.mark.parametrize(
    ("drawn", "meant"),
    [
        ("ﬁnd the oﬃce", "find the office"),
        ("⻔票⾦额", "门票金额"),
        ("⻋⻚⻓⻢⻰", "车页长马龙"),
        ("ＡＢＣ１２３", "ABC123"),
        ("a\u00a0b\u200bc", "a bc"),
        ("\uf0b7 item", "• item"),
        ("（票价：80元，含税）。", "（票价：80元，含税）。"),
        ("½ ² ①", "½ ² ①"),
    ],
)
def test_only_odd_forms_change(drawn, meant):
    """Ligatures, radicals and full-width Latin change; Chinese punctuation does not."""
    assert meant == plain(drawn)


@given(st.text())
def test_plain_text_stays_plain(text):
    """What was put right once stays as it is."""
    assert plain(text) == plain(plain(text))


def test_controls_and_unknown_characters_are_counted():
    """What cannot be shown is counted, so that a note can tell."""
    assert ("ab\tc", 2) == without_controls("a\x01b\tc\x7f")
    assert 2 == unknown_characters("a\ufffd\ue123b")
