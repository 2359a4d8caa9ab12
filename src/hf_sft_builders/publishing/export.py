"""`export`: a dataset as the files of a trainer, with its configuration and a line that trains.

    for-llamafactory/
      train.jsonl           rows in the encoding that this trainer reads
      dataset_info.json     and train.yaml: what the trainer is told about them
      hf_sft_manifest.json  what was written, from which format; rows in, kept and dropped

Every row ends in a file, or the export stops with one error that names the rows which this trainer
would drop, stop at or train wrongly. All files are JSONL: any version of `datasets` reads it, its
types follow from each row (so no key of another row is filled in with null), and people can read it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.errors import ConfigurationError, FormatError, LossyConversion, PublishError
from hf_sft_builders.formats import FORMATS, Format, get_format
from hf_sft_builders.formats.batches import tables_of
from hf_sft_builders.formats.telling import format_of
from hf_sft_builders.formats.trainer_rules import trainer_rules
from hf_sft_builders.ledger import MANIFEST_NAME, Ledger, set_last_run
from hf_sft_builders.publishing.existing import Existing, published_part
from hf_sft_builders.publishing.exported_rows import RowWriter, Written
from hf_sft_builders.publishing.folder import recover, replacing
from hf_sft_builders.publishing.target import require_writable, target_folder
from hf_sft_builders.publishing.trainers import Profile, get_profile
from hf_sft_builders.publishing.trainers.base import CHAT, KTO, PREFERENCE, TEXT, Shape
from hf_sft_builders.publishing.trainers.example import MEDIA
from hf_sft_builders.version import __version__

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict, IterableDataset

_BATCH = 2_000


def export(
    ds: Dataset | DatasetDict | IterableDataset,
    target: str | os.PathLike[str],
    *,
    trainer: str,
    from_format: str | Format | None = None,
    allow_drops: bool = False,
    overwrite: bool = False,
) -> Path:
    """Write a dataset to a folder as a trainer reads it, with a configuration that trains.

    Args:
        ds: The rows, in any format of `sft.list_formats()`. Streams are read twice.
        target: The folder. An earlier export in it is replaced; other files there are an error.
        trainer: `llamafactory`, `trl`, `unsloth`, `axolotl`, `ms-swift`, `openai` or `torchtune`.
        from_format: The rows' format, by name or as an instance, where the columns do not say it.
        allow_drops: Write the rows that the trainer would drop, stop at or train wrongly to
            `dropped.jsonl`, each with its reasons, instead of stopping.
        overwrite: Replace files of an earlier export that were edited since.

    Returns:
        The folder. `sft.last_run()` counts what became of the rows.

    Raises:
        ConfigurationError: if the trainer has no place for what the rows are.
        FormatError: naming the rows that the trainer would not learn from as they are.
        PublishError: if the folder cannot be written, or holds something else.

    Example:
        >>> folder = sft.export(ds, "for-llamafactory", trainer="llamafactory")
        >>> # cd for-llamafactory && llamafactory-cli train train.yaml
    """
    profile, splits = get_profile(trainer), _splits_of(ds)
    source = _source(from_format, splits)
    folder = _target(target, overwrite)
    shape = _shape_of(splits, source)
    _require_place(profile, shape)
    with replacing(folder) as new:
        writer = RowWriter(profile, shape, trainer_rules(trainer, source.name), new)
        for split, part in splits.items():
            writer.write(split, tables_of(part, _BATCH), source)
        _require_whole(writer.written, profile, allow_drops)
        _write_beside(profile, shape, writer.written, new)
        ledger = _ledger(profile, source, shape, writer.written)
        _write_manifest(ledger, profile, new)
    set_last_run(ledger)
    return folder


def _splits_of(ds: Any) -> dict[str, Any]:
    import datasets

    if isinstance(ds, (datasets.Dataset, datasets.IterableDataset)):
        ds = {str(ds.split or "train"): ds}
    rows = (datasets.Dataset, datasets.IterableDataset)
    if not isinstance(ds, Mapping) or not ds or not all(isinstance(p, rows) for p in ds.values()):
        raise ConfigurationError(
            f"ds is {type(ds).__name__}; expected a Dataset, DatasetDict or IterableDataset."
        )
    # A slice of a split is called "train[:10%]"; its file is not.
    return {str(name).partition("[")[0]: part for name, part in ds.items()}


def _source(from_format: str | Format | None, splits: Mapping[str, Any]) -> Format:
    if isinstance(from_format, Format):
        return from_format
    return get_format(from_format) if from_format else _format_of(splits)


def _format_of(splits: Mapping[str, Any]) -> Format:
    """Tell the format of the splits.

    Raises:
        ConfigurationError: if their columns are those of none.
    """
    names = {name for part in splits.values() for name in _columns(part)}
    known = format_of(next(iter(splits.values())), names)
    if known is None:
        told = "; ".join(f"{f.name}: {', '.join(f.features)}" for f in FORMATS.values())
        raise ConfigurationError(
            f"The columns {', '.join(sorted(names))} are those of no format. Name it with "
            f"from_format=…, or rename the columns. Known: {told}."
        )
    return known


def _columns(part: Any) -> list[str]:
    if part.column_names is not None:
        return list(part.column_names)
    return list(next(iter(part), {}))


def _target(target: str | os.PathLike[str], overwrite: bool) -> Path:
    folder = target_folder(target)
    require_writable(folder)
    recover(folder)
    existing = Existing.survey(folder)
    if existing.identity is not None and "trainer" not in existing.identity:
        raise PublishError(
            f"{folder} holds a published dataset, not an export. Nothing was changed. "
            "Name another folder."
        )
    if existing.foreign:
        existing.refuse_to_replace(existing.foreign)
    existing.require_replaceable(overwrite)
    return folder


def _shape_of(splits: Mapping[str, Any], source: Format) -> Shape:
    """Look at all rows, because the first ones do not say what the others hold."""
    found: set[str] = set()
    for part in splits.values():
        for table in tables_of(part, _BATCH):
            found |= _held(source.to_records(table))
    if not found:
        raise ConfigurationError("There are no rows to export.")
    if {PREFERENCE, KTO} <= found:
        raise ConfigurationError(
            "Some rows hold a rejected reply and some a judgement; no trainer learns from both at "
            "once. Export them apart."
        )
    kinds = [kind for kind in (PREFERENCE, KTO, CHAT, TEXT) if kind in found]
    if not kinds:
        raise LossyConversion(
            f"{source.name}: the rows hold no conversation and no text, and no trainer here learns "
            "from anything else. Train a classifier or a scorer with transformers.Trainer."
        )
    return Shape(kinds[0], "tools" in found, frozenset(found & set(MEDIA)), "id" in found)


def _held(records: pa.Table) -> set[str]:
    """Name what any row holds."""
    marks = {PREFERENCE: "rejected", KTO: "desirable", CHAT: "messages", TEXT: "text", "id": "id"}
    found = {mark for mark, column in marks.items() if _any_valid(records, column)}
    found |= {kind for kind in MEDIA if _any_filled(records, kind)}
    if _any_valid(records, "tools") and pc.any(pc.not_equal(records["tools"], "")).as_py():
        found.add("tools")
    for column in ("messages", "rejected"):
        if _any_valid(records, column):
            said = pc.list_flatten(records[column])
            if pc.any(pc.struct_field(said, "tool_calls").is_valid()).as_py():
                found.add("tools")
    return found


def _any_valid(records: pa.Table, column: str) -> bool:
    return column in records.column_names and records[column].null_count < records.num_rows


def _any_filled(records: pa.Table, column: str) -> bool:
    lengths = pc.fill_null(pc.list_value_length(records[column]), 0)
    return bool(pc.any(pc.greater(lengths, 0)).as_py())


def _require_place(profile: Profile, shape: Shape) -> None:
    if shape.kind not in profile.kinds:
        raise ConfigurationError(
            f"{profile.title} has no training on {shape.kind} rows; it knows "
            f"{', '.join(sorted(profile.kinds))}. Choose another trainer."
        )
    lost = sorted(shape.media - profile.media)
    if lost:
        raise LossyConversion(
            f"{profile.title}: this export has no place for {', '.join(lost)}. "
            "Choose another trainer, or remove the column if the text stands without it."
        )


def _require_whole(written: Written, profile: Profile, allow_drops: bool) -> None:
    total, dropped = sum(written.rows.values()), written.drops.total()
    if total != written.kept + dropped:
        raise PublishError(f"{total} rows came in, {written.kept} + {dropped} went out: a fault.")
    if dropped and not allow_drops:
        more = f"\n… and {dropped - len(written.refused):,} more"
        shown = "\n".join(map(str, written.refused)) + more * (dropped > len(written.refused))
        raise FormatError(
            f"{profile.title} would not learn from {dropped:,} of {total:,} rows as they are:\n"
            f"{shown}\nNothing was written. Mend or remove these rows, or pass allow_drops=True: "
            "dropped.jsonl then holds them with their reasons."
        )
    if not written.kept:
        raise FormatError(
            f"{profile.title} would learn from none of the {total:,} rows. First: "
            f"{written.refused[0]}"
        )


def _write_beside(profile: Profile, shape: Shape, written: Written, new: Path) -> None:
    for name, text in profile.beside(shape, tuple(written.files)).items():
        (new / name).write_text(text, encoding="utf-8", newline="\n")


def _ledger(profile: Profile, source: Format, shape: Shape, written: Written) -> Ledger:
    ledger = Ledger(builder=f"export to {profile.name}", drops=written.drops)
    ledger.counts["inputs"], ledger.counts["rows"] = sum(written.rows.values()), written.kept
    for file in written.files:
        ledger.splits[file.split] = ledger.splits.get(file.split, 0) + file.rows
    ledger.made = {
        "version": __version__,
        "options": {"trainer": profile.name, "format": source.name, "learns_from": shape.kind},
    }
    return ledger


def _write_manifest(ledger: Ledger, profile: Profile, new: Path) -> None:
    manifest = {
        **json.loads(ledger.to_json()),
        "published": published_part(new, {"trainer": profile.name}),
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True)
    (new / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8", newline="\n")
