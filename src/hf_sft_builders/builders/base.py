"""What all builders share: files in, typed Arrow tables and a manifest out.

A builder is one file with one class: a config class, `row_features`, and `outcomes`, which turns
chunk rows into output rows. What `datasets` promises (splits, streaming, `num_proc`, caching,
`download_mode`) is kept here. The traps, and what is done about them:
* `datasets` wraps our errors into "An error occurred while generating the dataset": unwrapped.
* The slash of `hf_sft_builders/pdf_qa` would break the names of cache files: it becomes `___`.
* Workers of `num_proc` cannot change the builder: each leaves its share of the ledger in a folder,
  and the manifest is written beside the rows before `datasets` moves both into place.
"""

from __future__ import annotations

import inspect
import tempfile
import uuid
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
from datasets.data_files import DataFilesDict, DataFilesList
from datasets.fingerprint import Hasher
from datasets.utils import tqdm

from hf_sft_builders.attempts import Attempts
from hf_sft_builders.builders.options import INTERNAL_FIELDS, ReadingConfig, part_options
from hf_sft_builders.builders.reading import Reading, logger
from hf_sft_builders.builders.refusals import no_rows, none_readable, refuse_config_name
from hf_sft_builders.builders.unpatched import leave_unpatched
from hf_sft_builders.cache_room import plainly
from hf_sft_builders.documents import readable_suffixes
from hf_sft_builders.documents.protection import opened_by
from hf_sft_builders.errors import BuildError, ConfigurationError, SourceError
from hf_sft_builders.formats.lineage import lineage_features
from hf_sft_builders.ledger import Ledger, Others, Outcome, nobody, set_last_run
from hf_sft_builders.progress import tell
from hf_sft_builders.quality.passing import gated
from hf_sft_builders.registry import PREFIX, code_hash
from hf_sft_builders.sources import LicenseLookup, Listing, SourceFile, list_files, read_bytes
from hf_sft_builders.sources.croissant import page_stamps
from hf_sft_builders.sources.file_hash import file_sha256
from hf_sft_builders.sources.license_evidence import license_stamps
from hf_sft_builders.version import __version__

ROWS_PER_TABLE = 500

Maker = Callable[[list[SourceFile], Ledger], Iterator[pa.Table]]


