"""`sft.convert(ds, to=…)`: a dataset of any kind into another format.

A `Dataset` is written once, batch by batch, into `datasets`' own cache, with the account of what
was lost beside it: the same call is a hit, also in a new process. A stream is converted as it is
read, and knows its features.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats import get_format, list_formats
from hf_sft_builders.formats.batches import tables_of
from hf_sft_builders.formats.conversion import Conversion, renamed
from hf_sft_builders.formats.detection import SAMPLE, detect_table
from hf_sft_builders.formats.layouts import LAYOUTS
from hf_sft_builders.formats.parts import parts_of
from hf_sft_builders.formats.tables import (
    class_labels,
    features_of,
    first_rows,
    in_schema,
    with_class_names,
)
from hf_sft_builders.ledger import Ledger, last_run, set_last_run
from hf_sft_builders.progress import progress

_BATCH = 20_000


def convert(
    ds: Any,
    to: str | Mapping[str, str],
    *,
    from_format: str | None = None,
    columns: Mapping[str, str] | None = None,
    labels: Sequence[str] | None = None,
    allow_loss: bool = False,
) -> Any:
    """Convert rows into another format; columns that no format knows ride along.

    Args:
        ds: `Dataset`, `DatasetDict`, `IterableDataset` or `pa.Table`.
        to: Name of a format, or a layout of your own: your column → a format's column, such as
            `{"question": "instruction", "answer": "output"}`.
        from_format: The format of the rows, or the layout that `sft.detect` names; found by it where
            it is not given.
        columns: Your column → the column of `from_format`, where yours have other names.
        labels: Names of the classes for `to="classification"`, whose label then is a `ClassLabel`.
        allow_loss: Take away what the target has no place for, and rows that it cannot say, and
            count them in `sft.last_run()`, rather than raise.

    Returns:
        The same kind of dataset.

    Raises:
        LossyConversion: naming what would be lost.
        FormatError: if the format is not found, or a row cannot be said in the target.

    Example:
        >>> sft.convert(ds, to="sharegpt")
        >>> sft.convert(ds, to="messages", columns={"问": "instruction", "答": "output"})
    """
    import datasets

    if isinstance(ds, (datasets.DatasetDict, datasets.IterableDatasetDict)):
        return _converted_dict(ds, to, from_format, columns, labels, allow_loss)
    conversion = plan(ds, to, from_format=from_format, columns=columns, allow_loss=allow_loss)
    if isinstance(ds, pa.Table):
        batches = parts_of(ds, _BATCH)
        made = pa.concat_tables(batchwise(batches, conversion, account_of(conversion)))
        return _with_class_label(made, labels) if labels else made
    if isinstance(ds, datasets.IterableDataset):
        made = _converted_stream(ds, conversion)
    else:
        made = _converted(ds, conversion)
    return made.cast_column("label", datasets.ClassLabel(names=list(labels))) if labels else made


def _converted_dict(
    ds: Any,
    to: str | Mapping[str, str],
    from_format: str | None,
    columns: Mapping[str, str] | None,
    labels: Sequence[str] | None,
    allow_loss: bool,
) -> Any:
    whole, parts = Ledger(builder="convert"), {}
    for split, part in ds.items():
        parts[split] = convert(
            part,
            to,
            from_format=from_format,
            columns=columns,
            labels=labels,
            allow_loss=allow_loss,
        )
        whole.merge(last_run())
    set_last_run(whole)
    return type(ds)(parts)


def plan(
    ds: Any,
    to: str | Mapping[str, str],
    *,
    from_format: str | None = None,
    columns: Mapping[str, str] | None = None,
    allow_loss: bool = False,
) -> Conversion:
    """Say how rows would be converted, without converting them; for arguments see `convert`.

    Raises:
        ConfigurationError: if the format of the rows is not certain, naming what it could be.
        FormatError: if no format fits.
    """
    target, own = _target(to)
    numbers, names = class_labels(ds), dict(columns or {})
    table = renamed(with_class_names(first_rows(ds, SAMPLE), numbers), names)
    known = Conversion("", target, columns=tuple(names.items()), own=own, allow_loss=allow_loss)
    if from_format in LAYOUTS:
        known = replace(known, source=LAYOUTS[from_format].format, layout=from_format)
    elif from_format is not None:
        get_format(from_format).own_columns(table)
        known = replace(known, source=from_format)
    else:
        found = detect_table(table)
        if not found.certain:
            raise ConfigurationError(
                f"The format of the rows is not certain.\n{found}\nSay which: from_format=…"
            )
        known = replace(known, source=found.format, layout=found.layout)
    return replace(known, labels=_used_labels(numbers, names, known))


def _used_labels(
    numbers: Mapping[str, tuple[str, ...]], names: Mapping[str, str], found: Conversion
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Keep the class columns that the source format reads; those that ride along stay numbers."""
    used = {*get_format(found.source).features}
    if found.layout:
        used |= set(LAYOUTS[found.layout].columns)
    return tuple(
        (column, known) for column, known in numbers.items() if names.get(column, column) in used
    )


