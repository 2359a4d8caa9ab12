"""The rows of `generate_qa`: what was said, which kind it is, and the place that it rests on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from hf_sft_builders.ledger import Row
from hf_sft_builders.records import lineage_id, provenance_step
from hf_sft_builders.synthesis.clean_chunks import ORIGINAL
from hf_sft_builders.synthesis.evidence import Found, locate, pages_of
from hf_sft_builders.synthesis.prompts import Prompt

if TYPE_CHECKING:
    from hf_sft_builders.synthesis.generate_qa import GenerateQA


def mark_columns(op: GenerateQA) -> dict[str, str]:
    """Give the columns that tell the kind of a row, each with the field of `Found` it shows."""
    wished = {
        "domain": ("domain", op.domains),
        "question_type": ("type", op.question_types),
        "difficulty": ("difficulty", op.difficulty),
        "genre": ("genre", op.audiences),
        "audience": ("audience", op.audiences),
    }
    return {column: name for column, (name, is_wished) in wished.items() if is_wished}


def qa_rows(
    op: GenerateQA, row: Row, found: Sequence[Found], prompts: Sequence[Prompt] = ()
) -> Iterator[Row]:
    """Give one row for each pair.

    Args:
        op: The op.
        row: The passage.
        found: The pairs.
        prompts: The prompt of each; none where rules found them.
    """
    before = list(row.get("provenance") or ())
    parent = str(row.get("id") or _text_id(row[op.column]))
    for sample, pair in enumerate(found):
        said = [
            {"role": "user", "content": pair.question},
            {"role": "assistant", "content": pair.answer},
        ]
        prompt = prompts[sample] if prompts else None
        yield {
            **row,
            **{column: getattr(pair, name) for column, name in mark_columns(op).items()},
            "messages": said,
            "id": lineage_id(parent, op.name, sample),
            "provenance": [*before, _step(op, row, pair, before, prompt)],
        }


def _step(
    op: GenerateQA, row: Row, pair: Found, before: list[dict[str, Any]], prompt: Prompt | None
) -> dict[str, Any]:
    span = _span(op, row, pair)
    known: dict[str, Any] = {
        "answer_spans": [span] if span else [],
        "pages": pages_of(before, span) if span else None,
        "model": op.asked.name,
    }
    if prompt is not None:
        known |= {"prompt": prompt.name, "prompt_sha256": prompt.sha256}
        known["parameters"] = _parameters(op, pair)
    return provenance_step(step=op.name, **known)


def _parameters(op: GenerateQA, pair: Found) -> str:
    if not pair.genre:
        return op.asked.sampling_text
    readers = {"genre": pair.genre, "audience": pair.audience}
    return json.dumps({**op.asked.sampling(), **readers}, sort_keys=True, ensure_ascii=False)


def _span(op: GenerateQA, row: Row, pair: Found) -> dict[str, int] | None:
    """Give the evidence's place in the document; of a cleaned text, in its original."""
    if pair.start < 0:
        return None
    offset, place = int(row.get("start") or 0), (pair.start, pair.end)
    original = row.get(ORIGINAL)
    if original is not None and original != row[op.column]:
        found = locate(row[op.column][pair.start : pair.end], original)
        if found is None:
            return None
        place = found
    return {"start": offset + place[0], "end": offset + place[1]}


def _text_id(text: str) -> str:
    """Name a row that has no id by its text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
