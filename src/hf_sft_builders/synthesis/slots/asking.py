"""What the ops about slots and turns share: checks of a text that a model says, sample numbers."""

from __future__ import annotations

from hf_sft_builders.ledger import Row
from hf_sft_builders.synthesis.augmenting import draw, row_id
from hf_sft_builders.synthesis.validators import (
    Candidate,
    Fault,
    first_fault,
    no_meta_phrases,
    same_language,
)

LONGEST = 300
_LEAKS = ("<<<", ">>>", "{{", "```", "<|", "user:", "assistant:", "用户：", "助手：", "x-slots")


def text_fault(text: str, language: str, longest: int = LONGEST) -> Fault | None:
    """Find what no turn may have: another language, traces of the prompt, roles, or no end."""
    bare = text.strip()
    if not bare:
        return Fault("empty", "Your reply is empty; write the sentence.")
    if len(bare) > longest:
        return Fault("too long", f"Write at most {longest} characters.")
    if leak := next((mark for mark in _LEAKS if mark in bare.lower()), None):
        return Fault("leaked prompt", f"Leave out {leak!r}: write what is said, nothing around it.")
    return first_fault(Candidate(bare, language=language), (same_language, no_meta_phrases))


def variant_of(row: Row, sample: int, seed: int) -> str:
    """Tell apart the words of rows with the same slots: by the column `variant`, else by the row."""
    told = row.get("variant")
    return f"{seed}:{row_id(row) if told is None else told}:{sample}"


def own_key(row: Row, sample: int, seed: int) -> str:
    """Decide what a row gets by its id, the sample and the seed."""
    return f"{seed}:{row_id(row)}:{sample}"


def sample_number(variant: str) -> int:
    """Tell apart the replies to equal requests."""
    return int(draw(0, variant) * 2**31)
