"""Images, videos and audios of rows: one column each, tags in the words, whatever they came as.

A column of media may hold paths, relative paths, URLs, `data:` URLs, base64 text, bytes, features
of `datasets`, or the structs {bytes, path} of records; one of them or a list. In a record it is
a list of {bytes, path}: bytes where they are known, else a path or URL.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats.beside import Place
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.turns import Turns, as_array, list_lengths

MEDIA = {"images": "image", "videos": "video", "audios": "audio"}
FILE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_DATA_URL = re.compile(r"data:[^,]*;base64,", re.ASCII)
_SIGNATURES = (
    *(b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*", b"%PDF"),
    *(b"ID3", b"OggS", b"fLaC", b"\x1aE\xdf\xa3", b"\0\0\0"),
)


def media_lists(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Give a column of media, in whatever form, as lists of {bytes, path}.

    A column of another type than media can have is given back as it is, for `types` to find.
    """
    values = as_array(column)
    if pa.types.is_null(values.type):
        return pa.nulls(len(values), pa.list_(FILE))
    if pa.types.is_list(values.type) or pa.types.is_fixed_size_list(values.type):
        files = _files(values.flatten())
        offsets = np.concatenate([[0], np.cumsum(list_lengths(values))])
    else:  # one medium a row, or none
        files = _files(values.filter(values.is_valid()))
        offsets = np.concatenate([[0], np.cumsum(np.asarray(values.is_valid()))])
    return values if files is None else pa.ListArray.from_arrays(_int32(offsets), files)


def _int32(numbers: np.ndarray) -> pa.Array:
    return pa.array(numbers, pa.int32())


MEDIA_PLACES = {
    column: Place(column, [kind], list[dict[str, Any]], adapt=media_lists)
    for column, kind in MEDIA.items()
}


def _files(values: pa.Array) -> pa.Array | None:
    kind = values.type
    if pa.types.is_struct(kind) and {field.name for field in kind} & {"bytes", "path"}:
        named = {field.name for field in kind}
        parts = [
            pc.struct_field(values, part.name).cast(part.type)
            if part.name in named
            else pa.nulls(len(values), part.type)
            for part in FILE
        ]
        return pa.StructArray.from_arrays(parts, fields=list(FILE))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return _structs(values.cast(pa.binary()), pa.nulls(len(values), pa.string()))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind):
        return _told_in_text(values.cast(pa.string()))
    return None


def _told_in_text(texts: pa.Array) -> pa.Array:
    data = [decoded(text) for text in texts.to_pylist()]
    held = pa.array([content is not None for content in data], pa.bool_())
    paths = pc.if_else(held, pa.scalar(None, pa.string()), texts)
    return _structs(pa.array(data, pa.binary()), paths)


def _structs(data: pa.Array, paths: pa.Array) -> pa.Array:
    return pa.StructArray.from_arrays([data, paths], fields=list(FILE))


def decoded(text: str | None) -> bytes | None:
    """Give the bytes of a `data:` URL or of base64 text; None for a path or a URL."""
    if text is None:
        return None
    head = _DATA_URL.match(text)
    if head is None and (len(text) < 64 or "." in text[:64]):
        return None
    try:
        content = base64.b64decode(text[head.end() if head else 0 :], validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if head or content.startswith(_SIGNATURES) else None


def count_tags(texts: pa.Array, kind: str) -> np.ndarray:
    """Count `<image>` (or `<video>`, `<audio>`) in each text."""
    counts = pc.fill_null(pc.count_substring(texts, f"<{kind}>"), 0)
    return np.asarray(counts.to_numpy(zero_copy_only=False))


def _tags_in(table: pa.Table, column: str, kind: str) -> np.ndarray:
    values = as_array(table[column])
    if pa.types.is_list(values.type):
        part = "content" if "content" in {f.name for f in values.type.value_type} else "value"
        turns = Turns.of(values, (part,))
        counts = count_tags(turns.fields[part], kind)
        return np.asarray(np.bincount(turns.row, weights=counts, minlength=len(values)))
    whole = count_tags(values, kind)
    others = [name for name in ("input",) if name in table.column_names]
    for name in others:
        whole = whole + count_tags(as_array(table[name]), kind)
    history = as_array(table["history"])
    pairs = history.flatten()
    texts = pairs.flatten()
    owner = np.repeat(np.arange(len(history)), list_lengths(history))
    said = np.repeat(owner, list_lengths(pairs))
    return np.asarray(
        whole + np.bincount(said, weights=count_tags(texts, kind), minlength=len(values))
    )


def _tag_rule(column: str, place: str, kind: str) -> Rule:
    def broken(table: pa.Table) -> np.ndarray:
        return np.asarray(_tags_in(table, column, kind) != list_lengths(table[place]))

    return Rule(
        f"{kind}-tags",
        place,
        f"as many <{kind}> tags in the words as there are {place}",
        f"Write <{kind}> where each of them belongs, or take it out.",
        broken,
    )


TAG_RULES = {
    column: tuple(_tag_rule(column, place, kind) for place, kind in MEDIA.items())
    for column in ("instruction", "conversations", "messages")
}
