"""What is looked up about rows: labels, sources, lengths, words; made once for each dataset.

One pass over the rows, in the background, while the first page is shown already. What it finds lies
in `HF_HOME`, keyed by the dataset's fingerprint, and is mapped into memory the next time. Columns of
few values are codes into a list of names; the words of all rows stand behind one another in one file,
folded (`searching.fold`), so that a search is a scan of memory.
"""

from __future__ import annotations

import json
import mmap
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from hf_sft_builders.formats.turns import Turns, as_array
from hf_sft_builders.quality.said import every_text
from hf_sft_builders.reviewing.bigrams import pair_table
from hf_sft_builders.reviewing.origins import first_source, last_model
from hf_sft_builders.reviewing.places import home, index_folder
from hf_sft_builders.reviewing.rows import Rows
from hf_sft_builders.reviewing.searching import BORDER, fold

VERSION = "2"
FACETS = ("label", "domain", "source", "reason", "model")
_KEPT_INDEXES = 20
_SCORES = ("score", "reward_score", "judge_score", "rating")
_SOURCES = ("source", "uri")


@dataclass
class Index:
    """All rows, column by column, in the order of the dataset."""

    codes: dict[str, np.ndarray]
    """Facet → int32 per row, into `names`; 0 is "", nothing."""
    names: dict[str, list[str]]
    length: np.ndarray
    """int32: code points of all that the row says."""
    model_score: np.ndarray
    """float64, NaN where there is none."""
    question: np.ndarray
    """uint64: equal where the same is asked, 0 where nothing is."""
    ends: np.ndarray
    """int64: where the row's words end in `words`, in bytes."""
    words: mmap.mmap | bytes
    pairs: np.ndarray
    """Which block of rows has which pairs of characters (`bigrams.py`)."""

    def save(self, folder: Path) -> None:
        """Write the columns; words and pairs are there already."""
        columns = {"length": self.length, "model_score": self.model_score, **self.codes}
        columns |= {"question": self.question, "ends": self.ends}
        np.savez(folder / "columns.npz", allow_pickle=False, **columns)
        (folder / "names.json").write_text(
            json.dumps(self.names, ensure_ascii=False), encoding="utf-8"
        )

    @classmethod
    def load(cls, folder: Path) -> Index | None:
        """Read what `save` wrote; None where that is not whole."""
        if not (folder / "names.json").is_file():
            return None
        names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
        with np.load(folder / "columns.npz") as found:
            columns = {name: found[name] for name in found.files}
        words = (folder / "words").open("rb")
        size = (folder / "words").stat().st_size
        with words:
            mapped = mmap.mmap(words.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
        codes = {name: columns.pop(name) for name in FACETS}
        pairs = np.load(folder / "pairs.npy", mmap_mode="r")
        return cls(codes=codes, names=names, words=mapped, pairs=pairs, **columns)


def index_of(rows: Rows) -> Index:
    """Give the index of a dataset's rows: made now, or when it was opened before."""
    key = xxhash.xxh3_128_hexdigest(f"{VERSION}\n{rows.fingerprint}\n{rows.total}".encode())
    folder = index_folder(key)
    found = Index.load(folder)
    if found is None:
        _build(rows, folder)
        found = Index.load(folder)
    assert found is not None
    return found


def _build(rows: Rows, folder: Path) -> None:
    _make_room()
    part = folder.with_name(f"{folder.name}.{uuid.uuid4().hex[:8]}.part")
    part.mkdir(parents=True)
    try:
        with (part / "words").open("wb") as stream:
            made = _made(rows, stream)
        words = (part / "words").read_bytes()
        np.save(part / "pairs.npy", pair_table(words, made.ends))
        made.save(part)
        if folder.exists():  # another process was faster
            return
        part.replace(folder)
    except OSError:
        if not (folder / "names.json").is_file():
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _make_room() -> None:
    """Take away the indexes that were not made lately."""
    found = [path for path in (home() / "review_index").glob("*") if path.is_dir()]
    found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for old in found[_KEPT_INDEXES - 1 :]:
        shutil.rmtree(old, ignore_errors=True)


def _made(rows: Rows, stream: Any) -> Index:
    facets: dict[str, list[pa.Array]] = {name: [] for name in FACETS}
    numbers: dict[str, list[np.ndarray]] = {
        name: [] for name in ("length", "model_score", "question", "ends")
    }
    written = 0
    for table in rows.tables():
        for name, values in _facet_columns(rows, table):
            facets[name].append(values)
        folded = fold(joined_words(table))
        sizes = np.asarray(pc.binary_length(folded), dtype=np.int64) + len(BORDER)
        stream.write(_bytes_of(folded))
        numbers["ends"].append(written + np.cumsum(sizes))
        written += int(sizes.sum())
        numbers["length"].append(_lengths(rows, table))
        numbers["model_score"].append(_scores(table))
        numbers["question"].append(_questions(rows, table))
    encoded = {name: _encoded(parts) for name, parts in facets.items()}
    columns = {name: np.concatenate(parts) for name, parts in numbers.items()}
    return Index(
        codes={name: codes for name, (codes, _) in encoded.items()},
        names={name: names for name, (_, names) in encoded.items()},
        words=b"",
        pairs=np.zeros((0, 0), dtype=np.uint8),
        **columns,
    )


def joined_words(table: pa.Table) -> pa.Array:
    """Give all that each row says as one text."""
    found = every_text(table.select(_told(table)))
    counts = np.bincount(found.row, minlength=found.rows)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(offsets), found.texts)
    return pc.binary_join(lists, "\n").fill_null("")


