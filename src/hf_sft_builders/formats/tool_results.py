"""What tells which call a tool's result answers: its `tool_call_id`, its `name`.

Records do not keep these fields, because they say nothing more where each result stands in the order
of the calls, which is how every trainer reads them. Where one answers another call, that is an error:
without the id, the model would learn the wrong result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic_core import from_json

from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats.turns import Turns

NAMES_OF_CALLS = ("tool_call_id", "name")


def require_in_order(turns: Turns, calls: pa.Array) -> None:
    """Stop where a result says that it answers another call than the next one without a result.

    Args:
        turns: Messages, with some of the fields `NAMES_OF_CALLS`.
        calls: Tool calls as JSON text, one value per message.

    Raises:
        FormatError: naming the row, the call and what was found.
    """
    fields = {name: turns.fields[name] for name in NAMES_OF_CALLS if name in turns.fields}
    named = np.zeros(len(turns.row), dtype=bool)
    for values in fields.values():
        named |= values.is_valid().to_numpy(zero_copy_only=False)
    rows = np.unique(turns.row[named])
    for row in rows.tolist():
        first, last = int(turns.offsets[row]), int(turns.offsets[row + 1])
        told = {name: values.slice(first, last - first) for name, values in fields.items()}
        _require(row, calls.slice(first, last - first).to_pylist(), told)


def _require(row: int, calls: list[str | None], told: Mapping[str, pa.Array]) -> None:
    waiting: list[dict[str, str | None]] = []
    columns = {name: values.to_pylist() for name, values in told.items()}
    for place, text in enumerate(calls):
        waiting += _names(text)
        found = {name: values[place] for name, values in columns.items() if values[place]}
        if not found:
            continue
        call = waiting.pop(0) if waiting else {}
        wrong = [name for name, value in found.items() if call.get(name) not in (None, value)]
        if wrong or not call:
            expected = f"the next call, {call}" if call else "a call before it"
            raise FormatError(
                f"row {row}, message {place}: a tool's result says {found}; expected {expected}. "
                "Put the results in the order of the calls, and names only where tools answer."
            )


def _names(text: str | None) -> Iterator[dict[str, str | None]]:
    for call in _listed(from_json(text)) if text else ():
        function = call.get("function") or call
        yield {"tool_call_id": call.get("id"), "name": function.get("name")}


def _listed(calls: Any) -> list[Any]:
    return [call for call in (calls if isinstance(calls, list) else [calls]) if _is_object(call)]


def _is_object(call: Any) -> bool:
    return isinstance(call, dict)
