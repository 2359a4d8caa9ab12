"""`sft.reviewed(ds)`: a dataset as people left it: their edits in it, their decisions beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hf_sft_builders.errors import ConfigurationError, MissingSource, UnknownName
from hf_sft_builders.ledger import Ledger, set_last_run
from hf_sft_builders.reviewing.choosing import preferences, rewards
from hf_sft_builders.reviewing.edits_applied import COLUMNS, rows_as_left
from hf_sft_builders.reviewing.marks import Marks, marks_from
from hf_sft_builders.reviewing.opening import opened
from hf_sft_builders.reviewing.overlay import Entry, Overlay
from hf_sft_builders.reviewing.places import in_home
from hf_sft_builders.reviewing.rows import Rows
from hf_sft_builders.reviewing.settling import RULES, Settled, settled

KEEP = ("confirmed", "not rejected", "all", "rejected", "unreviewed")
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
            `review_note`, `reviewers` (names) stand beside the rows; `()` for none.
        as_format: "reward": rows with a score. "preference": a row for each pair with a choice.
        overlay: The review's file, where it is not in its usual place.
        name: The name that the review was given.

    Returns:
        The same kind of dataset. `sft.last_run()` counts what was left out, and why; the card of
        `sft.publish` says how many rows people confirmed.

    Raises:
        MissingSource: if there is no review of these rows.
        ConfigurationError: for an option that does not exist, or a reviewer who said nothing here.

    Example:
        >>> good = sft.reviewed(ds, keep="confirmed")
        >>> sft.publish(good, "mei/travel-guide")
    """
    columns = _checked(keep, on_conflict, columns, as_format)
    splits, marks = open_marks(ds, overlay, name)
    try:
        who = _known(reviewer, marks)
        if as_format == "preference":
            return preferences(marks, who)
        found = _settle(marks, on_conflict, who)
    finally:
        marks.overlay.close()
    kept = {split: _kept(marks.rows, split, found, keep) for split in splits}
    _account(marks, found, kept, keep)
    made = _made(splits, marks.rows, kept, found, COLUMNS if as_format else columns)
    made = _scored(made, columns) if as_format else made
    return _like(ds, made)


def _made(
    splits: Mapping[str, Any],
    rows: Rows,
    kept: Mapping[str, np.ndarray],
    found: Mapping[int, Settled],
    columns: Sequence[str],
) -> dict[str, Any]:
    starts = dict(zip(splits, rows.starts.tolist(), strict=False))
    return {n: rows_as_left(part, kept[n], starts[n], found, columns) for n, part in splits.items()}


def _scored(parts: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    made = {name: rewards(part, columns) for name, part in parts.items() if len(part)}
    if not any(map(len, made.values())):
        raise ConfigurationError("No row that is kept has a score; give some, or keep='all'.")
    return made


def _like(ds: Any, made: Mapping[str, Any]) -> Any:
    """Give splits as what they were taken from: one dataset, or a dict of them."""
    import datasets

    if isinstance(ds, datasets.Dataset):
        return next(iter(made.values()))
    return datasets.DatasetDict(made)


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


def _checked(keep: str, rule: str, columns: Sequence[str], as_format: str | None) -> Sequence[str]:
    """Check the options; give the columns, of which one may be named by itself."""
    columns = (columns,) if isinstance(columns, str) else columns
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
    return columns


def _known(reviewer: str | Sequence[str] | None, marks: Marks) -> tuple[str, ...]:
    """Give the names of whom to listen to; each said something here."""
    names = (reviewer,) if isinstance(reviewer, str) else tuple(reviewer or ())
    known = sorted({entry.reviewer for entry in marks.overlay.entries()})
    for name in names:
        if name not in known:
            raise UnknownName("reviewer", name, known)
    return names


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
