"""`generate_reasoning`: only where thinking helps, and only where it holds."""

import json

import pytest
from chat_server import running
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.synthesis.reasoning_checks import results, wrong_equation

TOWN = "登塔的门票是每人 80 元。\n\n游船的船票是每人 100 元，六岁以下儿童免票。\n"
GOOD = {
    "question": "三个成人登塔一共要多少钱？",
    "steps": ["登塔每人 80 元。", "三个人就是 80×3=240 元。"],
    "answer": "一共要 240 元。",
    "evidence": ["登塔的门票是每人 80 元"],
}
QA = [
    {"role": "user", "content": "三个成人登塔一共要多少钱？"},
    {"role": "assistant", "content": "240 元"},
]


def asks(*questions):
    """A model that asks these questions."""
    return sft.ScriptedModel(lambda _: json.dumps({"questions": questions}, ensure_ascii=False))


def outcome(op, row=None):
    """What becomes of one row."""
    [made] = op.outcomes([row or {"text": TOWN, "id": "c1"}])
    return made


def test_steps_become_reasoning():
    """One step on a line, beside the answer; converted, they are a list or stand between tags."""
    ds = Dataset.from_list([{"text": TOWN, "id": "c1"}])
    out = ds.map(sft.generate_reasoning(asks(GOOD)), batched=True)
    said = out[0]["messages"][1]
    assert "一共要 240 元。" == said["content"]
    assert "登塔每人 80 元。\n三个人就是 80×3=240 元。" == said["reasoning_content"]
    think = sft.convert(out.select_columns(["messages", "id"]), to="messages_think")
    assert think[0]["messages"][1]["content"].startswith("<think>")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"steps": ["登塔每人 80 元。", "80×3=250 元。"]}, "wrong calculation"),
        ({"answer": "一共要 260 元。"}, "number not in the source"),
        ({"steps": ["登塔每人 80 元。"]}, "no reasoning needed"),
        (
            {
                "question": "登塔要多少钱？",
                "steps": ["看门票。", "是 80 元。"],
                "answer": "80 元。",
            },
            "no reasoning needed",
        ),
        ({"evidence": ["登塔的门票是每人八十元"]}, "evidence not in the text"),
        ({"answer": "根据原文，一共要 240 元。"}, "meta phrase"),
        ({"question": "How much for three adults in all?"}, "other language"),
        ({"steps": ["80×3=240 元。", "80×3=240 元。"]}, "repeated turn"),
    ],
)
def test_what_does_not_hold_is_dropped_with_its_reason(change, reason):
    """Wrong sums, unknown numbers, and questions that one place answers."""
    made = outcome(sft.generate_reasoning(asks({**GOOD, **change})))
    assert ((), (reason,)) == (made.rows, made.drops)


def test_a_good_question_stays_beside_a_bad_one():
    """A reply is asked for again only where all of it is bad."""
    made = outcome(sft.generate_reasoning(asks(GOOD, {**GOOD, "steps": ["一步。"]})))
    assert (1, ("no reasoning needed",), 1) == (len(made.rows), made.drops, made.usage["calls"])


def test_two_places_put_together_are_reasoning():
    """Comparing needs no sum."""
    compares = {
        "question": "登塔和游船哪个贵？",
        "steps": ["登塔每人 80 元。", "游船每人 100 元，比 80 元多。"],
        "answer": "游船更贵。",
        "evidence": ["登塔的门票是每人 80 元", "游船的船票是每人 100 元"],
    }
    assert 1 == len(outcome(sft.generate_reasoning(asks(compares))).rows)
    halves = {**compares, "evidence": ["登塔的门票", "是每人 80 元"]}
    assert ("no reasoning needed",) == outcome(sft.generate_reasoning(asks(halves))).drops
    once = {**compares, "evidence": compares["evidence"][:1]}
    assert ("no reasoning needed",) == outcome(sft.generate_reasoning(asks(once))).drops


def test_a_document_that_asks_nothing_is_counted():
    """No question is no failure."""
    assert ("no reasoning needed",) == outcome(sft.generate_reasoning(asks())).drops


def way(**changes):
    """The way to a known answer."""
    known = {"needs_reasoning": True, "steps": GOOD["steps"], "answer": "240 元", "evidence": []}
    return sft.ScriptedModel(lambda _: json.dumps({**known, **changes}, ensure_ascii=False))


def test_a_known_answer_stays_and_gets_its_way():
    """The row's own words are not touched."""
    row = {"messages": QA, "id": "q1", "text": TOWN}
    model = way(evidence=["登塔的门票是每人 80 元"])
    [made] = outcome(sft.generate_reasoning(model), row).rows
    assert ["三个成人登塔一共要多少钱？", "240 元"] == [m["content"] for m in made["messages"]]
    assert made["messages"][1]["reasoning_content"].endswith("80×3=240 元。")


