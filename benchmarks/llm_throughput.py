"""How close the engine comes to the physical limit of a server: C requests in flight, latency L.

    python benchmarks/llm_throughput.py [--rows 5000] [--peers [PYTHON ...]]

The limit is C / L requests per second, L being the mean where there is a long tail. Printed for each
setting: efficiency (achieved / limit), processor time per request, and peak memory, through
`sft.map(ds, op)` and through a builder, beside bare sockets that only write and read (what this
machine allows at that moment) and the plain `openai` client on the same server in the same run, and,
with `--peers`, beside those of distilabel, curator and data-designer that are installed here or in
the environments whose interpreters are named (no one environment holds all). The server is a process
of its own on loopback (`tests/chat_server`). What imports and set-up cost is not counted, for us or
for them, and peers get fewer rows where they are slow. Run it on a quiet machine; the last column
says how much of the processors' time others had (Linux: of a virtual machine, its neighbours too).
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

LINE = "result: "
ENVIRONMENT = {
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "HF_UPDATE_DOWNLOAD_COUNTS": "0",
    "NEMO_TELEMETRY_ENABLED": "false",
    "TELEMETRY_ENABLED": "false",
    "OPENAI_API_KEY": "none",
}
# Latency in seconds, requests in flight, and the sigma of a long tail (lognormal, latency its median).
SETTINGS = [
    (0.2, 64, 0.0),
    (0.2, 256, 0.0),
    (1.0, 256, 0.0),
    (0.2, 1024, 0.0),
    (0.3, 64, 0.8),
    (0.3, 256, 0.8),
]
PROMPT = "请概括下面这段文字的要点，并给出三个关键词。" + "云溪古城位于岚江上游，云顶山南麓。" * 60

ANSWER = (
    '{"pairs": [{"question": "云溪古城在哪里？", "answer": "岚江上游", "evidence": "岚江上游"}]}'
)


def sft_map(base_url: str, latency: float, concurrency: int, rows: int) -> None:
    """Our op over a dataset."""
    from datasets import Dataset

    import hf_sft_builders as sft
    import hf_sft_builders.llm.conversation

    ds = Dataset.from_dict({"n": list(range(rows))})
    op = sft.generate("{n} " + PROMPT, model="m", base_url=base_url, max_concurrency=concurrency)
    report("sft.map", latency, concurrency, rows, lambda: sft.map(ds, op))


def builder(base_url: str, latency: float, concurrency: int, rows: int) -> None:
    """Our builder over a document of so many chunks."""
    from datasets import load_dataset

    import hf_sft_builders
    import hf_sft_builders.builders.pdf_qa
    import hf_sft_builders.llm.conversation  # noqa: F401

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


def sockets(base_url: str, latency: float, concurrency: int, rows: int) -> None:
    """Connections that write the same requests and read to the end of each reply: the floor."""
    place = urlsplit(base_url)
    words = itertools.count()

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        for n in itertools.takewhile(lambda n: n < rows, words):
            question = {"role": "user", "content": f"{n} {PROMPT}"}
            body = json.dumps({"model": "m", "messages": [question]}, ensure_ascii=False).encode()
            head = f"POST {place.path}/chat/completions HTTP/1.1\r\nHost: {place.netloc}\r\n"
            kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write((head + kind).encode() + body)
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(answer.split(b"content-length:")[1].split()[0]))

    async def all_of_them() -> None:
        await asyncio.gather(*(connection() for _ in range(concurrency)))

    report("bare sockets", latency, concurrency, rows, lambda: asyncio.run(all_of_them()))


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


def curator(base_url: str, latency: float, concurrency: int, rows: int) -> None:
    """Its `LLM` with limits out of the way; it counts tokens by a file from the network: estimated."""
    import tiktoken
    from bespokelabs.curator import LLM
    from datasets import Dataset

    class Estimate:
        name = "estimate"

        def encode(self, text: str, **_: object) -> list[int]:
            return [0] * (len(text) // 4)

    class Ask(LLM):  # type: ignore[misc]
        def prompt(self, row: dict[str, str]) -> str:
            return row["text"]

        def parse(self, row: dict[str, str], response: str) -> dict[str, str]:
            return {"answer": response}

    tiktoken.get_encoding = tiktoken.encoding_for_model = lambda _: Estimate()
    limits = {"max_requests_per_minute": 10**6, "max_tokens_per_minute": 10**9}
    endpoint = {"base_url": base_url, "api_key": "none", "max_concurrent_requests": concurrency}
    llm = Ask(model_name="m", backend="openai", backend_params={**limits, **endpoint})
    ds = Dataset.from_dict({"text": [f"{n} {PROMPT}" for n in range(rows)]})
    report("curator", latency, concurrency, rows, lambda: llm(ds))


def data_designer(base_url: str, latency: float, concurrency: int, rows: int) -> None:
    """Its designer with one text column over a seed table."""
    import pandas as pd
    from data_designer import config
    from data_designer.interface import DataDesigner

    provider = config.ModelProvider(
        name="local", endpoint=base_url, provider_type="openai", api_key="none"
    )
    limits = config.ChatCompletionInferenceParams(max_parallel_requests=concurrency)
    model = config.ModelConfig(alias="m", model="m", provider="local", inference_parameters=limits)
    design = config.DataDesignerConfigBuilder(model_configs=[model])
    seed = pd.DataFrame({"text": [f"{n} {PROMPT}" for n in range(rows)]})
    design.with_seed_dataset(config.DataFrameSeedSource(df=seed))
    design.add_column(
        config.LLMTextColumnConfig(name="answer", prompt="{{ text }}", model_alias="m")
    )
    designer = DataDesigner(artifact_path=tempfile.mkdtemp(), model_providers=[provider])
    report(
        "data_designer",
        latency,
        concurrency,
        rows,
        lambda: designer.create(design, num_records=rows),
    )


OURS = {run.__name__: run for run in (sockets, sft_map, builder)}
PEERS = {
    "plain_openai": (plain_openai, "openai"),
    "distilabel": (distilabel, "distilabel"),
    "curator": (curator, "bespokelabs"),
    "data_designer": (data_designer, "data_designer"),
}
RUNNERS = OURS | {name: run for name, (run, _) in PEERS.items()}


def report(name: str, latency: float, concurrency: int, rows: int, work: object) -> None:
    """Run and print one line."""
    started, spent, before = time.perf_counter(), time.process_time(), processors_time()
    work()  # type: ignore[operator]
    wall, cpu = time.perf_counter() - started, time.process_time() - spent
    busy, stolen = (now - then for now, then in zip(processors_time(), before, strict=True))
    efficiency = rows * latency / concurrency / wall
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{LINE}{name:<14} {latency:>5.2f} {concurrency:>6} {rows:>7} {efficiency:>8.3f} "
        f"{cpu / rows * 1000:>8.2f} {memory:>8.0f} {100 * stolen / max(busy, 1):>8.1f}",
        flush=True,
    )


def processors_time() -> tuple[int, int]:
    """Give the ticks that all processors had so far, and how many of them went to neighbours."""
    known = Path("/proc/stat")
    ticks = known.read_text().split("\n")[0].split()[1:] if known.exists() else []
    return sum(map(int, ticks[:8])), sum(map(int, ticks[7:8]))


def main() -> None:
    """Run each setting in a fresh process, ours and the others' in turn."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=5000)
    arguments.add_argument("--peers", nargs="*", metavar="PYTHON")
    arguments.add_argument("--one", nargs=4, metavar=("RUNNER", "LATENCY", "CONCURRENCY", "URL"))
    options = arguments.parse_args()
    if options.one:
        runner, latency, concurrency, url = options.one
        RUNNERS[runner](url, float(latency), int(concurrency), options.rows)
        return
    homes = dict.fromkeys(OURS, sys.executable) | found_peers(options.peers)
    print("client           L (s)      C    rows  of limit  ms CPU  MB peak % stolen")
    for latency, concurrency, sigma in SETTINGS:
        for runner, python in homes.items():
            rows = options.rows if runner in OURS else min(options.rows, 1000)
            run_one(python, runner, (latency, sigma), concurrency, rows)


