"""Lists that a catalogue has as one file: kept for a day, then asked for anew only if changed.

They lie in `HF_HOME` and are read at run time; nothing of them ships with this package.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hf_sft_builders.sources.catalogue_http import NotModified, fetch

_FRESH_SECONDS = 24 * 3600.0


def kept_list(name: str, url: str, read: Callable[[bytes], list[Any]], timeout: float) -> list[Any]:
    """Give what `read` makes of the bytes at a URL, from the kept copy where that still holds.

    Args:
        name: Of the catalogue, for the file's name.
        url: Where the list is.
        read: Makes entries that JSON can hold.
        timeout: Seconds.

    Raises:
        SourceError: It is not kept, or too old, and cannot be fetched.
    """
    place = _place(name, url)
    held = _held(place)
    if held and time.time() - held["checked"] < _FRESH_SECONDS:
        return list(held["entries"])
    etag = held["etag"] if held else ""
    try:
        data, headers = fetch(url, headers={"If-None-Match": etag} if etag else {}, timeout=timeout)
    except NotModified:
        entries = list(held["entries"]) if held else []
    else:
        etag, entries = headers.get("etag", ""), read(data)
    _hold(place, {"etag": etag, "checked": time.time(), "entries": entries})
    return entries


def _place(name: str, url: str) -> Path:
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("HF_HOME") or f"{caches}/huggingface"
    folder = Path(os.path.expandvars(home)).expanduser() / "hf_sft_builders" / "catalogues"
    return folder / f"{name}-{hashlib.sha256(url.encode()).hexdigest()[:12]}.json"


def _held(place: Path) -> dict[str, Any] | None:
    try:
        held = json.loads(place.read_bytes())
    except (FileNotFoundError, ValueError):  # a torn file is fetched anew
        return None
    is_whole = isinstance(held, dict) and {"etag", "checked", "entries"} <= held.keys()
    return held if is_whole else None


def _hold(place: Path, held: dict[str, Any]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_suffix(f".{uuid.uuid4().hex}.part")
    part.write_text(json.dumps(held, ensure_ascii=False), encoding="utf-8")
    part.replace(place)
