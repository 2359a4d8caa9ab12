"""Rows as people left them: their edits in the columns, what they decided in columns beside."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from hf_sft_builders.formats.tables import in_schema
from hf_sft_builders.records import PROVENANCE_STEP, provenance_step
from hf_sft_builders.reviewing.settling import Settled

COLUMNS = (
    "review_status",
    "review_reason",
    "review_score",
    "review_tags",
    "review_note",
    "reviewers",
)


def rows_as_left(
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
        values = values if values.type == kind else values.cast(kind)
        chunks.append(_with(values, inside) if inside else values)
    return pa.chunked_array(chunks, kind)


def _with(values: pa.Array, new: Mapping[int, Any]) -> pa.Array:
    """Give an array with some values replaced."""
    if "null" in str(values.type):  # pyarrow cannot join structs in which a field has the type null
        rows = values.to_pylist()
        for place, value in new.items():
            rows[place] = value
        return pa.array(rows, values.type)
    order = np.arange(len(values))
    order[list(new)] = len(values) + np.arange(len(new))
    both = pa.concat_arrays([values, pa.array(list(new.values()), values.type)])
    return both.take(pa.array(order))


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
    return datasets.Dataset(in_schema(table, known.arrow_schema) if known else table)
