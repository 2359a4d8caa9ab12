"""The tables of the documentation are those that the formats give."""

from pathlib import Path

import pytest
from formats.matrix import filled_in

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("page", ["formats.md", "formats.zh-CN.md"])
def test_the_tables_are_true(page):
    """`python tests/formats/matrix.py` writes them anew."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert filled_in(text) == text
