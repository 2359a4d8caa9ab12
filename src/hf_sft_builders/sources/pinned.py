"""A filesystem over a platform of datasets, for `fsspec`: read only, versions pinned.

    kaggle://owner/dataset[@version]/folder/file.csv

The main trap: `datasets` keys raw downloads by URL alone, so that after an update the old bytes land
in a fresh cache. Here `glob()`, which `datasets` calls for every `data_files`, gives addresses with
their version, and another version is another URL.

Instances hold nothing: credentials are read where the platform's own client reads them, when a
request is made, so that they are in no pickle, fingerprint or representation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, ClassVar
from urllib.parse import quote, unquote

from fsspec.callbacks import DEFAULT_CALLBACK
from fsspec.spec import AbstractBufferedFile, AbstractFileSystem

from hf_sft_builders.errors import ConfigurationError, MissingSource, SourceError
from hf_sft_builders.sources.http import require_network
from hf_sft_builders.sources.known_listings import KNOWN
from hf_sft_builders.sources.platforms import Entry, Platform, StatedLicense
from hf_sft_builders.sources.transfer import RemoteFile, WholeOnly, local_copy

BLOCK = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Place:
    """An address on a platform, in parts."""

    dataset: str
    """`owner/name`."""
    version: str
    """A version, a branch, or empty for the newest."""
    path: str
    """Below the dataset; empty for its top."""

    def __str__(self) -> str:
        version = f"@{quote(self.version, safe='~.-_')}" if self.version else ""
        return f"{self.dataset}{version}" + (f"/{self.path}" if self.path else "")


class PinnedFileSystem(AbstractFileSystem):
    """Base of the platforms' filesystems; each adds `protocol` and `platform`."""

    root_marker = ""
    platform: ClassVar[Any]

    def __init__(self, *args: Any, **given: Any) -> None:
        # `datasets` hands over the user's Hugging Face token, `iter_archive` a block size.
        own = {
            "hf",
            "block_size",
            "skip_instance_cache",
            "use_listings_cache",
            "listings_expiry_time",
        }
        if args or set(given) - own:
            names = ", ".join(sorted(set(given) - own)) or "arguments"
            raise ConfigurationError(
                f"{self.platform.name}:// takes no storage_options ({names}). Credentials are read "
                f"from the platform's own places: {self.platform.credentials}."
            )
        super().__init__()
        self.block_size = given.get("block_size") or BLOCK

    @property
    def storage_options(self) -> dict[str, Any]:
        """None: what `fsspec` would keep here could be a token."""
        return {}

    @storage_options.setter
    def storage_options(self, value: object) -> None:
        del value

    # Addresses

    def place(self, path: str) -> Place:
        """Take an address apart.

        Raises:
            SourceError: It names no dataset.
        """
        name = self.platform.name
        owner, _, rest = self._strip_protocol(path).partition("/")
        dataset, _, inner = rest.partition("/")
        dataset, _, version = dataset.partition("@")
        if not owner or not dataset or "*" in owner + dataset:
            raise SourceError(
                f"{name}://{self._strip_protocol(path)}: expected {name}://owner/dataset/path, with "
                "wildcards only in the path."
            )
        self.platform.check_address(owner, dataset, unquote(version))
        return Place(f"{owner}/{dataset}", unquote(version), inner.strip("/"))

    def pin(self, path: str) -> str:
        """Put the version that is newest now into an address that names none."""
        return str(self._pinned(path))

    def _pinned(self, path: str) -> Place:
        place = self.place(path)
        return Place(
            place.dataset, KNOWN.newest(self.platform, place.dataset, place.version), place.path
        )

    # What fsspec asks

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """List a folder, or the one file that is named."""
        place = self._pinned(path)
        entry = self._entry(place)
        if entry is not None:
            found = [self._info(place, place.path, entry)]
        else:
            held = KNOWN.folder(self.platform, place.dataset, place.version, place.path)
            found = [self._info(place, each, entry) for each, entry in held.items()]
        return found if detail else [each["name"] for each in found]

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Tell size, type and etag of a file or folder."""
        place = self._pinned(path)
        return self._info(place, place.path, self._entry(place))

    def glob(self, path: str, maxdepth: int | None = None, **more: Any) -> Any:
        """Expand a pattern; the addresses that come back carry the version."""
        return super().glob(self.pin(path), maxdepth=maxdepth, **more)

    def expand_path(self, path: Any, *args: Any, **more: Any) -> Any:
        """Expand paths for `get`; all of the same version."""
        paths = [path] if isinstance(path, str) else path
        return super().expand_path([self.pin(each) for each in paths], *args, **more)

    def walk(self, path: str, *args: Any, on_error: Any = None, **more: Any) -> Any:
        """Walk folders; `fsspec` would leave out, in silence, those that are refused."""
        return super().walk(path, *args, on_error=on_error or _only_absence, **more)

    def exists(self, path: str, **_: Any) -> bool:
        """Tell whether it is there; a refusal is an error, not an absence."""
        return self._kind(path) != ""

    def isdir(self, path: str) -> bool:
        """Tell whether it is a folder."""
        return self._kind(path) == "directory"

    def isfile(self, path: str) -> bool:
        """Tell whether it is a file."""
        return self._kind(path) == "file"

    def _kind(self, path: str) -> str:
        try:
            return str(self.info(path)["type"])
        except FileNotFoundError:
            return ""

    def get_file(self, rpath: str, lpath: Any, callback: Any = DEFAULT_CALLBACK, **_: Any) -> None:
        """Fetch a whole file: torn transfers resume, also in the next run; the checksum is verified."""
        place = self._pinned(rpath)
        entry = self._entry(place)
        if entry is None:
            Path(lpath).mkdir(parents=True, exist_ok=True)
            return
        callback.set_size(entry.size)
        Path(lpath).parent.mkdir(parents=True, exist_ok=True)
        self.remote(place, entry).fetch(Path(lpath), self._key(place), callback.relative_update)

    def invalidate_cache(self, path: str | None = None) -> None:
        """Ask the platform again from now on."""
        KNOWN.forget()

    def modified(self, path: str) -> datetime:
        """Tell when a file was changed, for DuckDB's cache; the epoch where no time is known.

        That is safe because a pinned file never changes: another version is another path.
        """
        entry = self._entry(self._pinned(path))
        try:
            when = datetime.fromisoformat(entry.changed if entry else "")
        except ValueError:
            return datetime.fromtimestamp(0, UTC)
        return when if when.tzinfo else when.replace(tzinfo=UTC)

    def license(self, path: str) -> StatedLicense:
        """Give what the platform says of the license of the dataset that holds this path."""
        return KNOWN.license(self.platform, self.place(path).dataset)

    def _open(
        self, path: str, mode: str = "rb", block_size: int | None = None, **more: Any
    ) -> RangeFile:
        if mode != "rb":
            raise SourceError(
                f"{self.unstrip_protocol(path)}: {self.platform.name}:// is read only."
            )
        place = self._pinned(path)
        entry = self._entry(place)
        if entry is None:
            raise IsADirectoryError(self.unstrip_protocol(path))
        more = {k: v for k, v in more.items() if k in ("cache_type", "cache_options")}
        return RangeFile(
            self, str(place), mode, block_size or self.block_size, size=entry.size, **more
        )

    # Behind it

    def remote(self, place: Place, entry: Entry) -> RemoteFile:
        """Give the file on the platform."""
        uri = self.unstrip_protocol(str(place))
        require_network(uri)
        return RemoteFile(
            uri,
            entry,
            lambda: self.platform.call_for(place.dataset, place.version, entry),
            partial(refusal, self.platform, place.dataset),
        )

    def _key(self, place: Place) -> str:
        return f"{self.platform.name} {self.platform.endpoint()} {place}"

    def _entry(self, place: Place) -> Entry | None:
        """Give a file's entry; None is a folder."""
        parent = place.path.rpartition("/")[0]
        entries = KNOWN.folder(self.platform, place.dataset, place.version, parent)
        if place.path and place.path not in entries:
            raise MissingSource(f"{self.unstrip_protocol(str(place))}: no such file.")
        return entries.get(place.path)

    def _info(self, place: Place, path: str, entry: Entry | None) -> dict[str, Any]:
        name = str(Place(place.dataset, place.version, path))
        if entry is None:
            return {"name": name, "size": 0, "type": "directory"}
        stamp = entry.checksum or f"{entry.size}-{entry.changed}"
        return {
            "name": name,
            "size": entry.size,
            "type": "file",
            "etag": f"{place.version}-{stamp}",
            "checksum": entry.checksum,
        }


