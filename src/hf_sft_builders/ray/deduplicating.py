"""`deduplicate` and `decontaminate` on a Ray cluster: the rows that `sft.deduplicate` would leave out.

What a row is left out for depends only on the rows that it shares a bucket with, on those that these
share one with, and so on. So:

1. each piece of the rows gives its rows' buckets (MinHash bands; for "exact" the hash of the whole);
2. grouped by bucket, those of several rows become edges; edges become connected components;
3. the rows of a component go to one worker, which asks `quality.duplicates`, as on one machine: the
   same pairs, compared in the same order;
4. each piece writes the rows that stay, and those that do not.

Rows alone in all of their buckets are read twice and sent nowhere. The driver holds 16 bytes for each
edge and 24 for each row that shares a bucket; one component must fit into one worker.
"""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.quality.cleaned import named
from hf_sft_builders.quality.compared_text import Compare, what_to_compare
from hf_sft_builders.quality.components import components
from hf_sft_builders.quality.contamination import reasons_held, sought_for
from hf_sft_builders.quality.duplicates import matched, reasons_of, steps_for, wanted_of
from hf_sft_builders.quality.matching import EXACT_STEPS, NOTHING, Wanted, overview
from hf_sft_builders.quality.test_index import TestIndex, index_of, where_to_look
from hf_sft_builders.quality.test_sets import test_sets
from hf_sft_builders.ray.groups import edges_of
from hf_sft_builders.ray.joining import connected
from hf_sft_builders.ray.pieces import (
    CleanedFiles,
    LeftOut,
    Piece,
    by_part,
    new_folder,
    packed,
    pieces_of,
    split_sides,
    unpacked,
)
from hf_sft_builders.ray.stages import Found, Stages

_PLACE = "__place__"


class _Tied(NamedTuple):
    """What the buckets of one part say."""

    edges: np.ndarray
    untold: int


def deduplicate(
    source: str | Path,
    target: str | Path,
    *,
    by: str = "both",
    method: Literal["exact", "near"] = "exact",
    threshold: float | None = None,
    keep: Literal["first", "best", "longest"] = "first",
    score: str = "score",
    normalize: Iterable[str] = EXACT_STEPS,
    format: str | None = None,
    parts: int | None = None,
    address: str | None = None,
) -> CleanedFiles:
    """Do what `sft.deduplicate` does, on a Ray cluster and over Parquet files, with the same outcome.

    Args:
        source: A Parquet file, or a folder of them, on a disk that all nodes see. The first row is that
            of the first file by name; `ray.data.Dataset.write_parquet` writes such a folder.
        target: A new folder, on such a disk, for `kept/` and `rejected/`.
        by: As for `sft.deduplicate`, and so are the next ones.
        method: "exact" or "near".
        threshold: Least similarity of near-duplicates.
        keep: Which row of several stays.
        score: Column of numbers, for `keep="best"`.
        normalize: What is the same for "exact".
        format: Of the rows, where it is not found by their columns.
        parts: Into how many parts the rows that are compared are grouped; a part is held by one
            worker. One for each processor unless given.
        address: Of a running cluster, such as `auto`; by default the one that this process is
            connected to, or `RAY_ADDRESS`, or one of its own on this machine for the time of the
            call.

    Raises:
        ConfigurationError: if an option does not fit the rows, or the target is not new, or inside the source.
        MissingExtra: without Ray.
        SourceError: if there are no such files.

    Example:
        >>> done = deduplicate("rows/", "clean/", by="question", method="near", threshold=0.8)
        >>> ds = load_dataset("parquet", data_files=f"{done.folder}/kept/*.parquet")
    """
    if method not in ("exact", "near"):
        raise ConfigurationError(f"method is {method!r}; on Ray it is 'exact' or 'near'.")
    wanted = wanted_of(by, method, threshold, keep, score, normalize, format)
    pieces = pieces_of(source)
    compare = what_to_compare(pieces[0].read(), by, format)
    with connected(address), new_folder(target, source) as folder:
        stages = Stages(pieces, parts)
        left_out, untold = _left_out(stages, compare, wanted)
        _write(stages, left_out, folder)
    rows, noted = sum(piece.rows for piece in pieces), Counter({NOTHING: untold})
    return CleanedFiles(Path(target), rows, left_out.counts(), +noted)


def _left_out(stages: Stages, compare: Compare, wanted: Wanted) -> tuple[LeftOut, int]:
    """Find the rows that do not stay, and count those that say nothing."""
    buckets = partial(_buckets, compare=compare, wanted=wanted, parts=stages.parts)
    tied = [_Tied(*pickle.loads(blob)) for blob in stages.grouped(buckets, _tie)]
    edges = [np.zeros((0, 2), np.int64), *(each.edges for each in tied)]
    places, root = components(np.concatenate(edges))
    part = root * 0x9E3779B1 % 2**31 % stages.parts
    pick = partial(_picked, held=stages.share((places, part)), parts=stages.parts)
    decided = stages.grouped(pick, partial(_decided, compare=compare, wanted=wanted))
    left_out = LeftOut.joined([LeftOut.of_bytes(blob) for blob in decided])
    return left_out, sum(each.untold for each in tied)


