"""`hf-sft review` and `sft.review`: the page is there, and what is done on it is kept."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from http.cookiejar import CookieJar

import pytest

import hf_sft_builders as sft
from hf_sft_builders.cli import main
from hf_sft_builders.errors import ConfigurationError, MissingExtra

pytest.importorskip("starlette", reason="the extra review is not installed")


def visitor():
    """Give somebody who keeps cookies."""
    return urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))


def test_a_notebook_gets_a_running_page(ds, tmp_path):
    """The page shows the rows to whoever has the link, and to nobody else; it ends when it is told to."""
    running = sft.review(ds, reviewer="mei", overlay=tmp_path / "r.sqlite")
    try:
        bare = running.url.partition("?")[0]
        with pytest.raises(urllib.error.HTTPError) as refused:
            visitor().open(bare)
        assert 400 <= refused.value.code < 500
        there = visitor()
        there.open(running.url)
        page = there.open(bare).read().decode()
        assert "望云楼多高" in page
    finally:
        running.stop()
    assert (tmp_path / "r.sqlite").is_file()


def test_the_command_serves_a_file(tmp_path):
    """`hf-sft review rows.jsonl` prints its address, and serves until it is ended."""
    rows = [{"id": str(n), "instruction": f"第{n}问", "output": "答"} for n in range(3)]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    code = "import sys; from hf_sft_builders.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "review", str(path), "--no-browser", "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "HF_HOME": str(tmp_path)}
    )
    try:
        url = next(line for line in process.stdout if line.startswith("http"))
        there = visitor()
        there.open(url.strip())
        assert "第2问" in there.open(url.partition("?")[0]).read().decode()
    finally:
        process.terminate()
        process.wait()
    assert (tmp_path / "rows.jsonl.review.sqlite").is_file()


def test_wrong_options_have_one_clear_error(ds, tmp_path, capsys):
    """Several datasets have no one file; what is not there is named."""
    with pytest.raises(ConfigurationError, match="65535"):
        sft.review(ds, overlay=tmp_path / "r.sqlite", port=99_999)
    with pytest.raises(ConfigurationError, match="model="):
        sft.review(ds, overlay=tmp_path / "r.sqlite", base_url="http://127.0.0.1:1/v1")
    with pytest.raises(ConfigurationError, match="one dataset"):
        sft.review(ds, ds, overlay=tmp_path / "r.sqlite")
    assert 2 == main(["review", str(tmp_path / "nothing.jsonl"), "--no-browser"])
    assert "nothing is there" in capsys.readouterr().err


@pytest.mark.parametrize(
    "package", ["jinja2", "markdown_it", "latex2mathml", "starlette", "uvicorn"]
)
def test_a_package_that_is_missing_is_told_before_the_page_is_opened(
    ds, tmp_path, monkeypatch, package
):
    """No page starts that would fail at its first visitor."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match="review"):
        sft.review(ds, overlay=tmp_path / "r.sqlite")
    assert not (tmp_path / "r.sqlite").exists()


@pytest.mark.parametrize(
    "asked", [{"password": "short"}, {"host": "0.0.0.0"}, {"port": -1}, {"language": "fr"}]
)
def test_a_page_that_cannot_be_served_leaves_no_file(ds, tmp_path, asked):
    """What is wrong with the address or the password is found before the review's file is made."""
    with pytest.raises(ConfigurationError):
        sft.review(ds, overlay=tmp_path / "r.sqlite", **asked)
    assert [] == list(tmp_path.iterdir())
