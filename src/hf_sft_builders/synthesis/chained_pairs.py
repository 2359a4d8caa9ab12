"""A dialogue without a language model: the pairs found under one heading, one after the other.

Nothing is made up: questions are the rules' own, each answer is copied from the passage, and pairs
of different headings never meet in one dialogue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import accumulate, groupby, pairwise, takewhile
from typing import TYPE_CHECKING

from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.records import lineage_id, provenance_step
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE
from hf_sft_builders.synthesis.augmenting import row_id
from hf_sft_builders.synthesis.evidence import headings_at
from hf_sft_builders.synthesis.material import spans_step
from hf_sft_builders.synthesis.validators.quotes import bare

if TYPE_CHECKING:
    from hf_sft_builders.synthesis.extractive import Pair
    from hf_sft_builders.synthesis.simulate_dialogue import SimulateDialogue

_ALIKE, _ALIKE_LATIN = 3, 8
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
    """Cut so that questions about one thing stay together; what is left over comes last."""
    best: dict[int, tuple[int, tuple[int, ...]]] = {0: (0, (0,))}
    cost = _costs(pairs, fewest)
    for end in range(fewest, len(pairs) + 1):
        ways = [
            (best[start][0] + cost(start, end), (*best[start][1], end))
            for start in range(max(0, end - most), end - fewest + 1)
            if start in best
        ]
        if ways:
            best[end] = min(ways, key=lambda way: (way[0], len(way[1])))
    cuts = best[max(best)][1]
    parts = [pairs[start:end] for start, end in pairwise(cuts)]
    return [*parts, *([pairs[cuts[-1] :]] if cuts[-1] < len(pairs) else [])]


def _costs(pairs: list[Pair], fewest: int) -> Callable[[int, int], int]:
    """Count what a part does badly: it begins within one thing, or goes from one to another.

    Things that are too small for a dialogue of their own may stand together.
    """
    asked = [_subject_first(pair.question) for pair in pairs]
    shared = _alike(*asked)  # what all begin with ("对于住宿，") tells nothing
    enough = _ALIKE_LATIN if asked and asked[0].isascii() else _ALIKE
    goes_on = [
        n > 0 and _alike(*asked[n - 1 : n + 1]) - shared >= enough for n in range(len(asked))
    ]
    thing = list(accumulate(int(not same) for same in goes_on))
    size = Counter(thing)

    def cost(start: int, end: int) -> int:
        changes = (n for n in range(start + 1, end) if not goes_on[n])
        mixed = sum(max(size[thing[n - 1]], size[thing[n]]) >= fewest for n in changes)
        return mixed + int(goes_on[start])

    return cost


def _subject_first(question: str) -> str:
    """Turn an English question round, whose subject stands last: "What is the weight of the pump?"."""
    return question[::-1].lstrip("?") if question.isascii() else question


def _alike(*questions: str) -> int:
    """Count the characters that all questions begin with."""
    columns = zip(*questions, strict=False)
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))


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
