"""A stand-in for `mineru-api`: `POST /file_parse` over a real socket, with the fields it knows."""

from __future__ import annotations

import email.parser
import email.policy
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FIELDS = {
    *("output_dir", "lang_list", "backend", "parse_method", "formula_enable", "table_enable"),
    *("server_url", "return_md", "return_middle_json", "return_model_output"),
    *("return_content_list", "return_images", "response_format_zip", "start_page_id"),
    "end_page_id",
}


class MinerUServer(ThreadingHTTPServer):
    """Answers each picture with the next of its texts; slow or broken where it is told to be."""

    daemon_threads = True

    def __init__(self, texts: list[str], seconds: float = 0.0, failures: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.texts, self.seconds, self.failures = texts, seconds, failures
        self.asked: list[dict[str, object]] = []

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: MinerUServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        head = f"content-type: {self.headers['content-type']}\r\n\r\n".encode()
        parser = email.parser.BytesParser(policy=email.policy.HTTP)
        parts = list(parser.parsebytes(head + body).iter_parts())
        fields = {part.get_param("name", header="content-disposition"): part for part in parts}
        if self.path != "/file_parse" or "files" not in fields or set(fields) - FIELDS - {"files"}:
            return self._send(422, {"detail": "no such field or path"})
        png = fields["files"].get_payload(decode=True)
        self.server.asked.append({"png": png, "lang": str(fields["lang_list"].get_content())})
        time.sleep(self.server.seconds)
        if self.server.failures:
            self.server.failures -= 1
            return self._send(500, {"error": "out of memory"})
        name = fields["files"].get_filename().rpartition(".")[0]
        text = self.server.texts.pop(0) if self.server.texts else ""
        results = {name: {"md_content": text}}
        return self._send(200, {"backend": "pipeline", "version": "2.5.4", "results": results})

    def _send(self, status: int, value: object) -> None:
        raw = json.dumps(value, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def mineru(texts: list[str], **options: float) -> Iterator[MinerUServer]:
    """Run a server for the length of a block."""
    server = MinerUServer(texts, **options)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
