"""What stands in the shapes of a slide: paragraphs, tables, and the numbers behind a chart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hf_sft_builders.documents.safe_xml import Element, attribute, child, local

_MOST_COLUMNS = 500
_MOST_POINTS = 100_000


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of a shape."""

    text: str
    depth: int
    mark: str | None
    """"- " or "1. "; "" where the shape says that there is none, None where it says nothing."""


def paragraphs(shape: Element) -> Iterator[Paragraph]:
    """Give the paragraphs that have words; numbers count on while their list lasts."""
    count = 0
    for element in _outermost(shape, "p"):
        text = _words(element)
        properties = child(element, "pPr")
        level = attribute(properties, "lvl") if properties is not None else ""
        numbered = child(properties, "buAutoNum") is not None
        count = count + 1 if numbered and text else count if not text else 0
        mark: str | None = None
        if numbered:
            mark = f"{count}. "
        elif child(properties, "buChar") is not None:
            mark = "- "
        elif child(properties, "buNone") is not None:
            mark = ""
        if text:
            yield Paragraph(text, int(level) if level in tuple("12345678") else 0, mark)


def lines_of(shape: Element) -> list[str]:
    """Give the words of a shape, paragraph by paragraph."""
    return [text for element in _outermost(shape, "p") if (text := _words(element))]


def table_cells(table: Element) -> list[list[str]]:
    """Give the rows of a table; what is merged is written in each cell that it covers."""
    rows: list[list[str]] = []
    for row in (element for element in table if local(element) == "tr"):
        cells: list[str] = []
        for cell in (element for element in row if local(element) == "tc"):
            text = "\n".join(lines_of(cell))
            if attribute(cell, "hMerge") in ("1", "true") and cells:
                text = cells[-1]
            elif attribute(cell, "vMerge") in ("1", "true") and rows and len(cells) < len(rows[-1]):
                text = rows[-1][len(cells)]
            cells.append(text)
        rows.append(cells[:_MOST_COLUMNS])
    return rows


def chart_rows(chart: Element) -> list[list[str]]:
    """Give a chart as a table: a row for each category, a column for each series."""
    columns: list[dict[int, str]] = []
    names: list[str] = []
    categories: dict[int, str] = {}
    for series in (element for element in chart.iter() if local(element) == "ser"):
        names.append(" ".join(_points(child(series, "tx")).values()))
        categories = categories or _points(child(series, "cat")) or _points(child(series, "xVal"))
        columns.append(_points(child(series, "val")) or _points(child(series, "yVal")))
    places = sorted({place for column in [categories, *columns] for place in column})
    rows = [["", *names]]
    rows += [[categories.get(i, ""), *(column.get(i, "") for column in columns)] for i in places]
    return rows if columns else []


def _points(source: Element | None) -> dict[int, str]:
    found: dict[int, str] = {}
    for element in source.iter() if source is not None else ():
        index = attribute(element, "idx")
        if local(element) == "pt" and index.isascii() and index.isdigit():
            value = child(element, "v")
            found[int(index)] = (value.text or "").strip() if value is not None else ""
        if len(found) >= _MOST_POINTS:
            break
    return found


def _outermost(shape: Element, tag: str) -> Iterator[Element]:
    return (element for element in shape.iter() if local(element) == tag)


def _words(paragraph: Element) -> str:
    parts = []
    for element in paragraph.iter():
        if local(element) == "t":
            parts.append(element.text or "")
        elif local(element) == "br":
            parts.append("\n")
    return "".join(parts).replace("\x0b", "\n").strip()
