"""A folder replaced in one step: readers see the old one or the new one, whole.

The new folder is filled beside the target, flushed to disk, then both change places. Linux does
that with one system call; elsewhere the old folder is renamed away first, and put back if the
second rename fails. What a killed process leaves behind begins with `.hf_sft_publish-` and is
cleared, or put back, by the next publish to the same target.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hf_sft_builders.errors import PublishError
from hf_sft_builders.publishing.target import cannot_write

try:
    import fcntl
except ImportError:  # Windows: two publishers to one target are not told apart there
    fcntl = None  # type: ignore[assignment]

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give an empty folder to fill; when the block ends well, it is the target.

    Raises:
        PublishError: if the folder cannot be written, or somebody else is publishing to it.
    """
    with scratch(target) as new:
        yield new
        _flush(new)
        _put_in_place(new, target)


@contextmanager
def scratch(target: Path) -> Iterator[Path]:
    """Give an empty folder beside the target that is gone after the block.

    Raises:
        PublishError: if the folder cannot be written, or somebody else is publishing to the target.
    """
    try:
        recover(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        new = _beside(target, "new")
        new.mkdir()
        try:
            with _held(new):
                yield new
        finally:
            # Where it took the target's place, this is the old one now.
            shutil.rmtree(new, ignore_errors=True)
    except PublishError:
        raise
    except OSError as error:
        raise cannot_write(target, error) from None


def recover(target: Path) -> None:
    """Clear what a killed publish left beside the target; put an old folder back that it moved.

    Raises:
        PublishError: if another publish is at work there.
    """
    leftovers = sorted(target.parent.glob(f"{_prefix(target)}*"))
    for leftover in leftovers:
        if leftover.suffix == ".new":
            with _held(leftover):
                pass
    for leftover in leftovers:
        if leftover.suffix == ".old" and not os.path.lexists(target):
            leftover.rename(target)
        else:
            shutil.rmtree(leftover, ignore_errors=True)


def carry_over(names: Iterable[str], target: Path, new: Path) -> None:
    """Bring files of the target into the new folder: as links where the disk has them."""
    for name in names:
        old, place = target / name, new / name
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(old, place, follow_symlinks=False)
        except OSError:
            shutil.copy2(old, place, follow_symlinks=False)


def _prefix(target: Path) -> str:
    return f".hf_sft_publish-{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:12]}-"


def _beside(target: Path, kind: str) -> Path:
    return target.parent / f"{_prefix(target)}{secrets.token_hex(4)}.{kind}"


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder while it is being filled; the system lets go of it when the process dies."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(handle, folder)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PublishError(
            f"{folder.parent}: another publish to the same folder is at work. "
            "Nothing was changed. Wait until it has ended, or name another folder."
        ) from None
    except OSError:
        return  # a file system without locks


def _put_in_place(new: Path, target: Path) -> None:
    if target.is_dir():
        shutil.copymode(target, new)
    if not target.is_dir():
        new.rename(target)
    elif not _exchange(new, target):
        _rename_twice(new, target)
    _flush_entry(target.parent)


def _exchange(first: Path, second: Path) -> bool:
    """Let two folders change places in one step; False where the system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    paths = os.fsencode(first), os.fsencode(second)
    return bool(rename(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE) == 0)


def _rename_twice(new: Path, target: Path) -> None:
    old = _beside(target, "old")
    target.rename(old)
    try:
        new.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _flush(folder: Path) -> None:
    for place, _, names in os.walk(folder):
        for name in names:
            if not (Path(place) / name).is_symlink():
                _flush_entry(Path(place) / name)
        _flush_entry(Path(place))


def _flush_entry(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    with suppress(PermissionError):  # a foreign file that may not be read
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
