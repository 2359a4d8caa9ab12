"""Media in rows, on their way to a published dataset: into the rows, or to files beside them.

A medium is a cell of three kinds of columns, each one medium or a list of them:
    Image(), Audio(), Video()          features of `datasets`
    {bytes, path}                      as this package's formats hold media
    "tower.jpg"                        a path, in a column named image, images, audio, … , *_file_name

    embedded   {"bytes": b"…", "path": "tower.jpg"}
    files      {"bytes": None, "path": "media/3f2a90c1b7de4455.jpg"}, and the file

Addresses (`https://…`) and `data:` texts stay as they are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.publishing.provenance_column import one_array
from hf_sft_builders.publishing.trainers.media import FOLDER, media_name

logger = logging.getLogger("hf_sft_builders")

MODES = ("embedded", "files")
_FEATURES = ("Image", "Audio", "Video")
_PATHS = ("image", "images", "video", "videos", "audio", "audios")
Cell = dict[str, Any]


def require_mode(media: str) -> str:
    """Give the mode back, if there is one of this name.

    Raises:
        UnknownName: naming those that there are.
    """
    if media not in MODES:
        raise UnknownName("media", media, MODES)
    return media


def feature_columns(features: Mapping[str, Any]) -> dict[str, Any]:
    """Give the columns that are a media feature of `datasets`, or a list of them, and the feature."""
    found = {name: _innermost(feature) for name, feature in features.items()}
    return {name: inner for name, inner in found.items() if type(inner).__name__ in _FEATURES}


def cell_columns(features: Mapping[str, Any]) -> list[str]:
    """Give the columns of {bytes, path}, or lists of them."""
    return [name for name, feature in features.items() if _is_cell(_innermost(feature))]


def path_columns(features: Mapping[str, Any]) -> list[str]:
    """Give the columns of paths to media, by their names."""
    return [
        name
        for name, feature in features.items()
        if (name in _PATHS or name.endswith(("_file_name", "_file_names")))
        and getattr(_innermost(feature), "dtype", "") == "string"
    ]


def holds_media(features: Mapping[str, Any]) -> bool:
    """Whether a row may be as large as its media."""
    from datasets.features.features import require_storage_embed

    nested = any(require_storage_embed(feature) for feature in features.values())
    return nested or bool(feature_columns(features) or cell_columns(features))


class MediaCells:
    """Changes the media of tables.

    Args:
        columns: Of cells {bytes, path} or of paths, one or a list of them a row.
        change: Gives what a cell becomes.
        keep_names: Whether a relative name of a file that is not here stays, with a warning: the
            readers may have such a folder, as trainers do.
    """

    def __init__(
        self, columns: Iterable[str], change: Callable[[Cell], Cell], keep_names: bool = False
    ) -> None:
        self._columns, self._change, self._keep_names = tuple(columns), change, keep_names
        self._kept: set[str] = set()
        self.changed: dict[str, None] = {}
        """Columns that held media."""

    def of(self, table: pa.Table) -> pa.Table:
        """Give a table with changed media.

        Raises:
            ConfigurationError: for a file that is not there, naming column and path.
        """
        for name in self._columns:
            index = table.column_names.index(name)
            values = one_array(table[name])
            field = table.schema.field(index)
            table = table.set_column(index, field, self._changed(values, name))
        return table

    def _changed(self, values: pa.Array, column: str) -> pa.Array:
        if pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
            inner = self._changed(values.flatten(), column)
            lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy(zero_copy_only=False)
            offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
            made = pa.ListArray.from_arrays(offsets, inner, mask=values.is_null())
            return made.cast(values.type)
        if not len(values):
            return values
        if pa.types.is_struct(values.type):
            cells = [cell and self._one(cell, column) for cell in values.to_pylist()]
            return pa.array(cells, values.type)
        paths = [path and self._one_path(path, column) for path in values.to_pylist()]
        return pa.array(paths, values.type)

    def _one(self, cell: Cell, column: str) -> Cell:
        if cell["bytes"] is None and (not cell["path"] or is_address(cell["path"])):
            return cell
        self.changed[column] = None
        try:
            return self._change(cell)
        except OSError as error:
            if self._keep_names and not Path(cell["path"]).is_absolute():
                self._warn(column, cell["path"])
                return cell
            raise ConfigurationError(
                f"Column {column!r} names {cell['path']!r}, which cannot be read "
                f"({error.strerror or error}). Nothing was published. Expected a file on this "
                "machine or an address (https://…): put it there, or drop such rows with ds.filter."
            ) from error

    def _warn(self, column: str, path: str) -> None:
        if column not in self._kept:
            told = "Column %r names %r and perhaps others that are not on this machine; names stay."
            logger.warning(told, column, path)
        self._kept.add(column)

    def _one_path(self, path: str, column: str) -> str:
        if is_address(path):
            return path
        return str(self._one({"bytes": None, "path": path}, column)["path"])


def is_address(path: str) -> bool:
    """Whether a medium is somewhere else, or is its own text."""
    return "://" in path or path.startswith("data:")


def embedded(cell: Cell) -> Cell:
    """Give a cell with its bytes, and a name that tells no folder."""
    data = cell["bytes"]
    return {
        "bytes": Path(cell["path"]).read_bytes() if data is None else data,
        "path": cell["path"] and file_name(cell["path"]),
    }


def published_media(table: pa.Table, features: Mapping[str, Any], media: str) -> pa.Table:
    """Give a table's media by the names that they get when they are published."""
    columns = [*feature_columns(features), *cell_columns(features), *path_columns(features)]
    return MediaCells(columns, BesideRows(None) if media == "files" else _named).of(table)


