"""The files of the Batch API: requests out as JSON lines, results in. Pure.

    {"custom_id": "5f3a…", "method": "POST", "url": "/v1/chat/completions", "body": {…}}

The `custom_id` is the key of the reply store, so a result finds its place without anything else.
Lines are sorted by it: the same requests give the same bytes, in whatever order they were asked.

Source: https://platform.openai.com/docs/guides/batch.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hf_sft_builders.llm.protocol import Refusal, error_words, refusal_of

MAX_LINES = 50_000
MAX_BYTES = 200_000_000

# Legal within JSON, but a server that splits by `str.splitlines` takes them for ends of lines.
_LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


@dataclass(frozen=True)
class BatchFile:
    """The input of one batch."""

    content: bytes
    keys: tuple[str, ...]
    """The `custom_id` of each line."""

    @property
    def digest(self) -> str:
        """Tells this input from any other."""
        return hashlib.sha256(self.content).hexdigest()[:32]


@dataclass(frozen=True)
class BatchResult:
    """One line of an output or error file."""

    key: str
    status: int
    """Of HTTP; 0 where the request was not worked on."""
    body: bytes

    def refusal(self, shaped: bool) -> Refusal:
        """Say what a result that is no reply means."""
        if self.status == 200:
            return Refusal("overload", "200 with a reply that cannot be read")
        if self.status:
            return refusal_of(self.status, self.body, shaped)
        return Refusal("overload", error_words(self.body))


def batch_files(calls: Mapping[str, bytes], url: str) -> list[BatchFile]:
    """Write calls as the inputs of as few batches as the limits allow.

    Args:
        calls: The body of each call by the key of its reply, in hex.
        url: The path that a line names, such as `/v1/chat/completions`.
    """
    files: list[BatchFile] = []
    lines: list[bytes] = []
    keys: list[str] = []
    size = 0
    for key in sorted(calls):
        line = _line(key, url, calls[key])
        if lines and (len(lines) >= MAX_LINES or size + len(line) > MAX_BYTES):
            files.append(BatchFile(b"".join(lines), tuple(keys)))
            lines, keys, size = [], [], 0
        lines.append(line)
        keys.append(key)
        size += len(line)
    return [*files, BatchFile(b"".join(lines), tuple(keys))] if lines else files


def _line(key: str, url: str, body: bytes) -> bytes:
    head = json.dumps({"custom_id": key, "method": "POST", "url": url}, separators=(",", ":"))
    safe = body.decode().translate(_LINE_ENDS)
    return f'{head[:-1]},"body":{safe}}}\n'.encode()


def read_results(content: bytes) -> Iterator[BatchResult]:
    """Read an output or error file; what is no result is left out, and its row so without one."""
    for line in io.BytesIO(content):
        try:
            yield _result(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue


def _result(line: Any) -> BatchResult:
    response = line.get("response") or {}
    body = response.get("body") or {"error": line.get("error") or "The server gave no reason."}
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return BatchResult(str(line["custom_id"]), int(response.get("status_code") or 0), content)
