"""Which datasets of this machine's cache were published where; a line of JSON each, in `HF_HOME`."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hf_sft_builders.ledger import MANIFEST_NAME
from hf_sft_builders.llm.reply_file import default_path

logger = logging.getLogger("hf_sft_builders")


def note_published(splits: Iterable[Any], target: str) -> None:
    """Remember where rows went. Nothing depends on it: what cannot be written is told, not raised.

    Args:
        splits: The datasets that were published.
        target: Folder or repository.
    """
    folders = {str(Path(f["filename"]).parent) for ds in splits for f in ds.cache_files}
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