def test_reasoning_must_come_to_the_rows_answer():
    """Another result is no reasoning for this answer."""
    row = {"messages": QA, "id": "q1", "text": TOWN}
    made = outcome(sft.generate_reasoning(way(answer="300 元")), row)
    assert ("reasoning leads elsewhere",) == made.drops


def test_what_is_looked_up_is_decided_without_a_call():
    """An answer that stands in the passage needs no model to say so; `keep` keeps it without."""
    looked = [
        {"role": "user", "content": "登塔多少钱？"},
        {"role": "assistant", "content": "每人 80 元。"},
    ]
    row = {"messages": looked, "id": "q1", "text": TOWN}
    made = outcome(sft.generate_reasoning(way()), row)
    assert (("no reasoning needed",), {}) == (made.drops, made.usage)
    kept = outcome(sft.generate_reasoning(way(), otherwise="keep"), row)
    assert ("q1", "", ("no reasoning needed",)) == (
        kept.rows[0]["id"],
        kept.rows[0]["messages"][1]["reasoning_content"],
        kept.notes,
    )


def test_native_reasoning_is_captured(store):
    """Through the real protocol: what the model thought is the reasoning, the answer stays."""
    ds = Dataset.from_list([{"messages": QA, "id": "q1"}])
    thought = "每人 80 元。\n\n三人 240 元。"
    with running(
        answer="一共 240 元。", reasoning="reasoning_content", reasoning_text=thought
    ) as server:
        op = sft.generate_reasoning("m", base_url=server.base_url, thinking="native")
        out = sft.map(ds, op)
        assert 1 == server.stats()["requests"]
    said = out[0]["messages"][1]
    assert ("240 元", "每人 80 元。\n三人 240 元。") == (said["content"], said["reasoning_content"])
    step = out[0]["provenance"][-1]
    assert ("generate_reasoning", "reasoning_answer.zh") == (step["step"], step["prompt"])


def test_a_model_that_does_not_think_is_told_apart(store):
    """`native` drops the row; `auto` lets the steps be written instead."""
    ds = Dataset.from_list([{"messages": QA, "id": "q1"}])
    written = json.dumps(
        {"needs_reasoning": True, "steps": ["每人 80 元。", "80×3=240 元。"], "answer": "240 元",
         "evidence": []}, ensure_ascii=False,
    )  # fmt: skip
    ds = Dataset.from_list([{"messages": [{**QA[0], "content": QA[0]["content"] + "每人 80 元。"}, QA[1]],
                             "id": "q1"}])  # fmt: skip
    with running(answer="240 元", replies={"needs_reasoning": written}) as server:
        known = {"model": "m", "base_url": server.base_url}
        lost = list(sft.generate_reasoning(thinking="native", **known).outcomes(ds))
        kept = list(sft.generate_reasoning(thinking="auto", **known).outcomes(ds))
    assert ("the model gave no reasoning",) == lost[0].drops
    assert "80×3=240" in kept[0].rows[0]["messages"][1]["reasoning_content"]


@pytest.mark.parametrize(
    ("step", "wrong"),
    [
        ("80×3=240", ""),
        ("80 元 × 3 人 = 240 元", ""),
        ("1,200 + 300 = 1500", ""),
        ("100÷3≈33.3", ""),
        ("200×15%=30", ""),
        ("2+3×4=14", ""),
        ("10-3-2=5", ""),
        ("80×3=241", "80×3=241"),
        ("5÷0=0", "5÷0=0"),
        ("2024-01-02 开业", ""),
        ("两者都是 8:00—18:00", ""),
    ],
)
def test_calculations_are_checked(step, wrong):
    """Products first, units between, percent, rounding to the last digit."""
    assert wrong == wrong_equation([step])


@given(st.integers(0, 9999), st.integers(0, 9999), st.sampled_from("+-×"), st.integers(1, 50))
def test_every_right_sum_passes_and_every_wrong_one_fails(a, b, sign, off):
    """For any two numbers."""
    value = {"+": a + b, "-": a - b, "×": a * b}[sign]
    if value < 0:
        return
    assert [str(value)] == results([f"{a}{sign}{b}={value}"])
    assert wrong_equation([f"{a}{sign}{b}={value + off}"])


def test_needs_a_language_model_and_says_the_line():
    """No rule can reason."""
    with pytest.raises(errors.ConfigurationError, match=r"sft\.generate_reasoning\(model="):
        sft.generate_reasoning()
    with pytest.raises(errors.UnknownName, match="written"):
        sft.generate_reasoning("m", thinking="writen")
