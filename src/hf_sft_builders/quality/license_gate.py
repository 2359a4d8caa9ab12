"""`gate_license`: keeps the rows whose sources, and models, allow what is planned.

ds.map(sft.gate_license("commercial"), batched=True)
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.licenses import Composition, compose_licenses, licenses_of, read_name
from hf_sft_builders.licenses.evidence import evidence_of
from hf_sft_builders.ops import Op
from hf_sft_builders.quality.judging import no_columns

if TYPE_CHECKING:
    import datasets

POLICIES = {
    "private": "may be made and used by yourself",
    "publish": "may be passed on",
    "commercial": "may be passed on, and used commercially",
    "permissive": "as commercial, without share-alike or use restrictions",
}
_COLUMN = "provenance"


@dataclass(frozen=True)
class GateLicense(Op):
    """See `gate_license`."""

    name = "gate_license"

    policy: str = "publish"
    only: tuple[str, ...] = ()
    license: str | None = None
    models: bool = True

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise UnknownName("license policy", self.policy, POLICIES)
        for name in (*self.only, *([self.license] if self.license else [])):
            if not read_name(name).certain:
                raise UnknownName("license", name, read_name(name).ids)

    @classmethod
    def example(cls) -> GateLicense:
        """One that takes rows without provenance, too."""
        return cls(license="cc0-1.0")

    def requires(self) -> tuple[str, ...]:
        """The provenance, unless the license of all rows is given."""
        return () if self.license else (_COLUMN,)

    def added(self) -> datasets.Features:
        """Nothing: rows stay as they are."""
        return no_columns()

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Keep or drop each row, in order."""
        for row in rows:
            reason = self.reason(row)
            yield Outcome(drops=(reason,)) if reason else Outcome(rows=(row,))

    def reason(self, row: Mapping[str, Any]) -> str:
        """Say why a row is dropped; empty where it is kept. Pure."""
        licenses, models = _said(row.get(_COLUMN) or ())
        licenses = licenses or ((self.license,) if self.license else ())
        return _verdict(self, licenses, models if self.models else ())


def gate_license(
    policy: str | Iterable[str] = "publish",
    *,
    license: str | None = None,
    models: bool = True,
) -> GateLicense:
    """Keep the rows whose license allows what is planned, for `ds.map(op, batched=True)`.

    Judges each row by the evidence in its provenance: content and annotations of every source, and
    the models that wrote text. A row of unknown license is dropped.

    Args:
        policy: `publish` (default): may be passed on. `commercial`: that, and commercial use.
            `permissive`: that, without share-alike or use restrictions. `private`: may be made
            and used by yourself. Or names of the only licenses that are let through.
        license: License of rows whose provenance names none, by your own word.
        models: Whether the terms of the models that wrote text count.

    Raises:
        UnknownName: for another policy, or a license name that is not certain.

    Example:
        >>> kept = ds.map(sft.gate_license("commercial"), batched=True)
        >>> sft.last_run().drops
        Counter({'no commercial use (cc-by-nc-4.0)': 120, 'license unknown': 3})
    """
    if isinstance(policy, str):
        if policy in POLICIES:
            return GateLicense(policy, (), license, models)
        if not read_name(policy).certain:
            raise UnknownName("license policy", policy, POLICIES)
        policy = (policy,)
    only = tuple(policy)
    if not only:
        raise ConfigurationError("gate_license: no license named, so no row could pass.")
    return GateLicense("private", only, license, models)


def _said(steps: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Collect what a row's provenance says: licenses (id, else raw string) and models."""
    licenses: dict[str, None] = {}
    models: dict[str, None] = {}
    for step in steps:
        if step.get("model"):
            models[str(step["model"])] = None
        if not step.get("uri"):
            continue
        found = evidence_of(step.get("license"))
        licenses[found.id if found.known else found.raw or "unknown"] = None
        labels = evidence_of(step.get("annotations_license"))
        if labels.raw:
            licenses[labels.id if labels.known else labels.raw] = None
    return tuple(licenses), tuple(models)


@functools.lru_cache(maxsize=4096)
def _verdict(gate: GateLicense, licenses: tuple[str, ...], models: tuple[str, ...]) -> str:
    """Judge one combination; rows of one source share it."""
    if not licenses:
        return "license unknown"
    found = compose_licenses(licenses, generator=models)
    return next(_reasons(gate, found), "")


def _reasons(gate: GateLicense, found: Composition) -> Iterator[str]:
    unknown = [known for known in found.licenses if not known.known]
    if unknown:
        maybe = unknown[0].candidates
        yield f"license not certain ({', '.join(maybe[:3])}, …)" if maybe else "license unknown"
    names = ", ".join(sorted({known.id for known in found.licenses}))
    allowed = {known.id for name in gate.only for known in licenses_of(name)}
    if gate.only and any(known.id not in allowed for known in found.licenses):
        yield f"not one of the licenses asked for ({names})"
    if found.verdict == "block":
        yield f"not allowed ({names})"
    if gate.policy != "private":
        yield from _of_sharing(gate, found, names)


def _of_sharing(gate: GateLicense, found: Composition, names: str) -> Iterator[str]:
    if any(not known.share_adaptations for known in found.licenses):
        yield f"no sharing of adaptations ({names})"
    if not found.publishable:
        yield f"the model's terms keep it private ({names})"
    if gate.policy == "publish":
        return
    if not found.commercial:
        yield f"no commercial use ({names})"
    if gate.policy == "permissive" and any(
        known.share_alike or known.use_restrictions for known in found.licenses
    ):
        yield f"share-alike or use restrictions ({names})"
