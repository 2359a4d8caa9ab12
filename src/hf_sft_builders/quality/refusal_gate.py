"""`gate_refusal`: answers that answer, rather than refuse or say that they are a model.

ds.map(sft.gate_refusal(), batched=True)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op
from hf_sft_builders.quality.judging import Judgement, by_text, no_columns, outcomes_of
from hf_sft_builders.quality.said import said

if TYPE_CHECKING:
    import datasets

_HEAD = 120
"""Characters of an answer in which it refuses, if it does."""
_HELP = (
    r"(?:help|assist|answer|provide|fulfil|comply|create|generate|write|do that|discuss|support)"
)
_CANNOT = r"(?:can ?not|can['’]t|am (?:not able|unable) to|won['’]t|must decline|have to decline)"
_REFUSAL = re.compile(
    rf"^\W*(?:(?:i['’]?m |i am )?(?:very |so |truly )?sorry|i apologi[sz]e|my apologies|unfortunately)?"
    rf"[\s,.!:;—-]*(?:but[\s,]+)?(?:as an ai[^,.]{{0,40}},? *)?i {_CANNOT}[\s\w]{{0,24}}?\b{_HELP}\b"
    r"|^\W*(?:很|非常|十分)?(?:抱歉|对不起|不好意思|遗憾)[^。！!\n]{0,12}?"
    r"我(?:们)?(?:无法|不能|没办法|没有办法|不可以|不便)(?!确定|保证|排除)"
    r"|^\W*我(?:无法|不能|没办法)(?:提供|回答|协助|帮助|满足|生成|讨论|完成|处理|给出)",
    re.IGNORECASE,
)
_MODEL = re.compile(
    r"\bas an? (?:ai\b|artificial intelligence|large language model|language model)"
    r"|\bi(?:['’]m| am) (?:just |only )?an? (?:ai|artificial intelligence|(?:large )?language model)\b"
    r"|作为(?:一个|一名|一款)?(?:由\w{1,12}(?:开发|训练)的)?(?:AI|人工智能|大型?语言|语言)(?:语言)?(?:模型|助手|助理)"
    r"|我(?:只)?是(?:一个|一名|一款)?(?:AI|人工智能|大型?语言|语言)(?:语言)?(?:模型|助手|助理)",
    re.IGNORECASE,
)
_NO_ANSWER = re.compile(
    r"(?:the )?(?:text|passage|document|article|context|information provided)"
    r" (?:does not|doesn['’]t|did not) (?:mention|specify|state|say|provide|contain|include)"
    r"|(?:is|are) not (?:mentioned|specified|stated|provided) in the"
    r" (?:text|passage|document|article|context)"
    r"|i (?:do not|don['’]t) have (?:access to|enough information|real-time|information (?:on|about))"
    r"|(?:文中|原文|文档中?|文章中?|材料中?|资料中?|上下文中?|段落中?)(?:并?没有|并?未|里没有)(?:明确)?"
    r"(?:提到|提及|说明|给出|提供|涉及|描述)"
    r"|(?:无法|不能)(?:从|根据)[^，。\n]{0,16}(?:得知|确定|判断|得出|推断|回答)",
    re.IGNORECASE,
)
# What RE2 looks for first, in all texts at once; every pattern above has one of these.
_SUSPECT = (
    r"(?i)\bi can ?not|\bi can['’]t|unable to|not able to|i won['’]t|to decline|must decline"
    r"|as an? |i['’]?m |i am |does ?n[o'’]|did not|doesn|not (?:mentioned|specified|stated|provided)"
    r"|i don|i do not|我|作为|文|材料|资料|段落|无法|不能"
)


@dataclass(frozen=True)
class GateRefusal(Op):
    """See `gate_refusal`."""

    name = "gate_refusal"

    no_answers: bool = True
    column: str | None = None

    @classmethod
    def example(cls) -> GateRefusal:
        """As it is."""
        return cls()

    def added(self) -> datasets.Features:
        """Nothing: rows stay as they are."""
        return no_columns()

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Keep or drop each row, in order."""
        return outcomes_of(self, rows)

    def judge(self, table: pa.Table) -> Judgement:
        """Look at each answer; those marked as undesirable may refuse."""
        answers = said(table, "answer", self.column, wanted=True)
        return by_text(answers, answers.matching(_SUSPECT), self.reason)

    def reason(self, answer: str) -> str:
        """Say why an answer is dropped, "" where it is not. Pure."""
        head = answer[:_HEAD]
        if _REFUSAL.search(head):
            return "refuses"
        if _MODEL.search(head):
            return "says it is a model"
        return "says there is no answer" if self.no_answers and _NO_ANSWER.search(head) else ""


def gate_refusal(*, no_answers: bool = True, column: str | None = None) -> GateRefusal:
    """Keep rows whose answers do not refuse, in Chinese and English.

    Looks at the beginning of each answer: "I'm sorry, but I can't help", "抱歉，我无法回答", "As an
    AI language model", "文中没有提到". An apology of a hotel is none of these. Rejected answers of
    preference rows, and those marked as undesirable, may refuse.

    Args:
        no_answers: Also drop answers which say that the text has none. Keep them where the model
            should learn to say so.
        column: A column of text to look at instead.

    Example:
        >>> ds.map(sft.gate_refusal(), batched=True)
    """
    return GateRefusal(no_answers, column)
