"""The tables of docs/formats.md, made from the formats themselves.

`python tests/formats/matrix.py` (with `tests` on the path) writes them into both pages; a test
compares.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from record_shapes import EXAMPLES, contents, shapes_of, table_of  # noqa: E402

from hf_sft_builders import list_formats  # noqa: E402
from hf_sft_builders.errors import FormatError, LossyConversion  # noqa: E402
from hf_sft_builders.formats import get_format  # noqa: E402

FIELDS = {
    "messages": "conversation",
    "messages.reasoning": "reasoning",
    "messages.tool_calls": "tool calls",
    "tools": "tools",
    "rejected": "worse answer",
    "desirable": "wanted or not",
    "score": "score",
    "teacher": "teacher",
    "domain": "domain",
    "language": "reasoning language",
    "images": "images",
    "videos": "videos",
    "audios": "audios",
    "text": "bare text",
}
_TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end of table -->)", re.DOTALL)


def outcome(source, target):
    """Say what becomes of the plain rows of one format in another: "=", or what is in the way."""
    ways = set()
    for shape in shapes_of(source):
        records = table_of([EXAMPLES[shape]])
        rows = get_format(source).from_records(records)
        told = get_format(source).to_records(rows)
        try:
            there = get_format(target).from_records(told)
        except LossyConversion:
            ways |= {FIELDS[n] for n in get_format(target).losses(told) if n in FIELDS}
        except FormatError:
            ways.add("shape")
        else:
            assert contents(told) == contents(get_format(target).to_records(there))
            ways.add("=")
    return ways


def places():
    """Give the table of formats and the fields of a record that they have a place for."""
    lines = ["| format | " + " | ".join(FIELDS.values()) + " |", "|---" * (len(FIELDS) + 1) + "|"]
    for name in list_formats():
        holds = get_format(name).holds
        marks = ["✓" if field in holds else "" for field in FIELDS]
        lines.append(f"| `{name}` | " + " | ".join(marks) + " |")
    return "\n".join(lines) + "\n"


def conversions():
    """Give the matrix: from each row's format to each column's."""
    names = list_formats()
    lines = ["| from \\ to | " + " | ".join(f"`{n}`" for n in names) + " |"]
    lines.append("|---" * (len(names) + 1) + "|")
    lines += [
        f"| `{source}` | " + " | ".join(_mark(outcome(source, target)) for target in names) + " |"
        for source in names
    ]
    return "\n".join(lines) + "\n"


def _mark(ways):
    if ways == {"="}:
        return "="
    lost = sorted(way for way in ways if way not in ("=", "shape"))
    if "=" in ways:
        return "(=)"
    return f"−{', '.join(lost)}" if lost else "✗"


def columns():
    """Give the table of formats and their columns."""
    lines = ["| format | columns |", "|---|---|"]
    for name in list_formats():
        own = ", ".join(f"`{_told(field)}`" for field in get_format(name).schema)
        lines.append(f"| `{name}` | {own} |")
    return "\n".join(lines) + "\n"


def _told(field):
    return f"{field.name}: {_closed(str(field.type))}"


def _closed(kind):
    """Write Arrow's nested types short: [..] for lists, {..} for structs."""
    told, stack, place = "", [], 0
    while place < len(kind):
        for opening, mark, closing in (
            ("list<element: ", "[", "]"),
            ("list<item: ", "[", "]"),
            ("struct<", "{", "}"),
        ):
            if kind.startswith(opening, place):
                told, place = told + mark, place + len(opening)
                stack.append(closing)
                break
        else:
            told += stack.pop() if kind[place] == ">" else kind[place]
            place += 1
    return told


TABLES = {"places": places, "conversions": conversions, "columns": columns}


def filled_in(text):
    """Give a page with its tables made anew."""
    return _TABLE.sub(lambda found: found[1] + TABLES[found[2]]() + found[3], text)


if __name__ == "__main__":
    for page in ("docs/formats.md", "docs/formats.zh-CN.md"):
        path = ROOT / page
        path.write_text(filled_in(path.read_text(encoding="utf-8")), encoding="utf-8")
