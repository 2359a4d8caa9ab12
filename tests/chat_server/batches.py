"""The Batch API: files, and batches that go through their statuses.

validating → in_progress → finalizing → completed; or failed, expired, cancelled. Output lines come
in another order than the input's, as they may from the real service.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chat_server.asked import Asked, body_hash
from chat_server.batch_files import StoredFile, UploadError, read_lines, read_upload
from chat_server.batch_lines import LineResult, broken_off, process
from chat_server.settings import Settings
from chat_server.statistics import Statistics
from chat_server.wire import Reply, Request, encode_json, error_reply, json_reply

PATHS = {
    "completed": ("validating", "in_progress", "finalizing", "completed"),
    "failed": ("validating", "failed"),
    "expired": ("validating", "in_progress", "expired"),
    "cancelled": ("cancelling", "cancelled"),
}
_CODES = {"expired": "batch_expired", "cancelled": "batch_cancelled"}


@dataclass
class Batch:
    """One batch and how far it is."""

    id: str
    wish: dict[str, Any]
    lines: list[dict[str, Any]]
    problems: list[dict[str, Any]]
    outcome: str
    changed: float
    status: str = "validating"
    begun: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    results: list[LineResult] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """Give the batch as the API does."""
        failed = self.status == "failed"
        later = {status for path in PATHS.values() for status in path} - {"validating"}
        times = {f"{status}_at": self.times.get(status) for status in sorted(later)}
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": self.wish["endpoint"],
            "errors": {"object": "list", "data": self.problems} if failed else None,
            "input_file_id": self.wish["input_file_id"],
            "completion_window": self.wish["completion_window"],
            "status": self.status,
            "output_file_id": self.files.get("output"),
            "error_file_id": self.files.get("error"),
            "created_at": self.times["validating"],
            "expires_at": self.times["validating"] + 86400,
            "request_counts": self.counts,
            "metadata": self.wish.get("metadata"),
        } | times


class Batches:
    """All files and batches of one server."""

    def __init__(self, statistics: Statistics) -> None:
        self.statistics = statistics
        self.files: dict[str, StoredFile] = {}
        self.batches: dict[str, Batch] = {}

    def configure(self, settings: Settings, answer: Callable[[Asked], Reply]) -> None:
        """Take new settings; files and batches stay."""
        self.settings = settings
        self.answer = answer

    def reply(self, request: Request, parts: list[str]) -> Reply:
        """Answer a request for `/v1/files…` or `/v1/batches…`."""
        try:
            return self._files(request, parts) or self._batches(request, parts) or _unknown(request)
        except UploadError as error:
            return error_reply(400, str(error))
        except KeyError as error:
            return error_reply(404, f"No such object: {error}.")

    def _files(self, request: Request, parts: list[str]) -> Reply | None:
        match (request.method, *parts):
            case ("POST", "files"):
                return json_reply(self._store(read_upload(request)).shown())
            case ("GET", "files"):
                return _page([file.shown() for file in self.files.values()], request)
            case ("GET", "files", name):
                return json_reply(self.files[name].shown())
            case ("GET", "files", name, "content"):
                return Reply(200, [self.files[name].content], "application/octet-stream")
            case ("DELETE", "files", name):
                del self.files[name]
                return json_reply({"id": name, "object": "file", "deleted": True})
        return None

    def _batches(self, request: Request, parts: list[str]) -> Reply | None:
        match (request.method, *parts):
            case ("POST", "batches"):
                return self._create(request)
            case ("GET", "batches"):
                return _page([batch.shown() for batch in self.batches.values()], request)
            case ("GET", "batches", name):
                return json_reply(self._advanced(self.batches[name]).shown())
            case ("POST", "batches", name, "cancel"):
                return self._cancel(self.batches[name])
        return None

    def _store(self, file: StoredFile) -> StoredFile:
        file.id = f"file-{len(self.files) + 1}"
        self.files[file.id] = file
        return file

    def _create(self, request: Request) -> Reply:
        wish = request.json()
        missing = {"input_file_id", "endpoint", "completion_window"} - set(wish)
        if missing:
            return error_reply(400, f"Missing: {', '.join(sorted(missing))}.", param=min(missing))
        lines, problems = read_lines(self.files[wish["input_file_id"]].content, wish["endpoint"])
        outcome = "failed" if problems else self.settings.batch_outcome
        number = len(self.batches) + 1
        batch = Batch(f"batch_{number}", wish, lines, problems, outcome, time.monotonic())
        batch.counts = {"total": 0, "completed": 0, "failed": 0}
        batch.times["validating"] = int(time.time())
        self.batches[batch.id] = batch
        for line in lines:
            self.statistics.batch_lines[body_hash(encode_json(line["body"]).encode())] += 1
        return json_reply(batch.shown())

    def _cancel(self, batch: Batch) -> Reply:
        if batch.status in ("completed", "failed", "expired", "cancelled"):
            return error_reply(409, f"Cannot cancel a batch with status '{batch.status}'.")
        if batch.outcome != "cancelled":
            batch.outcome, batch.changed = "cancelled", time.monotonic()
            self._enter(batch, "cancelling")
        return json_reply(batch.shown())

    def _advanced(self, batch: Batch) -> Batch:
        path = PATHS[batch.outcome]
        left = len(path) - 1 - path.index(batch.status)
        seconds = self.settings.batch_seconds
        steps = 1
        if seconds:
            steps = int((time.monotonic() - batch.changed) / seconds)
            batch.changed += steps * seconds
        for _ in range(min(steps, left)):
            self._enter(batch, path[path.index(batch.status) + 1])
        return batch

    def _enter(self, batch: Batch, status: str) -> None:
        batch.status = status
        batch.times[status] = int(time.time())
        total = len(batch.lines)
        if status == "in_progress":
            batch.begun = True
            batch.counts |= {"total": total, "completed": total // 2}
        elif status == "finalizing":
            self._settle(batch, total)
        elif status in _CODES:
            self._settle(batch, total // 2 if batch.begun else 0, _CODES[status])
        if status == "completed" or status in _CODES:
            batch.files = self._written(batch)

    def _settle(self, batch: Batch, upto: int, code: str = "") -> None:
        batch.results = [process(line, self.answer) for line in batch.lines[:upto]]
        batch.results += [broken_off(line, code) for line in batch.lines[upto:]]
        failed = sum(result.failed for result in batch.results)
        total = len(batch.lines)
        batch.counts = {"total": total, "completed": total - failed, "failed": failed}

    def _written(self, batch: Batch) -> dict[str, str]:
        files = {}
        for kind, failed in (("output", False), ("error", True)):
            lines = [result.line for result in reversed(batch.results) if result.failed == failed]
            if lines:
                name = f"{batch.id}_{kind}.jsonl"
                file = StoredFile(name, "batch_output", b"".join(lines))
                files[kind] = self._store(file).id
        return files


def _page(values: list[dict[str, Any]], request: Request) -> Reply:
    """Give a page of a list, newest first, as `limit` and `after` ask."""
    query = request.parameters()
    values = values[::-1]
    names = [value["id"] for value in values]
    start = names.index(query["after"]) + 1 if query.get("after") in names else 0
    end = start + int(query.get("limit", 20))
    page = values[start:end]
    return json_reply({
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": end < len(values),
    })  # fmt: skip


def _unknown(request: Request) -> Reply:
    return error_reply(404, f"Unknown request URL: {request.method} {request.path}.")
