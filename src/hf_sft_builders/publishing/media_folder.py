"""A split whose media are features of `datasets`, as files beside its rows.

    data/train/metadata.parquet                  the rows; "image_file_name": "media/3f2a….jpg"
    data/train/media/3f2a90c1b7de4455.jpg

That is the layout of `ImageFolder`, `AudioFolder` and `VideoFolder`, so that `load_dataset` and the
Hub's viewer give the media back as features, in every supported version.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.publishing.media_cells import (
    BesideRows,
    MediaCells,
    cell_columns,
    feature_columns,
    path_columns,
)
from hf_sft_builders.publishing.oldest_form import oldest_schema
from hf_sft_builders.publishing.provenance_column import one_array

ROWS = "metadata.parquet"


def require_one_layout(features: Mapping[str, Any]) -> None:
    """Stop where `datasets` could not read all configs: it reads a repository's with one builder.

    Args:
        features: Of each config.

    Raises:
        ConfigurationError: naming two configs that differ.
    """
    kinds = {
        config: next((type(each).__name__ for each in feature_columns(known).values()), "no media")
        for config, known in features.items()
    }
    first, *others = kinds
    for config in others:
        if kinds[config] != kinds[first]:
            raise _refusal(
                f"the config {first!r} of {kinds[first]} beside {config!r} of {kinds[config]}",
                "one kind of media in all configs",
            )


class MediaFolder:
    """Writes one split.

    Args:
        features: Of the rows.
        folder: The split's own, which is made.

    Raises:
        ConfigurationError: for features that would not come back as they are.
    """

    def __init__(self, features: Any, folder: Path) -> None:
        self.columns = {name: stored_name(features, name) for name in feature_columns(features)}
        _require_loadable(features)
        self._media = BesideRows(folder)
        self._cells = MediaCells(self.columns, self._media)
        self._schema = oldest_schema(_stored(features, self.columns))
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / ROWS
        self._writer = pq.ParquetWriter(self.path, self._schema, write_page_index=True)
        self.num_bytes = 0

    @property
    def media(self) -> dict[str, int]:
        """Files beside the rows, below the folder → bytes."""
        return self._media.files

    def write(self, table: pa.Table) -> None:
        """Write rows whose media hold their bytes.

        Raises:
            ConfigurationError: for a row without its medium.
        """
        table = self._cells.of(table)
        for name, stored in self.columns.items():
            position = table.column_names.index(name)
            names = _names(one_array(table[name]), name)
            table = table.set_column(position, stored, names)
        table = table.select(self._schema.names).cast(self._schema).combine_chunks()
        self._writer.write_table(table)
        self.num_bytes += table.nbytes

    def close(self) -> None:
        """End the file of rows."""
        self._writer.close()


def stored_name(features: Any, column: str) -> str:
    """Give the column of names that stands for a column of media."""
    several = type(features[column]).__name__ not in ("Image", "Audio", "Video")
    return f"{column}_file_name{'s' if several else ''}"


def _stored(features: Any, columns: dict[str, str]) -> Any:
    import datasets

    text = datasets.Value("string")
    return datasets.Features(
        {
            columns.get(name, name): feature
            if name not in columns
            else [text]
            if columns[name].endswith("s")
            else text
            for name, feature in features.items()
        }
    )


def _require_loadable(features: Any) -> None:
    media = feature_columns(features)
    kinds = {type(feature).__name__ for feature in media.values()}
    if len(kinds) > 1:
        raise _refusal(f"columns of {' and '.join(sorted(kinds))}", "media of one kind")
    for name, feature in media.items():
        plain = type(feature)(decode=feature.decode)
        if feature != plain:
            raise _refusal(f"the column {name!r} of {feature}", f"{type(feature).__name__}()")
    if beside := [*cell_columns(features), *path_columns(features)]:
        raise _refusal(
            f"the column {beside[0]!r} of paths beside {next(iter(media))!r}", "one form"
        )


def _refusal(found: str, expected: str) -> ConfigurationError:
    return ConfigurationError(
        f"media='files' with {found}: expected {expected}, for `datasets` reads folders of media so. "
        "Nothing was published. Pass media='embedded', which keeps all as it is, or change the columns "
        "with ds.cast_column."
    )


def _names(values: pa.Array, column: str) -> pa.Array:
    """Give the paths of cells, which are all there."""
    if pa.types.is_list(values.type):
        inner = _names(values.flatten(), column)
        if values.null_count:
            raise _missing(column)
        return pa.ListArray.from_arrays(values.offsets, inner)
    paths = values.field("path")
    if values.null_count or paths.null_count or any("://" in path for path in paths.to_pylist()):
        raise _missing(column)
    return paths


def _missing(column: str) -> ConfigurationError:
    return ConfigurationError(
        f"Column {column!r} has rows without a file. Nothing was published. media='files' needs one in "
        "every row: drop such rows with ds.filter, or pass media='embedded'."
    )
