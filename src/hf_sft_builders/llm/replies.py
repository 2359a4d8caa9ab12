"""The reply store: every reply of a model, kept the moment it arrives, never paid for twice.

One SQLite file for all ops, builders and datasets of a user, in `HF_HOME`. When `put` returns, the
reply is there whatever happens to the process. Several threads and processes may share a file; of
two replies to one request the first stays, so that all later runs see the same one.

Example:
    >>> store = ReplyStore()
    >>> key = reply_key(messages, model="qwen3", endpoint="http://localhost:8000/v1")
    >>> store.put(key, StoredReply(raw='{"choices": […]}', model="qwen3"))
    True
    >>> store.get(key).raw
    '{"choices": […]}'

Keep the file on a local disk: SQLite's log cannot be shared over a network file system.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO, TypeVar

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.llm.number_checks import expect_number
from hf_sft_builders.llm.reply_file import ReplyFile, default_path
from hf_sft_builders.llm.reply_keys import reply_key
from hf_sft_builders.llm.reply_rows import (
    COLUMNS,
    SqlRow,
    StoredReply,
    from_line,
    from_row,
    to_line,
    to_row,
    whole_rows,
)
from hf_sft_builders.llm.store_summary import SUMMARY, ModelReplies, StoreSummary

__all__ = ["ModelReplies", "ReplyStore", "StoreSummary", "StoredReply", "default_path", "reply_key"]

Item = TypeVar("Item")

logger = logging.getLogger("hf_sft_builders")

_BATCH = 500
_DAY = 86_400.0

_INSERT = (
    f"INSERT INTO replies ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (key) DO NOTHING"
)
_SELECT = f"SELECT {COLUMNS} FROM replies"


class ReplyStore:
    """Replies by the key of their request.

    Safe to share among threads, to use on both sides of a fork and to pickle (by its path). The
    file is opened when first needed.

    Args:
        path: The file; None for the default place.

    Every method raises `ConfigurationError`, with the next step, where the file cannot be used: a
    full disk, a folder that cannot be written, another program's database. A damaged file is set
    aside under another name, with a warning, and a new one begun.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        self._file = ReplyFile(Path(path) if path else default_path())

    @property
    def path(self) -> Path:
        """Where the replies are."""
        return self._file.path

    def __reduce__(self) -> tuple[type[ReplyStore], tuple[Path]]:
        return type(self), (self.path,)

    def __enter__(self) -> ReplyStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what is called later opens it again."""
        self._file.close()

    def put(self, key: bytes, reply: StoredReply) -> bool:
        """Keep a reply: when this returns, `kill -9` does not lose it.

        Returns:
            False if another reply to this request was there already. That one stays; `get` it.
        """
        return self.put_many([(key, reply)]) == 1

    def put_many(self, replies: Iterable[tuple[bytes, StoredReply]]) -> int:
        """Keep several replies, 500 to a commit: all of them are safe when this returns.

        Returns:
            How many are new.
        """
        return self._insert([to_row(key, reply) for key, reply in replies])

    def get(self, key: bytes) -> StoredReply | None:
        """Give the reply to a request, if it was kept."""
        return self.get_many([key]).get(key)

    def get_many(self, keys: Iterable[bytes]) -> dict[bytes, StoredReply]:
        """Give the replies to those of the requests that have one."""
        found: dict[bytes, StoredReply] = {}
        for batch in _batches(keys):
            query = f"{_SELECT} WHERE key IN ({','.join('?' * len(batch))})"
            found.update(self._select(query, batch))
        return found

    def summary(self) -> StoreSummary:
        """Count replies, tokens and bytes, by model."""
        rows = self._file.run(lambda file: file.execute(SUMMARY).fetchall())
        return StoreSummary.of(self.path, rows)

    def export(self, stream: TextIO, model: str | None = None) -> int:
        """Write the replies (of one model, if named) as JSON lines, first come first.

        Returns:
            How many were written.
        """
        last, written = 0, 0
        begun = self._file.run(lambda file: self._file.identity)
        while found := self._numbered(last, model):
            stream.writelines(to_line(*reply) + "\n" for _, reply in found)
            last, written = found[-1][0], written + len(found)
        if self._file.identity != begun:
            raise ConfigurationError(
                f"The reply store {self.path} was replaced while it was exported: {written} "
                "replies are written, not all. Merge what was set aside, then export again."
            )
        return written

    def import_lines(self, stream: Iterable[str]) -> int:
        """Take over replies that `export` wrote; those that are here already stay.

        Returns:
            How many are new.

        Raises:
            FormatError: at a line that is not a stored reply; those before it are kept.
        """
        return self._insert(
            to_row(*from_line(line, number))
            for number, line in enumerate(stream, start=1)
            if line.strip()
        )

    def merge(self, other: Path | str) -> int:
        """Take over the replies of another store, or what is whole in a damaged one.

        Args:
            other: Its file; it is only read. What is damaged in it is left out, with a warning.

        Returns:
            How many are new.
        """
        return self._insert(whole_rows(Path(other).expanduser()))

    def prune(
        self,
        older_than_days: float | None = None,
        model: str | None = None,
        dry_run: bool = False,
    ) -> int:
        """Delete the replies that are both old enough and of the model, and make the file smaller.

        Args:
            older_than_days: Age from which on replies go; 0 for all.
            model: Whose replies go.
            dry_run: Only count them.

        Returns:
            How many were deleted, or would be.

        Raises:
            ConfigurationError: if neither age nor model is given, or the age is below 0.
        """
        if older_than_days is None and model is None:
            raise ConfigurationError(
                "prune would delete every reply. Say which: older_than_days= (0 for all), model=."
            )
        if older_than_days is not None:
            expect_number("older_than_days", older_than_days)
        before = float("inf") if older_than_days is None else time.time() - older_than_days * _DAY
        which = f"FROM replies WHERE created < ? AND {_OF_MODEL}"
        chosen = (before, model, model)
        if dry_run:
            return self._file.run(
                lambda file: int(file.execute(f"SELECT count(*) {which}", chosen).fetchone()[0])
            )
        deleted = self._file.run(lambda file: file.execute(f"DELETE {which}", chosen).rowcount)
        if deleted:
            self._file.run(self._shrink)
        return deleted

    def _shrink(self, file: sqlite3.Connection) -> None:
        try:
            file.execute("VACUUM")
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError as error:
            # On a full disk, where pruning is wanted most, there may be no room for the copy.
            logger.warning(
                "The reply store %s is pruned but not smaller: %s. The room in it is used for new "
                "replies; prune again when more of the disk is free.", self.path, error,
            )  # fmt: skip

    def _select(self, query: str, values: Sequence[Any]) -> list[tuple[bytes, StoredReply]]:
        return self._file.run(lambda file: [from_row(row) for row in file.execute(query, values)])

    def _numbered(
        self, last: int, model: str | None
    ) -> list[tuple[int, tuple[bytes, StoredReply]]]:
        query = (
            f"SELECT id, {COLUMNS} FROM replies WHERE id > ? AND {_OF_MODEL} ORDER BY id LIMIT ?"
        )
        values = (last, model, model, _BATCH)
        return self._file.run(
            lambda file: [(row[0], from_row(row[1:])) for row in file.execute(query, values)]
        )

    def _insert(self, rows: Iterable[SqlRow]) -> int:
        return sum(self._commit(batch) for batch in _batches(rows))

    def _commit(self, rows: Sequence[SqlRow]) -> int:
        def work(file: sqlite3.Connection) -> int:
            if len(rows) == 1:  # commits by itself, in a third of the time
                return file.execute(_INSERT, rows[0]).rowcount
            file.execute("BEGIN IMMEDIATE")
            try:
                new = file.executemany(_INSERT, rows).rowcount
                file.execute("COMMIT")
            except BaseException:
                # A full disk has rolled back already.
                if file.in_transaction:
                    file.execute("ROLLBACK")
                raise
            return new

        return self._file.run(work)


_OF_MODEL = "(? IS NULL OR model = ?)"


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    try:
        for item in items:
            batch.append(item)
            if len(batch) == _BATCH:
                yield batch
                batch = []
    except Exception:
        # What came before a bad line is kept.
        yield batch
        raise
    if batch:
        yield batch
