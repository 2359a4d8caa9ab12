"""Excel: each sheet a heading and its tables, with numbers and dates as they are shown.

Sheets are read row by row, so that a sheet of a million rows costs no more than the rows that are
kept (`MAX_CELLS` of the whole file; more is noted, never silently left out). Rows that are empty part
tables; a row with one filled cell is a line of its own, as titles and remarks are.

The traps: a date is a number whose format says that it is one; of merged cells only the first has a
value; formulas have a value only if a spreadsheet program has computed them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree

from hf_sft_builders.documents.base import Document, ReaderOptions
from hf_sft_builders.documents.block_document import document_of
from hf_sft_builders.documents.file_kinds import file_stem
from hf_sft_builders.documents.markdown_blocks import Block
from hf_sft_builders.documents.number_formats import BUILT_IN, shown_number
from hf_sft_builders.documents.office_parts import Parts
from hf_sft_builders.documents.pipe_tables import table_block
from hf_sft_builders.documents.safe_xml import (
    Element,
    attribute,
    child,
    children,
    local,
    refuse_types,
)
from hf_sft_builders.errors import DocumentError

name = "xlsx"
suffixes = (".xlsx", ".xlsm")

MAX_CELLS = 1_000_000
_MOST_COLUMNS = 16_384
_MOST_MERGED = 100_000
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})$")

Row = dict[int, str]
"""Shown cells by column, from 0."""


def read(data: bytes, uri: str, options: ReaderOptions) -> Document:
    """Read the file, or raise `DocumentError` with the reason why it cannot be read."""
    parts = Parts.opened(data, uri, "an Excel workbook")
    main, root = parts.main("workbook")
    book = _Workbook(parts, main, root)
    blocks: list[Block] = []
    sheets = children(root, "sheets")
    for number, sheet in enumerate(sheets, start=1):
        found = list(book.blocks(sheet, number))
        if found:
            blocks.append(Block("heading", [(number, attribute(sheet, "name"))], 1))
            blocks += found
    return document_of(
        blocks,
        data,
        uri,
        title=parts.title() or file_stem(uri),
        pages=len(sheets),
        notes=book.notes,
    )


class _Workbook:
    def __init__(self, parts: Parts, main: str, root: Element) -> None:
        self._parts, self._relations = parts, parts.relations(main)
        self._strings = [
            _rich_text(e) for e in children(parts.xml(parts.related(main, "sharedStrings")))
        ]
        self._formats = _formats(parts.xml(parts.related(main, "styles")))
        properties = child(root, "workbookPr")
        self._from_1904 = properties is not None and attribute(properties, "date1904") in (
            "1",
            "true",
        )
        self._left = MAX_CELLS
        self.notes: list[str] = []

    def blocks(self, sheet: Element, number: int) -> Iterator[Block]:
        title = attribute(sheet, "name")
        identifier = next((v for k, v in sheet.items() if k.endswith("}id")), "")
        relation = self._relations.get(identifier)
        if relation is None or relation.kind != "worksheet":
            return
        if attribute(sheet, "state") in ("hidden", "veryHidden"):
            self.notes.append(f"sheet {title!r} is hidden")
        data = self._parts.archive.read(relation.target)
        refuse_types(data, self._parts.uri, relation.target)
        rows = _filled(list(self._rows(data, title)), _merged(data))
        yield from sheet_blocks(rows, number)

    def _rows(self, data: bytes, title: str) -> Iterator[tuple[int, Row]]:
        number = 0
        for element in _elements(data, "row", self._parts.uri):
            stated = attribute(element, "r")
            number = int(stated) if stated.isascii() and stated.isdigit() else number + 1
            row = self._row(element)
            element.clear()
            self._left -= len(row)
            if self._left < 0:
                self.notes.append(f"of sheet {title!r} only {number - 1:,} rows were read")
                return
            yield number, row

    def _row(self, element: Element) -> Row:
        row: Row = {}
        column = -1
        for cell in element:
            place = _REFERENCE.match(attribute(cell, "r"))
            column = column_index(place[1]) if place else column + 1
            if column < _MOST_COLUMNS and (text := self._shown(cell)):
                row[column] = text
        return row

    def _shown(self, cell: Element) -> str:
        kind, value = attribute(cell, "t"), child(cell, "v")
        text = (value.text or "").strip() if value is not None else ""
        if kind == "inlineStr":
            return _rich_text(child(cell, "is"))
        if kind == "s":
            known = text.isascii() and text.isdigit() and int(text) < len(self._strings)
            return self._strings[int(text)] if known else ""
        if kind == "b":
            return "TRUE" if text == "1" else "FALSE"
        formula = child(cell, "f")
        if not text and formula is not None and formula.text:
            return f"={formula.text}"
        return text if kind in ("str", "e", "d") else self._number(text, attribute(cell, "s"))

    def _number(self, text: str, style: str) -> str:
        index = int(style) if style.isascii() and style.isdigit() else 0
        form = self._formats[index] if index < len(self._formats) else "General"
        return shown_number(text, form, self._from_1904)


def sheet_blocks(rows: Iterable[tuple[int, Row]], page: int) -> Iterator[Block]:
    """Part the rows of a sheet into tables and single lines."""
    region: list[Row] = []
    last = 0
    for number, row in rows:
        single = len(set(row.values())) == 1 and not region
        if region and (not row or number > last + 1):
            yield from _table(region, page)
            region = []
            single = len(set(row.values())) == 1
        if single:
            yield Block("paragraph", [(page, next(iter(row.values())))])
        elif row:
            region.append(row)
        last = number
    yield from _table(region, page)


def _table(region: list[Row], page: int) -> Iterator[Block]:
    columns = sorted({column for row in region for column in row})
    block = table_block([[row.get(column, "") for column in columns] for row in region], page)
    if block is not None:
        yield block


def _filled(
    rows: list[tuple[int, Row]], merged: list[tuple[int, int, int, int]]
) -> list[tuple[int, Row]]:
    """Write the value of merged cells into all that they cover."""
    by_number = dict(rows)
    for top, left, bottom, right in merged:
        value = by_number.get(top, {}).get(left)
        for number in range(top, bottom + 1) if value else ():
            row = by_number.get(number)
            if row is not None:
                row.update(dict.fromkeys(range(left, right + 1), str(value)))
    return rows


def _merged(data: bytes) -> list[tuple[int, int, int, int]]:
    """Give top, left, bottom and right of merged cells, huge ones left out."""
    found, cells = [], 0
    for reference in re.findall(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z0-9:$]{3,30})\"", data):
        ends = [_REFERENCE.match(part) for part in reference.decode().split(":")]
        if len(ends) == 2 and ends[0] and ends[1]:
            left, right = column_index(ends[0][1]), column_index(ends[1][1])
            top, bottom = int(ends[0][2]), int(ends[1][2])
            cells += (bottom - top + 1) * (right - left + 1)
            if cells > _MOST_MERGED:
                break
            found.append((top, left, bottom, right))
    return found


def _elements(data: bytes, tag: str, uri: str) -> Iterator[Element]:
    """Give the elements of a large part one by one, and forget those that were given."""
    try:
        for _, element in ElementTree.iterparse(io.BytesIO(data)):
            if local(element) == tag:
                yield element
    except ElementTree.ParseError as error:
        raise DocumentError(uri, "damaged", f"A sheet is not valid XML ({error}).") from error


def _rich_text(element: Element | None) -> str:
    """Join the runs of a cell; phonetic readings above the characters are left out."""
    parts = []
    for inner in children(element):
        if local(inner) == "t":
            parts.append(inner.text or "")
        elif local(inner) == "r":
            parts += [run.text or "" for run in inner if local(run) == "t"]
    return "".join(parts).strip()


def _formats(root: Element | None) -> list[str]:
    """Give the number format of each cell style."""
    own = {attribute(e, "numFmtId"): attribute(e, "formatCode") for e in children(root, "numFmts")}
    ids = [attribute(e, "numFmtId") for e in children(root, "cellXfs")]
    return [own.get(i) or BUILT_IN.get(i, "General") for i in ids]


def column_index(letters: str) -> int:
    """Give the number of a column, from 0: A is 0, AA is 26."""
    index = 0
    for letter in letters:
        index = 26 * index + ord(letter) - ord("A") + 1
    return index - 1
