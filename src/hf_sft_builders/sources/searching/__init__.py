"""Looking for datasets in all catalogues at once: filters, doubles, order, table."""

from __future__ import annotations

from hf_sft_builders.sources.searching.results import SearchResults
from hf_sft_builders.sources.searching.side_by_side import search

__all__ = ["SearchResults", "search"]
