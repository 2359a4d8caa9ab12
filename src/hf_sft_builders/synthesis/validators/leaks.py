"""Nothing of the making stands in the row: no prompt, no variable, no fence mark, no role names."""

from __future__ import annotations

import re
from functools import lru_cache

from hf_sft_builders.llm.prompt_files import VARIABLE
from hf_sft_builders.synthesis.validators.base import Candidate, Fault
from hf_sft_builders.synthesis.validators.quotes import even

_FENCE = re.compile(r"<<<[0-9a-f]{16}|[0-9a-f]{16}>>>")
_ROLE = re.compile(
    r"<\|[a-z_ ]{2,30}\|>|\[/?INST\]|<</?SYS>>|</?(?:user|assistant|system)>"
    r"|<(?:start|end)_of_turn>|^[\s>*#]*(?:user|assistant|system|human|ai)\**\s*[:：]\**"
    r"|^[\s>*#]*(?:用户|助手|系统|人类|问|答|提问者|回答者|问题|答案)\**\s*[:：]\**"
    r"|^#{2,}\s*(?:instruction|response|input|指令|回复|回答)\s*[:：]?\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_HAN = re.compile(r"[\u3400-\u9fff]")
_RUN_HAN, _RUN_LATIN = 16, 48


def no_leaked_prompt(candidate: Candidate) -> Fault | None:
    """No fence mark, no unfilled variable, no long run of words that only the prompt has."""
    source = candidate.source + candidate.original
    marks = [m[0] for m in _FENCE.finditer(candidate.text)]
    filled = VARIABLE.findall(candidate.text)
    left = [f"{{{name}}}" for name in filled if f"{{{name}}}" in candidate.prompt]
    for mark in (*marks, *left):
        if mark not in source:
            return _leak(mark)
    run = _common_run(candidate.text, candidate.prompt, source)
    return _leak(run) if run else None


def no_roles(candidate: Candidate) -> Fault | None:
    """No "User:" or "助手：" at the start of a line, no marks of a chat template.

    What the source or the original has itself may stay.
    """
    for found in _ROLE.finditer(candidate.text):
        if even(found[0]) not in even(candidate.source + candidate.original):
            return Fault(
                "role leaked",
                f"Leave out {found[0].strip()!r}: only the words themselves, for one speaker.",
            )
    return None


def _leak(words: str) -> Fault:
    return Fault("prompt leaked", f"Leave out {words!r}: it belongs to the task, not to the text.")


def _common_run(text: str, prompt: str, source: str) -> str:
    said, size = even(text), _RUN_HAN if _HAN.search(text) else _RUN_LATIN
    runs = _runs(prompt, size)
    shared = [run for at in range(len(said) - size + 1) if (run := said[at : at + size]) in runs]
    return next((run for run in shared if run not in even(source)), "")


@lru_cache(maxsize=64)
def _runs(prompt: str, size: int) -> frozenset[str]:
    told = even(VARIABLE.sub(" ", prompt))
    return frozenset(told[at : at + size] for at in range(len(told) - size + 1))
