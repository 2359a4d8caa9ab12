"""Rows to publish: as a builder leaves them in the cache, and in memory."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_UPDATE_DOWNLOAD_COUNTS", "0")

import datasets
import pyarrow as pa
import pytest
from hub_server import running
from hub_server.clients import Failed, clients
from record_shapes import EXAMPLES, shapes_of

from hf_sft_builders.formats import FORMATS
from hf_sft_builders.formats.lineage import lineage_features
from hf_sft_builders.ledger import Ledger, Source
from hf_sft_builders.records import provenance_step, record_table

MakeRows = Callable[..., datasets.Dataset]
_numbers = itertools.count()
SHA = "8ff88fd0bfdd0e5dbb7b6a26b5a2c1f0a4e4e1d4c3a0f9e8d7c6b5a493827160"


def source_step(
    uri: str, license_id: str = "cc-by-4.0", title: str = "云溪古城旅行指南"
) -> dict[str, Any]:
    """Make the first step of a row's provenance."""
    evidence = {
        "raw": license_id,
        "id": license_id,
        "spdx": "",
        "found_in": "LICENSE",
        "confidence": "inferred",
    }
    known = None if license_id == "unknown" else evidence
    return provenance_step(step="source", uri=uri, sha256=SHA, title=title, license=known)


def make_rows(
    count: int = 3,
    format_name: str = "messages",
    sources: tuple[dict[str, Any], ...] = (),
    model: str | None = "extractive",
    language: str = "zh",
    answer: str = "80 元／人",
) -> datasets.Dataset:
    """Make rows in memory, with provenance."""
    sources = sources or (source_step("/home/mei/docs/guide.pdf"),)
    question = (
        "云溪塔的门票是多少钱？" if language == "zh" else "How much is a ticket for the tower?"
    )
    answer = (
        answer if language == "zh" else "It is eighty yuan for each person, and free for children."
    )
    columns = {
        "messages": [
            [
                {"role": "user", "content": f"{question}{n}"},
                {"role": "assistant", "content": answer},
            ]
            for n in range(count)
        ],
        "id": [f"8ff88fd0bfdd:0-480:generate_qa:{n}" for n in range(count)],
        "provenance": [
            [
                sources[n % len(sources)],
                provenance_step(
                    step="chunk", headings=["门票"], pages=[2], span={"start": 0, "end": 480}
                ),
                provenance_step(step="generate_qa", model=model),
            ]
            for n in range(count)
        ],
    }
    chosen = FORMATS[format_name]
    if "pair" not in shapes_of(format_name):
        plain = EXAMPLES[shapes_of(format_name)[0]]
        columns |= {"messages": None, **{name: [value] * count for name, value in plain.items()}}
    table = chosen.from_records(record_table(columns, count))
    features = datasets.Features({**chosen.features, **lineage_features()})
    table = table.select(list(features)).cast(features.arrow_schema)
    return datasets.Dataset(pa.table(table))


def make_ledger(rows: int = 3, **changes: Any) -> Ledger:
    """Make the manifest that a builder leaves."""
    told: dict[str, Any] = {
        "builder": "pdf_qa",
        "counts": Counter(documents=1, pages=4, chunks=5, rows=rows),
        "ignored": {"/home/mei/docs/map.png": "no reader for .png"},
        "unreadable": {"/home/mei/docs/secret.pdf": "encrypted"},
        "drops": Counter({"no question found": 2}),
        "sources": [Source("/home/mei/docs/guide.pdf", SHA, "云溪古城旅行指南", "cc-by-4.0")],
        "splits": {"train": rows},
        "made": {
            "version": "0.1.0",
            "model": "extractive",
            "options": {"chunk_size": 1500, "format": "messages"},
        },
    }
    return Ledger(**{**told, **changes})


@pytest.fixture
def rows() -> MakeRows:
    """Make rows in memory, with provenance."""
    return make_rows


@pytest.fixture
def ledger() -> Callable[..., Ledger]:
    """Make the manifest that a builder leaves."""
    return make_ledger


