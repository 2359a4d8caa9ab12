"""Open connections: kept between requests, through the proxy that the environment names.

The trap: a connection must not be shared with a forked child.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import ssl
import threading
import urllib.request
from collections import defaultdict
from functools import cache
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

Connection = http.client.HTTPConnection
TIMEOUT = 30.0
"""Seconds without a byte."""


class Pool:
    """Idle connections by host; a forked child starts with none."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget the parent's connections: two processes must not read from one."""
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, str], list[Connection]] = defaultdict(list)

    def take(self, home: tuple[str, str], timeout: float = TIMEOUT) -> tuple[Connection, bool]:
        """Give a connection to a scheme and host, and whether it was used before."""
        with self._lock:
            kept = self._idle[home].pop() if self._idle[home] else None
        connection = kept or _connect(*home)
        connection.timeout = timeout
        if connection.sock:
            connection.sock.settimeout(timeout)
        return connection, kept is not None

    def give_back(self, home: tuple[str, str], connection: Connection) -> None:
        """Keep a connection whose answer was read to its end."""
        with self._lock:
            self._idle[home].append(connection)


def _connect(scheme: str, netloc: str) -> Connection:
    host = netloc.rpartition("@")[2]
    proxy = proxy_for(scheme, urlsplit(f"//{host}").hostname or "")
    if scheme == "http":
        return Connection(proxy.netloc if proxy else host, timeout=TIMEOUT)
    if proxy is None:
        return http.client.HTTPSConnection(host, timeout=TIMEOUT, context=_certificates())
    connection = http.client.HTTPSConnection(
        proxy.hostname or "", proxy.port or 80, timeout=TIMEOUT, context=_certificates()
    )
    headers = {}
    if proxy.username:
        word = base64.b64encode(f"{proxy.username}:{proxy.password or ''}".encode()).decode()
        headers["Proxy-Authorization"] = f"Basic {word}"
    connection.set_tunnel(host.partition(":")[0], urlsplit(f"//{host}").port or 443, headers)
    return connection


def proxy_for(scheme: str, host: str) -> SplitResult | None:
    """Give the proxy that leads to a host, if the environment names one."""
    address = urllib.request.getproxies().get(scheme)
    if not address or host == "localhost" or host.startswith("127."):
        return None
    if urllib.request.proxy_bypass(host):
        return None
    return urlsplit(address if "://" in address else f"http://{address}")


@cache
def _certificates() -> ssl.SSLContext:
    """Trust what the system and the environment name, and certifi's list."""
    context = ssl.create_default_context()  # reads SSL_CERT_FILE and SSL_CERT_DIR
    bundle = os.environ.get("REQUESTS_CA_BUNDLE")
    if bundle:
        file, folder = (None, bundle) if Path(bundle).is_dir() else (bundle, None)
        context.load_verify_locations(file, folder)
    with contextlib.suppress(ImportError):  # a Python may come without a list of its own
        import certifi

        context.load_verify_locations(certifi.where())
    return context


POOL = Pool()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=POOL.restart)
