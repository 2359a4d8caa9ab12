"""`expand_topics`, `topic_questions`, `distill`: from topics to a teacher's answers."""

import json

import pytest
from chat_server import running
from datasets import Dataset

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.synthesis.topics import quotas, read_topics

YAML = """
language: zh
questions: 4
known: [古城门票多少钱？]
difficulty: {basic: 0.5, advanced: 0.5}
topics:
- label: 古城
  children:
  - {label: 住宿, questions: 2}
  - 美食
- label: 山里
  children: [住宿]
"""


def test_topics_are_leaves_by_path():
    """The nearest number above a leaf counts; the same label below two others is two leaves."""
    leaves = list(read_topics(YAML.encode(), "t.yaml").leaves())
    assert [("古城/住宿", 2), ("古城/美食", 4), ("山里/住宿", 4)] == [
        (leaf["topic"], leaf["questions"]) for leaf in leaves
    ]
    assert ["古城门票多少钱？"] == leaves[1]["known"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("topics: []", "at topics"),
        ("topics:\n- {label: a, quetions: 3}", "quetions"),
        ("topics: [a, a]", "'a' stands twice"),
        ("topics: [a/b]", "pattern"),
        ("topics: [a]\ndifficulty: {hard: 1}", "difficulty"),
        ("topics: [a]\ndifficulty: {basic: 0}", "difficulty"),
        ("{", "cannot be read"),
        ("- a", "at the top"),
    ],
)
def test_a_faulty_file_says_where(text, words):
    """One clear error for each slip."""
    with pytest.raises(errors.ConfigurationError, match=words):
        list(read_topics(text.encode(), "t.yaml").leaves())


@pytest.mark.parametrize("number", range(1, 40))
def test_quotas_add_up(number):
    """No question is lost by rounding."""
    given = quotas(number, {"basic": 0.4, "intermediate": 0.4, "advanced": 0.2})
    assert number == sum(given.values())
    assert all(
        abs(given[level] - number * share) < 1
        for level, share in {"basic": 0.4, "intermediate": 0.4, "advanced": 0.2}.items()
    )


def numbered(topic="住宿"):
    """A model with a new question each time, of the difficulty that is asked for."""
    asked = []

    def answer(request):
        said = request.messages[-1]["content"]
        asked.append(said)
        wanted = [line.removeprefix("- ").split(": ") for line in said.splitlines() if ": " in line
                  and line.startswith("- ")]  # fmt: skip
        questions = [
            {
                "question": f"关于{topic}的第 {len(asked)} 批第 {n} 个{level}问题是什么？",
                "difficulty": level,
            }
            for level, count in wanted
            for n in range(int(count))
        ]
        return json.dumps({"questions": questions}, ensure_ascii=False)

    return sft.ScriptedModel(answer), asked


def test_questions_come_in_the_mix_that_was_asked_for():
    """25 questions are three calls; each is told those before it."""
    model, asked = numbered()
    [made] = sft.topic_questions(model, questions=25).outcomes([{"topic": "古城/住宿", "id": "t"}])
    held = [row["difficulty"] for row in made.rows]
    assert {"basic": 10, "intermediate": 10, "advanced": 5} == {d: held.count(d) for d in held}
    assert (3, ()) == (made.usage["calls"], made.drops)
    assert "第 1 批第 0 个basic" in asked[1]
    assert "t:topic_questions:24" == made.rows[-1]["id"]


def test_doubles_surplus_and_what_is_not_given_are_counted():
    """A model that repeats itself is not asked for ever."""
    again = [{"question": "住客栈要注意什么？", "difficulty": "basic"}] * 2
    known = [{"question": "古城门票，多少钱", "difficulty": "basic"}]
    model = sft.ScriptedModel(lambda _: json.dumps({"questions": again + known}))
    row = {"topic": "住宿", "id": "t", "known": ["古城门票多少钱？"], "questions": 2}
    op = sft.topic_questions(model, difficulty={"basic": 1})
    [made] = op.outcomes([row])
    assert 1 == len(made.rows)
    assert {"duplicate question", "question not given"} == set(made.drops)


