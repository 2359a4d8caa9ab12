"""Every name below a local folder: what is a file, and why the rest is not opened.

`fsspec`'s own walk leaves out folders that cannot be opened, trips over a broken link, and would
wait forever for a named pipe. Nothing may vanish here: each name is yielded once.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

_TOOL_FOLDERS = {"node_modules", "__pycache__", "__MACOSX"}


def walk(folder: Path) -> Iterator[tuple[str, str]]:
    """Give each path below a folder, with the reason why it is not opened ("" for a file).

    Hidden folders and those of tools are named once, not file by file. Links to folders are not
    followed, so that a loop cannot trap the walk.
    """
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except PermissionError:
        yield str(folder), "folder cannot be opened (permission denied)"
        return
    for entry in entries:
        reason = _reason(entry)
        if reason or not entry.is_dir(follow_symlinks=False):
            yield entry.path, reason
        else:
            yield from walk(Path(entry.path))


def _reason(entry: os.DirEntry[str]) -> str:
    if entry.is_dir(follow_symlinks=False):
        hidden = entry.name.startswith(".") or entry.name in _TOOL_FOLDERS
        return "hidden or tool folder" if hidden else ""
    if entry.is_dir():
        return "link to a folder, not followed"
    try:
        mode = entry.stat().st_mode
    except OSError:
        return "broken link"
    return "" if stat.S_ISREG(mode) else "no regular file"
