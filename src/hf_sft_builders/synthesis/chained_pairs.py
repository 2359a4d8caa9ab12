"""A dialogue without a language model: the pairs found under one heading, one after the other.

Nothing is made up: questions are the rules' own, each answer is copied from the passage, and pairs
of different headings never meet in one dialogue.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.records import lineage_id, provenance_step
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE
from hf_sft_builders.synthesis.augmenting import row_id
from hf_sft_builders.synthesis.evidence import headings_at
from hf_sft_builders.synthesis.material import spans_step
from hf_sft_builders.synthesis.validators.turns import bare

if TYPE_CHECKING:
    from hf_sft_builders.synthesis.extractive import Pair
    from hf_sft_builders.synthesis.simulate_dialogue import SimulateDialogue

TOO_FEW = "too few pairs under one heading"


def chained_pairs(op: SimulateDialogue, row: Row) -> Outcome:
    """Make dialogues of one passage; pairs that are too few for one are counted."""
    from hf_sft_builders.synthesis.extractive import find_pairs

    text, above = row[op.column] or "", tuple(row.get("headings") or ())
    language = row.get("language") or ""
    pairs = find_pairs(text, headings=above, title=row.get("title") or "", language=language)
    rows: list[Row] = []
    drops: list[str] = []
    for _, held in groupby(pairs, key=lambda pair: headings_at(text, pair.start, above)):
        section = _without_repeats(list(held))
        for talk in _parts(section, *op.rounds):
            if len(talk) < op.rounds[0]:
                drops.append(TOO_FEW)
            else:
                rows.append(_row(op, row, talk, len(rows)))
    return Outcome(tuple(rows), tuple(drops) or (() if rows else ("no question found",)))


def _without_repeats(pairs: list[Pair]) -> list[Pair]:
    """Leave out an answer that lies within another's, so that no turn says what was said."""
    kept: list[Pair] = []
    for pair in pairs:
        inside = any(
            other is not pair
            and (other.start <= pair.start and pair.end <= other.end)
            and (other.end - other.start, -pairs.index(other))
            > (pair.end - pair.start, -pairs.index(pair))
            for other in pairs
        )
        if not inside and bare(pair.answer) not in {bare(other.answer) for other in kept}:
            kept.append(pair)
    return kept


def _parts(pairs: list[Pair], fewest: int, most: int) -> list[list[Pair]]:
    """Cut into even parts of at most `most`, so that no short rest is left where none need be."""
    number = max(1, -(-len(pairs) // most))
    size, rest = divmod(len(pairs), number)
    cuts, start = [], 0
    for part in range(number):
        end = start + size + (part < rest)
        cuts.append(pairs[start:end])
        start = end
    return [cut for cut in cuts if cut]


def _row(op: SimulateDialogue, row: Row, talk: list[Pair], sample: int) -> Row:
    said = list(op.opening_system({}))
    for pair in talk:
        said.append({"role": "user", "content": pair.question})
        said.append({"role": "assistant", "content": pair.answer})
    places = [(pair.start, pair.end) for pair in talk]
    step = provenance_step(step=op.name, model=EXTRACTIVE, **spans_step(row, places))
    return {
        **row,
        "messages": said,
        "id": lineage_id(row_id(row), op.name, sample),
        "provenance": [*(row.get("provenance") or ()), step],
    }
