"""What to say where nothing is: what is there instead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from hf_sft_builders.sources.hub_trouble import causes


def why_absent(fs: Any, path: str) -> str:
    """Say what is there instead, or that the server did not say.

    The trap: `exists` of fsspec takes whatever goes wrong for absence, and so does `info` over HTTP.
    """
    try:
        fs.info(path)
    except Exception as error:  # noqa: BLE001 (each filesystem raises its own)
        links = [link for link in causes(error) if not isinstance(link, FileNotFoundError)]
        said = next(
            (link for link in links if getattr(link, "status", _NOT_THERE) != _NOT_THERE), None
        )
        lost = next(
            (link for link in links if isinstance(link, (ConnectionError, TimeoutError))), None
        )
        if said is not None:
            return f"the server refused: {said}. Check the address, and what it asks for."
        if lost is not None:
            told = str(lost) or type(lost).__name__
            return f"cannot be reached: {told}. Check the address, the network and the proxy."
    return f"nothing there. {neighbours(fs, path)}"


_NOT_THERE = 404


def neighbours(fs: Any, path: str) -> str:
    """Name what the folder holds in which a path was not found."""
    parent = path.rstrip("/").rpartition("/")[0]
    try:
        names = [str(name).rpartition("/")[2] for name in fs.ls(parent, detail=False)]
    except (OSError, NotImplementedError):
        return f"{parent or 'Its folder'} does not exist either. Check the path."
    in_order = sorted(names, key=lambda name: (name.startswith("."), name))
    told = ", ".join(in_order[:8]) or "nothing"
    return f"Its folder holds {told}. Check the name."


def nothing_readable(place: object, ignored: Mapping[str, str], wanted: tuple[str, ...]) -> str:
    """Say why none of the files that were found can be read."""
    reasons = defaultdict(list)
    for uri, reason in ignored.items():
        reasons[reason].append(PurePosixPath(uri).name)
    found = "; ".join(f"{reason}: {', '.join(names[:5])}" for reason, names in reasons.items())
    return (
        f"{place}: no file that can be read. Found {found or 'an empty folder'}. "
        f"Expected files ending in {', '.join(sorted(wanted))}."
    )
