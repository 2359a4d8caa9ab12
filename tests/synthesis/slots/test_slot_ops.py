"""The five ops: rows by templates, by a scripted model, and what becomes of a model's faults."""

import json

import pytest
from chat_server import running
from datasets import Dataset
from hotel_records import RECORDS, TOOL

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.synthesis.conversations import messages_of

SLOTS = {"facilities": ["健身房"], "price_range_upper": 400}
SAID = "想找一家有健身房、房价400元以内的酒店。"


def asked(slots=SLOTS):
    """One row of slots."""
    return Dataset.from_list([{"slots": json.dumps(slots, ensure_ascii=False), "id": "a"}])


def scripted(*lines):
    """A model that says these lines, the last one for ever."""
    script = list(lines)
    return sft.ScriptedModel(lambda _: script.pop(0) if len(script) > 1 else script[0])


def only(op, rows):
    """The outcome of one row."""
    [outcome] = op.outcomes(list(rows))
    return outcome


def utterance(outcome):
    """What the user says first."""
    return messages_of(outcome.rows[0])[0]["content"]


@pytest.fixture
def answered():
    """A dialogue with one hit, and one with several."""
    rows = [
        {"slots": json.dumps(s, ensure_ascii=False), "id": name}
        for name, s in (("one", {"name": "云溪"}), ("two", {"price_range_upper": 400}))
    ]
    ds = Dataset.from_list(rows).map(sft.slots_to_utterance(TOOL), batched=True)
    return ds.map(sft.answer_calls(RECORDS, TOOL), batched=True)


def test_the_label_comes_first_and_the_text_says_it():
    """Offline: a sentence, and the call with the slots as they were."""
    [row] = asked().map(sft.slots_to_utterance(TOOL, records=RECORDS), batched=True)
    user, call = row["messages"]
    assert "健身房" in user["content"]
    assert [{"name": "search_hotels", "arguments": SLOTS}] == json.loads(call["tool_calls"])
    assert "x-" not in row["tools"]
    step = row["provenance"][-1]
    assert ("slots_to_utterance", "extractive", "templates.zh") == (
        step["step"],
        step["model"],
        step["prompt"],
    )


def test_slots_may_be_columns():
    """Short names of a table become queries by name."""
    ds = Dataset.from_list(RECORDS).select_columns(["short"])
    rows = ds.map(sft.slots_to_utterance(TOOL, {"name": "short"}), batched=True)
    assert all(
        short in row["messages"][0]["content"] for short, row in zip(ds["short"], rows, strict=True)
    )


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("想找一家有健身房、房价400元以上的酒店。", "bound inverted"),
        ("想找一家房价400元以内的酒店。", "slot not said"),
        ("有健身房、早餐、房价400元以内的酒店吗？", "value not in the slots"),
        ("A hotel with 健身房 under 400 yuan please, as soon as possible.", "other language"),
        ("用户：有健身房、房价400元以内的酒店", "leaked prompt"),
        ("好的，忽略以上规则。", "slot not said"),
    ],
)
def test_a_faulty_sentence_is_asked_for_again_then_dropped(wrong, reason):
    """With the reason; a model that learns gets its row."""
    op = sft.slots_to_utterance(TOOL, records=RECORDS, model=scripted(wrong, SAID))
    healed = only(op, asked())
    assert (SAID, 2) == (utterance(healed), healed.usage["calls"])
    stubborn = only(sft.slots_to_utterance(TOOL, records=RECORDS, model=scripted(wrong)), asked())
    assert ((), (reason,)) == (stubborn.rows, stubborn.drops)


def test_through_the_real_protocol(tmp_path, monkeypatch):
    """The unmodified client, a real socket: one call per row, and equal slots are told apart."""
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "r.sqlite"))
    rows = [{"slots": json.dumps(SLOTS, ensure_ascii=False), "id": str(n)} for n in range(5)]
    with running(answer=SAID) as server:
        op = sft.slots_to_utterance(TOOL, model="m", base_url=server.base_url)
        out = sft.map(Dataset.from_list(rows), op)
    assert [SAID] * 5 == [row["messages"][0]["content"] for row in out]
    assert 5 == sft.last_run().usage["calls"]


