"""What `target=` means: a folder, or a repository on a hub; found out before any work."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import ConfigurationError, PublishError

_MODELSCOPE = re.compile(
    r"modelscope://(?:datasets/)?([A-Za-z0-9][\w.-]*/[A-Za-z0-9_][\w.-]*)/?", re.ASCII
)
_REPOSITORY = re.compile(r"(?:hf://datasets/)?([A-Za-z0-9][\w.-]*/[A-Za-z0-9_][\w.-]*)", re.ASCII)


def target_repository(target: Any) -> str:
    """Give the name of the repository that a target means; empty for a folder.

    `user/name` and `hf://datasets/user/name` are repositories, unless a folder `user/name` is there:
    `./user/name`, a `Path`, and whatever begins like a path are folders.
    """
    found = _REPOSITORY.fullmatch(target) if isinstance(target, str) else None
    if not found or Path(target).exists():
        return ""
    return found[1]


def target_modelscope(target: Any) -> str:
    """Give the name of the repository on ModelScope that a target means; empty for any other.

    Example:
        >>> target_modelscope("modelscope://mei/travel-guide")
        'mei/travel-guide'
    """
    found = _MODELSCOPE.fullmatch(target) if isinstance(target, str) else None
    return found[1] if found else ""


def target_folder(target: Any) -> Path:
    """Give the folder that a target means, as an absolute path.

    Raises:
        ConfigurationError: for a URL or nothing at all.
        PublishError: if the system refuses the name.
    """
    if not isinstance(target, (str, os.PathLike)) or not os.fspath(target):
        raise ConfigurationError(f"target={target!r}; expected a folder, such as './my-dataset'.")
    try:
        path = Path(os.fsdecode(target)).expanduser()
        if isinstance(target, str) and not path.exists():
            _refuse_addresses(target)
        return path.resolve()
    except OSError as error:
        raise cannot_write(Path(os.fsdecode(target)), error) from error
    except (RuntimeError, ValueError) as error:
        if isinstance(error, ConfigurationError):
            raise
        raise ConfigurationError(f"target={target!r} cannot be a folder: {error}.") from error


def require_writable(target: Path) -> None:
    """Make sure that the target is, or can become, a folder.

    Raises:
        PublishError: saying what stands in the way.
    """
    if target.exists() and not target.is_dir():
        raise _in_the_way(target, "it is a file", "Name another folder, or move the file away")
    if target.is_dir() and (target.is_mount() or not target.name):
        raise _in_the_way(
            target,
            "it is a mount point, which cannot be replaced in one step",
            f"Publish into a folder inside it: {target / 'my-dataset'}",
        )
    above = next(folder for folder in target.parents if os.path.lexists(folder))
    if not above.is_dir():
        raise _in_the_way(target, f"{above} is a file, not a folder", "Name another folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise _in_the_way(target, f"{above} cannot be written to", _MEND)


def cannot_write(target: Path, error: OSError) -> PublishError:
    """Say that writing failed, in the system's words."""
    place = f" ({error.filename})" if error.filename else ""
    return _in_the_way(target, f"{error.strerror or error}{place}", _MEND)


_MEND = "Make room or ask for write access, or name another folder"


def _in_the_way(target: Path, found: str, step: str) -> PublishError:
    return PublishError(
        f"{target} was not written: {found}. Expected a folder that can be written, or a place "
        f"for a new one. What was there before is unchanged. {step}."
    )


def _refuse_addresses(target: str) -> None:
    if "://" in target:
        raise ConfigurationError(
            f"target={target!r} is an address; publish knows folders, such as './my-dataset', and "
            "repositories on the Hub, such as 'user/name', and on ModelScope, such as "
            "'modelscope://user/name'. For another store publish to a folder, then copy it there."
        )
