"""What all ops share that make more rows of rows: which rows, how many, and where they come from.

class Rewrite(Op):
    asked: AskedModel
    share: Share
    runtime: Runtime = runtime(default_factory=Runtime)

    added = adds_lineage                     # or what else it adds

    def outcomes(self, rows):
        return augmented(self, rows)

    def steps(self, row, sample):            # see llm.steps
        reply = yield from checked(self.prompt(row, sample), …)
        return made(self, row, sample, {"text": reply.text})
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import Runtime, Steps
from hf_sft_builders.ops import Op
from hf_sft_builders.records import lineage_id, provenance_step
from hf_sft_builders.synthesis.asked_model import AskedModel
from hf_sft_builders.synthesis.prompts import Prompt

if TYPE_CHECKING:
    import datasets


@dataclass(frozen=True)
class Share:
    """Which rows an op works on, and what becomes of them."""

    p: float = 1.0
    """Share of the rows, drawn by `seed` and the row's id; the others pass as they are."""
    n: int = 1
    """New rows for each."""
    keep_original: bool = False
    """Whether the row itself stays, in front of what was made of it."""
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.p <= 1:
            raise ConfigurationError(f"p={self.p}; expected a share from 0 to 1.")
        if self.n < 1:
            raise ConfigurationError(f"n={self.n}; expected 1 or more new rows for each row.")

    def picks(self, row: Row) -> bool:
        """Say whether this row is worked on; the same wherever it stands."""
        return draw(self.seed, row_id(row)) < self.p


class Asking(Protocol):
    """An op that asks a model."""

    @property
    def name(self) -> str:
        """The op's name."""
        ...

    @property
    def asked(self) -> AskedModel:
        """The model."""
        ...


class Augmenting(Protocol):
    """An op that `augmented` can run."""

    @property
    def name(self) -> str:
        """The op's name."""
        ...

    @property
    def asked(self) -> AskedModel:
        """Who is asked."""
        ...

    @property
    def share(self) -> Share:
        """Which rows."""
        ...

    @property
    def runtime(self) -> Runtime:
        """How."""
        ...

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Make the `sample`-th new row (or rows) of a row."""
        ...


def augmented(op: Augmenting, rows: Iterable[Row]) -> Iterator[Outcome]:
    """Give one outcome per row, in order: the new rows, the row itself where it stays or was not drawn."""
    waiting: deque[tuple[Row, int]] = deque()

    def tasks() -> Iterator[tuple[Row, Steps[Outcome]]]:
        for row in rows:
            times = op.share.n if op.share.picks(row) else 0
            waiting.append((row, times))
            yield from ((row, op.steps(row, sample)) for sample in range(times))

    results = op.asked.work(tasks(), op.runtime)
    done: list[Outcome] = []
    for outcome in results:
        done.append(outcome)
        while waiting and waiting[0][1] <= len(done):
            row, times = waiting.popleft()
            yield _together(op, row, done[:times])
            done = done[times:]
    for row, _ in waiting:
        yield Outcome(rows=(_kept(op, row),))


def _together(op: Augmenting, row: Row, parts: list[Outcome]) -> Outcome:
    stays = (_kept(op, row),) if op.share.keep_original or not parts else ()
    usage: dict[str, int] = {}
    for part in parts:
        for name, number in part.usage.items():
            usage[name] = usage.get(name, 0) + number
    return Outcome(
        (*stays, *(made for part in parts for made in part.rows)),
        tuple(reason for part in parts for reason in part.drops),
        next((part.failure for part in parts if part.failure), None),
        usage,
        tuple(note for part in parts for note in part.notes),
    )


def _kept(op: Augmenting, row: Row) -> Row:
    """Give the row as it is, with what the op's other rows have: an op may say how (`unchanged`)."""
    unchanged: Callable[[Row], Row] = getattr(op, "unchanged", passed)
    return unchanged(row)


def adds_lineage(op: Op) -> datasets.Features:
    """Name the columns of an op that adds none but lineage: `added = adds_lineage`."""
    from hf_sft_builders.formats.lineage import lineage_features

    return lineage_features()


def passed(row: Row) -> Row:
    """Give a row as it is, with the lineage columns that all rows of the result have."""
    return {**row, "id": row_id(row), "provenance": list(row.get("provenance") or ())}


def made(
    op: Augmenting, row: Row, sample: int, changes: Mapping[str, Any], prompt: Prompt, **step: Any
) -> Row:
    """Give a new row: the old one with changes, an id of its own and one more step of provenance."""
    before = list(row.get("provenance") or ())
    return {
        **row,
        **changes,
        "id": lineage_id(row_id(row), op.name, sample),
        "provenance": [*before, asked_step(op, prompt, **step)],
    }


def asked_step(op: Asking, prompt: Prompt, **more: Any) -> dict[str, Any]:
    """Give the step of provenance of what a model was asked: who, with which words, and how."""
    known = {"model": op.asked.name, "prompt": prompt.name, "prompt_sha256": prompt.sha256}
    known |= {"parameters": op.asked.sampling_text, **more}
    return provenance_step(step=op.name, **known)


def rule_or_asked_step(op: Asking, prompt: Prompt) -> dict[str, Any]:
    """Give the step of provenance of an op that works by rules alone without a model."""
    return provenance_step(step=op.name) if op.asked.is_extractive else asked_step(op, prompt)


def row_id(row: Row) -> str:
    """Give the row's id; a row without one is named by what it holds."""
    if row.get("id"):
        return str(row["id"])
    held = {name: value for name, value in row.items() if name not in ("id", "provenance")}
    text = json.dumps(held, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def draw(seed: int, *what: object) -> float:
    """Draw a number from 0 up to 1 that depends on the seed and on what it is drawn for alone."""
    text = "\0".join([str(seed), *map(str, what)])
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
