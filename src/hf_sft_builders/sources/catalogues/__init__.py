"""Catalogues of datasets, one per file: each answers a query with what it found.

Adding one touches its file and its line here; packages add theirs by the entry-point group
`hf_sft_builders.catalogues`, whose entries name an instance.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import cast

from hf_sft_builders.sources.catalogues.awesome import AwesomePublicDatasets
from hf_sft_builders.sources.catalogues.base import Catalogue, FoundDataset, Query
from hf_sft_builders.sources.catalogues.datacite import DataCite
from hf_sft_builders.sources.catalogues.figshare import Figshare
from hf_sft_builders.sources.catalogues.huggingface import HuggingFace
from hf_sft_builders.sources.catalogues.kaggle import Kaggle
from hf_sft_builders.sources.catalogues.modelscope import ModelScope
from hf_sft_builders.sources.catalogues.opendatalab import OpenDataLab
from hf_sft_builders.sources.catalogues.openml import OpenML
from hf_sft_builders.sources.catalogues.zenodo import Zenodo

__all__ = ["CATALOGUES", "Catalogue", "FoundDataset", "Query", "catalogues"]

CATALOGUES: dict[str, Catalogue] = {
    catalogue.name: catalogue
    for catalogue in (
        HuggingFace(),
        Kaggle(),
        ModelScope(),
        OpenDataLab(),
        Zenodo(),
        Figshare(),
        OpenML(),
        AwesomePublicDatasets(),
        DataCite(),
    )
}
"""By name; where a dataset stands in several, the first of these tells of it."""


@cache
def catalogues() -> dict[str, Catalogue]:
    """Add other packages' catalogues to ours; ours keep their names."""
    found = entry_points(group="hf_sft_builders.catalogues")
    return CATALOGUES | {
        entry.name: cast(Catalogue, entry.load()) for entry in found if entry.name not in CATALOGUES
    }
