"""The edge cases on which trainers drop rows, stop, or train on what nobody meant."""

import numpy as np
import pyarrow as pa
import pytest

from hf_sft_builders.errors import UnknownName
from hf_sft_builders.formats.trainer_rules import TRAINERS, trainer_rules


def say(*turns):
    """Messages of role and content."""
    return [{"role": role, "content": content} for role, content in turns]


def share(*turns):
    """Turns of from and value."""
    return [{"from": role, "value": content} for role, content in turns]


GOOD = say(("user", "门票多少钱？"), ("assistant", "80 元"))
ODD = say(("user", "a"), ("assistant", "b"), ("user", "c"))
LATE = say(("user", "a"), ("assistant", "b"), ("system", "s"), ("user", "c"), ("assistant", "d"))
SILENT = say(("user", "a"), ("assistant", ""))
NULL = say(("user", "a"), ("assistant", None))
CALL_TEXT = [{"function": {"name": "f", "arguments": '{"x": 1}'}}]
CALL_FILLED = [
    {"function": {"name": "f", "arguments": {"city": "P", "expr": None}}},
    {"function": {"name": "g", "arguments": {"city": None, "expr": "1+1"}}},
]


def with_calls(calls):
    """A conversation in which the assistant calls tools."""
    asked = {"role": "user", "content": "a", "tool_calls": None}
    return [asked, {"role": "assistant", "content": None, "tool_calls": calls}]


def parts(*kinds):
    """A user's message of typed parts, as Arrow keeps them: each with all keys."""
    said = [
        {"type": kind, "text": "t" if kind == "text" else None, "image": None} for kind in kinds
    ]
    return [{"role": "user", "content": said}]


def broken(trainer, columns, format_name="messages"):
    """Names of the broken rules, each with the rows that break it."""
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    found = {}
    for rule in trainer_rules(trainer, format_name):
        mask = rule.broken(table)
        assert isinstance(mask, np.ndarray)
        assert bool == mask.dtype
        assert table.num_rows == len(mask)
        if mask.any():
            found[rule.name] = np.flatnonzero(mask).tolist()
    return found


MANY = 1100

