"""Files of the Batch API: uploads in multipart form, and the lines of a batch's input."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from typing import Any

from chat_server.wire import Request

_NAME = re.compile(r'\bname="([^"]*)"')
_FILENAME = re.compile(r'\bfilename="([^"]*)"')


class UploadError(ValueError):
    """The upload is no form with a file and a purpose."""


@dataclass
class StoredFile:
    """One file."""

    name: str
    purpose: str
    content: bytes
    id: str = ""
    created: int = field(default_factory=lambda: int(time.time()))

    def shown(self) -> dict[str, Any]:
        """Give the file as the API does."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": self.created,
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
        }


def read_upload(request: Request) -> StoredFile:
    """Read a multipart form."""
    found = re.search(r'boundary="?([^";,\s]+)', request.header("content-type"))
    if not found:
        raise UploadError("Expected multipart/form-data.")
    fields: dict[str, bytes] = {}
    filename = "upload.jsonl"
    for part in request.body.split(b"--" + found[1].encode())[1:-1]:
        head, _, value = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        text = head.decode("utf-8", "replace")
        if name := _NAME.search(text):
            fields[name[1]] = value.removesuffix(b"\r\n")
        if named := _FILENAME.search(text):
            filename = named[1]
    if not {"file", "purpose"} <= set(fields):
        raise UploadError("The form needs a file and a purpose.")
    return StoredFile(filename, fields["purpose"].decode(), fields["file"])


def read_lines(content: bytes, endpoint: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Read a batch's input; the second list says what is wrong with it, line by line."""
    lines: list[dict[str, Any]] = []
    problems: list[dict[str, Any]] = []
    seen: set[str] = set()
    for number, raw in enumerate(content.splitlines(), 1):
        if not raw.strip():
            continue
        line, problem = _read_line(raw, endpoint, seen)
        if problem:
            code, message = problem
            problems.append({"code": code, "message": message, "line": number, "param": None})
        else:
            lines.append(line)
            seen.add(line["custom_id"])
    if not lines and not problems:
        problems.append({"code": "empty_file", "message": "The input is empty.", "line": None})
    return lines, problems


def _read_line(raw: bytes, endpoint: str, seen: set[str]) -> tuple[Any, tuple[str, str] | None]:
    try:
        line = json.loads(raw)
    except ValueError:
        return None, ("invalid_json_line", "This line is not parseable as valid JSON.")
    if not isinstance(line, dict) or not {"custom_id", "method", "url", "body"} <= set(line):
        return None, ("missing_required_parameter", "A line has custom_id, method, url and body.")
    if line["url"] != endpoint or line["method"] != "POST":
        return None, ("mismatched_endpoint", f"All lines must be POST requests to {endpoint}.")
    if line["custom_id"] in seen:
        return None, ("duplicate_custom_id", f"custom_id {line['custom_id']!r} is there twice.")
    return line, None
