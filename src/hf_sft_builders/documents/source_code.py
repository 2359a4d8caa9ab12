"""Source code as it is; read where the splitter `code` is asked for, ignored among documents."""

from __future__ import annotations

import hashlib

from hf_sft_builders.documents.base import Document, ReaderOptions
from hf_sft_builders.documents.encoding import decode
from hf_sft_builders.documents.file_kinds import file_name, refuse_other_kinds
from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.documents.splitters.code import LANGUAGES

name = "source_code"
suffixes = tuple(
    suffix
    for language, rules in LANGUAGES.items()
    for suffix in rules.suffixes
    if language != "markdown"
)


def read(data: bytes, uri: str, options: ReaderOptions) -> Document:
    """Read the file, or raise `DocumentError` with the reason why it cannot be read."""
    refuse_other_kinds(data, uri, "text")
    text, encoding = decode(data, uri)
    return Document(
        uri=uri,
        sha256=hashlib.sha256(data).hexdigest(),
        title=file_name(uri),
        text=text.replace("\r\n", "\n").replace("\r", "\n"),
        language=detect_language(text),
        notes=() if encoding == "utf-8" else (f"decoded as {encoding}",),
    )
