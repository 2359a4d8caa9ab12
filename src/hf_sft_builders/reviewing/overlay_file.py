"""How the file of a review is opened, read and written; every error says what is safe and what to do."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.reviewing.overlay_layout import APPLICATION, BUSY_SECONDS, CREATE, VERSION


class OverlayFile:
    """One SQLite file behind a lock, for the threads of this process and for others.

    Args:
        path: Where it is, or shall be.

    Raises:
        ConfigurationError: if it is another program's file, or cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._prepare()
        except (sqlite3.Error, OSError) as error:
            raise explained(error, path) from error

    def _prepare(self) -> None:
        run = self.connection.execute
        [(application,)], [(version,)] = run("PRAGMA application_id"), run("PRAGMA user_version")
        [(tables,)] = run("SELECT count(*) FROM sqlite_master")
        if not (application or version or tables):
            run("PRAGMA journal_mode = WAL")
            self._create()
        elif application != APPLICATION or version > VERSION:
            raise ConfigurationError(
                f"{self.path} is not a review that this version can read (application {application:x}, "
                f"layout {version}; expected {APPLICATION:x}, {VERSION}). It was left as it is. Name "
                "another file, or upgrade hf_sft_builders."
            )
        run("PRAGMA synchronous = FULL")
        run("PRAGMA foreign_keys = ON")

    def _create(self) -> None:
        try:
            self.connection.executescript(CREATE)
        except sqlite3.OperationalError:
            # Another process was faster; anything else fails again below.
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            self.connection.execute("SELECT 1 FROM actions LIMIT 1").fetchone()

    def close(self) -> None:
        """Close the file; nothing is pending."""
        with self.lock:
            self.connection.close()

    @contextmanager
    def writing(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        """Do some statements in one transaction: all of them, on the disk, or none."""
        with self.lock:
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self.connection.execute
                    self.connection.execute("COMMIT")
                except BaseException:
                    if self.connection.in_transaction:
                        self.connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise explained(error, self.path) from error

    def all(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """Give all rows of a question."""
        with self.lock:
            try:
                return self.connection.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise explained(error, self.path) from error


def explained(error: Exception, path: Path) -> ConfigurationError:
    """Say what is safe and what to do."""
    return ConfigurationError(
        f"The review {path} cannot be used: {error}. What was committed is safe. Check that its folder "
        "is on a local disk, has space and is writable, or name another file: overlay=…"
    )
