"""What is known of a dataset: where its rows come from, who made them, what was left out.

Two witnesses are heard. The manifest that a builder wrote beside its cache files counts the whole
run. The `provenance` column says what these very rows come from, also after a filter, `.map` or
`save_to_disk`; where there is one, it decides on sources, models and prompts. Where neither knows,
the fact is unknown, and the card says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hf_sft_builders.formats.telling import format_of
from hf_sft_builders.ledger import Failure, Ledger, Source
from hf_sft_builders.publishing.languages import languages_of
from hf_sft_builders.publishing.provenance_column import distinct_steps, has_provenance, row_batches
from hf_sft_builders.publishing.public_names import PublicNames

EXTRACTIVE = "extractive"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SourceFact:
    """One file that rows come from, under its public name."""

    name: str
    sha256: str
    title: str
    license: str
    """License id, several joined by AND or OR, or `unknown`."""
    found_in: str = ""
    confidence: str = ""
    annotations: str = ""
    """License of its annotations, where they have one of their own."""
    raw: str = ""
    """What was found, as it stood there."""


@dataclass(frozen=True)
class Facts:
    """All that the card, the license and the manifest tell."""

    features: Any
    rows: dict[str, int]
    """Of each split."""
    format: str
    """Name of the training format that the columns have; empty where none does."""
    ledger: Ledger
    """Of the builder's run, with public names; an empty one where there was none."""
    sources: tuple[SourceFact, ...]
    rows_without_source: int
    steps: tuple[str, ...]
    models: tuple[str, ...]
    prompts: dict[str, str]
    """Name → sha256."""
    languages: tuple[str, ...]
    names: PublicNames
    papers: tuple[str, ...] = ()
    """Papers that belong to the sources, as their pages name them."""
    formats: tuple[str, ...] = ()
    """Of all configs; the first is `format`, where that is not empty."""

    @property
    def builder(self) -> str:
        """The builder, empty where it is not known."""
        return self.ledger.builder

    @property
    def total(self) -> int:
        """Rows of all splits."""
        return sum(self.rows.values())


def gather_facts(splits: Mapping[str, Any], names: PublicNames | None = None) -> Facts:
    """Hear both witnesses.

    Args:
        splits: Datasets by name.
        names: Public names that were given already, where these rows are a part of what is published.
    """
    first = next(iter(splits.values()))
    ledgers, whole = _ledgers(splits)
    steps, bare = distinct_steps(splits.values())
    names = names or PublicNames(_all_uris(ledgers, steps, splits))
    ledger = _public(_merged(ledgers), names)
    if not has_provenance(first):
        bare = 0 if whole else sum(map(len, splits.values()))
    told_by_rows = has_provenance(first)
    models, prompts = _made_by_rows(steps, names) if told_by_rows else _made_by_run(ledger)
    return Facts(
        features=first.features,
        rows={split: len(ds) for split, ds in splits.items()},
        format=_format_of(first),
        ledger=ledger,
        sources=_from_rows(steps, names) if told_by_rows else _from_run(ledger),
        rows_without_source=bare,
        steps=tuple(dict.fromkeys(step["step"] for step in steps if step["step"])),
        models=models,
        prompts=prompts,
        languages=languages_of(splits),
        names=names,
        papers=tuple(dict.fromkeys(p for each in ledgers for p in each.made.get("papers", ()))),
        formats=tuple(dict.fromkeys(filter(None, map(_format_of, splits.values())))),
    )


def _ledgers(splits: Mapping[str, Any]) -> tuple[list[Ledger], bool]:
    """Find the manifests of all rows, and say whether they account for every one of them."""
    folders = {Path(file["filename"]).parent for ds in splits.values() for file in ds.cache_files}
    found = [Ledger.load(folder) for folder in sorted(folders)]
    ledgers = [ledger for ledger in found if ledger is not None]
    counted = sum(ledger.counts["rows"] for ledger in ledgers)
    rows = sum(map(len, splits.values()))
    return ledgers, len(found) == len(ledgers) and rows <= counted


def _merged(ledgers: Iterable[Ledger]) -> Ledger:
    whole = Ledger()
    for ledger in ledgers:
        whole.merge(ledger)
        whole.builder = " + ".join(dict.fromkeys(filter(None, [whole.builder, ledger.builder])))
    return whole


def _all_uris(
    ledgers: Iterable[Ledger], steps: Iterable[dict[str, Any]], splits: Mapping[str, Any]
) -> Iterator[str]:
    for ledger in ledgers:
        yield from (source.uri for source in ledger.sources)
        yield from (*ledger.ignored, *ledger.unreadable)
    yield from (step["uri"] for step in steps if step["uri"])
    for ds in splits.values():
        if "uri" in ds.column_names and getattr(ds.features["uri"], "dtype", "") == "string":
            for table in row_batches(ds, 20_000, ["uri"]):
                yield from filter(None, table["uri"].unique().to_pylist())


def _public(ledger: Ledger, names: PublicNames) -> Ledger:
    """Give the ledger without a word about the machine it was made on."""
    text = names.in_text
    return replace(
        ledger,
        ignored={names(uri): text(reason) for uri, reason in ledger.ignored.items()},
        unreadable={names(uri): text(reason) for uri, reason in ledger.unreadable.items()},
        failures=[
            Failure(text(names(f.input)), text(f.reason), text(f.detail)) for f in ledger.failures
        ],
        sources=[Source(names(s.uri), s.sha256, s.title, s.license) for s in ledger.sources],
        made=_public_value(ledger.made, names),
    )


def _public_value(value: Any, names: PublicNames) -> Any:
    if isinstance(value, str):
        return names.in_text(names(value))
    if isinstance(value, Mapping):
        return {key: _public_value(inner, names) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_public_value(inner, names) for inner in value]
    return value


def _from_rows(steps: Iterable[dict[str, Any]], names: PublicNames) -> tuple[SourceFact, ...]:
    facts = {
        SourceFact(
            names(step["uri"]),
            step["sha256"] or "",
            step["title"] or "",
            step["license.id"] or UNKNOWN,
            names.in_text(step["license.found_in"] or ""),
            step["license.confidence"] or "",
            step["annotations_license.id"] or "",
            names.in_text(step["license.raw"] or ""),
        )
        for step in steps
        if step["uri"]
    }
    return tuple(sorted(facts, key=lambda source: (source.name, source.sha256, source.license)))


def _from_run(ledger: Ledger) -> tuple[SourceFact, ...]:
    return tuple(SourceFact(s.uri, s.sha256, s.title, s.license or UNKNOWN) for s in ledger.sources)


def _made_by_rows(
    steps: Iterable[dict[str, Any]], names: PublicNames
) -> tuple[tuple[str, ...], dict[str, str]]:
    rows = list(steps)
    models = tuple(sorted({names(step["model"]) for step in rows if step["model"]}))
    prompts = {
        names(step["prompt"]): step["prompt_sha256"] or "" for step in rows if step["prompt"]
    }
    return models, dict(sorted(prompts.items()))


def _made_by_run(ledger: Ledger) -> tuple[tuple[str, ...], dict[str, str]]:
    model, prompts = ledger.made.get("model"), ledger.made.get("prompts")
    known = (
        {str(name): str(sha) for name, sha in prompts.items()} if isinstance(prompts, dict) else {}
    )
    return ((str(model),) if model else ()), known


def _format_of(ds: Any) -> str:
    """Name the format of the rows, "" for none: chunks are read, not trained on."""
    known = format_of(ds, ds.column_names)
    if known is None or (known.name == "text" and {"uri", "start", "end"} <= set(ds.column_names)):
        return ""
    return known.name
