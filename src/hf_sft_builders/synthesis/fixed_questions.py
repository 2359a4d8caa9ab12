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
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.ops import hashed_by_fingerprint
from hf_sft_builders.synthesis.json_fields import JsonFields


class AnswerWithEvidence(BaseModel):
    """A free answer, and where it stands."""

    answer: str
    evidence: str = Field(description="Copied word for word from the passage.")


@hashed_by_fingerprint
@dataclass(frozen=True)
class FixedQuestion:
    """One question that every passage is asked.

    Args:
        text: The question, as it stands in the rows.
        labels: The only answers that there are, beside `other`; none for a free answer.
        several: Whether several labels may fit.
        other: What a passage gets that no label fits.
        with_text: Whether the passage stands behind the question, which says little without it.
        schema: The shape of an answer in JSON: a pydantic model, or a JSON schema of an object, as
            a dict or the path of its file.

    Raises:
        ConfigurationError: no question, labels and a schema at once, or a schema that is none.
    """

    text: str
    labels: tuple[str, ...] = ()
    several: bool = False
    other: str = "other"
    with_text: bool = True
    schema: type[BaseModel] | Mapping[str, Any] | str | JsonFields | None = None

    def __post_init__(self) -> None:
        if not self.text.strip() or (self.labels and self.schema is not None):
            raise ConfigurationError(
                f"FixedQuestion({self.text!r}) needs a question, and labels= or schema=, not both."
            )
        object.__setattr__(self, "labels", tuple(self.labels))
        if self.schema is not None:
            object.__setattr__(self, "schema", JsonFields.of(self.schema))
        self.shape()

    @property
    def kind(self) -> Literal["text", "label", "json"]:
        """How it is answered."""
        return "label" if self.labels else "text" if self.schema is None else "json"

    def shape(self) -> type[BaseModel]:
        """Give the shape of a reply."""
        if self.labels:
            return _labels_shape((*self.labels, self.other), self.several)
        return self.schema.shape() if isinstance(self.schema, JsonFields) else AnswerWithEvidence

    def answer(self, reply: BaseModel) -> str:
        """Give the words of an answer that is no free one: labels, or JSON text."""
        if not self.labels:
            return json.dumps(reply.model_dump(mode="json"), ensure_ascii=False)
        said = reply.labels if self.several else [reply.label]  # type: ignore[attr-defined]
        return ", ".join(dict.fromkeys(said)) or self.other

    def fingerprint(self) -> dict[str, Any]:
        """Give what it says; a schema by its words, not by where it is defined."""
        known = {field.name: getattr(self, field.name) for field in fields(self)}
        said = self.schema.text if isinstance(self.schema, JsonFields) else None
        return {**known, "schema": said}


def fixed_questions(
    given: Iterable[FixedQuestion | str | Mapping[str, Any]] | str | Path,
) -> tuple[FixedQuestion, ...]:
    """Read what a user wrote: a list, or a YAML or JSON file that holds one under `questions:`.

    A plain string is a question with a free answer, a mapping has the fields of `FixedQuestion`.

    Raises:
        ConfigurationError: for a file that cannot be read, and for what is no question.
    """
    if isinstance(given, (str, Path)):
        given = _in_file(Path(given))
    return tuple(map(_question, given))


def _in_file(path: Path) -> list[Any]:
    import yaml  # type: ignore[import-untyped,unused-ignore]

    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(
            f"questions={str(path)!r} cannot be read: {error}. Expected a list of questions, or a "
            "YAML or JSON file with `questions:`."
        ) from error
    questions = raw.get("questions") if isinstance(raw, Mapping) else raw
    if not isinstance(questions, list):
        raise ConfigurationError(f"The file {path} has no list of `questions:`.")
    return questions


def _question(given: Any) -> FixedQuestion:
    if isinstance(given, FixedQuestion):
        return given
    if not isinstance(given, Mapping):
        return FixedQuestion(str(given))
    known = {field.name for field in fields(FixedQuestion)}
    if unknown := [name for name in given if name not in known]:
        raise UnknownName("field of a question", unknown[0], known)
    if "text" not in given:
        raise ConfigurationError(f"questions: {dict(given)!r} has no `text`, the question itself.")
    return FixedQuestion(**given)


@lru_cache(maxsize=64)
def _labels_shape(labels: tuple[str, ...], several: bool) -> type[BaseModel]:
    choice: Any = Literal[labels]
    if several:
        return create_model("Labels", labels=(list[choice], ...))
    return create_model("Label", label=(choice, ...))
