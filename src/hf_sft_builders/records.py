"""The canonical conversation table: the one type that crosses every border.

A record is one row: messages, tools, media, labels, lineage `id` and `provenance`. All formats
convert to and from it. Everything is Arrow; Python objects appear only to explain a row.

Example of one record:
    {"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}],
     "id": "3f2a90c1b7de:120-480:generate_qa:0", "provenance": [{"step": "source", …}, …]}

The trap: Arrow fills the missing fields of structs with null, and trainers train on those nulls.
So tools and tool calls are JSON *text* here, never structs.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

MESSAGE = pa.struct(
    [
        ("role", pa.string()),  # system, user, assistant or tool
        ("content", pa.string()),
        ("reasoning", pa.string()),  # null where the model gave none
        ("tool_calls", pa.string()),  # JSON text of a list, null where there are none
    ]
)

_SPAN = pa.struct([("start", pa.int64()), ("end", pa.int64())])

_EVIDENCE = pa.struct(
    [
        ("raw", pa.string()),  # as found
        ("id", pa.string()),  # license id, several joined by AND or OR, or "unknown"
        ("spdx", pa.string()),
        ("found_in", pa.string()),  # file or option it was found in
        ("confidence", pa.string()),  # declared, inferred, override or none
        ("sha256", pa.string()),  # of the whole string or text
    ]
)

PROVENANCE_STEP = pa.struct(
    [
        ("step", pa.string()),  # source, chunk, or the op's name
        ("uri", pa.string()),
        ("sha256", pa.string()),  # of the file's bytes
        ("title", pa.string()),
        ("headings", pa.list_(pa.string())),
        ("pages", pa.list_(pa.int32())),  # from 1
        ("page_starts", pa.list_(pa.int64())),  # where each of `pages` begins in the text
        ("span", _SPAN),  # code points of the document's text
        ("answer_spans", pa.list_(_SPAN)),  # same
        ("license", _EVIDENCE),
        ("annotations_license", _EVIDENCE),  # of labels that others added, where it is another
        ("model", pa.string()),
        ("prompt", pa.string()),  # name of the prompt
        ("prompt_sha256", pa.string()),
        ("parameters", pa.string()),  # JSON text
    ]
)

_MEDIA = pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())]))

RECORD = pa.schema(
    [
        ("messages", pa.list_(MESSAGE)),
        ("rejected", pa.list_(MESSAGE)),  # what stands instead of the completion, and is worse
        ("text", pa.string()),  # bare text that is no conversation; then `messages` is null
        ("tools", pa.string()),  # JSON text of a list, "" for none
        ("images", _MEDIA),
        ("videos", _MEDIA),
        ("audios", _MEDIA),
        ("label", pa.string()),
        ("desirable", pa.bool_()),  # KTO
        ("domain", pa.string()),
        ("score", pa.float64()),
        ("teacher", pa.string()),  # the model that gave the answer, as the source names it
        ("language", pa.string()),  # the language that the reasoning is in, as the source names it
        # Where things stood in the source; it can be lost without losing a word.
        ("input_start", pa.int32()),  # byte at which Alpaca's `input` begins in the last question
        ("completion_start", pa.int32()),  # messages before the completion; null: all but the last
        ("step_starts", pa.list_(pa.int32())),  # where the steps of the last reasoning begin
        ("id", pa.string()),
        ("content_hash", pa.string()),
        ("provenance", pa.list_(PROVENANCE_STEP)),
    ]
)

_TYPES = {field.name: field.type for field in RECORD}

LINEAGE = ("id", "provenance")
"""Columns that every output has beside its format's own (`provenance=False` drops the latter)."""


def record_table(columns: Mapping[str, Any], rows: int) -> pa.Table:
    """Build a record table from some of its columns; the others are null, `tools` is empty.

    Args:
        columns: Column name → Arrow array or Python list of `rows` values. Names that the schema
            does not know ride along unchanged.
        rows: Number of rows.
    """
    arrays = {name: _column(columns.get(name), kind, rows, name) for name, kind in _TYPES.items()}
    extra = {name: values for name, values in columns.items() if name not in arrays}
    return pa.table({**arrays, **extra})


def _column(values: Any, kind: pa.DataType, rows: int, name: str) -> pa.Array | pa.ChunkedArray:
    if values is None:
        return _absent(name, rows)
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        return values if values.type == kind else values.cast(kind)
    return pa.array(values, kind)


_LARGEST_KEPT = 1 << 16


def no_texts(rows: int) -> pa.StringArray:
    """Give a column of texts that are all null."""
    return _absent("text", rows)


def _absent(name: str, rows: int) -> pa.Array:
    """Give the column of a record where no row has anything; made once, and then shared."""
    return _nothing(name, rows) if rows > _LARGEST_KEPT else _shared_nothing(name, rows)


def _nothing(name: str, rows: int) -> pa.Array:
    kind = _TYPES[name]
    return pa.repeat(pa.scalar("", kind), rows) if name == "tools" else pa.nulls(rows, kind)


_kept_nothing = functools.lru_cache(maxsize=128)(_nothing)


@functools.lru_cache(maxsize=512)
def _shared_nothing(name: str, rows: int) -> pa.Array:
    return _kept_nothing(name, 1 << max(rows - 1, 0).bit_length()).slice(0, rows)


def content_hash(messages: Sequence[Mapping[str, Any]]) -> str:
    """Hash what a conversation says; two rows with the same words have the same hash."""
    said = [[message.get(name) for name in MESSAGE.names] for message in messages]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:16]


def lineage_id(parent: str, step: str, sample: int) -> str:
    """Name the row that `step` made from `parent`; it does not change when the text is edited."""
    return f"{parent}:{step}:{sample}"


_EMPTY_STEP: dict[str, Any] = dict.fromkeys(PROVENANCE_STEP.names)


def provenance_step(**known: Any) -> dict[str, Any]:
    """Give one provenance step with every field, those not named being null."""
    return {**_EMPTY_STEP, **known}
