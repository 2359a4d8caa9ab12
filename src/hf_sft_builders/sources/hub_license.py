"""The license of a dataset on the Hub: what its card says, without fetching the data."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from hf_sft_builders.errors import SourceError
from hf_sft_builders.licenses import SourceLicenses
from hf_sft_builders.licenses.sidecars import from_metadata


def hub_dataset_license(dataset_id: str, revision: str | None = None) -> SourceLicenses:
    """Ask the Hub (`HF_ENDPOINT`) for a dataset's license.

    Args:
        dataset_id: `user/name`, or `name` for one of the Hub's own.
        revision: Branch, tag or commit.

    Raises:
        SourceError: if there is no such dataset, or the Hub cannot be reached.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    api = HfApi(endpoint=os.environ.get("HF_ENDPOINT"))
    try:
        info = api.dataset_info(dataset_id, revision=revision)
    except (HfHubHTTPError, OSError) as error:
        raise SourceError(
            f"{dataset_id}: the Hub gives no license ({str(error).splitlines()[0]}). "
            "Check the name, the network, and HF_TOKEN for a private dataset."
        ) from error
    card: Mapping[str, Any] = vars(info.card_data) if info.card_data else {}
    return from_metadata(card if card.get("license") else _from_tags(info.tags), f"hf:{dataset_id}")


def _from_tags(tags: Any) -> Mapping[str, Any]:
    named = [tag.removeprefix("license:") for tag in tags or () if tag.startswith("license:")]
    return {"license": named} if named else {}