def _target(to: str | Mapping[str, str]) -> tuple[str, tuple[tuple[str, str], ...]]:
    if isinstance(to, str):
        return get_format(to).name, ()
    wanted = set(to.values())
    usual = ["alpaca", "messages", "sharegpt", "prompt_completion_text", *list_formats()]
    for name in usual:
        if wanted <= set(get_format(name).features):
            return name, tuple(to.items())
    raise ConfigurationError(
        f"No format has the columns {', '.join(sorted(wanted))} together. Name columns of one "
        "format: to={'question': 'instruction', 'answer': 'output'}."
    )


def output_features(ds: Any, conversion: Conversion) -> Any:
    """Give the features of converted rows; those of columns that ride along stay."""
    import datasets

    sample = first_rows(ds, 20).slice(0, 0)
    made = replace(conversion, allow_loss=True)(sample)
    target = get_format(conversion.target).features
    own = dict(conversion.own)
    before = features_of(ds)
    known = {}
    for field in made.schema:
        theirs = own.get(field.name, field.name)
        of_target = theirs in target and (not own or field.name in own)
        of_input = field.name in before and field.name not in dict(conversion.labels)
        if of_target:
            known[field.name] = target[theirs]
        elif of_input:
            known[field.name] = before[field.name]
        else:
            known.update(datasets.Features.from_arrow_schema(pa.schema([field])))
    return datasets.Features(known)


def account_of(conversion: Conversion) -> Ledger:
    """Open the account of a conversion, which is `sft.last_run()` from then on."""
    ledger = Ledger(builder="convert")
    ledger.made = {"from": conversion.source, "to": conversion.target, "layout": conversion.layout}
    set_last_run(ledger)
    return ledger


def tell(ledger: Ledger, before: int, after: int, counts: Counter[str]) -> None:
    """Add to the account what became of a table's rows."""
    ledger.counts["inputs"] += before
    ledger.counts["rows"] += after
    for name, number in counts.items():
        is_rows = name.startswith("rows (")
        ledger.drops[
            name.removeprefix("rows (").removesuffix(")") if is_rows else f"field {name}"
        ] += number


def _converted(ds: Any, conversion: Conversion) -> Any:
    import datasets
    from datasets.fingerprint import Hasher, is_caching_enabled

    fingerprint = Hasher.hash(("sft.convert", ds._fingerprint, conversion))
    target = Path(ds._get_cache_file_path(fingerprint))
    account = target.with_suffix(".ledger.json")
    if not (is_caching_enabled() and target.is_file() and account.is_file()):
        ledger = account_of(conversion)
        part = target.with_name(f"{target.stem}.{uuid.uuid4().hex}.arrow")
        try:
            _write(ds, conversion, part, ledger)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        account.write_text(ledger.to_json(), encoding="utf-8")
        part.replace(target)
    set_last_run(Ledger.from_json(account.read_text(encoding="utf-8")))
    info = ds.info.copy()
    info.features = output_features(ds, conversion)
    made = datasets.Dataset.from_file(str(target), info=info, split=ds.split)
    made._fingerprint = fingerprint
    return made


def batchwise(
    batches: Iterable[pa.Table], conversion: Conversion, ledger: Ledger
) -> Iterator[pa.Table]:
    """Convert batches one after the other, and count what becomes of them."""
    done = 0
    for table in batches:
        counts: Counter[str] = Counter()
        made = conversion(table, counts, done)
        done += table.num_rows
        tell(ledger, table.num_rows, made.num_rows, counts)
        yield made


def _with_class_label(table: pa.Table, labels: Sequence[str]) -> pa.Table:
    """Give the label as the number of its class."""
    numbers = pc.index_in(table["label"], value_set=pa.array(list(labels), pa.string()))
    if numbers.null_count:
        unknown = table["label"].filter(numbers.is_null()).unique().to_pylist()
        raise ConfigurationError(
            f"labels= names {', '.join(labels)}; the rows also have {unknown[0]!r}."
        )
    return table.set_column(table.schema.get_field_index("label"), "label", numbers.cast("int64"))


def _write(ds: Any, conversion: Conversion, path: Path, ledger: Ledger) -> None:
    from datasets.arrow_writer import ArrowWriter

    features = output_features(ds, conversion)
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        ArrowWriter(path=str(path), features=features) as writer,
        progress("convert", ledger, len(ds), " rows", conversion) as bar,
    ):
        for made in batchwise(tables_of(ds, _BATCH), conversion, ledger):
            writer.write_table(in_schema(made, features.arrow_schema))
            bar.show(ledger.counts["inputs"])
        bar.finish(ledger.counts["inputs"])
        writer.finalize()


def _converted_stream(ds: Any, conversion: Conversion) -> Any:
    features = output_features(ds, conversion)
    ledger = account_of(conversion)

    def run(table: pa.Table) -> pa.Table:
        made = pa.concat_tables(batchwise(parts_of(table), conversion, ledger))
        return in_schema(made, features.arrow_schema)

    arrow = ds.with_format("arrow")
    made = arrow.map(
        run,
        batched=True,
        batch_size=1000,
        features=features,
        remove_columns=[name for name in features_of(ds) if name not in features],
    )
    return made.with_format(None)
