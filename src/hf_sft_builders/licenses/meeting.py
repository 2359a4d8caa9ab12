"""Which licenses can meet in one adaptation, and under which one it then stands. Pure.

Creative Commons' remix chart (https://creativecommons.org/faq/#can-i-combine-material-under-
different-creative-commons-licenses-in-my-work), its list of compatible licenses, and the FSF's
list for the GPL family. Share-alike licenses are groups: one adaptation can stand in one only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hf_sft_builders.licenses.table import OTHER, License, find_license
from hf_sft_builders.licenses.verdicts import Stop

_GPL_3 = frozenset({"gpl-3.0", "agpl-3.0"})
_GPL_2 = frozenset({"gpl-2.0", "gpl-2.0+"})
_LEADS_TO = {
    "by-sa": frozenset({"gpl-3.0", "fal-1.3"}),
    "fal-1.3": frozenset({"by-sa"}),
    "gpl-2.0+": _GPL_3 | {"gpl-2.0"},
    "gpl-3.0": frozenset({"agpl-3.0"}),
    "lgpl-2.1": _GPL_3 | _GPL_2,
    "lgpl-3.0": _GPL_3,
    "mpl-2.0": _GPL_3 | _GPL_2 | {"lgpl-2.1", "lgpl-3.0"},
    "eupl-1.2": _GPL_3 | {"gpl-2.0", "lgpl-2.1", "lgpl-3.0", "mpl-2.0", "epl-1.0", "osl-3.0"},
    "eupl-1.1": frozenset({"gpl-2.0", "epl-1.0", "osl-3.0"}),
}
"""Share-alike group → groups that its works may be taken into, one way."""
_FIRST_VERSIONS = frozenset({"cc-by-sa-1.0", "cc-by-nc-sa-1.0"})
"""Say nothing of later versions, so they meet no other version of themselves."""
_APART = "Keep them apart as configs (mode='collection'), or leave one side out."


def clashes(licenses: Sequence[License]) -> list[Stop]:
    """Name the licenses that no one adaptation can obey together."""
    alike = [known for known in licenses if known.share_alike]
    target = _target(alike)
    if alike and not target:
        return [_clash(alike, "each must stay under its own share-alike license")]
    found = [*_first_versions(alike), *_against(target, licenses)]
    return [_clash(pair, why) for pair, why in found]


def result_of(licenses: Sequence[License]) -> str:
    """Name the license of an adaptation; the licenses must not clash."""
    alike = [known for known in licenses if known.share_alike]
    if alike:
        return _of_share_alike(_target(alike), alike, licenses)
    rest = [known for known in licenses if _has_conditions(known)]
    distinct = sorted({known.id for known in rest})
    if len(distinct) == 1:
        return distinct[0]
    if not rest:
        return licenses[0].id if len({known.id for known in licenses}) == 1 else "cc0-1.0"
    if any(known.use_restrictions for known in rest):
        return OTHER
    return "cc-by-4.0" if all(known.commercial for known in rest) else "cc-by-nc-4.0"


def group_of(known: License) -> str:
    """Name the group in which a license stays when clashing ones are kept apart."""
    if not known.known:
        return "unknown"
    if not known.share_adaptations:
        return f"no sharing: {known.id}"
    if known.share_alike:
        return f"share-alike: {known.share_alike}"
    if known.use_restrictions:
        return f"restricted: {known.id}"
    return "permissive" if known.commercial else "non-commercial"


def _target(alike: Sequence[License]) -> str:
    """Find the group that all share-alike licenses lead to; empty where there is none."""
    groups = {known.share_alike for known in alike}
    for target in sorted(
        groups, key=lambda group: (group != "agpl-3.0", group != "gpl-3.0", group)
    ):
        if all(_leads(known, target) for known in alike):
            return target
    return ""


def _leads(known: License, target: str) -> bool:
    if known.share_alike == target:
        return True
    newest = known.share_alike != "by-sa" or known.id == "cc-by-sa-4.0"
    return newest and target in _LEADS_TO.get(known.share_alike, ())


def _first_versions(alike: Sequence[License]) -> Iterable[tuple[list[License], str]]:
    first = [known for known in alike if known.id in _FIRST_VERSIONS]
    others = [known for known in alike if known.id not in _FIRST_VERSIONS]
    if first and others:
        yield [*first, *others], "version 1.0 cannot be taken into another version"


def _against(target: str, licenses: Sequence[License]) -> Iterable[tuple[list[License], str]]:
    """Find what a share-alike license does not take in."""
    if not target:
        return
    own = [known for known in licenses if known.share_alike == target]
    limited = [known for known in licenses if not known.commercial]
    if target != "by-nc-sa" and limited:
        yield [*own, *limited], "share-alike allows commercial use, the other forbids it"
    bound = [known for known in licenses if known.use_restrictions]
    if bound:
        yield [*own, *bound], "share-alike lets no further restrictions be added"
    if "gpl" in target:
        stiff = [known for known in licenses if known.gpl_clash or _apache_in_gpl_2(known, target)]
        if stiff:
            yield [*own, *stiff], "the GPL lets no further conditions be added"


def _apache_in_gpl_2(known: License, target: str) -> bool:
    return known.id == "apache-2.0" and target == "gpl-2.0"


def _clash(licenses: Iterable[License], why: str) -> Stop:
    names = " and ".join(sorted({known.id for known in licenses}))
    return Stop("block", f"{names} clash: {why}.", _APART)


def _of_share_alike(target: str, alike: Sequence[License], licenses: Sequence[License]) -> str:
    members = sorted({known.id for known in alike if known.share_alike == target})
    if target == "gpl-2.0+" and any(known.id == "apache-2.0" for known in licenses):
        return "gpl-3.0"
    if len(members) == 1:
        return members[0]
    if target in ("by-sa", "by-nc-sa"):
        newest = max(member.removesuffix("-igo").split(f"{target}-")[1][:3] for member in members)
        known = find_license(f"cc-{target}-{newest}")
        return known.id if known else members[-1]
    return members[0] if target != "gfdl" else members[-1]


def _has_conditions(known: License) -> bool:
    return known.attribution or known.notice or bool(known.use_restrictions) or not known.commercial
