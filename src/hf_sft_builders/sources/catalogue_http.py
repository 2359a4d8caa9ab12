"""Asks a catalogue's server: JSON or bytes over HTTP, with the standard library alone.

One polite second try where a server is busy; nothing that could be a secret gets into an error;
credentials go to the host that they were meant for, never to one it redirects to.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from http.client import HTTPException
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from hf_sft_builders.errors import SourceError
from hf_sft_builders.version import __version__

USER_AGENT = f"hf_sft_builders/{__version__} (Python; dataset search)"
TIMEOUT = 10.0
_LARGEST = 64 * 2**20
_BUSY = {429, 500, 502, 503, 504}
_LONGEST_WAIT = 2.0


def get_json(
    url: str,
    params: Mapping[str, Any] | None = None,
    *,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
) -> Any:
    """Ask for JSON; a `body` makes it a POST.

    Raises:
        SourceError: No answer, a refusal, or something that is not JSON; tokens are left out.
    """
    data, _ = fetch(
        with_params(url, params),
        body=body,
        headers={"Accept": "application/json", **dict(headers or {})},
        timeout=timeout,
    )
    try:
        return json.loads(data)
    except ValueError as error:
        found = "a web page" if data.lstrip()[:1] == b"<" else "something"
        raise SourceError(f"{redact(url)} answered with {found} that is not JSON.") from error


def fetch(
    url: str,
    *,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
) -> tuple[bytes, Mapping[str, str]]:
    """Fetch bytes and response headers (lower case); a server that is busy is asked once more.

    Raises:
        SourceError: No answer, or a refusal.
    """
    sent = {"User-Agent": USER_AGENT, **dict(headers or {})}
    data = None if body is None else json.dumps(body).encode()
    if data is not None:
        sent["Content-Type"] = "application/json"
    request = Request(url, data=data, headers=sent)
    try:
        return _open(request, timeout)
    except HTTPError as error:
        if error.code not in _BUSY:
            raise refused(url, error) from error
        time.sleep(_wait(error))
    try:
        return _open(request, timeout)
    except HTTPError as error:
        raise refused(url, error) from error


def with_params(url: str, params: Mapping[str, Any] | None) -> str:
    """Add a query to a URL; parameters that are None are left out."""
    kept = {name: value for name, value in (params or {}).items() if value is not None}
    return f"{url}{'&' if '?' in url else '?'}{urlencode(kept)}" if kept else url


def redact(url: str) -> str:
    """Take user, password and query out of a URL, so that it can be told."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


class NotModified(Exception):
    """The server says that what we hold is still right (HTTP 304)."""


def refused(url: str, error: HTTPError) -> SourceError:
    """Say in one line what the server said."""
    said = " ".join(_words(error.read(4000)).split())[:160]
    told = f": {said}" if said else ""
    return SourceError(f"{redact(url)} answered HTTP {error.code} {error.reason}{told}.")


def _open(request: Request, timeout: float) -> tuple[bytes, Mapping[str, str]]:
    try:
        with _opener().open(request, timeout=timeout) as answer:
            data: bytes = answer.read(_LARGEST + 1)
            headers = {name.lower(): value for name, value in answer.headers.items()}
    except HTTPError as error:
        if error.code == 304:
            raise NotModified from error
        raise
    except TimeoutError as error:
        raise SourceError(f"{redact(request.full_url)}: no answer within {timeout:g} s.") from error
    except (URLError, HTTPException, OSError) as error:
        why = getattr(error, "reason", None) or error
        raise SourceError(f"{redact(request.full_url)} cannot be reached: {why!s:.200}.") from error
    told = headers.get("content-length", "")
    if told.isdigit() and len(data) < min(int(told), _LARGEST):
        raise SourceError(
            f"{redact(request.full_url)}: the connection broke off after {len(data)} of {told} bytes."
        )
    if len(data) > _LARGEST:
        raise SourceError(f"{redact(request.full_url)}: more than {_LARGEST >> 20} MB; not read.")
    return data, headers


def _opener() -> OpenerDirector:
    return build_opener(_Redirects())


class _Redirects(HTTPRedirectHandler):
    """Follows redirects; to another host without credentials."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        """Make the next request."""
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following is not None and _origin(req.full_url) != _origin(newurl):
            following.headers.pop("Authorization", None)
            following.headers.pop("Cookie", None)
        return following


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _wait(error: HTTPError) -> float:
    asked = error.headers.get("Retry-After", "") if error.headers else ""
    seconds = float(asked) if re.fullmatch(r"\d+(\.\d+)?", asked.strip()) else 0.5
    return min(seconds, _LONGEST_WAIT)


def _words(data: bytes) -> str:
    """Give what an error's body says, where it says it in JSON."""
    try:
        said = json.loads(data)
    except ValueError:
        return ""
    for key in ("message", "Message", "msg", "error", "detail"):
        if isinstance(said, dict) and said.get(key):
            inner = said[key]
            return str(inner.get("message", "") if isinstance(inner, dict) else inner)
    return ""
