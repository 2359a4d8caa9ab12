"""The words are true: each code block runs, each component has its row."""

import re
import shutil
from pathlib import Path

import pytest
from conftest import EXAMPLES

import hf_sft_builders as sft

ROOT = Path(__file__).parent.parent
PAGES = [
    *("README.md", "README.zh-CN.md", "CONTRIBUTING.md"),
    *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md"))),
]
_BLOCK = re.compile(r"(<!-- not run: [^\n]*-->\n)?```python\n(.*?)```", re.DOTALL)


def blocks(page):
    """Give the Python blocks of a page that can run here."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [code for skipped, code in _BLOCK.findall(text) if not skipped]


@pytest.mark.parametrize("page", PAGES)
def test_every_code_block_runs(page, tmp_path, monkeypatch):
    """The Python blocks of a page run from top to bottom, in a fresh folder with the examples."""
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    names = {}
    for code in blocks(page):
        exec(compile(code, page, "exec"), names)


@pytest.mark.parametrize("page", ("README.md", "README.zh-CN.md"))
def test_every_component_has_its_row(page):
    """Each builder, format and reader stands in the tables."""
    from hf_sft_builders.documents import readable_suffixes

    text = (ROOT / page).read_text(encoding="utf-8")
    from hf_sft_builders.synthesis import OPS

    for name in (*sft.list_builders(), *sft.list_formats(), *readable_suffixes(), *OPS):
        assert f"`{name}`" in text


@pytest.mark.parametrize("page", ("README.md", "README.zh-CN.md"))
def test_every_option_has_its_row(page):
    """Each option of the builders stands in the table."""
    from dataclasses import fields

    from hf_sft_builders.builders import options

    text = (ROOT / page).read_text(encoding="utf-8")
    known = {field.name for field in fields(options.ConversationConfig)} - options.INTERNAL_FIELDS
    for name in known | set(options.RUNTIME_OPTIONS):
        assert f"`{name}`" in text


def test_both_languages_show_the_same_code():
    """The Chinese README has the blocks of the English one, comments aside."""

    def bare(page):
        return [re.sub(r"\s*#.*", "", code) for code in blocks(page)]

    assert bare("README.md") == bare("README.zh-CN.md")


TWINS = [  # `acceptance.md` is for those who change this package
    *(page for page in PAGES if page.startswith("docs/") and not page.endswith(".zh-CN.md"))
]
TWINS.remove("docs/acceptance.md")


@pytest.mark.parametrize("page", TWINS)
def test_every_page_has_its_chinese_twin(page):
    """As many headings, rows of tables and blocks of code: what one page gained, the other has."""

    def shape(name):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        return [sum(line.startswith(mark) for line in lines) for mark in ("#", "|", "```", "- ")]

    twin = page.removesuffix(".md") + ".zh-CN.md"
    assert shape(page) == shape(twin)
    for here, there in ((page, twin), (twin, page)):
        assert f"({Path(there).name})" in (ROOT / here).read_text(encoding="utf-8")
