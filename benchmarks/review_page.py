"""How long the review page keeps a person waiting, over 200,000 rows; and a Gradio page over the same.

    python benchmarks/review_page.py
    python benchmarks/review_page.py --peer /path/of/a/venv/with/gradio/bin/python   # needs Chromium

Real requests over a real socket. Times are of the clock and, in brackets, of the processor (client and
server together, for both are in this process). `--peer` opens both pages in Chromium: what is loaded
until something is seen, and how long the next page and a search take until they stand there.
"""

import argparse
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

WORDS = ("门票", "高度", "酒店", "开放时间", "ticket", "height", "hotel", "opening hours")
SEARCHED = "opening 199999"
SEEN = "text=opening hours 199999? >> visible=true"
LIMITS = {"first page": 1000.0, "next page": 200.0, "filter": 200.0}
"""Milliseconds."""
Steps = dict[str, tuple[Callable[[Any], object], str]]
"""Name → what to do in the browser, and what can then be seen."""


def make_rows(count: int) -> dict[str, list[str]]:
    """Give the columns of the rows: about 300 characters each."""
    filler = (
        "The answer stands in the guide, together with all that one should know. 依据见指南原文。"
        * 3
    )
    return {
        "instruction": [f"{WORDS[n % 8]} {n}?" for n in range(count)],
        "output": [f"{filler} {n}" for n in range(count)],
        "domain": [WORDS[n % 8] for n in range(count)],
        "id": [f"row:{n}" for n in range(count)],
    }


