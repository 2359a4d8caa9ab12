"""Conversion and files at the speed of Arrow: ratios against a row-wise converter and a plain copy.

    python benchmarks/formats.py [--rows 1000000] [--peer-rows 20000] [--runs 5]
                                 [--only "ours,copy"] [--beside 0]

Each way runs in a process of its own over the same Arrow file, so that CPU time and memory are its
own. Where a machine has other work, CPU time is uneven, too: `--runs` takes all ways in turn so
often, and prints medians, of ratios within one turn. The row-wise peer is our own equivalent of
what LLaMA-Factory's `AlpacaDatasetConverter` does (`Dataset.map` by row: prompt of history, query
and input; response; system; tools and media). Beside the converter of its 0.9.5 wheel, on the same
rows, ours was 2 to 8 % faster. It is timed on fewer rows of the same kind. The other ways go on to
ShareGPT, which the peer does not. A tenth of the rows have a system prompt, a tenth a history
(`--beside`): then all texts are copied a second time, to take the prompts out; rows of the dataset
that gave the layout its name have neither (`--beside 0`).
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa

BATCH = 20_000
_WORDS = ["云溪古城", "the opening hours", "门票八十元", "望云楼高二十八米", "breakfast", "第二天"]


def make(path: Path, rows: int, beside: float) -> None:
    """Write Alpaca rows: Chinese and English, some with input, system and history."""
    chance = random.Random(0)
    texts = [" ".join(chance.choices(_WORDS, k=chance.randint(3, 28))) for _ in range(5000)]
    pairs = [[[q, a]] for q, a in zip(texts[:500], texts[500:1000], strict=True)]
    schema = pa.schema(
        [(name, pa.string()) for name in ("instruction", "input", "output", "system")]
        + [("history", pa.list_(pa.list_(pa.string())))]
    )
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
        for start in range(0, rows, BATCH):
            count = min(BATCH, rows - start)
            columns = {
                "instruction": chance.choices(texts, k=count),
                "input": [
                    t if chance.random() < 0.3 else "" for t in chance.choices(texts, k=count)
                ],
                "output": chance.choices(texts, k=count),
                "system": ["你是助手。" if chance.random() < beside else "" for _ in range(count)],
                "history": [
                    chance.choice(pairs) if chance.random() < beside else [] for _ in range(count)
                ],
            }
            writer.write_table(pa.table(columns, schema=schema))


def batches(path: Path) -> Iterator[pa.Table]:
    """Read the file by batches."""
    with pa.memory_map(str(path)) as source:
        for batch in pa.ipc.open_stream(source):
            yield pa.Table.from_batches([batch])


def ours(path: Path, out: Path) -> int:
    """Alpaca → records → messages → records → ShareGPT, to a file."""
    from hf_sft_builders.formats import get_format

    alpaca, messages, sharegpt = map(get_format, ("alpaca", "messages", "sharegpt"))
    columns = list(sharegpt.features)

    def convert(table: pa.Table) -> pa.Table:
        chats = messages.from_records(alpaca.to_records(table))
        return sharegpt.from_records(messages.to_records(chats)).select(columns)

    return _written(map(convert, batches(path)), out)


def to_messages(path: Path, out: Path) -> int:
    """Alpaca → messages alone, which is what the row-wise converter does."""
    from hf_sft_builders.formats import get_format

    alpaca, messages = map(get_format, ("alpaca", "messages"))
    tables = (messages.from_records(alpaca.to_records(table)) for table in batches(path))
    return _written((table.select(["messages"]) for table in tables), out)


def copy(path: Path, out: Path) -> int:
    """Read and write the same bytes: the bound."""
    return _written(batches(path), out)


def copy_texts_twice(path: Path, out: Path) -> int:
    """Copy the file, and its bytes twice in memory: what no way around Arrow's layout can avoid.

    Messages want all texts of a row side by side (once), and ShareGPT has no system messages among
    them (once more); the rest is offsets and roles.
    """

    def copied(table: pa.Table) -> pa.Table:
        for _ in range(2):
            kept = [
                pa.py_buffer(np.frombuffer(buffer, np.uint8).copy())
                for column in table.columns
                for buffer in column.chunk(0).buffers()
                if buffer is not None and buffer.size
            ]
            del kept
        return table

    return _written(map(copied, batches(path)), out)


def _written(tables: Iterator[pa.Table], out: Path) -> int:
    rows = 0
    first = next(tables)
    with pa.OSFile(str(out), "wb") as sink, pa.ipc.new_stream(sink, first.schema) as writer:
        while first is not None:
            writer.write_table(first)
            rows += first.num_rows
            first = next(tables, None)
    return rows


def row_wise(path: Path, out: Path) -> int:
    """What LLaMA-Factory's Alpaca converter does for each row."""

    def convert(example: dict[str, Any]) -> dict[str, Any]:
        prompt = []
        for old_prompt, old_response in example["history"] or []:
            prompt.append({"role": "user", "content": old_prompt})
            prompt.append({"role": "assistant", "content": old_response})
        query = [part for part in (example["instruction"], example["input"]) if part]
        prompt.append({"role": "user", "content": "\n".join(query)})
        return {
            "_prompt": prompt,
            "_response": [{"role": "assistant", "content": example["output"]}],
            "_system": example["system"] or "",
            "_tools": "",
            "_images": None,
            "_videos": None,
            "_audios": None,
        }

    return _mapped(path, out, convert, batched=False)


