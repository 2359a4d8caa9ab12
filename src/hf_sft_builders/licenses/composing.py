"""What holds for data made from many sources: one verdict, with reasons. Pure. Not legal advice.

Rows made from a text are adaptations of it. Where the law may see less, the stricter reading is
taken, as Creative Commons' own guide to training does ("Using CC-licensed works for AI training",
May 2025). Which licenses meet in one adaptation is in `meeting.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.licenses.evidence import Evidence
from hf_sft_builders.licenses.generators import find_generator
from hf_sft_builders.licenses.meeting import clashes, group_of, result_of
from hf_sft_builders.licenses.obligations import obligations_of
from hf_sft_builders.licenses.reading import licenses_of
from hf_sft_builders.licenses.sensitive import ethics_notes
from hf_sft_builders.licenses.table import License
from hf_sft_builders.licenses.training_terms import Training, judge_training
from hf_sft_builders.licenses.verdicts import Stop, Verdict, worst

Source = str | License | Evidence


@dataclass(frozen=True)
class Group:
    """Sources whose licenses can be met together, and what holds for them."""

    license: str | None
    sources: tuple[str, ...]
    verdict: Verdict
    obligations: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Composition:
    """What holds for the whole; `str()` of it explains it."""

    verdict: Verdict
    """`allow`; `allow-with-obligations`; `private-only`: may be made and used, not passed on;
    `block`: do neither."""
    license: str | None
    """Id of the license for the result; None where none fits the whole."""
    commercial: bool
    obligations: tuple[str, ...]
    reasons: tuple[str, ...]
    changes: tuple[str, ...]
    """What would make the verdict better."""
    groups: tuple[Group, ...] = ()
    """What can be kept together: one group where all can."""
    notes: tuple[str, ...] = ()
    """What a person should look at, such as ethics review."""
    licenses: tuple[License, ...] = field(default=(), repr=False)
    terms: tuple[str, ...] = ()
    """Terms of the models, as `generators.py` names them, `free` ones left out."""

    @property
    def publishable(self) -> bool:
        """Whether the result may be passed on."""
        return self.verdict in ("allow", "allow-with-obligations")

    def __str__(self) -> str:
        parts = [f"{self.verdict}: {self.license}" if self.license else self.verdict]
        for title, lines in (
            ("Obligations", self.obligations),
            ("Because", self.reasons),
            ("What would change it", self.changes),
            ("Note", self.notes),
        ):
            if lines:
                parts.append("\n".join([f"{title}:", *(f"- {line}" for line in lines)]))
        return "\n".join(parts)


def compose_licenses(
    licenses: Iterable[Source] | Mapping[str, Source],
    *,
    generator: str | Iterable[str] | None = None,
    mode: Literal["adaptation", "collection"] = "adaptation",
    about: Iterable[str] = (),
) -> Composition:
    """Say what holds for data made from sources under these licenses.

    Args:
        licenses: Names as platforms write them, `License` or `Evidence`; a mapping names the
            sources in the reasons. Annotations with a license of their own are one more source.
        generator: The language model, or models, that wrote text; their terms are an axis of
            their own.
        mode: `adaptation`: one work under one license. `collection`: each row keeps its source's
            license; groups that clash stay apart, as configs.
        about: Domains, titles or texts, looked at for medical and biological data.

    Raises:
        ConfigurationError: for no license at all, or another mode.

    Example:
        >>> found = sft.compose_licenses(["CC BY-SA 4.0", "MIT"], generator="gpt-4o")
        >>> found.verdict, found.license
        ('allow-with-obligations', 'cc-by-sa-4.0')
    """
    named = _named(licenses)
    if mode not in ("adaptation", "collection"):
        raise ConfigurationError(f"mode={mode!r}; expected 'adaptation' or 'collection'.")
    groups = _groups(named)
    whole = [_group(named)] if mode == "adaptation" else groups
    models = [find_generator(model) for model in _models(generator)]
    training = judge_training(models)
    parts: list[Group | Training] = [*whole, training]
    return Composition(
        verdict=worst(*(group.verdict for group in whole), training.verdict),
        license=whole[0].license if len(whole) == 1 else None,
        commercial=training.commercial and all(known.commercial for known in named.values()),
        obligations=_once(line for part in parts for line in part.obligations),
        reasons=_once(line for part in parts for line in part.reasons),
        changes=_once(line for part in parts for line in part.changes),
        groups=tuple(groups),
        notes=tuple(ethics_notes([*about, *named])),
        licenses=tuple(dict.fromkeys(named.values())),
        terms=tuple(sorted({model.terms for model in models} - {"free"})),
    )


def _named(licenses: Iterable[Source] | Mapping[str, Source]) -> dict[str, License]:
    """Give each source a name and the licenses it is under."""
    if isinstance(licenses, (str, License, Evidence)):
        licenses = [licenses]
    pairs = (
        licenses.items() if isinstance(licenses, Mapping) else ((_shown(x), x) for x in licenses)
    )
    named = {}
    for name, source in pairs:
        parts = licenses_of(source)
        for known in parts:
            named[str(name) if len(parts) == 1 else f"{name} [{known.id}]"] = known
    if not named:
        raise ConfigurationError(
            "No license to compose. Pass at least one; 'unknown' where nothing is known."
        )
    return named


def _shown(source: Source) -> str:
    if isinstance(source, Evidence):
        return source.raw or source.id
    return source.id if isinstance(source, License) else source


def _models(generator: str | Iterable[str] | None) -> list[str]:
    if generator is None:
        return []
    return [generator] if isinstance(generator, str) else list(generator)


def _groups(named: Mapping[str, License]) -> list[Group]:
    """Keep apart what cannot meet; all in one group where it can."""
    whole = _group(named)
    if not clashes(list(named.values())):
        return [whole]
    parts: dict[str, dict[str, License]] = {}
    for name, known in named.items():
        parts.setdefault(group_of(known), {})[name] = known
    return [_group(part) for _, part in sorted(parts.items())]


def _group(named: Mapping[str, License]) -> Group:
    known = list(dict.fromkeys(named.values()))
    stops = [*_stops(named), *clashes(known)]
    obligations = tuple(obligations_of(known))
    if not stops:
        fine: Verdict = "allow-with-obligations" if obligations else "allow"
        return Group(result_of(known), tuple(named), fine, obligations, tuple(_allowed(named)))
    verdict = worst(*(stop.verdict for stop in stops))
    return Group(
        None,
        tuple(named),
        verdict,
        obligations,
        tuple(stop.reason for stop in stops),
        _once(stop.change for stop in stops),
    )


def _stops(named: Mapping[str, License]) -> Iterable[Stop]:
    """Find what forbids passing the result on, source by source."""
    for name, known in named.items():
        told = name if name == known.id else f"{name} ({known.id})"
        if not known.known:
            yield Stop("block", _why_unknown(name, known), _FIND_OUT)
        elif not known.make_adaptations:
            yield Stop("block", f"{told} allows no adaptations to be made.", _ASK)
        elif not known.share_adaptations:
            yield Stop(
                "private-only",
                f"{told} allows adaptations to be made, not to be passed on.",
                _ASK,
            )


_FIND_OUT = (
    "Find out which license holds, and pass it with where it stands: license='cc-by-4.0'. "
    "Or leave the source out."
)
_ASK = "Get permission from the authors and pass license='other', or leave the source out."


def _why_unknown(name: str, known: License) -> str:
    if "pdm-1.0" in known.candidates:
        return f"{name}: public domain is a claim, not a license; say why: {', '.join(known.candidates)}."
    if known.candidates:
        return f"{name}: not certain; it may be {', '.join(known.candidates[:6])}."
    return f"{name}: no license is known, so nothing is allowed."


def _allowed(named: Mapping[str, License]) -> list[str]:
    told = [f"{name}: {known.note}" for name, known in named.items() if known.note]
    licenses = ", ".join(sorted({known.id for known in named.values()}))
    return [f"Adaptations under {licenses} may be passed on.", *told]


def _once(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for line in lines if line))
