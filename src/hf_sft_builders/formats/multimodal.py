"""`multimodal`, `multimodal_parts`, `image_caption`, `audio_summary`: words and media.

Messages with media beside them and tags in the words; the same with typed parts; one medium, what
is asked of it, and the answer. One row of each:
    {"messages": [{"role": "user", "content": "<image>这是哪里？"}, {"role": "assistant", …}],
     "images": [{"bytes": null, "path": "tower.jpg"}], "videos": [], "audios": []}
    {"messages": [{"role": "user", "content": [{"type": "image", "text": ""},
                                               {"type": "text", "text": "这是哪里？"}]}, …], …}
    {"text": "这是哪里？", "image": {"bytes": null, "path": "tower.jpg"}, "caption": "望云楼。"}
    {"audio": {…}, "text": "总结这段录音。", "summary": "……"}

Media come as paths, relative paths, URLs, base64, bytes or features of `datasets`; rows have
{bytes, path}. The traps: the number of tags must be that of the media (LLaMA-Factory raises), TRL
wants no tags beside media but typed parts, and a URL is not fetched by either.
Source: https://huggingface.co/docs/trl/dataset_formats, https://llamafactory.readthedocs.io.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, Field

from hf_sft_builders.formats.base import Columns, Format
from hf_sft_builders.formats.beside import Beside
from hf_sft_builders.formats.media import MEDIA, MEDIA_PLACES, TAG_RULES, media_lists
from hf_sft_builders.formats.messages import Messages
from hf_sft_builders.formats.questions import ONE_PAIR, conversation, last_of, words_rule
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.turns import Turns, as_array, list_lengths
from hf_sft_builders.formats.typed import typed
from hf_sft_builders.formats.typed_parts import PART_RULES, media_beside

if TYPE_CHECKING:
    import datasets

_TAG = re.compile(r"(<(?:image|video|audio)>)")
_MULTIMODAL = Beside("multimodal", Messages(), MEDIA_PLACES, TAG_RULES["messages"])


class Part(BaseModel):
    """A part of a message: words, or the place of a medium."""

    type: str
    text: str


class PartsMessage(BaseModel):
    """One turn of parts."""

    role: str
    content: list[Part] = Field(min_length=1)


class PartsRow(BaseModel):
    """A conversation of parts, and its media."""

    messages: list[PartsMessage] = Field(min_length=1)
    images: list[dict[str, Any]]
    videos: list[dict[str, Any]]
    audios: list[dict[str, Any]]


def _empty_parts(table: pa.Table) -> np.ndarray:
    turns = Turns.of(table["messages"], ("content",))
    return turns.rows_with(list_lengths(turns.fields["content"]) == 0)


class MultimodalParts(Format):
    """See the module."""

    name = "multimodal_parts"
    Row = PartsRow
    holds = _MULTIMODAL.holds
    defaults: ClassVar[dict[str, Any]] = dict(_MULTIMODAL.defaults)
    rules = (
        Messages.rules[0],
        Rule(
            "parts-in-every-message",
            "messages.content",
            "at least one part in every message",
            "Drop the row, or say what is missing.",
            _empty_parts,
        ),
        *PART_RULES,
    )

    @property
    def features(self) -> datasets.Features:
        """Messages of typed parts, and three lists of media."""
        part = {"type": "string", "text": "string"}
        media = {column: [kind] for column, kind in MEDIA.items()}
        return typed({"messages": [{"role": "string", "content": [part]}], **media})

    def adapt(self, table: pa.Table) -> pa.Table:
        """Take media in any form, also inside the parts."""
        return _with_media(media_beside(table))

    def lay_out(self, records: pa.Table) -> Columns:
        """Part the words at the tags of media."""
        told = dict(_MULTIMODAL.lay_out(records))
        turns = Turns.of(told["messages"], ("role", "content"))
        parts = [_parts(text) for text in turns.fields["content"].to_pylist()]
        kind = pa.list_(pa.struct([("type", pa.string()), ("text", pa.string())]))
        fields = {"role": turns.fields["role"], "content": pa.array(parts, kind)}
        names = {name: name for name in fields}
        return {**told, "messages": Turns(turns.offsets, fields).struct_lists(names)}

    def take_in(self, table: pa.Table) -> Columns:
        """Join the parts, with tags for media."""
        turns = Turns.of(table["messages"], ("role", "content"))
        words = [_joined(parts) for parts in turns.fields["content"].to_pylist()]
        turns.fields["content"] = pa.array(words, pa.string())
        lists = turns.struct_lists({"role": "role", "content": "content"})
        index = table.schema.get_field_index("messages")
        return _MULTIMODAL.take_in(table.set_column(index, "messages", lists))


def _parts(text: str | None) -> list[dict[str, str]]:
    pieces = [piece for piece in _TAG.split(text or "") if piece]
    return [
        {"type": piece[1:-1], "text": ""}
        if _TAG.fullmatch(piece)
        else {"type": "text", "text": piece}
        for piece in pieces
    ]


def _joined(parts: list[dict[str, Any]] | None) -> str:
    return "".join(
        part["text"] or "" if part["type"] == "text" else f"<{part['type']}>"
        for part in parts or ()
    )


def _with_media(table: pa.Table) -> pa.Table:
    for name in MEDIA:
        if name in table.column_names:
            index = table.schema.get_field_index(name)
            table = table.set_column(index, name, media_lists(table[name]))
    return table


class OneMedium(Format):
    """One medium, what is asked of it, and the answer.

    Args:
        name: Of the format.
        medium: `image` or `audio`.
        answer: The column of the answer.
    """

    def __init__(self, name: str, medium: str, answer: str) -> None:
        self.name, self._medium, self._answer = name, medium, answer
        self._record = f"{medium}s"
        fields = {"text": (str, ...), medium: (dict[str, Any], ...), answer: (str, ...)}
        self.Row = _model(f"{name}_row", fields)
        self.holds = frozenset({"messages", self._record})
        self.rules = (words_rule(answer),)
        self.sayable = (ONE_PAIR, _one_tag(medium, self._record))
        self.defaults = {"text": ""}  # type: ignore[misc]

    @property
    def features(self) -> datasets.Features:
        """Two texts and a medium."""
        return typed({"text": "string", self._medium: self._medium, self._answer: "string"})

    def adapt(self, table: pa.Table) -> pa.Table:
        """Take the medium in any form."""
        if self._medium not in table.column_names:
            return table
        lists = media_lists(table[self._medium])
        if not pa.types.is_list(lists.type) or (list_lengths(lists) != 1).any():
            return table
        index = table.schema.get_field_index(self._medium)
        return table.set_column(index, self._medium, lists.flatten())

    def lay_out(self, records: pa.Table) -> Columns:
        """Take the tag off the question."""
        turns = Turns.of(records["messages"])
        asked = last_of(turns, "content", back=2)
        return {
            "text": pc.utf8_slice_codeunits(asked, len(self._medium) + 2),
            self._medium: as_array(records[self._record]).flatten(),
            self._answer: last_of(turns, "content"),
        }

    def take_in(self, table: pa.Table) -> Columns:
        """Put the tag before the question."""
        asked = pc.binary_join_element_wise(
            f"<{self._medium}>", pc.fill_null(as_array(table["text"]), ""), ""
        )
        medium = as_array(table[self._medium])
        offsets = pa.array(np.arange(table.num_rows + 1), pa.int32())
        told = [("user", asked), ("assistant", table[self._answer])]
        lists = pa.ListArray.from_arrays(offsets, medium)
        return {"messages": conversation(told).column(), self._record: lists}


def _model(name: str, fields: dict[str, Any]) -> type[BaseModel]:
    from pydantic import create_model

    model: type[BaseModel] = create_model(name, **fields)
    return model


def _one_tag(medium: str, column: str) -> Rule:
    def broken(records: pa.Table) -> np.ndarray:
        turns = Turns.of(records["messages"], ("content",))
        first = pc.starts_with(turns.fields["content"], f"<{medium}>")
        begins = np.asarray(pc.fill_null(first, False).to_numpy(zero_copy_only=False), dtype=bool)
        wrong = turns.rows_with((turns.position == 0) & ~begins)
        return np.asarray(wrong | (list_lengths(records[column]) != 1))

    return Rule(
        f"one-{medium}",
        f"messages, {column}",
        f"one {medium}, whose tag <{medium}> begins the question",
        "The format multimodal holds any number.",
        broken,
    )


MULTIMODAL = (
    _MULTIMODAL,
    MultimodalParts(),
    OneMedium("image_caption", "image", "caption"),
    OneMedium("audio_summary", "audio", "summary"),
)
