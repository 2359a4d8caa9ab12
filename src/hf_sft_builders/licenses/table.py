"""Licenses that documents commonly carry, and how each is recognised. Pure.

Ids are those of the Hub's list of licenses
(https://huggingface.co/docs/hub/repositories-licenses), `unknown` where nothing is certain. A text
without a version number ("CC BY") names no license here: it stays unknown, with what was found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class License:
    """One license."""

    id: str
    """The Hub's id."""
    spdx: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about the license of one source, and how."""

    raw: str
    """As found."""
    id: str
    """The Hub's id, or `unknown`."""
    spdx: str
    found_in: str
    """File or option that said so."""
    confidence: str
    """`declared` (an option or metadata field), `inferred` (recognised in a text), or `none`."""


UNKNOWN = Evidence(raw="", id="unknown", spdx="", found_in="", confidence="none")

_CC = "https://creativecommons.org/licenses"
_KINDS = {
    "by": "Attribution",
    "by-sa": "Attribution-ShareAlike",
    "by-nc": "Attribution-NonCommercial",
    "by-nd": "Attribution-NoDerivatives",
    "by-nc-sa": "Attribution-NonCommercial-ShareAlike",
    "by-nc-nd": "Attribution-NonCommercial-NoDerivatives",
}

LICENSES = (
    *(
        License(
            f"cc-{kind}-4.0",
            f"CC-{kind.upper()}-4.0",
            f"Creative Commons {name} 4.0 International",
            f"{_CC}/{kind}/4.0/",
        )
        for kind, name in _KINDS.items()
    ),
    License(
        "cc0-1.0",
        "CC0-1.0",
        "Creative Commons Zero 1.0 Universal",
        "https://creativecommons.org/publicdomain/zero/1.0/",
    ),
    License(
        "apache-2.0",
        "Apache-2.0",
        "Apache License 2.0",
        "https://www.apache.org/licenses/LICENSE-2.0",
    ),
    License("mit", "MIT", "MIT License", "https://opensource.org/license/mit"),
)

_BY_ID = {license.id: license for license in LICENSES}
_PHRASES = (
    (
        re.compile(r"permission is hereby granted, free of charge, to any person obtaining a copy"),
        "mit",
    ),
    (re.compile(r"apache license,?\s+version 2\.0"), "apache-2.0"),
    (re.compile(r"creativecommons\.org/publicdomain/zero/1\.0|cc0[- ]1\.0"), "cc0-1.0"),
)
_CC_URL = re.compile(r"creativecommons\.org/licenses/(by(?:-nc)?(?:-sa|-nd)?)/4\.0(?!/igo)")
_CC_NAME = re.compile(r"\bcc[- ](by(?:[- ]nc)?(?:[- ](?:sa|nd))?)[- ]4\.0\b")


def find_license(license_id: str) -> License | None:
    """Look a license up by Hub or SPDX id, in any case."""
    wanted = license_id.strip().lower()
    return _BY_ID.get(wanted)


def identify(text: str) -> License | None:
    """Recognise the one license that a text names; None where it names none, or several.

    Example:
        >>> identify("Licensed under CC BY 4.0.").id
        'cc-by-4.0'
    """
    words = " ".join(text.lower().split())
    found = {license_id for pattern, license_id in _PHRASES if pattern.search(words)}
    found |= {f"cc-{kind.replace(' ', '-')}-4.0" for kind in _CC_URL.findall(words)}
    found |= {f"cc-{kind.replace(' ', '-')}-4.0" for kind in _CC_NAME.findall(words)}
    if len(words) < 40 and words in _BY_ID:
        found.add(words)
    return _BY_ID[found.pop()] if len(found) == 1 else None


def evidence(raw: str, found_in: str, confidence: str) -> Evidence:
    """Say what a raw license string is known to mean."""
    license = find_license(raw) or identify(raw)
    if license is None:
        return Evidence(raw[:200], "unknown", "", found_in, confidence)
    return Evidence(raw[:200], license.id, license.spdx, found_in, confidence)
