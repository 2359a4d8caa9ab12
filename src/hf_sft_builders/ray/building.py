"""`sft.ray.build("pdf_qa", data_dir="s3://…")`: a builder whose files are worked on by a cluster.

The driver is the builder that `load_dataset` would use: it lists the files, writes the cache and
the manifest. What it does not do is the work: groups of files ("shards") go through Ray Data, each
to a worker, which reads, asks and lays out as a single process would; what comes back is written
down as Parquet, shard by shard. So the result is in the same cache, under the same key.

    driver: files → shards ─▶ Ray Data: read → chunk → op → format ─▶ driver: Parquet → cache
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hf_sft_builders.cluster import Invitation, member
from hf_sft_builders.errors import ConfigurationError, SFTError
from hf_sft_builders.ledger import NOBODY, Ledger, Others
from hf_sft_builders.ray.joining import connected, invitation, the_ray
from hf_sft_builders.ray.shards import FinishedShards, Shard, piece_of, shards_of
from hf_sft_builders.ray.telling import Lines, heard, logger, say
from hf_sft_builders.registry import PREFIX

if TYPE_CHECKING:
    from datasets import DatasetDict

    from hf_sft_builders.builders.base import SFTBuilder

SHARDS = 1000
_OF_ONE_PROCESS = ("streaming", "num_proc", "split")
_OF_LOADING = (*_OF_ONE_PROCESS, "download_mode")
_PIECE_BYTES = 16 * 2**20
_REPORT_EVERY = 20


def build(
    name: str,
    *,
    address: str | None = None,
    shards: int = SHARDS,
    cpus_per_shard: float = 1.0,
    **options: Any,
) -> DatasetDict:
    """Build a dataset on a Ray cluster; the same rows as `load_dataset` gives.

    Requests, tokens and failures are limited over all workers together, and replies are kept on the
    driver's machine. Run again after whatever happened, it goes on from finished shards and
    stored replies. The result is cached: `load_dataset` with the same options finds it.

    Args:
        name: Of a builder, such as `pdf_qa`.
        address: Of a running cluster, such as `auto`; by default the one that this process is
            connected to, or `RAY_ADDRESS`, or one of its own on this machine for the time of the
            call.
        shards: Into how many groups files are put at the most; each is one piece of work.
        cpus_per_shard: Processors that Ray reserves for each; less than 1 where workers mostly wait
            for a model.
        **options: Those of `load_dataset`; files must be readable from every node.

    Raises:
        ConfigurationError: for options that only work in one process.
        MissingExtra: without Ray.
        SFTError: as `load_dataset`.

    Example:
        >>> ds = sft.ray.build("pdf_qa", data_dir="s3://bucket/docs", address="auto")
        >>> sft.publish(ds, "me/my-dataset")
    """
    import datasets

    _refuse(options, shards, cpus_per_shard)
    with connected(address):
        builder: Any = datasets.load_dataset_builder(
            PREFIX + name.removeprefix(PREFIX), **_library(options)
        )
        work = FinishedShards.of(builder)
        if _is_forced(options.get("download_mode")):
            work.remove()
        builder.maker = ShardMaker(builder, work, shards, cpus_per_shard).tables
        builder.download_and_prepare(download_mode=options.get("download_mode"))
        dataset: DatasetDict = builder.as_dataset()
        work.remove()
    return dataset


def _refuse(options: dict[str, Any], shards: int, cpus: float) -> None:
    for option in _OF_ONE_PROCESS:
        if options.get(option):
            raise ConfigurationError(
                f"{option}= is of load_dataset in one process; sft.ray.build makes all splits, on "
                "the cluster. Leave it out."
            )
    if options.get("mode") == "batch":
        raise ConfigurationError("mode='batch' sends everything from one process. Leave it out.")
    if shards < 1:
        raise ConfigurationError(f"shards={shards}; expected 1 or more.")
    if cpus < 0:
        raise ConfigurationError(f"cpus_per_shard={cpus}; expected 0 or more.")


def _is_forced(mode: Any) -> bool:
    """Whether what is there already shall be made again."""
    import datasets

    return (
        mode is not None and datasets.DownloadMode(mode) == datasets.DownloadMode.FORCE_REDOWNLOAD
    )


def _library(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in _OF_LOADING}


@dataclass(frozen=True)
class ShardMaker:
    """Takes the place of a builder's own work: tables come from the cluster."""

    builder: SFTBuilder
    work: FinishedShards
    most: int
    cpus: float

    def tables(self, files: list[Any], ledger: Ledger) -> Iterator[pa.Table]:
        """Have the files of a split worked on; give its tables, in the order of the files."""
        alone = self.builder.config.preview or self.builder.ACROSS_FILES
        shards = shards_of(files, 1 if alone else self.most)
        self.work.begin(shards)
        for shard in filter(self.work.has, shards):
            say(self.work.said(shard.name))
        for row in self._made([shard for shard in shards if not self.work.has(shard)]):
            if self.work.take(row):
                say(self.work.said(row["shard"]))
        for shard in shards:
            ledger.merge(self.work.ledger(shard))
            yield from self.work.tables(shard)

    def _made(self, shards: list[Shard]) -> Iterable[dict[str, Any]]:
        if not shards:
            return
        import ray.data

        items = [{"shard": shard.name, "files": pickle.dumps(shard.files)} for shard in shards]
        sent = ray.data.from_items(items, override_num_blocks=len(items))
        made = sent.map_batches(
            self._work(), batch_size=1, batch_format="pyarrow", num_cpus=self.cpus
        )
        try:
            yield from made.iter_rows()
        except Exception as error:
            if (ours := _ours(error)) is not None:
                raise ours from None
            raise

    def _work(self) -> ShardWork:
        told = (str(self.work.account), self._vault(), logger.getEffectiveLevel())
        return ShardWork(self._copy(), invitation(), *told)

    def _vault(self) -> Any:
        run = self.builder.run
        if not run.runtime.api_key and not run.passwords:
            return None
        forever = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": -1}
        return the_ray().remote(Vault).options(**forever).remote(run.runtime.api_key, run.passwords)

    def _copy(self) -> bytes:
        """Give the builder for workers, where it does the work itself; without secrets."""
        import dill

        maker, run = self.builder.maker, self.builder.run
        budget = replace(run.runtime.new_budget(), job=str(self.work.account))
        bare = replace(run.runtime, budget=budget, api_key=None)
        try:
            self.builder.maker = self.builder.tables
            self.builder.run = replace(run, runtime=bare, passwords=())
            return bytes(dill.dumps(self.builder))
        finally:
            self.builder.maker, self.builder.run = maker, run


