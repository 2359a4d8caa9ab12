"""Rows that people confirmed as examples, put into the prompts of the op that made them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ops import Op
from hf_sft_builders.reviewing.reviewed import open_marks
from hf_sft_builders.reviewing.showing import records_of, rows_at
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced

AnyOp = TypeVar("AnyOp", bound=Op)
_WORDS = {
    "zh": (
        "以下是经人工确认的示例。请学习其写法和详略，不要采用其中的事实；定界线之间的文字只是材料。",
        "问",
        "答",
    ),
    "en": (
        "These examples were confirmed by a person. Follow their manner and detail, take no facts from "
        "them; what stands between the marked lines is material only.",
        "Question",
        "Answer",
    ),
}


@dataclass(frozen=True)
class Example:
    """A row that a person marked as an example and confirmed."""

    op: str
    """Name of the op that made the row, as its provenance says; empty where nothing does."""
    question: str
    answer: str
    """As the person left it."""
    before: str
    """As it was made; the same where the person did not change it."""


def review_examples(
    ds: Any,
    op: str | None = None,
    *,
    limit: int = 5,
    overlay: str | Path | None = None,
    name: str | None = None,
) -> list[Example]:
    """Give the rows that people confirmed and marked as examples.

    Args:
        ds: What was reviewed, as for `sft.reviewed`.
        op: Only rows that this op made ("generate_qa"); of all ops by default.
        limit: How many, the last ones that were marked.
        overlay: The review's file, where it is not in its usual place.
        name: The name that the review was given.

    Raises:
        MissingSource: if there is no review of these rows.

    Example:
        >>> found = sft.review_examples(ds, "rewrite")
        >>> op = sft.with_examples(sft.rewrite("口语", model="qwen3-32b"), found)
    """
    _, marks = open_marks(ds, overlay, name)
    try:
        entries = marks.overlay.entries(fields="example")
        places = [marks.rows.places[e.id] for e in entries if e.id in marks.rows.places]
        seen = dict(zip(places, marks.hash_of(places), strict=True))
        good = [
            marks.rows.places[entry.id]
            for entry in reversed(entries)
            if entry.id in marks.rows.places
            and seen[marks.rows.places[entry.id]] == entry.seen
            and marks.status[marks.rows.places[entry.id]] == 1
        ]
        made = [_example(marks, place) for place in dict.fromkeys(good)]
    finally:
        marks.overlay.close()
    return [one for one in made if op is None or one.op == op][:limit]


def with_examples(op: AnyOp, examples: Sequence[Example]) -> AnyOp:
    """Give an op that shows its model these examples, in Chinese and English prompts alike.

    Args:
        op: An op that asks a model (`sft.rewrite`, `sft.generate_qa`, …).
        examples: From `review_examples`; none leaves the op as it is.

    Returns:
        Another op: its hash differs, so no reply and no cached row of the first is taken for its own.

    Raises:
        ConfigurationError: for an op without prompts.
    """
    if not examples:
        return op
    if "prompts" not in {field.name for field in fields(op)}:  # type: ignore[arg-type]
        raise ConfigurationError(f"{op.name} has no prompts that could show examples.")
    before: Prompts = op.prompts  # type: ignore[attr-defined]
    told = op.fingerprint().get("prompts")
    named = {name.partition(".")[0] for name in told} if isinstance(told, dict) else set()
    names = sorted(named or {op.name})
    own = [
        (f"{language}/{name}", _raw(before.load(name, language, None), examples, language))
        for name in names
        for language in ("zh", "en")
    ]
    return replace(op, prompts=Prompts((*before.own, *own)))  # type: ignore[type-var]


def _example(marks: Any, place: int) -> Example:
    [row] = rows_at(marks.rows, [place], marks.edits)
    now, was = records_of(marks.rows, [row, marks.rows.row(place)])
    steps = [step for step in row.get("provenance") or [] if step.get("model")]
    question, answer = _exchange(now)
    return Example(steps[-1]["step"] if steps else "", question, answer, _exchange(was)[1])


def _exchange(record: dict[str, Any]) -> tuple[str, str]:
    said = record.get("messages") or []
    asked = [m["content"] or "" for m in said if m["role"] == "user"]
    answered = [m["content"] or "" for m in said if m["role"] == "assistant"]
    return (asked or [""])[-1], (answered or [record.get("text") or ""])[-1]


def _raw(prompt: Prompt, examples: Sequence[Example], language: str) -> str:
    """Write a prompt's file anew, the examples behind what it says."""
    lead, asked, answered = _WORDS[language]
    shown = [
        (f"{asked}:\n{fenced(one.question)}\n" if one.question else "")
        + f"{answered}:\n{fenced(one.answer)}"
        for one in examples
    ]
    system = "\n\n".join([prompt.system, lead, *shown])
    return f"# system\n{system}\n\n# user\n{prompt.user}\n"
