"""What is asked about a picture, and what a reply must stand: four tasks, pure.

`questions` writes several pairs; `caption`, `label` and `fields` give one answer to one question,
which is the user's own or the usual one in the row's language.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.llm import Reply
from hf_sft_builders.synthesis.json_fields import JsonFields
from hf_sft_builders.synthesis.label_set import LabelSet
from hf_sft_builders.synthesis.validators import (
    Candidate,
    Fault,
    first_fault,
    no_meta_phrases,
    no_wrapping,
    same_language,
)

Kind = Literal["questions", "caption", "label", "fields"]
KINDS: tuple[Kind, ...] = ("questions", "caption", "label", "fields")
VARIABLES = {
    "image_questions": ("count",),
    "image_caption": ("question",),
    "image_label": ("question", "labels"),
    "image_fields": ("question", "fields"),
}
_QUESTIONS = {
    ("caption", "zh"): "请描述这张图片。",
    ("caption", "en"): "Describe this picture.",
    ("label", "zh"): "这张图片属于哪一类：{names}？",
    ("label", "en"): "Which of these does the picture show: {names}?",
    ("fields", "zh"): "读出图片中的这些信息，用 JSON 回答：{names}。",
    ("fields", "en"): "Read these fields from the picture and answer in JSON: {names}.",
}
_BLIND = re.compile(
    r"(?:无法|不能|没法|没有办法)(?:直接)?(?:查看|看到|看见|识别|打开|访问|处理)[^。，,]{0,8}(?:图|照片)"
    r"|(?:没有|未)(?:收到|看到|提供|附上)[^。，,]{0,6}(?:图|照片)|看不到[^。，,]{0,6}(?:图|照片)"
    r"|(?:can(?:no|')t|unable to|not able to|do not|don't) (?:\w+ )?(?:see|view|access|open|process)"
    r" (?:\w+ )?(?:image|picture|photo)"
    r"|no (?:image|picture|photo) (?:was|has been|is) (?:provided|attached|given)",
    re.IGNORECASE,
)


class ImagePair(BaseModel):
    """A question about a picture, and its answer."""

    question: str
    answer: str


class ImagePairs(BaseModel):
    """What the model replies."""

    pairs: list[ImagePair]


@dataclass(frozen=True)
class ImageTask:
    """One of the four, with what it needs."""

    kind: Kind = "questions"
    question: str = ""
    labels: LabelSet | None = None
    fields: JsonFields | None = None
    count: int = 4

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownName("task", self.kind, KINDS)
        if self.count < 1:
            raise ConfigurationError(f"count={self.count}; expected 1 or more questions.")
        for kind, option, given in (
            ("label", "labels", self.labels),
            ("fields", "schema", self.fields),
        ):
            if (self.kind == kind) != (given is not None):
                raise ConfigurationError(
                    f"task={self.kind!r} {'needs' if given is None else 'takes no'} {option}=. "
                    f"Pass task={kind!r} and {option}= together."
                )
        if self.question and self.kind == "questions":
            raise ConfigurationError(
                "question= is one question for every picture, and task='questions' has the model "
                "write them. Pass task='caption' (free text), 'label' or 'fields' with it."
            )

    @property
    def prompt_name(self) -> str:
        """The prompt that it is asked with."""
        return f"image_{self.kind}"

    @property
    def schema(self) -> type[BaseModel] | None:
        """The shape of a reply; None for free text."""
        if self.labels:
            return self.labels.shape()
        if self.fields:
            return self.fields.shape()
        return ImagePairs if self.kind == "questions" else None

    def words(self, language: str) -> str:
        """Give the question that the row asks; "" where the model writes them."""
        if self.question or self.kind == "questions":
            return self.question
        language = "zh" if language == "zh" else "en"
        names = self.labels.names if self.labels else self.fields.names if self.fields else ()
        joint = "、" if language == "zh" else ", "
        return _QUESTIONS[self.kind, language].format(names=joint.join(names))

    def values(self, language: str) -> dict[str, object]:
        """Give what the prompt's variables stand for."""
        known = {
            "count": self.count,
            "question": self.words(language),
            "labels": self.labels.listed() if self.labels else "",
            "fields": self.fields.text if self.fields else "",
        }
        return {name: known[name] for name in VARIABLES[self.prompt_name]}

    def fault(self, reply: Reply, language: str) -> Fault | None:
        """Say what is wrong with a whole reply; of pairs, whether none can be kept."""
        if isinstance(reply.parsed, ImagePairs):
            kept, faults = self.pairs(reply.parsed, language)
            return None if kept or not faults else faults[0]
        if self.fields and reply.parsed is not None:
            values = reply.parsed.model_dump().values()
            empty = all(value in (None, "", []) for value in values)
            return Fault("no field found", "Read what the picture shows.") if empty else None
        return None if self.labels else _text_fault(reply.text, language)

    def pairs(self, found: ImagePairs, language: str) -> tuple[list[tuple[str, str]], list[Fault]]:
        """Part the pairs that are kept from the faults of the others."""
        kept: dict[str, tuple[str, str]] = {}
        faults = []
        for pair in found.pairs:
            said = (pair.question.strip(), pair.answer.strip())
            fault = _pair_fault(*said, language)
            if fault is None and "".join(said[0].lower().split()) in kept:
                fault = Fault("duplicate question", "Ask each question once.")
            if fault is None and len(kept) == self.count:
                fault = Fault("more than asked for", f"Write at most {self.count} questions.")
            if fault is None:
                kept["".join(said[0].lower().split())] = said
            else:
                faults.append(fault)
        return list(kept.values()), faults

    def answers(self, reply: Reply, language: str) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
        """Give (question, answer) pairs, and the reasons of those that are dropped."""
        if isinstance(reply.parsed, ImagePairs):
            kept, faults = self.pairs(reply.parsed, language)
            return kept, tuple(fault.reason for fault in faults)
        return [(self.words(language), self._answer(reply))], ()

    def _answer(self, reply: Reply) -> str:
        if reply.parsed is None:
            return reply.text.strip()
        told = reply.parsed.model_dump(mode="json")
        return str(told["label"]) if self.labels else json.dumps(told, ensure_ascii=False)


def _pair_fault(question: str, answer: str, language: str) -> Fault | None:
    if not question or not answer:
        return Fault("empty question or answer", "Give every question and every answer.")
    if question == answer:
        return Fault("answer repeats the question", "Answer each question.")
    return _text_fault(question, language) or _text_fault(answer, language)


def _text_fault(text: str, language: str) -> Fault | None:
    if not text.strip():
        return Fault("empty answer", "Write the answer.")
    if _BLIND.search(text):
        return Fault("model saw no picture", "The picture is attached: look at it and answer.")
    if "<image>" in text:
        return Fault("wrapping left in", "Leave out <image>: write the words alone.")
    candidate = Candidate(text, language=language)
    return first_fault(candidate, (same_language, no_meta_phrases, no_wrapping))
