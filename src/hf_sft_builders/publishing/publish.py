"""`publish`: a dataset, its card, its license and its manifest, as one folder.

    my-dataset/
      README.md               card: what the rows are, how they were made, under which license
      LICENSE                 the license, and what it asks of whoever uses the rows
      NOTICE, LICENSES/       credits and license texts, where the sources ask for them
      report/                 plots of lengths and labels, shown on the card
      data/train-00000-of-00001.parquet
      hf_sft_manifest.json    counts of the run, and which files of the folder are ours

`load_dataset("./my-dataset")` reads it, and `hf upload` sends it to the Hub as it is.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import MANIFEST_NAME
from hf_sft_builders.publishing.card import Card
from hf_sft_builders.publishing.card_metadata import front_matter, validate
from hf_sft_builders.publishing.card_numbers import write_pictures
from hf_sft_builders.publishing.card_words import require_language
from hf_sft_builders.publishing.escaping import one_line
from hf_sft_builders.publishing.existing import CARD, LICENSE_FILE, Existing, published_part
from hf_sft_builders.publishing.facts import Facts, gather_facts
from hf_sft_builders.publishing.folder import carry_over, recover, replacing
from hf_sft_builders.publishing.identity import Identity, identity_of
from hf_sft_builders.publishing.license_notices import write_notices
from hf_sft_builders.publishing.license_verdict import (
    declared_license,
    judge,
    license_text,
    require_publishable,
)
from hf_sft_builders.publishing.oldest_form import oldest_schema
from hf_sft_builders.publishing.parquet_files import SplitFiles, write_split
from hf_sft_builders.publishing.provenance_column import publish_names, row_batches
from hf_sft_builders.publishing.reporting.gathering import report_of
from hf_sft_builders.publishing.target import require_writable, target_folder

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

_SPLIT = re.compile(r"\w+(\.\w+)*")


def publish(
    ds: Dataset | DatasetDict,
    target: str | os.PathLike[str],
    *,
    license: str | None = None,
    title: str | None = None,
    overwrite: bool = False,
    card_language: str = "auto",
) -> Path:
    """Write a dataset to a folder in the layout of a Hub dataset.

    The folder appears, or is replaced, in one step: silently where it holds an earlier output of
    the same dataset. Local paths in the provenance become paths below the sources' common folder.

    Args:
        ds: The rows. A `Dataset` becomes the split it came from, `train` where it has none.
        target: The folder: `./my-dataset`, `/data/my-dataset`, a `Path`.
        license: Name of the license that you declare, `other` for terms of your own. By default
            what those of all sources give together, `unknown` where one lacks a license.
        title: Name on the card; the folder's name by default.
        overwrite: Replace another dataset of ours that stands in the folder. Files that publish
            did not write stay in any case.
        card_language: `en`, `zh`, `both`; `auto`: English, with a Chinese summary of Chinese rows.

    Returns:
        The folder.

    Raises:
        ConfigurationError: for rows, names or a target that cannot be published.
        PublishError: if the folder cannot be written, or a license forbids such rows.

    Example:
        >>> folder = sft.publish(ds, "./travel-guide", license="cc-by-4.0")
        >>> load_dataset(str(folder), split="train")
    """
    splits, declared = _splits_of(ds), declared_license(license)
    folder = check_target(target, overwrite=overwrite)
    facts, language = gather_facts(splits), require_language(card_language)
    verdict, name = judge(facts, declared), one_line(title or folder.name) or "dataset"
    require_publishable(verdict, public=False)
    validate(front_matter(facts, verdict, name, []))
    identity = identity_of(facts, splits)
    Existing.survey(folder).require_same(identity, overwrite)
    with replacing(folder) as new:
        written = _write_data(splits, facts, new)
        told = _first_row(splits, facts), report_of(splits, facts.format), language
        _write_words(Card(facts, verdict, name, folder.name, written, *told), new)
        _write_manifest(facts, identity, new)
        _keep_foreign_files(folder, new, overwrite)
    return folder


def check_target(target: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Find out, before any work, whether `publish` could write to a target.

    Returns:
        The folder that the target means.

    Raises:
        ConfigurationError: if the target is no folder's name.
        PublishError: if it cannot be written, or holds files that are not ours.
    """
    folder = target_folder(target)
    require_writable(folder)
    recover(folder)
    Existing.survey(folder).require_replaceable(overwrite)
    return folder


