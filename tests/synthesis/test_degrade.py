"""`degrade`: a worse answer with one named flaw, which can be seen to be there."""

import json
import re

import pytest
from chat_server import running
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.formats import get_format
from hf_sft_builders.synthesis.flaws import FLAWS, numbers_in
from hf_sft_builders.synthesis.flaws_by_rule import cut_short, other_number

QUESTION = "云溪塔的门票是多少钱？"
ANSWER = "云溪塔的门票是 80 元一位，老人半价，需要在南门售票处购买。"
SOURCE = "云溪塔门票 80 元，老人半价，南门售票处购买。夜游 120 元。"


def row(answer=ANSWER, **more):
    """A question and its answer."""
    said = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": answer}]
    return {"id": "r0", "messages": said, "text": SOURCE, **more}


def reply(answer, was="", now=""):
    """What the model replies."""
    return json.dumps({"was": was, "now": now, "answer": answer}, ensure_ascii=False)


GOOD = {
    "factual_error": reply(ANSWER.replace("80", "95"), "80 元", "95 元"),
    "hallucinated_detail": reply(ANSWER + "票价含一杯茶。", "", "票价含一杯茶"),
    "incomplete": reply("云溪塔的门票是 80 元一位。", "老人半价", ""),
    "off_topic": reply("这里春天樱花很美，拍照的人很多，记得早点出发。"),
    "verbose": reply(
        ANSWER + "也就是说，买票要花 80 元，一个人 80 元，老人可以只付一半，这一点请您务必知道。"
    ),
    "impolite": reply("80 元，这都要问？老人半价，自己去南门售票处买。"),
    "wrong_format": reply('{"门票": "80 元", "老人": "半价", "地点": "南门售票处"}'),
    "other_language": reply("A ticket to the tower is 80 yuan, and seniors pay half of it."),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_each_flaw_through_the_real_protocol(tmp_path, monkeypatch, flaw):
    """A pair in the format `preference`; flaw and change are named in column and provenance."""
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "r.sqlite"))
    with running(answer=GOOD[flaw]) as server:
        op = sft.degrade(flaw, model="m", base_url=server.base_url, context="text")
        out = sft.map(Dataset.from_list([row()]), op)
        [asked] = server.requests()
    pair = out[0]
    assert QUESTION == pair["prompt"][0]["content"]
    assert ANSWER == pair["chosen"][0]["content"]
    assert json.loads(GOOD[flaw])["answer"] == pair["rejected"][0]["content"]
    assert flaw == pair["flaw"] == json.loads(pair["provenance"][-1]["parameters"])["flaw"]
    assert FLAWS[flaw].zh in asked["body"]["messages"][-1]["content"]
    get_format("preference").require(out.with_format("arrow")[:])


@pytest.mark.parametrize(
    ("flaw", "says", "reason"),
    [
        ("factual_error", reply(ANSWER, "80", "95"), "unchanged"),
        ("factual_error", reply(ANSWER.replace("80", "95")), "change not stated"),
        ("factual_error", reply(ANSWER.replace("需要", "要"), "需要", "要"), "no fact changed"),
        (
            "factual_error",
            reply("门票 95 元，别问了，去看花吧，花很美", "80", "95"),
            "more than one flaw",
        ),
        (
            "hallucinated_detail",
            reply(ANSWER + "夜游 120 元。", "", "夜游 120 元"),
            "detail is true",
        ),
        ("hallucinated_detail", reply("门票 80 元，含茶。", "", "含茶"), "nothing added"),
        ("incomplete", reply(ANSWER + "欢迎光临。"), "nothing left out"),
        ("incomplete", reply("门票是 90 元一位。"), "more than one flaw"),
        ("off_topic", reply(ANSWER + "欢迎。"), "still on topic"),
        ("verbose", reply("门票呀，是 80 元一位的。"), "not verbose"),
        ("impolite", reply("半价，自己看，别烦我，去南门买。"), "more than one flaw"),
        (
            "impolite",
            reply("80 元，都问 300 遍了！老人半价，自己去南门售票处。"),
            "more than one flaw",
        ),
        ("other_language", reply("80 元一位，老人只要一半的价钱哦。"), "same language"),
        (
            "impolite",
            reply("Eighty, 80. Is that so hard to remember? Half for the old."),
            "other language",
        ),
        ("verbose", reply("以下是一个啰嗦的回答：" + 2 * ANSWER), "announces the flaw"),
        ("verbose", reply("助手：" + 2 * ANSWER), "wrapping left in"),
        ("verbose", reply("根据材料，" + 2 * ANSWER), "meta phrase"),
    ],
)
def test_what_is_not_that_flaw_is_dropped_with_its_reason(flaw, says, reason):
    """Asked for again first: three calls."""
    op = sft.degrade(flaw, model=sft.ScriptedModel(lambda _: says), context="text")
    [outcome] = op.outcomes([row()])
    assert ((), (reason,)) == (outcome.rows, outcome.drops)
    assert 3 == outcome.usage["calls"]


def test_an_answer_too_short_for_a_flaw_gets_another():
    """Nothing can be left out of "80 元"; with no flaw that fits, the row is dropped."""
    model = sft.ScriptedModel(lambda _: reply("95 元", "80", "95"))
    [outcome] = sft.degrade(["incomplete", "factual_error"], model=model).outcomes([row("80 元")])
    assert ["factual_error"] == [new["flaw"] for new in outcome.rows]
    [outcome] = sft.degrade("incomplete", model=model).outcomes([row("80 元")])
    assert ("no flaw fits",) == outcome.drops
    [outcome] = sft.degrade("incomplete", model=model).outcomes([row("")])
    assert ("no answer",) == outcome.drops


