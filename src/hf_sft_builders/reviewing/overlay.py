"""The file of a review: every action is in it, on the disk, before anybody is told that it is done.

SQLite in WAL mode with `synchronous=FULL`: what is committed survives `kill -9` and a power cut; a
person's work comes a few actions a second, so the `fsync` of each costs nothing that they could feel.
Several servers may have the same file open: `changed_rows` says what others did.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.reviewing.actions import Changes, Outcome
from hf_sft_builders.reviewing.overlay_file import OverlayFile
from hf_sft_builders.reviewing.overlay_layout import LATEST
from hf_sft_builders.reviewing.views import Event, Suggestion


class Entry(NamedTuple):
    """One field of one row, as one person sees it."""

    id: str
    reviewer: str
    field: str
    value: Any
    seen: str
    """Hash of the row when it was decided."""
    action: int
    at: float


class RowChange(NamedTuple):
    """What an action does to one row."""

    id: str
    seen: str
    changes: Changes


class Overlay(OverlayFile):
    """One review's file.

    Args:
        path: Where it is, or shall be.

    Raises:
        ConfigurationError: if it is another program's file, or cannot be used.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._version, self._known = -1, 0

    # Writing

    def record(
        self,
        reviewer: str,
        kind: str,
        rows: Iterable[RowChange],
        field: str = "",
        value: Any = None,
    ) -> Outcome:
        """Write an action and what it comes to; on the disk when this returns."""
        given = list(rows)
        if not given:
            return Outcome(0, 0, kind)
        changes = [
            (name, None if new is None else _json(new), row.seen, row.id)
            for row in given
            for name, new in row.changes.items()
        ]
        kept = [(reviewer, *change[:-1]) for change in changes if change[1] is not None]
        ids = [change[-1] for change in changes if change[1] is not None]
        gone = [(reviewer, name, id) for name, text, _, id in changes if text is None]
        with self.writing():
            action = self._log(reviewer, kind, field, value)
            many = self.connection.executemany
            many("INSERT OR IGNORE INTO rows (id) VALUES (?)", [(row.id,) for row in given])
            many(
                f"INSERT INTO changes SELECT {action}, row, ?, ?, ? FROM rows WHERE id = ?", changes
            )
            many(
                "DELETE FROM state WHERE reviewer = ? AND field = ? "
                "AND row = (SELECT row FROM rows WHERE id = ?)",
                gone,
            )
            many(
                "INSERT OR REPLACE INTO state "
                f"SELECT row, ?, ?, ?, ?, {action} FROM rows WHERE id = ?",
                [(*values, id) for values, id in zip(kept, ids, strict=True)],
            )
        return Outcome(len(given), action, kind)

    def undo(self, reviewer: str, action: int | None = None) -> Outcome:
        """Take back a person's last action, or one of theirs by its number.

        Raises:
            ConfigurationError: if there is nothing of theirs to undo.
        """
        with self.writing() as run:
            which = "" if action is None else "AND a.action = ?"
            found = run(
                "SELECT a.action, a.kind FROM actions a WHERE a.reviewer = ? AND a.undoes IS NULL "
                f"{which} AND NOT EXISTS (SELECT 1 FROM actions u WHERE u.undoes = a.action) "
                "ORDER BY a.action DESC LIMIT 1",
                (reviewer, *(() if action is None else (action,))),
            ).fetchone()
            if found is None:
                raise ConfigurationError(f"{reviewer} has done nothing here that can be undone.")
            undone, kind = found
            number = self._log(reviewer, "undo", "", None, undone)
            touched = run("SELECT DISTINCT row FROM changes WHERE action = ?", (undone,)).fetchall()
            run(
                "DELETE FROM state WHERE reviewer = ? AND (row, field) IN "
                "(SELECT row, field FROM changes WHERE action = ?)",
                (reviewer, undone),
            )
            only = (
                "AND a.reviewer = ? AND (c.row, c.field) IN "
                "(SELECT row, field FROM changes WHERE action = ?)"
            )
            self._restore(only, (reviewer, undone))
        return Outcome(len(touched), number, kind)

    def rebuild(self) -> None:
        """Make the state again out of the log alone."""
        with self.writing() as run:
            run("DELETE FROM state")
            self._restore("", ())

    def suggest(
        self, row_id: str, seen: str, kind: str, model: str, advice: str,
        field: str, value: Any, note: str = "",
    ) -> int:  # fmt: skip
        """Keep what a model proposes; give its number."""
        with self.writing() as run:
            values = (self._row(row_id), time.time(), kind, model, advice, field, _json(value))
            run(
                "INSERT INTO suggestions (row, at, kind, model, advice, field, value, note, seen) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, note, seen),
            )
            [(number,)] = run("SELECT last_insert_rowid()")
        return int(number)

    def tell(self, name: str, value: Any) -> None:
        """Keep a word about the review itself."""
        with self.writing() as run:
            run("INSERT OR REPLACE INTO told VALUES (?, ?)", (name, _json(value)))

    def _restore(self, only: str, values: tuple[Any, ...]) -> None:
        self.connection.execute(
            "INSERT INTO state SELECT * FROM ("
            + LATEST.format(only=only)
            + ") WHERE value IS NOT NULL",
            values,
        )

    def _log(
        self, reviewer: str, kind: str, field: str, value: Any, undoes: int | None = None
    ) -> int:
        cursor = self.connection.execute(
            "INSERT INTO actions (at, reviewer, kind, field, value, undoes) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (time.time(), reviewer, kind, field, _json(value), undoes),
        )
        return int(cursor.lastrowid or 0)

    def _row(self, id: str) -> int:
        run = self.connection.execute
        found = run("SELECT row FROM rows WHERE id = ?", (id,)).fetchone()
        if found:
            return int(found[0])
        return int(run("INSERT INTO rows (id) VALUES (?)", (id,)).lastrowid or 0)

    # Reading

    def entries(self, ids: Iterable[str] | None = None, fields: str = "") -> list[Entry]:
        """Give what counts, in the order in which it was done.

        Args:
            ids: Of these rows; of all by default.
            fields: Of fields that begin so.
        """
        query = (
            "SELECT r.id, s.reviewer, s.field, s.value, s.seen, s.action, a.at "
            "FROM state s JOIN rows r USING (row) JOIN actions a USING (action)"
        )
        if ids is None:
            found = self.all(f"{query} WHERE s.field GLOB ? ORDER BY s.action", (f"{fields}*",))
        else:
            found = [row for id in ids for row in self.all(f"{query} WHERE r.id = ?", (id,))]
            found.sort(key=lambda row: row[5])
        return [Entry(id, who, name, _read(value), *rest) for id, who, name, value, *rest in found]

    def fields_of(self, reviewer: str) -> set[tuple[str, str]]:
        """Give (row, field) of all that one person says."""
        query = "SELECT r.id, s.field FROM state s JOIN rows r USING (row) WHERE s.reviewer = ?"
        return set(self.all(query, (reviewer,)))

    def changed_rows(self) -> set[str]:
        """Give the rows of actions that this object has not been asked about before."""
        with self.lock:
            [(version,)] = self.all("PRAGMA data_version")
            [(last,)] = self.all("SELECT coalesce(max(action), 0) FROM actions")
            if version == self._version and last == self._known:
                return set()
            found = self.all(
                "SELECT DISTINCT r.id FROM actions a JOIN changes c "
                "ON c.action = coalesce(a.undoes, a.action) JOIN rows r USING (row) "
                "WHERE a.action > ?",
                (self._known,),
            )
            self._version, self._known = version, last
        return {id for (id,) in found}

    def history(self, id: str) -> list[Event]:
        """Give all that was done to a row, latest first; what was undone too."""
        found = self.all(
            "SELECT DISTINCT a.action, a.at, a.reviewer, a.kind, a.value, a.field, "
            "EXISTS (SELECT 1 FROM actions u WHERE u.undoes = a.action) "
            "FROM rows r JOIN changes c USING (row) JOIN actions a USING (action) "
            "WHERE r.id = ? ORDER BY a.action DESC",
            (id,),
        )
        return [
            Event(action, at, who, kind, json.loads(value), name, bool(undone))
            for action, at, who, kind, value, name, undone in found
        ]

    def suggestions(self, id: str, seen: str = "") -> list[Suggestion]:
        """Give what models proposed for a row, latest first."""
        found = self.all(
            "SELECT suggestion, kind, model, advice, field, value, note, seen, at "
            "FROM suggestions JOIN rows USING (row) WHERE id = ? ORDER BY suggestion DESC",
            (id,),
        )
        return [
            Suggestion(number, kind, model, advice, field, json.loads(value), note, was != seen, at)
            for number, kind, model, advice, field, value, note, was, at in found
        ]

    def suggested(self) -> set[str]:
        """Give the rows for which models proposed something."""
        return {
            id for (id,) in self.all("SELECT DISTINCT id FROM suggestions JOIN rows USING (row)")
        }

    def actions_by(self) -> Mapping[str, int]:
        """Count the actions of each person, undone ones aside."""
        return dict(
            self.all(
                "SELECT reviewer, count(*) FROM actions a WHERE undoes IS NULL AND NOT EXISTS "
                "(SELECT 1 FROM actions u WHERE u.undoes = a.action) GROUP BY reviewer ORDER BY reviewer"
            )
        )

    def last_action(self) -> int:
        """Give the number of the last action; 0 where nothing was done."""
        return int(self.all("SELECT coalesce(max(action), 0) FROM actions")[0][0])

    def told(self, name: str) -> Any:
        """Give a word about the review itself, None where it was not told."""
        found = self.all("SELECT value FROM told WHERE name = ?", (name,))
        return json.loads(found[0][0]) if found else None


def _json(value: Any) -> str:
    if value is True or value == "confirmed" or value == "rejected":  # most of them
        return _USUAL[value]
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _read(text: str) -> Any:
    found = _MEANT.get(text)
    return json.loads(text) if found is None else found


_USUAL: dict[Any, str] = {
    True: "true",
    "confirmed": '"confirmed"',
    "rejected": '"rejected"',
}
_MEANT = {text: value for value, text in _USUAL.items()}
