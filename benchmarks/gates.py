"""Gates over Arrow tables: ratios against a plain Python loop and one pass over the same text.

    python benchmarks/gates.py [--rows 1000000] [--peer-rows 20000]

The loop does what each gate does, row by row, without Arrow: the same rules, called for every text.
It is timed on fewer rows of the same kind. The pass reads the same file and counts the code points
of every text. Times are CPU seconds of this process; one thread.
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import hf_sft_builders as sft
from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.quality.judging import judge_any
from hf_sft_builders.quality.personal_data import find_personal_data
from hf_sft_builders.quality.secret_patterns import find_secrets

BATCH = 10_000
_SENTENCES = [
    "望云楼是古城的标志，建于明正统六年，高 28.6 米，共四层。",
    "门票 80 元／人，开放时间 8:00—18:00，节假日照常开放。",
    "The tower is open from 8:00 to 18:00 on all days of the year.",
    "Breakfast is included, and the room can be cancelled until 2024-05-01.",
    "请在入住前三天确认订单，订单号 20240101123456789。",
    "It was built in 1441 by the families of the town, and rebuilt twice.",
]
_SPECIAL = [
    "联系 zhang.san@corp.com.cn 预订。",
    "电话 13800138000，请在工作日拨打。",
    "<div>特价</div>",
    "password: tR7#kP2$mQ9z!Lx",
    "抱歉，我无法回答这个问题。",
]
GATES = {
    "length": sft.gate_length(10, 4000),
    "language": sft.gate_language("zh", "en"),
    "pii": sft.gate_pii(),
    "secrets": sft.gate_secrets(),
    "encoding": sft.gate_encoding(),
    "residue": sft.gate_residue(),
    "placeholder": sft.gate_placeholder(),
    "refusal": sft.gate_refusal(),
    "repetition": sft.gate_repetition(),
    "structure": sft.gate_structure(),
    "words": sft.gate_words(["blockhead", "son of a gun", "笨蛋", "坏东西"]),
}


def make(path: Path, rows: int) -> None:
    """Write conversations of 150 to 500 characters, Chinese or English; one in fifty is special."""
    chance = random.Random(0)
    schema = pa.schema(
        [("messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])))]
    )
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
        for start in range(0, rows, BATCH):
            made = [[_chat(chance)] for _ in range(min(BATCH, rows - start))]
            writer.write_table(pa.table({"messages": [row for [row] in made]}, schema=schema))


def _chat(chance: random.Random) -> list[dict[str, str]]:
    own = (
        _SENTENCES[:2] + _SENTENCES[4:5]
        if chance.random() < 0.5
        else _SENTENCES[2:4] + _SENTENCES[5:]
    )
    answer = chance.choices(own, k=chance.randint(3, 9))
    if chance.random() < 0.02:
        answer.insert(0, chance.choice(_SPECIAL))
    asked = f"{chance.choice(own)} {chance.randint(1, 10**6)}?"
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": " ".join(answer)}]


def tables(path: Path) -> Iterator[pa.Table]:
    """Read the file by batches."""
    with pa.memory_map(str(path)) as source:
        for batch in pa.ipc.open_stream(source):
            yield pa.Table.from_batches([batch])


def texts(row: dict[str, Any]) -> list[str]:
    """All that a row says."""
    return [message["content"] for message in row["messages"]]


def one_pass(path: Path) -> list[Any]:
    """Count the code points of every text."""
    flat = (pc.list_flatten(table["messages"]) for table in tables(path))
    return [pc.sum(pc.utf8_length(pc.struct_field(rows, "content"))) for rows in flat]


def loop(few: list[pa.Table], judge: Callable[[dict[str, Any]], object]) -> list[object]:
    """Judge row by row, as `map` without `batched=True` does: rows become Python objects first."""
    return [judge(row) for table in few for row in table.to_pylist()]


def loops() -> dict[str, Callable[[dict[str, Any]], object]]:
    """What a plain loop does with a row, by gate."""
    reason = {
        name: GATES[name].reason for name in ("encoding", "placeholder", "refusal", "repetition")
    }
    words = re.compile(r"\bblockhead\b|\bson of a gun\b|笨蛋|坏东西", re.IGNORECASE)
    return {
        "length": lambda row: sum(map(len, texts(row))),
        "language": lambda row: detect_language("\n".join(texts(row))),
        "pii": lambda row: [find_personal_data(text) for text in texts(row)],
        "secrets": lambda row: [find_secrets(text) for text in texts(row)],
        "encoding": lambda row: [reason["encoding"](text) for text in texts(row)],
        "placeholder": lambda row: [reason["placeholder"](text) for text in texts(row)],
        "refusal": lambda row: reason["refusal"](texts(row)[-1]),
        "repetition": lambda row: reason["repetition"](texts(row)[-1]),
        "words": lambda row: [words.search(text) for text in texts(row)],
    }


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of some work."""
    start = time.process_time()
    work()
    return time.process_time() - start


def judged(gate: Any, path: Path) -> int:
    """Judge the whole file; how many rows are dropped."""
    return sum(sum(map(bool, judge_any(gate, table).reasons)) for table in tables(path))


def main() -> None:
    """Print a line for each gate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--peer-rows", type=int, default=20_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.arrow")
        make(path, given.rows)
        share = min(1.0, given.peer_rows / given.rows)
        few = [table.slice(0, max(1, round(share * table.num_rows))) for table in tables(path)]
        times = given.rows / sum(table.num_rows for table in few)
        passed, peers = seconds(partial(one_pass, path)), loops()
        print(f"{given.rows:,} rows; one pass over the text: {passed:.2f} s CPU")
        for name, gate in GATES.items():
            spent = seconds(partial(judged, gate, path))
            line = f"{name:12}{spent:8.2f} s {given.rows / spent:12,.0f} rows/s {spent / passed:7.1f} × pass"
            if name in peers:
                peer = times * seconds(partial(loop, few, peers[name]))
                line += f"  {peer / spent:6.1f} × as fast as a loop"
            print(line, flush=True)


if __name__ == "__main__":
    main()
