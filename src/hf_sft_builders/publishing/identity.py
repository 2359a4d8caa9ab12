"""What makes an earlier output "the same dataset", which a new one may replace without asking.

The manifest of a published folder says which files are ours, and who it is:
* builder, options and model, as the builder's own manifest tells them, and the format;
* the columns, and the steps that the rows went through (`generate_qa`, a later rewrite, …);
* the sources: names and content hashes.

Two outputs are the same dataset when all of the first two agree and most sources are shared, by
name or by content: then the documents were edited, or the run repeated. An option that only one
of the two knows belongs to another package version and is not compared. Rows, license and title
may differ. Where nothing is known of the rows' origin, only equal rows are the same dataset.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from hf_sft_builders.formats.parts import parts_of
from hf_sft_builders.publishing.facts import Facts
from hf_sft_builders.publishing.provenance_column import row_batches

Identity = dict[str, Any]

_COMPARED = ("builder", "format", "columns", "steps", "models")


def identity_of(facts: Facts, splits: Mapping[str, Any]) -> Identity:
    """Give the identity of what is being published."""
    made = facts.ledger.made
    known: Identity = {
        "builder": facts.builder,
        "format": facts.format,
        "columns": list(facts.features),
        "steps": sorted(facts.steps),
        "models": list(facts.models),
        "options": dict(made.get("options") or {}),
        "sources": [[source.name, source.sha256] for source in facts.sources],
    }
    if not facts.builder and not facts.sources:
        known["rows_sha256"] = _rows_digest(splits)
    plain: Identity = json.loads(json.dumps(known, default=str))
    return plain


def differences(old: Mapping[str, Any], new: Identity) -> list[str]:
    """Say in which ways two identities are not the same dataset; empty where they are."""
    told = [
        f"{key} {_words(old.get(key))}, now {_words(new[key])}"
        for key in _COMPARED
        if old.get(key) != new[key]
    ]
    before, now = old.get("options") or {}, new["options"]
    told += [
        f"{key}={before[key]!r}, now {now[key]!r}"
        for key in sorted(set(before) & set(now))
        if before[key] != now[key]
    ]
    if old.get("rows_sha256") != new.get("rows_sha256"):
        told.append("other rows, and nothing says where they came from")
    elif not _share_most(old.get("sources") or [], new["sources"]):
        told.append(f"made from {_some(old['sources'])}, now from {_some(new['sources'])}")
    return told


def _share_most(old: Iterable[list[str]], new: Iterable[list[str]]) -> bool:
    before, now = list(old), list(new)
    if not before or not now:
        return not before and not now
    known = {value for source in before for value in source if value}
    shared = sum(any(value in known for value in source) for source in now)
    return 2 * shared > min(len(before), len(now))


def _some(sources: list[list[str]]) -> str:
    names = [source[0] for source in sources]
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def _words(value: Any) -> str:
    listed = ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
    return listed or "none"


class _Hashing(io.RawIOBase):
    """A stream that keeps only the hash of what is written to it."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.digest.update(data)
        return len(data)


def _rows_digest(splits: Mapping[str, Any]) -> str:
    """Hash rows as they are, a few at a time where they are pictures."""
    sink = _Hashing()
    for split, ds in splits.items():
        sink.write(split.encode())
        for table in row_batches(ds, 10_000):
            for part in parts_of(table):
                plain = part.combine_chunks().replace_schema_metadata(None)
                with pa.ipc.new_stream(pa.PythonFile(sink, "w"), plain.schema) as stream:
                    stream.write_table(plain)
    return sink.digest.hexdigest()
