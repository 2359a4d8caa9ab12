"""Files read in a child process, so that a hostile one cannot take the run down.

One worker per process reads many files, and is started again only after one that broke it: what a
file costs more is sending its bytes and its text through a pipe. The worker has a limit of memory and
loads neither `datasets` nor any credentials of the run; its answers are JSON, which, other than
pickles, cannot run code here.

Why no `multiprocessing`: workers of `num_proc` are daemons, which may have no such children; and a fork
of a process with threads may hang.

Example:
    >>> found = list(sandboxed(data, "report.pdf", ReaderOptions(), ReadingLimits(seconds=60)))
"""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import IO, Any

from hf_sft_builders.documents.base import Document, ReaderOptions
from hf_sft_builders.documents.wire import (
    OUT_OF_MEMORY,
    document_from,
    read_message,
    write_message,
)
from hf_sft_builders.errors import DocumentError, MissingExtra, SFTError

_TOO_LARGE = "Reading it needs more than max_memory_mb. Split it, or raise the limit."


@dataclass(frozen=True)
class ReadingLimits:
    """What one file may use."""

    seconds: float = 300.0
    """Of time without an answer, after which the file is given up."""
    memory_mb: int = 4096
    """Of memory, where the operating system can limit it (Linux, macOS in part)."""


def sandboxed(
    data: bytes, uri: str, options: ReaderOptions, limits: ReadingLimits
) -> Iterator[Document | DocumentError]:
    """Do what `documents_in` does, in the worker of this process.

    Raises:
        DocumentError: Also "took too long", "needs too much memory", "crashed the reader".
    """
    worker = _worker(limits)
    try:
        yield from worker.read(data, uri, options)
    finally:
        # What is left unread would be taken for the answer to the next file.
        if worker.busy or _idle:
            worker.stop()
        else:
            _idle.append(worker)


class _Worker:
    """One child process that reads files, one after another."""

    def __init__(self, limits: ReadingLimits) -> None:
        self.limits, self.owner, self.busy = limits, os.getpid(), False
        self._overdue = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hf_sft_builders.documents.worker", str(limits.memory_mb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
        )

    @property
    def usable(self) -> bool:
        """Whether it is of this process (not of the one that forked) and lives."""
        return self.owner == os.getpid() and self._process.poll() is None

    def read(
        self, data: bytes, uri: str, options: ReaderOptions
    ) -> Iterator[Document | DocumentError]:
        self.busy = True
        told = asdict(replace(options, pages="text", page_reader=None))
        self._ask({"uri": uri, "options": told}, data, uri)
        while (answer := self._answer(uri)).get("kind") != "done":
            if answer["kind"] == "document":
                yield document_from(answer)
            elif answer["kind"] == "refused":
                yield DocumentError(*answer["error"])
            else:
                self.busy = False
                raise _error(answer, uri)
        self.busy = False

    def stop(self) -> None:
        """End the process, whatever it does."""
        self.busy = False
        if self.owner == os.getpid():
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                _opened(pipe).close()

    def _ask(self, question: dict[str, Any], data: bytes, uri: str) -> None:
        try:
            write_message(_opened(self._process.stdin), question, data)
        except OSError as error:
            raise self._broken(uri) from error

    def _answer(self, uri: str) -> dict[str, Any]:
        timer = threading.Timer(self.limits.seconds, self._give_up)
        timer.daemon = True
        timer.start()
        try:
            message = read_message(_opened(self._process.stdout))
        finally:
            timer.cancel()
        if message is None:
            raise self._broken(uri)
        return message[0]

    def _give_up(self) -> None:
        self._overdue = True
        self._process.kill()

    def _broken(self, uri: str) -> DocumentError:
        code = self._process.wait()
        if code == OUT_OF_MEMORY:
            return DocumentError(uri, "needs too much memory", _TOO_LARGE)
        if self._overdue:
            return DocumentError(
                uri,
                "took too long",
                f"It was not read within {self.limits.seconds:g} seconds. Split the file, or raise "
                "max_seconds.",
            )
        return DocumentError(
            uri, "crashed the reader", f"The process that read it ended with {code}. Look at it."
        )


def _error(answer: dict[str, Any], uri: str) -> SFTError:
    """Give the error that the worker met."""
    if answer["kind"] == "error":
        return DocumentError(*answer["error"])
    if answer["kind"] == "missing":
        return MissingExtra(*answer["error"])
    if answer["kind"] == "memory":
        return DocumentError(uri, "needs too much memory", _TOO_LARGE)
    return DocumentError(uri, "crashed the reader", f"{answer['error']}. Please report the file.")


def _opened(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _environment() -> dict[str, str]:
    """Give the worker what Python needs, and none of the run's credentials."""
    secret = ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL")
    kept = {k: v for k, v in os.environ.items() if not any(word in k.upper() for word in secret)}
    path = os.pathsep.join(place for place in sys.path if place)
    return {**kept, "PYTHONPATH": path, "HF_SFT_READING_PROCESS": "1"}


_idle: list[_Worker] = []
"""The worker that waits for the next file. Readings that overlap have a worker each."""


def _worker(limits: ReadingLimits) -> _Worker:
    """Take the worker that waits, or start one."""
    try:
        worker = _idle.pop()
    except IndexError:
        return _Worker(limits)
    if worker.usable and worker.limits == limits:
        return worker
    worker.stop()
    return _Worker(limits)


@atexit.register
def stop_workers() -> None:
    """End the worker that waits, if there is one."""
    while _idle:
        _idle.pop().stop()


if hasattr(os, "register_at_fork"):
    # The worker is the parent's.
    os.register_at_fork(after_in_child=_idle.clear)
