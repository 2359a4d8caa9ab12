"""`gate_residue`: rows without what belongs to their making: HTML, chat templates, prompts.

ds.map(sft.gate_residue(), batched=True)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op
from hf_sft_builders.quality.judging import Judgement, by_text, check_part, no_columns, outcomes_of
from hf_sft_builders.quality.said import Part, said
from hf_sft_builders.quality.written_code import without_code
from hf_sft_builders.synthesis.validators import Candidate, no_meta_phrases

if TYPE_CHECKING:
    import datasets

_HTML = re.compile(
    r"</?(?:div|span|p|br|hr|a|img|script|style|table|thead|tbody|tr|td|th|ul|ol|li|font|center|h[1-6]"
    r"|iframe|form|input|button|meta|link|html|body|head|strong|em|section|article|nav|footer)"
    r"(?:\s[^<>]{0,300})?/?>|<!--|<!doctype html|&(?:nbsp|amp|lt|gt|quot|ensp|emsp|#\d{2,5}|#x[0-9a-f]{2,5});",
    re.IGNORECASE,
)
_TEMPLATE = re.compile(
    r"<\|[\w▁ ]{2,30}\|>|<｜[\w▁ ]{2,40}｜>|\[/?INST\]|<</?SYS>>|</s>|<s>(?=\s|\[)|<(?:start|end)_of_turn>"
    r"|^#{2,3} ?(?:Instruction|Input|Response|Human|Assistant|System|指令|输入|回答) ?[:：]\s*$"
    r"|^(?:Human|Assistant|User|用户|助手) ?[:：](?=[^\n]*\n+(?:Human|Assistant|User|用户|助手) ?[:：])",
    re.MULTILINE,
)
_SUSPECT = (
    r"(?i)<|&(?:nbsp|amp|lt|gt|quot|ensp|emsp|#)|\[/?inst\]|(?:human|assistant|user|用户|助手) ?[:：]"
    r"|(?:instruction|input|response|system|指令|输入|回答) ?[:：]|文|材料|资料|段落|内容"
    r"|text|passage|document|article|context|as an ai|作为"
)


@dataclass(frozen=True)
class GateResidue(Op):
    """See `gate_residue`."""

    name = "gate_residue"

    part: Part = "all"
    phrases: bool = True
    column: str | None = None

    def __post_init__(self) -> None:
        check_part(self.name, self.part)

    @classmethod
    def example(cls) -> GateResidue:
        """As it is."""
        return cls()

    def added(self) -> datasets.Features:
        """Nothing: rows stay as they are."""
        return no_columns()

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Keep or drop each row, in order."""
        return outcomes_of(self, rows)

    def judge(self, table: pa.Table) -> Judgement:
        """Look at each text that has a suspicious sign or word."""
        words = said(table, self.part, self.column)
        reasons = by_text(words, words.matching(_SUSPECT), _reason).reasons
        if self.phrases:
            answers = said(table, "answer", self.column)
            found = by_text(answers, answers.matching(_SUSPECT), _phrase).reasons
            reasons = [one or other for one, other in zip(reasons, found, strict=True)]
        return Judgement(reasons)


def gate_residue(
    *, part: Part = "all", phrases: bool = True, column: str | None = None
) -> GateResidue:
    """Keep rows without leftovers of web pages, chat templates and prompts.

    HTML tags and entities, `<|im_end|>`, `[INST]`, `### Response:`, turns written into one message;
    code is left aside, and so are the tags of media and of thoughts.

    Args:
        part: `all` that the row says, the `question`s or the `answer`s.
        phrases: Also drop answers with "according to the text", "根据上述材料" and the like.
        column: A column of text to look at instead.

    Example:
        >>> ds.map(sft.gate_residue(), batched=True)
    """
    return GateResidue(part, phrases, column)


def _reason(text: str) -> str:
    plain = without_code(text)
    if _HTML.search(plain):
        return "HTML left in"
    return "chat template left in" if _TEMPLATE.search(plain) else ""


def _phrase(answer: str) -> str:
    fault = no_meta_phrases(Candidate(answer))
    return fault.reason if fault else ""
