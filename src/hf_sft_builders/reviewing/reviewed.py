"""`sft.reviewed(ds)`: a dataset as people left it: their edits in it, their decisions beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError, MissingSource, UnknownName
from hf_sft_builders.ledger import Ledger, set_last_run
from hf_sft_builders.records import PROVENANCE_STEP, provenance_step
from hf_sft_builders.reviewing.choosing import preferences, rewards
from hf_sft_builders.reviewing.marks import Marks, marks_from
from hf_sft_builders.reviewing.opening import opened
from hf_sft_builders.reviewing.overlay import Entry, Overlay
from hf_sft_builders.reviewing.places import in_home
from hf_sft_builders.reviewing.rows import Rows
from hf_sft_builders.reviewing.settling import RULES, Settled, settled

KEEP = ("confirmed", "not rejected", "all", "rejected", "unreviewed")
COLUMNS = (
    "review_status",
    "review_reason",
    "review_score",
    "review_tags",
    "review_note",
    "reviewers",
)
AS_FORMATS = ("reward", "preference")


def reviewed(
    ds: Any,
    keep: str = "confirmed",
    *,
    reviewer: str | Sequence[str] | None = None,
    on_conflict: str = "latest",
    columns: Sequence[str] = COLUMNS,
    as_format: str | None = None,
    overlay: str | Path | None = None,
    name: str | None = None,
) -> Any:
    """Give a dataset with people's edits in it, and what they decided beside it.

    Args:
        ds: What was reviewed: a `Dataset`, a `DatasetDict`, or its name. Rows are found by `id`.
        keep: "confirmed", "not rejected", "all", "rejected" or "unreviewed". A row that has changed
            since somebody decided about it is unreviewed.
        reviewer: Whose words count, one or several; everybody's by default.
        on_conflict: Where people decided differently: "latest", "majority" (a tie is no decision) or
            "unanimous". Of two edits of one column the later stands; scores are averaged.
        columns: Which of `review_status`, `review_reason`, `review_score`, `review_tags`,
            `review_note` and `reviewers` (names) stand beside the rows; `()` for none.
        as_format: "reward": rows with a score, in that format. "preference": one row for each pair in
            which somebody chose, whatever `keep`.
        overlay: The review's file, where it is not in its usual place.
        name: The name that the review was given.

    Returns:
        The same kind of dataset. `sft.last_run()` counts what was left out, and why; the card of
        `sft.publish` says how many rows people confirmed.

    Raises:
        MissingSource: if there is no review of these rows.
        ConfigurationError: for an option that does not exist.

    Example:
        >>> good = sft.reviewed(ds, keep="confirmed")
        >>> sft.publish(good, "mei/travel-guide")
    """
    _check(keep, on_conflict, columns, as_format)
    splits, marks = open_marks(ds, overlay, name)
    who = (reviewer,) if isinstance(reviewer, str) else tuple(reviewer or ())
    try:
        if as_format == "preference":
            return preferences(marks, who)
        found = _settle(marks, on_conflict, who)
    finally:
        marks.overlay.close()
    kept = {split: _kept(marks.rows, split, found, keep) for split in splits}
    _account(marks, found, kept, keep)
    wanted = COLUMNS if as_format else columns
    starts = dict(zip(splits, marks.rows.starts.tolist(), strict=False))
    made = {n: _split(part, kept[n], starts[n], found, wanted) for n, part in splits.items()}
    if as_format:
        made = {n: rewards(part, columns) for n, part in made.items() if len(part)}
        if not any(map(len, made.values())):
            raise ConfigurationError("No row that is kept has a score; give some, or keep='all'.")
    if isinstance(ds, (str, Path)) or hasattr(ds, "items"):
        import datasets

        return datasets.DatasetDict(made)
    return next(iter(made.values()))


def open_marks(
    ds: Any, overlay: str | Path | None = None, name: str | None = None
) -> tuple[dict[str, Any], Marks]:
    """Open what people said of a dataset that was reviewed before.

    Raises:
        MissingSource: if there is no review of it.
    """
    _, splits, place = opened(ds)
    place = Path(overlay).expanduser() if overlay else in_home(name) if name else place
    if not place.is_file():
        raise MissingSource(
            f"No review of these rows is at {place}. Open one with sft.review(ds) or `hf-sft review`, "
            "or name it: name=… as it was given to sft.review, or overlay='….review.sqlite'."
        )
    rows, kept = Rows(splits), Overlay(place)
    rows.hash_columns(kept.told("said"))
    return splits, Marks(kept, rows)


def _check(keep: str, rule: str, columns: Sequence[str], as_format: str | None) -> None:
    if keep not in KEEP:
        raise UnknownName("keep", keep, KEEP)
    if rule not in RULES:
        raise UnknownName("on_conflict", rule, RULES)
    if as_format is not None and as_format not in AS_FORMATS:
        raise UnknownName(
            "as_format", as_format, AS_FORMATS, "Others: sft.convert(sft.reviewed(ds), …)."
        )
    for column in columns:
        if column not in COLUMNS:
            raise UnknownName("review column", column, COLUMNS)


def _settle(marks: Marks, rule: str, reviewers: Sequence[str]) -> dict[int, Settled]:
    by_row: dict[int, list[Entry]] = {}
    for entry in marks.overlay.entries():
        place = marks.rows.places.get(entry.id)
        if place is not None:
            by_row.setdefault(place, []).append(entry)
    places = sorted(by_row)
    hashes = marks.hash_of(places)
    return {
        place: settled(marks_from(by_row[place], seen), rule, reviewers)
        for place, seen in zip(places, hashes, strict=True)
    }


def _kept(rows: Rows, split: str, found: Mapping[int, Settled], keep: str) -> np.ndarray:
    """Give the rows of a split that stay, by their number in the whole."""
    number = list(rows.splits).index(split)
    places = np.arange(rows.starts[number], rows.starts[number + 1])
    if keep == "all":
        return places
    status = {place: one.status for place, one in found.items()}
    wanted = [_wanted(status.get(place, "unreviewed"), keep) for place in places.tolist()]
    return np.asarray(places[np.array(wanted, dtype=bool)])


def _wanted(status: str, keep: str) -> bool:
    return status != "rejected" if keep == "not rejected" else status == keep


def _split(
    ds: Any, kept: np.ndarray, start: int, found: Mapping[int, Settled], columns: Sequence[str]
) -> Any:
    """Give one split: its rows, with the edits, and the review columns."""
    import datasets

    old = [name for name in COLUMNS if name in ds.column_names]
    base = ds.with_format(None).remove_columns(old).select(kept - start)
    edits = {
        n: found[p].edits for n, p in enumerate(kept.tolist()) if p in found and found[p].edits
    }
    if not len(kept):
        return _none_of(base, _review_columns(kept, found, columns))
    parts = [base]
    if edits:
        changed = _edited_columns(base, edits, [found[int(kept[n])] for n in edits])
        parts = [base.remove_columns(list(changed)), _dataset(changed, base.features)]
    if columns:
        parts.append(_dataset(_review_columns(kept, found, columns)))
    made = datasets.concatenate_datasets(parts, axis=1) if len(parts) > 1 else base
    order = [name for name in base.column_names if name in made.column_names]
    return made.select_columns([*order, *columns])


def _none_of(base: Any, columns: Mapping[str, pa.Array]) -> Any:
    """Give a dataset without rows that has all columns, with their features."""
    import datasets

    more = datasets.Features.from_arrow_schema(pa.table(dict(columns)).schema)
    features = datasets.Features({**base.features, **more})
    return datasets.Dataset(features.arrow_schema.empty_table(), split=base.split)


def _edited_columns(
    base: Any, edits: Mapping[int, Mapping[str, Any]], states: Sequence[Settled]
) -> dict[str, pa.ChunkedArray]:
    schema = base.features.arrow_schema
    new: dict[str, dict[int, Any]] = {}
    for place, row in edits.items():
        for column, value in row.items():
            if column in schema.names:
                new.setdefault(column, {})[place] = value
    if "provenance" in schema.names and _is_provenance(schema.field("provenance").type):
        before = base.select(list(edits))["provenance"]
        new["provenance"] = {
            place: [*(steps or []), _step(state)]
            for place, steps, state in zip(edits, before, states, strict=True)
        }
    arrow = base.with_format("arrow")
    return {name: _replaced(arrow, name, schema.field(name).type, new[name]) for name in new}


def _is_provenance(kind: pa.DataType) -> bool:
    inner = getattr(kind, "value_type", None)
    return (
        inner is not None
        and pa.types.is_struct(inner)
        and {f.name for f in inner} == {field.name for field in PROVENANCE_STEP}
    )


def _step(state: Settled) -> dict[str, Any]:
    """Give the step of provenance that says that people changed the row."""
    told = {"edited": sorted(state.edits), "reviewers": len(state.reviewers)}
    return provenance_step(step="review", parameters=json.dumps(told))


def _replaced(
    arrow: Any, name: str, kind: pa.DataType, new: Mapping[int, Any], batch: int = 10_000
) -> pa.ChunkedArray:
    """Give a column with some values replaced; batches without any stay as they are."""
    chunks: list[pa.Array] = []
    column = arrow.select_columns([name])
    for start in range(0, len(arrow), batch):
        values = column[start : start + batch][name].combine_chunks()
        inside = {p - start: new[p] for p in new if start <= p < start + len(values)}
        if inside:
            order = np.arange(len(values))
            order[list(inside)] = len(values) + np.arange(len(inside))
            both = pa.concat_arrays([values.cast(kind), pa.array(list(inside.values()), kind)])
            values = both.take(pa.array(order))
        chunks.append(values.cast(kind))
    return pa.chunked_array(chunks, kind)


def _review_columns(
    kept: np.ndarray, found: Mapping[int, Settled], columns: Sequence[str]
) -> dict[str, pa.Array]:
    nothing = Settled()
    states = [found.get(place, nothing) for place in kept.tolist()]
    made = {
        "review_status": pa.array([one.status for one in states], pa.string()),
        "review_reason": pa.array([one.reason for one in states], pa.string()),
        "review_score": pa.array([one.score for one in states], pa.float64()),
        "review_tags": pa.array([list(one.tags) for one in states], pa.list_(pa.string())),
        "review_note": pa.array([one.note for one in states], pa.string()),
        "reviewers": pa.array([list(one.reviewers) for one in states], pa.list_(pa.string())),
    }
    return {name: made[name] for name in columns}


def _dataset(columns: Mapping[str, Any], features: Any = None) -> Any:
    import datasets

    known = features and datasets.Features({name: features[name] for name in columns})
    table = pa.table(dict(columns))
    return datasets.Dataset(table.cast(known.arrow_schema) if known else table)


def _account(
    marks: Marks, found: Mapping[int, Settled], kept: Mapping[str, np.ndarray], keep: str
) -> None:
    """Say what became of every row."""
    ledger, stays = Ledger(builder="reviewed"), np.concatenate(list(kept.values()))
    ledger.counts["inputs"], ledger.counts["rows"] = marks.rows.total, len(stays)
    staying = set(stays.tolist())
    dropped = [place for place in range(marks.rows.total) if place not in staying]
    for place in dropped:
        one = found.get(place, Settled())
        ledger.drops[f"rejected: {one.reason}" if one.reason else one.status] += 1
    for one in found.values():
        ledger.noted.update(one.notes)
    if marks.gone:
        ledger.noted["reviewed, but no longer in the dataset"] = len(marks.gone)
    ledger.splits = {split: len(places) for split, places in kept.items()}
    ledger.made = {"keep": keep}
    set_last_run(ledger)
