"""Where a review and its index are kept.

The review of a folder or file lies beside it: `my-dataset` has `my-dataset.review.sqlite`, which can be
seen, copied and backed up, and stays when the folder is built again. Beside nothing that can be
written, and for repositories and datasets in a cache, it lies in `HF_HOME`, under a name that a rebuilt
dataset finds again: that of the repository, or of the builder and its sources.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hf_sft_builders.ledger import Ledger
from hf_sft_builders.llm.reply_file import default_path

SUFFIX = ".review.sqlite"


def overlay_of_source(source: str) -> Path:
    """Give the place of the review of a folder, a file or a repository."""
    path = Path(source).expanduser()
    if not path.exists():
        return in_home(source)
    path = path.resolve()
    beside = path.with_name(path.name + SUFFIX)
    if beside.exists() or os.access(path.parent, os.W_OK):
        return beside
    return in_home(f"{path.name}-{_short(str(path))}")


def overlay_of_dataset(splits: Mapping[str, Any]) -> Path:
    """Give the place of the review of a dataset that is open already."""
    first = next(iter(splits.values()))
    folders = {Path(file["filename"]).parent for file in first.cache_files}
    for folder in sorted(folders):
        if ledger := Ledger.load(folder):
            return in_home(built_name(ledger))
    for folder in sorted(folders):
        for saved in (folder, folder.parent):
            if (saved / "dataset_dict.json").is_file() or (
                saved == folder and (saved / "state.json").is_file()
            ):
                return overlay_of_source(str(saved))
    prints = "-".join(split._fingerprint for split in splits.values())
    return in_home(f"rows-{_short(prints)}")


def built_name(ledger: Ledger) -> str:
    """Name a built dataset: the same for the same builder and sources, whatever the options."""
    sources = sorted({source.uri for source in ledger.sources})
    return f"{ledger.builder or 'built'}-{_short(chr(10).join(sources))}"


def in_home(name: str) -> Path:
    """Give the place of a review by name, in `HF_HOME`."""
    safe = re.sub(r"[^\w.-]+", "___", name).strip(".") or "review"
    return home() / "reviews" / (safe[:120] + SUFFIX)


def index_folder(key: str) -> Path:
    """Give the folder of an index, which can be deleted at any time."""
    return home() / "review_index" / key


def home() -> Path:
    """Give our folder in `HF_HOME`."""
    return default_path().parent


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
