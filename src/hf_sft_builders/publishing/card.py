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
from hf_sft_builders.publishing.card_tables import (
    fields_of_others,
    fields_table,
    left_out,
    making,
    one_row,
    papers_list,
    size,
    sources_table,
    splits_table,
)
from hf_sft_builders.publishing.escaping import inline, json_fence, one_line
from hf_sft_builders.publishing.facts import EXTRACTIVE, Facts
from hf_sft_builders.publishing.license_verdict import Verdict
from hf_sft_builders.publishing.parquet_files import DEFAULT, SplitFiles
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
    repository: str = ""
    """`user/name` where it stands on the Hub; empty for a folder."""

    def text(self) -> str:
        """Write README.md.

        Raises:
            PublishError: if the Hub would refuse the metadata.
        """
        metadata = front_matter(self.facts, self.verdict, self.title, self.splits)
        validate(metadata)
        family = "conversation" if self.facts.format else "rows"
        return front_matter_text(metadata) + "\n" + render(family, self._values())

    def _values(self) -> dict[str, str]:
        facts = self.facts
        return {
            "title": inline(self.title),
            "summary": _summary(facts),
            "chinese_summary": self._chinese() if "zh" in facts.languages else "",
            "splits": splits_table(self.splits),
            "example": json_fence(one_row(self.example)),
            "fields": self._fields(),
            "making": making(facts),
            "left_out": left_out(facts.ledger),
            "sources": sources_table(facts.sources, bool(facts.names.private_prefix))
            + papers_list(facts.papers),
            "license": self._license(),
            "folder": self._address(),
            "split": _quoted(self.splits[0].split),
            "onward": "" if self.repository else _ONWARD,
            "training": self._training(),
            "limits": _limits(facts),
        }

    def _address(self) -> str:
        """What `load_dataset` is given: folder or repository, and the config where it needs one."""
        config = self.splits[0].config
        named = f", {_quoted(config)}" if config != DEFAULT else ""
        return _quoted(self.repository or f"./{self.folder}") + named

    def _fields(self) -> str:
        others = fields_of_others(self.splits)
        return fields_table(self.facts.features) + (f"\n\n{others}" if others else "")

    def _license(self) -> str:
        ids = ", ".join(f"`{license_id}`" for license_id in self.verdict.ids)
        told = f"{ids}. {inline(' '.join(self.verdict.sentences), 2000)} See [LICENSE](LICENSE)."
        asked = (f"- {inline(line, 500)}" for line in self.verdict.obligations)
        return "\n".join([told, *([""] if self.verdict.obligations else []), *asked])

    def _training(self) -> str:
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
        return render(name, values).rstrip("\n")

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


def _summary(facts: Facts) -> str:
    form = f" in the format {inline(facts.format)}" if facts.format else ""
    files = len({source.name for source in facts.sources})
    origin = f", made from {files:,} document{'' if files == 1 else 's'}" if files else ""
    by = f" by `hf_sft_builders/{inline(facts.builder)}`" if facts.builder else ""
    unknown = "" if origin or by else ". Where they come from is not known"
    return f"{size(facts.total, 'row')}{form}{origin}{by}{unknown}."


def _limits(facts: Facts) -> str:
    told = ["Nothing here says that a person checked the rows one by one."]
    if EXTRACTIVE in facts.models:
        told.append(
            "Questions are made by rules from headings and wording, so some are stiff. "
            "An answer is as right, and as old, as the document it was copied from."
        )
    if [model for model in facts.models if model != EXTRACTIVE]:
        told.append("A language model wrote text in these rows; it can be wrong or made up.")
    told.append("Personal or confidential passages of the sources were not looked for or removed.")
    return "\n".join(f"- {sentence}" for sentence in told)


def _quoted(text: str) -> str:
    """Give a text as a string of Python and JSON alike, on one line."""
    return json.dumps(one_line(text, 300), ensure_ascii=False)
