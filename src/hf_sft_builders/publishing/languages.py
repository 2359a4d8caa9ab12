"""In which languages the rows are: from a `language` column, else from a sample of their words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.formats.raw_turns import is_text
from hf_sft_builders.publishing.provenance_column import one_array

_SAMPLE = 200
_SHARE = 0.1
_ISO_639 = re.compile(r"[a-z]{2,3}")
_NOT_WORDS = {"id", "provenance", "uri", "language", "domain", "role", "from", "tools", "path"}


def languages_of(splits: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the languages that at least a tenth of the rows are in, the most frequent first."""
    found: Counter[str] = Counter()
    for ds in splits.values():
        found.update(_of_sample(ds))
    told = [language for language, rows in found.most_common() if rows >= _SHARE * found.total()]
    return tuple(told)


def _of_sample(ds: Any) -> Iterator[str]:
    rows = np.unique(np.linspace(0, len(ds) - 1, _SAMPLE).astype(int)).tolist()
    schema = ds.features.arrow_schema
    if "language" in schema.names and pa.types.is_string(schema.field("language").type):
        values = ds.with_format("arrow", columns=["language"])[rows]["language"].to_pylist()
    else:
        columns = [name for name in schema.names if _holds_words(schema.field(name))]
        table = ds.with_format("arrow", columns=columns)[rows] if columns else pa.table({})
        values = [detect_language(" ".join(words)) for words in _words_of_rows(table)]
    for value in values:
        language = (value or "").lower().partition("-")[0]
        if _ISO_639.fullmatch(language):
            yield language


def _words_of_rows(table: pa.Table) -> Iterator[list[str]]:
    for index in range(table.num_rows):
        row = table.slice(index, 1)
        yield [word for name in table.column_names for word in _texts(one_array(row[name]))]


def _texts(values: pa.Array) -> Iterator[str]:
    kind = values.type
    if is_text(kind):
        yield from filter(None, values.to_pylist())
    elif pa.types.is_list(kind):
        yield from _texts(values.flatten())
    elif pa.types.is_struct(kind):
        for field in kind:
            if _holds_words(field):
                yield from _texts(values.field(field.name))


def _holds_words(field: pa.Field) -> bool:
    if field.name in _NOT_WORDS:
        return False
    kind = field.type
    while pa.types.is_list(kind):
        kind = kind.value_type
    if pa.types.is_struct(kind):
        return any(_holds_words(inner) for inner in kind)
    return is_text(kind)
