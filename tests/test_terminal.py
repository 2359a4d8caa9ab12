"""What is printed for people: sizes, counts, and columns that texts take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders.terminal import count_told, display_width, size_told


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (48_500_000, "48.5 MB"),
        (999_999, "1 MB"),
        (2_310_000_000, "2.31 GB"),
        (7 * 10**12, "7 TB"),
        (12_345 * 10**12, "12,345 TB"),
    ],
)
def test_sizes(size, told):
    """Three digits, in steps of a thousand; the same in a search and in `hf-sft show`."""
    assert told == size_told(size)


@given(st.integers(0, 10**15))
def test_a_size_is_read_by_everybody(size):
    """No exponent, and never off by more than half a hundredth."""
    number, unit = size_told(size).split()
    scale = 1000 ** ("B", "kB", "MB", "GB", "TB").index(unit)
    assert abs(float(number.replace(",", "")) * scale - size) <= 0.00501 * size
    assert "e" not in number


def test_counts_and_widths():
    """One row, many rows; a Chinese character takes two columns, an accent none."""
    assert ("1 row", "0 rows", "1,200 rows") == tuple(count_told(n, "row") for n in (1, 0, 1200))
    assert (7, 1) == (display_width("胸部 CT"), display_width("e\u0301"))
