"""Tables of Word: rows of cells, with what is merged written in each cell that it covers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hf_sft_builders.documents.safe_xml import Element, attribute, child, local

_MOST_COLUMNS = 500
_WRAPPERS = ("sdt", "sdtContent", "customXml", "ins")


def table_rows(table: Element, cell_text: Callable[[Element], str]) -> list[list[str]]:
    """Give the cells of a table; a table in a cell is written within it."""
    rows: list[list[str]] = []
    for row in _inside(table, "tr"):
        if child(row, "trPr", "del") is not None:
            continue
        above = rows[-1] if rows else []
        rows.append(_cells(row, above, cell_text))
    return rows


def _cells(row: Element, above: list[str], cell_text: Callable[[Element], str]) -> list[str]:
    cells = [""] * _span(child(row, "trPr", "gridBefore"), 0)
    for cell in _inside(row, "tc"):
        properties = child(cell, "tcPr")
        merged = child(properties, "vMerge")
        text = cell_text(cell)
        if merged is not None and attribute(merged, "val") != "restart" and not text:
            text = above[len(cells)] if len(cells) < len(above) else ""
        cells += [text] * _span(child(properties, "gridSpan"), 1)
    return cells[:_MOST_COLUMNS]


def _inside(container: Element, tag: str) -> Iterator[Element]:
    for element in container:
        if local(element) == tag:
            yield element
        elif local(element) in _WRAPPERS:
            yield from _inside(element, tag)


def _span(element: Element | None, otherwise: int) -> int:
    value = attribute(element, "val") if element is not None else ""
    return min(int(value), _MOST_COLUMNS) if value.isascii() and value.isdigit() else otherwise