def decontaminate(
    source: str | Path,
    target: str | Path,
    against: Any,
    *,
    by: str = "question",
    method: Literal["both", "ngram", "near"] = "both",
    threshold: float = 0.8,
    ngram: int = 8,
    overlap: float = 0.5,
    format: str | None = None,
    address: str | None = None,
) -> CleanedFiles:
    """Do what `sft.decontaminate` does, on a Ray cluster and over Parquet files, with the same outcome.

    Args:
        source: As for `deduplicate`.
        target: As for `deduplicate`.
        against: Test sets, as for `sft.decontaminate` ("splits" aside); each worker holds all of them.
        by: As for `sft.decontaminate`, and so are the next ones.
        method: "both", "ngram" or "near".
        threshold: Least similarity of near-duplicates.
        ngram: Words or Chinese characters in a row.
        overlap: Share of a test row's n-grams.
        format: Of the rows, where it is not found by their columns.
        address: As for `deduplicate`.

    Raises:
        ConfigurationError: if an option does not fit.
        MissingExtra: without Ray.
        SourceError: if there are no such files, or a test set cannot be loaded.

    Example:
        >>> done = decontaminate("rows/", "clean/", ["openai/gsm8k:main:test"])
    """
    sought = sought_for(by, method, threshold, ngram, overlap, format)
    pieces = pieces_of(source)
    looks = where_to_look(pieces[0].read(), sought)
    with connected(address), new_folder(target, source) as folder:
        stages = Stages(pieces)
        hold = partial(_held, index=stages.share(index_of(test_sets(against), sought)), looks=looks)
        left_out = LeftOut.joined([LeftOut.of_bytes(blob) for blob in stages.each(hold)])
        _write(stages, left_out, folder)
    return CleanedFiles(Path(target), sum(piece.rows for piece in pieces), left_out.counts())


# What workers do


def _buckets(piece: Piece, compare: Compare, wanted: Wanted, parts: int) -> Found:
    """Give the buckets of each row, by part, and in part 0 how many rows say nothing."""
    seen = overview(piece.read(), compare, wanted, steps_for(wanted))
    rows = np.flatnonzero(seen.told)
    # What is equal shares all of its bands; where there are none, a part of its hash.
    whole = (seen.digests[:, 0] & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    bands = list(seen.buckets) if wanted.method == "near" else [whole]
    untold = int((~seen.told).sum())
    yield 0, _entries(np.zeros(0, np.uint64), np.zeros(0, np.int64), untold)
    for number, band in enumerate(bands):
        bucket = np.uint64(number << 32) | band[rows].astype(np.uint64)
        for part, some in by_part((bucket % np.uint64(parts)).astype(np.int64), parts):
            yield part, _entries(bucket[some], rows[some] + piece.start, 0)


def _entries(bucket: np.ndarray, place: np.ndarray, untold: int) -> bytes:
    noted = {"untold": str(untold)}
    return packed(pa.table({"bucket": bucket, "place": place}).replace_schema_metadata(noted))


def _tie(blobs: list[bytes]) -> bytes:
    """Give the edges of a part, and how many rows say nothing."""
    tables = [unpacked([blob]) for blob in blobs]
    untold = sum(int(table.schema.metadata[b"untold"]) for table in tables)
    table = pa.concat_tables([table.replace_schema_metadata() for table in tables])
    edges = edges_of(np.asarray(table["bucket"]), np.asarray(table["place"]))
    return pickle.dumps((edges, untold))


def _picked(piece: Piece, held: Any, parts: int) -> Found:
    """Give the rows of a piece that hang together with others, by the part that decides about them."""
    places, part = Stages.shared(held)
    within = slice(*np.searchsorted(places, [piece.start, piece.start + piece.rows]))
    if within.start == within.stop:
        return
    table = piece.read().take(pa.array(places[within] - piece.start))
    table = table.append_column(_PLACE, pa.array(places[within]))
    for number, some in by_part(part[within], parts):
        yield number, packed(table.take(pa.array(some)))


def _decided(blobs: list[bytes], compare: Compare, wanted: Wanted) -> bytes:
    """Decide about rows as one machine would that had no others."""
    table = unpacked(blobs).sort_by(_PLACE)
    places, rows = np.asarray(table[_PLACE]), table.drop_columns(_PLACE)
    seen, found = matched(rows, compare, wanted)
    gone = np.flatnonzero(found.of != np.arange(len(found.of)))
    of = found.of[gone]
    ids = rows["id"].to_pylist() if "id" in rows.column_names else [None] * rows.num_rows
    names = [named(ids[place], int(places[place])) for place in of]
    reasons = reasons_of(seen, found, gone, wanted.method)
    return LeftOut.of(places[gone], reasons, names, found.similarity[gone]).to_bytes()


def _held(piece: Piece, index: Any, looks: tuple[Compare, Compare]) -> Found:
    """Hold the rows of a piece against test rows."""
    tests: TestIndex = Stages.shared(index)
    held = tests.hold(piece.read(), *looks)
    hit = np.flatnonzero(held.test >= 0)
    names = [tests.names[test] for test in held.test[hit]]
    out = LeftOut.of(hit + piece.start, reasons_held(held, hit), names, held.similarity[hit])
    yield 0, out.to_bytes()


def _write(stages: Stages, left_out: LeftOut, folder: Path) -> None:
    held = stages.share(left_out)
    stages.each(partial(_sides, held=held, folder=folder))


def _sides(piece: Piece, held: Any, folder: Path) -> Found:
    split_sides(piece, Stages.shared(held), folder)
    return []
