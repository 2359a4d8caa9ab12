"""What is known of a source's license, and how: the string as found, where, how certain. Pure.

Content, annotations and metadata have licenses of their own. Those of content and annotations
count together; that of the metadata (schema.org's `sdLicense`) is kept and never counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hf_sft_builders.licenses.names import read_name
from hf_sft_builders.licenses.table import UNKNOWN_ID, find_license
from hf_sft_builders.licenses.texts import identify

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about the license of one part of one source."""

    raw: str
    """As found, one line of at most 200 characters."""
    id: str
    """License id, several joined by ` AND ` or ` OR `, or `unknown`."""
    spdx: str
    """SPDX expression; empty where SPDX lacks one of them."""
    found_in: str
    """File or option that said so."""
    confidence: str
    """`declared` (an option or metadata field), `inferred` (recognised in a text), `override` (an
    option that contradicts what was found), or `none`."""
    sha256: str = ""
    """Of the whole string or text, so that a later change is seen."""

    @property
    def known(self) -> bool:
        """Whether it says which license holds."""
        return self.id not in ("", UNKNOWN_ID)


UNKNOWN = Evidence(raw="", id=UNKNOWN_ID, spdx="", found_in="", confidence="none")


@dataclass(frozen=True, slots=True)
class SourceLicenses:
    """Evidence for the parts of one source."""

    content: Evidence = UNKNOWN
    annotations: Evidence = UNKNOWN
    """Of labels, captions and translations that others added, where they have their own."""
    metadata: Evidence = UNKNOWN
    """Of the description alone; never counts for the data."""

    @property
    def counted(self) -> tuple[Evidence, ...]:
        """The evidence that composes."""
        return (self.content, *([self.annotations] if self.annotations.raw else []))


def evidence(raw: str, found_in: str, confidence: str) -> Evidence:
    """Say what a raw license string, or a whole license text, is known to mean.

    Args:
        raw: As found.
        found_in: File or option.
        confidence: `declared`, `inferred` or `override`.
    """
    name = read_name(raw)
    found = name.expression
    if not name.certain and name.kind != "candidates":
        known = identify(raw)
        found = known.id if known else UNKNOWN_ID
    shown = " ".join(raw.split())[:_SHOWN]
    sha256 = hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()
    return Evidence(shown, found, spdx_expression(found), found_in, confidence, sha256)


def overriding(given: Evidence, found: Evidence) -> Evidence:
    """Mark evidence that an option gave where a file says something else."""
    contradicts = bool(found.raw) and found.id != given.id
    return replace(given, confidence="override") if contradicts else given


def spdx_expression(expression: str) -> str:
    """Give an expression of ids in SPDX; empty where one of them has no SPDX id.

    Example:
        >>> spdx_expression("cc-by-4.0 AND mit")
        'CC-BY-4.0 AND MIT'
    """
    for word in (" AND ", " OR "):
        if word in expression:
            parts = [find_license(part) for part in expression.split(word)]
            named = [part.spdx for part in parts if part]
            return word.join(named) if len(named) == len(parts) and all(named) else ""
    known = find_license(expression)
    return known.spdx if known else ""


def evidence_of(row: Mapping[str, Any] | None) -> Evidence:
    """Read the evidence in a step of a row's provenance."""
    if not row or not row.get("id"):
        return UNKNOWN
    names = ("raw", "id", "spdx", "found_in", "confidence", "sha256")
    return Evidence(**{name: row.get(name) or "" for name in names})
