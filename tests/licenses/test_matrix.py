"""The license matrix in the documentation is what the code says.

`HF_SFT_WRITE_GOLDEN=1 pytest tests/licenses/test_matrix.py` writes it anew.
"""

import os
import re
from pathlib import Path

import pytest

import hf_sft_builders as sft

DOCS = Path(__file__).parents[2] / "docs"
TWELVE = (
    *("cc0-1.0", "odc-by", "mit", "apache-2.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0"),
    *("cc-by-nc-sa-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-4.0", "odbl", "gpl-3.0"),
)
MATRIX = re.compile(r"(?<=<!-- matrix -->\n).*?(?=\n<!-- end of matrix -->)", re.DOTALL)


def cell(one, other):
    """Give the license of rows made from both, or the verdict that stands in the way."""
    found = sft.compose_licenses([one, other])
    word = {"allow": "✓", "allow-with-obligations": "✓"}.get(found.verdict, "✗")
    return f"{word} {found.license or found.verdict}"


def matrix():
    """Write the table of all pairs."""
    lines = [["", *TWELVE], ["---"] * (len(TWELVE) + 1)]
    lines += [[f"**{one}**", *(cell(one, other) for other in TWELVE)] for one in TWELVE]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


@pytest.mark.parametrize("page", ["licenses.md", "licenses.zh-CN.md"])
def test_the_matrix_is_what_the_code_says(page):
    """All pairs of the twelve commonest licenses stand in the documentation."""
    path = DOCS / page
    text = path.read_text(encoding="utf-8")
    if os.environ.get("HF_SFT_WRITE_GOLDEN"):
        path.write_text(MATRIX.sub(matrix(), text), encoding="utf-8")
        text = path.read_text(encoding="utf-8")
    assert matrix() == MATRIX.search(text)[0]


def test_the_matrix_is_symmetric():
    """Which of two licenses is named first makes no difference."""
    for one in TWELVE:
        for other in TWELVE:
            assert cell(one, other) == cell(other, one)


@pytest.mark.parametrize("page", ["licenses.md", "licenses.zh-CN.md"])
def test_the_number_of_licenses_is_right(page):
    """The page says how many licenses the table has."""
    from hf_sft_builders.licenses import all_licenses

    assert f"{len(all_licenses())} " in (DOCS / page).read_text(encoding="utf-8")
