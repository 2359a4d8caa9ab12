"""`transcript`: questions and summaries of what was said, and when."""

import json

import pytest
from chat_server import running

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.documents import read_document
from hf_sft_builders.documents.spoken_times import spoken_times
from hf_sft_builders.formats import get_format
from hf_sft_builders.synthesis.prompts import fenced_text

SRT = """1
00:00:01,000 --> 00:00:04,000
各位好，今天介绍云溪塔。

2
00:00:04,000 --> 00:00:09,500
云溪塔的门票是 80 元一位，

3
00:00:09,500 --> 00:00:12,000
六十岁以上的老人免费。

4
00:01:00,000 --> 00:01:03,000
开放时间是每天 8:00 到 17:30。
"""
PAIR = {
    "question": "云溪塔的门票是多少钱？",
    "answer": "80 元一位",
    "evidence": "云溪塔的门票是 80 元一位",
}
PAIRS = json.dumps({"pairs": [PAIR]}, ensure_ascii=False)
SUMMARY = "云溪塔门票 80 元一位，老人免费。"


@pytest.fixture
def talks(tmp_path, monkeypatch):
    """A transcript with its recording, and one without times or recording."""
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "replies.sqlite"))
    folder = tmp_path / "talks"
    folder.mkdir()
    (folder / "tower.zh.srt").write_text(SRT, "utf-8")
    (folder / "tower.mp3").write_bytes(b"ID3 sound")
    (folder / "plain.txt").write_text("云溪塔的门票是 80 元一位。老人免费。", "utf-8")
    return folder


def heard(row):
    """Give the last step of a row: the recording, and the seconds."""
    step = row["provenance"][-1]
    assert "heard" == step["step"]
    return step["uri"], json.loads(step["parameters"])


def test_words_are_found_in_time():
    """A span of several cues lasts from the first to the last; white space and joins do no harm."""
    text = read_document(SRT.encode(), "a.srt").text
    times = spoken_times(SRT.encode(), "a.srt", text)

    def when(words):
        start = text.index(words)
        return times.between(start, start + len(words))

    assert (4.0, 9.5) == when("80 元一位")
    assert (4.0, 12.0) == when("门票是 80 元一位，六十岁")
    assert (60.0, 63.0) == when("17:30")
    assert (1.0, 63.0) == times.between(0, len(text))
    assert spoken_times(b"", "a.srt", "").between(0, 3) is None


def test_questions_and_summaries_with_their_times(load, talks):
    """Through the real protocol: each row leads to the seconds and the recording."""
    with running(answer=SUMMARY, replies={"pairs": PAIRS}) as server:
        options = {"model": "m", "base_url": server.base_url}
        ds = load("transcript", data_dir=str(talks), split="train", **options)
    assert [*get_format("messages").features, "id", "provenance"] == ds.column_names
    of = {(row["provenance"][0]["title"], row["id"].split(":")[-2]): row for row in ds}
    [titled] = [row for (_, op), row in of.items() if op == "summarize" and heard(row)[0]]
    assert (str(talks / "tower.mp3"), {"seconds": [1.0, 63.0]}) == heard(titled)
    assert SUMMARY == titled["messages"][1]["content"]
    assert "请总结主要内容。\n\n各位好" == titled["messages"][0]["content"][:13]
    [asked] = [row for (_, op), row in of.items() if op == "generate_qa" and heard(row)[0]]
    assert (str(talks / "tower.mp3"), {"seconds": [4.0, 9.5]}) == heard(asked)
    assert 4 == len(ds)
    assert [(None, {})] * 2 == [heard(row) for row in ds if heard(row)[0] is None]


def test_recordings_in_rows(load, talks):
    """`audio_summary` has the recording by path; a transcript without one is dropped and counted."""
    model = sft.ScriptedModel(lambda request: SUMMARY)
    options = {"make": "summary", "format": "audio_summary", "model": model}
    ds = load("transcript", data_dir=str(talks), split="train", **options)
    [row] = ds
    assert {"bytes": None, "path": str(talks / "tower.mp3")} == row["audio"]
    assert ("请总结主要内容。", SUMMARY) == (row["text"], row["summary"])
    assert {"no recording of the same name": 1} == dict(sft.last_run().drops)


def test_questions_need_no_model(load, talks):
    """The extractive finder copies answers; a summary stops with the line that works."""
    ds = load("transcript", data_dir=str(talks), split="train", make="questions")
    said = [read_document(p.read_bytes(), p.name).text for p in talks.glob("*.[st]*")]
    assert all(row["messages"][1]["content"] in "\n".join(said) for row in ds)
    assert len(ds)
    with pytest.raises(errors.ConfigurationError, match="make='questions', which needs none"):
        load("transcript", data_dir=str(talks), split="train")


def test_builder_is_the_ops(load, talks):
    """The same questions as by `documents` and `sft.generate_qa`."""
    built = load("transcript", data_dir=str(talks), split="train", make="questions")
    chunks = load("documents", data_dir=str(talks), split="train")
    rows = chunks.map(sft.generate_qa(), batched=True)
    assert built["messages"][:] == rows["messages"][:]
    assert built["id"][:] == rows["id"][:]


LONG = "云溪塔的门票是 80 元一位，老人免费。" * 20


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("门票 90 元一位。", "number not in the source"),
        (LONG, "not shorter"),
        ("The ticket to the tower is 80 yuan for each of the visitors.", "other language"),
        ("根据材料，门票 80 元一位。", "meta phrase"),
        ("assistant: 门票 80 元一位。", "wrapping left in"),
        (" ", "empty summary"),
    ],
)
def test_bad_summaries_are_dropped_with_their_reason(reply, reason):
    """Asked for again once, then dropped."""
    op = sft.summarize(sft.ScriptedModel([reply] * 2), max_repairs=1)
    [outcome] = op.outcomes([{"text": LONG}])
    assert ((), (reason,)) == (outcome.rows, outcome.drops)


def test_long_texts_are_summarized_in_parts_without_loss():
    """Every character is in one part; the last question is about the parts' summaries."""
    asked = []

    def answer(request):
        asked.append(fenced_text(request))
        return "云溪塔的门票是 80 元一位，老人免费。"

    text = "".join(f"{n}号：云溪塔的门票是 80 元一位，老人免费。" for n in range(60))
    op = sft.summarize(sft.ScriptedModel(answer), part_chars=500)
    [outcome] = op.outcomes([{"text": text}])
    assert text == "".join(asked[:-1])
    assert "\n\n".join(["云溪塔的门票是 80 元一位，老人免费。"] * (len(asked) - 1)) == asked[-1]
    assert len(asked) == outcome.usage["calls"]
    assert text in outcome.rows[0]["messages"][0]["content"]
