"""The card: metadata and a page that tells what the rows are and how they came about.

Which page depends on the rows: `conversation.md` for those that a trainer reads, `rows.md` for all
others. The words are in the templates; this module fills them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hf_sft_builders.publishing.card_metadata import front_matter, front_matter_text, validate
from hf_sft_builders.publishing.card_numbers import reviewed
from hf_sft_builders.publishing.card_parts import (
    Part,
    Place,
    data_page,
    licenses_of_parts,
    load_call,
    load_lines,
    made,
    told,
    training,
)
from hf_sft_builders.publishing.card_prose import citation, limits, lower_headings, summary
from hf_sft_builders.publishing.card_tables import (
    left_out,
    papers_list,
    sources_table,
    splits_table,
)
from hf_sft_builders.publishing.card_words import (
    Say,
    chinese,
    english,
    of_license,
    require_language,
)
from hf_sft_builders.publishing.escaping import inline
from hf_sft_builders.publishing.facts import EXTRACTIVE, Facts
from hf_sft_builders.publishing.license_verdict import Verdict
from hf_sft_builders.publishing.modelscope_card import modelscope_metadata
from hf_sft_builders.publishing.parquet_files import SplitFiles
from hf_sft_builders.publishing.reporting import Report
from hf_sft_builders.publishing.templates import render


@dataclass(frozen=True)
class Card:
    """All that a card is made from."""

    facts: Facts
    """Of all configs together."""
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
    """`user/name` where it stands on a hub; empty for a folder."""
    site: str = "hub"
    """Which hub: `hub` or `modelscope`."""
    configs: Sequence[Part] = ()
    """What is told of each config, where there are several."""

    @property
    def parts(self) -> Sequence[Part]:
        """The configs; one where all rows are of one."""
        one = Part(self.facts, self.verdict, self.splits, self.example, self.report)
        return self.configs or (one,)

    @property
    def place(self) -> Place:
        """Where it will be read from."""
        return Place(self.folder, self.repository, self.site)

    def text(self) -> str:
        """Write README.md.

        Raises:
            PublishError: if the Hub would refuse the metadata.
            UnknownName: for a language that cards are not written in.
        """
        language = require_language(self.language)
        metadata = front_matter(self.facts, self.verdict, self.title, self.splits)
        validate(metadata)
        if self.site == "modelscope":
            metadata = modelscope_metadata(metadata)
        body = self._body("zh") if language == "zh" else self._body("en")
        return front_matter_text(metadata) + "\n" + body.rstrip("\n") + "\n"

    @property
    def picture_languages(self) -> tuple[str, ...]:
        """The languages that the card's pictures are needed in."""
        return {"zh": ("zh",), "both": ("en", "zh")}.get(self.language, ("en",))

    def _body(self, language: str) -> str:
        family = "conversation" if self.facts.formats else "rows"
        if language == "zh":
            return render(f"{family}.zh", self._values("zh", chinese))
        return render(family, {**self._values("en", english), **self._both()})

    def _values(self, language: str, say: Say) -> dict[str, str]:
        facts, parts = self.facts, self.parts
        below = bool(facts.names.private_prefix)
        return {
            "title": inline(self.title),
            "summary": summary(facts, say),
            "splits": splits_table(self.splits, say),
            "data": data_page(parts, language, say),
            "making": told(parts, lambda part: made(part, say)),
            "left_out": told(parts, lambda part: left_out(part.facts.ledger, say)),
            "sources": told(parts, lambda part: sources_table(part.facts.sources, below, say))
            + papers_list(facts.papers, say),
            "license": self._license(say) + licenses_of_parts(parts, say),
            "fetch": self._fetch(say),
            "load": load_lines(parts, self.place),
            "onward": "" if self.repository else _ONWARD,
            "training": training(parts, self.place, say),
            "limits": self._limits(say),
            "citation": citation(self.title, self.folder, facts, say),
        }

    def _fetch(self, say: Say) -> str:
        if self.site != "modelscope":
            return ""
        command = f"modelscope download --dataset {self.repository} --local_dir ./{self.folder}"
        return say("Download it first (`pip install modelscope`): `{command}`", command=command)

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

    def _license(self, say: Say) -> str:
        ids = ", ".join(f"`{license_id}`" for license_id in self.verdict.ids)
        gap = "" if say is chinese else " "
        words = gap.join(of_license(sentence, say) for sentence in self.verdict.sentences)
        stop = "。" if say is chinese else ". "
        told = f"{ids}{stop}{inline(words, 2000)}{gap}{say('See [LICENSE](LICENSE).')}"
        asked = (f"- {inline(of_license(line, say), 500)}" for line in self.verdict.obligations)
        return "\n".join([told, *([""] if self.verdict.obligations else []), *asked])

    def _limits(self, say: Say) -> str:
        seen = [reviewed(part.report, say) for part in self.parts if part.report]
        return limits(self.facts, " ".join(filter(None, seen)), say)

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
            "training": "；训练方法见下文 “Train on it”" if facts.formats else "",
            "load": load_call(self.parts[0], self.place),
        }
        return render("summary.zh", values).rstrip("\n")


_ONWARD = """
To put them on the Hub: `hf-sft publish <this folder> user/name`, then load `user/name`."""
_MAKERS_ZH = {EXTRACTIVE: "未使用语言模型，答案逐字摘自原文"}
