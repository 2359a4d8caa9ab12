"""What the file of a review looks like inside.

`actions` and `changes` are the log: who did what to which rows, and what each row was then (`seen`).
SQLite itself refuses to change or delete their entries; an undo is an entry that names another.
`state` is what the log comes to, kept in the same transaction, and can be made again from it.
"""

from __future__ import annotations

APPLICATION = 0x48465356
"""`HFSV`: tells our file from another program's database."""
VERSION = 1
BUSY_SECONDS = 30.0

CREATE = f"""
BEGIN IMMEDIATE;
CREATE TABLE rows (row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
CREATE TABLE actions (
    action INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    reviewer TEXT NOT NULL,
    kind TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    undoes INTEGER UNIQUE REFERENCES actions (action)
);
CREATE TABLE changes (
    action INTEGER NOT NULL REFERENCES actions (action),
    row INTEGER NOT NULL REFERENCES rows (row),
    field TEXT NOT NULL,
    value TEXT,
    seen TEXT NOT NULL,
    PRIMARY KEY (action, row, field)
) WITHOUT ROWID;
CREATE INDEX changes_of_row ON changes (row, field, action);
CREATE TABLE state (
    row INTEGER NOT NULL REFERENCES rows (row),
    reviewer TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    seen TEXT NOT NULL,
    action INTEGER NOT NULL,
    PRIMARY KEY (row, reviewer, field)
) WITHOUT ROWID;
CREATE TABLE suggestions (
    suggestion INTEGER PRIMARY KEY AUTOINCREMENT,
    row INTEGER NOT NULL REFERENCES rows (row),
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    model TEXT NOT NULL,
    advice TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    note TEXT NOT NULL,
    seen TEXT NOT NULL
);
CREATE INDEX suggestions_of_row ON suggestions (row);
CREATE TABLE told (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TRIGGER actions_stay BEFORE UPDATE ON actions BEGIN SELECT RAISE(ABORT, 'the log stays'); END;
CREATE TRIGGER actions_last BEFORE DELETE ON actions BEGIN SELECT RAISE(ABORT, 'the log stays'); END;
CREATE TRIGGER changes_stay BEFORE UPDATE ON changes BEGIN SELECT RAISE(ABORT, 'the log stays'); END;
CREATE TRIGGER changes_last BEFORE DELETE ON changes BEGIN SELECT RAISE(ABORT, 'the log stays'); END;
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
COMMIT;
"""

LATEST = """
SELECT c.row, a.reviewer, c.field, c.value, c.seen, max(c.action)
FROM changes c JOIN actions a USING (action)
WHERE NOT EXISTS (SELECT 1 FROM actions u WHERE u.undoes = a.action) {only}
GROUP BY c.row, a.reviewer, c.field
"""
"""The last change of each field that was not undone; SQLite takes the other columns from the row of the
maximum."""
