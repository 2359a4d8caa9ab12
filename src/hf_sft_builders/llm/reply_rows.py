r"""One stored reply, as the store's rows and the lines of its export hold it.

SQLite notices a broken page, but not a changed byte inside a long text. So each row carries a
checksum over all of it: a reply that comes back is the one that was paid for, or none.

Example line of an export:
    {"key": "6f…", "raw": "{\"choices\": …}", "model": "qwen3", "endpoint": "http://x:8000/v1",
     "tokens_in": 812, "tokens_out": 96, "tokens_reasoning": 0, "finish_reason": "stop",
     "created": 1760000000.5, "label": "generate_qa"}
"""

from __future__ import annotations

import json
import logging
import sqlite3
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import ConfigurationError, FormatError
from hf_sft_builders.llm.reply_keys import KEY_BYTES, public_endpoint
from hf_sft_builders.llm.reply_layout import DamagedReply, explained, is_damage, is_new

SqlRow = tuple[Any, ...]

logger = logging.getLogger("hf_sft_builders")

_SMALLEST_ROW = 64
"""Bytes; bounds how many rows a file can hold."""

COLUMNS = (
    "key, created, model, endpoint, tokens_in, tokens_out, tokens_reasoning, "
    "finish_reason, label, checksum, raw"
)


@dataclass(frozen=True)
class StoredReply:
    """What a server answered, and what it cost.

    It has no place for a key or token: never put request headers into `raw` or `label`. Of the
    endpoint only what `public_endpoint` gives is kept, whatever is passed.
    """

    raw: str
    """The reply's JSON text, as it was received."""
    model: str
    endpoint: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_reasoning: int = 0
    """Part of `tokens_out`."""
    finish_reason: str = "stop"
    created: float = field(default_factory=time.time)
    """When it arrived, in seconds since 1970."""
    label: str = ""
    """A word or two for people who look into the store, such as the op's name."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "endpoint", public_endpoint(self.endpoint))


def to_row(key: bytes, reply: StoredReply) -> SqlRow:
    """Give the row of a reply, in the order of `COLUMNS`."""
    raw = reply.raw.encode("utf-8", "surrogatepass")
    head = (
        float(reply.created),
        _storable(reply.model),
        _storable(reply.endpoint),
        int(reply.tokens_in),
        int(reply.tokens_out),
        int(reply.tokens_reasoning),
        _storable(reply.finish_reason),
        _storable(reply.label),
    )
    return (key, *head, _checksum(key, head, raw), raw)


def from_row(row: SqlRow) -> tuple[bytes, StoredReply]:
    """Read a row.

    Raises:
        DamagedReply: if it is not what was written.
    """
    key, *head, checksum, raw = row
    try:
        whole = checksum == _checksum(key, tuple(head), raw)
    except TypeError:
        whole = False
    if not whole:
        raise DamagedReply("a stored reply differs from its checksum")
    created, model, endpoint, tokens_in, tokens_out, thought, finish_reason, label = head
    return key, StoredReply(
        raw=raw.decode("utf-8", "surrogatepass"),
        model=model,
        endpoint=endpoint,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        tokens_reasoning=thought,
        finish_reason=finish_reason,
        created=created,
        label=label,
    )


def to_line(key: bytes, reply: StoredReply) -> str:
    """Write a reply as one line of JSON."""
    content = {"key": key.hex(), **asdict(reply)}
    line = json.dumps(content, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:
        return json.dumps(content)
    return line


def from_line(line: str, number: int) -> tuple[bytes, StoredReply]:
    """Read what `to_line` wrote; fields of later versions are left out.

    Raises:
        FormatError: with the number of the line and what is wrong with it.
    """
    try:
        content = json.loads(line)
        key = bytes.fromhex(content["key"])
        reply = StoredReply(**{name: content[name] for name in _TYPES if name in content})
        _check(key, asdict(reply))
    except (KeyError, TypeError, ValueError, ConfigurationError) as error:
        raise FormatError(
            f"Line {number} is not a stored reply: {type(error).__name__}: {error}. "
            f"Found: {line[:100]!r}. Give a file that `export` of a reply store wrote; the lines "
            "before this one are imported."
        ) from error
    return key, reply


def whole_rows(path: Path) -> Iterator[SqlRow]:
    """Give the rows of a store that is only read, without those that are damaged.

    Raises:
        ConfigurationError: if there is no store, or nothing in it can be read.
    """
    if not path.is_file():
        raise ConfigurationError(f"There is no reply store {path}.")
    address = f"{path.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as file:
            file.execute("BEGIN")
            if not is_new(file, path):
                yield from _one_by_one(file, path)
    except sqlite3.Error as error:
        raise explained(error, path) from error


def _one_by_one(file: sqlite3.Connection, path: Path) -> Iterator[SqlRow]:
    """Look up each row by its number: a scan would end at the first damaged page."""
    whole = 0
    last = _number(file, "SELECT coalesce(max(id), 0) FROM replies")
    most = path.stat().st_size // _SMALLEST_ROW if last is None else last
    for number in range(1, most + 1):
        if row := _row(file, number):
            whole += 1
            yield row
    stored = _number(file, "SELECT count(*) FROM replies INDEXED BY replies_key")
    if whole != stored:
        of = f"of {stored}" if stored else "of an unknown number"
        logger.warning("%s is damaged: %d %s replies could be read.", path, whole, of)


def _row(file: sqlite3.Connection, number: int) -> SqlRow | None:
    query = f"SELECT {COLUMNS} FROM replies WHERE id = ?"
    try:
        row: SqlRow | None = file.execute(query, (number,)).fetchone()
        if row is not None:
            from_row(row)
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        return None
    return row


def _number(file: sqlite3.Connection, query: str) -> int | None:
    """Give the number that a query counts, or None if what it counts by is damaged."""
    try:
        return int(file.execute(query).fetchone()[0])
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        return None


def _check(key: bytes, content: Mapping[str, Any]) -> None:
    if len(key) != KEY_BYTES:
        raise ValueError(f"the key has {len(key)} bytes, not {KEY_BYTES}")
    for name, kind in _TYPES.items():
        if not isinstance(content[name], _KINDS[kind]):
            raise TypeError(f"{name} is {content[name]!r}, not {kind}")


_KINDS: Mapping[str, Any] = {"str": str, "int": int, "float": (int, float)}
_TYPES = {entry.name: str(entry.type) for entry in fields(StoredReply)}


def _checksum(key: bytes, head: SqlRow, raw: bytes) -> int:
    # str, not repr: what repr escapes depends on the version of Python.
    words = "\0".join(map(str, head)).encode("utf-8", "surrogatepass")
    return zlib.crc32(raw, zlib.crc32(words, zlib.crc32(key)))


def _storable(text: str) -> str:
    """Replace half surrogate pairs, which SQLite's text cannot hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
