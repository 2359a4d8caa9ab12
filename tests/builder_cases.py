"""What each builder is tried on: files in a folder, options, and a stand-in for the model."""

import json
import re
import shutil
from dataclasses import dataclass, field

from conftest import EXAMPLES, GUIDE
from PIL import Image

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.synthesis.prompts import fenced_text

TALK = """1
00:00:01,000 --> 00:00:04,000
云溪塔的门票是 80 元一位，六十岁以上的老人免费。

2
00:00:04,000 --> 00:00:09,500
开放时间是每天 8:00 到 17:30。
"""
LABELS = ["景点", "住宿"]
KINDS = re.compile(r"^\d+\. (question|follow_up|clarification|closing)[：:]", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """How a builder is called, and what its docstring's composition speaks of."""

    options: dict
    names: dict = field(default_factory=dict)
    beside: tuple = ()
    """Columns that the docstring says its composition does not have."""


def _lines(request, shortest=8):
    lines = (line.strip() for line in fenced_text(request).splitlines())
    return [line for line in lines if len(line) > shortest and not line.startswith(("|", "#"))]


def model(request):
    """Reply as a careful model does, by the shape that is asked for; short of words, not of facts."""
    reply = REPLIES[request.schema.__name__ if request.schema else ""](request)
    return reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)


def _pairs(request):
    lines = _lines(request)
    pairs = [
        {"question": f"“{line[:6]}”后面怎么说？", "answer": line, "evidence": line}
        for line in lines
    ]
    if "domain" in request.schema.model_fields["pairs"].annotation.__args__[0].model_fields:
        return {"pairs": [{**pairs[0], "domain": "景点/望云楼"}]}
    return {"pairs": pairs[1:2] if "学生" in said(request) else pairs[:1]}


def _reasoning(request):
    first, last = _lines(request)[0], _lines(request)[-1]
    asked = {
        "question": f"把“{first[:8]}”和“{last[:8]}”合起来看说明什么？",
        "steps": [f"先看：{first}", f"再看：{last}"],
        "answer": f"{first}；{last}",
        "evidence": [first, last],
    }
    return {"questions": [asked]}


def _topic_questions(request):
    wanted = re.findall(
        r"^- (basic|intermediate|advanced): (\d+)$", request.messages[-1]["content"], re.M
    )
    topic = fenced_text(request)
    asked = [
        {"question": f"{topic}的第 {n} 个{level}问题怎么答？", "difficulty": level}
        for level, count in wanted
        for n in range(int(count))
    ]
    return {"questions": asked}


def _labelled(request):
    names = request.schema.model_fields["label"].annotation.__args__
    if len(names) > 1:
        return {"label": "住宿" if "房间" in fenced_text(request) else "景点"}
    other = "房间窗外就是塔，" if names[0] == "住宿" else "登塔之前歇了歇，"
    return {"label": names[0], "why": "两边都有", "text": f"{other}这一趟还是看{names[0]}。"}


def said(request):
    """Give the last message."""
    return request.messages[-1]["content"]


def _rounds(request):
    """The planned rounds from lines of the passage, copied."""
    rounds = [
        {"kind": kind, "user": f"请说说第{n}点好吗？", "assistant": line, "evidence": line}
        for n, (kind, line) in enumerate(
            zip(KINDS.findall(said(request)), _lines(request, 3), strict=False)
        )
    ]
    return {"rounds": rounds}


def _items(request):
    line = _lines(request)[-1]
    asked = {"kind": "short_answer", "question": "开放时间是什么时候？", "correct": [line]}
    return {"items": [{**asked, "evidence": line}]}


def _words(request):
    """The words of a tool dialogue: a sentence with its slots, a reply that names a record."""
    if "门票" in said(request):
        return "门票 80 元一位。"
    try:
        shown = fenced_text(request)
    except errors.ConfigurationError:  # a bare prompt
        return "先看位置，再看价格。"
    if shown.startswith("user:"):
        record = json.loads(said(request).split("\n")[-2])["records"][0]
        return f"推荐您看看{record['name']}。"
    bare = (line.replace(" ", "").replace('"', "") for line in shown.split("\n"))
    return "帮我找酒店，" + "，".join(bare) + "。"


REPLIES = {
    "": _words,
    "QAPairs": _pairs,
    "QAPairsMarked": _pairs,
    "DialogueDraft": _rounds,
    "ExamItems": _items,
    "CheckedAnswers": lambda request: {"answers": [{"number": 1, "text": _lines(request)[-1]}]},
    "Flawed": lambda request: {"answer": "请到景区售票处去问一问。"},
    "Better": lambda request: {
        "reason": "…",
        "better": "B" if said(request).find("售票处") < said(request).find("古城是") else "A",
    },
    "Close": lambda request: {"user": "好的，谢谢你。", "assistant": "不客气，再见。"},
    "ReasonedQuestions": _reasoning,
    "Subtopics": lambda request: {"topics": ["客栈", "民宿"]},
    "TopicQuestionList": _topic_questions,
    "EdgeCase": _labelled,
    "LabelChoice": _labelled,
}


