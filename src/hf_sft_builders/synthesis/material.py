"""What a row gives a conversation to rest on: its passage, its question and answer, or both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Row
from hf_sft_builders.synthesis.conversations import messages_of
from hf_sft_builders.synthesis.evidence import locate, pages_of


@dataclass(frozen=True, slots=True)
class Material:
    """A passage, and the question and answer that were made of it, where there are any."""

    text: str
    """The passage; without one, the question and its answer."""
    source: str
    """All that an answer's values may come from: title, headings, text."""
    pair: tuple[str, ...] = ()
    """(question, answer), or nothing."""
    is_passage: bool = True


def material_of(row: Row, column: str) -> Material:
    """Read a row of chunks, of conversations, or of both.

    Raises:
        ConfigurationError: if the row is neither, or the column holds no text.
    """
    held = row.get(column)
    if held is not None and not isinstance(held, str):
        raise ConfigurationError(
            f"Column {column!r} holds {type(held).__name__}, expected text. Name the column with the "
            "passage: column=…"
        )
    pair = () if column in row and not row.get("messages") else _first_pair(row)
    text = held or "\n".join(pair)
    above = [row.get("title") or "", *(row.get("headings") or ())]
    return Material(text, "\n".join([*above, text, *pair]), pair, bool(held))


def _first_pair(row: Row) -> tuple[str, ...]:
    said = [m for m in messages_of(row) if m["role"] in ("user", "assistant")]
    if [m["role"] for m in said[:2]] != ["user", "assistant"]:
        return ()
    return tuple((m["content"] or "").strip() for m in said[:2])


def places_of(material: Material, quotes: Iterable[str]) -> list[tuple[int, int]]:
    """Give where quotes stand in the passage, each place once; none where there is no passage."""
    if not material.is_passage:
        return []
    found = (locate(quote, material.text) for quote in quotes)
    return list(dict.fromkeys(place for place in found if place))


def spans_step(row: Row, places: Iterable[tuple[int, int]]) -> dict[str, Any]:
    """Give places of the passage as places and pages of the document, for a step of provenance."""
    offset = int(row.get("start") or 0)
    spans = [{"start": offset + start, "end": offset + end} for start, end in places]
    before = list(row.get("provenance") or ())
    pages = {page for span in spans for page in pages_of(before, span) or ()}
    return {"answer_spans": spans, "pages": sorted(pages) or None}
