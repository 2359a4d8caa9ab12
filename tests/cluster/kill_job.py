"""A job on a cluster of several nodes of this machine, and what is killed under it.

    python kill_job.py <address of the chat server> <kinds: worker, node, service> <rows> <in flight>

Prints one line of JSON: what was killed, how many rows came, and whether they are the right ones.
"""

import json
import os
import signal
import sys
import threading
import time
import urllib.request

os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import ray
import ray.data
from ray.cluster_utils import Cluster

import hf_sft_builders as sft
from hf_sft_builders.ray import joining

OBJECTS = 80 * 2**20


def main():
    """Run the job, kill, tell."""
    base_url, kinds, rows, in_flight = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    cluster = Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": 0,
            "include_dashboard": False,
            "object_store_memory": OBJECTS,
        },
    )
    nodes = [cluster.add_node(num_cpus=2, object_store_memory=OBJECTS) for _ in range(2)]
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    items = [{"text": f"row {n}"} for n in range(rows)]
    op = sft.generate("Say {text}", model="m", base_url=base_url, max_concurrency=in_flight)
    done = []
    wanted = [kind for kind in kinds.split(",") if kind]
    killer = threading.Thread(
        target=kill_all, args=(wanted, base_url, rows, cluster, nodes, done), daemon=True
    )
    killer.start()
    spread = ray.data.from_items(items, override_num_blocks=8)
    made = spread.map_batches(op, batch_format="pyarrow").take_all()
    killer.join(1)
    expected = sorted(f"Echo: Say row {n}" for n in range(rows))
    told = {
        "killed": done,
        "rows": len(made),
        "right": expected == sorted(row["answer"] for row in made),
        "inputs": sft.last_run().counts["inputs"],
    }
    print(json.dumps(told), flush=True)
    ray.shutdown()
    cluster.shutdown()


def kill_all(kinds, base_url, rows, cluster, nodes, done):
    """Kill one after the other, when a part of the requests is there."""
    for number, kind in enumerate(kinds, 1):
        while requests(base_url) < rows * number // (len(kinds) + 1):
            time.sleep(0.01)
        if kind == "node":
            cluster.remove_node(nodes.pop(), allow_graceful=False)
            done.append(kind)
            cluster.add_node(num_cpus=2, object_store_memory=OBJECTS)
        elif kind == "service":
            [actor] = joining._services.values()
            os.kill(ray.get(actor.process.remote()), signal.SIGKILL)
            done.append(kind)
        else:
            os.kill(one_worker(cluster), signal.SIGKILL)
            done.append(kind)


def one_worker(cluster):
    """Give the process of a worker that runs the op."""
    import psutil

    for node in cluster.worker_nodes:
        [raylet] = node.all_processes["raylet"]
        for child in psutil.Process(raylet.process.pid).children(recursive=True):
            if any("MapBatches" in word for word in child.cmdline()):
                return child.pid
    raise RuntimeError("no worker runs the op")


def requests(base_url):
    """Count what the server has seen."""
    stats = base_url.removesuffix("/v1") + "/_stats"
    return json.load(urllib.request.urlopen(stats))["requests"]


if __name__ == "__main__":
    main()
