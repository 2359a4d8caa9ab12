"""What holds for all pairs of the extractive model, and its golden pairs.

To renew a golden file, write what `_lines` gives for the text, and read every line of the
difference: a pair that nobody would pay for is a mistake in the rules.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hf_sft_builders.synthesis.extractive import FINDERS, find_pairs
from hf_sft_builders.synthesis.extractive.pairs import Pair, distinct
from hf_sft_builders.synthesis.extractive.sections import sections

TEXTS = sorted((Path(__file__).parent / "texts").glob("*.md"))
GOLDEN = sorted((Path(__file__).parent / "texts").glob("*.jsonl"))

MARKS = "# |## |### 云溪塔\n|- |1. |\n|\n\n|：|: |**|“|”|（|。|？|. |```|> |第三条 |Q: |A: |<!--|-->|---\n"
WORDS = "门票：80元|Price: $5|是一种|是指| is a | means |A pump|云溪|概述|The Acme 40|包括以下：|includes:"
ODD = ["| a | b |\n|---|---|\n", "| ", "|", "\\|", "　", "\t", "\r\n", "\u2028", "😀"]
PIECES = st.sampled_from([*MARKS.split("|"), *WORDS.split("|"), *ODD])
ANY_TEXT = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=40).map("".join)


def _check(text, pairs):
    assert all(text[pair.start : pair.end] == pair.answer for pair in pairs)
    assert all(pair.answer and pair.answer == pair.answer.strip() for pair in pairs)
    assert all(pair.question.endswith(("?", "？")) for pair in pairs)
    assert len({pair.question.casefold() for pair in pairs}) == len(pairs)
    assert len({(pair.start, pair.end) for pair in pairs}) == len(pairs)


@settings(max_examples=300, deadline=None)
@given(
    text=ANY_TEXT, headings=st.lists(st.text(max_size=8), max_size=3), title=st.text(max_size=12)
)
def test_any_text_gives_spans_of_itself(text, headings, title):
    """No text fails, every answer is its span, no question and no answer comes twice."""
    found = find_pairs(text, headings=tuple(headings), title=title)
    _check(text, found)
    assert found == find_pairs(text, headings=tuple(headings), title=title)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_chunk_cut_anywhere_gives_spans_of_itself(data):
    """A real text cut at any two places fails nowhere."""
    text = data.draw(st.sampled_from(TEXTS)).read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(text)))
    chunk = text[start : data.draw(st.integers(start, len(text)))]
    _check(chunk, find_pairs(chunk, headings=("A", "云溪塔"), title="云溪旅行指南"))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_cut_off_is_no_answer(data):
    """A passage or definition found in a chunk that lacks the end is a whole one of the text."""
    text = data.draw(st.sampled_from(TEXTS)).read_text(encoding="utf-8")
    chunk = text[: data.draw(st.integers(1, len(text)))]
    for pair in find_pairs(chunk):
        if pair.kind in ("definition", "passage") and pair.end < len(chunk.rstrip()):
            assert pair.answer[-1] in "。.！!？?；;”’)）*\"'", pair


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_questions_of_the_sample_texts_name_their_subject(path):
    """No question of a sample text points at "this", "it" or "here"."""
    text = path.read_text(encoding="utf-8")
    pairs = find_pairs(text)
    _check(text, pairs)
    words = {word for pair in pairs for word in pair.question.lower().strip("?").split()}
    assert not words & {"this", "that", "it", "these", "here", "its"}
    pointing = ("本文", "该段", "这里", "它")
    assert not any(word in pair.question for pair in pairs for word in pointing)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name)
def test_golden_pairs(path):
    """The pairs of a sample text are those that were read and found good."""
    text = path.with_name(path.name.replace(".pairs.jsonl", ".md")).read_text(encoding="utf-8")
    assert path.read_text(encoding="utf-8").splitlines() == _lines(text)


def _lines(text):
    return [
        json.dumps([pair.kind, pair.question, pair.answer], ensure_ascii=False)
        for pair in find_pairs(text)
    ]


def test_there_are_golden_pairs_in_both_languages():
    """A golden file that is not found would pass unseen."""
    assert [path.name.split(".")[1] for path in GOLDEN] == ["en", "zh"]


def test_each_finder_finds_something_in_the_sample_texts():
    """A finder in the tuple that never finds anything is not wired."""
    texts = [path.read_text(encoding="utf-8") for path in TEXTS]
    held = [section for text in texts for section in sections(text, (), "", "")]
    idle = [find.__name__ for find in FINDERS if not any(list(find(section)) for section in held)]
    assert idle == []


def test_the_more_specific_of_two_pairs_is_kept():
    """Of the same question, and of the same answer, the first given stays."""
    first = Pair("A?", "x", 5, 6, "definition")
    given = [first, Pair("a?", "y", 0, 1, "list"), Pair("B?", "x", 5, 6, "passage")]
    assert distinct(given) == [first]


def test_the_wish_for_a_language_is_heard():
    """A text with words of both scripts is asked for in the language that was named."""
    text = "# Acme 40\n\nWeight: 12 kg\n"
    assert [pair.question for pair in find_pairs(text, language="en")] == [
        "What is the weight of Acme 40?"
    ]


def test_a_title_from_outside_is_used():
    """The title that a chunk cannot hold anchors its questions."""
    text = "## 年休假\n\n员工连续工作满一年的，享受带薪年休假，天数按累计工作年限确定。\n"
    (found,) = find_pairs(text, headings=("年休假",), title="云帆休假管理制度")
    assert found.question == "《云帆休假管理制度》对年休假是怎么规定的？"
