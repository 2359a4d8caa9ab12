"""The license of a dataset on the Hub: what its card says, without fetching the data."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping
from typing import Any

from hf_sft_builders.licenses import SourceLicenses
from hf_sft_builders.licenses.sidecars import from_metadata
from hf_sft_builders.sources.resolve import hub_info, parse_hub_uri


def hub_dataset_license(dataset_id: str) -> SourceLicenses:
    """Ask the Hub (`HF_ENDPOINT`) for a dataset's license.

    Args:
        dataset_id: `user/name`, or `name` for one of the Hub's own.

    Raises:
        SourceError: if there is no such dataset, or the Hub cannot be reached.
    """
    return _said(dataset_id, "dataset", None, "{}", os.environ.get("HF_ENDPOINT"))


def hub_license(uri: str, options: Mapping[str, Any]) -> SourceLicenses:
    """Give the license of the repository that holds an `hf://` address; nothing for other places.

    Args:
        uri: Of the repository, or of a file in it.
        options: Storage options; a token and an endpoint may be in them.

    Raises:
        SourceError: if there is no such repository, or the Hub cannot be reached.
    """
    found = parse_hub_uri(uri)
    if not found:
        return SourceLicenses()
    told = json.dumps(dict(options), default=str)
    return _said(*found, told, os.environ.get("HF_ENDPOINT"))


@functools.cache  # asked for once in a process and not once for each file
def _said(
    repository: str, kind: str, revision: str | None, options: str, endpoint: str | None
) -> SourceLicenses:
    info = hub_info(repository, kind, revision, json.loads(options))
    card: Mapping[str, Any] = info.card_data.to_dict() if info.card_data else {}
    if not card.get("license"):
        card = {**card, **_from_tags(info.tags)}
    return from_metadata(card, f"hf:{repository}")


def _from_tags(tags: Any) -> Mapping[str, Any]:
    named = [tag.removeprefix("license:") for tag in tags or () if tag.startswith("license:")]
    return {"license": named} if named else {}
