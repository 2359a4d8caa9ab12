"""One table of rows measured: words by role, tokens, turns, labels, and hashes for duplicates.

Vectorised over Arrow. Rows of a known format are measured as conversations, all others by their
columns of text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats import get_format
from hf_sft_builders.formats.layouts import LAYOUTS
from hf_sft_builders.formats.raw_turns import is_text
from hf_sft_builders.formats.text_buffers import empty_texts
from hf_sft_builders.formats.turns import Turns, as_array
from hf_sft_builders.records import record_table

Counting = Callable[[pa.Array], np.ndarray]
"""Gives the tokens of each text."""

_ASCII_PER_TOKEN, _OTHERS_PER_TOKEN = 4.0, 1.4
_NOT_WORDS = {"id", "uri", "language", "domain", "provenance", "content_hash", "source"}
_MIXER = np.uint64(0x9E3779B97F4A7C15)
LABELS = ("domain", "label", "desirable")


@dataclass(frozen=True)
class Reading:
    """How rows are read: by a format, perhaps in a known layout of it, or by columns of text."""

    format: str = ""
    layout: str = ""

    def records(self, table: pa.Table) -> pa.Table:
        """Give the rows as records.

        Raises:
            FormatError: if the rows are not of the format.
        """
        table = LAYOUTS[self.layout].apply(table) if self.layout else table
        known = get_format(self.format)
        return record_table(known.take_in(known.own_columns(table)), table.num_rows)


@dataclass(frozen=True)
class Measured:
    """What a table says in numbers; arrays have one value per row."""

    tokens: np.ndarray
    question: np.ndarray
    """Characters of all that is not the model's to learn; empty where rows are no conversations."""
    answer: np.ndarray
    """Characters of what the model learns to say; of the text where rows are no conversations."""
    turns: np.ndarray
    hashes: dict[str, np.ndarray]
    """`row`, `question`, `answer` → a number that equal words share."""
    texts: tuple[pa.Array, ...]
    """All words of each row, in one or two parts."""
    labels: dict[str, pa.Array] = field(default_factory=dict)


def measure(table: pa.Table, reading: Reading, tokens: Counting) -> Measured:
    """Measure the rows of a table.

    Raises:
        FormatError: if the rows are not of the format that they are read by.
    """
    if not reading.format:
        return _plain(table, tokens)
    records = reading.records(table)
    if records["messages"].null_count == records.num_rows:
        table = (
            table if "text" in table.column_names else table.append_column("text", records["text"])
        )
        return _plain(table, tokens)
    return _conversations(table, records, tokens)


def _conversations(table: pa.Table, records: pa.Table, tokens: Counting) -> Measured:
    turns = Turns.of(records["messages"])
    learnt = turns.has_role("assistant")
    words = pc.binary_join_element_wise(
        pc.fill_null(turns.fields["reasoning"], ""), pc.fill_null(turns.fields["content"], ""), ""
    )
    counted = np.bincount(turns.row, weights=tokens(words), minlength=len(turns.lengths))
    question, answer = _joined(turns, words, ~learnt), _joined(turns, words, learnt)
    asks, answers = _hashes(question), _hashes(answer)
    asked = np.bincount(turns.row, weights=turns.has_role("user"), minlength=len(turns.lengths))
    return Measured(
        tokens=counted.astype(np.int64),
        question=_lengths(question),
        answer=_lengths(answer),
        turns=asked.astype(np.int64),
        hashes={"row": asks * _MIXER + answers, "question": asks, "answer": answers},
        texts=(question, answer),
        labels=_labels(table, records),
    )


def _plain(table: pa.Table, tokens: Counting) -> Measured:
    """Measure rows that are no conversations by their text."""
    names = [f.name for f in table.schema if is_text(f.type) and f.name not in _NOT_WORDS]
    names = ["text"] if "text" in names else names
    texts = [pc.fill_null(as_array(table[name]).cast(pa.string()), "") for name in names]
    words = pc.binary_join_element_wise(*texts, "\n") if texts else empty_texts(table.num_rows)
    none = np.zeros(0, dtype=np.int64)
    return Measured(
        tokens=tokens(words),
        question=none,
        answer=_lengths(words),
        turns=none,
        hashes={"row": _hashes(words)},
        texts=(words,),
        labels=_labels(table, table),
    )


def _joined(turns: Turns, words: pa.Array, marked: np.ndarray) -> pa.Array:
    """Join the marked messages of each row to one text."""
    kept = np.bincount(turns.row, weights=marked, minlength=len(turns.lengths))
    offsets = np.concatenate([[0], np.cumsum(kept)]).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(offsets), words.filter(pa.array(marked)))
    return pc.binary_join(lists, "\n")


def _lengths(texts: pa.Array) -> np.ndarray:
    return np.asarray(pc.utf8_length(texts).to_numpy(zero_copy_only=False), dtype=np.int64)


def estimated_tokens(texts: pa.Array) -> np.ndarray:
    """Estimate tokens: four Latin letters, or 1.4 characters of other scripts, make one."""
    size = pc.binary_length(texts).to_numpy(zero_copy_only=False).astype(np.int64)
    length = _lengths(texts)
    # UTF-8 spends three bytes on most characters that are not ASCII.
    others = np.minimum(length, (size - length + 1) // 2)
    estimate = (length - others) / _ASCII_PER_TOKEN + others / _OTHERS_PER_TOKEN
    return np.asarray(np.ceil(estimate), dtype=np.int64)


def normalised(texts: pa.Array) -> pa.Array:
    """Give texts as they are compared: without case, width of letters, or number of blanks."""
    folded = pc.utf8_lower(pc.utf8_normalize(texts, form="NFKC"))
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(folded, r"\s+", " "))


def _hashes(texts: pa.Array) -> np.ndarray:
    found = np.empty(len(texts), dtype=np.uint64)
    for place, text in enumerate(normalised(texts).to_pylist()):
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        found[place] = int.from_bytes(digest, "little")
    return found


def _labels(table: pa.Table, records: pa.Table) -> dict[str, pa.Array]:
    """Give the columns that sort rows into classes, as text; those that say nothing are left out."""
    found = {}
    for name in LABELS:
        holder = table if name in table.column_names else records
        if name in holder.column_names and _is_label(holder.schema.field(name).type):
            values = as_array(holder[name]).cast(pa.string())
            if values.null_count < len(values):
                found[name] = values
    return found


def _is_label(kind: pa.DataType) -> bool:
    return bool(is_text(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def tokenizer_counting(name: str) -> Counting:
    """Give a function that counts with a tokenizer.

    Raises:
        MissingExtra: if its package is not installed.
        ConfigurationError: if there is no such tokenizer.
    """
    from hf_sft_builders.documents.text_length import load_tokenizer

    tokenizer = load_tokenizer(name)

    def count(texts: Sequence[str]) -> list[int]:
        return [len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts]

    return lambda texts: np.asarray(count(texts.to_pylist()), dtype=np.int64)