def test_topics_are_divided_level_by_level():
    """One call for each topic that is divided; a label of the path above is not taken again."""
    model = sft.ScriptedModel(lambda _: '{"topics": ["住宿", "美食/小吃", "古城", "住宿"]}')
    [made] = sft.expand_topics(model, levels=2).outcomes([{"topic": "古城", "id": "t"}])
    topics = [row["topic"] for row in made.rows]
    assert ["古城/住宿/美食、小吃", "古城/美食、小吃/住宿"] == [
        t for t in topics if t.count("/") == 2
    ]
    assert 3 == made.usage["calls"]


def test_a_teacher_is_asked_the_bare_prompt(store):
    """Answer, reasoning and soft labels are what the server gave, and the prompt is all it was told."""
    ds = Dataset.from_list([{"prompt": "9 加 7 等于几？", "id": "p1"}])
    with running(
        answer="等于 16。", reasoning="reasoning_content", reasoning_text="9+7=16"
    ) as server:
        op = sft.distill("teacher", base_url=server.base_url, top_logprobs=2)
        out = sft.map(ds, op)
        [request] = server.requests()
    assert [{"role": "user", "content": "9 加 7 等于几？"}] == request["body"]["messages"]
    row = out[0]
    assert ("等于 16。", "9+7=16") == (
        row["messages"][1]["content"],
        row["messages"][1]["reasoning_content"],
    )
    assert "teacher" == row["teacher"]
    assert 2 == len(json.loads(row["logprobs"])["content"][0]["top_logprobs"])


def test_a_server_without_soft_labels_is_noted():
    """An empty text and a note, never invented numbers."""
    model = sft.ScriptedModel(lambda _: "等于 16。")
    [made] = sft.distill(model, top_logprobs=2).outcomes([{"prompt": "9 加 7 等于几？", "id": "p"}])
    assert ("", ("no soft labels from the server",)) == (made.rows[0]["logprobs"], made.notes)


@pytest.mark.parametrize(
    ("prompt", "says", "reason"),
    [
        ("怎么挑客栈？", "抱歉，我无法回答这个问题。", "refusal"),
        ("怎么挑客栈？", "怎么挑客栈？", "unchanged"),
        ("怎么挑客栈才不会后悔？", "Look at the location and at the reviews.", "other language"),
        ("怎么挑客栈？", "助手：先看位置。", "role leakage"),
        ("How do I choose an inn?", "As an AI language model I have no taste.", "meta phrase"),
    ],
)
def test_a_faulty_answer_is_asked_for_afresh(prompt, says, reason):
    """Each try is a sample of its own, without a reproach in the prompt; then it is counted."""
    asked = []

    def answer(request):
        asked.append((len(request.messages), request.sample))
        return says

    [made] = sft.distill(sft.ScriptedModel(answer)).outcomes([{"prompt": prompt, "id": "p"}])
    assert ((), (reason,)) == (made.rows, made.drops)
    assert [(1, 0), (1, 1), (1, 2)] == asked


def test_a_prompt_that_names_a_language_may_change_it():
    """A translation is no fault."""
    op = sft.distill(sft.ScriptedModel(lambda _: "Where is the nearest inn?"))
    [made] = op.outcomes([{"prompt": "把“最近的客栈在哪里”翻译成英文", "id": "p"}])
    assert 1 == len(made.rows)


def test_reasoning_can_be_required():
    """Answers without it are dropped."""
    op = sft.distill(sft.ScriptedModel(lambda _: "先看位置，再看价格。"), require_reasoning=True)
    [made] = op.outcomes([{"prompt": "怎么挑客栈？", "id": "p"}])
    assert ("the model gave no reasoning",) == made.drops


@pytest.mark.parametrize("op", ["distill", "topic_questions", "expand_topics"])
def test_needs_a_language_model_and_says_the_line(op):
    """No rule knows anything."""
    with pytest.raises(errors.ConfigurationError, match=rf"sft\.{op}\(model="):
        getattr(sft, op)()
