"""How the engine settles under a server's limits: goodput against the limit, and refusals.

    python benchmarks/rate_limits.py [--seconds 20]

Two limits: 50 requests per second with a burst of 25 and `Retry-After`, and 32 requests in flight
without it. Goodput is what was accepted per second, against what the limit allows.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

LATENCY = 0.2
LIMITS: dict[str, tuple[float, dict[str, Any]]] = {
    "50 requests/s": (50.0, {"requests_per_second": 50, "burst": 25}),
    "32 in flight": (32 / LATENCY, {"max_in_flight": 32, "retry_after": None}),
}


def main() -> None:
    """Run both limits for about so many seconds."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=20)
    seconds = arguments.parse_args().seconds
    print("limit            rows  goodput  of limit  refusals per request  lost")
    for name, (allowed, settings) in LIMITS.items():
        print(f"{name:<14} {settle(allowed, int(allowed * seconds), settings)}", flush=True)


def settle(allowed: float, rows: int, settings: dict[str, Any]) -> str:
    """Send so many requests against one limit."""
    from chat_server import running  # type: ignore[import-not-found]

    from hf_sft_builders.llm import ChatRequest, OpenAIChat, Reply, Runtime

    os.environ["HF_SFT_REPLIES"] = tempfile.mktemp(suffix=".sqlite")
    with running(latency=LATENCY, answer="yes", **settings) as server:
        model = OpenAIChat("m", server.base_url)
        requests = (ChatRequest.ask(f"{n} {'word ' * 200}") for n in range(rows))
        started = time.perf_counter()
        replies = list(model.replies(requests, Runtime(max_concurrency=256)))
        goodput = rows / (time.perf_counter() - started)
        refused = server.stats()["statuses"].get("429", 0)
    lost = sum(not isinstance(reply, Reply) for reply in replies)
    return f"{rows:>7} {goodput:>7.1f} {goodput / allowed:>9.2f} {refused / rows:>14.3f} {lost:>13}"


if __name__ == "__main__":
    main()
