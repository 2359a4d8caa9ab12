"""Under which license the rows are published; never more than the evidence says.

`license=` is the publisher's own word and recorded as declared: any certain name of a license,
`other` for terms of one's own, or `unknown`. Without it: what the composition of all sources gives,
`unknown` as soon as one source, or one row, has none. Where licenses clash, each row stays under
that of its source, and the card lists them all.

A folder of one's own passes nothing on, so rows that may be made but not shared are written, and
the card says what may not be done; rows that must not even be made are refused
(`require_publishable`, which public repositories call with `public=True`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from hf_sft_builders.errors import PublishError, UnknownName
from hf_sft_builders.licenses import (
    Composition,
    all_licenses,
    compose_licenses,
    find_license,
    hub_ids,
    licenses_of,
    read_name,
)
from hf_sft_builders.licenses.table import OTHER
from hf_sft_builders.publishing.escaping import one_line
from hf_sft_builders.publishing.existing import LICENSE_FILE
from hf_sft_builders.publishing.facts import UNKNOWN, Facts, SourceFact

logger = logging.getLogger("hf_sft_builders")

OTHER_NAME = "publisher-terms"


@dataclass(frozen=True)
class Verdict:
    """What is said about the license."""

    ids: tuple[str, ...]
    """License ids, one or several; `other` and `unknown` among them."""
    declared: bool
    sentences: tuple[str, ...]
    """Why, in plain words."""
    composed: Composition | None = field(default=None, repr=False)
    """What the sources and the models ask; None where nothing is known of either."""
    forced: str = ""
    """Why the publisher overrules the licenses, in their own words."""

    @property
    def known(self) -> bool:
        """Whether anything may be assumed at all."""
        return self.ids != (UNKNOWN,)

    @property
    def hub_ids(self) -> tuple[str, ...]:
        """The ids as the Hub's list has them."""
        return tuple(dict.fromkeys(_hub_id(license_id) for license_id in self.ids))

    @property
    def own_terms(self) -> dict[str, str]:
        """Name and address of the one that is not on the Hub's list."""
        unlisted = [license_id for license_id in self.ids if _hub_id(license_id) == OTHER]
        if not unlisted:
            return {}
        known = find_license(unlisted[0])
        if known is None or len(unlisted) > 1:
            return {"license_name": OTHER_NAME, "license_link": LICENSE_FILE}
        return {"license_name": known.id, "license_link": known.source}

    @property
    def obligations(self) -> tuple[str, ...]:
        """What whoever uses or passes on the rows has to do."""
        return self.composed.obligations if self.composed else ()


def declared_license(license_id: str | None) -> str | None:
    """Give the id, or ids joined by AND or OR, of what the publisher declares.

    Raises:
        UnknownName: for a name that is not certain, with those that it may mean.
    """
    if license_id is None or license_id in (OTHER, UNKNOWN):
        return license_id
    read = read_name(str(license_id))
    if read.certain:
        return read.expression
    hint = "For terms of your own pass license='other' and write them into the LICENSE file."
    known = read.ids or (*hub_ids(), *all_licenses())
    raise UnknownName("license", license_id, set(known), hint)


def judge(facts: Facts, declared: str | None) -> Verdict:
    """Weigh what the publisher declares, what the sources say, and what the models ask."""
    told = tuple(sorted(_told(facts.sources)))
    if declared is not None:
        ids = licenses_of(declared) if declared not in (OTHER, UNKNOWN) else ()
        sentences = tuple(_of_declared(declared, told, facts))
        return Verdict(
            tuple(known.id for known in ids) or (declared,),
            True,
            sentences,
            _composed({*told, declared} - {OTHER, UNKNOWN}, facts),
        )
    gaps = tuple(_gaps(facts))
    if gaps or not told:
        sentences = (*gaps, *_partly(told), _NOBODY)
        return Verdict((UNKNOWN,), False, sentences, _composed(told, facts))
    return _of_sources(told, facts)


