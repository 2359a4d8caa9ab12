"""Which dialogues are made: queries of each kind, and which of them get more turns.

The shares that are asked for are exact: quotas are counted out, never drawn. No two dialogues of a
plan say the same: an utterance that was said gets other words, or other slots.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.ledger import Row
from hf_sft_builders.synthesis.augmenting import draw
from hf_sft_builders.synthesis.slots.more_turns import KINDS, possible_kinds
from hf_sft_builders.synthesis.slots.queries import Queries
from hf_sft_builders.synthesis.slots.table import RecordTable, listed
from hf_sft_builders.synthesis.slots.tool import Tool
from hf_sft_builders.synthesis.slots.wording import utterance

if TYPE_CHECKING:
    import datasets

EXTRAS = {"follow_up": 0.6, "comparison": 0.25, "clarification": 0.15}
"""How additional turns are shared out among their kinds."""
_VARIANTS = 60
_TRIES = 400


@dataclass(frozen=True)
class Plan:
    """What is wanted; all shares are of all dialogues."""

    dialogues: int = 1000
    mix: tuple[tuple[str, float], ...] = ()
    """Kind of query → share; equal shares of all kinds that the tool has, if empty."""
    extra_turns: float = 0.3
    closings: float = 0.3
    rewrites: float = 0.2
    limit: int = 3
    seed: int = 0

    def __post_init__(self) -> None:
        if self.dialogues < 1:
            raise ConfigurationError(f"dialogues={self.dialogues}; expected 1 or more.")
        for name in ("extra_turns", "closings", "rewrites"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigurationError(
                    f"{name}={getattr(self, name)}; expected a share of the dialogues from 0 to 1."
                )


def planned(tool: Tool, table: RecordTable, plan: Plan) -> list[Row]:
    """Plan dialogues.

    Args:
        tool: The tool.
        table: Its records, typed.
        plan: How many, and of what.

    Returns:
        Rows with `id`, `query` (its kind), `slots` (JSON text), `variant`, and which get what:
        `rewritten`, `extra` (kind of turns, or ""), `closed`. In an order that mixes the kinds.

    Raises:
        ConfigurationError: for shares that the records cannot fill, with what there is.
    """
    queries = Queries(tool, table, plan.seed)
    rows: list[Row] = []
    said: set[str] = set()
    for kind, number in quotas(dict(plan.mix) or _even(queries.kinds()), plan.dialogues).items():
        rows += _of_kind(queries, kind, number, said, plan.seed)
    rows.sort(key=lambda row: draw(plan.seed, row["slots"], row["variant"]))
    found = [table.find(tool, json.loads(row["slots"]), plan.limit).records for row in rows]
    _mark(rows, "rewritten", plan.rewrites, [_has_phrase(tool, row) for row in rows], plan)
    _mark_extra(rows, [possible_kinds(tool, records) for records in found], plan)
    _mark(rows, "closed", plan.closings, [bool(records) for records in found], plan)
    return rows


def quotas(shares: Mapping[str, float], number: int) -> dict[str, int]:
    """Count out shares: whole numbers that sum to `number`, each within one of its share.

    >>> quotas({"a": 1, "b": 2}, 10)
    {'a': 3, 'b': 7}
    """
    total = sum(shares.values())
    if not shares or total <= 0 or min(shares.values()) < 0:
        raise ConfigurationError(f"mix={dict(shares)}; expected shares over 0.")
    exact = {name: number * share / total for name, share in shares.items()}
    counted = {name: int(value) for name, value in exact.items()}
    missing = number - sum(counted.values())
    for name in sorted(exact, key=lambda name: counted[name] - exact[name])[:missing]:
        counted[name] += 1
    return counted


def _even(kinds: Iterable[str]) -> dict[str, float]:
    return dict.fromkeys(kinds, 1.0)


def _of_kind(queries: Queries, kind: str, number: int, said: set[str], seed: int) -> Iterator[Row]:
    if kind not in queries.kinds():
        raise UnknownName("kind of query", kind, queries.kinds(), "(option mix)")
    made = tries = 0
    while made < number:
        tries += 1
        if tries > _TRIES + number * 20:
            raise ConfigurationError(
                f"Only {made} of {number} different dialogues of the kind {kind!r} can be said of "
                "these records. Ask for fewer, a smaller share in mix=, or give more records."
            )
        arguments = queries.draw(kind, tries)
        row = arguments and _fresh(queries.tool, arguments, kind, said, seed)
        if row:
            made += 1
            yield row


def _fresh(
    tool: Tool, arguments: dict[str, Any], kind: str, said: set[str], seed: int
) -> Row | None:
    """Give the first variant whose words nobody said, None where all were."""
    slots = json.dumps(arguments, ensure_ascii=False)
    for variant in range(_VARIANTS):
        words = utterance(tool, arguments, f"{seed}:{variant}:0")
        if words not in said:
            said.add(words)
            name = hashlib.sha256(f"{slots}\0{variant}\0{seed}".encode()).hexdigest()[:12]
            return {"id": name, "query": kind, "slots": slots, "variant": variant}
    return None


def _has_phrase(tool: Tool, row: Row) -> bool:
    """Whether a slot of words can be said in other ones."""
    for name, value in json.loads(row["slots"]).items():
        slot = tool.slots[name]
        if slot.match == "has_all" and any(dict(slot.phrases).get(v) for v in listed(value)):
            return True
        if slot.match == "equals" and dict(slot.phrases).get(str(value)):
            return True
    return False


def _mark(rows: Sequence[Row], column: str, share: float, fits: list[bool], plan: Plan) -> None:
    """Mark exactly the share of all rows, among those that fit."""
    wanted = round(share * len(rows))
    able = [index for index, fit in enumerate(fits) if fit]
    if len(able) < wanted:
        raise ConfigurationError(
            f"{column}: {share:.0%} of {len(rows)} dialogues are {wanted}, and only {len(able)} can "
            "have it. Ask for a smaller share, or for more of such queries in mix=."
        )
    able.sort(key=lambda index: draw(plan.seed, column, rows[index]["id"]))
    chosen = set(able[:wanted])
    for index, row in enumerate(rows):
        row[column] = index in chosen


def _mark_extra(rows: Sequence[Row], possible: Sequence[Sequence[str]], plan: Plan) -> None:
    """Hand out additional turns: the rare kinds first, so that each has the rows that it needs."""
    wanted = round(plan.extra_turns * len(rows))
    for row in rows:
        row["extra"] = ""
    left = _by_kind(possible)
    shares = {kind: part for kind, part in EXTRAS.items() if left[kind]}
    if wanted and not shares:
        raise ConfigurationError(
            "extra_turns: no query of this mix finds records that can be asked about. Ask for 0."
        )
    counts = quotas(shares, wanted) if wanted else {}

    def key(index: int) -> float:
        return draw(plan.seed, "extra", rows[index]["id"])

    for kind in reversed(KINDS):
        free = [i for i in range(len(rows)) if kind in possible[i] and not rows[i]["extra"]]
        if len(free) < counts.get(kind, 0):
            raise ConfigurationError(
                f"extra_turns: {counts[kind]} dialogues with a {kind} are wanted, and only "
                f"{len(free)} can have one. Ask for a smaller share."
            )
        for index in sorted(free, key=key)[: counts.get(kind, 0)]:
            rows[index]["extra"] = kind


def _by_kind(possible: Sequence[Sequence[str]]) -> Counter[str]:
    return Counter(kind for kinds in possible for kind in kinds)


def plan_dialogues(
    records: Any,
    tool: Tool | str | Path | Mapping[str, Any],
    *,
    dialogues: int = 1000,
    mix: Mapping[str, float] | None = None,
    extra_turns: float = 0.3,
    closings: float = 0.3,
    rewrites: float = 0.0,
    results: int = 3,
    seed: int = 0,
) -> datasets.Dataset:
    """Plan conversations about records: which queries, and which get more turns.

    Args:
        records: The table: a file (CSV, JSON, JSONL, Parquet, Arrow), a `Dataset`, or dicts.
        tool: The tool: a JSON file or a mapping; see `docs/tool_dialogues.md`.
        dialogues: How many.
        mix: Kind of query (`name`, `ceiling`, `floor`, `range`, `rating`, `words`, `combination`,
            `no_hit`) → share; equal shares of those that the tool has by default.
        extra_turns: Share of the dialogues with a follow-up, a comparison or a clarification.
        closings: Share with a closing.
        rewrites: Share whose slot values are said in other words.
        results: So many records are in a tool's result.
        seed: Another seed, another plan.

    Returns:
        One row per dialogue: `id`, `query`, `slots` (JSON text), `variant`, `rewritten`, `extra`,
        `closed`. The shares are exact to the row.

    Raises:
        ConfigurationError: for more than the records can fill, with what there is.

    Example:
        >>> plan = sft.plan_dialogues("hotels.csv", "tool.json", mix={"name": 1, "ceiling": 2})
        >>> rows = plan.map(sft.slots_to_utterance("tool.json"), batched=True)
    """
    import datasets

    read = Tool.of(tool)
    shares = tuple((mix or {}).items())
    plan = Plan(dialogues, shares, extra_turns, closings, rewrites, results, seed)
    return datasets.Dataset.from_list(planned(read, RecordTable.of(records).typed(read), plan))
