"""Flaws that need no language model: a number changed, the end of an answer left out.

Honest, because what is wrong is known: the flawed answer differs from the true one in one number,
or lacks its last sentences, and in nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hf_sft_builders.synthesis.augmenting import draw
from hf_sft_builders.synthesis.extractive.sentences import sentences
from hf_sft_builders.synthesis.flaws import Flawed

_NUMBER = re.compile(
    r"(?<![A-Za-z\d.:：/_-])(?<![–—~～至到])\d+(?:,\d{3})*(?:\.\d+)?(?:[:：]\d{2})?(?![\d]|[.:/–—~～至到-]\d)"
)
_LIST_NUMBER = re.compile(r"(?m)^\s*\d+(?=[.、)）])")
_FACTORS = (0.5, 0.75, 1.25, 1.5, 2.0)


def other_number(answer: str, source: str, seed: int, name: str) -> Flawed | None:
    """Change one number of an answer to one that stands neither there nor in the source.

    Args:
        answer: The true answer.
        source: Question and context: the new number is none of theirs.
        seed: Of the draws.
        name: Of the row, for the draws.
    """
    marks = {match.end() for match in _LIST_NUMBER.finditer(answer)}
    found = [match for match in _NUMBER.finditer(answer) if match.end() not in marks]
    if not found:
        return None
    match = found[int(draw(seed, name, "which") * len(found))]
    taken = set(re.findall(r"\d+(?:[.,:：]\d+)*", f"{answer}\n{source}"))
    for attempt in range(8):
        drawn = draw(seed, name, "number", attempt)
        now = _other_year(match[0], drawn) if _is_year(answer, match) else _changed(match[0], drawn)
        if now not in taken:
            flawed = answer[: match.start()] + now + answer[match.end() :]
            return Flawed(was=match[0], now=now, answer=flawed)
    return None


def _is_year(answer: str, number: re.Match[str]) -> bool:
    """Four digits with 年 behind, or such words as "in" and "since" before them."""
    before, after = answer[: number.start()], answer[number.end() :]
    if not re.fullmatch(r"1\d{3}|20\d\d", number[0]):
        return False
    return bool(
        re.match(r"\s*年", after) or re.search(r"\b(?:in|since|until|by|of)\s+$", before, re.I)
    )


def _other_year(number: str, drawn: float) -> str:
    """Give a year nearby; of our own time an earlier one, which may be true for all that is known."""
    years = 1 + int(drawn * 30) % 12
    return str(int(number) + (years if drawn < 0.5 and number < "1990" else -years))


def _changed(number: str, drawn: float) -> str:
    if mark := re.search(r"[:：]", number):
        hour = (int(number[: mark.start()]) + 1 + int(drawn * 4)) % 24
        return f"{hour}{number[mark.start() :]}"
    whole, _, decimals = number.replace(",", "").partition(".")
    if not decimals and (len(whole) >= 7 or whole.startswith("0")):  # a telephone, a code
        return whole[:-2] + f"{(int(whole[-2:]) + 1 + int(drawn * 97)) % 100:02d}"
    value = float(f"{whole}.{decimals or 0}")
    factor = _FACTORS[int(drawn * len(_FACTORS))]
    moved = max(value * factor, 1) if not decimals else value * factor
    if not decimals and round(moved) == round(value):
        moved = value + 1 + int(drawn * 3)
    return f"{moved:,.{len(decimals)}f}" if "," in number else f"{moved:.{len(decimals)}f}"


def cut_short(answer: str, source: str, seed: int, name: str) -> Flawed | None:
    """Leave out the last sentences, or the last lines, of an answer that has several."""
    spans = [span for span in _lines(answer) if answer[span[0] : span[1]].strip()]
    if len(spans) < 2:
        spans = list(sentences(answer, 0, len(answer)))
    if len(spans) < 2:
        return None
    kept = 1 + int(draw(seed, name, "kept") * max(1, len(spans) // 2))
    end = spans[min(kept, len(spans) - 1) - 1][1]
    return Flawed(was=answer[end:].strip(), answer=answer[:end].rstrip())


def _lines(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"[^\n]+", text)]


BY_RULE: dict[str, Callable[[str, str, int, str], Flawed | None]] = {
    "factual_error": other_number,
    "incomplete": cut_short,
}
"""Flaw → how it is made without a model; None where the answer does not lend itself to it."""
