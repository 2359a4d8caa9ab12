"""The actions of a commit on ModelScope: large files by hash, small ones with their content."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from hf_sft_builders.publishing.file_hashes import content_hash

_EMPTY = {"type": "normal", "size": 0, "sha256": "", "content": "", "encoding": ""}


def is_large(file: Path) -> bool:
    """Whether its content goes apart from the commit; of what ModelScope itself reads, it never does."""
    from modelscope_hub.constants import (
        DATASET_LFS_SUFFIX,
        UPLOAD_INLINE_METADATA_PATHS,
        UPLOAD_LFS_FORCE_THRESHOLD_BYTES,
    )

    if file.name.upper() in UPLOAD_INLINE_METADATA_PATHS:
        return False
    return (
        file.stat().st_size > UPLOAD_LFS_FORCE_THRESHOLD_BYTES
        or file.suffix.lower() in DATASET_LFS_SUFFIX
    )


def addition(path: str, file: Path) -> dict[str, Any]:
    """Give the action that puts a file there, in place of another or not."""
    return _pointer(path, file) if is_large(file) else _inline(path, file)


def deletion(path: str) -> dict[str, Any]:
    """Give the action that takes a file away."""
    return {**_EMPTY, "action": "delete", "path": path}


def _pointer(path: str, file: Path) -> dict[str, Any]:
    size, digest = file.stat().st_size, content_hash(file)
    return {
        **_EMPTY,
        "action": "create",
        "path": path,
        "type": "lfs",
        "size": size,
        "sha256": digest,
    }


def _inline(path: str, file: Path) -> dict[str, Any]:
    content = file.read_bytes()
    return {
        **_EMPTY,
        "action": "create",
        "path": path,
        "size": len(content),
        "content": base64.b64encode(content).decode(),
        "encoding": "base64",
    }
