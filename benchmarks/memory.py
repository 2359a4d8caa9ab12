"""Memory that stays flat: each way through the package at 1×, 4× and 16× the work.

Each case runs in a process of its own, over input that another process has written. Printed are, for each:

* seconds of processor time, of the process and of the readers that it starts;
* MB of its own: the most that the process and its children hold that is backed by no file, read from
  /proc while they run;
* MB in all: peak RSS of the process itself. Datasets lie in memory-mapped files, whose pages count here
  and are taken back by the system whenever it needs them.

and the last line of each case says how often the time and the memory of 1× the last size takes. What
has to grow is in the table of `docs/scale.md`, in bytes per row.

    python benchmarks/memory.py [--only rows,pdf] [--scale 1]
    python benchmarks/memory.py --only jsonl --gigabytes 4      # the last size has so many
    python benchmarks/memory.py --only pdf --pages 5000
    python benchmarks/memory.py --only rows --rows 2000000
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

STEPS = (1, 4, 16)
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
WORKERS = "BENCHMARK_NUM_PROC"
_HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 3500)]
_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "ing")]
_WORDS = [a + b + c for a in _SYLLABLES[::5] for b in _SYLLABLES[::5] for c in _SYLLABLES[::7]]
"""As many as a language has: few words would make all texts alike."""


@dataclass(frozen=True)
class Case:
    """One way through the package."""

    unit: str
    size: int
    """Of the work at 1×."""
    make: Callable[[Path, int], None]
    """Writes the input."""
    run: Callable[[Path], int]
    """Does the work; gives the rows that came out."""


def text(chance: random.Random, length: int) -> str:
    """Give words of no meaning, Chinese and Latin by halves."""
    if chance.random() < 0.5:
        return "".join(chance.choices(_HAN, k=length))
    return " ".join(chance.choices(_WORDS, k=length // 4))


def rows_file(folder: Path, rows: int) -> None:
    """Write rows of Alpaca, one in ten an exact or near copy of an earlier one."""
    chance = random.Random(0)
    recent: list[dict[str, str]] = []
    with (folder / "rows.jsonl").open("w", encoding="utf-8") as stream:
        for number in range(rows):
            row = {"instruction": text(chance, 60), "input": "", "output": text(chance, 240)}
            if recent and chance.random() < 0.1:
                row = dict(chance.choice(recent))
                row["output"] += "。" if chance.random() < 0.5 else ""
            elif number % 100 < 10:
                recent = [*recent[-99:], row]
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def pictures_file(folder: Path, rows: int) -> None:
    """Write an Arrow file of pictures of 120 kB, each with a question and its caption."""
    from datasets import Features, Image, Value
    from datasets.arrow_writer import ArrowWriter

    chance = random.Random(0)
    features = Features({"image": Image(), "text": Value("string"), "caption": Value("string")})
    with ArrowWriter(path=str(folder / "rows.arrow"), features=features) as writer:
        for number in range(rows):
            picture = {"bytes": chance.randbytes(120_000), "path": f"{number}.png"}
            writer.write({"image": picture, "text": text(chance, 20), "caption": text(chance, 40)})
        writer.finalize()


def megabytes_file(folder: Path, megabytes: int) -> None:
    """Write a file of rows of this size."""
    chance, written = random.Random(0), 0
    with (folder / "rows.jsonl").open("w", encoding="utf-8") as stream:
        lines = [
            json.dumps(
                {"instruction": text(chance, 60), "input": "", "output": text(chance, 400)},
                ensure_ascii=False,
            )
            + "\n"
            for _ in range(2000)
        ]
        while written < megabytes * 2**20:
            line = chance.choice(lines)
            written += len(line.encode())
            stream.write(line)


def _page(chance: random.Random, number: int) -> str:
    lines = [f"第 {number} 节"] if number % 3 == 0 else [f"{number} Operation"]
    for paragraph in range(5):
        lines += [f"Pump {number}-{paragraph} runs at {chance.randint(10, 99)} percent."]
        lines += ["".join(chance.choices(_HAN, k=34)) + "。" for _ in range(4)]
        lines += [" ".join(chance.choices(_WORDS, k=11)) + "." for _ in range(3)]
    return "\n".join(lines)


def pdf_files(folder: Path, pages: int) -> None:
    """Write PDFs of fifty pages, and one of the rest."""
    for number, start in enumerate(range(0, pages, 50)):
        pdf_file(folder, min(50, pages - start), f"{number:05d}.pdf")


def pdf_file(folder: Path, pages: int, name: str = "long.pdf") -> None:
    """Write one PDF with headers, headings and text in both languages."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    chance = random.Random(f"{name} {pages}")
    drawn = import_module("tests.pdf_samples").running_header_pdf(
        [_page(chance, n) for n in range(1, pages + 1)]
    )
    (folder / name).write_bytes(drawn)


