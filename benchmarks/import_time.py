"""What importing the package adds to importing `datasets`: alternating fresh processes, medians."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

STATEMENTS = {"datasets": "import datasets", "ours": "import datasets, hf_sft_builders"}
ROUNDS = 9


def seconds(statement: str) -> float:
    """Time one fresh process."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - started


def main() -> None:
    """Print both medians, the difference and the ratio."""
    for statement in STATEMENTS.values():
        seconds(statement)  # byte code
    times = {name: [] for name in STATEMENTS}  # type: dict[str, list[float]]
    for _ in range(ROUNDS):
        for name, statement in STATEMENTS.items():
            times[name].append(seconds(statement))
    plain, ours = (statistics.median(times[name]) for name in STATEMENTS)
    print(f"import datasets                  {plain:.3f} s")
    print(f"import datasets, hf_sft_builders {ours:.3f} s")
    print(f"added {ours - plain:.3f} s, ratio {ours / plain:.3f}")


if __name__ == "__main__":
    main()
