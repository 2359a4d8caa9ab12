"""What a card tells of each config: rows, fields, how they were made, how to train on them.

A dataset of one config reads as one page. Where there are several, each section has a heading for
each config, unless it would say the same of all.
"""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hf_sft_builders.publishing.card_fields import fields_table
from hf_sft_builders.publishing.card_numbers import (
    FOLDER,
    labels,
    numbers,
    picture_lines,
    steps_table,
)
from hf_sft_builders.publishing.card_prose import summary
from hf_sft_builders.publishing.card_tables import making, one_row
from hf_sft_builders.publishing.card_words import Say, chinese, in_chinese
from hf_sft_builders.publishing.escaping import inline, json_fence, one_line
from hf_sft_builders.publishing.facts import Facts
from hf_sft_builders.publishing.license_verdict import Verdict
from hf_sft_builders.publishing.parquet_files import DEFAULT, SplitFiles
from hf_sft_builders.publishing.reporting import Report
from hf_sft_builders.publishing.templates import has_template, render


@dataclass(frozen=True)
class Part:
    """One config."""

    facts: Facts
    verdict: Verdict
    splits: Sequence[SplitFiles]
    example: Mapping[str, Any]
    """Its first row, as published."""
    report: Report | None = None

    @property
    def config(self) -> str:
        """Its name."""
        return self.splits[0].config


@dataclass(frozen=True)
class Place:
    """Where the dataset will be read from."""

    folder: str
    """The folder's name; for a repository, the name that it gets when it is downloaded."""
    repository: str = ""
    """`user/name`; empty for a folder."""
    site: str = "hub"
    """`hub` or `modelscope`, where `load_dataset` reads a copy that was downloaded first."""

    @property
    def address(self) -> str:
        """What `load_dataset` is given."""
        return self.repository if self.on_hub else f"./{self.folder}"

    @property
    def on_hub(self) -> bool:
        """Whether `load_dataset` fetches it by itself."""
        return bool(self.repository) and self.site == "hub"


def told(parts: Sequence[Part], tell: Callable[[Part], str]) -> str:
    """Give what is told of the parts: under a heading for each, where it is not the same of all."""
    texts = [tell(part) for part in parts]
    if len(set(texts)) < 2:
        return texts[0]
    return "\n\n".join(
        f"### `{part.config}`\n\n{text}" for part, text in zip(parts, texts, strict=True) if text
    )


def data_page(parts: Sequence[Part], language: str, say: Say) -> str:
    """Numbers, pictures, labels, the first row and the fields of each part."""
    several = len(parts) > 1
    return told(parts, lambda part: _data(part, several, language, say))


def _data(part: Part, several: bool, language: str, say: Say) -> str:
    report = part.report
    blocks = [
        summary(part.facts, say) if several else "",
        numbers(report, say) if report else "",
        picture_lines(report, language, say, picture_folder(part)) if report else "",
        labels(report, say) if report else "",
        say(_FIRST_ROW),
        json_fence(one_row(part.example)),
        fields_table(part.facts.features, say),
        _relative(part, say),
    ]
    return "\n\n".join(filter(None, blocks))


def _relative(part: Part, say: Say) -> str:
    columns = dict.fromkeys(name for split in part.splits for name in split.relative)
    if not columns:
        return ""
    named = ", ".join(f"`{inline(name, 80)}`" for name in columns)
    return say(_BESIDE, columns=named)


_BESIDE = (
    "Files of {columns} lie beside the rows, in `media/`; their paths are relative to the folder of "
    "this dataset, so download all of it to use them."
)
_FIRST_ROW = (
    "The first row; long texts are cut with `…`, and empty parts of the provenance left out:"
)


def picture_folder(part: Part) -> str:
    """Where the pictures of a part lie, beside the card."""
    return FOLDER if part.config == DEFAULT else f"{FOLDER}/{part.config}"


def made(part: Part, say: Say) -> str:
    """How a part came about."""
    report = part.report
    return making(part.facts, say) + (steps_table(report, part.facts.names, say) if report else "")


def licenses_of_parts(parts: Sequence[Part], say: Say) -> str:
    """One line for each config, where their licenses differ."""
    if len({part.verdict.ids for part in parts}) < 2:
        return ""
    lines = (
        say("- Config {name}: {ids}", name=f"`{part.config}`", ids=_ids(part)) for part in parts
    )
    return "\n\n" + "\n".join(lines)


def _ids(part: Part) -> str:
    return ", ".join(f"`{license_id}`" for license_id in part.verdict.ids)


def load_lines(parts: Sequence[Part], place: Place) -> str:
    """A line for each part that loads it."""
    return "\n".join(f"{_variable(part)} = {load_call(part, place)}" for part in parts)


def _variable(part: Part) -> str:
    name = re.sub(r"\W", "_", part.config)
    fit = name.isascii() and name.isidentifier() and not keyword.iskeyword(name)
    return name if fit and part.config != DEFAULT else "ds"


def load_call(part: Part, place: Place) -> str:
    """The call that loads a part's first split."""
    named = f", {quoted(part.config)}" if part.config != DEFAULT else ""
    split = quoted(part.splits[0].split)
    return f"load_dataset({quoted(place.address)}{named}, split={split})"


def training(parts: Sequence[Part], place: Place, say: Say) -> str:
    """How to train on each part whose format a trainer reads; empty for none."""
    pages = {part.config: page for part in parts if (page := _training(part, place, say))}
    if len(parts) == 1 or not pages:
        return "".join(pages.values())
    head = next(iter(pages.values())).partition("\n")[0]
    return "\n\n".join(
        [
            head,
            *(
                f"### `{name}`\n\n{page.partition(chr(10))[2].strip()}"
                for name, page in pages.items()
            ),
        ]
    )


def _training(part: Part, place: Place, say: Say) -> str:
    name = f"training/{part.facts.format}"
    if not part.facts.format or not has_template(name):
        return ""
    first = part.splits[0]
    named = f", {quoted(part.config)}" if part.config != DEFAULT else ""
    single = len(first.files) == 1 and not place.repository
    values = {
        "folder": quoted(place.address) + named,
        "split": quoted(first.split),
        "entry": quoted(_entry(part, place)),
        "place": _place_for_llamafactory(part, place, single),
        "directory": quoted(f"./{place.folder}") if single else "…",
    }
    page = render(name, values).rstrip("\n")
    return in_chinese(page) if say is chinese else page


def _entry(part: Part, place: Place) -> str:
    named = place.folder if part.config == DEFAULT else f"{place.folder}_{part.config}"
    return re.sub(r"\W+", "_", named).strip("_") or "dataset"


def _place_for_llamafactory(part: Part, place: Place, single: bool) -> str:
    first = part.splits[0]
    if single:
        return f'"file_name": {quoted(first.files[0])}'
    key = "ms_hub_url" if place.site == "modelscope" else "hf_hub_url"
    subset = f', "subset": {quoted(part.config)}' if part.config != DEFAULT else ""
    repository = quoted(place.repository or "user/name")
    return f'"{key}": {repository}{subset}, "split": {quoted(first.split)}'


def quoted(text: str) -> str:
    """Give a text as a string of Python and JSON alike, on one line."""
    return json.dumps(one_line(text, 300), ensure_ascii=False)