def require_publishable(verdict: Verdict, public: bool) -> None:
    """Stop what must not be published; say loudly what must not be passed on.

    Args:
        verdict: From `judge`.
        public: Whether others will be able to read the target.

    Raises:
        PublishError: saying why, and what would change it.
    """
    found = verdict.composed
    forbidden = found is not None and not found.publishable
    if public:  # also where a license is declared: the sources' own words are not overruled by it
        stopped = not verdict.known or forbidden
    else:
        stopped = found is not None and found.verdict == "block" and not verdict.declared
    if stopped and verdict.forced:
        logger.warning("Published against the licenses, because: %s", verdict.forced)
    elif stopped:
        raise PublishError(_refusal(verdict, public))
    elif forbidden and not verdict.declared:
        logger.warning("These rows are for private use only. %s", " ".join(_why(verdict)))


def license_text(verdict: Verdict, sources: Iterable[SourceFact]) -> str:
    """Write the LICENSE file."""
    names = [_full_name(license_id) for license_id in verdict.ids]
    parts = ["\n\n".join(names), "\n".join(verdict.sentences)]
    if verdict.obligations:
        lines = (f"- {one_line(line, 500)}" for line in verdict.obligations)
        parts.append(
            "What whoever uses these rows, or passes them on, has to do:\n" + "\n".join(lines)
        )
    listed = [source_line(source) for source in sources]
    if listed:
        parts.append("The rows were made from:\n" + "\n".join(listed))
    return "\n\n".join(parts) + "\n"


_NOBODY = (
    "So nobody may assume that these rows may be used, changed or passed on: "
    "ask whoever holds the rights in the sources."
)


def _told(sources: Iterable[SourceFact]) -> set[str]:
    parts = (part for source in sources for part in (source.license, source.annotations))
    return {part for part in parts if part and part != UNKNOWN}


def _composed(licenses: Iterable[str], facts: Facts) -> Composition | None:
    """Compose as one adaptation, or as a collection where that clashes."""
    sources = sorted(licenses)
    if not sources:
        return None
    about = [source.title for source in facts.sources]
    found = compose_licenses(sources, generator=facts.models, about=about)
    if found.publishable or len(found.groups) < 2:
        return found
    return compose_licenses(sources, generator=facts.models, about=about, mode="collection")


def _of_sources(told: tuple[str, ...], facts: Facts) -> Verdict:
    found = _composed(told, facts)
    assert found is not None
    ids = tuple(sorted({known.id for known in found.licenses if known.known}))
    if len(told) == 1:
        words = ["All sources of these rows carry this license."]
    elif found.license:
        ids = (found.license,)
        words = [f"The sources carry {', '.join(told)}; together they stand under {found.license}."]
    else:
        words = [_SEVERAL, "Who uses all rows has to keep to all of them."]
    if not found.publishable:
        words += [f"The rows are not to be passed on ({found.verdict}).", *found.reasons]
    return Verdict(ids or (UNKNOWN,), False, (*words, *found.notes), found)


_SEVERAL = "The sources carry different licenses; each row's provenance names the one it is under."


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


def _why(verdict: Verdict) -> Iterable[str]:
    yield from (one_line(sentence, 300) for sentence in verdict.sentences[:4])
    if verdict.composed and not verdict.composed.publishable:
        yield from (one_line(f"{line}", 300) for line in verdict.composed.changes[:3])


def _refusal(verdict: Verdict, public: bool) -> str:
    where = "The license forbids publishing these rows" if public else "These rows must not be made"
    return (
        f"{where}. {' '.join(_why(verdict))} Nothing was written. Where you know the license of "
        "sources that have none, pass license=; to keep only rows that may be shared: "
        "ds.map(sft.gate_license(), batched=True); with permission, force='the written reason', "
        f"which goes into the card{'; for yourself alone, private=True' if public else ''}."
    )


def _hub_id(license_id: str) -> str:
    known = find_license(license_id)
    return known.hub if known else license_id


def _full_name(license_id: str) -> str:
    known = find_license(license_id)
    if known:
        return f"{known.name} ({known.spdx or known.id})\n{known.source}"
    if license_id == OTHER:
        return "Terms of the publisher's own. Whoever published this dataset states them here."
    return "License unknown"


def source_line(source: SourceFact) -> str:
    """Give one source with its license, as plain text on one line."""
    title = f" ({one_line(source.title, 100)})" if source.title else ""
    where = f", {source.confidence}" if source.confidence not in ("", "none") else ""
    found = f" in {one_line(source.found_in, 100)}" if source.found_in and where else ""
    labels = f"; annotations: {source.annotations}" if source.annotations else ""
    return f"- {one_line(source.name, 200)}{title}: {source.license}{where}{found}{labels}"
