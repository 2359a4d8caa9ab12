"""Under which license the rows are published; never more than the evidence says.

`license=` is the publisher's own word and recorded as declared: an id that the license table
knows, `other` for terms of one's own, or `unknown`. Any other id is an error that lists the known
ones, because the Hub refuses a whole card for one wrong id. Without it: what all sources say, as
one id or a list, and `unknown` as soon as one source, or one row, has none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hf_sft_builders.errors import UnknownName
from hf_sft_builders.licenses import LICENSES, find_license, identify
from hf_sft_builders.publishing.escaping import one_line
from hf_sft_builders.publishing.facts import UNKNOWN, Facts, SourceFact

OTHER = "other"
OTHER_NAME = "publisher-terms"
LICENSE_IDS = (*(known.id for known in LICENSES), OTHER, UNKNOWN)


@dataclass(frozen=True)
class Verdict:
    """What is said about the license."""

    ids: tuple[str, ...]
    """Hub ids; one or several."""
    declared: bool
    sentences: tuple[str, ...]
    """Why, in plain words."""

    @property
    def known(self) -> bool:
        """Whether anything may be assumed at all."""
        return self.ids != (UNKNOWN,)


def declared_license(license_id: str | None) -> str | None:
    """Give the Hub id of what the publisher declares.

    Raises:
        UnknownName: for an id that is not known.
    """
    if license_id is None or license_id in (OTHER, UNKNOWN):
        return license_id
    found = find_license(str(license_id)) or identify(str(license_id))
    if found is None:
        hint = "For terms of your own pass license='other' and write them into the LICENSE file."
        raise UnknownName("license", license_id, LICENSE_IDS, hint)
    return found.id


def judge(facts: Facts, declared: str | None) -> Verdict:
    """Weigh what the publisher declares and what the sources say."""
    told = tuple(sorted({source.license for source in facts.sources} - {UNKNOWN}))
    if declared is not None:
        return Verdict((declared,), True, tuple(_of_declared(declared, told, facts)))
    gaps = tuple(_gaps(facts))
    if gaps or not told:
        return Verdict((UNKNOWN,), False, (*gaps, *_partly(told), _NOBODY))
    if len(told) == 1:
        return Verdict(told, False, ("All sources of these rows carry this license.",))
    several = (
        "The sources carry different licenses; each row's provenance names the one it is under."
    )
    return Verdict(told, False, (several, "Who uses all rows has to keep to all of them."))


def license_text(verdict: Verdict, sources: Iterable[SourceFact]) -> str:
    """Write the LICENSE file."""
    names = [_full_name(license_id) for license_id in verdict.ids]
    parts = ["\n\n".join(names), "\n".join(verdict.sentences)]
    listed = [_source_line(source) for source in sources]
    if listed:
        parts.append("The rows were made from:\n" + "\n".join(listed))
    return "\n\n".join(parts) + "\n"


_NOBODY = (
    "So nobody may assume that these rows may be used, changed or passed on: "
    "ask whoever holds the rights in the sources."
)


def _of_declared(declared: str, told: tuple[str, ...], facts: Facts) -> Iterable[str]:
    if declared == UNKNOWN:
        yield "The publisher declares the license as unknown."
        yield _NOBODY
        return
    yield "This license was declared by the publisher of the dataset."
    if set(told) - {declared}:
        yield f"The sources themselves name: {', '.join(told)}."
    yield from _gaps(facts)


def _gaps(facts: Facts) -> Iterable[str]:
    lacking = [source.name for source in facts.sources if source.license == UNKNOWN]
    if lacking:
        more = f" and {len(lacking) - 5:,} more" if len(lacking) > 5 else ""
        named = ", ".join(one_line(name, 100) for name in lacking[:5])
        yield f"No license is known for {named}{more}."
    if facts.rows_without_source:
        rows = f"{facts.rows_without_source:,} of {facts.total:,} rows"
        yield f"Nothing says which sources {rows} come from."


def _partly(told: tuple[str, ...]) -> Iterable[str]:
    if told:
        yield f"Other sources name: {', '.join(told)}."


def _full_name(license_id: str) -> str:
    known = find_license(license_id)
    if known:
        return f"{known.name} ({known.spdx})\n{known.url}"
    if license_id == OTHER:
        return "Terms of the publisher's own. Whoever published this dataset states them here."
    return "License unknown"


def _source_line(source: SourceFact) -> str:
    title = f" ({one_line(source.title, 100)})" if source.title else ""
    where = f", {source.confidence}" if source.confidence not in ("", "none") else ""
    found = f" in {one_line(source.found_in, 100)}" if source.found_in and where else ""
    return f"- {one_line(source.name, 200)}{title}: {source.license}{where}{found}"
