"""What people chose and scored, as rows of the formats `preference` and `reward`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats import get_format
from hf_sft_builders.formats.tables import in_schema
from hf_sft_builders.ledger import Ledger, last_run, set_last_run
from hf_sft_builders.quality.said import format_of
from hf_sft_builders.records import lineage_id, provenance_step, record_table
from hf_sft_builders.reviewing.marks import Marks
from hf_sft_builders.reviewing.pairing import Pair, row_of, sides
from hf_sft_builders.reviewing.pairs_shown import BETWEEN
from hf_sft_builders.reviewing.showing import records_of, rows_at


def preferences(marks: Marks, reviewers: Sequence[str] = ()) -> Any:
    """Give one row for each pair in which most people chose the same side.

    Args:
        marks: The present state.
        reviewers: Whose choices count; everybody's by default.

    Returns:
        A `Dataset` of the format `preference`; ties, pairs of bad answers and pairs that people
        judge differently are counted in `sft.last_run()`.

    Raises:
        ConfigurationError: if nobody chose.
    """
    import datasets

    ledger, rows = Ledger(builder="reviewed"), []
    for name, votes in _votes(marks, reviewers).items():
        ledger.counts["inputs"] += 1
        (best, many), *others = votes.most_common()
        if others and others[0][1] == many:
            ledger.drops["reviewers disagree"] += 1
        elif best not in ("a", "b"):
            ledger.drops["tie" if best == "tie" else "both bad"] += 1
        else:
            rows.append(_record(marks, name, turned=best == "b"))
    if not rows:
        raise ConfigurationError(
            f"No pair of answers was chosen from ({ledger.summary()}). Choose in the pair view first."
        )
    ledger.counts["rows"] = len(rows)
    names = ("messages", "rejected", "id", "provenance")
    columns = {name: [row[name] for row in rows] for name in names}
    table = get_format("preference").from_records(record_table(columns, len(rows)))
    set_last_run(ledger)
    return datasets.Dataset(_with_features(table))


def rewards(part: Any, columns: Sequence[str]) -> Any:
    """Give the rows that people scored, in the format `reward`.

    Args:
        part: Rows of any format, with the review columns.
        columns: Those of the review columns that stay.

    Raises:
        ConfigurationError: for rows of no format.
    """
    import datasets

    known, target = format_of(part.features.arrow_schema), get_format("reward")
    table = part.with_format("arrow")[:]
    table = table.filter(table["review_score"].is_valid())
    drops = Counter({"not scored": len(part) - table.num_rows})
    own = known.take_in(known.own_columns(table))
    said = {name: own[name] for name in target.holds if name in own}
    records = record_table({**said, "score": table["review_score"]}, table.num_rows)
    for rule in target.sayable:
        broken = np.asarray(rule.broken(records), dtype=bool)
        drops[f"no reward: expected {rule.expected}"] = int(broken.sum())
        table, records = table.filter(pa.array(~broken)), records.filter(pa.array(~broken))
    ledger = last_run()
    ledger.counts["rows"] -= drops.total()
    ledger.drops.update(+drops)
    beside = [name for name in ("id", "provenance", *columns) if name in table.column_names]
    made = pa.table({**target.lay_out(records), **{name: table[name] for name in beside}})
    features = {**target.features, **{name: part.features[name] for name in beside}}
    typed = in_schema(made, datasets.Features(features).arrow_schema)
    return datasets.Dataset(typed, split=part.split)


def _votes(marks: Marks, reviewers: Sequence[str]) -> dict[str, Counter[str]]:
    votes: dict[str, Counter[str]] = {}
    for entry in marks.overlay.entries(fields="choice:"):
        place = marks.rows.places.get(entry.id)
        theirs = not reviewers or entry.reviewer in reviewers
        if theirs and place is not None and marks.hash_of([place])[0] == entry.seen:
            votes.setdefault(entry.field.removeprefix("choice:"), Counter())[entry.value] += 1
    places = marks.rows.places
    return {
        name: counted
        for name, counted in votes.items()
        if all(row_of(ref, places) in places for ref in name.split(BETWEEN))
    }


def _record(marks: Marks, name: str, *, turned: bool) -> dict[str, Any]:
    first, second = name.split(BETWEEN)
    ids = [row_of(ref, marks.rows.places) for ref in (first, second)]
    places = [marks.rows.places[id] for id in ids]
    shown = rows_at(marks.rows, list(dict.fromkeys(places)), marks.edits)
    records = records_of(marks.rows, shown)
    question, a, b = sides(Pair((first, second), (places[0], places[1])), [records[0], records[-1]])
    better, worse = (b, a) if turned else (a, b)
    row = shown[-1 if turned else 0]
    return {
        "messages": [*question, *better.answer],
        "rejected": worse.answer,
        "id": lineage_id(better.row_id, "review", 0),
        "provenance": [*(row.get("provenance") or []), provenance_step(step="review")],
    }


def _with_features(table: pa.Table) -> pa.Table:
    from hf_sft_builders.formats.lineage import lineage_features

    known = {**get_format("preference").features, **lineage_features()}
    import datasets

    features = datasets.Features(
        {name: known[name] for name in table.column_names if name in known}
    )
    return in_schema(table, features.arrow_schema)
