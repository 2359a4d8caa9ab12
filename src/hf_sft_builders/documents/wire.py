"""What a process that reads files and the one that asks it send each other: JSON, and bytes after it."""

from __future__ import annotations

import json
import struct
from dataclasses import asdict
from typing import IO, Any

from hf_sft_builders.documents.base import Document, Heading, Picture, Span

OUT_OF_MEMORY = 77
"""How the reading process ends where it cannot even answer that its memory is used up."""

_LENGTHS = struct.Struct("<QQ")
_AS_SENT = "surrogatepass"
"""Broken files hold halves of characters; they arrive as they were sent."""


def write_message(stream: IO[bytes], message: dict[str, Any], data: bytes = b"") -> None:
    """Send one message with the bytes that belong to it."""
    text = json.dumps(message, ensure_ascii=False).encode("utf-8", _AS_SENT)
    stream.write(_LENGTHS.pack(len(text), len(data)))
    stream.write(text)
    stream.write(data)
    stream.flush()


def read_message(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Wait for a message; None if the other side is gone."""
    head = stream.read(_LENGTHS.size)
    if len(head) < _LENGTHS.size:
        return None
    text_length, data_length = _LENGTHS.unpack(head)
    text, data = stream.read(text_length), stream.read(data_length)
    if len(text) < text_length or len(data) < data_length:
        return None
    return json.loads(text.decode("utf-8", _AS_SENT)), data


def as_message(document: Document) -> dict[str, Any]:
    """Give a document as what JSON knows."""
    return {"kind": "document", **asdict(document)}


def document_from(message: dict[str, Any]) -> Document:
    """Give the document back."""
    values = {name: value for name, value in message.items() if name != "kind"}
    values["headings"] = tuple(Heading(**heading) for heading in values["headings"])
    values["blocks"] = tuple(Span(**span) for span in values["blocks"])
    values["images"] = tuple(Picture(**picture) for picture in values["images"])
    reader, pages = values["read_by"]
    values["read_by"] = (reader, tuple(pages))
    return Document(**{**values, **{n: tuple(values[n]) for n in ("page_starts", "notes")}})
