"""What a catalogue's license text allows, as far as the license table knows it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypedDict

from hf_sft_builders.licenses import UNKNOWN, Evidence, evidence, find_license


class Terms(TypedDict):
    """The fields of a found dataset that tell of its license."""

    license_raw: str
    license: str
    commercial: bool | None
    share_adaptations: bool | None


def terms(raw: Any) -> Terms:
    """Look up what a license text, or several of them, are known to allow.

    A mapping is one license, told by name, id and URL. A list is several: where they differ, or one
    of them is not known, the whole is `unknown`.

    Example:
        >>> terms("cc-by-nc-4.0")["commercial"]
        False
    """
    told = [texts for entry in _entries(raw) if (texts := _texts(entry))]
    ids = {_one_id(texts) for texts in told}
    only = ids.pop() if len(ids) == 1 else "unknown"
    known = None if only == "unknown" else find_license(only)
    return {
        "license_raw": "; ".join(dict.fromkeys(texts[0] for texts in told)),
        "license": known.id if known else "unknown",
        "commercial": _allows(known, "commercial", "nc"),
        "share_adaptations": _allows(known, "share_adaptations", "nd"),
    }


def license_evidence(raw: Any, found_in: str) -> Evidence:
    """Keep what was written as evidence, with what it is known to mean; see `terms`."""
    told = terms(raw)
    if not told["license_raw"]:
        return UNKNOWN
    known = find_license(told["license"]) if told["license"] != "unknown" else None
    base = evidence(known.id, found_in, "declared") if known else UNKNOWN
    return replace(base, raw=told["license_raw"][:200], found_in=found_in, confidence="declared")


def _one_id(texts: list[str]) -> str:
    named = [*texts, *(text for text in map(_behind_address, texts) if text)]
    ids = {evidence(text, "catalogue", "declared").id for text in named} - {"unknown"}
    return ids.pop() if len(ids) == 1 else "unknown"


def _behind_address(text: str) -> str:
    """Give the id behind the address of a list of licenses, which the Hub writes for every id."""
    match = re.fullmatch(
        r"https?://(?:choosealicense\.com|spdx\.org|opensource\.org)/licen[sc]es?/([\w.+-]+?)"
        r"(?:\.html)?/?",
        text,
    )
    return match[1].lower() if match else ""


def _allows(license: Any, term: str, barred_by: str) -> bool | None:
    if license is None:
        return None
    told = getattr(license, term, None)
    return told if isinstance(told, bool) else barred_by not in license.id.split("-")


def _entries(raw: Any) -> Iterable[Any]:
    return raw if isinstance(raw, (list, tuple)) else [raw]


def _texts(entry: Any) -> list[str]:
    """Give the ways in which one license is told, without those that tell of access only."""
    values = [entry.get(key) for key in _TOLD_IN] if isinstance(entry, dict) else [entry]
    texts = [" ".join(str(value).split())[:300] for value in values if value]
    return [text for text in texts if text and not _SAYS_ONLY_WHO_MAY_SEE.search(text)]


_TOLD_IN = ("name", "rights", "id", "rightsIdentifier", "url", "rightsUri", "@id")

# Access is not a license: "open access" says who may read, not what may be done.
_SAYS_ONLY_WHO_MAY_SEE = re.compile(
    r"info:eu-repo/semantics/|purl\.org/coar/access_right|^(open|closed|restricted)[ -]?access$",
    re.IGNORECASE,
)
