"""Licenses: what is known of a source's license, and how. Pure: no network, no `datasets`."""

from __future__ import annotations

from hf_sft_builders.licenses.table import (
    LICENSES,
    UNKNOWN,
    Evidence,
    License,
    evidence,
    find_license,
    identify,
)

__all__ = ["LICENSES", "UNKNOWN", "Evidence", "License", "evidence", "find_license", "identify"]