def _splits_of(ds: Any) -> dict[str, Any]:
    """Give the datasets by split name, or say why they cannot be published."""
    import datasets

    if isinstance(ds, (datasets.IterableDataset, datasets.IterableDatasetDict)):
        raise ConfigurationError(
            f"{type(ds).__name__}: publish needs all rows. Load without streaming=True, or collect "
            "them first: Dataset.from_generator(lambda: iter(stream), features=stream.features)."
        )
    if isinstance(ds, datasets.Dataset):
        ds = {_split_name(ds): ds}
    if not isinstance(ds, Mapping) or not ds or not _all_datasets(ds):
        raise ConfigurationError(
            f"ds is {type(ds).__name__}; expected a Dataset or DatasetDict with splits."
        )
    splits = {str(name): part for name, part in ds.items()}
    for name, part in splits.items():
        _require_rows(name, part)
    _require_same_features(splits)
    return splits


def _all_datasets(ds: Mapping[Any, Any]) -> bool:
    import datasets

    return all(isinstance(part, datasets.Dataset) for part in ds.values())


def _split_name(ds: Dataset) -> str:
    name = str(ds.split or "train")
    return name if _SPLIT.fullmatch(name) else "train"


def _require_rows(name: str, ds: Any) -> None:
    if not _SPLIT.fullmatch(name):
        raise ConfigurationError(
            f"Split name {name!r}; expected letters, digits, _ and dots, such as 'train'."
        )
    if not ds.column_names:
        raise ConfigurationError(f"Split {name!r} has no columns; there is nothing to publish.")
    if not len(ds):
        raise ConfigurationError(
            f"Split {name!r} has no rows; there is nothing to publish. "
            "Look at sft.last_run().summary() for what was dropped, or leave the split out."
        )
    oldest_schema(ds.features)


def _require_same_features(splits: Mapping[str, Any]) -> None:
    first, *others = splits
    for name in others:
        if splits[name].features != splits[first].features:
            raise ConfigurationError(
                f"Splits {first!r} and {name!r} have different features, so they could not be "
                "loaded as one dataset. Make them equal with ds.cast, or publish them apart."
            )


def _write_data(splits: Mapping[str, Any], facts: Facts, new: Path) -> list[SplitFiles]:
    return [
        write_split(ds, split, new, lambda table: publish_names(table, facts.names))
        for split, ds in splits.items()
    ]


def _first_row(splits: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    table = next(row_batches(next(iter(splits.values())), 1))
    row: dict[str, Any] = publish_names(table, facts.names).to_pylist()[0]
    return {name: row[name] for name in facts.features}


def _write_words(card: Card, new: Path) -> None:
    (new / CARD).write_text(card.text(), encoding="utf-8", newline="\n")
    if card.report is not None:
        write_pictures(card.report, card.picture_languages, new)
    text = license_text(card.verdict, card.facts.sources)
    (new / LICENSE_FILE).write_text(text, encoding="utf-8", newline="\n")
    write_notices(new, card.verdict, card.facts.sources)


def _write_manifest(facts: Facts, identity: Identity, new: Path) -> None:
    manifest = {**json.loads(facts.ledger.to_json()), "published": published_part(new, identity)}
    manifest["splits"] = facts.rows
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True)
    (new / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8", newline="\n")


def _keep_foreign_files(folder: Path, new: Path, overwrite: bool) -> None:
    """Bring along what is not ours, also what came while we worked."""
    existing = Existing.survey(folder)
    existing.require_replaceable(overwrite)
    in_the_way = [name for name in existing.foreign if os.path.lexists(new / name)]
    if in_the_way:
        existing.refuse_to_replace(in_the_way)
    carry_over(existing.foreign, folder, new)