class Page:
    """The page, served from a thread of this process."""

    def __init__(self, rows: Any, folder: Path) -> None:
        from hf_sft_builders.reviewing import Session
        from hf_sft_builders.reviewing.library import Library
        from hf_sft_builders.reviewing.server import start

        began, worked = time.perf_counter(), time.process_time()
        self.session = Session.open(rows, overlay=folder / "rows.review.sqlite", name="rows")
        self.running = start(Library([self.session]), port=0, language="en")
        parts = urlsplit(self.running.url)
        self.cookie = f"hf_sft_review_{parts.port}={parts.query.removeprefix('token=')}"
        self.connection = http.client.HTTPConnection("127.0.0.1", parts.port)
        self.origin, self.base = f"http://127.0.0.1:{parts.port}", f"/d/{self.session.key}"
        self.opened = 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - worked)
        began, worked = time.perf_counter(), time.process_time()
        self.ask("/")
        self.first = 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - worked)

    def ask(self, path: str, body: str | None = None) -> str:
        """Give the text of an answer."""
        method = "GET" if body is None else "POST"
        headers = {"Cookie": self.cookie, "Origin": self.origin}
        self.connection.request(method, self.base + path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        assert answer.status in (200, 303), (path, answer.status, text[:300])
        return text


def timed(doing: Callable[[int], object], repeats: int) -> tuple[float, float]:
    """Give the median of clock and processor time, in milliseconds."""
    found = []
    for number in range(repeats):
        clock, processor = time.perf_counter(), time.process_time()
        doing(number)
        found.append((time.perf_counter() - clock, time.process_time() - processor))
    clocks, processors = zip(*found, strict=True)
    return 1000 * sorted(clocks)[repeats // 2], 1000 * sorted(processors)[repeats // 2]


def ours(page: Page, count: int) -> None:
    """Time what a person does."""
    began = time.perf_counter()
    page.ask("/?status=unreviewed")
    print(f"rows counted and searchable after {time.perf_counter() - began:.1f} s more")
    act: dict[str, Any] = {"kind": "confirm", "ids": [], "value": None}
    actions: dict[str, Callable[[int], object]] = {
        "next page": lambda n: page.ask(f"/?page={2 + n * 397}"),
        "filter": lambda n: page.ask(f"/?domain={'hotel' if n % 2 else 'ticket'}&page={n + 1}"),
        "sort": lambda n: page.ask(f"/?sort=length&descending=1&page={n + 1}"),
        "search": lambda n: page.ask(f"/?text={count - 1 - n}"),
        "row": lambda n: page.ask(f"/row?id=row:{n * 31}"),
        "next unreviewed": lambda n: page.ask(f"/next?after=row:{n * 31}"),
        "confirm": lambda n: page.ask("/act", json.dumps({**act, "ids": [f"row:{n}"]})),
    }
    for name, doing in actions.items():
        clock, processor = timed(doing, 15)
        print(f"{name:16} {clock:8.1f} ms ({processor:.1f})" + bound(name, clock))


def bound(name: str, clock: float) -> str:
    """Say how much of the limit was used."""
    return (
        f"   {clock / LIMITS[name]:.2f} of the limit of {LIMITS[name]:.0f} ms"
        if name in LIMITS
        else ""
    )


PEER = """
import sys, os
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
import gradio, pyarrow.parquet as pq
rows = pq.read_table(sys.argv[1]).to_pydict()
ids, asked, said = rows["id"], rows["instruction"], rows["output"]
def show(page, text):
    terms = text.split()
    found = range(len(ids)) if not terms else [
        n for n in range(len(ids)) if all(t in asked[n] or t in said[n] for t in terms)]
    return [[ids[n], asked[n], said[n]] for n in found[(int(page) - 1) * 50:int(page) * 50]]
with gradio.Blocks() as page:
    text, number = gradio.Textbox(label="Search"), gradio.Number(1, label="Page")
    forward = gradio.Button("Next page")
    table = gradio.Dataframe(headers=["id", "question", "answer"])
    page.load(show, [number, text], table)
    text.submit(lambda words: show(1, words), text, table)
    forward.click(lambda n: n + 1, number, number).then(show, [number, text], table)
page.launch(server_name="127.0.0.1", server_port=int(sys.argv[2]), quiet=True, inbrowser=False)
"""


def watch(browser: Any, address: str, ready: str, steps: Steps) -> dict[str, float]:
    """Give the medians of five visits."""
    visits = [visit(browser, address, ready, steps) for _ in range(5)]
    return {name: sorted(one[name] for one in visits)[2] for name in visits[0]}


def visit(browser: Any, address: str, ready: str, steps: Steps) -> dict[str, float]:
    """Open a page in the browser; give milliseconds until something is seen, then of each step."""
    tab = browser.new_context(locale="en-US").new_page()
    tab.set_default_timeout(120_000)
    loaded: list[str] = []
    own = urlsplit(address).netloc
    tab.route(
        "**/*", lambda r: r.continue_() if urlsplit(r.request.url).netloc == own else r.abort()
    )
    tab.on("response", lambda answer: loaded.append(answer.url))
    began = time.perf_counter()
    tab.goto(address, wait_until="commit")
    tab.wait_for_selector(ready)
    found = {"first rows": 1000 * (time.perf_counter() - began), "files loaded": len(loaded)}
    for name, (doing, seen) in steps.items():
        tab.wait_for_timeout(800)
        began = time.perf_counter()
        doing(tab)
        tab.wait_for_selector(seen)
        found[name] = 1000 * (time.perf_counter() - began)
    tab.context.close()
    return found


def searching(box: str) -> Callable[[Any], None]:
    """Give what types into a search box."""

    def doing(tab: Any) -> None:
        tab.locator(box).fill(SEARCHED)
        tab.locator(box).press("Enter")

    return doing


def against(peer: str, page: Page, columns: dict[str, list[str]], folder: Path) -> None:
    """Open both pages in Chromium, and print the ratios."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from playwright.sync_api import sync_playwright

    pq.write_table(pa.table(columns), folder / "rows.parquet")
    port = page.running.url.split(":")[2].split("/")[0]
    other = str(int(port) + 1)
    (folder / "peer.py").write_text(PEER, encoding="utf-8")
    command = [peer, str(folder / "peer.py"), str(folder / "rows.parquet"), other]
    served = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": ""})
    try:
        wait_for(other)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("HF_SFT_CHROMIUM") or shutil.which("chromium"),
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            )
            ours_found = watch(
                browser,
                page.running.url,
                "text=ticket 4?",
                {
                    "next page": (lambda tab: tab.keyboard.press("]"), "text=ticket 52?"),
                    "search": (searching("[name=text]"), SEEN),
                },
            )
            theirs = watch(
                browser,
                f"http://127.0.0.1:{other}/",
                "text=ticket 4?",
                {
                    "next page": (lambda tab: tab.click("text=Next page"), "text=ticket 52?"),
                    "search": (searching("textarea, input[type=text]"), SEEN),
                },
            )
            browser.close()
    finally:
        served.kill()
        served.wait()
    for name, value in ours_found.items():
        print(
            f"{name:16} {value:8.0f}   Gradio {theirs[name]:8.0f}   ratio {theirs[name] / value:.1f}"
        )


def wait_for(port: str) -> None:
    """Wait until somebody listens."""
    import socket

    for _ in range(600):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", int(port))) == 0:
                return
        time.sleep(0.2)
    raise SystemExit("the peer did not start")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--peer", help="python of an environment with gradio")
    options = parser.parse_args()
    from datasets import Dataset

    columns = make_rows(options.rows)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("HF_HOME", folder)
        page = Page(Dataset.from_dict(columns), Path(folder))
        print(f"{options.rows:,} rows; Python {sys.version.split()[0]}")
        print(f"rows and server  {page.opened[0]:8.1f} ms ({page.opened[1]:.1f})")
        print(
            f"first page       {page.first[0]:8.1f} ms ({page.first[1]:.1f})"
            + bound("first page", page.first[0])
        )
        ours(page, options.rows)
        if options.peer:
            against(options.peer, page, columns, Path(folder))
        page.running.stop()
        page.session.close()


if __name__ == "__main__":
    main()
