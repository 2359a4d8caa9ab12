"""The YAML at the head of the card, and its validation without a network.

The Hub refuses every commit that holds a card with one wrong value, so what it is known to check
is checked here first (https://huggingface.co/docs/hub/datasets-cards).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import yaml  # type: ignore[import-untyped]

from hf_sft_builders.errors import PublishError
from hf_sft_builders.licenses import hub_ids
from hf_sft_builders.publishing.escaping import one_line
from hf_sft_builders.publishing.facts import EXTRACTIVE, Facts
from hf_sft_builders.publishing.license_verdict import Verdict
from hf_sft_builders.publishing.oldest_form import oldest_yaml
from hf_sft_builders.publishing.parquet_files import DEFAULT, SplitFiles

Metadata = dict[str, Any]

_SIZES = (
    *((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**6, "100K<n<1M")),
    *((10**7, "1M<n<10M"), (10**8, "10M<n<100M"), (10**9, "100M<n<1B"), (10**10, "1B<n<10B")),
)
_MADE_BY = {"machine-generated", "found", "no-annotation"}
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_SPLIT = re.compile(r"\w+(\.\w+)*")


def front_matter(
    facts: Facts, verdict: Verdict, title: str, splits: Sequence[SplitFiles]
) -> Metadata:
    """Compose the card's metadata; keys without a value are left out, as the Hub wants."""
    metadata: Metadata = {
        "pretty_name": title,
        "language": list(facts.languages),
        "license": verdict.hub_ids[0] if len(verdict.hub_ids) == 1 else list(verdict.hub_ids),
        **verdict.own_terms,
        **_making(facts),
        "size_categories": [_size(facts.total)],
        "task_categories": ["question-answering", "text-generation"] if facts.formats else [],
        "tags": [*_tags(facts), *_terms(verdict)],
        "configs": _configs(splits),
        "dataset_info": _infos(facts, splits),
    }
    return {key: value for key, value in metadata.items() if value not in ([], "", None)}


def front_matter_text(metadata: Metadata) -> str:
    """Write the metadata between its two lines of dashes, one line per value."""
    text = yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True, width=10**9)
    return f"---\n{text}---\n"


def validate(metadata: Metadata) -> None:
    """Check what the Hub checks.

    Raises:
        PublishError: naming every key that is wrong.
    """
    faults = list(_faults(metadata))
    if faults:
        raise PublishError(
            f"The card would be refused: {'; '.join(faults)}. Nothing was written. "
            "Mend the rows or the options that these values come from."
        )


def _making(facts: Facts) -> Metadata:
    """Say who made words and annotations, only where that is known."""
    if not facts.models and not facts.sources:
        return {}
    made: Metadata = {"source_datasets": ["original"]} if facts.sources else {}
    if not facts.models:
        return (
            made
            if facts.format
            else {"annotations_creators": ["no-annotation"], "language_creators": ["found"], **made}
        )
    # Extractive answers are words of the documents; only the pairing and the questions are made.
    found = ["found"] if EXTRACTIVE in facts.models else []
    return {
        "annotations_creators": ["machine-generated"],
        "language_creators": [*found, "machine-generated"],
        **made,
    }


def _tags(facts: Facts) -> list[str]:
    training = ["sft", *facts.formats] if facts.formats else []
    return [*(["synthetic"] if facts.models else []), *training, "hf_sft_builders"]


def _terms(verdict: Verdict) -> list[str]:
    """Tag what the models that wrote text say of training, so that a search finds it."""
    return [f"model-terms:{terms}" for terms in verdict.composed.terms] if verdict.composed else []


def _size(rows: int) -> str:
    return next(
        (name for limit, name in _SIZES if rows < limit), "n>1T" if rows > 10**12 else "other"
    )


def by_config(splits: Sequence[SplitFiles]) -> dict[str, list[SplitFiles]]:
    """Give the splits of each config."""
    found: dict[str, list[SplitFiles]] = {}
    for split in splits:
        found.setdefault(split.config, []).append(split)
    return found


def _configs(splits: Sequence[SplitFiles]) -> list[Metadata]:
    return [
        {
            "config_name": name,
            "data_files": [{"split": split.split, "path": split.pattern} for split in parts],
        }
        for name, parts in (by_config(splits) or {DEFAULT: []}).items()
    ]


def _infos(facts: Facts, splits: Sequence[SplitFiles]) -> Metadata | list[Metadata]:
    configs = by_config(splits)
    if list(configs) in ([], [DEFAULT]):
        return _info(facts.features, splits)
    return [
        {"config_name": name, **_info(parts[0].features, parts)} for name, parts in configs.items()
    ]


def _info(features: Any, splits: Sequence[SplitFiles]) -> Metadata:
    told = [
        {"name": split.split, "num_bytes": split.num_bytes, "num_examples": split.rows}
        for split in splits
    ]
    return {
        "features": oldest_yaml(features),
        "splits": told,
        "download_size": sum(split.file_bytes for split in splits),
        "dataset_size": sum(split.num_bytes for split in splits),
    }


def _faults(metadata: Metadata) -> Any:
    licenses = metadata.get("license")
    for license_id in licenses if isinstance(licenses, list) else [licenses]:
        if license_id not in hub_ids():
            yield f"license {license_id!r} is not on the Hub's list"
    for language in metadata.get("language", []):
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            yield f"language {language!r} is not an ISO 639 code"
    for key in ("annotations_creators", "language_creators"):
        if set(metadata.get(key, [])) - _MADE_BY:
            yield f"{key} {metadata[key]!r}"
    title = metadata.get("pretty_name")
    if not isinstance(title, str) or title != one_line(title) or not title:
        yield f"pretty_name {title!r} is not one line of text"
    infos = metadata["dataset_info"]
    for split in (
        s for info in (infos if isinstance(infos, list) else [infos]) for s in info["splits"]
    ):
        if not _SPLIT.fullmatch(split["name"]):
            yield f"split name {split['name']!r}"
    yield from _wrong_configs(metadata)
    yield from _wrong_types(metadata, "")


def _wrong_configs(metadata: Metadata) -> Any:
    names = [config["config_name"] for config in metadata["configs"]]
    infos = metadata["dataset_info"]
    told = [info.get("config_name") for info in infos] if isinstance(infos, list) else names
    if len(set(names)) < len(names) or told != names:
        yield f"configs {names} beside dataset_info of {told}"
    for config in metadata["configs"]:
        for file in config["data_files"]:
            if not file.get("split") or not file.get("path"):
                yield f"config {config['config_name']!r} with data_files {file!r}"


def _wrong_types(value: Any, place: str) -> Any:
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str) or not key:
                yield f"{place or 'card'} has the key {key!r}"
            yield from _wrong_types(inner, f"{place}.{key}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from _wrong_types(inner, place)
    elif not isinstance(value, (str, int, bool)):
        yield f"{place} holds {value!r}"