def _only_absence(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


class RangeFile(AbstractBufferedFile):
    """A file that is read in ranges; whole where the server has none."""

    _local: BinaryIO | None = None
    _remote: RemoteFile | None = None

    def _fetch_range(self, start: int, end: int) -> bytes:
        if self._remote is None:
            place = self.fs.place(self.path)
            self._remote = self.fs.remote(place, self.fs._entry(place))
        if self._local is None:
            try:
                return self._remote.read(start, min(end, self.size))
            except WholeOnly:
                self._local = local_copy(self._remote, self.fs._key(self.fs.place(self.path)))
        self._local.seek(start)
        return self._local.read(end - start)

    def close(self) -> None:
        """Close, and let go of a local copy."""
        if self._local is not None:
            self._local.close()
        super().close()


def refusal(platform: Platform, dataset: str, status: int, words: str) -> Exception:
    """Say why a platform refuses, and what a person can do about it."""
    where = f"{platform.name}://{dataset}"
    told = f"HTTP {status}" + (f": {words}" if words else "")
    if status == 404:
        return MissingSource(f"{where}: not found ({told}). See {platform.page(dataset)}.")
    if status in (401, 403):
        return SourceError(
            f"{where}: refused ({told}). If it is private or asks for consent, open "
            f"{platform.page(dataset)} and agree there. Credentials are read from "
            f"{platform.credentials}; {platform.has_credentials()}."
        )
    return SourceError(f"{where}: {told}. See {platform.page(dataset)}.")
