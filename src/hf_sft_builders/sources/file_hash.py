"""The hash by which provenance knows a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import fsspec

from hf_sft_builders.registry import options_for

if TYPE_CHECKING:
    from hf_sft_builders.sources.files import SourceFile


def file_sha256(
    file: SourceFile, storage_options: Mapping[str, Any] | None, *, fetch: bool = True
) -> str:
    """Give the platform's hash of a file where it has one, else hash what is there.

    Args:
        file: The file.
        storage_options: For fsspec.
        fetch: Whether a file of another machine is fetched for that; "" stands for its hash if not.
    """
    if (known := file.stamp.partition("sha256:")[2]) or ("://" in file.uri and not fetch):
        return known
    with fsspec.open(file.uri, "rb", **options_for(file.uri, storage_options)) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