def without_folders(value: Any) -> Any:
    """Give a row's value whose media, also deep inside, tell no folder of this machine."""
    if isinstance(value, list):
        return [without_folders(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"bytes", "path"} and Path(value["path"] or "").is_absolute():
        return _named(value)
    return {name: without_folders(inner) for name, inner in value.items()}


def _named(cell: Cell) -> Cell:
    absolute = Path(cell["path"] or "").is_absolute()
    return {**cell, "path": file_name(cell["path"])} if absolute else cell


def file_name(path: str) -> str:
    """Give the last part of a path of any system."""
    return path.replace("\\", "/").rpartition("/")[2]


class BesideRows:
    """Writes each distinct medium once into a folder, named by its content.

    Args:
        folder: Where the rows' file lies; media come into its folder `media`. None writes nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.files: dict[str, int] = {}
        """Name → bytes."""

    def __call__(self, cell: Cell) -> Cell:
        """Write a cell's medium; give the cell that names it."""
        path = cell["path"] or ""
        data = Path(path).read_bytes() if cell["bytes"] is None else cell["bytes"]
        name = media_name(data, path)
        if name not in self.files and self._folder:
            (self._folder / FOLDER).mkdir(parents=True, exist_ok=True)
            (self._folder / name).write_bytes(data)
        self.files[name] = len(data)
        return {"bytes": None, "path": name}


def is_media_file(path: str) -> bool:
    """Whether a file of a release is a medium beside the rows."""
    return f"/{FOLDER}/" in f"/{path}"


def require_no_local_paths(table: pa.Table, columns: Iterable[str]) -> None:
    """Stop where a column of paths names files of this machine, which readers will not have.

    Raises:
        ConfigurationError: with what takes them along.
    """
    for name in columns:
        values = one_array(table[name])
        texts = values.flatten() if pa.types.is_list(values.type) else values
        for path in filter(None, texts.to_pylist()):
            if not is_address(path) and Path(path).is_absolute():
                raise ConfigurationError(
                    f"Column {name!r} names {path!r}, a file of this machine, which readers will not "
                    "have. Nothing was published. To take the files along, pass media='files'; to put "
                    f"them into the rows, ds.cast_column({name!r}, datasets.Image()) first (for lists "
                    "[datasets.Image()]; Audio and Video likewise)."
                )


def _innermost(feature: Any) -> Any:
    if isinstance(feature, (list, tuple)):
        return _innermost(feature[0])
    inner = getattr(feature, "feature", None)
    return feature if inner is None else _innermost(inner)


def _is_cell(feature: Any) -> bool:
    if not isinstance(feature, Mapping) or set(feature) != {"bytes", "path"}:
        return False
    return (getattr(feature["bytes"], "dtype", ""), getattr(feature["path"], "dtype", "")) == (
        "binary",
        "string",
    )
