"""Bytes to an endpoint and back: the fast HTTP stack, and the one that survives a fork.

`openai`'s own HTTP stack spends 2 to 4 ms of processor time on a request and reaches a fifth of
what 256 requests in flight allow; pyqwest (Rust) spends 0.4 ms. The trap: a process that has used
pyqwest and then forks (as `num_proc` does on Linux) leaves the child with a dead stack that hangs.
Such a child takes the stack that `openai` brings.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from hf_sft_builders.errors import MissingExtra


@dataclass(frozen=True, slots=True)
class RawReply:
    """What the server sent."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class Transport(Protocol):
    """Posts one body and waits for the whole reply."""

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> RawReply:
        """Send and wait.

        Raises:
            TimeoutError: nothing came within `timeout` seconds.
            ConnectionRefusedError: the server could not be reached.
            ConnectionResetError: the connection broke, or what came was not HTTP.
        """
        ...


_A_YEAR = 365 * 86_400.0
"""No transport waits longer: more seconds than a timer can count would end in a panic."""

_fast_stack_used_by: int | None = None


def open_transport(max_connections: int) -> Transport:
    """Give the fastest transport that works in this process."""
    global _fast_stack_used_by
    if _fast_stack_used_by in (None, os.getpid()):
        try:
            transport: Transport = _Pyqwest(max_connections)
        except ImportError:
            return _OpenAIStack(max_connections)
        _fast_stack_used_by = os.getpid()
        return transport
    return _OpenAIStack(max_connections)


class _Pyqwest:
    def __init__(self, max_connections: int) -> None:
        import pyqwest

        self._pyqwest = pyqwest
        self._broken = (
            pyqwest.ReadError,
            pyqwest.WriteError,
            pyqwest.RemoteProtocolError,
            pyqwest.StreamError,
        )
        self._max_connections = max_connections
        self._clients: dict[tuple[bool, float], Any] = {}

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> RawReply:
        try:
            reply = await self._client(url, timeout).post(url, headers, body)
        except ConnectionError as error:
            unreached = "(Connect)" in str(error)
            raise (ConnectionRefusedError if unreached else ConnectionResetError)(
                str(error)
            ) from error
        except self._broken as error:
            raise ConnectionResetError(str(error)) from error
        known = {str(name).lower(): value for name, value in reply.headers.items()}
        return RawReply(reply.status, known, bytes(reply.content))

    def _client(self, url: str, timeout: float) -> Any:
        """Give the client with this timeout: one by `asyncio` costs each request a tenth more.

        Reading the system's certificates takes 50 ms, which plain http does not need.
        """
        kind = _needs_certificates(url), min(timeout, _A_YEAR)
        if kind not in self._clients:
            transport = self._pyqwest.HTTPTransport(
                tls_include_system_certs=kind[0],
                timeout=kind[1],
                pool_max_idle_per_host=self._max_connections,
                use_system_dns=True,
                follow_redirects=False,
                enable_otel=False,
            )
            self._clients[kind] = self._pyqwest.Client(transport)
        return self._clients[kind]


def _needs_certificates(url: str) -> bool:
    return url.startswith("https:") or any(
        place.startswith("https:") and name.lower().endswith("_proxy")
        for name, place in os.environ.items()
    )


class _OpenAIStack:
    """The `httpx` that `openai` is built on, whatever it is called in this version."""

    def __init__(self, max_connections: int) -> None:
        self._httpx = _openai_httpx()
        limits = self._httpx.Limits(
            max_connections=max_connections, max_keepalive_connections=max_connections
        )
        self._client = self._httpx.AsyncClient(limits=limits, follow_redirects=False)

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> RawReply:
        try:
            # Its own time-out begins anew with every byte.
            async with asyncio.timeout(min(timeout, _A_YEAR)):
                reply = await self._client.post(
                    url, headers=dict(headers), content=body, timeout=None
                )
        except self._httpx.ConnectError as error:
            raise ConnectionRefusedError(str(error)) from error
        except self._httpx.TransportError as error:
            raise ConnectionResetError(str(error) or type(error).__name__) from error
        return RawReply(reply.status_code, dict(reply.headers.items()), reply.content)


def _openai_httpx() -> Any:
    try:
        import openai._base_client as client
    except ImportError as error:
        raise MissingExtra("A model behind an endpoint", "openai", "llm") from error
    for name in ("httpx", "httpx2"):
        if hasattr(client, name):
            return getattr(client, name)
    raise MissingExtra("A model behind an endpoint in a worker process", "pyqwest", "llm")
