"""The conversation in a row, whatever format the row has; and the row with another one.

`messages` and `messages_tools` rows are read as they are; rows of other formats go through the record table.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats import FORMATS, Format
from hf_sft_builders.formats.telling import by_columns
from hf_sft_builders.ledger import Row

Message = dict[str, Any]


def conversation_format(row: Row) -> Format:
    """Find the format of a row by its columns and what they hold.

    Raises:
        ConfigurationError: for a row of no conversation format, with those that there are.
    """
    return _format_of(frozenset((name, type(value)) for name, value in row.items()))


@lru_cache(maxsize=64)
def _format_of(columns: frozenset[tuple[str, type]]) -> Format:
    held = dict(columns)
    known = by_columns(held, lambda format_: _can_talk(format_, held))
    if known is None:
        raise ConfigurationError(
            f"These rows have the columns {', '.join(sorted(held))}, which are no conversation "
            f"format. Convert them first: one of {', '.join(FORMATS)}."
        )
    return known


def _can_talk(format_: Format, held: dict[str, type]) -> bool:
    """Say whether a format holds messages, and these columns as they are: text, or lists."""
    if "messages" not in format_.holds or format_.name.endswith("_think"):
        return False
    return all(
        pa.types.is_string(field.type) == (held[field.name] is str)
        for field in format_.schema
        if held.get(field.name) in (str, list)
    )


def messages_of(row: Row) -> list[Message]:
    """Give what is said in a row: role and content, and what else a message has."""
    format_ = conversation_format(row)
    if format_.name == "messages":
        return [dict(message) for message in row["messages"]]
    if format_.name == "messages_tools":  # row by row, Arrow takes 50 times as long
        return [_taken(message) for message in row["messages"]]
    messages: list[Message] = _record(row, format_)["messages"][0].as_py()
    return messages


def with_messages(row: Row, messages: list[Message]) -> Row:
    """Give the row saying something else, in its own format; all other columns stay."""
    format_ = conversation_format(row)
    if format_.name == "messages":
        return {**row, "messages": messages}
    if format_.name == "messages_tools":
        return {**row, "messages": [_shown(message) for message in messages]}
    record = _record(row, format_)
    place = record.schema.get_field_index("messages")
    kind = record.schema.field("messages")
    said = record.set_column(place, kind, pa.array([messages], kind.type))
    [made] = format_.from_records(said).select(list(format_.features)).to_pylist()
    return {**row, **made}


def _taken(message: Message) -> Message:
    return {
        "role": message["role"],
        "content": message["content"] or "",
        "reasoning": message["reasoning_content"] or None,
        "tool_calls": message["tool_calls"] or None,
    }


def _shown(message: Message) -> Message:
    return {
        "role": message["role"],
        "content": message["content"] or "",
        "reasoning_content": message.get("reasoning") or "",
        "tool_calls": message.get("tool_calls") or "",
    }


def _record(row: Row, format_: Format) -> pa.Table:
    schema = format_.features.arrow_schema
    return format_.to_records(pa.Table.from_pylist([{n: row[n] for n in schema.names}], schema))


def last_turn(messages: list[Message], role: str) -> int | None:
    """Give the index of the last message of a role, None without one."""
    places = [index for index, message in enumerate(messages) if message["role"] == role]
    return places[-1] if places else None


def rejected_of(row: Row) -> list[Message] | None:
    """Give the worse completion of a row of a preference format; None where there is none."""
    format_ = conversation_format(row)
    if "rejected" not in format_.holds:
        return None
    worse: list[Message] | None = _record(row, format_)["rejected"][0].as_py()
    return worse or None
