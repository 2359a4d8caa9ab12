"""What the reply store's file looks like inside, and what SQLite's errors about it mean."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from hf_sft_builders.errors import ConfigurationError

VERSION = 1
APPLICATION = 0x48465352
"""`HFSR`: tells our file from another program's database, which must not be touched."""

BUSY_SECONDS = 60.0
"""How long a locked file is waited for."""

CREATE = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS replies (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
    created REAL NOT NULL,
    model TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    tokens_in INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL,
    tokens_reasoning INTEGER NOT NULL,
    finish_reason TEXT NOT NULL,
    label TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    raw BLOB NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS replies_key ON replies (key);
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
COMMIT;
"""


class DamagedReply(sqlite3.DatabaseError):
    """A row came back other than it was written."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def is_new(connection: sqlite3.Connection, path: Path) -> bool:
    """Say whether a database is still empty.

    Raises:
        ConfigurationError: if it is another program's, or of a later version of this package.
    """
    [(tables,)] = connection.execute("SELECT count(*) FROM sqlite_master")
    [(application,)] = connection.execute("PRAGMA application_id")
    [(version,)] = connection.execute("PRAGMA user_version")
    if tables == application == version == 0:
        return True
    if application != APPLICATION:
        raise ConfigurationError(
            f"{path} is the database of another program, not a reply store. It was left as it is. "
            "Name another file, by path or in HF_SFT_REPLIES."
        )
    if version > VERSION:
        raise ConfigurationError(
            f"The reply store {path} was written by a later hf_sft_builders (layout {version}; "
            f"this one knows {VERSION}). Upgrade hf_sft_builders, or set HF_SFT_REPLIES to "
            "another file."
        )
    return False


def is_damage(error: Exception) -> bool:
    """Say whether an error means that the file is not what was written."""
    code = getattr(error, "sqlite_errorcode", 0)
    # Of damaged text Python's own part complains, without a code.
    undecodable = isinstance(error, sqlite3.OperationalError) and "UTF-8" in str(error)
    return undecodable or code & 0xFF in _DAMAGE or code == sqlite3.SQLITE_IOERR_SHORT_READ


def explained(error: Exception, path: Path) -> Exception:
    """Give the error that a user can act on; what is no fault of the file is given back."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if isinstance(error, sqlite3.Error) and code not in _NEXT_STEPS:
        return error
    step = _NEXT_STEPS.get(code, _NEXT_STEPS[sqlite3.SQLITE_CANTOPEN])
    return ConfigurationError(f"The reply store {path} cannot be used: {error}. {step}")


_ELSEWHERE = "or set HF_SFT_REPLIES to a file in a folder that can be written."
_NEXT_STEPS = {
    sqlite3.SQLITE_FULL: f"The disk is full. Free some space, {_ELSEWHERE}",
    sqlite3.SQLITE_IOERR: f"Check the disk's space, quota and health, {_ELSEWHERE}",
    sqlite3.SQLITE_READONLY: f"Make the file and its folder writable, {_ELSEWHERE}",
    sqlite3.SQLITE_PERM: f"Make the file and its folder writable, {_ELSEWHERE}",
    sqlite3.SQLITE_CANTOPEN: f"Check that its folder is on a local disk and writable, {_ELSEWHERE}",
    sqlite3.SQLITE_CORRUPT: "It is damaged beyond reading.",
    sqlite3.SQLITE_NOTADB: "It is no reply store, or damaged beyond reading.",
    sqlite3.SQLITE_BUSY: (
        f"Another process has kept it locked for {BUSY_SECONDS:.0f} s. End that process, "
        f"{_ELSEWHERE}"
    ),
}
