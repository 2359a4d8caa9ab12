"""Messages whose words are typed parts, as people have them: media inside the parts or beside them.

One message of each form:
    {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "这是哪里？"}]}
    {"role": "user", "content": [{"type": "image", "image": "tower.jpg"}, …]}
    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://…"}}, …]}

Media that stand inside go into the columns beside, at their place among those that stand there already.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats.json_columns import is_turn
from hf_sft_builders.formats.media import FILE, MEDIA, media_lists
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.turns import Turns, as_array, list_lengths, list_offsets

_COLUMNS = {kind: column for column, kind in MEDIA.items()}
_OWN = {"type", "text"}
_INSIDE = ("url", "data", "path", "bytes")
"""Where an object that stands for a medium says what it is."""


def media_beside(table: pa.Table) -> pa.Table:
    """Take media out of typed parts, which then have type and text; other tables stay."""
    fields = _part_fields(table)
    if not fields or (fields == _OWN):
        return table
    messages = as_array(table["messages"]).to_pylist()
    columns = [name for name in MEDIA if name in table.column_names]
    given = {name: media_lists(table[name]).to_pylist() for name in columns}
    said: list[Any] = []
    media: dict[str, list[Any]] = {name: [] for name in MEDIA}
    for number, turns in enumerate(messages):
        left = {
            name: iter((given[name][number] if name in given else None) or ()) for name in MEDIA
        }
        found: dict[str, list[Any]] = {name: [] for name in MEDIA}
        said.append(turns and [_plain(turn, left, found) for turn in turns])
        for name in MEDIA:
            media[name].append([*found[name], *left[name]])
    index = table.schema.get_field_index("messages")
    table = table.set_column(index, "messages", pa.array(said, _plain_type(table)))
    for name, values in media.items():
        if any(values):
            place = table.schema.get_field_index(name)
            table = table.drop_columns([name]) if place >= 0 else table
            table = table.append_column(name, pa.array(values, pa.list_(FILE)))
    return table


def _part_fields(table: pa.Table) -> set[str]:
    """Name the fields of the parts of messages; none where words are no parts of known fields."""
    kind = table.schema.field("messages").type if "messages" in table.column_names else pa.null()
    for step in ("turns", "content", "parts"):
        if step == "content":
            place = kind.get_field_index("content") if pa.types.is_struct(kind) else -1
            kind = kind.field(place).type if place >= 0 else pa.null()
        else:
            kind = kind.value_type if pa.types.is_list(kind) else pa.null()
    names = {field.name for field in kind} if pa.types.is_struct(kind) else set()
    return names if is_turn(names) and "type" in names else set()


def _plain_type(table: pa.Table) -> pa.DataType:
    turn = table.schema.field("messages").type.value_type
    parts = pa.list_(pa.struct([("type", pa.string()), ("text", pa.string())]))
    fields = [pa.field("content", parts) if f.name == "content" else f for f in turn]
    return pa.list_(pa.struct(fields))


def _plain(
    turn: dict[str, Any] | None, left: dict[str, Iterator[Any]], found: dict[str, list[Any]]
) -> dict[str, Any] | None:
    """Give a turn without media inside; what it shows is added to `found`."""
    if turn is None or turn["content"] is None:
        return turn
    parts = []
    for part in turn["content"]:
        kind = part["type"].removesuffix("_url").removeprefix("input_")
        if kind not in _COLUMNS:
            parts.append({"type": part["type"], "text": part.get("text")})
            continue
        parts.append({"type": kind, "text": part.get("text") or ""})
        inside = _file(part.get(part["type"]) or part.get(kind))
        shown = next(left[_COLUMNS[kind]], None) if inside is None else inside
        found[_COLUMNS[kind]] += [] if shown is None else [shown]
    return {**turn, "content": parts}


def _file(value: Any) -> Any:
    """Give a medium as {bytes, path}; None where there is none."""
    if isinstance(value, dict):
        value = next((value[name] for name in _INSIDE if value.get(name)), None)
    if not value:
        return None
    return media_lists(pa.array([[value]]))[0].as_py()[0]


def _shown(table: pa.Table, kind: str) -> np.ndarray:
    turns = Turns.of(table["messages"], ("content",))
    contents = turns.fields["content"]
    types = pc.struct_field(contents.flatten(), "type")
    hits = np.asarray(pc.fill_null(pc.equal(types, kind), False).to_numpy(zero_copy_only=False))
    ends = np.concatenate([[0], np.cumsum(hits)])[list_offsets(contents)]
    return np.asarray(np.bincount(turns.row, weights=np.diff(ends), minlength=table.num_rows))


def _part_rule(column: str, kind: str) -> Rule:
    return Rule(
        f"{kind}-parts",
        column,
        f"as many parts of type {kind} as there are {column}",
        f'Write {{"type": "{kind}"}} where each of them belongs, or take it out.',
        lambda table: np.asarray(_shown(table, kind) != list_lengths(table[column])),
    )


PART_RULES = tuple(_part_rule(column, kind) for column, kind in MEDIA.items())
