"""`gate_placeholder`: rows in which everything was filled in.

ds.map(sft.gate_placeholder(), batched=True)
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

if TYPE_CHECKING:
    import datasets

_WHOLE = re.compile(
    r"\W*(?:n/?a|null|nan|undefined|todo|tbd|placeholder|lorem ipsum|answer|output|string|text here"
    r"|your answer(?: here)?|待补充|待填写?|占位符?|此处填写|答案|回答|内容|略|省略)?\W*",
    re.IGNORECASE,
)
_INSIDE = re.compile(
    r"\[(?:your|insert|enter|add|fill in|company|customer|client|recipient|sender)\b[^\]\n]{0,40}\]"
    r"|<(?:your|insert|enter)[ _-][^>\n]{1,40}>|\{\{ *[\w.]{1,40} *\}\}|lorem ipsum dolor"
    r"|\b(?-i:TODO|TBD|FIXME)\b(?=[:：\s]|$)|\[(?:TODO|TBD|\.\.\.|…)\]"
    r"|[\[【（(](?:此处|这里|请)?(?:填写|插入|填入|待填|待补充|待完善)[^\]】）)\n]{0,20}[\]】）)]"
    r"|[\[【](?:你的|您的|公司|客户|姓名|日期|地址|电话|产品名?称?)[^\]】\n]{0,12}[\]】]"
    r"|(?:此处|以下|其余)(?:内容)?(?:省略|略去)|待补充|[×xX]{3,}(?:公司|先生|女士|大学|银行|产品|有限)",
    re.IGNORECASE,
)
_SUSPECT = (
    r"(?i)^\W*(?:[\w /]{2,18}|[待占此答回内略省][^\s]{0,4})?\W*$|\[|<(?:your|insert|enter)|\{\{|lorem ipsum"
    r"|todo|tbd|fixme|填|插入|待补|待完善|省略|略去|【|×××|xxx"
)
_ENOUGH = re.compile(r"\w")


@dataclass(frozen=True)
class GatePlaceholder(Op):
    """See `gate_placeholder`."""

    name = "gate_placeholder"

    part: Part = "all"
    column: str | None = None

    def __post_init__(self) -> None:
        check_part(self.name, self.part)

    @classmethod
    def example(cls) -> GatePlaceholder:
        """As it is."""
        return cls()

    def added(self) -> datasets.Features:
        """Nothing: rows stay as they are."""
        return no_columns()

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Keep or drop each row, in order."""
        return outcomes_of(self, rows)

    def judge(self, table: pa.Table) -> Judgement:
        """Look at each text; code may have what looks like a placeholder."""
        words = said(table, self.part, self.column)
        return by_text(words, words.matching(_SUSPECT), self.reason)

    def reason(self, text: str) -> str:
        """Say why a text is dropped, "" where it is not. Pure."""
        if not text or (_WHOLE.fullmatch(text) and not _is_sign(text)):
            return "nothing but a placeholder" if text.strip() else ""
        return "placeholder left in" if _INSIDE.search(without_code(text)) else ""


def gate_placeholder(*, part: Part = "all", column: str | None = None) -> GatePlaceholder:
    """Keep rows without placeholders, in Chinese and English.

    A text that is nothing but "N/A", "TODO", "待补充" or dots, or one with "[Your Name]",
    "[此处填写姓名]", "{{customer}}", "Lorem ipsum dolor" in it, outside code.

    Args:
        part: `all` that the row says, the `question`s or the `answer`s.
        column: A column of text to look at instead.

    Example:
        >>> ds.map(sft.gate_placeholder(), batched=True)
    """
    return GatePlaceholder(part, column)


def _is_sign(text: str) -> bool:
    """Say whether a text without words still says something: an emoji, a sum, an operator."""
    return not _ENOUGH.search(text) and bool(set(text.strip()) - set(".…·-_*#=~—、。?？!！ \n\t"))
