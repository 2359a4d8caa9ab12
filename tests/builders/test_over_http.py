"""Files behind an address are read as those of a folder are, streamed or not."""

import gzip
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from datasets import load_dataset

TEXT = "# 云溪古城\n\n云溪古城始建于 1126 年。成人票价为 80 元。开放时间：8:00—18:00。\n"
LINE = '{"instruction": "门票多少钱？", "output": "八十元。"}\n'


class Quiet(SimpleHTTPRequestHandler):
    """Says nothing on the screen."""

    def log_message(self, *_):
        """Stay silent."""


@pytest.fixture
def address(tmp_path):
    """Serve a folder with a document, rows, packed rows and an archive."""
    (tmp_path / "a.md").write_text(TEXT, encoding="utf-8")
    (tmp_path / "rows.jsonl").write_text(LINE, encoding="utf-8")
    (tmp_path / "rows.jsonl.gz").write_bytes(gzip.compress(LINE.encode()))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("inside/a.md", TEXT)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize(
    ("builder", "file"),
    [
        ("documents", "{}/a.md"),
        ("documents", "{}/all.zip"),
        ("pdf_qa", "{}/a.md"),
        ("source", "{}/rows.jsonl"),
        ("source", "{}/rows.jsonl.gz"),
        ("convert", "{}/rows.jsonl"),
    ],
)
def test_a_file_is_read_from_its_address(address, builder, file, streaming):
    """`datasets` puts the Hub's options beside any file's; they do not get in the way."""
    ds = load_dataset(
        f"hf_sft_builders/{builder}",
        data_files=file.format(address),
        split="train",
        streaming=streaming,
    )
    assert any("云溪" in str(row) or "八十元" in str(row) for row in ds)
