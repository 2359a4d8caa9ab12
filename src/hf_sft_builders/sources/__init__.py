"""Where raw bytes come from: paths and URLs of any fsspec protocol, and the license beside them."""

from __future__ import annotations

from hf_sft_builders.sources.files import Listing, SourceFile, list_files, read_bytes
from hf_sft_builders.sources.license_evidence import LicenseLookup
from hf_sft_builders.sources.resolve import resolve_uri

__all__ = ["LicenseLookup", "Listing", "SourceFile", "list_files", "read_bytes", "resolve_uri"]
