"""What dies on a cluster costs the requests that were in flight, and no row.

Each job runs in a process of its own on a cluster of two nodes and a head, all on this machine.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from chat_server import running

pytest.importorskip("ray.data", reason="needs ray: pip install 'ray[data]'")
pytest.importorskip("psutil", reason="needs psutil, to find a worker")

JOB = Path(__file__).with_name("kill_job.py")
IN_FLIGHT = 8
BUILD = """
import sys
import hf_sft_builders as sft
sft.ray.build("classification", data_dir=sys.argv[2], labels=["a", "b"], model="m",
              base_url=sys.argv[1], max_concurrency=8, address="local")
print(len(sft.last_run().sources), sft.last_run().counts["rows"])
"""


@pytest.mark.parametrize("kinds", ["worker,service", "node"])
def test_a_kill_costs_the_requests_in_flight(kinds, tmp_path):
    """A worker, the service and a node, killed with SIGKILL while requests are on their way."""
    rows, kills = 120, kinds.count(",") + 1
    with running(latency=0.15) as server:
        job = subprocess.run(
            [sys.executable, str(JOB), server.base_url, kinds, str(rows), str(IN_FLIGHT)],
            env={**os.environ, "HF_HOME": str(tmp_path), "TMPDIR": "/tmp"},
            capture_output=True,
            check=False,
            text=True,
        )
        assert 0 == job.returncode, job.stderr[-4000:]
        told = next(json.loads(line) for line in job.stdout.splitlines() if line[:1] == "{")
        assert {"killed": kinds.split(","), "rows": rows, "right": True, "inputs": rows} == told
        assert rows <= server.stats()["requests"] <= rows + kills * IN_FLIGHT
        assert server.stats()["max_in_flight"] <= IN_FLIGHT * 2


def test_a_job_that_is_killed_whole_goes_on(tmp_path):
    """`kill -9` of driver, service and all: the same call asks what was in flight, no more."""
    docs = tmp_path / "docs"
    docs.mkdir()
    for file in range(6):
        lines = [json.dumps({"text": f"text {file} {n}", "label": ""}) for n in range(20)]
        (docs / f"{file}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with running(latency=0.15, answer='{"label": "a"}') as server:
        command = [sys.executable, "-c", BUILD, server.base_url, str(docs)]
        known = {"env": {**os.environ, "HF_HOME": str(tmp_path / "home")}, "text": True}
        job = subprocess.Popen(
            command, **known, start_new_session=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while job.poll() is None and server.stats()["requests"] < 60:
            time.sleep(0.01)
        os.killpg(job.pid, signal.SIGKILL)
        job.wait()
        assert server.stats()["requests"] < 120
        done = subprocess.run(command, **known, capture_output=True, check=False)
        assert 0 == done.returncode, done.stderr[-4000:]
        assert "6 120" == done.stdout.splitlines()[-1]
        assert 120 <= server.stats()["requests"] <= 120 + IN_FLIGHT
