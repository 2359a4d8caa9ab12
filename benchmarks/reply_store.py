"""The reply store against the bound: appending the same replies to a file, flushed one by one.

Neither loses a reply to `kill -9`. Run it with `python benchmarks/reply_store.py [replies]`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from hf_sft_builders.llm.replies import ReplyStore, StoredReply
from hf_sft_builders.llm.reply_keys import reply_key

Item = TypeVar("Item")

SIZE = 2000
GROUP = 20
QUESTION = [{"role": "user", "content": "Where is the tower? " * 100}]


def main(count: int) -> None:
    """Measure and print."""
    replies = [(key(number), reply(number)) for number in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        bound = measure("append to a file + flush", append(path / "bound"), replies)
        with ReplyStore(path / "one") as store:
            measure("put", lambda item: store.put(*item), replies, bound)
            measure("get, first time", lambda item: store.get(item[0]), replies[::-1], bound)
        with ReplyStore(path / "groups") as store:
            groups = [replies[at : at + GROUP] for at in range(0, count, GROUP)]
            measure(f"put_many of {GROUP}", store.put_many, groups, bound, GROUP)
            keys = [[item[0] for item in group] for group in groups]
            measure(f"get_many of {GROUP}", store.get_many, keys, bound, GROUP)
        measure("reply_key of 2 kB", lambda item: key(item[1].tokens_in), replies, bound)
        print(f"{(path / 'one').stat().st_size / count:.0f} bytes on disk per reply of {SIZE}")


def key(number: int) -> bytes:
    """Give the key of a request of two kilobytes."""
    sampling = {"temperature": 0.7, "max_tokens": 512, "seed": number}
    return reply_key(QUESTION, model="m", endpoint="http://localhost:8000/v1", parameters=sampling)


def reply(number: int) -> StoredReply:
    """Give a reply of a common size."""
    raw = f"{number} ".ljust(SIZE, "x")
    return StoredReply(raw, "m", "http://localhost:8000/v1", number, 500, label="benchmark")


def append(path: Path) -> Callable[[tuple[bytes, StoredReply]], object]:
    """Give the bound: what no store that survives a kill can be faster than."""
    file = path.open("a", encoding="utf-8")

    def write(item: tuple[bytes, StoredReply]) -> None:
        file.write(f"{item[0].hex()} {item[1].raw}\n")
        file.flush()

    return write


def measure(
    name: str,
    act: Callable[[Item], object],
    items: Sequence[Item],
    bound: float | None = None,
    each: int = 1,
) -> float:
    """Print rate, CPU time and pauses of an act; give its CPU microseconds per reply."""
    pauses = []
    wall, cpu = time.perf_counter(), time.process_time()
    for item in items:
        begun = time.perf_counter()
        act(item)
        pauses.append(time.perf_counter() - begun)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    per_reply = cpu / len(items) / each * 1e6
    pauses.sort()
    ratio = f"{per_reply / bound:5.1f} x the bound's CPU" if bound else "  the bound"
    print(
        f"{name:26} {len(items) * each / wall:9,.0f}/s {per_reply:6.1f} µs CPU {ratio}; "
        f"99 % within {pauses[len(pauses) * 99 // 100] * 1e6:.0f} µs, "
        f"longest {pauses[-1] * 1e3:.1f} ms"
    )
    return per_reply


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
