"""One row with all that is known of it."""

from __future__ import annotations

import numpy as np

from hf_sft_builders.reviewing.editing import editable_columns
from hf_sft_builders.reviewing.marks import STATUS_NAMES, Marks
from hf_sft_builders.reviewing.showing import records_of
from hf_sft_builders.reviewing.views import Mark, RowView


def row_view(
    marks: Marks, place: int, reviewer: str, found: np.ndarray, groups: np.ndarray | None
) -> RowView:
    """Give one row whole.

    Args:
        marks: The present state.
        place: The row.
        reviewer: Who looks at it.
        found: The rows that they go through, in order.
        groups: The row that each row repeats, where that was looked for.
    """
    rows, id = marks.rows, marks.rows.ids[place]
    stored = rows.row(place)
    fields = {**stored, **marks.edits.get(place, {})}
    said = marks.marks_of(place)
    before, after, position = _neighbours(marks, place, found)
    return RowView(
        id=id,
        place=place,
        split=rows.split_of(place),
        fields=fields,
        stored=stored,
        record=records_of(rows, [fields])[0],
        provenance=list(stored.get("provenance") or []),
        status=STATUS_NAMES[marks.status[place]],
        mine=next((mark for mark in said if mark.reviewer == reviewer), Mark(reviewer)),
        marks=said,
        history=marks.overlay.history(id),
        suggestions=marks.overlay.suggestions(id, marks.hash_of([place])[0]),
        changed_since=any(mark.stale for mark in said),
        before=before,
        after=after,
        position=position,
        total=len(found),
        repeats=_repeats(marks, place, groups),
        editable=editable_columns(rows),
    )


def _neighbours(marks: Marks, place: int, found: np.ndarray) -> tuple[str | None, str | None, int]:
    at = np.flatnonzero(found == place)
    if not len(at):
        return None, None, -1
    here, ids = int(at[0]), marks.rows.ids
    before = ids[int(found[here - 1])] if here else None
    after = ids[int(found[here + 1])] if here + 1 < len(found) else None
    return before, after, here


def _repeats(marks: Marks, place: int, groups: np.ndarray | None) -> list[str]:
    if groups is None:
        return []
    same = np.flatnonzero(groups == groups[place])
    return [marks.rows.ids[int(other)] for other in same if other != place]
