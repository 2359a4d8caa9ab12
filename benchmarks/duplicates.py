"""Near-duplicates: speed, recall, false merges and memory, beside datasketch on the same rows.

    python benchmarks/duplicates.py [--rows 1000000] [--peer-rows 10000] [--template-rows 4000] [--only ours]

Rows are Chinese and English by halves, some 300 characters; one in twenty is an exact copy of an
earlier row, one in twenty an edited one. The true similarity of each planted pair is counted with
Python sets of the same shingles, and so is that of each pair that was merged. The peer gets these very
shingles as text, 128 permutations and its own settings for the threshold; each way runs in a
process of its own. Peer: `pip install datasketch`; without it, only our own figures are printed.

Then rows of one template: 300 characters that all share, and three places filled in, alike but mostly
below the threshold. What they take at n, 2n and 4n rows says whether time grows with their square.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

THRESHOLD = 0.8
_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "ing")]
_HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 3500)]
Pair = tuple[int, int]


def texts(rows: int) -> Iterator[tuple[str, int]]:
    """Give each text and the row that it repeats, -1 for none; copies stand near their original."""
    chance = random.Random(0)
    words = ["".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(8000)]
    recent: list[tuple[int, list[str], bool]] = []
    for row in range(rows):
        kind = chance.random()
        if kind < 0.1 and recent:
            original, units, han = chance.choice(recent)
            if kind < 0.05:
                units = _edited(units, _HAN if han else words, chance)
            yield ("" if han else " ").join(units), original
            continue
        han = chance.random() < 0.5
        units = chance.choices(_HAN if han else words, k=chance.randint(150, 450) if han else 50)
        recent.append((row, units, han))
        recent = recent[-1000:]
        yield ("" if han else " ").join(units), -1


def _edited(units: list[str], pool: list[str], chance: random.Random) -> list[str]:
    """Replace up to a tenth of the words or characters."""
    edited = list(units)
    for place in chance.sample(range(len(units)), chance.randint(1, max(1, len(units) // 10))):
        edited[place] = chance.choice(pool)
    return edited


def make(path: Path, rows: int) -> None:
    """Write the rows as Arrow, with what each repeats."""
    schema = pa.schema([("text", pa.string()), ("planted", pa.int64()), ("row", pa.int64())])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
        found, batch = texts(rows), 10_000
        for start in range(0, rows, batch):
            part = [next(found) for _ in range(min(batch, rows - start))]
            words, planted = zip(*part, strict=True)
            writer.write_table(
                pa.table(
                    [list(words), list(planted), list(range(start, start + len(part)))],
                    schema=schema,
                )
            )


def shingle_set(text: str) -> set[str]:
    """Give the shingles as `quality/shingles.py` defines them, as text, one by one."""
    text = text.lower()
    sizes = [2 if "\u4e00" <= character <= "\u9fff" else 5 for character in text]
    return {text[i : i + n] for i, n in enumerate(sizes) if i + n <= len(text)}


def jaccard(a: str, b: str) -> float:
    """Give the true similarity."""
    one, other = shingle_set(a), shingle_set(b)
    return len(one & other) / len(one | other)


def ours(path: Path) -> list[Pair]:
    """`sft.deduplicate`, over a memory-mapped file."""
    import datasets

    from hf_sft_builders.quality.duplicates import deduplicate

    datasets.disable_progress_bars()
    ds = datasets.Dataset.from_file(str(path))
    done = deduplicate(ds, by="text", method="near", threshold=THRESHOLD)
    left_out = list(done.rejected["row"])
    kept = [int(name.removeprefix("row ")) for name in done.rejected["duplicate_of"]]
    return list(zip(left_out, kept, strict=True))


def datasketch_(path: Path) -> list[Pair]:
    """Datasketch as its documentation shows it: a MinHash for each row, asked for and put in."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=THRESHOLD, num_perm=128)
    pairs = []
    for row, text in enumerate(_column(path, "text")):
        signature = MinHash(num_perm=128)
        signature.update_batch([shingle.encode() for shingle in shingle_set(text)])
        before = index.query(signature)
        pairs += [(row, int(found)) for found in before]
        if not before:
            index.insert(row, signature)
    return pairs


WAYS = {"ours": ours, "datasketch": datasketch_}


def _column(path: Path, name: str) -> list[Any]:
    with pa.memory_map(str(path)) as source:
        return list(pa.ipc.open_stream(source).read_all()[name].to_pylist())


