"""The header of a table: one row, or two where the first has merged cells.

Readers write a merged cell in each slot that it covers. So a header of two rows is told by its first:
some neighbours in it are the same, over different words below; the others stand in both rows, or
only in the second.
"""

from __future__ import annotations

from collections.abc import Sequence

from hf_sft_builders.synthesis.extractive.blocks import Block, Span
from hf_sft_builders.synthesis.extractive.sections import Section
from hf_sft_builders.synthesis.extractive.titles import plain


def headers_and_body(
    section: Section, block: Block
) -> tuple[list[str], Sequence[tuple[Span, ...]]]:
    """Give one header for each column, and the rows below."""
    top, *body = block.rows
    headers = [plain(section.words(span)) for span in top]
    below = [plain(section.words(span)) for span in body[0]] if len(body) > 1 else []
    if not _goes_on(headers, below):
        return headers, body
    return list(map(_united, headers, below)), body[1:]


def _goes_on(top: Sequence[str], below: Sequence[str]) -> bool:
    if len(top) != len(below) or not all(below) or len(set(top)) < 2:
        return False
    over_several = [bool(word) and word in (*top[max(n - 1, 0) : n], *top[n + 1 : n + 2])
                    for n, word in enumerate(top)]  # fmt: skip
    split = any(
        over_several[n] and top[n] == top[n + 1] and below[n] != below[n + 1]
        for n in range(len(top) - 1)
    )
    rest = [n for n, several in enumerate(over_several) if not several]
    return split and all(top[n] in ("", below[n]) for n in rest)


def _united(above: str, below: str) -> str:
    """Say both: `票价·成人`, `Rated flow`."""
    if above in ("", below):
        return below
    return f"{above} {below}" if (above + below).isascii() else f"{above}·{below}"
