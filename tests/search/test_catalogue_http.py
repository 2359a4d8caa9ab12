"""How catalogues are asked: credentials stay at home, errors tell no secret."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from hf_sft_builders.errors import SourceError
from hf_sft_builders.sources.catalogue_http import get_json


@contextmanager
def serving(location=None):
    """A server that redirects, or gives back the headers it got."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if location:
                self.send_response(302)
                self.send_header("Location", location)
                self.end_headers()
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(dict(self.headers)).encode())

        def log_message(self, *arguments):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


SECRET = {"Authorization": "Bearer T0ken"}


def test_credentials_do_not_follow_a_redirect_to_another_host():
    """They are for one host; the answer of the other is taken all the same."""
    with serving() as other, serving(f"{other}/x") as first:
        assert "Bearer T0ken" == get_json(other, headers=SECRET)["Authorization"]
        assert "Authorization" not in get_json(first, headers=SECRET)


def test_a_redirect_reads_no_file(tmp_path):
    """A server cannot send us to this machine's files."""
    (tmp_path / "secret.json").write_text('{"a": 1}', encoding="utf-8")
    with serving((tmp_path / "secret.json").as_uri()) as server, pytest.raises(SourceError):
        get_json(server)


def test_errors_tell_no_secret():
    """Neither what is in the query, nor user and password."""
    with pytest.raises(SourceError) as caught:
        get_json("http://ann:pa55@127.0.0.1:9/x", {"token": "T0ken"}, headers=SECRET)
    told = str(caught.value)
    assert told.startswith("GET http://127.0.0.1:9/x: no answer (ConnectionRefusedError")
    assert not {"pa55", "T0ken"} & set(told.replace(":", " ").replace("@", " ").split())


def test_an_address_as_people_paste_it():
    """Chinese words and spaces are quoted; what is quoted already stays."""
    with serving() as server:
        for pasted in ("数据集/a b?q=雨", "%E6%95%B0%E6%8D%AE/x"):
            assert "identity" == get_json(f"{server}/{pasted}")["Accept-Encoding"]
