"""Rows of cells written as a Markdown pipe table; the one way in which readers write tables."""

from __future__ import annotations

from collections.abc import Sequence

from hf_sft_builders.documents.markdown_blocks import Block

Rows = Sequence[Sequence[str]]


def pipe_table(rows: Rows) -> str:
    r"""Write a table; its first row is the header, because Markdown needs one.

    Short rows are filled up; `|` and `\` are escaped, line breaks in a cell become `<br>`.

    Example:
        >>> print(pipe_table([["门票", "元"], ["成人", "80"]]))
        | 门票 | 元 |
        | --- | --- |
        | 成人 | 80 |
    """
    width = max(map(len, rows), default=0)
    lines = [
        "| " + " | ".join([*map(_escaped, row), *[""] * (width - len(row))]) + " |" for row in rows
    ]
    lines.insert(1, "|" + " --- |" * width)
    return "\n".join(lines)


def _escaped(cell: str) -> str:
    return cell.replace("\\", "\\\\").replace("|", "\\|").replace("\n", "<br>")


def table_block(rows: Rows, page: int = 1) -> Block | None:
    """Make the block of a table; None where all cells are empty, a paragraph where there is but one."""
    filled = [[" ".join(cell.split(" ")).strip() for cell in row] for row in rows]
    cells = [cell for row in filled for cell in row if cell]
    if not cells:
        return None
    if sum(map(len, filled)) == 1:
        return Block("paragraph", [(page, cells[0])])
    return Block("table", [(page, pipe_table(filled))])


def text_in_cell(block: Block) -> str:
    """Give a block's words for a cell; a table in a table is written as `a, b; c, d`."""
    text = block.text.strip()
    if block.kind != "table":
        return text
    rows = [line for index, line in enumerate(text.split("\n")) if index != 1]
    return "; ".join(row.strip("| ").replace(" | ", ", ") for row in rows)
