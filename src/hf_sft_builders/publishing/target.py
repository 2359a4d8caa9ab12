"""Which folder `target=` means, and whether it can be written, found out before any work."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import ConfigurationError, PublishError

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def target_folder(target: Any) -> Path:
    """Give the folder that a target means, as an absolute path.

    A path object, a string that begins like a path (`.`, `/`, `~`, a drive) or has no slash, and
    an existing folder are folders. `user/name` is what the Hub calls a repository.

    Raises:
        ConfigurationError: for a repository, a URL or nothing at all.
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
            f"target={target!r} is an address; this version publishes to folders. "
            "Publish to './my-dataset', then upload the folder."
        )
    if not target.startswith((".", "/", "~", "\\")) and _REPOSITORY.fullmatch(target):
        name = target.partition("/")[2]
        raise ConfigurationError(
            f"target={target!r} looks like a repository on the Hub; this version publishes to "
            f"folders. For a folder write './{target}'. For the Hub publish to './{name}', then "
            f"`hf upload {target} ./{name} --repo-type dataset`."
        )
