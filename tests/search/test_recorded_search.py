"""The searches that the documentation shows are what a user sees."""

import re
import shlex
from pathlib import Path

import pytest

from hf_sft_builders.cli import main

DOCS = Path(__file__).parent.parent.parent / "docs"
_BLOCK = re.compile(r"```console\n\$ hf-sft (search [^\n]*)\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", ["search.md", "search.zh-CN.md"])
def test_recorded_searches_are_true(servers, capsys, monkeypatch, page):
    """Run again, each gives the recorded text, to the letter."""
    monkeypatch.setenv("COLUMNS", "150")
    recorded = _BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    assert 2 == len(recorded)
    for command, output in recorded:
        assert 0 == main(shlex.split(command))
        assert output == capsys.readouterr().out
