"""The card: metadata and a page that tells what the rows are and how they came about.

Which page depends on the rows: `conversation.md` for those that a trainer reads, `rows.md` for all
others. The words are in the templates; this module fills them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hf_sft_builders.publishing.card_metadata import front_matter, front_matter_text, validate
from hf_sft_builders.publishing.card_numbers import (
    labels,
    numbers,
    picture_lines,
    reviewed,
    steps_table,
)
from hf_sft_builders.publishing.card_prose import citation, limits, lower_headings, summary
from hf_sft_builders.publishing.card_tables import (
    fields_of_others,
    fields_table,
    left_out,
    making,
    one_row,
    papers_list,
    sources_table,
    splits_table,
)
from hf_sft_builders.publishing.card_words import (
    Say,
    chinese,
    english,
    in_chinese,
    of_license,
    require_language,
)
from hf_sft_builders.publishing.escaping import inline, json_fence, one_line
from hf_sft_builders.publishing.facts import EXTRACTIVE, Facts
from hf_sft_builders.publishing.license_verdict import Verdict
from hf_sft_builders.publishing.parquet_files import DEFAULT, SplitFiles
from hf_sft_builders.publishing.reporting import Report
from hf_sft_builders.publishing.templates import has_template, render


@dataclass(frozen=True)
class Card:
    """All that a card is made from."""

    facts: Facts
    verdict: Verdict
    title: str
    folder: str
    """The folder's name, for the lines that load it."""
    splits: Sequence[SplitFiles]
    example: Mapping[str, Any]
    """The first row, as published."""
    report: Report | None = None
    """Lengths, labels and repeats of the rows; a card without it does not tell them."""
    language: str = "auto"
    """`en`, `zh`, `both`, or `auto`: English, with a Chinese summary where rows are Chinese."""
    repository: str = ""
    """`user/name` where it stands on the Hub; empty for a folder."""

    def text(self) -> str:
        """Write README.md.

        Raises:
            PublishError: if the Hub would refuse the metadata.
            UnknownName: for a language that cards are not written in.
        """
        language = require_language(self.language)
        metadata = front_matter(self.facts, self.verdict, self.title, self.splits)
        validate(metadata)
        body = self._body("zh") if language == "zh" else self._body("en")
        return front_matter_text(metadata) + "\n" + body.rstrip("\n") + "\n"

    @property
    def picture_languages(self) -> tuple[str, ...]:
        """The languages that the card's pictures are needed in."""
        return {"zh": ("zh",), "both": ("en", "zh")}.get(self.language, ("en",))

    def _body(self, language: str) -> str:
        family = "conversation" if self.facts.format else "rows"
        if language == "zh":
            return render(f"{family}.zh", self._values("zh", chinese))
        return render(family, {**self._values("en", english), **self._both()})

    def _values(self, language: str, say: Say) -> dict[str, str]:
        facts = self.facts
        return {
            "title": inline(self.title),
            "summary": summary(facts, say),
            "splits": splits_table(self.splits, say),
            **self._numbers(language, say),
            "example": json_fence(one_row(self.example)),
            "fields": self._fields(say),
            "making": making(facts, say) + self._steps(say),
            "left_out": left_out(facts.ledger, say),
            "sources": sources_table(facts.sources, bool(facts.names.private_prefix), say)
            + papers_list(facts.papers, say),
            "license": self._license(say),
            "folder": self._address(),
            "split": _quoted(self.splits[0].split),
            "onward": "" if self.repository else _ONWARD,
            "training": self._training(say),
            "limits": self._limits(say),
            "citation": citation(self.title, self.folder, facts, say),
        }

    def _address(self) -> str:
        """What `load_dataset` is given: folder or repository, and the config where it needs one."""
        config = self.splits[0].config
        named = f", {_quoted(config)}" if config != DEFAULT else ""
        return _quoted(self.repository or f"./{self.folder}") + named

    def _fields(self, say: Say) -> str:
        others = fields_of_others(self.splits, say)
        return fields_table(self.facts.features, say) + (f"\n\n{others}" if others else "")

    def _both(self) -> dict[str, str]:
        """Give what of a second language stands on an English card."""
        parts = {"chinese_summary": "", "chinese": ""}
        if self.language == "auto" and "zh" in self.facts.languages:
            parts["chinese_summary"] = self._chinese()
        if self.language == "both":
            parts["chinese_summary"] = "[中文说明](#中文说明)"
            whole = self._body("zh").partition("\n")[2]
            parts["chinese"] = "## 中文说明\n" + lower_headings(whole).rstrip("\n")
        return parts

    def _numbers(self, language: str, say: Say) -> dict[str, str]:
        if self.report is None:
            return dict.fromkeys(("numbers", "pictures", "labels"), "")
        return {
            "numbers": numbers(self.report, say),
            "pictures": picture_lines(self.report, language, say),
            "labels": labels(self.report, say),
        }

    def _steps(self, say: Say) -> str:
        return steps_table(self.report, self.facts.names, say) if self.report else ""

    def _license(self, say: Say) -> str:
        ids = ", ".join(f"`{license_id}`" for license_id in self.verdict.ids)
        gap = "" if say is chinese else " "
        words = gap.join(of_license(sentence, say) for sentence in self.verdict.sentences)
        stop = "。" if say is chinese else ". "
        told = f"{ids}{stop}{inline(words, 2000)}{gap}{say('See [LICENSE](LICENSE).')}"
        asked = (f"- {inline(of_license(line, say), 500)}" for line in self.verdict.obligations)
        return "\n".join([told, *([""] if self.verdict.obligations else []), *asked])

    def _training(self, say: Say) -> str:
        name = f"training/{self.facts.format}"
        if not self.facts.format or not has_template(name):
            return ""
        first = self.splits[0]
        single = len(first.files) == 1 and not self.repository
        on_hub = _quoted(self.repository or "user/name")
        values = {
            "folder": self._address(),
            "split": _quoted(first.split),
            "entry": _quoted(re.sub(r"\W+", "_", self.folder).strip("_") or "dataset"),
            "place": f'"file_name": {_quoted(first.files[0])}'
            if single
            else f'"hf_hub_url": {on_hub}, "split": {_quoted(first.split)}',
            "directory": _quoted(f"./{self.folder}") if single else "…",
        }
        page = render(name, values).rstrip("\n")
        return in_chinese(page) if say is chinese else page

    def _limits(self, say: Say) -> str:
        seen = reviewed(self.report, say) if self.report else ""
        return limits(self.facts, seen, say)

    def _chinese(self) -> str:
        facts = self.facts
        maker = next((words for name, words in _MAKERS_ZH.items() if name in facts.models), None)
        models = "、".join(inline(model, 80) for model in facts.models)
        known = "、".join(self.verdict.ids) if self.verdict.known else "未知，请勿假定可以使用"
        values = {
            "rows": f"{facts.total:,}",
            "sources": f"{len({s.name for s in facts.sources}):,}"
            if facts.sources
            else "未知数量的",
            "maker": maker or (f"由模型 {models} 生成" if models else "生成方式未知"),
            "license": known,
            "training": "；训练方法见下文 “Train on it”" if facts.format else "",
            "folder": self._address(),
            "split": _quoted(self.splits[0].split),
        }
        return render("summary.zh", values).rstrip("\n")


_ONWARD = """
To put them on the Hub: `hf-sft publish <this folder> user/name`, then load `user/name`."""
_MAKERS_ZH = {EXTRACTIVE: "未使用语言模型，答案逐字摘自原文"}


def _quoted(text: str) -> str:
    """Give a text as a string of Python and JSON alike, on one line."""
    return json.dumps(one_line(text, 300), ensure_ascii=False)
