"""The two hosts: routing, faults that all platforms share, and transfers with ranges."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import struct
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, unquote, urlsplit

from platform_servers import hub, kaggle, modelscope, modelscope_writes, opendatalab

ROUTES = (
    (re.compile(r"/api/datasets/.+|/datasets/[^/]+/[^/]+/resolve/.+"), hub.answer),
    (re.compile(r"/v1/datasets\.DatasetApiService/\w+"), kaggle.answer),
    (modelscope_writes.ROUTE, modelscope_writes.answer),
    (re.compile(r"/(openapi/v1|api/v1)/datasets/.+"), modelscope.answer),
    (re.compile(r"/datasets/(api/v2|resolve)/.+|/api/v1/sso-be/.+"), opendatalab.answer),
)


def serve_signed(request, state):
    """Send what a signed address means."""
    if state.strikes("expired"):
        request.send_bytes(403, b"<Error><Code>ExpiredToken</Code></Error>")
        return
    key = request.url.path.split("/")[2]
    request.send_file(state.signed[key])


def make_handler(host, state):
    """Make the handler of one host."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def log_message(self, *_):
            pass

        def do_GET(self):
            self.serve()

        do_POST = do_HEAD = do_PUT = do_GET  # noqa: N815

        def serve(self):
            length = int(self.headers.get("Content-Length") or 0)
            text = self.content = self.rfile.read(length)
            self.url = urlsplit(self.path)
            self.query = {key: values[0] for key, values in parse_qs(self.url.query).items()}
            self.json = json.loads(text) if text[:1] in (b"{", b"[") else {}
            self.form = parse_qs(text.decode("latin-1"))
            if self.url.path.startswith("/_"):
                self.send_json(200, state.control(self.url.path, self.json))
                return
            state.asked.append(
                {
                    "host": host,
                    "method": self.command,
                    "path": self.path,
                    "headers": dict(self.headers),
                    "body": self.json,
                }
            )
            if host == "storage":
                (modelscope_writes.store if self.command == "PUT" else serve_signed)(self, state)
                return
            self.serve_api()

        def serve_api(self):
            for name, status, headers in (
                ("busy", 429, {"Retry-After": "0"}),
                ("broken", 500, {}),
            ):
                if state.strikes(name):
                    self.send_json(status, {"message": name}, headers)
                    return
            if state.strikes("not_json"):
                self.send_bytes(200, b"<html>please sign in to the hotel network</html>")
                return
            if state.faults.other_shape:
                self.send_json(200, {"Data": ["?"], "data": ["?"], "files": ["?"]})
                return
            if state.faults.private and "sso-be" not in self.path and not self.credentials():
                told = self.headers.get("Authorization", "") if state.faults.echo else "sign in"
                self.send_json(401, {"code": 401, "message": f"denied {told}"})
                return
            for pattern, answer in ROUTES:
                if pattern.fullmatch(unquote(self.url.path)):
                    answer(self, state)
                    return
            self.send_json(404, {"code": 404, "message": f"no route {self.url.path}"})

        def credentials(self):
            told = self.headers.get("Authorization", "") + self.headers.get("Cookie", "")
            return "good-token" in told or "good-jwt" in told or "Basic" in told

        def send_file(self, data, more=None):
            md5 = base64.b64encode(hashlib.md5(data).digest()).decode()
            headers = {"ETag": f'"{hashlib.md5(data).hexdigest()}"', "Accept-Ranges": "bytes"}
            headers |= more or {}
            if not state.faults.no_checksums:
                headers["x-goog-hash"] = f"crc32c=AAAAAA==,md5={md5}"
            if state.strikes("corrupt"):
                data = bytes(byte ^ 1 for byte in data)
            status, asked = 200, self.headers.get("Range")
            if asked and not state.faults.no_ranges:
                first, _, last = asked.partition("=")[2].partition("-")
                if int(first) >= len(data):
                    self.send_bytes(416, b"", {"Content-Range": f"bytes */{len(data)}"})
                    return
                end = min(int(last) + 1 if last else len(data), len(data))
                headers["Content-Range"] = f"bytes {first}-{end - 1}/{len(data)}"
                data, status = data[int(first) : end], 206
            if len(data) > 1 and state.strikes("torn"):
                self.tear(status, data, headers)
                return
            self.send_bytes(status, data, headers)

        def tear(self, status, data, headers):
            self.start(status, {**headers, "Content-Length": len(data)})
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
            self.close_connection = True

        def send_json(self, status, value, headers=None):
            self.send_bytes(
                status,
                json.dumps(value).encode(),
                {"Content-Type": "application/json"} | (headers or {}),
            )

        def reset(self):
            """Break the connection without a word."""
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()

        def redirect(self, target):
            self.send_bytes(302, b"", {"Location": target})

        def send_bytes(self, status, data, headers=None):
            self.start(status, {**(headers or {}), "Content-Length": len(data)})
            if self.command != "HEAD":
                self.wfile.write(data)

        def start(self, status, headers):
            # OpenDataLab has statuses beyond those that HTTP knows.
            self.send_response(status, "Form" if status > 599 else None)
            for name, value in headers.items():
                self.send_header(name, str(value))
            self.end_headers()

    return Handler
