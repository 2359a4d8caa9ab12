"""Questions that are put to every passage as they stand: answered freely, by labels, or as JSON.

sft.generate_qa(
    model="qwen3-32b",
    questions=[
        "这段话的主要内容是什么？",
        sft.FixedQuestion("这段话属于哪一类？", labels=("价格", "交通", "历史")),
        sft.FixedQuestion("抽取景点信息。", schema={"type": "object", "properties": {
            "name": {"type": "string"}, "price": {"type": "number"}}}),
    ],
)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from hf_sft_builders.errors import ConfigurationError

_TYPES: dict[str, Any] = {"string": str, "number": float, "integer": int, "boolean": bool}


class AnswerWithEvidence(BaseModel):
    """A free answer, and where it stands."""

    answer: str
    evidence: str = Field(description="Copied word for word from the passage.")


@dataclass(frozen=True)
class FixedQuestion:
    """One question that every passage is asked.

    Args:
        text: The question, as it stands in the rows.
        labels: The only answers that there are, beside `other`; none for a free answer.
        several: Whether several labels may fit.
        other: What a passage gets that no label fits.
        with_text: Whether the passage stands behind the question, which says little without it.
        schema: The shape of an answer in JSON: a pydantic model, or a JSON schema of an object.

    Raises:
        ConfigurationError: no question, labels and a schema at once, or a schema that is none.
    """

    text: str
    labels: tuple[str, ...] = ()
    several: bool = False
    other: str = "other"
    with_text: bool = True
    schema: type[BaseModel] | Mapping[str, Any] | str | None = None

    def __post_init__(self) -> None:
        if not self.text.strip() or (self.labels and self.schema is not None):
            raise ConfigurationError(
                f"FixedQuestion({self.text!r}) needs a question, and labels= or schema=, not both."
            )
        object.__setattr__(self, "labels", tuple(self.labels))
        if isinstance(self.schema, Mapping):
            object.__setattr__(self, "schema", json.dumps(self.schema, ensure_ascii=False))
        self.shape()

    @property
    def kind(self) -> Literal["text", "label", "json"]:
        """How it is answered."""
        return "label" if self.labels else "text" if self.schema is None else "json"

    def shape(self) -> type[BaseModel]:
        """Give the shape of a reply."""
        if self.labels:
            return _labels_shape((*self.labels, self.other), self.several)
        if self.schema is None:
            return AnswerWithEvidence
        return _object_shape(self.schema) if isinstance(self.schema, str) else _model(self.schema)

    def answer(self, reply: BaseModel) -> str:
        """Give the words of an answer that is no free one: labels, or JSON text."""
        if not self.labels:
            return json.dumps(reply.model_dump(mode="json"), ensure_ascii=False)
        said = reply.labels if self.several else [reply.label]  # type: ignore[attr-defined]
        return ", ".join(dict.fromkeys(said)) or self.other

    def fingerprint(self) -> dict[str, Any]:
        """Give what it says; a schema by its words, not by where it is defined."""
        said = self.schema if isinstance(self.schema, str) else None
        if said is None and self.schema is not None:
            said = json.dumps(self.shape().model_json_schema(), sort_keys=True)
        known = {
            name: getattr(self, name)
            for name in ("text", "labels", "several", "other", "with_text")
        }
        return {**known, "schema": said}


def fixed_questions(given: Iterable[FixedQuestion | str]) -> tuple[FixedQuestion, ...]:
    """Read what a user wrote: plain strings are questions with a free answer."""
    if isinstance(given, str):
        raise ConfigurationError(f"questions={given!r}; expected a list of questions.")
    return tuple(one if isinstance(one, FixedQuestion) else FixedQuestion(one) for one in given)


@lru_cache(maxsize=64)
def _labels_shape(labels: tuple[str, ...], several: bool) -> type[BaseModel]:
    choice: Any = Literal[labels]
    if several:
        return create_model("Labels", labels=(list[choice], ...))
    return create_model("Label", label=(choice, ...))


@lru_cache(maxsize=64)
def _object_shape(schema: str) -> type[BaseModel]:
    raw = json.loads(schema)
    if not isinstance(raw, dict) or raw.get("type") != "object" or not raw.get("properties"):
        raise ConfigurationError(
            f"FixedQuestion: the schema {schema[:80]!r} is none of an object with properties. "
            "Write {'type': 'object', 'properties': {…}}, or pass a pydantic model."
        )
    made: type[BaseModel] = _type_of(raw, "Answer")
    return made


def _type_of(raw: Mapping[str, Any], name: str) -> Any:
    if "enum" in raw:
        return Literal[tuple(raw["enum"])]
    kind = raw.get("type")
    if kind == "object" and raw.get("properties"):
        needed = set(raw.get("required") or raw["properties"])
        fields: dict[str, Any] = {}
        for field, inner in raw["properties"].items():
            inner_type = _type_of(inner, field)
            fields[field] = (inner_type, ...) if field in needed else (inner_type | None, None)
        return create_model(name, **fields)
    if kind == "array":
        item: Any = _type_of(raw.get("items") or {"type": "string"}, name)
        return list[item]
    if kind in _TYPES:
        return _TYPES[kind]
    raise ConfigurationError(
        f"FixedQuestion: {name!r} has the type {kind!r}; known: {', '.join(_TYPES)}, array, object, "
        "enum. A pydantic model can say more."
    )


def _model(schema: Any) -> type[BaseModel]:
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return schema
    raise ConfigurationError(
        f"FixedQuestion: schema={schema!r}; expected a pydantic model or a dict."
    )