def _lengths(rows: Rows, table: pa.Table) -> np.ndarray:
    """Count what a row says; labels are said about it."""
    aside = {label_column(rows), "domain"}
    said = every_text(table.select([name for name in rows.said if name not in aside]))
    return said.sums(said.lengths()).astype(np.int32)


def _told(table: pa.Table) -> list[str]:
    return [name for name in table.column_names if name not in ("id", "content_hash", "uri")]


def _bytes_of(folded: pa.Array) -> bytes:
    ended = pc.binary_join_element_wise(folded, pa.scalar(BORDER.decode()), "")
    offsets = np.frombuffer(ended.buffers()[1], np.int32)[ended.offset :][: len(ended) + 1]
    return bytes(ended.buffers()[2][int(offsets[0]) : int(offsets[-1])])


def _facet_columns(rows: Rows, table: pa.Table) -> Iterator[tuple[str, pa.Array]]:
    nothing = pa.array([""] * table.num_rows, pa.string())
    label = label_column(rows)
    yield "label", _texts(table, label, rows.classes.get(label, ())) if label else nothing
    yield "domain", _texts(table, "domain", rows.classes.get("domain", ()))
    named = next((name for name in _SOURCES if name in table.column_names), "")
    told = first_source(table) if "provenance" in table.column_names else None
    yield "source", told if told is not None else _texts(table, named)
    yield "reason", _texts(table, "drop_reason")
    made = last_model(table) if "provenance" in table.column_names else None
    yield "model", made if made is not None else _texts(table, "model")


def label_column(rows: Rows) -> str:
    """Name the column of labels: `label`, else the first of classes; empty where there is none."""
    if "label" in rows.columns:
        return "label"
    return next((name for name in rows.columns if name in rows.classes and name != "domain"), "")


def _texts(table: pa.Table, name: str, classes: tuple[str, ...] = ()) -> pa.Array:
    nothing = pa.array([""] * table.num_rows, pa.string())
    if name not in table.column_names:
        return nothing
    values = as_array(table[name])
    if classes:
        numbers = [n if n is not None and n >= 0 else None for n in values.to_pylist()]
        named = [None if n is None else classes[n] for n in numbers]
        return pa.array(named, pa.string()).fill_null("")
    if pa.types.is_nested(values.type) or pa.types.is_binary(values.type):
        return nothing
    return values.cast(pa.string()).fill_null("")


def _scores(table: pa.Table) -> np.ndarray:
    for name in _SCORES:
        if name in table.column_names:
            values = as_array(table[name])
            if pa.types.is_floating(values.type) or pa.types.is_integer(values.type):
                return np.asarray(values.cast(pa.float64()).fill_null(np.nan))
    return np.full(table.num_rows, np.nan)


def _questions(rows: Rows, table: pa.Table) -> np.ndarray:
    """Hash all that stands in front of the last answer."""
    found = np.zeros(table.num_rows, dtype=np.uint64)
    if rows.format is None or "messages" not in rows.format.holds:
        return found
    own = table.select([name for name in rows.format.schema.names if name in table.column_names])
    turns = Turns.of(rows.format.to_records(own)["messages"])
    last = turns.position == turns.lengths[turns.row] - 1
    asked = turns.keep(~(last & turns.has_role("assistant")))
    said = pc.binary_join_element_wise(
        asked.fields["role"].fill_null(""), asked.fields["content"].fill_null(""), "\x1f"
    )
    lists = pa.ListArray.from_arrays(pa.array(asked.offsets, pa.int32()), said)
    for place, text in enumerate(pc.binary_join(lists, "\x1e").to_pylist()):
        if text:
            found[place] = xxhash.xxh3_64_intdigest(text.encode())
    return found


def _encoded(parts: list[pa.Array]) -> tuple[np.ndarray, list[str]]:
    """Give codes and names; 0 is the empty name."""
    whole = pa.chunked_array(parts).combine_chunks()
    whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    encoded = whole.dictionary_encode()
    names = encoded.dictionary.to_pylist()
    order = ["", *(name for name in names if name)]
    number = {name: place for place, name in enumerate(order)}
    moved = np.array([number[name] for name in names] or [0], dtype=np.int32)
    return moved[np.asarray(encoded.indices, dtype=np.int64)], order
