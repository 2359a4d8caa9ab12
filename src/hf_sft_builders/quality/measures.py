"""What `sft.compare` finds, and how it reads: a typed result that prints as a table, English or Chinese."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from hf_sft_builders.errors import UnknownName
from hf_sft_builders.terminal import display_width


@dataclass
class Measures:
    """One dataset."""

    rows: int = 0
    characters: float = 0.0
    """Mean per row of what is compared."""
    distinct_1: float = 0.0
    distinct_2: float = 0.0
    distinct_3: float = 0.0
    """Shares of different n-grams, in samples of as many rows of both datasets."""
    self_bleu: float = 0.0
    """0 all different, 1 all the same; on a sample."""
    near_duplicates: float = 0.0
    """Share of rows that repeat another row, exactly or nearly."""
    labels: dict[str, int] = field(default_factory=dict)
    """Label → rows; empty without labels."""
    balance: float | None = None
    """Entropy of the labels over the largest possible: 1 all as frequent, 0 one only."""
    conflicts: float | None = None
    """Share of rows that repeat another row and have another label."""
    trained_on: int | None = None
    """Rows that the classifier learnt from."""
    accuracy: float | None = None
    macro_f1: float | None = None


_NAMES = {
    "rows": ("rows", "行数"),
    "characters": ("characters per row", "每行字符数"),
    "distinct_1": ("distinct-1", "distinct-1（不同单元占比）"),
    "distinct_2": ("distinct-2", "distinct-2（不同二元组占比）"),
    "distinct_3": ("distinct-3", "distinct-3（不同三元组占比）"),
    "self_bleu": ("self-BLEU (less is more varied)", "self-BLEU（越低越多样）"),
    "near_duplicates": ("near-duplicates", "近似重复占比"),
    "balance": ("label balance", "标签均衡度"),
    "conflicts": ("repeats with another label", "重复却标签不同的占比"),
    "trained_on": ("rows the classifier learnt from", "分类器训练行数"),
    "accuracy": ("classifier: accuracy", "分类器：准确率"),
    "macro_f1": ("classifier: macro F1", "分类器：宏平均 F1"),
}
_WORDS = {
    "en": ("", "before", "after", "change"),
    "zh": ("", "之前", "之后", "变化"),
}
_NOTES = {
    "flips": (
        "{rows:,} of the rows after ({share:.1%}) are nearly a row before but have another label.",
        "之后的数据中有 {rows:,} 行（{share:.1%}）与之前的某行近似，标签却不同。",
    ),
    "held_out": (
        "Scored on the same {held:,} held-out rows; {kin:,} rows after that are these or come "
        "from these were not learnt from.",
        "两个分类器在同样的 {held:,} 行留出数据上打分；之后的数据中有 {kin:,} 行就是这些行或源自它们，"
        "未用于训练。",
    ),
    "no_classifier": ("No classifier: {why}.", "未训练分类器：{why}。"),
}
REASONS = {
    "labels": ("there is no column of labels (label=…)", "没有标签列（label=…）"),
    "one": ("there are fewer than two labels to learn", "可学的标签不足两种"),
    "held": ("no rows could be held out", "没有可以留出的行"),
}
"""Why no classifier was trained, in both languages."""


@dataclass
class Comparison:
    """Two datasets, such as before and after an augmentation."""

    before: Measures
    after: Measures
    label: str | None = None
    """The column of labels."""
    label_flips: int | None = None
    """Rows after that are nearly a row before and have another label."""
    held_out: int = 0
    """Rows that both classifiers are scored on."""
    kin: int = 0
    """Rows after that are held out or come from such rows, and were not learnt from."""
    no_classifier: str = ""
    """Why none was trained: a key of `REASONS`."""

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON can say it."""
        return asdict(self)

    def __str__(self) -> str:
        return self.table()

    def table(self, language: str = "en") -> str:
        """Give it as a table for people.

        Args:
            language: "en" or "zh".

        Raises:
            UnknownName: for another language.
        """
        if language not in _WORDS:
            raise UnknownName("language", language, _WORDS)
        which = list(_WORDS).index(language)
        lines = [_WORDS[language]]
        for name, words in _NAMES.items():
            old, new = getattr(self.before, name), getattr(self.after, name)
            if old is not None or new is not None:
                lines.append((words[which], _shown(old), _shown(new), _change(old, new)))
        width = max(display_width(line[0]) for line in lines)
        told = [
            _padded(line[0], width) + "".join(_right(c, 10) for c in line[1:]) for line in lines
        ]
        return "\n".join([*told, *self._notes(which)])

    def _notes(self, which: int) -> list[str]:
        notes = []
        if self.label_flips is not None:
            share = self.label_flips / max(1, self.after.rows)
            notes.append(_NOTES["flips"][which].format(rows=self.label_flips, share=share))
        if self.no_classifier:
            why = REASONS[self.no_classifier][which]
            return [*notes, _NOTES["no_classifier"][which].format(why=why)]
        return [*notes, _NOTES["held_out"][which].format(held=self.held_out, kin=self.kin)]


def _shown(value: float | None) -> str:
    if value is None:
        return "–"
    return (
        f"{value:,}" if isinstance(value, int) else f"{value:.3f}" if value <= 1 else f"{value:.1f}"
    )


def _change(old: float | None, new: float | None) -> str:
    if old is None or new is None:
        return ""
    change = new - old
    if isinstance(change, int):
        return f"{change:+,}"
    return f"{change:+.3f}" if max(old, new) <= 1 else f"{change:+.1f}"


def _padded(text: str, width: int) -> str:
    return text + " " * (width - display_width(text))


def _right(text: str, width: int) -> str:
    return " " * max(1, width - display_width(text)) + text
