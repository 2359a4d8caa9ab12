"""`license`: what a name, an address or a piece of evidence allows. Pure."""

from __future__ import annotations

from dataclasses import replace

from hf_sft_builders.licenses.evidence import Evidence
from hf_sft_builders.licenses.names import Name, read_name
from hf_sft_builders.licenses.table import UNKNOWN_LICENSE, License, find_license
from hf_sft_builders.licenses.texts import identify


def license(name: str) -> License:
    """Look a license up by whatever a platform or a person calls it.

    A name that is not certain ("CC-BY", "BSD", "public domain") gives a license with the id
    `unknown` that allows nothing, and `.candidates` that it may mean. Of a choice ("MIT OR
    Apache-2.0") the least demanding is given; several that hold together give the strictest of each.

    Args:
        name: SPDX or Hub id, display name, address of the legal text, Chinese name, expression
            with AND or OR, or a whole license text.

    Example:
        >>> found = sft.license("CC BY-NC-ND 4.0")
        >>> found.id, found.commercial, found.share_adaptations, found.attribution
        ('cc-by-nc-nd-4.0', False, False, True)
        >>> sft.license("CC-BY").candidates[:2]
        ('cc-by-4.0', 'cc-by-3.0')
    """
    parts = licenses_of(name)
    return parts[0] if len(parts) == 1 else _together(parts)


def licenses_of(source: str | License | Evidence) -> tuple[License, ...]:
    """Give every license that holds for a source: one, or several that hold together."""
    if isinstance(source, License):
        return (source,)
    if isinstance(source, Evidence):
        return licenses_of(source.id if source.known else source.raw)
    read = read_name(str(source))
    if read.kind == "unknown":
        return (identify(str(source)) or UNKNOWN_LICENSE,)
    if read.kind == "candidates":
        return (replace(UNKNOWN_LICENSE, candidates=read.ids),)
    found = _looked_up(read)
    return (_least_demanding(found),) if read.kind == "any" else found


def _looked_up(read: Name) -> tuple[License, ...]:
    return tuple(known for known in map(find_license, read.ids) if known)


def _least_demanding(choice: tuple[License, ...]) -> License:
    def demands(known: License) -> tuple[bool, ...]:
        return (
            not known.share_adaptations,
            not known.commercial,
            bool(known.use_restrictions),
            bool(known.share_alike),
            known.notice,
            known.attribution,
        )

    return replace(min(choice, key=demands), candidates=tuple(known.id for known in choice))


def _together(parts: tuple[License, ...]) -> License:
    """Give the strictest of each."""
    ids = [known.id for known in parts]
    named = [known.spdx for known in parts]
    return License(
        " AND ".join(ids),
        " and ".join(known.name for known in parts),
        spdx=" AND ".join(named) if all(named) else "",
        hub="other",
        source=" ".join(known.source for known in parts),
        commercial=all(known.commercial for known in parts),
        share_adaptations=all(known.share_adaptations for known in parts),
        make_adaptations=all(known.make_adaptations for known in parts),
        share_alike=" AND ".join(known.share_alike for known in parts if known.share_alike),
        attribution=any(known.attribution for known in parts),
        notice=any(known.notice for known in parts),
        use_restrictions="; ".join(k.use_restrictions for k in parts if k.use_restrictions),
        note=" ".join(known.note for known in parts if known.note),
        review=any(known.review for known in parts),
    )
