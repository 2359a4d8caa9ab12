"""A review of 200,000 rows: what a person waits for, against the scan of the same words and `datasets`.

    python benchmarks/review_rows.py [--rows 200000] [--peer-rows 20000]

Rows are conversations of 150 to 900 characters in Chinese and English with sources, domains and models.
Each step is timed in milliseconds of this process (all threads) and by the clock; on a busy machine
only the former means anything. The bound is one look at all the rows' words, `bytes.count` of a
character that is not there; the peer is what one does without a review: `ds.filter` over the same rows,
timed on fewer of them and multiplied.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import datasets

from hf_sft_builders.reviewing import Action, Query, Session

_ZH = (
    "云溪古城是岚州市的山水位于江上游顶南麓望楼高米共四层门票元开放时间客栈房价电话系统数据模型训练"
)
_EN = "the system data model training uses parameters which show that research results tower ticket room"
_DOMAINS = ("旅游", "历史", "酒店", "technology")


def text(draw: random.Random, length: int) -> str:
    """Give so many characters, Chinese or English."""
    if draw.random() < 0.6:
        return "".join(draw.choices(_ZH, k=length))
    return " ".join(draw.choices(_EN.split(), k=length // 5))


def rows(many: int) -> Iterator[dict[str, Any]]:
    """Give conversations with their origins."""
    draw = random.Random(7)
    answers = [text(draw, draw.randint(150, 900)) for _ in range(min(many, 20_000))]
    for number in range(many):
        said = [
            (text(draw, 30), "user"),
            (f"{answers[number % len(answers)]} {number}", "assistant"),
        ]
        steps = [("source", f"docs/{number % 900}.pdf", None), ("generate_qa", None, "qwen3-32b")]
        yield {
            "id": f"{number % 900:012x}:{number}:generate_qa:0",
            "messages": [{"role": role, "content": words} for words, role in said],
            "domain": draw.choice(_DOMAINS),
            "provenance": [{"step": s, "uri": u, "model": m} for s, u, m in steps],
        }


class Clock:
    """Times steps and prints them."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = {}

    def __call__(self, name: str, step: Callable[[], Any]) -> Any:
        """Do a step; give what it gives."""
        wall, cpu = time.perf_counter(), time.process_time()
        done = step()
        self.taken[name] = time.process_time() - cpu
        by_clock = time.perf_counter() - wall
        print(f"{name:44}{1000 * self.taken[name]:9.0f} ms{1000 * by_clock:9.0f} ms by the clock")
        return done


def main() -> None:
    """Time what a person waits for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--peer-rows", type=int, default=20_000)
    options = parser.parse_args()
    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as folder:
        made = datasets.Dataset.from_generator(
            rows, gen_kwargs={"many": options.rows}, cache_dir=folder
        )
        made.save_to_disk(f"{folder}/data")
        measure(Path(folder), options.peer_rows)


def measure(folder: Path, peer_rows: int) -> None:
    """Time the steps over one dataset."""
    clock = Clock()

    def opened() -> Session:
        session = Session.open(f"{folder}/data", reviewer="mei", overlay=folder / "r.sqlite")
        session.page(Query(), 0, 50)
        return session

    session = clock("open, first page", opened)
    clock("all rows indexed (once for each dataset)", lambda: session.page(Query(min_length=1)))
    session.close()
    session = clock("open again, first page", opened)
    clock("... with facets", lambda: session.page(Query(min_length=1)))
    clock("next page", lambda: session.page(Query(), 50, 50))
    clock("filter by domain", lambda: session.page(Query(domain="旅游"), 0, 50))
    clock("filter by source and status", lambda: session.page(
        Query(source="docs/7.pdf", status="unreviewed"), 0, 50))  # fmt: skip
    clock("sort by length", lambda: session.page(Query(sort="length", descending=True), 0, 50))
    clock("search two Chinese characters", lambda: session.page(Query(text="山水"), 0, 50))
    clock("search a word that is not there", lambda: session.page(Query(text="zebra"), 0, 50))
    clock("search two words, filter, sort", lambda: session.page(
        Query(text="ticket tower", domain="历史", sort="length"), 0, 50))  # fmt: skip
    clock("next page of a search", lambda: session.page(Query(text="山水"), 50, 50))
    one = session.rows.ids[12_345 % session.total]
    clock("look at a row", lambda: session.row(one, "mei"))
    clock("confirm a row (on the disk)", lambda: session.act(Action("confirm", (one,), "mei")))
    clock("next unreviewed row", lambda: session.next_unreviewed(Query(), one))
    bulk = Action("reject", query=Query(domain="历史"), reviewer="mei", value="no")
    done = clock("reject a quarter of the rows", lambda: session.act(bulk))
    clock("undo that", lambda: session.undo("mei"))
    print(f"({done.done:,} rows were rejected and taken back)")
    compare(session, clock, peer_rows)


def compare(session: Session, clock: Clock, peer_rows: int) -> None:
    """Print the ratios."""
    words = session._finder.filtering().index.words[:]
    clock("bound: one look at all words", lambda: words.count(b"\xff"))
    print(f"({len(words) / 1e6:,.0f} MB of words)")
    part = next(iter(session.rows.splits.values())).with_format(None).select(range(peer_rows))
    clock(
        "peer: ds.filter for two characters",
        lambda: part.filter(
            lambda messages: any("山水" in m["content"] for m in messages),
            input_columns="messages",
            load_from_cache_file=False,
        ),
    )
    taken = clock.taken
    search = taken["search two Chinese characters"]
    peer = taken["peer: ds.filter for two characters"] * session.total / peer_rows
    print(f"a search takes {search / taken['bound: one look at all words']:.1f} times the bound,")
    print(f"and ds.filter over all rows {peer / search:.0f} times as long as a search")


if __name__ == "__main__":
    main()
