"""What stands between two lines that are made one."""

import pytest

from hf_sft_builders.documents.word_joining import HYPHEN, WordJoining


@pytest.mark.parametrize(
    ("before", "after", "joined"),
    [
        ("云溪古", "城", "云溪古城"),
        ("说法。", "今天", "说法。今天"),
        ("the quick", "brown fox", "the quick brown fox"),
        ("서울은", "대한민국", "서울은 대한민국"),
        (f"ad{HYPHEN}", "justed", "adjusted"),
        ("re-", "peat", "repeat"),
        ("Jean-", "Paul", "Jean-Paul"),
        ("state-of-the-", "art", "state-of-the-art"),
        ("1990-", "1995", "1990-1995"),
        ("yes -", "no", "yes - no"),
        ("and/", "or", "and/or"),
        ("", "text", "text"),
    ],
)
def test_joining(before, after, joined):
    """Nothing between Chinese, a space between words, no hyphen inside a broken word."""
    assert joined == WordJoining().join(before, after)


def test_the_document_shows_its_habits():
    """Spaces between Latin and Chinese, and the hyphens of compounds, are as elsewhere in it."""
    spaced = WordJoining.of(["在 2025 年出版", "共 12 册", f"x{HYPHEN}"])
    assert "2025 年" == spaced.join("2025", "年")
    assert "12。" == spaced.join("12", "。")
    assert "2025年" == WordJoining.of(["在2025年出版"]).join("2025", "年")
    words = ["a well-known fact", f"so well{HYPHEN}"]
    assert "so well-known" == WordJoining.of(words).join(f"so well{HYPHEN}", "known")
