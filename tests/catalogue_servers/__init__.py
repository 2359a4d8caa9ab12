"""Stand-ins for all catalogues: their protocols over real sockets, with faults by switch.

    with running() as server:
        os.environ.update(server.environment)
        server.faults["zenodo"] = "500"

The datasets are invented; the shapes are the catalogues' own, as far as they are documented.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from catalogue_servers.answers import ANSWERS, Answer, awesome_archive

__all__ = ["CatalogueServers", "running"]

_NAMES = ("huggingface", "kaggle", "modelscope", "opendatalab", "zenodo")
_NAMES += ("figshare", "datacite", "openml")


class CatalogueServers:
    """All catalogues on one port, each below a path of its own name."""

    def __init__(self) -> None:
        self.faults: dict[str, str] = {}
        """By catalogue: slow, 429, 429 once, 500, html, failed, torn, nonsense or empty."""
        self.requests: list[dict[str, Any]] = []
        self.pages: dict[str, str] = {}
        """Other pages, by path: what dataset pages say."""
        self.archive = awesome_archive()
        self.struck: set[str] = set()
        self._slow = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                owner._serve(self, None)

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                owner._serve(self, json.loads(self.rfile.read(length) or b"null"))

            def log_message(self, *arguments: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        """What leads our catalogues here."""
        places = {f"HF_SFT_{name.upper()}_ENDPOINT": f"{self.base}/{name}" for name in _NAMES}
        return places | {"HF_SFT_APD_URL": f"{self.base}/awesome/master.tar.gz"}

    def asked(self, name: str) -> list[dict[str, Any]]:
        """The requests that a catalogue got."""
        return [request for request in self.requests if request["catalogue"] == name]

    def stop(self) -> None:
        """Close."""
        self._slow.set()
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, handler: Any, body: Any) -> None:
        parts = urlsplit(handler.path)
        name, _, path = parts.path.strip("/").partition("/")
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        headers = {key.lower(): value for key, value in handler.headers.items()}
        self.requests.append(
            {"catalogue": name, "path": path, "query": query, "body": body, "headers": headers}
        )
        self._send(handler, self._answer(name, path, query, body, headers))

    def _answer(self, name: str, path: str, query: Any, body: Any, headers: Any) -> Answer:
        fault = self.faults.get(name, "")
        if fault == "429 once":
            fault = "" if name in self.struck else "429"
            self.struck.add(name)
        if fault == "slow":
            self._slow.wait(20)
        if fault in _FAULTS:
            return _FAULTS[fault]
        if name == "pages":
            return Answer(200, self.pages[path].encode(), {"Content-Type": "text/html"})
        if name == "awesome":
            return self._archive_answer(headers)
        site = f"{self.base}/{name}"
        return ANSWERS[name](path, query, body, site) if name in ANSWERS else Answer(404, b"{}")

    def _archive_answer(self, headers: dict[str, str]) -> Answer:
        etag = '"v1"'
        if headers.get("if-none-match") == etag:
            return Answer(304, b"", {"ETag": etag})
        return Answer(200, self.archive, {"ETag": etag, "Content-Type": "application/x-gzip"})

    def _send(self, handler: Any, answer: Answer) -> None:
        try:
            handler.send_response(answer.status)
            for key, value in {"Content-Type": "application/json", **answer.headers}.items():
                handler.send_header(key, value)
            handler.send_header("Content-Length", str(len(answer.body) + answer.missing))
            handler.end_headers()
            handler.wfile.write(answer.body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client had enough, as late ones do
        handler.close_connection = bool(answer.missing) or answer.status >= 400


_FAULTS = {
    "429": Answer(429, b'{"message": "Too many requests"}', {"Retry-After": "0"}),
    "500": Answer(500, b"<html>Internal Server Error</html>", {"Content-Type": "text/html"}),
    "html": Answer(200, b"<!doctype html><title>Log in</title>", {"Content-Type": "text/html"}),
    "failed": Answer(200, b'{"Success": false, "Code": 10010, "code": 10010, "Message": "busy"}'),
    "torn": Answer(200, b'{"hits": {"hits": [', {}, missing=100),
    "nonsense": Answer(200, b'{"surprise": [1, null]}'),
    "list": Answer(200, b'[1, "two", null]'),
    "404": Answer(404, b'{"message": "token=abc123 is not valid"}'),
}


@contextmanager
def running() -> Iterator[CatalogueServers]:
    """Serve until the block ends."""
    server = CatalogueServers()
    try:
        yield server
    finally:
        server.stop()