# (case of the fifteen, trainer, raw columns, rule → rows)
CASES = [
    ("1 ends on a question", "trl", {"messages": [GOOD, ODD]}, {"ends-with-reply": [1]}),
    ("1 ends on a question", "llamafactory", {"messages": [GOOD, ODD]}, {"ends-with-reply": [1]}),
    ("1 ends on a question", "torchtune", {"messages": [GOOD, ODD]}, {"ends-with-reply": [1]}),
    ("1 ends on a question", "openai", {"messages": [ODD]}, {"ends-with-reply": [0]}),
    *(
        ("2 system in the middle", trainer, {"messages": [GOOD, LATE]}, {"system-first": [1]})
        for trainer in TRAINERS
        if trainer != "llamafactory"
    ),
    (
        "2 system in the middle",
        "llamafactory",
        {"messages": [GOOD, LATE]},
        {"system-first": [1], "turns-alternate": [1]},
    ),
    *(
        ("3 empty reply", trainer, {"messages": [GOOD, SILENT]}, {"reply-not-empty": [1]})
        for trainer in TRAINERS
    ),
    (
        "3 empty reply under a KTO label",
        "llamafactory",
        {"instruction": ["a"], "output": [""], "kto_tag": [True]},
        {"output-not-empty": [0]},
    ),
    *(
        ("4 null content", trainer, {"messages": [GOOD, NULL]}, {"content-not-null": [1]})
        for trainer in TRAINERS
    ),
    (
        "4 null content with tool_calls is legal",
        "trl",
        {"messages": [with_calls([{"function": {"name": "f", "arguments": {"x": 1}}}])]},
        {},
    ),
    ("5 images: null", "trl", {"messages": [GOOD], "images": [None]}, {"media-not-null": [0]}),
    (
        "5 chat_template_kwargs: null",
        "trl",
        {"messages": [GOOD], "chat_template_kwargs": [None]},
        {"template-options-not-null": [0]},
    ),
    ('5 tools: ""', "trl", {"messages": [GOOD], "tools": [""]}, {"tools-not-empty-text": [0]}),
    ('5 tools: ""', "llamafactory", {"messages": [GOOD], "tools": [""]}, {}),
    (
        "5 1,100 nulls, then tools",
        "llamafactory",
        {"messages": [GOOD] * (MANY + 1), "tools": [*[None] * MANY, "[]"]},
        {"early-text": [MANY]},
    ),
    (
        "6 arguments filled with null",
        "trl",
        {"messages": [with_calls(CALL_FILLED)]},
        {"arguments-not-padded": [0]},
    ),
    (
        "6 calls that are not read",
        "llamafactory",
        {"messages": [with_calls(CALL_FILLED)]},
        {"calls-as-turns": [0], "content-not-null": [0]},
    ),
    (
        "8 arguments as JSON text",
        "trl",
        {"messages": [with_calls(CALL_TEXT)]},
        {"arguments-as-objects": [0]},
    ),
    (
        "8 arguments as JSON text",
        "llamafactory",
        {
            "conversations": [
                share(("human", "a"), ("function_call", '{"name": "f", "arguments": "{}"}'))
            ]
        },
        {"arguments-not-quoted": [0]},
    ),
    (
        "9 image: null in parts",
        "trl",
        {"messages": [parts("image", "text")], "images": [["a.png"]]},
        {"no-null-in-parts": [0], "ends-with-reply": [0]},
    ),
    (
        "10 media late",
        "llamafactory",
        {
            "messages": [GOOD] * MANY + [say(("user", "<image>a"), ("assistant", "b"))],
            "images": [*[[]] * MANY, ["a.png"]],
        },
        {"early-media": [MANY]},
    ),
    (
        "11 prompt beside messages",
        "trl",
        {"messages": [GOOD], "prompt": ["a"]},
        {"no-prompt-beside": [0]},
    ),
    ("11 labels", "trl", {"messages": [GOOD], "labels": [[1]]}, {"no-token-columns": [0]}),
    ("11 input_ids", "trl", {"messages": [GOOD], "input_ids": [[1]]}, {"no-token-columns": [0]}),
    (
        "11 text and output",
        "ms-swift",
        {"text": ["a"], "output": ["b"]},
        {"one-answer-column": [0]},
    ),
    (
        "12 human and gpt",
        "trl",
        {"conversations": [share(("human", "a"), ("gpt", "b"))]},
        {"roles-known": [0]},
    ),
    ("12 human and gpt", "torchtune", {"conversations": [share(("human", "a"), ("gpt", "b"))]}, {}),
    *(
        (
            "13 label " + str(values),
            "trl",
            {"prompt": ["a"] * 2, "completion": ["b"] * 2, "label": values},
            {"label-is-bool": rows},
        )
        for values, rows in (
            ([0, 1], [0, 1]),
            ([0.25, 0.0], [0, 1]),
            (["good", "bad"], [0, 1]),
            ([True, None], [1]),
        )
    ),
    (
        "13 kto_tag 0/1",
        "llamafactory",
        {"instruction": ["a"], "output": ["b"], "kto_tag": [1]},
        {"label-is-bool": [0]},
    ),
    (
        "14 history as structs",
        "llamafactory",
        {
            "instruction": ["a"] * 2,
            "output": ["b"] * 2,
            "history": [[], [{"prompt": "q", "response": "r"}]],
        },
        {"history-in-pairs": [1]},
    ),
    (
        "14 history in threes",
        "llamafactory",
        {
            "instruction": ["a"] * 2,
            "output": ["b"] * 2,
            "history": [[["q", "r"]], [["q", "r", "s"]]],
        },
        {"history-in-pairs": [1]},
    ),
    (
        "14 output as list",
        "llamafactory",
        {"instruction": ["a"], "output": [["step", "step"]]},
        {"output-is-text": [0]},
    ),
    (
        "14 output as number",
        "llamafactory",
        {"instruction": ["a"], "output": [42]},
        {"output-is-text": [0]},
    ),
    (
        "15 text prompt, list chosen",
        "trl",
        {
            "prompt": ["a"],
            "chosen": [say(("assistant", "b"))],
            "rejected": [say(("assistant", "c"))],
        },
        {"sides-agree": [0]},
    ),
    (
        "15 no shared first turn",
        "trl",
        {
            "chosen": [GOOD, say(("user", "x"), ("assistant", "b"))],
            "rejected": [
                say(("user", "门票多少钱？"), ("assistant", "不知道")),
                say(("user", "y"), ("assistant", "c")),
            ],
        },
        {"same-first-turn": [1]},
    ),
    (
        "15 identical pair",
        "trl",
        {"prompt": ["a"] * 2, "chosen": ["b", "b"], "rejected": ["b", "c"]},
        {"pair-differs": [0]},
    ),
    (
        "15 identical pair",
        "ms-swift",
        {"messages": [GOOD] * 2, "rejected_response": ["80 元", "不知道"]},
        {"rejected-differs": [0]},
    ),
    ("no messages", "trl", {"messages": [GOOD, []]}, {"conversation-not-empty": [1]}),
    ("no messages", "ms-swift", {"messages": [GOOD, None]}, {"conversation-not-empty": [1]}),
    ("text is null", "trl", {"text": ["a", None]}, {"text-not-null": [1]}),
    ("raw Alpaca", "trl", {"instruction": ["a"], "output": ["b"]}, {"layout": [0]}),
    ("raw dialogue", "trl", {"dialogue": [["a", "b"]]}, {"layout": [0]}),
    ("messages as JSON text", "trl", {"messages": ["[]"]}, {"messages-not-text": [0]}),
    (
        "margin null",
        "trl",
        {"chosen": ["a"], "rejected": ["b"], "margin": [None]},
        {"margin-not-null": [0]},
    ),
    (
        "tools not JSON",
        "llamafactory",
        {"messages": [GOOD] * 3, "tools": ["[]", "{oops", '{"name": "f"}']},
        {"tools-as-json-text": [1, 2]},
    ),
    (
        "call without arguments",
        "llamafactory",
        {"conversations": [share(("human", "a"), ("function_call", '{"name": "f"}'))]},
        {"call-has-arguments": [0]},
    ),
    (
        "two calls in a row",
        "llamafactory",
        {
            "conversations": [
                share(
                    ("human", "a"),
                    ("function_call", '{"name": "f", "arguments": {}}'),
                    ("function_call", '{"name": "f", "arguments": {}}'),
                )
            ]
        },
        {"turns-alternate": [0]},
    ),
    (
        "images without tags",
        "llamafactory",
        {"messages": [GOOD], "images": [["a.png"]]},
        {"media-have-tags": [0]},
    ),
    (
        "observation in Unsloth",
        "unsloth",
        {"conversations": [share(("human", "a"), ("observation", "b"), ("gpt", "c"))]},
        {"roles-have-alias": [0]},
    ),
    (
        "space around a reply",
        "axolotl",
        {
            "messages": [GOOD[:1]],
            "chosen": [GOOD[1]],
            "rejected": [{"role": "assistant", "content": "x\n"}],
        },
        {"replies-trimmed": [0]},
    ),
    (
        "two questions in a row",
        "torchtune",
        {"messages": [say(("user", "a"), ("user", "b"), ("assistant", "c"))]},
        {"reply-after-question": [0]},
    ),
]