def found_peers(interpreters: list[str] | None) -> dict[str, str]:
    """Say which interpreter has which peer; without `--peers`, the plain client only."""
    wanted = {"plain_openai": PEERS["plain_openai"]} if interpreters is None else PEERS
    found: dict[str, str] = {}
    for name, (_, module) in wanted.items():
        for python in (sys.executable, *(interpreters or ())):
            there = subprocess.run(
                [python, "-c", f"import {module}"], check=False, capture_output=True
            )
            if there.returncode == 0:
                found.setdefault(name, python)
    return found


def run_one(
    python: str, runner: str, tail: tuple[float, float], concurrency: int, rows: int
) -> None:
    """Start a server, and the client in a process of its own with an empty cache and store."""
    from chat_server import running  # type: ignore[import-not-found]

    # Another question each time, so that a row is made of each reply.
    answers = [ANSWER.replace("云溪古城", f"云溪古城第 {n} 区") for n in range(rows)]
    latency, sigma = tail
    mean = latency * math.exp(sigma**2 / 2)
    server_options = {"latency": latency, "latency_sigma": sigma, "script": answers}
    with running(**server_options) as server, tempfile.TemporaryDirectory() as home:
        one = [runner, str(mean), str(concurrency), server.base_url]
        command = [python, __file__, "--rows", str(rows), "--one", *one]
        done = subprocess.run(
            command,
            env={**os.environ, **ENVIRONMENT, "HF_HOME": home, "CURATOR_CACHE_DIR": home},
            timeout=900,
            check=False,
            text=True,
            capture_output=True,
        )
        lines = [line for line in done.stdout.splitlines() if line.startswith(LINE)]
        print(
            lines[-1].removeprefix(LINE) if lines else f"{runner}: {done.stderr[-300:]}", flush=True
        )


if __name__ == "__main__":
    main()
