"""`sft.report(ds)`: one pass over rows of any kind, and the manifest beside them."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError, FormatError, SourceError
from hf_sft_builders.formats.batches import Rows, splits_of, tables_of
from hf_sft_builders.formats.detection import SAMPLE, detect_table
from hf_sft_builders.formats.files import KINDS
from hf_sft_builders.formats.opening import suffixes
from hf_sft_builders.formats.tables import class_labels, with_class_names
from hf_sft_builders.ledger import MANIFEST_NAME, Ledger
from hf_sft_builders.llm.number_checks import expect_prices
from hf_sft_builders.publishing.facts import UNKNOWN
from hf_sft_builders.publishing.public_names import PublicNames
from hf_sft_builders.publishing.reporting.distribution import Distribution
from hf_sft_builders.publishing.reporting.measuring import (
    Counting,
    Reading,
    estimated_tokens,
    tokenizer_counting,
)
from hf_sft_builders.publishing.reporting.near_repeats import NEAR_ROWS, NearRepeats
from hf_sft_builders.publishing.reporting.report import LIMITS, Report, SourceRows, StepRows
from hf_sft_builders.publishing.reporting.tally import Tally
from hf_sft_builders.sources.hub_trouble import hub_trouble, words_of

logger = logging.getLogger("hf_sft_builders")

_CHUNKS = {"uri", "start", "end"}


def report(
    ds: Rows,
    *,
    format: str | None = None,
    tokenizer: str | None = None,
    title: str | None = None,
    near_rows: int = NEAR_ROWS,
    prices: tuple[float, float] | None = None,
) -> Report:
    """Say what a dataset holds: rows, lengths, turns, languages, labels, duplicates, losses, sources.

    Args:
        ds: `Dataset`, `DatasetDict`, `IterableDataset`, `pa.Table`; the path of a file of rows or
            of a folder that `publish` or `save_to_disk` wrote; `user/name` of a dataset on the Hub.
        format: The format of the rows; found by their columns if it is not given.
        tokenizer: Counts tokens, as for the builders; without it they are estimated, and the report
            says so.
        title: Name on the report.
        near_rows: How many rows, from the first, are compared with each other for near repeats, as
            `sft.deduplicate(ds, method="near")` does; 0 for none. 100,000 take some seconds. Ends
            after 50 million characters of rows in any case; the report says how many rows it were.
        prices: What a million tokens of input and of output cost: the report then says what the
            tokens that the manifest counts have cost.

    Returns:
        A report: `print` it, or `.save("report.html", language="zh")`, `.json`, `.txt`, or a folder
        for pictures.

    Raises:
        ConfigurationError: if there are no rows, or an option is not what it should be.
        FormatError: if rows are not of the format that was named or found.
        SourceError: if there is nothing at the path.

    Example:
        >>> print(sft.report("rows.jsonl"))
        >>> sft.report("./my-dataset", tokenizer="Qwen/Qwen3-8B").save("report.html")
    """
    if near_rows < 0:
        raise ConfigurationError(f"near_rows is {near_rows}; expected 0 or more rows.")
    if prices is not None:
        expect_prices(prices)
    opened, manifest = _opened(ds)
    ledger = manifest or _manifest_of(opened)
    count = tokenizer_counting(tokenizer) if tokenizer else estimated_tokens
    total, splits = _counted(opened, count, lambda table: _reading(table, format), near_rows)
    found = _made(total, splits, ledger, title or _title(ds), tokenizer or "")
    return replace(found, cost=_cost(ledger, prices)) if ledger and prices else found


def _cost(ledger: Ledger, prices: tuple[float, float]) -> float:
    """Give the cost of the tokens that were asked for; stored replies cost nothing again."""
    return (
        float(ledger.usage["tokens_in"] * prices[0] + ledger.usage["tokens_out"] * prices[1]) / 1e6
    )


def report_of(splits: Mapping[str, Any], format: str) -> Report:
    """Report on rows that are published anyway, also where some are not what their columns say.

    Args:
        splits: Datasets by name.
        format: The format that their columns have; empty for none.
    """
    try:
        total, rows = _counted(splits, estimated_tokens, lambda _: Reading(format))
    except FormatError as error:
        logger.warning("The card tells lengths of plain text: %s. Look at sft.check(ds).", error)
        total, rows = _counted(splits, estimated_tokens, lambda _: Reading())
    return _made(total, rows, _manifest_of(splits), "", "")


def _counted(
    ds: Rows, count: Counting, read: Callable[[pa.Table], Reading], near_rows: int = 0
) -> tuple[Tally, dict[str, int]]:
    total: Tally | None = None
    splits: dict[str, int] = {}
    for split, rows in splits_of(ds).items():
        for table in _tables(rows):
            total = total or Tally(read(table), count, NearRepeats(near_rows))
            total.add(table)
            splits[split] = splits.get(split, 0) + table.num_rows
    if total is None or not total.rows:
        raise ConfigurationError("There are no rows to report on. Look at where they come from.")
    return total, splits


def _tables(rows: Rows) -> Iterator[pa.Table]:
    names = class_labels(rows) if hasattr(rows, "features") and rows.features else {}
    for table in tables_of(rows):
        yield with_class_names(table, names) if names else table


def _reading(table: pa.Table, format: str | None) -> Reading:
    if format:
        return Reading(format)
    if set(table.column_names) >= _CHUNKS:  # chunks are read, not trained on
        return Reading()
    try:
        found = detect_table(table.slice(0, SAMPLE))
    except FormatError:  # rows of no format have lengths and languages, too
        return Reading()
    return Reading(found.format, found.layout)


def _opened(ds: Rows) -> tuple[Rows, Ledger | None]:
    """Open what a path or a name means, and the manifest that lies there."""
    if not isinstance(ds, (str, os.PathLike)):
        return ds, None
    import datasets

    place = Path(ds).expanduser()
    if place.is_dir():
        if (place / "state.json").is_file() or (place / "dataset_dict.json").is_file():
            return datasets.load_from_disk(str(place)), Ledger.load(place)
        return datasets.load_dataset(str(place)), Ledger.load(place)
    if place.is_file() or "://" in str(ds) or suffixes(ds)[0] in KINDS:
        return ds, None
    return _from_hub(str(ds))


def _from_hub(name: str) -> tuple[Rows, Ledger | None]:
    import datasets
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    try:
        rows = datasets.load_dataset(name)
    except (OSError, ValueError) as error:
        told = hub_trouble(error) or (
            f"no dataset that the Hub gives ({words_of(error)[:-1]}). Check the path and the name."
        )
        raise SourceError(f"{name}: no file or folder of this name, and {told}") from None
    try:
        path = hf_hub_download(name, MANIFEST_NAME, repo_type="dataset")
    except LocalEntryNotFoundError as error:
        raise SourceError(f"{name}: the Hub cannot be reached. Check the network.") from error
    except EntryNotFoundError:  # somebody else published it
        return rows, None
    return rows, Ledger.from_json(Path(path).read_text(encoding="utf-8"))


def _manifest_of(ds: Rows) -> Ledger | None:
    """Find the manifests beside the cache files of a dataset."""
    files = (file["filename"] for part in splits_of(ds).values() for file in _cache_files(part))
    found = [Ledger.load(folder) for folder in sorted({Path(file).parent for file in files})]
    whole = Ledger()
    for ledger in filter(None, found):
        whole.merge(ledger)
        whole.builder = " + ".join(dict.fromkeys(filter(None, [whole.builder, ledger.builder])))
    return whole if any(found) else None


def _cache_files(part: Any) -> list[dict[str, str]]:
    return list(getattr(part, "cache_files", None) or [])


def _title(ds: Rows) -> str:
    return Path(ds).name if isinstance(ds, (str, os.PathLike)) else ""


def _made(
    total: Tally, splits: Mapping[str, int], ledger: Ledger | None, title: str, tokenizer: str
) -> Report:
    tokens = total.values("tokens")
    sources = _sources(total, ledger)
    return Report(
        title=title,
        rows=total.rows,
        splits=dict(splits),
        format=total.reading.format,
        tokenizer=tokenizer,
        tokens=Distribution.of(tokens),
        question=Distribution.of(total.values("question")),
        answer=Distribution.of(total.values("answer")),
        turns={int(n): rows for n, rows in sorted(Counter(total.values("turns").tolist()).items())},
        over={limit: int((tokens > limit).sum()) for limit in LIMITS},
        languages=dict(total.languages.most_common()),
        languages_seen=total.languages.total(),
        labels={name: dict(found.most_common()) for name, found in total.labels.items()},
        repeated={name: total.repeated(name) for name in total.hashes},
        nearly_repeated=total.near.counted(),
        nearly_seen=total.near.rows,
        sources=sources,
        licenses=_licenses(total),
        rows_without_source=total.rows_without_source,
        models=dict(total.models.most_common()),
        steps=tuple(StepRows(*step, rows) for step, rows in total.steps.items()),
        review_column=total.review_column,
        reviewed=dict(total.reviewed.most_common()),
        manifest=_told(ledger) if ledger else {},
    )


def _sources(total: Tally, ledger: Ledger | None) -> tuple[SourceRows, ...]:
    if total.sources:
        names = PublicNames(source[0] for source in total.sources)
        return tuple(
            SourceRows(names(uri), title, license or UNKNOWN, rows)
            for (uri, _, title, license), rows in total.sources.most_common()
        )
    told = ledger.sources if ledger else []
    names = PublicNames(source.uri for source in told)
    return tuple(SourceRows(names(s.uri), s.title, s.license or UNKNOWN, None) for s in told)


def _licenses(total: Tally) -> dict[str, int]:
    found: Counter[str] = Counter()
    for (_, _, _, license), rows in total.sources.items():
        found[license or UNKNOWN] += rows
    return dict(found.most_common())


def _told(ledger: Ledger) -> dict[str, Any]:
    """Give what the run tells, without the names of files on this machine."""
    return {
        "builder": ledger.builder,
        "counts": dict(ledger.counts),
        "drops": dict(ledger.drops.most_common()),
        "failures": _reasons(failure.reason for failure in ledger.failures),
        "ignored": _reasons(ledger.ignored.values()),
        "unreadable": _reasons(ledger.unreadable.values()),
        "noted": dict(ledger.noted.most_common()),
        "usage": dict(ledger.usage),
    }


def _reasons(reasons: Iterable[str]) -> dict[str, int]:
    return dict(Counter(reasons).most_common())