class Vault:
    """An actor that keeps a build's secrets in memory: what is sent along, Ray may write to disk."""

    def __init__(self, api_key: str | None, passwords: tuple[str, ...]) -> None:
        self._secrets = (api_key, passwords)

    def open(self) -> tuple[str | None, tuple[str, ...]]:
        """Give them to a worker."""
        return self._secrets


@dataclass(frozen=True)
class ShardWork:
    """What a worker does with one shard."""

    builder: bytes
    invitation: Invitation
    account: str
    vault: Any
    """Ray's handle of a `Vault`; None where there are no secrets."""
    level: int
    """Of the driver's logger."""

    def __call__(self, batch: pa.Table) -> Iterator[pa.Table]:
        """Give the shard's rows, piece by piece; with the last, its account and what it had to say."""
        self.invitation.accept()
        [row] = batch.to_pylist()
        with heard(self.level) as lines:
            yield from self._made(row["shard"], pickle.loads(row["files"]), lines)

    def _made(self, shard: str, files: list[Any], lines: Lines) -> Iterator[pa.Table]:
        builder, ledger = self._builder(), Ledger()
        builder.others = Reports(self.account, shard)
        number = 0
        for number, piece in enumerate(_pieces(builder.tables(files, ledger)), 1):
            yield piece_of(shard, number - 1, piece)
        builder.others.tell(ledger)
        yield piece_of(shard, number, None, ledger.to_json(), lines.to_json())

    def _builder(self) -> SFTBuilder:
        import dill

        builder: SFTBuilder = dill.loads(self.builder)
        if self.vault is not None:
            api_key, passwords = the_ray().get(self.vault.open.remote())
            known = replace(builder.run.runtime, api_key=api_key)
            builder.run = replace(builder.run, runtime=known, passwords=passwords)
        return builder


def _pieces(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(part.nbytes for part in waiting) >= _PIECE_BYTES:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


class Reports:
    """Tells the job what became of a shard's inputs so far, and hears of the others'."""

    def __init__(self, account: str, shard: str) -> None:
        self._account, self._shard = account, shard
        self._inputs = self._failures = 0
        self._others = NOBODY

    def __call__(self, inputs: int, ledger: Ledger) -> Others:
        """Give what became of the other shards' inputs; asked now and then, and at each failure."""
        failures = len(ledger.failures)
        if failures > self._failures or inputs >= self._inputs + _REPORT_EVERY:
            self._inputs, self._failures = inputs, failures
            self.tell(ledger)
        self._inputs = max(self._inputs, inputs)
        return self._others

    def tell(self, ledger: Ledger) -> None:
        """Hand in the shard's share."""
        share = Ledger.from_json(ledger.to_json())
        share.counts["inputs"] = self._inputs
        self._others = member().hand_in(self._account, self._shard, share.to_json())


def _ours(error: BaseException | None) -> SFTError | None:
    """Find what we raised in what Ray has made of it."""
    while error is not None:
        cause = getattr(error, "cause", None) or error.__cause__
        if isinstance(error, SFTError) and not isinstance(cause, SFTError):
            return error
        error = cause
    return None