def batched(path: Path, out: Path) -> int:
    """`Dataset.map(batched=True)` with Python lists: Alpaca → messages → ShareGPT."""

    def convert(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        chats = []
        for instruction, given, output, system, history in zip(*batch.values(), strict=True):
            turns = [{"role": "system", "content": system}] if system else []
            for asked, answered in history:
                turns += [{"role": "user", "content": asked}]
                turns += [{"role": "assistant", "content": answered}]
            question = f"{instruction}\n{given}" if given else instruction
            turns += [{"role": "user", "content": question}]
            turns += [{"role": "assistant", "content": output}]
            chats.append(turns)
        names = {"user": "human", "assistant": "gpt"}
        made: dict[str, list[Any]] = {"conversations": [], "system": [], "tools": []}
        for turns in chats:
            leads = turns[0]["role"] == "system"
            made["system"].append(turns[0]["content"] if leads else "")
            made["conversations"].append(
                [{"from": names[t["role"]], "value": t["content"]} for t in turns[leads:]]
            )
            made["tools"].append("")
        return made

    return _mapped(path, out, convert, batched=True)


def _mapped(path: Path, out: Path, convert: Callable[..., Any], batched: bool) -> int:
    import datasets

    datasets.disable_progress_bars()
    ds = datasets.Dataset.from_file(str(path))
    options = {"batched": batched, "cache_file_name": str(out), "load_from_cache_file": False}
    made = ds.map(convert, remove_columns=ds.column_names, **options)
    rows: int = made.num_rows
    return rows


def check_rows(path: Path, out: Path) -> int:
    """`sft.check` over all rows."""
    from hf_sft_builders.formats.checking import check

    return check(path, "alpaca").rows


def _write(suffix: str) -> Callable[[Path, Path], int]:
    def run(path: Path, out: Path) -> int:
        from hf_sft_builders.formats.files import write_tables

        return write_tables(batches(path), out.with_suffix(suffix))

    return run


def _read(suffix: str) -> Callable[[Path, Path], int]:
    def run(path: Path, out: Path) -> int:
        from hf_sft_builders.formats.files import read_tables

        return sum(table.num_rows for table in read_tables(out.with_suffix(suffix)))

    return run


def json_by_row(path: Path, out: Path) -> int:
    """Read JSON Lines with Python's `json`, a row at a time, into tables."""
    rows: list[Any] = []
    with out.with_suffix(".jsonl").open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            rows.append(json.loads(line))
            if number % BATCH == 0:
                pa.Table.from_pylist(rows[-BATCH:])
                rows.clear()
    return number


FILES = (".jsonl", ".json", ".csv", ".parquet", ".arrow", ".jsonl.zst", ".jsonl.gz")
WAYS: dict[str, Callable[[Path, Path], int]] = {
    "row-wise (peer)": row_wise,
    "batched Python lists": batched,
    "ours, to ShareGPT": ours,
    "ours, to messages": to_messages,
    "copy (bound)": copy,
    "copy, texts twice more": copy_texts_twice,
    "sft.check": check_rows,
    **{f"write {suffix}": _write(suffix) for suffix in FILES},
    **{f"read {suffix}": _read(suffix) for suffix in FILES},
    "read .jsonl by row": json_by_row,
}


def measure(way: str, path: Path, out: Path) -> dict[str, float]:
    """Run one way here; give rows, seconds and the memory above what was there before."""
    import datasets  # noqa: F401  # part of no way

    import hf_sft_builders.formats  # noqa: F401

    before = resource.getrusage(resource.RUSAGE_SELF)
    started, cpu = time.perf_counter(), time.process_time()
    rows = WAYS[way](path, out)
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    after = resource.getrusage(resource.RUSAGE_SELF)
    system, peak = after.ru_stime - before.ru_stime, after.ru_maxrss - before.ru_maxrss
    return {"rows": rows, "wall": wall, "cpu": cpu, "system": system, "peak": peak / 1024}


def main() -> None:
    """Print rows per second of CPU and ratios, all from this run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--peer-rows", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--beside", type=float, default=0.1, help="share with a system prompt")
    parser.add_argument("--child", nargs=3)
    options = parser.parse_args()
    if options.child:
        way, path, out = options.child
        print(json.dumps(measure(way, Path(path), Path(out))))
        return
    with tempfile.TemporaryDirectory() as folder:
        whole, part = Path(folder) / "whole.arrows", Path(folder) / "part.arrows"
        whole, part = whole.with_suffix(".arrow"), part.with_suffix(".arrow")
        make(whole, options.rows, options.beside)
        make(part, options.peer_rows, options.beside)
        print(f"{options.rows:,} rows, {whole.stat().st_size / 1e6:,.0f} MB of Arrow")
        ways = [w for w in WAYS if "peer" in w or any(o in w for o in options.only.split(","))]
        paths = {way: part if "peer" in way else whole for way in ways}
        _in_a_process("copy (bound)", whole)  # who writes first pays for a fresh file
        turns = []
        for _ in range(options.runs):
            turns.append({way: _in_a_process(way, paths[way]) for way in ways})
        _print(ways, turns)


def _out(path: Path) -> Path:
    return path.with_name(f"{path.stem}-out.arrow")


def _in_a_process(way: str, path: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", way, str(path), str(_out(path))]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _print(ways: list[str], turns: list[dict[str, dict[str, float]]]) -> None:
    """Print medians over the turns, and the range of the ratio to the peer."""
    titles = ("rows/s wall", "rows/s CPU", "µs CPU", "in system", "× peer CPU", "range", "peak MB")
    print(f"{'way':24}" + "".join(f"{title:>13}" for title in titles))
    peer = next(way for way in ways if "peer" in way)
    for way in ways:
        found = [turn[way] for turn in turns]
        wall, cpu, system = (median(_each(f, c) for f in found) for c in ("wall", "cpu", "system"))
        ratios = [_each(turn[peer], "cpu") / _each(turn[way], "cpu") for turn in turns]
        spread = f"{min(ratios):.1f}..{max(ratios):.1f}"
        print(
            f"{way:24}{1 / wall:13,.0f}{1 / cpu:13,.0f}{1e6 * cpu:13.2f}{1e6 * system:13.2f}"
            f"{median(ratios):13.1f}{spread:>13}{max(f['peak'] for f in found):13,.0f}"
        )


def _each(found: dict[str, float], clock: str) -> float:
    """Give seconds per row."""
    return found[clock] / found["rows"]


if __name__ == "__main__":
    main()