@pytest.fixture
def built(tmp_path: Path) -> MakeRows:
    """Make rows as a builder leaves them: in a cache folder, beside their manifest."""

    def make(
        name: str = "cache", manifest: Ledger | None = None, **wanted: Any
    ) -> datasets.Dataset:
        folder = tmp_path / name
        made = make_rows(**wanted)
        made.save_to_disk(str(folder))
        (manifest or make_ledger(len(made))).save(folder)
        return datasets.load_from_disk(str(folder))

    return make


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Any]:
    """Read a folder as a user would, with a cache of its own."""

    def load(folder: Path, **options: Any) -> Any:
        cache = tmp_path / "hf-cache" / str(len(list((tmp_path / "hf-cache").glob("*"))))
        return datasets.load_dataset(str(folder), cache_dir=str(cache), **options)

    return load


@pytest.fixture
def source() -> Callable[..., dict[str, Any]]:
    """Make the first step of a row's provenance."""
    return source_step


JOB = """
from collections import Counter
from hf_sft_builders.publishing import hub_patience, parquet_files
hub_patience.FIRST_WAIT = 0.02

def rows(word, count=6):
    return Dataset.from_dict({"word": [word] * count, "n": list(range(count))})

def shards(word, count):
    parquet_files.SHARD_BYTES = parquet_files.ROW_GROUP_BYTES = 1
    return rows(word, count)

def put(ds, **options):
    done = publish(ds, repo, **{"license": "mit", "overwrite": True, **options})
    tell(revision=done.revision, changes=bool(done.changes), told=str(done))

def save(card):  # `card.push_to_hub` of some versions asks huggingface.co, wherever the endpoint is
    text = str(card).encode()
    hub.HfApi().upload_file(
        path_or_fileobj=text, path_in_repo="README.md", repo_id=repo, repo_type="dataset"
    )

def see(**options):
    ds = load_dataset(repo, **options)
    stream = load_dataset(repo, streaming=True, **options)
    told = {split: dict(Counter(part["word"])) for split, part in ds.items()}
    told_by_stream = {split: dict(Counter(r["word"] for r in part)) for split, part in stream.items()}
    assert told == told_by_stream, (told, told_by_stream)
    tell(**told)

"""


class Hub:
    """The stand-in, and clients of it that work on one repository, which is new for each test."""

    def __init__(self, server: Any, run: Any, repo: str) -> None:
        self.server, self._run, self.repo = server, run, repo

    def start(self, code: str, **values: Any) -> Any:
        """Begin a job in a process of its own, with a fresh cache."""
        return self._run.start(JOB + code, **{"repo": self.repo, **values})

    def __call__(self, code: str, **values: Any) -> dict[str, Any]:
        """Run a job to its end."""
        return dict(self.start(code, **values).result())

    def refused(self, code: str, **values: Any) -> str:
        """Run a job that ends with a PublishError; give its words."""
        with pytest.raises(Failed) as caught:
            self(code, **values)
        assert "PublishError" == caught.value.kind, caught.value.trace
        return str(caught.value)

    def sent(self) -> int:
        """How many large files came in whole since the last `heal`."""
        return sum(put.get("status") == 200 for put in self.server.requests("lfs_put"))

    @property
    def history(self) -> list[str]:
        """Titles of the commits of `main`, newest first; the Hub's own first one left out."""
        return list(self.server.history(self.repo)[:-1])

    @property
    def files(self) -> dict[str, str]:
        """Path → hash on `main`."""
        return dict(self.server.files(self.repo))


@pytest.fixture(scope="session")
def _hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any]]:
    folder = tmp_path_factory.mktemp("hub")
    with running(folder / "hub") as server, clients(server.endpoint, folder / "jobs") as run:
        yield server, run


@pytest.fixture
def hub(_hub: tuple[Any, Any]) -> Iterator[Hub]:
    """The stand-in and a repository's name that is not taken yet."""
    server, run = _hub
    yield Hub(server, run, f"mei/guide-{next(_numbers)}")
    server.heal()