def manuals(folder: Path, documents: int) -> None:
    """Write Markdown manuals that questions can be found in."""
    chance = random.Random(0)
    for number in range(documents):
        parts = [f"# Manual {number} of pump P{number}\n"]
        for section in range(12):
            parts.append(f"## Part {section} of pump P{number}\n")
            parts.append(
                f"The set point of part {section} of pump P{number} is {chance.randint(10, 99)} bar. "
                f"To replace seal {section}, close valve V{section}, then open drain D{section}.\n"
            )
            parts.append("".join(chance.choices(_HAN, k=300)) + "。\n")
        (folder / f"manual-{number:05d}.md").write_text("\n".join(parts), encoding="utf-8")


def _built(name: str, folder: Path, **options: Any) -> Any:
    from datasets import load_dataset

    workers = int(os.environ.get(WORKERS, "0")) or None
    where = {"data_dir": str(folder), "split": "train", "num_proc": workers}
    return load_dataset(f"hf_sft_builders/{name}", **where, **options)


def run_convert(folder: Path) -> int:
    """JSONL to rows of another format."""
    return len(_built("convert", folder, format="sharegpt"))


def run_documents(folder: Path) -> int:
    """Files to chunks, each file read in the child process, as by default."""
    return len(_built("documents", folder, max_seconds=3600))


def run_rows(folder: Path) -> int:
    """Convert, gate, deduplicate, publish."""
    import hf_sft_builders as sft

    ds = _built("convert", folder)
    ds = sft.apply_gates(ds, ["structure", "length", "repetition", "encoding"]).kept
    ds = sft.deduplicate(ds, method="near").kept
    sft.publish(ds, folder.with_name("published"), license="cc-by-4.0")
    return len(ds)


def run_pictures(folder: Path) -> int:
    """Check, convert, publish."""
    from datasets import Dataset

    import hf_sft_builders as sft

    ds = Dataset.from_file(str(folder / "rows.arrow"))
    sft.check(ds)
    ds = sft.convert(ds, to="multimodal")
    sft.publish(ds, folder.with_name("published"), license="cc-by-4.0")
    return len(ds)


def run_pdf_qa(folder: Path) -> int:
    """Questions and answers without a model."""
    return len(_built("pdf_qa", folder))


def run_map(folder: Path) -> int:
    """An op over a dataset, with its window of rows in flight."""
    import hf_sft_builders as sft

    rows = _built("convert", folder, format="alpaca")
    return len(sft.map(rows, sft.render("问：{}\n答：{}", columns=["instruction", "output"])))


CASES = {
    "jsonl": Case("MB of JSONL, convert", 16, megabytes_file, run_convert),
    "pdf": Case("pages of one PDF, documents", 100, pdf_file, run_documents),
    "pdfs": Case("pages of PDFs of 50, documents", 400, pdf_files, run_documents),
    "rows": Case("rows, convert to publish", 10_000, rows_file, run_rows),
    "pictures": Case("pictures, check to publish", 250, pictures_file, run_pictures),
    "pdf_qa": Case("manuals, pdf_qa", 50, manuals, run_pdf_qa),
    "map": Case("rows, sft.map", 5_000, rows_file, run_map),
}


