"""The table of a card that says what each column holds. Every value is escaped here, once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hf_sft_builders.publishing.card_tables import table
from hf_sft_builders.publishing.card_words import Say, english
from hf_sft_builders.publishing.escaping import inline

_MEANING = {
    "messages": "the conversation, the assistant's words last",
    "conversations": "the conversation, human first",
    "instruction": "the question or task",
    "input": "what the instruction is about; empty where it says all",
    "output": "the answer",
    "system": "system prompt; empty where there is none",
    "history": "earlier questions and answers, as pairs",
    "tools": "JSON text of the tools; empty where there are none",
    "prompt": "what is asked",
    "completion": "the answer",
    "chosen": "the better answer",
    "rejected": "the worse answer",
    "kto_tag": "whether the answer is a good one",
    "images": "pictures, in the order of the tags in the words",
    "videos": "videos, in the order of the tags in the words",
    "audios": "sounds, in the order of the tags in the words",
    "image": "the picture",
    "audio": "the sound",
    "video": "the video",
    "caption": "what the picture shows",
    "summary": "what was said, in short",
    "chain_of_thought": "the steps to the answer",
    "reasoning": "what the teacher thought",
    "content": "what the teacher said",
    "teacher": "the model that answered",
    "score": "how good the row is",
    "reasoning_language": "the language of the thoughts",
    "developer": "instructions",
    "user": "the question",
    "analysis": "the thoughts",
    "final": "the answer",
    "dialogue": "the turns, searches among them",
    "reward_score": "how good the answer is",
    "uri": "the document it is from",
    "title": "the document's title",
    "headings": "what it stands under, outermost first",
    "pages": "pages of the document, from 1",
    "start": "where it begins in the document's text, in characters",
    "end": "where it ends",
    "language": "ISO 639 code of the main language",
    "domain": "subject, where one was named",
    "id": "document, span, step and number; stays when the text is edited",
    "provenance": "steps from source to row: file, sha256, license, pages, spans, model, prompt",
}
_CHUNK, _TEXT, _GOOD, _LABEL = (
    "the chunk's words",
    "the text",
    "whether the answer is a good one",
    "the label",
)
MEANINGS = frozenset({*_MEANING.values(), _CHUNK, _TEXT, _GOOD, _LABEL})
"""All sentences of the table."""
_LONGEST_LIST = 6


def fields_table(features: Mapping[str, Any], say: Say = english) -> str:
    """One line per column."""
    rows = [
        (inline(name, 80), inline(_type_words(feature), 160), _meaning(name, features, say))
        for name, feature in features.items()
    ]
    return table((say("column"), say("type"), say("holds")), rows)


def _meaning(name: str, features: Mapping[str, Any], say: Say) -> str:
    if name == "text":  # what chunks and texts to train on are both called
        return say(_CHUNK if "uri" in features else _TEXT)
    if name == "label":
        return say(_GOOD if getattr(features[name], "dtype", "") == "bool" else _LABEL)
    return say(_MEANING[name]) if name in _MEANING else ""


def _type_words(feature: Any) -> str:
    if isinstance(feature, Mapping):
        more = [f"{len(feature) - _LONGEST_LIST} more"] * (len(feature) > _LONGEST_LIST)
        return "{" + ", ".join([*list(feature)[:_LONGEST_LIST], *more]) + "}"
    if isinstance(feature, (list, tuple)):
        return f"list of {_type_words(feature[0])}"
    inner = getattr(feature, "feature", None)
    if inner is not None:
        return f"list of {_type_words(inner)}"
    return str(getattr(feature, "dtype", None) or type(feature).__name__)
