"""Subtitles: what is said, as paragraphs of whole sentences; when it is said is left out.

The trap: a sentence runs over several cues, and the captions that are made live repeat the line before.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from hf_sft_builders.documents.base import Document, ReaderOptions
from hf_sft_builders.documents.block_document import document_of
from hf_sft_builders.documents.encoding import decode
from hf_sft_builders.documents.file_kinds import refuse_other_kinds
from hf_sft_builders.documents.markdown_blocks import Block
from hf_sft_builders.documents.word_joining import join_words
from hf_sft_builders.errors import DocumentError

name = "subtitles"
suffixes = (".srt", ".vtt")

_CLOCK = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMES = re.compile(rf"[ \t]*{_CLOCK}[ \t]*-->[ \t]*{_CLOCK}[^\n]*$", re.MULTILINE)
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]{1,80})>")
_TAGS = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|<\d[\d:.]{0,20}>|\{\\[^{}]{0,100}\}")
_END = tuple("。！？.!?…”」』")
_PAUSE = 2.0
"""Seconds of silence that part paragraphs."""
_LONG = 400
"""Characters from which a paragraph ends with its sentence."""


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown at a time."""

    start: float
    """In seconds."""
    end: float
    lines: list[str]


def read(data: bytes, uri: str, options: ReaderOptions) -> Document:
    """Read the file, or raise `DocumentError` with the reason why it cannot be read."""
    refuse_other_kinds(data, uri, "text")
    text, encoding = decode(data, uri)
    cues = cues_in(text)
    if not cues:
        raise DocumentError(
            uri, "not what its suffix says", "No line has times as 00:00:01,000 --> 00:00:02,000."
        )
    notes = () if encoding == "utf-8" else (f"decoded as {encoding}",)
    blocks = (Block("paragraph", [(1, words)]) for words in _paragraphs(cues))
    return document_of(blocks, data, uri, notes=notes)


def cues_in(text: str) -> list[Cue]:
    """Give what a file of subtitles shows, in its order."""
    return list(_cues(text.replace("\r\n", "\n").replace("\r", "\n")))


def _cues(text: str) -> Iterator[Cue]:
    times = list(_TIMES.finditer(text))
    for number, match in enumerate(times, start=1):
        end = times[number].start() if number < len(times) else len(text)
        words = text[match.end() : end].strip("\n")
        words = words.split("\n\n")[0]
        lines = [line for line in map(_shown, words.split("\n")) if line]
        yield Cue(_seconds(match.groups()[:4]), _seconds(match.groups()[4:]), lines)


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    return 3600 * int(hours) + 60 * int(minutes) + int(seconds) + float(f"0.{fraction}")


def _shown(line: str) -> str:
    named = _VOICE.sub(lambda match: f"{match[1]}: ", line)
    return " ".join(html.unescape(_TAGS.sub("", named)).split())


def _paragraphs(cues: list[Cue]) -> Iterator[str]:
    words, end, before = "", cues[0].start, list[str]()
    for cue in cues:
        fresh = [line for line in cue.lines if line not in before]
        pause = cue.start - end > _PAUSE or (len(words) > _LONG and words.endswith(_END))
        if words and pause and fresh:
            yield words
            words = ""
        for line in fresh:
            if line.startswith(("- ", "– ")) and words:
                words += "\n" + line
            else:
                words = join_words(words, line)
        before, end = cue.lines, max(end, cue.end)
    if words:
        yield words
