"""Where sources lie on this machine: published rows name their files without folders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.reviewing.source_view import Origin


def folders_of(given: Any) -> tuple[Path, ...]:
    """Read `sources=`: one folder or several.

    Raises:
        ConfigurationError: for what is no folder.
    """
    names = [given] if isinstance(given, (str, Path)) else list(given or ())
    folders = tuple(Path(name).expanduser().resolve() for name in names)
    for name, folder in zip(names, folders, strict=True):
        if not folder.is_dir():
            raise ConfigurationError(
                f"sources={str(name)!r} is no folder. Name the folder that holds the documents."
            )
    return folders


def placed(origin: Origin, folders: Sequence[Path]) -> Origin:
    """Give the origin with the place of its file, where a folder holds one of that name.

    Nothing is trusted by its name: a file is shown only where its bytes have the row's hash.
    """
    name, mark, member = origin.uri.partition("#")
    if not name or len(urlsplit(name).scheme) > 1 or Path(name).is_file():
        return origin
    found = next((path for path in _candidates(name, folders) if path.is_file()), None)
    return origin if found is None else replace(origin, uri=f"{found}{mark}{member}")


def _candidates(name: str, folders: Sequence[Path]) -> Iterable[Path]:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    inside = [part for part in parts if part not in ("..", "/", ".")]
    for folder in folders:
        for start in range(len(inside)):
            yield folder.joinpath(*inside[start:])
