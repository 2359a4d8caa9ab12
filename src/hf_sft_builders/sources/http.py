"""HTTP for the platforms: one small client on the standard library.

`datasets` 5 brings httpx2, 4.4 httpx, older ones requests; what all have is `http.client`. Kept here:
connections stay open between requests, redirects are followed with the credentials left behind when
the host changes, what heals is tried again with jitter, and no error tells a secret or a signature.

The trap: a server that closes an idle connection is no failure.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote, urljoin, urlsplit

from hf_sft_builders.errors import SourceError
from hf_sft_builders.sources.connections import POOL, TIMEOUT, Connection, proxy_for
from hf_sft_builders.version import __version__

logger = logging.getLogger("hf_sft_builders")

TRIES = 6
PAUSE = 0.25
"""Seconds before the second try; doubled with each, up to `LONGEST_PAUSE`."""
LONGEST_PAUSE = 20.0
SAFE = "%/:=&?~#+!$,;'@()*[]"
"""What stays as it is in an address where the rest is quoted."""
_HEALS = {408, 425, 429, 500, 502, 503, 504}
_REDIRECTS = {301, 302, 303, 307, 308}

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """One request. What is in `secrets` goes to the call's own host only, and into no message."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Headers with credentials."""
    body: bytes | None = field(default=None, repr=False)

    @staticmethod
    def post(url: str, value: Any, secrets: Mapping[str, str] | None = None) -> Call:
        """Make a call that posts JSON."""
        body = json.dumps(value).encode()
        return Call(url, "POST", {"Content-Type": "application/json"}, secrets or {}, body)

    def with_headers(self, **headers: str) -> Call:
        """Give the same call with more headers."""
        return replace(self, headers={**self.headers, **headers})

    def __str__(self) -> str:
        return f"{self.method} {without_query(self.url)}"


class TryAgain(Exception):
    """What heals by itself; `retrying` turns the last one into a `SourceError`.

    Args:
        reason: What happened, without secrets.
        after: Seconds that the server asks to wait.
    """

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Response:
    """An answer whose body is read when it is wanted. A context manager."""

    def __init__(
        self,
        call: Call,
        home: tuple[str, str],
        connection: Connection,
        raw: http.client.HTTPResponse,
    ) -> None:
        self.call, self.status, self.headers = call, raw.status, raw.headers
        self._home, self._connection, self._raw = home, connection, raw

    def read(self, size: int | None = None) -> bytes:
        """Read up to `size` bytes, or the rest.

        Raises:
            TryAgain: The connection broke off.
        """
        try:
            data = self._raw.read(size)
        except (http.client.HTTPException, OSError) as error:
            raise TryAgain(f"{self.call}: the connection broke off ({_kind(error)})") from None
        if size and not data and self._raw.length:
            raise TryAgain(f"{self.call}: {self._raw.length} bytes are missing at the end")
        return data

    def text(self) -> str:
        """Read a short message, for an error: one line, without secrets."""
        words = _told(self.read(4096).decode("utf-8", "replace"))
        return redact(" ".join(words.split())[:300], self.call)

    def __enter__(self) -> Response:
        return self

    def __exit__(self, *_: object) -> None:
        if self._raw.isclosed() and not self._raw.will_close:
            POOL.give_back(self._home, self._connection)
        else:
            self._connection.close()


def send(call: Call, follow: int = 5, timeout: float = TIMEOUT) -> Response:
    """Send one request and follow redirects; credentials stay with the host they are meant for.

    Args:
        call: The request.
        follow: So many redirects.
        timeout: Seconds without a byte.

    Raises:
        TryAgain: for what heals by itself.
    """
    response = _exchange(call, timeout)
    while response.status in _REDIRECTS and follow and response.headers.get("Location"):
        with response:
            target = urljoin(call.url, _ascii(response.headers["Location"]))
            response.read()
        call, follow = _redirected(call, target, response.status), follow - 1
        response = _exchange(call, timeout)
    if response.status in _HEALS:
        with response:
            after = retry_after(response.headers.get("Retry-After"))
            raise TryAgain(f"{call}: HTTP {response.status} {response.text()}".rstrip(), after)
    return response


