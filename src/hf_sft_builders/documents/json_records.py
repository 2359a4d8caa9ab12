"""JSON and JSONL of documents: one document for each object that has a text.

The text's field is found by its name (`text`, `content`, `正文`, …) or named by
`ReaderOptions.text_field`. The text is taken as Markdown. An object without text is counted with its
reason, and the others go on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hf_sft_builders.documents.base import Document, ReaderOptions, only_one
from hf_sft_builders.documents.encoding import decode
from hf_sft_builders.documents.file_kinds import refuse_other_kinds
from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.documents.markdown import markdown_parts
from hf_sft_builders.errors import DocumentError

name = "json"
suffixes = (".json", ".jsonl", ".ndjson")

_TEXTS = (
    "text",
    "content",
    "markdown",
    "md",
    "body",
    "document",
    "passage",
    "正文",
    "内容",
    "文本",
)
_TITLES = ("title", "标题", "headline", "name")
_LISTS = ("documents", "data", "rows", "items", "records", "results")


def read(data: bytes, uri: str, options: ReaderOptions) -> Document:
    """Read a file that holds one document; `read_each` reads those that hold several."""
    return only_one(read_each(data, uri, options), uri)


def read_each(data: bytes, uri: str, options: ReaderOptions) -> Iterator[Document | DocumentError]:
    """Give a document, or the reason why there is none, for each object."""
    refuse_other_kinds(data, uri, "text")
    text, encoding = decode(data, uri)
    note = () if encoding == "utf-8" else (f"decoded as {encoding}",)
    lines = uri.lower().endswith(("l", ".ndjson"))
    for number, value in _lines(text, uri) if lines else _values(text, uri):
        place = f"{uri}#{number}" if number else uri
        found = value if isinstance(value, DocumentError) else _document(value, place, options)
        yield replace(found, notes=note) if isinstance(found, Document) else found


def _lines(text: str, uri: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                yield number, _invalid(f"{uri}#{number}", error)


def _values(text: str, uri: str) -> Iterator[tuple[int, Any]]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _invalid(uri, error) from error
    if isinstance(value, dict):
        lists = [value[key] for key in _LISTS if isinstance(value.get(key), list)]
        value = lists[0] if lists else value
    if isinstance(value, list):
        yield from enumerate(value, start=1)
    else:
        yield 0, value


def _invalid(uri: str, error: Exception) -> DocumentError:
    if isinstance(error, RecursionError):
        return DocumentError(uri, "nested too deeply", "Expected objects with a text.")
    return DocumentError(uri, "not valid JSON", f"{error}. A file cut off, or JSON lines in .json?")


def _document(value: Any, uri: str, options: ReaderOptions) -> Document | DocumentError:
    fields: dict[str, Any] = value if isinstance(value, dict) else {"text": value}
    names = (options.text_field,) if options.text_field else _TEXTS
    text = next((fields[n] for n in names if isinstance(fields.get(n), str)), None)
    if text is None:
        found = ", ".join(map(str, list(fields)[:8])) or "nothing"
        wanted = options.text_field or "one of " + ", ".join(_TEXTS)
        detail = f"It has {found}; expected {wanted}, holding a text. Name it: text_field=."
        return DocumentError(uri, "no text field", detail)
    text = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    if not text.strip():
        return DocumentError(uri, "no text", "Its text is empty.")
    headings, blocks = markdown_parts(text)
    titles = [fields[n] for n in _TITLES if isinstance(fields.get(n), str) and fields[n].strip()]
    return Document(
        uri=uri,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        title=titles[0].strip() if titles else next((h.title for h in headings), ""),
        text=text,
        headings=headings,
        blocks=blocks,
        language=detect_language(text),
    )
