"""Licenses that data, documents and models come under, and what each allows. Pure.

The facts are in `table.toml`, read once, when a license is first asked for. Ids are those of the
Hub's list (https://huggingface.co/docs/hub/repositories-licenses) where it has the license, else
the SPDX id in lower case. A Creative Commons port (`cc-by-3.0-de`) is a text of its own and so a
license of its own, made from its unported one.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

OTHER, UNKNOWN_ID = "other", "unknown"


@dataclass(frozen=True, slots=True)
class License:
    """What is known of one license; `sft.license(name)` gives it."""

    id: str
    """The Hub's id where it has one, else the SPDX id in lower case; `unknown` where not certain."""
    name: str
    spdx: str = ""
    """Empty where SPDX has none."""
    hub: str = ""
    """What the card's `license:` says: an id of the Hub's list, or `other`."""
    source: str = ""
    """Address of the legal text."""
    commercial: bool = True
    """Whether commercial use is allowed."""
    share_adaptations: bool = True
    """Whether changed versions, such as rows made from a document, may be passed on."""
    make_adaptations: bool = True
    """Whether they may be made at all."""
    share_alike: str = ""
    """Group of licenses that an adaptation must stay in; empty where it may go elsewhere."""
    attribution: bool = False
    """Whether the authors must be named."""
    notice: bool = False
    """Whether copyright notice and license text must be passed on."""
    use_restrictions: str = ""
    """What else is forbidden or limited, in words."""
    outputs: str = ""
    """For models: terms of what they write; see `generators.toml`."""
    covers: str = ""
    """`database`, `contents` or both, where the license is for that only."""
    note: str = ""
    review: bool = False
    """Whether a person has to read the terms of the source itself."""
    gpl_clash: bool = False
    """Whether its conditions cannot be joined with those of the GPL."""
    aliases: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    """Of a name that is not certain, or that leaves a choice: ids that it may mean."""

    @property
    def known(self) -> bool:
        """Whether this is one certain license."""
        return self.id != UNKNOWN_ID

    def __str__(self) -> str:
        told = f"{self.name} ({self.id})" if self.known else self.name
        return f"{told}; one of {', '.join(self.candidates)}" if self.candidates else told


UNKNOWN_LICENSE = License(
    UNKNOWN_ID,
    "License unknown",
    hub=UNKNOWN_ID,
    commercial=False,
    share_adaptations=False,
    make_adaptations=False,
)
"""Nothing is known, so nothing is allowed."""


@functools.cache
def all_licenses() -> Mapping[str, License]:
    """Give every license of the table by id."""
    return {
        license_id: _license(license_id, row) for license_id, row in _table()["license"].items()
    }


def hub_ids() -> frozenset[str]:
    """Give the ids that a card may name."""
    return frozenset({known.hub for known in all_licenses().values()} | {OTHER, UNKNOWN_ID})


def families() -> Mapping[str, list[str]]:
    """Give names without a version, as the table writes them, with the ids that they may mean."""
    found: Mapping[str, list[str]] = _table()["families"]
    return found


def find_license(license_id: str) -> License | None:
    """Look a license up by its id, or by its SPDX id, in any case.

    Example:
        >>> find_license("CC-BY-NC-ND-4.0").share_adaptations
        False
    """
    wanted = license_id.strip().lower()
    return all_licenses().get(wanted) or _by_spdx().get(wanted) or _ported(wanted)


@functools.cache
def _by_spdx() -> Mapping[str, License]:
    return {known.spdx.lower(): known for known in all_licenses().values() if known.spdx}


@functools.cache
def _table() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("table.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _license(license_id: str, row: Mapping[str, Any]) -> License:
    given = {**row, "aliases": tuple(row.get("aliases", ()))}
    return License(license_id, **{"hub": license_id, **given})


_PORT = re.compile(r"(cc-by[a-z-]*-(?:1\.0|2\.0|2\.1|2\.5|3\.0))-([a-z]{2,3})")


def _ported(license_id: str) -> License | None:
    """Make a Creative Commons port from its unported license; never the port from 4.0 on."""
    found = _PORT.fullmatch(license_id)
    if not found or found[2] not in _table()["ports"]["places"]:
        return None
    base = all_licenses().get(found[1].replace("-2.1", "-2.0"))
    if base is None:
        return None
    return replace(
        base,
        id=license_id,
        spdx=next((spdx for spdx in _table()["ports"]["spdx"] if spdx.lower() == license_id), ""),
        hub=OTHER,
        name=f"{base.name.rsplit(' ', 2)[0]} {found[1].rsplit('-', 1)[1]} {found[2].upper()}",
        source=_port_source(base.source, found[1], found[2]),
        aliases=(),
    )


def _port_source(base: str, license_id: str, place: str) -> str:
    version = license_id.rsplit("-", 1)[1]
    return re.sub(r"/[\d.]+/$", f"/{version}/{place}/", base)
