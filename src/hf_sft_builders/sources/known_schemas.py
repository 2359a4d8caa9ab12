"""Columns of files that were looked at before, so that a cache hit reads nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

import pyarrow as pa

from hf_sft_builders.sources.known_listings import logger, storage_folder
from hf_sft_builders.version import __version__


def known_schema(key: str, find: Callable[[], pa.Schema]) -> pa.Schema:
    """Give the schema that was found for this key, or find it and keep it.

    Args:
        key: Names the files, their stamps and all that decides their types.
        find: Looks at the files.
    """
    digest = hashlib.sha256(f"{__version__} {key}".encode()).hexdigest()[:32]
    place = storage_folder("schemas") / f"{digest}.arrow"
    if place.is_file():
        return pa.ipc.read_schema(pa.py_buffer(place.read_bytes()))
    found = find()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(found.serialize().to_pybytes())
        part.replace(place)
    except OSError as error:
        logger.warning("Not kept for the next time: %s", error)
    return found
