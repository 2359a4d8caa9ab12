"""Transcripts as chunks that know when they are said, and the recording beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

from fsspec.core import url_to_fs

from hf_sft_builders.documents.file_kinds import suffix_of
from hf_sft_builders.documents.spoken_times import spoken_times
from hf_sft_builders.ledger import Row
from hf_sft_builders.registry import options_for
from hf_sft_builders.sources import read_bytes

TRANSCRIPT_SUFFIXES = (".srt", ".vtt", ".txt")
AUDIO_SUFFIXES = (".mp3", ".wav", ".m4a", ".flac", ".ogg", ".opus", ".aac", ".mp4", ".webm")


def heard_chunks(chunks: Iterable[Row], storage_options: Mapping[str, Any]) -> Iterator[Row]:
    """Give chunks with `heard` (places to seconds, None without times) and `audio` (path or None)."""
    folders: dict[str, frozenset[str]] = {}
    for uri, group in groupby(chunks, lambda row: row["uri"]):
        rows = list(group)
        heard = None
        if suffix_of(uri) in (".srt", ".vtt"):
            heard = spoken_times(read_bytes(uri, storage_options), uri, whole_text(rows))
        folder, _, name = uri.rpartition("/")
        if folder not in folders:
            folders[folder] = _names_in(folder, storage_options)
        found = recording_of(name, folders[folder])
        audio = f"{folder}/{found}" if found else None
        yield from ({**row, "heard": heard, "audio": audio} for row in rows)


def whole_text(chunks: Iterable[Row]) -> str:
    """Put a document's text together from its chunks, which may overlap."""
    text = ""
    for chunk in chunks:
        text += chunk["text"][max(0, len(text) - chunk["start"]) :]
    return text


def recording_of(name: str, there: frozenset[str]) -> str | None:
    """Find the recording of the same name: `talk.mp3` for `talk.srt`, `talk.zh.srt`, `talk.mp3.srt`."""
    stem = PurePosixPath(name).stem
    while stem:
        wanted = {stem} if suffix_of(stem) in AUDIO_SUFFIXES else set()
        wanted |= {stem + suffix for suffix in AUDIO_SUFFIXES}
        if found := sorted(wanted & there):
            return found[0]
        stem = stem.rpartition(".")[0]
    return None


def _names_in(folder: str, storage_options: Mapping[str, Any]) -> frozenset[str]:
    files, path = url_to_fs(folder, **options_for(folder, storage_options))
    try:
        found = files.ls(path, detail=False)
    except (FileNotFoundError, NotImplementedError):  # a server that lists nothing
        return frozenset()
    return frozenset(PurePosixPath(str(name)).name for name in found)