def _documents(tmp_path, **options):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "guide.md").write_text(GUIDE, "utf-8")
    return {"data_dir": "docs", **options}


def _plain(tmp_path):
    told = ("uri", "title", "headings", "pages", "language", "domain", "id", "provenance")
    return Case(_documents(tmp_path), beside=told)


def _ask(tmp_path):
    return Case(_documents(tmp_path))


def _domain(tmp_path):
    tree = "levels: 2\ndomains:\n- label: 景点\n  children: [望云楼]\n- label: 酒店\n"
    (tmp_path / "domains.yaml").write_text(tree, "utf-8")
    return Case(_documents(tmp_path, domain_tree="domains.yaml", format="messages"))


def _with_model(tmp_path):
    teacher = sft.ScriptedModel(model)
    return Case(_documents(tmp_path, model=teacher), {"model": teacher})


def _reasoned(tmp_path):
    case = _with_model(tmp_path)
    return Case({**case.options, "format": "messages_reasoning"}, case.names)


def _rows(tmp_path):
    lines = ["instruction,output", "云溪塔有多高？,28.6 米。", "门票多少钱？,80 元。"]
    (tmp_path / "rows.csv").write_text("\n".join(lines), "utf-8")


def _source(tmp_path):
    _rows(tmp_path)
    return Case({"data_files": "rows.csv"}, beside=("id", "provenance"))


def _convert(tmp_path):
    _rows(tmp_path)
    return Case({"data_files": "rows.csv", "format": "sharegpt"})


def _classification(tmp_path):
    given = sft.ScriptedModel(model)
    options = {"labels": LABELS, "edge_cases": 1, "model": given}
    return Case(_documents(tmp_path, **options), {"model": given})


def _distillation(tmp_path):
    topics = "questions: 3\nlanguage: zh\nexpand: {levels: 1, per_topic: 2}\ntopics: [古城旅行]\n"
    (tmp_path / "topics.yaml").write_text(topics, "utf-8")
    given = sft.ScriptedModel(model)
    options = {"data_files": "topics.yaml", "model": given, "format": "messages_reasoning"}
    return Case(options, {"model": given}, beside=("provenance",))


def _transcript(tmp_path):
    (tmp_path / "talks").mkdir()
    (tmp_path / "talks" / "tower.zh.srt").write_text(TALK, "utf-8")
    given = sft.ScriptedModel(model)
    return Case(
        {"data_dir": "talks", "model": given}, {"model": given}, beside=("id", "provenance")
    )


def _vision(tmp_path):
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (8, 6), "red").save(tmp_path / "photos" / "tower.png")
    given = sft.ScriptedModel(lambda request: "A field of one colour, without any shape.")
    options = {"data_dir": "photos", "model": given, "task": "caption", "language": "en"}
    return Case(
        options, {"model": given}, beside=("id", "provenance", "images", "videos", "audios")
    )


def _tool_dialogue(tmp_path):
    for name in ("hotels.csv", "tool.json"):
        shutil.copy(EXAMPLES / "hotel_booking" / name, tmp_path / name)
    tool = json.loads((tmp_path / "tool.json").read_text("utf-8"))
    return Case(
        {"data_files": "hotels.csv", "tool": "tool.json"},
        {"closings": tool["x-record"]["closings"]},
        beside=("provenance",),
    )


CASES = {
    "classification": _classification,
    "convert": _convert,
    "dialogue": _ask,
    "distillation": _distillation,
    "documents": _plain,
    "domain": _domain,
    "exam": _ask,
    "pdf_qa": _ask,
    "preference": _ask,
    "reasoning": _reasoned,
    "source": _source,
    "tool_dialogue": _tool_dialogue,
    "transcript": _transcript,
    "vision_qa": _vision,
}
"""Builder → what it is tried on, made in a folder of the test's own."""


TALK_OF_TWO = {"rounds": (2, 2), "closing": 0.0, "clarification": 0.0}
SOME_CALLS = {"mix": {"ceiling": 1, "range": 1}, "dialogues": 10, "extra_turns": 0, "closings": 0.5}
ASKED = {
    "classification": {},
    "dialogue": TALK_OF_TWO,
    "distillation": {},
    "domain": {"balance": None},
    "exam": {"mix": "short_answer"},
    "pdf_qa": {"audiences": [("攻略", "背包客"), ("科普", "学生")]},
    "preference": {"flaws": {"evasive": "答非所问"}, "judged": True, "samples": 2},
    "reasoning": {},
    "tool_dialogue": SOME_CALLS,
    "transcript": {},
    "vision_qa": {},
}
"""Builder that asks a model → options under which `model` is asked more than once a row."""
