"""HTTP: requests in, answers out, and connections that break where a fault says so."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hub_server.api import answer_api
from hub_server.faults import Fault, Faults
from hub_server.routes import Answer, Request, kind_of
from hub_server.store import File, Refused, Store
from hub_server.transfers import answer_transfer

_STALL_SECONDS = 60.0


class _Broken(Exception):
    """The connection is to break now."""


class Hub(ThreadingHTTPServer):
    """The server's state."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.store, self.faults = Store(folder), Faults()
        self.log: list[dict[str, Any]] = []
        self.lock = threading.RLock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""


def serve(folder: Path) -> Hub:
    """Make a server on a free port."""
    return Hub(folder)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, format: str, *values: Any) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        """Answer."""
        try:
            self._answer()
        except _Broken:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()
            self.connection.close()
            self.close_connection = True

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def finish(self) -> None:
        """Close, unless the connection is broken already."""
        try:
            super().finish()
        except (OSError, ValueError):
            return

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        path = unquote(parts.path.replace("%2F", "\0"))
        if path.startswith("/_") and not path.startswith("/_cdn"):
            self._send(self._control(path))
            return
        kind, found = kind_of(self.command, path)
        fault = self.server.faults.take(kind)
        body = self._body(fault)
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ").strip()
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        range_ = self.headers.get("Range", "")
        request = Request(self.command, kind, found, query, body, token, range_, self._endpoint())
        entry = {"kind": kind, "method": self.command, "path": path.replace("\0", "/")}
        self.server.log.append(entry)
        answer = self._handled(request, fault)
        entry |= {"status": answer.status, "received": len(body), "sent": len(answer.body)}
        if fault and fault.do == "lost":
            raise _Broken
        self._send(answer)

    def _handled(self, request: Request, fault: Fault | None) -> Answer:
        try:
            if fault and fault.do == "status":
                return self._refusal(fault)
            with self.server.lock:
                if fault and fault.do == "race":
                    self._race(request, fault)
                if request.kind in ("lfs_batch", "lfs_put", "lfs_verify", "resolve", "cdn"):
                    return answer_transfer(self.server.store, request)
                return answer_api(self.server.store, request)
        except Refused as refused:
            headers = {"X-Error-Message": refused.message}
            if refused.code:
                headers["X-Error-Code"] = refused.code
            return Answer.json({"error": refused.message}, refused.status, headers)

    def _refusal(self, fault: Fault) -> Answer:
        headers = {"X-Error-Message": fault.message}
        if fault.retry_after is not None:
            headers["Retry-After"] = str(fault.retry_after)
        return Answer.json({"error": fault.message}, fault.status, headers)

    def _race(self, request: Request, fault: Fault) -> None:
        repo = self.server.store.repos[request.found["repo"]]
        theirs = {path: File.regular(text.encode()) for path, text in fault.files.items()}
        repo.commit("main", "by somebody else", "", {**theirs})

    def _body(self, fault: Fault | None) -> bytes:
        if fault and fault.do == "reset" and self.command in ("GET", "HEAD", "DELETE"):
            raise _Broken
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunked_body()
        length = int(self.headers.get("Content-Length") or 0)
        if fault and fault.do in ("reset", "stall"):
            self.rfile.read(length // 2)
            if fault.do == "stall":
                self._stall()
            raise _Broken
        return self.rfile.read(length)

    def _stall(self) -> None:
        self.server.log.append({"kind": "stalled", "method": self.command, "path": self.path})
        time.sleep(_STALL_SECONDS)

    def _chunked_body(self) -> bytes:
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _control(self, path: str) -> Answer:
        body = json.loads(self._body(None) or b"null")
        if path == "/_faults":
            self.server.faults.add(**body)
        elif path == "/_heal":
            self.server.faults.clear()
            self.server.log.clear()
        elif path == "/_log":
            return Answer.json(list(self.server.log))
        elif path.startswith("/_repository/"):
            with self.server.lock:
                repo = self.server.store.repos.get(path.removeprefix("/_repository/"))
                return Answer.json(repo.told() if repo else None)
        return Answer.json({})

    def _endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value.encode("ascii", "replace").decode())
        if "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