@pytest.mark.parametrize(
    ("case", "trainer", "raw", "expected"), CASES, ids=[f"{c[0]} · {c[1]}" for c in CASES]
)
def test_each_edge_case_is_found(case, trainer, raw, expected):
    """Exactly the rows that break a rule are marked, by the rule that says why."""
    assert expected == broken(trainer, raw)


@pytest.mark.parametrize("trainer", TRAINERS)
def test_rules_have_names_of_their_own_and_say_what_happens(trainer):
    """Each rule says what is expected, what the trainer does otherwise, and what to do."""
    rules = trainer_rules(trainer, "messages")
    assert len(rules) == len({rule.name for rule in rules})
    for rule in rules:
        assert rule.fix.endswith(".")
        assert "; " in rule.expected, rule.name


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize(
    "columns",
    [
        {"messages": pa.nulls(2), "tools": pa.nulls(2)},
        {"messages": [1, 2], "conversations": ["a", "b"], "history": [[], []]},
        {"messages": [[], None], "output": [1.5, None], "images": ["a", None]},
        {"messages": pa.array([[{"role": 1, "content": 2}], []])},
        {
            "chosen": [{"role": "a", "content": "b"}] * 2,
            "rejected": pa.nulls(2),
            "label": ["x", None],
        },
        {"messages": pa.array([["plain"], []]), "tools": [[{"a": 1}], None]},
    ],
    ids=["nulls", "scalars", "lists", "numbers", "structs", "texts"],
)
def test_any_table_can_be_looked_at(trainer, columns):
    """Absent, null and odd columns break rules, and never the rules' code."""
    broken(trainer, columns)
    table = pa.table(columns)
    broken(trainer, table.slice(1))
    broken(trainer, table.slice(0, 0))
    for rule in trainer_rules(trainer, "messages"):
        if rule.mend:
            assert table.num_rows == rule.mend(table).num_rows


@pytest.mark.parametrize(
    ("trainer", "name", "raw"),
    [
        ("trl", "tools-not-empty-text", {"messages": [GOOD] * 2, "tools": ["", "[]"]}),
        ("trl", "media-not-null", {"messages": [GOOD], "images": [None]}),
        ("trl", "label-is-bool", {"prompt": ["a"] * 2, "completion": ["b", "c"], "label": [1, 0]}),
        (
            "llamafactory",
            "early-text",
            {"messages": [GOOD] * (MANY + 1), "tools": [*[None] * MANY, "[]"]},
        ),
    ],
)
def test_mends_mend(trainer, name, raw):
    """What has one safe answer is whole afterwards, and nothing else is touched."""
    rule = next(rule for rule in trainer_rules(trainer, "messages") if rule.name == name)
    table = pa.table(raw)
    mended = rule.mend(table)
    assert not rule.broken(mended).any()
    assert {} == broken(trainer, mended)
    assert table.num_rows == mended.num_rows


def test_scores_are_not_made_labels():
    """A label that is no 0 or 1 has no safe answer."""
    rule = next(r for r in trainer_rules("trl", "kto") if r.name == "label-is-bool")
    table = pa.table({"prompt": ["a"], "completion": ["b"], "label": [3]})
    assert table == rule.mend(table)


def test_an_unknown_trainer_is_named():
    """The error lists the trainers, and the nearest one."""
    with pytest.raises(UnknownName, match="Did you mean 'llamafactory'"):
        trainer_rules("llama-factory", "messages")
