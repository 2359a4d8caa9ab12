"""What to say of a record that a format cannot say: what was found, and what was there unread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from hf_sft_builders.formats.base import Format
    from hf_sft_builders.formats.rules import Rule

_SHOWN = 3
_LOOKED_AT = 1000


def found_in(records: pa.Table, index: int, rule: Rule) -> str:
    """Say what one record has where a rule looks."""
    if rule.field == "messages.role":
        said = records["messages"][index].as_py() or []
        return f"found the roles {', '.join(str(m['role']) for m in said) or 'none'}"
    names = [name.strip().partition(".")[0] for name in rule.field.split(",")]
    found = (f"{name}: {str(records[name][index].as_py())[:200]}" for name in names)
    return f"found {', '.join(found)}"


def unread(records: pa.Table, wanted: Format) -> str:
    """Tell of columns that are called as the format's are, and were not read as such; "" for none.

    Labels of 0 and 2 are no labels of KTO, so that rows are taken for another format's, and an
    `image` beside messages is no part of them.
    """
    told = [
        f" The rows have a column {name!r} ({_values(records[name])}), which was not read as the "
        f"{name!r} of {wanted.name} ({wanted.schema.field(name).type})."
        for name in wanted.schema.names
        if name in records.column_names and name not in wanted.holds
        if records[name].null_count < len(records)
    ]
    return "".join(told)


def _values(column: pa.ChunkedArray) -> str:
    seen = dict.fromkeys(str(value)[:80] for value in column.slice(0, _LOOKED_AT).to_pylist())
    more = ", …" if len(seen) > _SHOWN else ""
    return ", ".join(list(seen)[:_SHOWN]) + more
