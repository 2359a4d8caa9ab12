"""Exact duplicates of a stream: a row is left out if the same was there before it.

What is remembered of each new row are 16 bytes and its name. Each reading starts anew, and is done
in one piece whatever the shards and workers, because rows of different shards can be the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats.batches import Rows, tables_of
from hf_sft_builders.formats.tables import features_of
from hf_sft_builders.quality.cleaned import DUPLICATE_OF, REASON, SIMILARITY, Cleaned, named
from hf_sft_builders.quality.compared_text import Compare
from hf_sft_builders.quality.matching import EXACT, NOTHING, Wanted, digests_of
from hf_sft_builders.quality.normal_form import normal_form

_ROWS = 1000


def deduplicated_stream(ds: Rows, compare: Compare, wanted: Wanted) -> Cleaned:
    """Give the rows of a stream that are new, and those that are not; both are streams.

    Raises:
        ConfigurationError: for what needs all rows at once.
    """
    import datasets

    if isinstance(ds, datasets.IterableDatasetDict):
        raise ConfigurationError("Name one split of the stream: ds['train'].")
    if wanted.method != "exact" or wanted.keep != "first":
        raise ConfigurationError(
            "A stream can be deduplicated with method='exact' and keep='first'; the rest needs all "
            "rows at once. Load without streaming=True."
        )
    counts: Counter[str] = Counter()
    noted: Counter[str] = Counter()
    features = features_of(ds)
    extra = {name: datasets.Value("string") for name in (REASON, DUPLICATE_OF)}
    whole = datasets.Features({**features, **extra, SIMILARITY: datasets.Value("float64")})

    def stream(kept: bool) -> Any:
        given = {"ds": ds, "compare": compare, "wanted": wanted, "kept": kept}
        books = {"counts": counts, "noted": noted}
        return datasets.IterableDataset.from_generator(
            _rows, features=features if kept else whole, gen_kwargs={**given, **books}
        )

    return Cleaned(stream(True), stream(False), counts, noted)


def _rows(
    ds: Rows,
    compare: Compare,
    wanted: Wanted,
    kept: bool,
    counts: Counter[str],
    noted: Counter[str],
) -> Iterator[dict[str, Any]]:
    """Read the stream once; give the rows of one side. Either side counts, the last reading is told."""
    seen: dict[bytes, str] = {}
    found: Counter[str] = Counter()
    start = 0
    for table in tables_of(ds, _ROWS):
        new, repeats = [], []
        for place, digest, told, id_ in _told(table, compare, wanted):
            name = named(id_, start + place)
            found[NOTHING] += not told
            before = seen.get(digest) if told else None
            new.append(before is None)
            if before is not None:
                found[EXACT] += 1
                repeats.append(before)
            elif told:
                seen[digest] = name
        start += table.num_rows
        for told_to, reason in ((counts, EXACT), (noted, NOTHING)):
            told_to.clear()
            told_to.update({reason: found[reason]} if found[reason] else {})
        yield from _one_side(table, new, repeats, kept)


def _told(
    table: pa.Table, compare: Compare, wanted: Wanted
) -> Iterator[tuple[int, bytes, bool, Any]]:
    part = compare(table)
    texts = normal_form(part.texts, wanted.steps)
    digests = digests_of(texts, part.keys)
    ids = table["id"].to_pylist() if "id" in table.column_names else [None] * table.num_rows
    for place, told in enumerate(texts.lengths > 0):
        yield place, digests[place].tobytes(), bool(told), ids[place]


def _one_side(
    table: pa.Table, new: list[bool], repeats: list[str], kept: bool
) -> Iterator[dict[str, Any]]:
    mask = pa.array(new)
    if kept:
        yield from table.filter(mask).to_pylist()
        return
    rows = table.filter(pa.array([not is_new for is_new in new])).to_pylist()
    for row, repeat in zip(rows, repeats, strict=True):
        yield {**row, REASON: EXACT, DUPLICATE_OF: repeat, SIMILARITY: 1.0}
