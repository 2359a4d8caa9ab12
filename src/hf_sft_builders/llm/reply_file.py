"""The SQLite file of the reply store: how it is opened, shared, and set aside when damaged.

WAL with `synchronous=NORMAL`: what is committed survives `kill -9` at any moment (a power cut may
cost the last commits, never the file). The traps, and what is done about them:

* After a fork SQLite believes to hold the parent's locks, also for connections opened anew: tried,
  it loses committed rows. So no connection lives across a fork: it is closed before and opened
  again, in parent and child, when next needed.
* Closing any other descriptor of the file drops SQLite's locks: nothing reads it but SQLite.
* A file that was renamed or deleted takes writes and loses them. So every operation looks
  afterwards whether the file still has its name, and is done again in the one that has it now.
"""

from __future__ import annotations

import atexit
import logging
import os
import shlex
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TypeVar

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.llm.reply_layout import BUSY_SECONDS, CREATE, explained, is_damage, is_new

T = TypeVar("T")

logger = logging.getLogger("hf_sft_builders")

_ATTEMPTS = 4
_PARTS = ("-wal", "-shm", "")


def default_path() -> Path:
    """Give the store's place: `HF_SFT_REPLIES`, else in `HF_HOME` as `huggingface_hub` finds it."""
    if named := os.environ.get("HF_SFT_REPLIES"):
        return Path(named).expanduser()
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("HF_HOME") or f"{caches}/huggingface"
    return Path(os.path.expandvars(home)).expanduser() / "hf_sft_builders" / "replies.sqlite"


class ReplyFile:
    """One store file; one connection per process, behind a lock.

    Args:
        path: Where the file is, or shall be.
    """

    def __init__(self, path: Path) -> None:
        # SQLite puts its log beside the file itself, not beside a link to it.
        self.path = path.expanduser().resolve()
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._process = os.getpid()
        with _opening:
            _files.add(self)

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do one piece of work; it may be done twice, so it must be repeatable.

        Raises:
            ConfigurationError: where the file cannot be used (full disk, no right to write).
        """
        with self._lock:
            for _ in range(_ATTEMPTS):
                try:
                    done = work(self._open())
                except sqlite3.Error as error:
                    if self._connection is not None and not self._in_place():
                        self.close()
                    elif is_damage(error):
                        self._replace(str(error))
                    else:
                        # Its frames would keep a cursor, and so the file, open across a fork.
                        raise explained(error, self.path) from error.with_traceback(None)
                    continue
                if self._in_place():
                    return done
                self.close()
        raise ConfigurationError(
            f"The reply store {self.path} was damaged or moved {_ATTEMPTS} times in a row. Check "
            "the disk, or set HF_SFT_REPLIES to a file on another one."
        )

    def close(self) -> None:
        """Close the connection; the next piece of work opens it again."""
        with self._lock:
            if self._connection is None:
                return
            # SQLite deletes the log by name when it closes: not while another process renames.
            with self._door() if self._in_place() else nullcontext():
                self._connection.close()
                self._connection = None

    @property
    def identity(self) -> tuple[int, int] | None:
        """Tells the file that is in use from one that took its name."""
        return self._identity

    def _in_place(self) -> bool:
        return self._identity is not None and self._identity == _identity(self.path)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            with self._door():
                self._connection = self._opened()
            self._process = os.getpid()
        elif self._process != os.getpid():
            raise ConfigurationError(
                f"The reply store {self.path} was open when this process was forked by other means "
                "than os.fork, and would lose replies. Close the store before forking."
            )
        return self._connection

    def _opened(self) -> sqlite3.Connection:
        for last in (False, True):
            try:
                connection = self._probed()
                break
            except sqlite3.Error as error:
                if last or not is_damage(error):
                    raise explained(error, self.path) from error
                self._set_aside(str(error))
        self._identity = _identity(self.path)
        return connection

    def _probed(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            if is_new(connection, self.path):
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(CREATE)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("SELECT key FROM replies ORDER BY id DESC LIMIT 1").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    def _replace(self, found: str) -> None:
        """Set the damaged file aside, unless another process has done so."""
        with self._door():
            ours = self._in_place()
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            if ours:
                self._set_aside(found)
            self._connection = self._opened()

    def _set_aside(self, found: str) -> None:
        aside = self._free_name()
        try:
            # The file last: a kill in between leaves a file that is found damaged again, not a log
            # that the new file would take for its own.
            for tail in _PARTS:
                with suppress(FileNotFoundError):
                    Path(f"{self.path}{tail}").rename(f"{aside}{tail}")
        except OSError as error:
            raise explained(error, self.path) from error
        logger.warning(
            "The reply store %s is damaged (%s). It was set aside as %s and a new one begun; "
            "`hf-sft replies merge %s` takes over every reply in it that is still whole.",
            self.path, found, aside, shlex.quote(str(aside)),
        )  # fmt: skip

    def _free_name(self) -> Path:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        name, number = f"{self.path}.damaged-{stamp}", 1
        while any(Path(name + part).exists() for part in _PARTS):
            number += 1
            name = f"{self.path}.damaged-{stamp}-{number}"
        return Path(name)

    @contextmanager
    def _door(self) -> Iterator[None]:
        """Let one process at a time open, close or rename; the lock ends with its process."""
        from filelock import FileLock, Timeout

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(f"{self.path}.lock", timeout=BUSY_SECONDS)
            lock.acquire()
        except (OSError, NotImplementedError, Timeout) as error:
            raise explained(error, self.path) from error
        try:
            yield
        finally:
            lock.release()


_opening = threading.Lock()
_files: weakref.WeakSet[ReplyFile] = weakref.WeakSet()
_held: list[ReplyFile] = []


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _close_before_fork() -> None:
    _opening.acquire()
    for file in list(_files):
        file._lock.acquire()
        _held.append(file)
        # What cannot be closed is refused in the child, by process id.
        with suppress(ConfigurationError):
            file.close()


def _release_after_fork() -> None:
    while _held:
        _held.pop()._lock.release()
    _opening.release()


def _close_all() -> None:
    for file in list(_files):
        with suppress(ConfigurationError):
            file.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_close_before_fork,
        after_in_parent=_release_after_fork,
        after_in_child=_release_after_fork,
    )
atexit.register(_close_all)
