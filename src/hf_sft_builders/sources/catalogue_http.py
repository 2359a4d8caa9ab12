"""Asks a catalogue's server for JSON or bytes: `http.py` with one polite second try, and little patience.

A search waits for nobody long, and a page may be of any size: hence the limits of time and bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from hf_sft_builders.errors import SourceError
from hf_sft_builders.sources.http import SAFE, Call, Response, retrying, send, without_query

TIMEOUT = 10.0
_LARGEST = 64 * 2**20
_PIECE = 2**20
_TRIES = 2
_LONGEST_WAIT = 2.0
_SECRET = {"authorization", "cookie"}


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
        _with_params(url, params),
        body=body,
        headers={"Accept": "application/json", **dict(headers or {})},
        timeout=timeout,
    )
    try:
        return json.loads(data)
    except ValueError as error:
        found = "a web page" if data.lstrip()[:1] == b"<" else "something"
        raise SourceError(
            f"{without_query(url)} answered with {found} that is not JSON."
        ) from error


def fetch(
    url: str,
    *,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
) -> tuple[bytes, Mapping[str, str]]:
    """Fetch bytes and response headers (lower case); what heals is asked once more.

    Raises:
        NotModified: What we hold is still right.
        SourceError: No answer, or a refusal.
    """
    call = _call(quote(url, safe=SAFE), body, headers or {})  # people paste 数据集 and spaces
    return retrying(partial(_answer, call, timeout), tries=_TRIES, longest_wait=_LONGEST_WAIT)


class NotModified(Exception):
    """The server says that what we hold is still right (HTTP 304)."""


def _call(url: str, body: Any, headers: Mapping[str, str]) -> Call:
    secrets = {name: value for name, value in headers.items() if name.lower() in _SECRET}
    others = {name: value for name, value in headers.items() if name not in secrets}
    call = Call(url, secrets=secrets) if body is None else Call.post(url, body, secrets)
    return call.with_headers(**others)


def _answer(call: Call, timeout: float) -> tuple[bytes, Mapping[str, str]]:
    with send(call, timeout=timeout) as response:
        if response.status == 304:
            response.read()
            raise NotModified
        if response.status >= 300:
            told = response.text()
            raise SourceError(f"{call}: HTTP {response.status} {told}".rstrip(" .") + ".")
        return _whole(response), {name.lower(): value for name, value in response.headers.items()}


def _whole(response: Response) -> bytes:
    data = bytearray()
    while piece := response.read(_PIECE):
        data += piece
        if len(data) > _LARGEST:
            raise SourceError(f"{response.call}: more than {_LARGEST >> 20} MB; not read.")
    return bytes(data)


def _with_params(url: str, params: Mapping[str, Any] | None) -> str:
    """Add a query to a URL; parameters that are None are left out."""
    kept = {name: value for name, value in (params or {}).items() if value is not None}
    return f"{url}{'&' if '?' in url else '?'}{urlencode(kept)}" if kept else url
