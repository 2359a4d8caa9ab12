"""Moves one file's bytes: ranges, and whole files that resume where they were torn and are verified.

The traps: a platform answers with a redirect to a signed address that expires while we read, some
servers ignore `Range`, and Kaggle may send `x.csv` as `x.csv.zip`.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from filelock import FileLock

from hf_sft_builders.errors import SourceError
from hf_sft_builders.sources.http import Call, Response, TryAgain, retrying, send
from hf_sft_builders.sources.known_listings import storage_folder
from hf_sft_builders.sources.platforms import Entry

_PIECE = 2**20
_EXPIRED = (400, 401, 403, 404, 410)


class WholeOnly(Exception):
    """This file cannot be had in ranges: the server ignores them, or sends the file zipped."""


class RemoteFile:
    """One file on a platform.

    Args:
        uri: For messages.
        entry: What the listing says.
        make_call: Gives the platform's request for the file; asked again when a signed address ends.
        refuse: Turns a refusal (status, words) into the platform's error.
    """

    def __init__(
        self,
        uri: str,
        entry: Entry,
        make_call: Callable[[], Call],
        refuse: Callable[[int, str], Exception],
    ) -> None:
        self.uri, self.entry = uri, entry
        self._make_call, self._refuse = make_call, refuse
        self._signed: Call | None = None
        self._etag = ""
        self._zipped = False

    def read(self, start: int, end: int) -> bytes:
        """Read `[start, end)`; a torn connection is taken up where it broke.

        Raises:
            WholeOnly: Ranges are not to be had; use `fetch`.
            SourceError: The file is not what was listed, or the platform refuses.
        """
        got = bytearray()

        def go_on() -> None:
            with self._open(start + len(got), end) as response:
                if response.status != 206 and (start or end < self.entry.size or got):
                    raise WholeOnly
                _copy(response, got.extend, lambda: end - start - len(got))

        retrying(go_on, lambda: len(got))
        if start == 0 and end == self.entry.size and self.entry.checksum:
            self._verify(hashlib.sha256(got).hexdigest())
        return bytes(got)

    def fetch(self, target: Path, key: str, moved: Callable[[int], Any] = lambda _: None) -> None:
        """Fetch the whole file; what an earlier try left is used.

        Args:
            target: Where to; replaced when all is there and verified.
            key: Names the unfinished file, the same in each try.
            moved: Told how many bytes have come.
        """
        part = storage_folder("parts") / hashlib.sha256(key.encode()).hexdigest()[:32]
        part.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{part}.lock"):
            if not self._complete(part, moved):
                part.unlink()  # torn and resumed on other bytes: once more from the start
                if not self._complete(part, moved):
                    part.unlink()
                    raise SourceError(
                        f"{self.uri}: the bytes do not match the platform's checksum, twice. "
                        "It may have been changed just now: run the same call again."
                    )
            if self._is_zipped(part):
                _unzip(part, target)
                part.unlink()
            else:
                shutil.move(part, target)

    def _complete(self, part: Path, moved: Callable[[int], Any]) -> bool:
        """Bring an unfinished file to its end; tell whether it is what the platform says."""
        expected = self.entry.checksum
        resumed = part.exists()
        if resumed:
            moved(part.stat().st_size)

        def go_on() -> None:
            nonlocal expected
            have = part.stat().st_size if part.exists() else 0
            if have and have == self.entry.size and expected:
                return
            with self._open(have, None) as response, part.open("ab") as stream:
                if have and response.status != 206:
                    stream.truncate(0)
                expected = expected or _google_md5(response)
                _copy(response, lambda piece: (stream.write(piece), moved(len(piece))))

        retrying(go_on, lambda: part.stat().st_size if part.exists() else 0)
        if not expected:
            # What another run left cannot be told from bytes of another file: all of it again.
            return not resumed and self._has_its_size(part)
        kind, _, wanted = expected.partition(":")
        with part.open("rb") as stream:
            return hashlib.file_digest(stream, kind).hexdigest() == wanted

    def _has_its_size(self, part: Path) -> bool:
        return self._is_zipped(part) or part.stat().st_size == self.entry.size

    def _is_zipped(self, part: Path) -> bool:
        """Tell a file that came zipped from one that is an archive itself."""
        if self.entry.checksum or not (self._zipped or part.stat().st_size != self.entry.size):
            return False
        name = self.entry.path.rpartition("/")[2]
        return zipfile.is_zipfile(part) and [name] == zipfile.ZipFile(part).namelist()

    def _open(self, start: int, end: int | None) -> Response:
        call = self._signed or self._make_call()
        if start or end is not None:
            call = call.with_headers(Range=f"bytes={start}-{'' if end is None else end - 1}")
        response = send(call)
        elsewhere = urlsplit(response.call.url).netloc != urlsplit(call.url).netloc
        if response.status in _EXPIRED and (elsewhere or self._signed):
            self._signed = None
            with response:
                raise TryAgain(f"{response.call}: HTTP {response.status}, address expired")
        if response.status == 416 and start:  # what we have is longer than the file: start again
            with response:
                return self._open(0, None)
        if response.status >= 400:
            with response:
                raise self._refuse(response.status, response.text())
        if elsewhere:
            self._signed = Call(response.call.url)
        try:
            self._check(response, end is not None)
        except BaseException:
            response.__exit__()
            raise
        return response

    def _check(self, response: Response, ranged: bool) -> None:
        """Refuse bytes of another version of the file, or a shape that ranges do not have."""
        self._zipped = _zip_in_place_of(response.call.url, self.entry.path)
        if ranged and self._zipped:
            raise WholeOnly
        total = (response.headers.get("Content-Range") or "").rpartition("/")[2]
        etag = response.headers.get("ETag") or ""
        other_size = ranged and total.isdecimal() and int(total) != self.entry.size
        if other_size or (self._etag and etag and etag != self._etag):
            raise SourceError(
                f"{self.uri}: the file was changed since it was listed (found {total or '?'} bytes, "
                f"expected {self.entry.size}). Run the same call again to read the new one."
            )
        self._etag = etag

    def _verify(self, digest: str) -> None:
        if self.entry.checksum not in ("", f"sha256:{digest}"):
            raise SourceError(
                f"{self.uri}: the bytes do not match the checksum of the listing. The file was "
                "changed since it was listed: run the same call again to read the new one."
            )


def local_copy(remote: RemoteFile, key: str) -> BinaryIO:
    """Fetch a file that ranges do not reach, and open it; it is gone when closed."""
    with tempfile.TemporaryDirectory(prefix="hf_sft_") as folder:
        path = Path(folder) / "file"
        remote.fetch(path, key)
        found = path.stat().st_size
        if found != remote.entry.size:
            raise SourceError(
                f"{remote.uri}: {found:,} bytes came, the platform lists {remote.entry.size:,}. "
                "Run the same call again."
            )
        copy = tempfile.TemporaryFile(prefix="hf_sft_")  # noqa: SIM115
        with path.open("rb") as stream:
            shutil.copyfileobj(stream, copy, _PIECE)
    return copy


def _copy(
    response: Response,
    take: Callable[[bytes], Any],
    wanted: Callable[[], int] = lambda: _PIECE,
) -> None:
    while (size := min(wanted(), _PIECE)) > 0:
        piece = response.read(size)
        if not piece:
            break
        take(piece)
    if wanted() not in (0, _PIECE):
        raise TryAgain(f"{response.call}: {wanted()} bytes are missing")


def _google_md5(response: Response) -> str:
    for stated in ",".join(response.headers.get_all("x-goog-hash") or []).split(","):
        kind, _, value = stated.strip().partition("=")
        if kind == "md5":
            return f"md5:{base64.b64decode(value).hex()}"
    return ""


def _zip_in_place_of(url: str, path: str) -> bool:
    return urlsplit(url).path.endswith(".zip") and not path.lower().endswith(".zip")


def _unzip(part: Path, target: Path) -> None:
    with zipfile.ZipFile(part) as archive:
        [name] = archive.namelist()
        with archive.open(name) as packed, target.open("wb") as stream:
            shutil.copyfileobj(packed, stream, _PIECE)
