"""How close the engine comes to the physical limit of a server: C requests in flight, latency L.

    python benchmarks/llm_throughput.py [--rows 5000] [--peers]

The limit is C / L requests per second. Printed for each setting: efficiency (achieved / limit),
processor time per request, and peak memory, through `sft.map(ds, op)` and through a builder, beside
the plain `openai` client on the same server in the same run, and, with `--peers`, beside those of
distilabel, curator and data-designer that are installed. The server is a process of its own on
loopback (`tests/chat_server`). Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

SETTINGS = [(0.2, 64), (0.2, 256), (1.0, 256), (0.2, 1024)]
PROMPT = "请概括下面这段文字的要点，并给出三个关键词。" + "云溪古城位于岚江上游，云顶山南麓。" * 60

ANSWER = (
    '{"pairs": [{"question": "云溪古城在哪里？", "answer": "岚江上游", "evidence": "岚江上游"}]}'
)


def sft_map(base_url: str, latency: float, concurrency: int, rows: int) -> None:
    """Our op over a dataset."""
    from datasets import Dataset

    import hf_sft_builders as sft

    ds = Dataset.from_dict({"n": list(range(rows))})
    op = sft.generate("{n} " + PROMPT, model="m", base_url=base_url, max_concurrency=concurrency)
    report("sft.map", latency, concurrency, rows, lambda: sft.map(ds, op))


def builder(base_url: str, latency: float, concurrency: int, rows: int) -> None:
    """Our builder over a document of so many chunks."""
    from datasets import load_dataset

    import hf_sft_builders  # noqa: F401

    folder = Path(tempfile.mkdtemp())
    text = "\n\n".join(f"# {n}\n\n" + PROMPT[:600] + "。" for n in range(rows))
    (folder / "long.md").write_text(text, encoding="utf-8")

    def build() -> object:
        return load_dataset(
            "hf_sft_builders/pdf_qa",
            data_dir=str(folder),
            model="m",
            base_url=base_url,
            max_concurrency=concurrency,
            chunk_size=700,
            max_failures=1.0,
        )

    report("builder", latency, concurrency, rows, build)


def plain_openai(base_url: str, latency: float, concurrency: int, rows: int) -> None:
    """The `openai` client as it comes, with a semaphore."""
    import openai

    async def all_of_them() -> None:
        client = openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=5)
        gate = asyncio.Semaphore(concurrency)

        async def one(n: int) -> None:
            async with gate:
                await client.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": f"{n} {PROMPT}"}]
                )

        await asyncio.gather(*(one(n) for n in range(rows)))

    report("openai", latency, concurrency, rows, lambda: asyncio.run(all_of_them()))


def distilabel(base_url: str, latency: float, concurrency: int, rows: int) -> None:
    """Its pipeline with one generation step; batches as wide as the limit."""
    from distilabel.llms import OpenAILLM
    from distilabel.pipeline import Pipeline
    from distilabel.steps import LoadDataFromDicts
    from distilabel.steps.tasks import TextGeneration

    def run() -> None:
        with Pipeline(name=f"bench-{time.time()}") as pipeline:
            data = [{"instruction": f"{n} {PROMPT}"} for n in range(rows)]
            load = LoadDataFromDicts(data=data, batch_size=concurrency)
            llm = OpenAILLM(model="m", base_url=base_url, api_key="none")
            load >> TextGeneration(llm=llm, input_batch_size=concurrency)
        pipeline.run(use_cache=False)

    report("distilabel", latency, concurrency, rows, run)


RUNNERS = {run.__name__: run for run in (sft_map, builder, plain_openai, distilabel)}


def report(name: str, latency: float, concurrency: int, rows: int, work: object) -> None:
    """Run and print one line."""
    started, spent = time.perf_counter(), time.process_time()
    work()  # type: ignore[operator]
    wall, cpu = time.perf_counter() - started, time.process_time() - spent
    efficiency = rows * latency / concurrency / wall
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name:<12} {latency:>5.1f} {concurrency:>6} {rows:>7} {efficiency:>8.3f} "
        f"{cpu / rows * 1000:>8.2f} {memory:>8.0f}",
        flush=True,
    )


def main() -> None:
    """Run each setting in a fresh process, ours and the others' in turn."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=5000)
    arguments.add_argument("--peers", action="store_true")
    arguments.add_argument("--one", nargs=4, metavar=("RUNNER", "LATENCY", "CONCURRENCY", "URL"))
    options = arguments.parse_args()
    if options.one:
        runner, latency, concurrency, url = options.one
        RUNNERS[runner](url, float(latency), int(concurrency), options.rows)
        return
    print("client       L (s)      C    rows  of limit  ms CPU  MB peak")
    peers = [name for name in ("distilabel",) if importlib.util.find_spec(name)]
    runners = ["sft_map", "builder", "plain_openai", *(peers if options.peers else [])]
    for latency, concurrency in SETTINGS:
        for runner in runners:
            run_one(runner, latency, concurrency, options.rows)


def run_one(runner: str, latency: float, concurrency: int, rows: int) -> None:
    """Start a server, and the client in a process of its own with an empty cache and store."""
    from chat_server import running  # type: ignore[import-not-found]

    rows = min(rows, 1000) if runner not in ("sft_map", "builder") else rows
    # Another question each time, so that a row is made of each reply.
    answers = [ANSWER.replace("云溪古城", f"云溪古城第 {n} 区") for n in range(rows)]
    with running(latency=latency, script=answers) as server, tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "HF_HOME": home, "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
        environment["HF_UPDATE_DOWNLOAD_COUNTS"] = "0"
        one = [runner, str(latency), str(concurrency), server.base_url]
        command = [sys.executable, __file__, "--rows", str(rows), "--one", *one]
        subprocess.run(command, env=environment, timeout=600, check=False)


if __name__ == "__main__":
    main()
