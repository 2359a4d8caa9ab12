"""What the builders of conversations share: who is asked, how, and how rows become a format."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import datasets
import pyarrow as pa

from hf_sft_builders.formats import get_format
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import Runtime
from hf_sft_builders.records import record_table
from hf_sft_builders.synthesis.asked_model import AskedModel
from hf_sft_builders.synthesis.augmenting import Share
from hf_sft_builders.synthesis.prompts import Prompts

if TYPE_CHECKING:
    from hf_sft_builders.builders.base import SFTBuilder


def asked_by(builder: SFTBuilder) -> AskedModel:
    """Give the model of a builder's options."""
    config = builder.config
    model, base_url = builder.run.endpoint or (config.model, config.base_url)
    soft = getattr(config, "top_logprobs", None)
    sampling = (config.temperature, config.max_tokens, config.seed, soft)
    return AskedModel(model, base_url, config.model_id, *sampling)


def asking_fields(builder: SFTBuilder, n: int = 1) -> dict[str, Any]:
    """Give the fields that every op with a model has: asked, share, prompts, runtime."""
    config = builder.config
    return {
        "asked": asked_by(builder),
        "share": Share(n=n, seed=config.seed or 0),
        "prompts": config.prompts or Prompts(),
        "runtime": limits_of(builder),
    }


def limits_of(builder: SFTBuilder) -> Runtime:
    """Give the run's limits; a preview and a stream ask for little more than what is looked at."""
    limits = builder.run.runtime
    if builder.config.preview:
        few = min(limits.max_concurrency, builder.config.preview)
        return replace(limits, max_concurrency=few, ahead=few)
    return replace(limits, ahead=limits.max_concurrency) if builder.is_streaming else limits


def made_by(*ops: Any) -> dict[str, Any]:
    """Say who makes rows, for the manifest: the model, and the prompts where one is asked."""
    asked = ops[-1].asked
    if asked.is_extractive:
        return {"model": asked.name}
    prompts = {name: sha for op in ops for name, sha in op.prompt_hashes().items()}
    return {"model": asked.name, "prompts": prompts}


def in_language(rows: Iterable[Row], language: str) -> Iterator[Row]:
    """Give rows the language that was asked for, where one was."""
    return ({**row, "language": language} for row in rows) if language else iter(rows)


def format_features(name: str, **beside: str) -> datasets.Features:
    """Give a format's columns, and those beside it that it does not have itself."""
    own = get_format(name).features
    more = {c: datasets.Value(kind) for c, kind in beside.items() if c not in own}
    return datasets.Features({**own, **more})


def format_table(name: str, rows: Sequence[Row], *beside: str) -> pa.Table:
    """Turn rows with `messages` into a format; columns of `beside` go where it has a place, else along.

    Args:
        name: Of the format.
        rows: With `messages`, `id`, `provenance` and the columns of `beside`.
        beside: Columns of text.
    """
    format_ = get_format(name)
    columns: dict[str, Any] = {part: [row[part] for row in rows] for part in ("id", "provenance")}
    columns["messages"] = [_with_reasoning(row["messages"]) for row in rows]
    if "messages.reasoning" in format_.holds:
        columns["step_starts"] = [_starts(messages) for messages in columns["messages"]]
    held = [column for column in beside if column in format_.holds]
    columns |= {column: [row.get(column) for row in rows] for column in held}
    made = format_.from_records(record_table(columns, len(rows)))
    for column in beside:
        if column not in made.column_names:
            values = pa.array([row.get(column) for row in rows], pa.string())
            made = made.append_column(column, values)
    return made


def without_doubles(
    outcomes: Iterable[Outcome], key: Callable[[Row], Any], reason: str
) -> Iterator[Outcome]:
    """Keep the first row of each key; the others are dropped and counted."""
    seen: set[Any] = set()
    for outcome in outcomes:
        fresh = []
        for row in outcome.rows:
            mark = key(row)
            if mark not in seen:
                fresh.append(row)
            seen.add(mark)
        again = (reason,) * (len(outcome.rows) - len(fresh))
        yield replace(outcome, rows=tuple(fresh), drops=(*outcome.drops, *again))


class Stage(Protocol):
    """What makes outcomes of rows: an op, or what stands for one."""

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Give one outcome per row, in order."""
        ...


def chained(ops: Sequence[Stage], rows: Iterable[Row]) -> Iterator[Outcome]:
    """Run ops one after the other, without a barrier; what an earlier one drops or spends is told, too.

    Outcomes of an earlier op without rows come before those of the rows behind them; its usage is
    added to the next outcome.
    """
    if len(ops) == 1:
        yield from ops[0].outcomes(rows)
        return
    aside: deque[Outcome] = deque()
    spent: Counter[str] = Counter()

    def kept() -> Iterator[Row]:
        for outcome in chained(ops[:-1], rows):
            spent.update(outcome.usage)
            if outcome.drops or outcome.failure:
                aside.append(replace(outcome, rows=(), usage={}))
            yield from outcome.rows

    for outcome in ops[-1].outcomes(kept()):
        while aside:
            yield aside.popleft()
        yield replace(outcome, usage=_and(outcome.usage, spent))
    while aside:
        last = aside.popleft()
        yield replace(last, usage=_and(last.usage, spent))


def _and(usage: Mapping[str, int], spent: Counter[str]) -> dict[str, int]:
    """Add what was spent to what an outcome cost, and begin to count anew."""
    whole = Counter(usage)
    whole.update(spent)
    spent.clear()
    return dict(whole)


def _with_reasoning(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give messages as records have them."""
    return [
        {
            "role": m["role"],
            "content": m["content"],
            "reasoning": m.get("reasoning_content") or None,
        }
        for m in messages
    ]


def _starts(messages: Sequence[Mapping[str, Any]]) -> list[int] | None:
    """Give where the steps of the last reasoning begin: one on a line."""
    thought = messages[-1]["reasoning"]
    if thought is None:
        return None
    starts, place = [], 0
    for line in thought.split("\n"):
        starts.append(place)
        place += len(line) + 1
    return starts
