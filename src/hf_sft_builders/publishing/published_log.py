"""Which datasets of this machine's cache were published where; a line of JSON each, in `HF_HOME`."""

from __future__ import annotations

import functools
import inspect
import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from hf_sft_builders.ledger import MANIFEST_NAME
from hf_sft_builders.llm.reply_file import default_path

logger = logging.getLogger("hf_sft_builders")


Arguments = ParamSpec("Arguments")
Done = TypeVar("Done")


def remembered(publish: Callable[Arguments, Done]) -> Callable[Arguments, Done]:
    """Let a function that publishes `ds` to `target` remember which built datasets went where."""

    @functools.wraps(publish)
    def publishing(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Done:
        done = publish(*args, **kwargs)
        told = inspect.signature(publish).bind(*args, **kwargs).arguments
        if not told.get("dry_run"):
            place = done if isinstance(done, Path) else told["target"]
            _note([told["ds"], *(told.get("configs") or {}).values()], str(place))
        return done

    return publishing


def _note(published: Iterable[Any], target: str) -> None:
    """Write a line. Nothing depends on it: what cannot be written is told, not raised."""
    splits = [
        ds
        for given in published
        for ds in (given.values() if isinstance(given, Mapping) else [given])
    ]
    files = (file for ds in splits for file in getattr(ds, "cache_files", ()))
    folders = {str(Path(file["filename"]).parent) for file in files}
    built = sorted(folder for folder in folders if (Path(folder) / MANIFEST_NAME).is_file())
    if not built:
        return
    line = json.dumps({"at": time.time(), "target": target, "built": built}, ensure_ascii=False)
    try:
        _log().parent.mkdir(parents=True, exist_ok=True)
        with _log().open("a", encoding="utf-8") as stream:
            stream.write(f"{line}\n")
    except OSError as error:
        logger.warning("%s: cannot be written: %s. The rows were published.", _log(), error)


def published_places() -> dict[str, str]:
    """Give the folder of each built dataset → where it was published last."""
    if not _log().is_file():
        return {}
    found: dict[str, str] = {}
    for line in _log().read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:  # a line that a full disk cut off
            continue
        found.update(dict.fromkeys(entry["built"], entry["target"]))
    return found


def _log() -> Path:
    return default_path().parent / "published.jsonl"