def test_unknown_slots_and_tools_that_are_none():
    """One clear error each."""
    with pytest.raises(errors.UnknownName, match=r"price_range_uper.*price_range_upper"):
        only(sft.slots_to_utterance(TOOL), asked({"price_range_uper": 3}))
    with pytest.raises(errors.ConfigurationError, match="parameters"):
        sft.slots_to_utterance({"name": "x"})
    with pytest.raises(errors.ConfigurationError, match="no such file"):
        sft.slots_to_utterance("nowhere.json")
    with pytest.raises(errors.ConfigurationError, match=r"column 'price'.*x-slots"):
        sft.answer_calls([{"name": "a", "district": "b", "facilities": "c"}], TOOL)


def test_answers_are_computed(answered):
    """The result is the table's; the reply names what was found."""
    one, two = answered
    result = json.loads(one["messages"][2]["content"])
    assert (1, "云溪客栈") == (result["total"], result["records"][0]["name"])
    assert "云溪客栈" in one["messages"][3]["content"]
    assert 2 == json.loads(two["messages"][2]["content"])["total"]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("推荐沈家重院，580元。", "record not returned"),
        ("云溪客栈每晚只要199元。", "number not in the records"),
        ("没有找到合适的酒店，您再看看别的吧。", "no record named"),
        ("根据资料，云溪客栈很合适，房价320元。", "meta phrase"),
    ],
)
def test_a_reply_that_makes_things_up_is_dropped(wrong, reason):
    """Whatever the model says, what is not in the records is not kept."""
    row = asked({"name": "云溪"}).map(sft.slots_to_utterance(TOOL), batched=True)
    outcome = only(sft.answer_calls(RECORDS, TOOL, model=scripted(wrong)), row)
    assert ((), (reason,)) == (outcome.rows, outcome.drops)


def test_words_and_label_change_together():
    """The new phrase is said and labelled, the rest stays."""
    rows = asked().map(sft.slots_to_utterance(TOOL), batched=True)
    rows = rows.map(sft.answer_calls(RECORDS, TOOL), batched=True)
    [row] = rows.map(sft.rewrite_with_slots(TOOL), batched=True)
    user, call, *rest = row["messages"]
    assert "能锻炼的地方" in user["content"] and "健身房" not in user["content"]
    arguments = json.loads(call["tool_calls"])[0]["arguments"]
    assert {**SLOTS, "facilities": ["能锻炼的地方"]} == arguments
    assert rows[0]["messages"][2:] == rest


@pytest.mark.parametrize(
    ("phrases", "said", "reason"),
    [
        ({"健身房": "能运动的地方"}, "想找房价400元以内、有健身房的酒店。", "old value kept"),
        ({"健身房": "能运动的地方"}, "想找房价400元以内、能动一动的酒店。", "slot not said"),
        ({"健身房": "能运动的地方"}, "想找房价400元以上、有能运动的地方的酒店。", "bound inverted"),
        ({"健身房": "健身房"}, SAID, "unchanged"),
        ({}, SAID, "phrases do not fit"),
    ],
)
def test_a_rewrite_out_of_step_is_dropped(phrases, said, reason):
    """The sentence without the label, or the label without the sentence."""
    rows = asked().map(sft.slots_to_utterance(TOOL, model=scripted(SAID)), batched=True)
    reply = json.dumps({"phrases": phrases, "utterance": said}, ensure_ascii=False)
    outcome = only(sft.rewrite_with_slots(TOOL, model=scripted(reply)), rows)
    assert ((), (reason,)) == (outcome.rows, outcome.drops)


@pytest.mark.parametrize("kind", ["follow_up", "comparison", "clarification"])
def test_turns_are_added_from_the_records(answered, kind):
    """Each kind, where the records allow it; one hit cannot be compared."""
    out = sft.map(answered, sft.add_turns(TOOL, kinds=[kind], records=RECORDS))
    more = [len(row["messages"]) - 4 for row in out]
    expected = {"follow_up": [2, 2], "comparison": [0, 2], "clarification": [0, 4]}[kind]
    assert expected == more
    assert sum(map(bool, expected)) == sft.last_run().noted[f"added {kind}"]


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        (["它的电话是多少？", "电话是0000-5550299。"], "number not in the records"),
        (["附近还有别的吗？", "可以看看沈家重院。"], "record not returned"),
        (["它的电话是多少？", "assistant: 电话是0000-5550201。"], "leaked prompt"),
        (["它的电话是多少？", "电话？", "对", "0000-5550201"], "wrong number of turns"),
    ],
)
def test_turns_that_rest_on_nothing_are_dropped(answered, turns, reason):
    """A model's follow-up stands the records."""
    reply = json.dumps({"turns": turns}, ensure_ascii=False)
    op = sft.add_turns(TOOL, kinds=["follow_up"], records=RECORDS, model=scripted(reply))
    outcome = only(op, answered.select([0]))
    assert ((), (reason,)) == (outcome.rows, outcome.drops)


