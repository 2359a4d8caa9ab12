"""A job on a cluster, in a process of its own, so that it can be killed.

    python job.py map|build <address of the cluster, or local> <address of the chat server> <requests in flight>

Prints one line of JSON: the rows that came, how many inputs its account has, and how many shards it
had to work on.
"""

import json
import os
import sys

os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")

import ray
import ray.data

import hf_sft_builders as sft
from hf_sft_builders.ray import building

FILES, LINES = 12, 10
ROWS = FILES * LINES


def main():
    """Run the job, tell."""
    kind, address, base_url, in_flight = sys.argv[1:]
    own = {"num_cpus": 2, "include_dashboard": False} if address == "local" else {}
    ray.init(address, log_to_driver=False, logging_level="ERROR", **own)
    asked = {"model": "m", "model_id": "m", "base_url": base_url, "max_concurrency": int(in_flight)}
    worked = []
    rows = {"map": mapped, "build": built}[kind](asked, worked)
    inputs = sft.last_run().counts["inputs" if kind == "map" else "rows"]
    print(json.dumps({"rows": rows, "inputs": inputs, "shards": sum(worked)}), flush=True)


def mapped(asked, _):
    """Map an op over rows in several blocks."""
    op = sft.generate("Say {text}", **asked)
    spread = ray.data.from_items(
        [{"text": f"row {number:03}"} for number in range(ROWS)], override_num_blocks=FILES
    )
    made = spread.map_batches(op, batch_format="pyarrow").take_all()
    return sorted([row["text"], row["answer"]] for row in made)


def built(asked, worked):
    """Build from the files of the working directory, a shard for each."""
    made = building.ShardMaker._made
    building.ShardMaker._made = lambda self, left: worked.append(len(left)) or made(self, left)
    rows = sft.ray.build("classification", data_dir="docs", labels=["a", "b"], **asked)["train"]
    return [[row["text"], row["label"]] for row in rows]


def expected(kind):
    """Give the rows of a job that nobody disturbs."""
    if kind == "map":
        return [[f"row {n:03}", f"Echo: Say row {n:03}"] for n in range(ROWS)]
    return [[text(file, n), label_of(file)] for file in range(FILES) for n in range(LINES)]


def text(file, number):
    """Give a row of a file."""
    return f"file {file:02} row {number}"


def label_of(file):
    """Say what the model says of a file's rows."""
    return "ab"[file % 2]


if __name__ == "__main__":
    main()