class SFTBuilder(datasets.ArrowBasedBuilder):
    """Base of every builder; nothing inherits deeper."""

    BUILDER_CONFIG_CLASS = ReadingConfig
    READS_DOCUMENTS = True
    ACROSS_FILES = False
    """Whether what becomes of one file hangs on the others: then they are not worked on apart."""
    ROW_SUFFIXES: tuple[str, ...] = ()
    """Of files of rows, which a builder reads beside documents (`row_files.py`)."""

    def __init__(self, **given: Any) -> None:
        library, options, self.run = part_options(given, self.BUILDER_CONFIG_CLASS)
        refuse_config_name(library.get("config_name"))
        data_dir, data_files = library.pop("data_dir", None), library.pop("data_files", None)
        self.short_name = type(self).__module__.rpartition(".")[2]
        self.storage_options = library.get("storage_options") or {}
        self.listing = self.list_files(data_dir, data_files, options)
        self._shares: dict[tuple[str, ...], Ledger] = {}
        self._share_folder: str | None = None
        self.maker: Maker = self.tables  # a cluster puts itself in its place
        self.others: Callable[[int, Ledger], Others] = nobody
        self.is_streaming = False
        library["dataset_name"] = (PREFIX + self.short_name).replace("/", "___")
        library["hash"] = code_hash(type(self).__module__)
        if self.run.passwords:
            options["unlocked"] = self._unlocked_files()
        if "license" not in options and (stamps := self._license_stamps()):
            options["license_stamps"] = stamps
        self._attempts = self._attempts_of(library, options)
        if self._attempts.number:
            options["attempt"] = self._attempts.number
        leave_unpatched(type(self))
        with plainly(library.get("cache_dir") or datasets.config.HF_DATASETS_CACHE):
            super().__init__(data_files=self._stamped_files(), **library, **options)

    def list_files(self, data_dir: Any, data_files: Any, options: dict[str, Any]) -> Listing:
        """Find the files to read: documents, unless a builder knows more."""
        is_code = options.get("splitter") == "code"
        documents = readable_suffixes(code=is_code) if self.READS_DOCUMENTS else ()
        suffixes = (*documents, *self.ROW_SUFFIXES)
        return list_files(data_dir, data_files, suffixes, self.storage_options)

    @abstractmethod
    def row_features(self) -> datasets.Features:
        """Give the output's own columns; lineage is added."""

    def outcomes(self, chunks: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
        """Turn chunk rows into output rows, one outcome per chunk; each is a row, unless overridden."""
        return (Outcome(rows=(chunk,)) for chunk in chunks)

    def table(self, rows: list[dict[str, Any]]) -> pa.Table:
        """Turn output rows into a table with at least the output's columns."""
        return pa.Table.from_pylist(rows, schema=self.info.features.arrow_schema)

    def inputs(self, files: Iterable[SourceFile], ledger: Ledger) -> Iterator[dict[str, Any]]:
        """Read what rows are made of: the chunks of the files."""
        return self.reading().chunk_rows(files, ledger)

    def made_with(self) -> dict[str, Any]:
        """Say how rows are made, for the manifest and the card."""
        return {}

    # What `datasets` calls

    def _info(self) -> datasets.DatasetInfo:
        lineage = lineage_features(self.config.provenance)
        return datasets.DatasetInfo(features=datasets.Features({**self.row_features(), **lineage}))

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        return [
            datasets.SplitGenerator(name=split, gen_kwargs={"files": files})
            for split, files in self._splits().items()
        ]

    def _generate_tables(self, files: list[SourceFile]) -> Iterator[tuple[int, pa.Table]]:
        ledger = Ledger(builder=self.short_name)
        yield from enumerate(self.maker(files, ledger))
        self._hand_in(files, ledger)

    def tables(self, files: list[SourceFile], ledger: Ledger) -> Iterator[pa.Table]:
        """Make the rows of files, a table at a time, and count them."""
        inputs = self.inputs(self._with_progress(files), ledger)
        wanted = self.info.features.arrow_schema
        made = gated(self.outcomes(inputs), getattr(self.config, "gates", ()))
        for rows in self._batches(made, ledger):
            yield self.table(rows).select(wanted.names).cast(wanted)

    def as_streaming_dataset(self, *args: Any, **kwargs: Any) -> Any:
        """Stream rows: the first comes when the first chunk is done."""
        self.is_streaming = True
        return super().as_streaming_dataset(*args, **kwargs)

    def download_and_prepare(self, *args: Any, **kwargs: Any) -> None:
        """Build the rows, or find them in the cache; `sft.last_run()` tells about either."""
        place = tempfile.TemporaryDirectory(prefix="hf_sft_")
        with place as self._share_folder, plainly(self._cache_dir_root):
            super().download_and_prepare(*args, **kwargs)
        ledger = Ledger.load(Path(self._output_dir)) or Ledger(builder=self.short_name)
        ledger.ignored = dict(self.listing.ignored)
        set_last_run(ledger)

    def _download_and_prepare(self, *args: Any, **kwargs: Any) -> None:
        super()._download_and_prepare(*args, **kwargs)
        ledger = self._whole_ledger(Ledger.load(path) for path in self._share_files())
        ledger.splits = {name: info.num_examples for name, info in self.info.splits.items()}
        for split in [split for split, rows in ledger.splits.items() if not rows]:
            raise BuildError(f"Split {split!r}: {no_rows(ledger)}")
        ledger.save(Path(self._output_dir))
        tell(ledger)
        if ledger.failures:
            self._attempts.next()

    # Files

    def _stamped_files(self) -> DataFilesDict:
        """Give the files to `datasets`, each with its stamp, which makes them part of the key."""
        return DataFilesDict(
            {
                split: DataFilesList([f.uri for f in files], [(f.stamp,) for f in files])
                for split, files in self.listing.splits.items()
            }
        )

    def _splits(self) -> dict[str, list[SourceFile]]:
        share = self.config.validation_fraction
        if not share:
            return self.listing.splits
        if set(self.listing.splits) != {"train"}:
            raise ConfigurationError(
                f"validation_fraction={share} and data_files with splits "
                f"{', '.join(self.listing.splits)} cannot go together. Leave one out."
            )
        files = self.listing.splits["train"]
        held_out = [self._share_of(file) < share for file in files]
        if not any(held_out) or all(held_out):
            logger.warning(
                "validation_fraction=%s of %d documents leaves one split empty; all are in train.",
                share,
                len(files),
            )
            return {"train": files}
        return {
            "train": [file for file, out in zip(files, held_out, strict=True) if not out],
            "validation": [file for file, out in zip(files, held_out, strict=True) if out],
        }

    def _share_of(self, file: SourceFile) -> float:
        return int(file_sha256(file, self.storage_options)[:16], 16) / 2**64

    def _unlocked_files(self) -> tuple[str, ...]:
        files = [file for files in self.listing.splits.values() for file in files]
        contents = (
            read_bytes(f.uri, self.storage_options) for f in files if ".pdf" in f.uri.lower()
        )
        opened = (opened_by(data, self.run.passwords) for data in contents)
        return tuple(sorted(filter(None, opened)))

    def _license_stamps(self) -> tuple[tuple[str, str], ...]:
        uris = (file.uri for files in self.listing.splits.values() for file in files)
        stamps = license_stamps(uris, self.listing.license_files, self.storage_options)
        return (*stamps, *page_stamps(self.listing.pages))

    def _attempts_of(self, library: dict[str, Any], options: dict[str, Any]) -> Attempts:
        root = library.get("cache_dir") or datasets.config.HF_DATASETS_CACHE
        stamps = [(split, *files) for split, files in self.listing.splits.items()]
        job = Hasher.hash((library["hash"], stamps, options))
        return Attempts(Path(root).expanduser(), job)

    def reading(self) -> Reading:
        """Say how files are read; what workers are given."""
        return Reading(
            self.config.reader_options(self.run),
            self.config.chunking(),
            self.config.max_file_mb * 2**20,
            LicenseLookup(
                self.config.license,
                self.listing.license_files,
                self.storage_options,
                self.listing.pages,
            ),
            self.storage_options,
            self.config.limits(),
        )

    # Rows and accounts

    def _batches(
        self, outcomes: Iterable[Outcome], ledger: Ledger
    ) -> Iterator[list[dict[str, Any]]]:
        rows: list[dict[str, Any]] = []
        wanted, made, size = self.config.preview, 0, 1 if self.is_streaming else ROWS_PER_TABLE
        for number, outcome in enumerate(outcomes, 1):
            ledger.record(outcome)
            others = self.others(number, ledger)
            ledger.stop_if_failing(number, self.run.max_failures, others=others)
            rows.extend(outcome.rows if wanted is None else outcome.rows[: wanted - made])
            made += len(outcome.rows)
            if len(rows) >= size:
                yield rows
                rows = []
            if wanted is not None and made >= wanted:
                break
        if rows:
            yield rows

    def _with_progress(self, files: list[SourceFile]) -> Iterable[SourceFile]:
        quiet = self.is_streaming or len(files) < 2
        told: dict[str, Any] = {"desc": "Reading documents", "unit": " files"}
        bar: Iterable[SourceFile] = tqdm(files, disable=quiet or None, **told)
        return bar

    def _hand_in(self, files: list[SourceFile], ledger: Ledger) -> None:
        """Leave this share of the ledger where the whole is put together."""
        if self._share_folder and not self.is_streaming:
            folder = Path(self._share_folder) / uuid.uuid4().hex
            folder.mkdir()
            ledger.save(folder)
            return
        self._shares[tuple(file.uri for file in files)] = ledger
        if sum(map(len, self._shares)) == sum(map(len, self.listing.splits.values())):
            tell(self._whole_ledger(self._shares.values()))

    def _share_files(self) -> list[Path]:
        return sorted(Path(str(self._share_folder)).iterdir())

    def _whole_ledger(self, shares: Iterable[Ledger | None]) -> Ledger:
        ledger = Ledger(builder=self.short_name, ignored=dict(self.listing.ignored))
        for share in shares:
            ledger.merge(share or Ledger())
        ledger.sources.sort(key=lambda source: source.uri)
        set_last_run(ledger)
        ledger.made = {"version": __version__, "options": self._options(), **self.made_with()}
        if papers := [paper for page in self.listing.pages.values() for paper in page.papers]:
            ledger.made["papers"] = list(dict.fromkeys(papers))
        if not ledger.counts["documents"]:
            raise SourceError(none_readable(ledger))
        if not ledger.counts["rows"]:
            raise BuildError(no_rows(ledger))
        return ledger

    def _options(self) -> dict[str, Any]:
        names = inspect.signature(self.BUILDER_CONFIG_CLASS).parameters
        elsewhere = {*INTERNAL_FIELDS, "model", "base_url"}
        return {name: getattr(self.config, name) for name in names if name not in elsewhere}
