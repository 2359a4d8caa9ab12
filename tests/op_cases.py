"""What each op is tried on where a plain text will not do, and replies that no op may keep."""

import json
import re
import typing
from dataclasses import replace
from types import UnionType
from typing import Literal, get_args, get_origin

from conftest import GUIDE
from hotel_records import RECORDS, TOOL
from pydantic import BaseModel

import hf_sft_builders as sft
from hf_sft_builders import synthesis
from hf_sft_builders.llm.content import words_in
from hf_sft_builders.synthesis.asked_model import AskedModel

SAID = [
    {"role": "user", "content": "望云楼有多高？"},
    {"role": "assistant", "content": "望云楼高 28.6 米，共四层。"},
]
TEXT = {"id": "a", "text": GUIDE, "language": "zh", "title": "指南", "headings": ["望云楼"]}
LABELS = ["景点", "酒店"]


def of(name, script):
    """An op with a scripted model, and a row that it works on."""
    model = sft.ScriptedModel(script)
    make, row = _MADE.get(name, (None, TEXT))
    if make is not None:
        return make(model), row()
    return replace(synthesis.OPS[name].example(), asked=AskedModel(model)), dict(TEXT)


def _called(until):
    """A row of a tool dialogue, made offline up to some op."""
    plan = sft.plan_dialogues(
        RECORDS, TOOL, dialogues=4, mix={"words": 1}, extra_turns=0, closings=0
    )
    rows = plan.map(sft.slots_to_utterance(TOOL, records=RECORDS), batched=True)
    if until == "answered":
        rows = rows.map(sft.answer_calls(RECORDS, TOOL), batched=True)
    return next(row for row in rows if "facilities" in row["slots"])


def _talk():
    return {"id": "a", "text": GUIDE, "messages": SAID, "language": "zh"}


_MADE = {
    "add_reasoning": (
        lambda model: sft.add_reasoning(
            model=model, context="text", only_useful=False, native=False
        ),
        _talk,
    ),
    "add_turns": (lambda model: sft.add_turns(context="text", model=model), _talk),
    "answer": (lambda model: sft.answer(model=model, context="text", overwrite=True), _talk),
    "answer_calls": (
        lambda model: sft.answer_calls(RECORDS, TOOL, model=model),
        lambda: _called("said"),
    ),
    "close_dialogue": (lambda model: sft.close_dialogue(model=model), _talk),
    "degrade": (lambda model: sft.degrade("verbose", model=model), _talk),
    "distill": (lambda model: sft.distill(model), lambda: {"id": "a", "prompt": "怎么挑客栈？"}),
    "edge_cases": (
        lambda model: sft.edge_cases(LABELS, model=model),
        lambda: {"id": "a", "text": "塔很高，上面的风景也好看。", "label": "景点"},
    ),
    "expand_topics": (lambda model: sft.expand_topics(model), lambda: {"id": "a", "topic": "古城"}),
    "rewrite_with_slots": (
        lambda model: sft.rewrite_with_slots(TOOL, model=model),
        lambda: _called("answered"),
    ),
    "similar_questions": (lambda model: sft.similar_questions(1, model=model), _talk),
    "slots_to_utterance": (
        lambda model: sft.slots_to_utterance(TOOL, records=RECORDS, model=model),
        lambda: _called("said"),
    ),
    "topic_questions": (
        lambda model: sft.topic_questions(model),
        lambda: {"id": "a", "topic": "古城"},
    ),
}
"""Op → how it is made with a model, and its row; the others work on a text by their own example."""


def _system(request):
    return words_in(request.messages[0]["content"])[:300]


def _mark(request):
    words = words_in(request.messages[-1]["content"])
    found = re.search(r"<<<[0-9a-f]{16}", words)
    return f"{found[0] if found else '<<<0123456789abcdef'} 望云楼高 28.6 米。"


FAULTY = {
    "its prompt": _system,
    "a fence mark": _mark,
    "two roles": lambda request: "user: 望云楼多高？\nassistant: 28.6 米。",
    "a chat template": lambda request: "望云楼高 28.6 米。<|im_end|>",
    "the material": lambda request: "根据所给的文本，望云楼高 28.6 米，共四层。",
}
"""What a reply says → the reply."""


def saying(fault):
    """A model all of whose texts have a fault, in whatever shape is asked for."""

    def reply(request):
        words = FAULTY[fault](request)
        if request.schema is None:
            return words
        return json.dumps(filled(request.schema, words), ensure_ascii=False)

    return reply


def filled(kind, words):
    """A value of a type, with the same words for each text in it."""
    origin = get_origin(kind)
    if origin is Literal:
        return get_args(kind)[0]
    if origin is list:
        return [filled(get_args(kind)[0], words)] * 2
    if origin in (typing.Union, UnionType):
        return filled(get_args(kind)[0], words)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {name: filled(f.annotation, words) for name, f in kind.model_fields.items()}
    return words if kind is str else 3 if kind in (int, float) else kind()
