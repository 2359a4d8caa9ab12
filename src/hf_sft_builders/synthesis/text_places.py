"""The texts of a row that an op works on: a column, or the turns of a role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Row
from hf_sft_builders.synthesis.conversations import messages_of, with_messages
from hf_sft_builders.synthesis.question_places import last_exchange

Role = Literal["user", "assistant"]


def texts_of(row: Row, column: str | None, role: Role) -> list[str]:
    """Give the text of the column, or of each turn of the role, in order."""
    if column:
        return [text_in(row, column)]
    return [message["content"] or "" for message in messages_of(row) if message["role"] == role]


def with_texts(row: Row, column: str | None, role: Role, said: Sequence[str]) -> dict[str, Any]:
    """Give the changes that put as many texts in their places."""
    if column:
        return {column: said[0]}
    new = iter(said)
    messages = [
        {**message, "content": next(new)} if message["role"] == role else message
        for message in messages_of(row)
    ]
    return with_messages(row, messages)


def exchange_in(row: Row, columns: tuple[str, str] | None) -> tuple[str, str]:
    """Give question and answer: of two columns, or of the last exchange of a conversation."""
    if columns:
        return text_in(row, columns[0]), text_in(row, columns[1])
    return last_exchange(row)


def text_in(row: Row, column: str | None) -> str:
    """Give the text of a column, "" for none.

    Raises:
        ConfigurationError: it holds no text.
    """
    value = row[column] if column else ""
    if value is not None and not isinstance(value, str):
        raise ConfigurationError(
            f"Column {column!r} holds {type(value).__name__}, expected text. Name another column."
        )
    return value or ""