def child(case: Case, folder: Path, out: Path) -> None:
    """Do the work of one case here; write what it took."""
    import datasets

    import hf_sft_builders  # noqa: F401

    datasets.disable_progress_bars()
    rows = case.run(folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    out.write_text(json.dumps({"rows": rows, "rss": peak / 1024}), encoding="utf-8")


def tree(pid: int, branch: int = 0) -> Iterator[tuple[int, int]]:
    """Give a process and those that it started, each with the child of the first that it is below."""
    yield pid, branch
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for each in (task / "children").read_text().split():
                yield from tree(int(each), branch or int(each))


@dataclass
class Watch:
    """What the processes of a tree take, looked at while they run."""

    anonymous: float = 0.0
    """The most, in MB, that they held together and that no file backs."""
    spent: dict[tuple[int, int], float] = field(default_factory=dict)
    """(process, branch) → seconds of processor time."""

    def look(self, pid: int) -> None:
        """Look once."""
        total = 0
        for each, branch in tree(pid):
            with contextlib.suppress(OSError, IndexError):
                for line in Path(f"/proc/{each}/status").read_text().splitlines():
                    if line.startswith(("RssAnon:", "RssShmem:")):
                        total += int(line.split()[1])
                numbers = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
                self.spent[each, branch] = (int(numbers[11]) + int(numbers[12])) / _TICKS
        self.anonymous = max(self.anonymous, total / 1024)

    def busiest(self) -> float:
        """Give the processor time of the child that took most, with those that it started."""
        branches: dict[int, float] = {}
        for (_, branch), seconds in self.spent.items():
            branches[branch] = branches.get(branch, 0.0) + seconds
        branches.pop(0, None)
        return max(branches.values(), default=0.0)


def measured(name: str, size: int, **more: str) -> dict[str, float]:
    """Run one case at one size, with some more environment.

    Returns:
        `cpu`: seconds of processor time; `own`: MB that no file backs; `rss`: MB in all; `rows`; `wall`
        seconds; `busiest`: processor time of the child that took most; `disk`: bytes of the caches.
    """
    with tempfile.TemporaryDirectory() as place:
        data, out = Path(place) / "data", Path(place) / "out.json"
        data.mkdir()
        _call("make", name, data, size)
        environment = {**os.environ, "HF_HOME": f"{place}/home", "HF_UPDATE_DOWNLOAD_COUNTS": "0"}
        command = [sys.executable, __file__, "--child", "run", name, str(data), str(out)]
        watch, started = Watch(), time.perf_counter()
        process = subprocess.Popen(command, env={**environment, **more})
        while process.poll() is None:
            watch.look(process.pid)
            time.sleep(0.02)
        if process.returncode:
            raise SystemExit(f"{name} at {size} ended with {process.returncode}.")
        told = json.loads(out.read_text())
        told |= {"wall": time.perf_counter() - started, "busiest": watch.busiest()}
        told["disk"] = sum(f.stat().st_size for f in Path(place, "home").rglob("*.arrow"))
        return {**told, "cpu": sum(watch.spent.values()), "own": watch.anonymous or told["rss"]}


def _call(what: str, name: str, data: Path, size: int) -> None:
    command = [sys.executable, __file__, "--child", what, name, str(data), str(size)]
    subprocess.run(command, check=True)


def report(name: str, size: int) -> None:
    """Print the lines of one case."""
    case, found = CASES[name], []
    for step in STEPS:
        told = measured(name, size * step)
        found.append(told)
        print(
            f"{name:8} {size * step:10,} {case.unit:28} {told['cpu']:8.1f} {told['own']:8,.0f} "
            f"{told['rss']:8,.0f} {told['rows']:11,.0f}",
            flush=True,
        )
    first, last = found[0], found[-1]
    print(
        f"{'':8} ×{last['cpu'] / first['cpu']:.1f} the time, ×{last['own'] / first['own']:.2f} the "
        f"memory, for ×{STEPS[-1]} the work; each ×1 of it adds "
        f"{(last['own'] - first['own']) / (STEPS[-1] - 1):.2f} MB\n"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join(CASES))
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies all sizes")
    parser.add_argument("--gigabytes", type=float, help="of the largest JSONL")
    parser.add_argument("--pages", type=int, help="of the largest PDF")
    parser.add_argument("--rows", type=int, help="of the largest run from convert to publish")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        what, name, data, last = options.child
        if what == "make":
            CASES[name].make(Path(data), int(last))
        else:
            child(CASES[name], Path(data), Path(last))
        return
    largest = {
        "jsonl": options.gigabytes and options.gigabytes * 1024,
        "pdf": options.pages,
        "rows": options.rows,
    }
    print(f"{'case':8} {'size':>10} {'':28} {'CPU s':>8} {'MB own':>8} {'MB RSS':>8} {'rows':>11}")
    for name in options.only.split(","):
        asked = largest.get(name)
        report(name, int(asked / STEPS[-1] if asked else CASES[name].size * options.scale))


if __name__ == "__main__":
    main()
