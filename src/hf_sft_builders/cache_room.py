"""Rows that a cache does not take: a full disk, a folder that may not be written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datasets.exceptions import DatasetGenerationError

from hf_sft_builders.errors import DISK_FULL, NO_WRITING, BuildError, SFTError


@contextmanager
def plainly(cache: str | Path) -> Iterator[None]:
    """Give our own errors as they are, without what `datasets` wraps them in.

    Args:
        cache: The folder of the rows; one that is full, or cannot be written, is told as that.

    Raises:
        BuildError: if the folder cannot take the rows.
    """
    try:
        yield
    except (DatasetGenerationError, OSError) as error:
        wrapped = isinstance(error, DatasetGenerationError)
        cause = error.__cause__ if wrapped else error
        if isinstance(cause, OSError) and _is_of(cache, cause):
            raise _no_place(cache, cause) from None
        if wrapped and isinstance(cause, SFTError):
            raise cause from None
        raise


def _is_of(cache: str | Path, error: OSError) -> bool:
    if isinstance(error, SFTError):
        return False
    inside = str(error.filename or "").startswith(str(Path(cache).expanduser()))
    return error.errno in DISK_FULL or (error.errno in NO_WRITING and inside)


def _no_place(cache: str | Path, error: OSError) -> BuildError:
    return BuildError(
        f"The rows could not be written to the cache {cache}: {error.strerror}. Free some space or ask "
        "for write access there, or name another folder (cache_dir=, or HF_HOME), and run the same "
        "call again: what a model answered is kept."
    )
