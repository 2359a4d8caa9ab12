"""What of a row is compared: its question, its answer, both, or a column.

Of a conversation, the question is what the user says, the answer what the assistant says (with its
reasoning, its calls of tools, and the worse answer of a preference). What cannot be alike by degrees
must be equal: the media of a question; with "both" also the system prompt, the tools and the
judgement of KTO. It is hashed into `keys`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats.batches import Rows, column_names, tables_of
from hf_sft_builders.formats.converting import plan
from hf_sft_builders.formats.json_columns import json_text
from hf_sft_builders.formats.raw_turns import is_text
from hf_sft_builders.formats.row_hashes import require_columns
from hf_sft_builders.formats.turns import Turns, as_array

PARTS = ("question", "answer", "both")
_FIELDS = ("role", "content", "reasoning", "tool_calls")
_BORDER = "\ufdd0"
"""Between question and answer: no text has it, Unicode keeps it for inside use."""
_BATCH_ROWS = 1000


@dataclass(frozen=True)
class Compared:
    """What is compared of some rows."""

    texts: pa.Array
    """Without nulls; "" where there is nothing."""
    keys: np.ndarray
    """uint64 per row: rows with different keys are never the same. 0 for nothing special."""


Comparing = Callable[[pa.Table], Compared]
"""Takes out of a table what is compared."""


class GivesRecords(Protocol):
    """Knows how rows become records: a `Conversion`, or the `Reading` of a report."""

    def records(self, table: pa.Table) -> pa.Table:
        """Give the rows as records."""
        ...


@dataclass(frozen=True)
class Compare:
    """Takes out of tables what is compared; a value."""

    by: str
    conversion: GivesRecords | None
    """How the rows become records; None where a column is compared."""

    def __call__(self, table: pa.Table) -> Compared:
        """Give texts and keys of a table's rows."""
        if self.conversion is None:
            require_columns(table.column_names, [self.by])
            return Compared(_as_text(table[self.by]), np.zeros(table.num_rows, np.uint64))
        records = self.conversion.records(table)
        if self.by == "answer":
            return Compared(_answers(records), np.zeros(table.num_rows, np.uint64))
        if self.by == "question":
            return Compared(_questions(records), _keys(records, media_only=True))
        parts = pc.binary_join_element_wise(_questions(records), _answers(records), _BORDER)
        nothing = pc.equal(parts, _BORDER)
        return Compared(pc.if_else(nothing, "", parts), _keys(records, media_only=False))


def what_to_compare(ds: Rows, by: str, format: str | None = None) -> Compare:
    """Say how to take out of rows what is compared.

    Args:
        ds: One split.
        by: A column, or "question", "answer" or "both" of the conversation.
        format: Of the rows; found where it is not given.

    Raises:
        ConfigurationError: if it is neither, or the format is not certain.
        FormatError: if the format of the rows is not found.
    """
    names = column_names(ds)
    if by in names:
        return Compare(by, None)
    if by not in PARTS:
        raise ConfigurationError(
            f"by is {by!r}; expected {', '.join(PARTS)} or a column ({', '.join(names) or 'none'})."
        )
    return Compare(by, plan(ds, "messages", from_format=format, allow_loss=True))


def compared_batches(ds: Rows, compare: Comparing) -> Iterator[Compared]:
    """Give what is compared of all rows, some thousand at a time."""
    for table in tables_of(ds, _BATCH_ROWS):
        yield compare(table)


def rows_at(ds: Rows, places: np.ndarray) -> pa.Table:
    """Give some rows of a dataset or table as a table, in that order."""
    if isinstance(ds, pa.Table):
        return ds.take(pa.array(places))
    return ds.with_format("arrow")[places]


def _as_text(column: pa.ChunkedArray) -> pa.Array:
    values = as_array(column)
    if is_text(values.type):
        return pc.fill_null(values.cast(pa.string()), "")
    said = json_text(values)
    return pc.if_else(values.is_valid(), said, "") if values.null_count else said


def _questions(records: pa.Table) -> pa.Array:
    turns = Turns.of(records["messages"], _FIELDS)
    return _or_text(_joined(turns.keep(turns.has_role("user"))), records)


def _answers(records: pa.Table) -> pa.Array:
    turns = Turns.of(records["messages"], _FIELDS)
    said = _joined(turns.keep(turns.has_role("assistant")))
    if records["rejected"].null_count < records.num_rows:
        worse = _joined(Turns.of(records["rejected"], _FIELDS))
        border = pc.if_else(pc.equal(worse, ""), "", _BORDER)
        said = pc.binary_join_element_wise(said, border, worse, "")
    return _or_text(said, records)


def _or_text(said: pa.Array, records: pa.Table) -> pa.Array:
    """Rows of bare text have no turns: their text is what is compared."""
    if records["text"].null_count == records.num_rows:
        return said
    return pc.if_else(pc.equal(said, ""), pc.fill_null(as_array(records["text"]), ""), said)


def _joined(turns: Turns) -> pa.Array:
    """Give all that the turns of each row say as one text, a line for each part."""
    words = pc.fill_null(turns.fields["content"], "")
    for name in ("reasoning", "tool_calls"):
        more = turns.fields[name]
        if more.null_count < len(more):
            border = pc.if_else(more.is_valid(), "\n", "")
            words = pc.binary_join_element_wise(words, border, pc.fill_null(more, ""), "")
    lists = pa.ListArray.from_arrays(pa.array(turns.offsets, pa.int32()), words)
    return pc.fill_null(pc.binary_join(lists, "\n"), "")


def _keys(records: pa.Table, *, media_only: bool) -> np.ndarray:
    found = np.zeros(records.num_rows, dtype=np.uint64)
    for name in ("images", "videos", "audios"):
        if records[name].null_count < records.num_rows:
            found ^= _media_numbers(as_array(records[name]), name)
    if media_only:
        return found
    turns = Turns.of(records["messages"], ("role", "content"))
    found ^= _numbers(_joined_system(turns), "system")
    found ^= _numbers(pc.fill_null(as_array(records["tools"]), ""), "tools")
    if records["desirable"].null_count < records.num_rows:
        judged = as_array(records["desirable"]).cast(pa.string())
        found ^= _numbers(pc.fill_null(judged, ""), "desirable")
    return found


def _joined_system(turns: Turns) -> pa.Array:
    kept = turns.keep(turns.has_role("system", "developer"))
    words = pc.fill_null(kept.fields["content"], "")
    lists = pa.ListArray.from_arrays(pa.array(kept.offsets, pa.int32()), words)
    return pc.fill_null(pc.binary_join(lists, "\n"), "")


def _numbers(texts: pa.Array, salt: str) -> np.ndarray:
    """Give a number for each text, 0 for ""; there are few different ones."""
    encoded = texts.dictionary_encode()
    known = [_number(text.encode(), salt) for text in encoded.dictionary.to_pylist()]
    table = np.array([*known, 0], dtype=np.uint64)
    return np.asarray(table[np.asarray(encoded.indices)])


def _media_numbers(lists: pa.Array, salt: str) -> np.ndarray:
    numbers = [_number(_media_bytes(files), salt) for files in lists.to_pylist()]
    return np.array(numbers, dtype=np.uint64)


def _media_bytes(files: Any) -> bytes:
    parts = [file["bytes"] or (file["path"] or "").encode() for file in files or ()]
    return b"".join(hashlib.blake2b(part, digest_size=16).digest() for part in parts)


def _number(data: bytes, salt: str) -> int:
    if not data:
        return 0
    digest = hashlib.blake2b(data, digest_size=8, person=salt.encode()[:16]).digest()
    return int.from_bytes(digest, "little")