def filled_in(rows: int) -> list[str]:
    """Give rows of one template, with texts of 6 to 117 characters filled in."""
    chance = random.Random(0)

    def han(count: int) -> str:
        return "".join(chance.choices(_HAN, k=count))

    template = han(300)
    return [
        "".join(template[at : at + 100] + han(chance.randrange(2, 40)) for at in (0, 100, 200))
        for _ in range(rows)
    ]


def template(rows: int) -> None:
    """Print what rows of one template take, and how that grows."""
    from hf_sft_builders.quality.duplicates import deduplicate

    before = 0.0
    deduplicate(
        pa.table({"text": filled_in(100)}), by="text", method="near"
    )  # loads what is needed
    for count in (rows, 2 * rows, 4 * rows):
        texts = pa.table({"text": filled_in(count)})
        started = time.process_time()
        done = deduplicate(texts, by="text", method="near", threshold=THRESHOLD)
        cpu = time.process_time() - started
        times = f"× {cpu / before:.1f}" if before else ""
        left_out = len(done.rejected)
        print(f"one template {count:9,} {count / cpu:11,.0f}  CPU {times}  left out {left_out:,}")
        before = cpu


def measure(way: str, path: Path, out: Path) -> None:
    """Run one way here; write its pairs, seconds and memory."""
    import datasets  # noqa: F401  # part of no way

    import hf_sft_builders.formats  # noqa: F401

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, cpu = time.perf_counter(), time.process_time()
    pairs = WAYS[way](path)
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = {"wall": wall, "cpu": cpu, "peak": peak / 1024, "before": before / 1024}
    out.write_text(json.dumps({**told, "pairs": pairs}))


def quality(path: Path, pairs: list[Pair]) -> tuple[dict[tuple[str, str], list[int]], int]:
    """Count planted pairs and found ones by language and band of similarity; and false merges."""
    rows, planted = _column(path, "text"), _column(path, "planted")
    left_out = {row for row, _ in pairs}
    bands: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row, original in enumerate(planted):
        if original < 0 or rows[row] == rows[original]:
            continue
        similarity = jaccard(rows[row], rows[original])
        language = "zh" if rows[row][0] >= "\u4e00" else "en"
        name = next(n for low, n in BANDS if similarity >= low)
        bands[language, name][0] += 1
        bands[language, name][1] += row in left_out
    best: Counter[int] = Counter()
    for row, kept in pairs:
        best[row] |= jaccard(rows[row], rows[kept]) >= THRESHOLD
    return bands, sum(1 for row in left_out if not best[row])


BANDS = ((0.9, "0.9–1"), (0.85, "0.85–0.9"), (0.8, "0.8–0.85"), (0.0, "below 0.8"))


def main() -> None:
    """Print figures and ratios, all from this run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--peer-rows", type=int, default=10_000)
    parser.add_argument("--template-rows", type=int, default=4000)
    parser.add_argument("--only", default="")
    parser.add_argument("--child", nargs=3)
    options = parser.parse_args()
    if options.child:
        measure(options.child[0], Path(options.child[1]), Path(options.child[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        part, whole = Path(folder) / "part.arrow", Path(folder) / "whole.arrow"
        print(
            f"{'way':12} {'rows':>9} {'rows/s CPU':>11} {'× peer':>7} {'peak MB':>8} false merges"
        )
        make(part, options.peer_rows)
        has_peer = importlib.util.find_spec("datasketch") is not None
        ways = [way for way in ("datasketch", "ours") if options.only in way]
        rate = 0.0
        for way in ways if has_peer else ["ours"]:
            rate = _report(way, part, options.peer_rows, rate)
        make(whole, options.rows)
        _report("ours", whole, options.rows, rate)
    template(options.template_rows)


def _report(way: str, path: Path, rows: int, peer: float) -> float:
    out = path.with_suffix(".json")
    subprocess.run([sys.executable, __file__, "--child", way, str(path), str(out)], check=True)
    found = json.loads(out.read_text())
    bands, false = quality(path, found["pairs"])
    rate = rows / found["cpu"]
    ratio = f"{rate / peer:7.1f}" if peer else "      –"
    print(f"{way:12} {rows:9,} {rate:11,.0f} {ratio} {found['peak']:8,.0f} {false}", flush=True)
    for (language, name), (planted, hit) in sorted(bands.items()):
        print(f"    {language}  J {name:9}  planted {planted:6,}  recall {hit / planted:.4f}")
    return peer or rate


if __name__ == "__main__":
    main()