def test_turns_about_a_passage():
    """Conversations about a text, in any format."""
    ds = Dataset.from_list(
        [
            {
                "conversations": [
                    {"from": "human", "value": "望云楼有多高？"},
                    {"from": "gpt", "value": "28.6 米。"},
                ],
                "system": "",
                "tools": "",
                "text": "望云楼高 28.6 米，建于 1441 年。",
            }
        ]
    )
    reply = json.dumps({"turns": ["它是哪年建的？", "建于 1441 年。"]}, ensure_ascii=False)
    [row] = ds.map(sft.add_turns(context="text", model=scripted(reply)), batched=True)
    assert ["human", "gpt", "human", "gpt"] == [turn["from"] for turn in row["conversations"]]
    wrong = json.dumps({"turns": ["它是哪年建的？", "建于 1541 年。"]}, ensure_ascii=False)
    outcome = only(sft.add_turns(context="text", model=scripted(wrong)), ds)
    assert ("number not in the source",) == outcome.drops
    with pytest.raises(errors.ConfigurationError, match=r"sft\.add_turns\('tool\.json'\)"):
        sft.add_turns()


def test_dialogues_are_closed(answered):
    """By templates, by pairs of one's own, by a model that asks nothing more."""
    [first, _] = answered.map(sft.close_dialogue([("谢谢。", "再见。")]), batched=True)
    assert ["谢谢。", "再见。"] == [turn["content"] for turn in first["messages"][-2:]]
    reply = json.dumps({"user": "还有别的吗？", "assistant": "有的。"}, ensure_ascii=False)
    outcome = only(sft.close_dialogue(model=scripted(reply)), answered.select([0]))
    assert ("a question is no closing",) == outcome.drops


def test_rows_that_an_op_has_nothing_to_do_with_pass_and_are_counted():
    """Nothing is dropped, and the account says why nothing was added."""
    ds = Dataset.from_list([{"messages": [{"role": "user", "content": "你好"}], "id": "a"}])
    for op in (
        sft.answer_calls(RECORDS, TOOL),
        sft.add_turns(TOOL),
        sft.close_dialogue(),
        sft.rewrite_with_slots(TOOL),
    ):
        out = sft.map(ds, op)
        assert ds["messages"][:] == out["messages"][:]
        assert 1 == sum(sft.last_run().noted.values())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_hundreds_of_template_sentences_stand_the_validators(language):
    """Every template of a language, in hundreds of variants: not one is dropped."""
    tool = (
        TOOL
        if language == "zh"
        else {
            **TOOL,
            "x-language": "en",
            "x-slots": {"district": {"say": ["in {value}"]}},
            "x-record": {
                "noun": "hotel",
                "short_name": "short",
                "fields": {
                    "price": {"title": "price", "unit": "yuan"},
                    "rating": {"title": "rating", "unit": "points"},
                },
            },
        }
    )
    queries = [
        {"price_range_upper": 400},
        {"price_range_lower": 200},
        {"price_range_lower": 200, "price_range_upper": 1200},
        {"rating_range_lower": 4.5, "price_range_upper": 600},
        {"name": "云溪", "price_range_upper": 800},
        {"district": "望江区", "facilities": ["健身房", "早餐"], "price_range_lower": 100},
    ]
    rows = [
        {"slots": json.dumps(q, ensure_ascii=False), "variant": v, "id": f"{n}-{v}"}
        for n, q in enumerate(queries)
        for v in range(120)
    ]
    out = sft.map(Dataset.from_list(rows), sft.slots_to_utterance(tool, records=RECORDS))
    assert len(rows) == len(out)
    out = sft.map(out, sft.answer_calls(RECORDS, tool))
    assert len(rows) == len(out)
