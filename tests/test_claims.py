"""Figures of the documentation are those of the code: defaults, limits and what is found by chance."""

import ast
import random
import re
from dataclasses import fields
from pathlib import Path

import pytest

from hf_sft_builders.builders.options import ConversationConfig
from hf_sft_builders.documents import archive, images, picture_sending
from hf_sft_builders.ledger import MAX_FAILURES
from hf_sft_builders.publishing import hub_repository, parquet_files
from hf_sft_builders.quality import repetition_gate
from hf_sft_builders.quality.personal_data import KINDS, find_personal_data
from hf_sft_builders.sources import catalogue_http
from hf_sft_builders.sources.catalogues import CATALOGUES

ROOT = Path(__file__).parent.parent
NUMBERS = {9: ("nine", "九")}


def page(name):
    """Give a page's text."""
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_defaults_are_those_of_the_code(readme):
    """Each default of the table of options is the one of its field; several in a row keep their order."""
    told = {}
    for names, defaults in re.findall(r"^\| ((?:`\w+`[,、 ]*)+)\| ([^|]+) \|", page(readme), re.M):
        options, values = re.findall(r"`(\w+)`", names), re.split(r"[,、]\s*", defaults)
        told |= dict(zip(options, (value.strip("` ") for value in values), strict=False))
    known = {field.name: field.default for field in fields(ConversationConfig)}
    shown = {name: value for name, value in told.items() if name in known and value[:1].strip()}
    shown = {name: value for name, value in shown.items() if re.match(r'[\d"TF]', value)}
    assert {"chunk_size", "max_memory_mb", "splitter", "provenance", "format"} <= shown.keys()
    assert {name: known[name] for name in shown} == {
        name: ast.literal_eval(value) for name, value in shown.items()
    }


_NINE_EN, _NINE_ZH = NUMBERS[len(CATALOGUES)]
FIGURES = [
    ("README.md", f"{_NINE_EN.capitalize()} catalogues"),
    ("README.zh-CN.md", f"{_NINE_ZH}个目录"),
    ("docs/search.md", f"{_NINE_EN} catalogues at once, each for up to {catalogue_http.TIMEOUT:g} seconds"),
    ("docs/search.zh-CN.md", f"{catalogue_http.TIMEOUT:g} 秒"),
    ("README.md", f"({MAX_FAILURES:.0%} after 20 rows)".replace("%", " %")),
    ("docs/readers.md", f"{archive.MAX_MEMBERS:,} members, {archive.MAX_UNPACKED >> 30} GB"),
    ("docs/readers.md", f"{images.MAX_PIXELS // 10**6} megapixels"),
    ("docs/media.md", f"`max_side` ({picture_sending.MAX_SIDE} pixels)"),
    ("docs/media.zh-CN.md", f"{picture_sending.MAX_SIDE} 像素"),
    ("docs/scale.md", f"each {parquet_files.SHARD_BYTES // 10**6} MB of Arrow"),
    ("docs/scale.md", f"{hub_repository.FILES_PER_COMMIT} files a commit"),
    ("docs/scale.zh-CN.md", f"{hub_repository.FILES_PER_COMMIT} 个文件"),
    ("docs/gates.md", f"a character {repetition_gate._LONGEST_RUN} times in a row"),
    ("docs/gates.md", f"fewer than {repetition_gate._FEWEST} words"),
    ("docs/gates.zh-CN.md", f"连续 {repetition_gate._LONGEST_RUN} 次"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "words"), FIGURES)
def test_limits_are_those_of_the_code(name, words):
    """A page says the number that the code holds."""
    assert words in page(name)


@pytest.mark.parametrize(("digits", "percent"), [(11, 6), (16, 2), (18, 0.2), (19, 1)])
def test_chance_hits_of_personal_data_are_as_often_as_is_said(digits, percent):
    """Of random digits, so many in a hundred look like a number of a person: `docs/gates.md`."""
    assert "0.2 % of those with 18, 1 % with 19 and 2 % with 16" in page("docs/gates.md")
    assert "of random 11 digits, 6 % look like a mobile number" in page("docs/gates.md")
    drawn, tries = random.Random(7), 10_000
    texts = ("".join(drawn.choices("0123456789", k=digits)) for _ in range(tries))
    found = 100 * sum(bool(find_personal_data(text, KINDS)) for text in texts) / tries
    assert 0.6 * percent < found < 1.6 * percent