@pytest.mark.parametrize("model", ["extractive", sft.ScriptedModel([])])
def test_conversations_with_calls_are_dropped_and_not_cut(model):
    """A pair has no place for calls; in place they stay."""
    call = {"role": "assistant", "content": "", "tool_calls": '[{"name": "search"}]'}
    said = [row()["messages"][0], call, {"role": "assistant", "content": ANSWER}]
    op = sft.degrade("factual_error", model=model)
    [outcome] = op.outcomes([{"id": "r0", "messages": said}])
    assert ((), ("calls of tools have no place in a pair",)) == (outcome.rows, outcome.drops)


def test_flaws_of_ones_own():
    """A name and what is asked for; the general checks hold for it, too."""
    seen = []

    def model(request):
        seen.append(request.messages[-1]["content"])
        return reply(ANSWER + "快来买呀，过了这村就没这店啦！")

    own = {"pushy": "语气像推销。"}
    [outcome] = sft.degrade(own, model=sft.ScriptedModel(model)).outcomes([row()])
    assert "pushy" == outcome.rows[0]["flaw"]
    assert "缺陷：pushy\n语气像推销。" in seen[0]
    with pytest.raises(errors.UnknownName, match="factual_error"):
        sft.degrade("factual_eror", model="m")


@pytest.mark.parametrize("format_", ["alpaca", "messages", "prompt_completion", "sharegpt"])
def test_in_place_keeps_the_format_beside_the_original(format_):
    """Rows for a judge, and for unpaired preference."""
    from hf_sft_builders.records import record_table
    from hf_sft_builders.synthesis.conversations import messages_of

    form = get_format(format_)
    table = form.from_records(record_table({"messages": [row()["messages"]]}, 1))
    [given_row] = table.select(list(form.features)).to_pylist()
    op = sft.degrade("factual_error", in_place=True, keep_original=True)
    [outcome] = op.outcomes([given_row])
    kept, new = outcome.rows
    assert (ANSWER, "") == (messages_of(kept)[1]["content"], kept["flaw"])
    assert numbers_in(ANSWER) != numbers_in(messages_of(new)[1]["content"])
    assert "factual_error" == new["flaw"]


def test_works_offline_where_it_is_honest():
    """A number that stands nowhere in question and source; or the end left out."""
    op = sft.degrade(context="text", n=2)
    [outcome] = op.outcomes([row(ANSWER + "夜场另售。")])
    assert {"factual_error", "incomplete"} == {new["flaw"] for new in outcome.rows}
    wrong = next(new for new in outcome.rows if new["flaw"] == "factual_error")
    [number] = numbers_in(wrong["rejected"][0]["content"])
    assert number not in {"80", "120"}
    assert "extractive" == wrong["provenance"][-1]["model"]
    assert outcome.rows == next(iter(op.outcomes([row(ANSWER + "夜场另售。")]))).rows
    [outcome] = op.outcomes([row("免费")])
    assert ("no flaw by rule", "no flaw by rule") == outcome.drops
    with pytest.raises(
        errors.ConfigurationError, match=r"not 'verbose'.*sft\.degrade\('verbose', model="
    ):
        sft.degrade("verbose")


@given(st.text(max_size=200), st.integers(0, 5))
def test_a_changed_number_is_the_only_change(text, seed):
    """Whatever the text: taking the number back gives it again, and the new one is new."""
    made = other_number(text, "", seed, "r")
    if made is None:
        return
    assert made.was != made.now
    assert made.now not in re.findall(r"\d+(?:[.,:：]\d+)*", text)
    places = [m.start() for m in re.finditer(re.escape(made.now), made.answer)]
    back = {made.answer[:at] + made.was + made.answer[at + len(made.now) :] for at in places}
    assert text in back


@pytest.mark.parametrize(
    "text",
    [
        "见 E02",
        "编号 A-17",
        "1. 先开门\n2. 再进去",
        "5—8 月",
        "3.5.1 版",
        "二十四小时",
        "http://a.b/80/c",
    ],
)
def test_codes_lists_ranges_and_versions_are_left_alone(text):
    """Half a range or a changed code is no plausible error."""
    assert other_number(text, "", 0, "r") is None


@given(st.text(max_size=300), st.integers(0, 5))
def test_what_is_cut_short_is_a_beginning(text, seed):
    """Nothing is changed, something is missing."""
    made = cut_short(text, "", seed, "r")
    assert made is None or (text.startswith(made.answer) and len(made.answer) < len(text))


def test_a_changed_number_is_written_as_the_true_one_was():
    """Else its looks give the false one away: separators stay, and no year lies ahead of us."""
    from hf_sft_builders.synthesis.flaws_by_rule import other_number

    for number in range(60):
        flawed = other_number("海拔 1,180 米，全长 1,260 米。", "", 1, str(number))
        assert re.fullmatch(r"\d{1,3}(,\d{3})*", flawed.now)
        assert ("," in flawed.now) or float(flawed.now) < 1000
        year = other_number("上一次校准在 2025 年。", "", 1, str(number))
        assert 2013 <= int(year.now) < 2025
