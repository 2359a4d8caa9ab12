"""A real browser: Debian's Chromium, driven by Playwright, over a page in a process of its own."""

import os
import shutil
from pathlib import Path

import pytest
from browser_page import Served

HERE = Path(__file__).parent
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


def chromium():
    """Give the path of Chromium, None where there is none."""
    named = os.environ.get("HF_SFT_CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser")


def why_not():
    """Say what is missing for these tests, "" where nothing is."""
    if chromium() is None:
        return "no Chromium: apt-get install chromium, or HF_SFT_CHROMIUM=/path/to/it"
    for name in ("playwright", "starlette", "uvicorn", "jinja2", "latex2mathml"):
        if not _there(name):
            return f"no {name}: pip install -e '.[test,test-browser]'"
    return ""


def _there(name):
    from importlib.util import find_spec

    return find_spec(name) is not None


def pytest_collection_modifyitems(items):
    """Mark what needs a browser, and skip it with its reason where there is none."""
    missing = why_not()
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if missing:
                item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests; each has contexts of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        yield found
        found.close()


@pytest.fixture
def served(tmp_path):
    """Serve a dataset from a process; gives what is served."""
    running = []

    def served(ds):
        folder = tmp_path / "rows"
        ds.save_to_disk(str(folder))
        running.append(Served(folder))
        return running[-1]

    yield served
    for one in running:
        if one.process.poll() is None:
            one.kill()


@pytest.fixture
def visit(browser):
    """Open a page in a browser of its own; a script error, or a request to elsewhere, fails the test."""
    contexts, wrong = [], []

    def visit(url, reviewer="", **options):
        context = browser.new_context(**{"locale": "en-US", **options})
        context.set_default_timeout(20_000)
        contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
        own = url.split("/?")[0]
        tab.on("request", lambda asked: asked.url.startswith(own) or wrong.append(asked.url))
        if reviewer:
            context.add_cookies([{"name": "hf_sft_reviewer", "value": reviewer, "url": own}])
        tab.goto(url)
        tab.wait_for_selector("ol.rows > li")
        tab.wait_for_load_state()
        return tab

    yield visit
    for context in contexts:
        context.close()
    assert [] == wrong