def retrying(
    action: Callable[[], T],
    progress: Callable[[], int] = lambda: 0,
    tries: int | None = None,
    longest_wait: float = 120.0,
) -> T:
    """Do what may fail for a moment, several times, waiting longer each time.

    Args:
        action: Raises `TryAgain` for what heals.
        progress: Bytes so far; as long as they grow, the tries are counted afresh.
        tries: How often at most; `TRIES` by default.
        longest_wait: Seconds, where the server asks for more.

    Raises:
        SourceError: with the last reason.
    """
    tries, number, before = tries or TRIES, 0, progress()
    while True:
        try:
            return action()
        except TryAgain as error:
            number, before = (number + 1 if progress() == before else 1), progress()
            if number >= tries:
                raise SourceError(
                    f"{error}. Tried {tries} times. Check the network, or run the same call later."
                ) from None
            pause = min(PAUSE * 2 ** (number - 1), LONGEST_PAUSE) * random.uniform(0.5, 1.0)
            time.sleep(pause if error.after is None else min(error.after, longest_wait) + pause / 4)
            logger.debug("Trying again: %s", error)


def is_offline() -> str:
    """Give the variable by which the user said not to reach out; empty where none does."""
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        if os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE"):
            return name
    return ""


def require_network(what: str) -> None:
    """Refuse to reach out where the user said not to.

    Raises:
        SourceError: names the variable that says so.
    """
    if name := is_offline():
        raise SourceError(
            f"{what}: not on this machine, and {name} is set. "
            f"Unset {name}, or name files that were fetched before."
        )


def without_query(url: str) -> str:
    """Cut off the query, where signatures are, and any user name."""
    parts = urlsplit(url)
    return parts._replace(query="", fragment="", netloc=parts.netloc.rpartition("@")[2]).geturl()


def redact(text: str, call: Call) -> str:
    """Take a call's secrets out of what a server said."""
    for value in call.secrets.values():
        for secret in (value, value.partition(" ")[2], value.partition("=")[2]):
            if len(secret) >= 4:
                text = text.replace(secret, "***")
    return text


def retry_after(value: str | None) -> float | None:
    """Read `Retry-After`: seconds, or a date."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def _told(text: str) -> str:
    """Give the message of a JSON answer, or the answer itself."""
    try:
        answer = json.loads(text)
    except ValueError:
        return text
    known = answer if isinstance(answer, dict) else {}
    return str(next(filter(None, map(known.get, ("message", "Message", "msg", "error"))), text))


def _ascii(location: str) -> str:
    """Quote what some servers send as bare UTF-8, which header parsing takes for Latin-1."""
    return quote(location.encode("latin-1", "replace"), safe=SAFE)


def _redirected(call: Call, target: str, status: int) -> Call:
    if urlsplit(target).scheme not in ("http", "https"):
        raise SourceError(
            f"{call}: redirected to {without_query(target)}, which is no web address."
        )
    here, there = urlsplit(call.url), urlsplit(target)
    same_host = (here.scheme, here.netloc) == (there.scheme, there.netloc)
    keep_method = status in (307, 308) and same_host
    return Call(
        target,
        call.method if keep_method else "GET",
        {k: v for k, v in call.headers.items() if keep_method or k != "Content-Type"},
        call.secrets if same_host else {},
        call.body if keep_method else None,
    )


def _exchange(call: Call, timeout: float) -> Response:
    parts = urlsplit(call.url)
    home = (parts.scheme, parts.netloc)
    connection, used = POOL.take(home, timeout)
    headers = {
        "User-Agent": f"hf_sft_builders/{__version__}",
        "Accept-Encoding": "identity",
        **call.headers,
        **call.secrets,
    }
    proxied = parts.scheme == "http" and proxy_for("http", parts.hostname or "")
    target = call.url if proxied else parts._replace(scheme="", netloc="", fragment="").geturl()
    try:
        connection.request(call.method, target or "/", call.body, headers)
        return Response(call, home, connection, connection.getresponse())
    except ssl.SSLCertVerificationError as error:
        connection.close()
        raise SourceError(
            f"{call}: its certificate is not trusted ({error.verify_message}). If a proxy of your "
            "organisation signs it, name its certificates in SSL_CERT_FILE or REQUESTS_CA_BUNDLE."
        ) from None
    except (http.client.HTTPException, OSError) as error:
        connection.close()
        if used and not isinstance(error, TimeoutError):
            return _exchange(call, timeout)  # the server had closed the idle connection
        raise TryAgain(f"{call}: no answer ({_kind(error)})") from None


def _kind(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
