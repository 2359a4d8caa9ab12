"""`sft.score_slots`: precision, recall and F1 of slots, BLEU-4 of replies."""

import json

import pytest

import hf_sft_builders as sft
from hf_sft_builders import errors


def row(reply, **slots):
    """A dialogue with one call and one reply."""
    calls = json.dumps([{"name": "search", "arguments": slots}], ensure_ascii=False)
    said = [
        ("user", "找酒店", ""),
        ("assistant", "", calls),
        ("tool", "[]", ""),
        ("assistant", reply, ""),
    ]
    return {
        "messages": [
            {"role": role, "content": text, "reasoning_content": "", "tool_calls": told}
            for role, text, told in said
        ],
        "tools": "[]",
    }


RIGHT = [row("云溪客栈，每晚320元。", price_range_upper=300, facilities=["健身房", "早餐"])]


def test_what_is_right_scores_one():
    """Numbers by value, lists in any order, width and case apart."""
    same = [row("云溪客栈，每晚320元。", price_range_upper=300.0, facilities=["早餐", "健身房"])]
    scores = sft.score_slots(same, RIGHT)
    assert (1, 1, 1, 1, 3, 1) == (
        scores.precision,
        scores.recall,
        scores.f1,
        scores.bleu4,
        scores.slots,
        scores.exact_calls,
    )


def test_each_slot_counts_by_itself():
    """One of three is missing, one is wrong: an inverted bound is wrong twice."""
    found = [row("云溪客栈，每晚320元。", price_range_lower=300, facilities=["健身房"])]
    scores = sft.score_slots(found, RIGHT)
    assert (1 / 2, 1 / 3) == (scores.precision, scores.recall)
    assert pytest.approx(0.4) == scores.f1
    assert (1, 0.5, pytest.approx(2 / 3)) == scores.by_slot["facilities"]
    assert 0 == scores.exact_calls


def test_bleu_is_that_of_the_formula():
    """Seven of eight characters: by hand, with the brevity penalty."""
    found = [row("一二三四五六七", a=1)]
    right = [row("一二三四五六七八", a=1)]
    import math

    assert pytest.approx(math.exp(1 - 8 / 7)) == sft.score_slots(found, right).bleu4
    assert 0 == sft.score_slots([row("甲乙丙丁", a=1)], right).bleu4


def test_broken_calls_have_no_slots():
    """A model's JSON that is none is a miss, no error; turns and rows must be as many."""
    broken = row("云溪客栈，每晚320元。")
    broken["messages"][1]["tool_calls"] = "[{"
    assert 0 == sft.score_slots([broken], RIGHT).recall
    with pytest.raises(errors.ConfigurationError, match="as many predictions"):
        sft.score_slots([], RIGHT)
    short = {**RIGHT[0], "messages": RIGHT[0]["messages"][:2]}
    with pytest.raises(errors.ConfigurationError, match="1 assistant turns"):
        sft.score_slots([short], RIGHT)
