"""Duplicates and contamination on Ray: what one machine would say, whatever the parts and pieces."""

import json
import random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hf_sft_builders as sft

ray = pytest.importorskip("ray")

from hf_sft_builders.errors import ConfigurationError, SourceError  # noqa: E402
from hf_sft_builders.quality import near  # noqa: E402
from hf_sft_builders.quality.components import components  # noqa: E402
from hf_sft_builders.quality.crowds import CROWD  # noqa: E402
from hf_sft_builders.ray.deduplicating import decontaminate, deduplicate  # noqa: E402
from hf_sft_builders.ray.groups import edges_of  # noqa: E402

HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 400)]
WORDS = [
    a + b + c for a in "bdfgk" for b in ("ar", "en", "io", "ul") for c in ("ting", "ber", "so")
]


pytestmark = pytest.mark.usefixtures("one_ray")


def corpus(rows, seed):
    """Texts in two languages, many of them copies, edited copies, copies of those, or empty."""
    chance, made = random.Random(seed), []
    for _ in range(rows):
        pool, space = (HAN, "") if chance.random() < 0.5 else (WORDS, " ")
        units = chance.choices(pool, k=chance.randint(20, 60))
        kind = chance.random()
        if made and kind < 0.5:
            units, space = chance.choice(made[-30:])
            units = list(units)
            for _edit in range(0 if kind < 0.1 else chance.randint(1, 3)):
                units[chance.randrange(len(units))] = chance.choice(units)
        made.append((units, space))
    texts = ["" if chance.random() < 0.03 else space.join(units) for units, space in made]
    return pa.table(
        {
            "id": [f"row-{n}" if n % 3 else "" for n in range(rows)],
            "instruction": texts,
            "input": [""] * rows,
            "output": [chance.choice(["28.6 m", "four", "no"]) for _ in range(rows)],
            "score": [chance.choice([1.0, 2.0, None]) for _ in range(rows)],
        }
    )


def written(table, folder, files=3, group=37):
    """Write a table as several files of several row groups."""
    folder.mkdir()
    size = -(-table.num_rows // files)
    for number in range(files):
        part = table.slice(number * size, size)
        pq.write_table(part, folder / f"{number:03d}.parquet", row_group_size=group)
    return folder


def side(folder, name):
    """Read one side."""
    files = sorted((folder / name).glob("*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def same(expected, found):
    """Hold both sides and the counts of a result against those of one machine."""
    assert expected.kept.to_pylist() == side(found.folder, "kept")
    assert expected.rejected.to_pylist() == side(found.folder, "rejected")
    assert expected.counts == found.counts
    assert expected.noted == found.noted
    assert str(expected).split(";")[0] == str(found)


@pytest.mark.parametrize(
    "options",
    [
        {"by": "instruction", "method": "near"},
        {"by": "instruction", "method": "near", "threshold": 0.6, "keep": "longest"},
        {"by": "both", "method": "near", "keep": "best"},
        {"by": "question", "method": "exact"},
        {"by": "output", "method": "exact", "keep": "best"},
    ],
    ids=json.dumps,
)
def test_rows_are_left_out_as_on_one_machine(options, tmp_path):
    """The same rows, for the same reasons, with the same row that they repeat."""
    table = corpus(300, seed=len(str(options)))
    expected = sft.deduplicate(table, **options)
    assert len(expected.rejected) > 20
    source = written(table, tmp_path / "rows")
    for parts in (1, 5):
        same(expected, deduplicate(source, tmp_path / f"clean-{parts}", parts=parts, **options))


def crowds(rows, seed):
    """Rows of five long templates, filled in; some filled in with little else, or as another."""
    chance = random.Random(seed)
    templates = [chance.choices(HAN, k=200) for _ in range(4)]
    # Two templates are alike: whether their rows hang together is up to chance.
    templates.append([chance.choice(HAN) if place % 6 == 0 else c
                      for place, c in enumerate(templates[0])])  # fmt: skip
    values = ["".join(chance.choices(HAN, k=12)) for _ in range(30)]
    made = []
    for _ in range(rows):
        text, filled = list(chance.choice(templates)), chance.choices(values, k=3)
        for place, value in zip((50, 100, 150), filled, strict=True):
            text[place] += value[: chance.randint(1, 12)]
        made.append("".join(text))
    return pa.table({"id": [f"row-{n}" for n in range(rows)], "text": made})


@pytest.mark.parametrize("threshold", [0.8, 0.9])
def test_rows_of_crowded_buckets_are_left_out_as_on_one_machine(threshold, tmp_path, monkeypatch):
    """More than 64 rows of a bucket meet in their rarest shingles; on Ray in those of their component."""
    crowded = []
    rare = near.rare_shingles
    monkeypatch.setattr(
        near, "rare_shingles", lambda rows, *known: crowded.append(len(rows)) or rare(rows, *known)
    )
    table = crowds(900, seed=7)
    options = {"by": "text", "method": "near", "threshold": threshold}
    expected = sft.deduplicate(table, **options)
    assert crowded
    assert crowded[0] > CROWD
    assert len(expected.rejected) > 20
    assert len(expected.kept) > 20
    source = written(table, tmp_path / "rows", group=101)
    for parts in (1, 4):
        same(expected, deduplicate(source, tmp_path / f"clean-{parts}", parts=parts, **options))


def test_conversations_are_compared_and_written_whole(tmp_path):
    """Nested columns go through."""
    said = ["望云楼高多少米？", "望云楼　高多少米?", "How high is the tower?", "Who built it?"]
    turns = [
        [{"role": "user", "content": text}, {"role": "assistant", "content": "28.6"}]
        for text in said
    ]
    table = pa.table({"messages": turns})
    expected = sft.deduplicate(table, "question", "near")
    assert len(expected.rejected) == 1
    found = deduplicate(
        written(table, tmp_path / "rows", 2, 1), tmp_path / "out", by="question", method="near"
    )
    same(expected, found)


def test_test_rows_are_taken_out_as_on_one_machine(tmp_path):
    """By n-grams and by likeness."""
    table = corpus(120, seed=3)
    tests = pa.table({"question": [t for t in table["instruction"].to_pylist()[::17] if t]})
    wanted = {"ours": tests.rename_columns(["instruction"])}
    expected = sft.decontaminate(table, wanted, "instruction")
    assert len(expected.rejected) > 5
    source = written(table, tmp_path / "rows")
    same(expected, decontaminate(source, tmp_path / "clean", wanted, by="instruction"))


def test_what_cannot_be_done_is_said_before_any_work(tmp_path):
    """And nothing is written."""
    source = written(corpus(10, seed=1), tmp_path / "rows")
    with pytest.raises(SourceError, match="no Parquet file"):
        deduplicate(tmp_path / "nothing", tmp_path / "clean")
    with pytest.raises(ConfigurationError, match="there already"):
        deduplicate(source, source)
    with pytest.raises(ConfigurationError, match="'exact' or 'near'"):
        deduplicate(source, tmp_path / "clean", method="semantic")
    assert not (tmp_path / "clean").exists()


@pytest.mark.parametrize(
    "run", [deduplicate, lambda s, t: decontaminate(s, t, pa.table({"q": ["?"]}))]
)
def test_no_folder_of_rows_gets_files_that_are_no_rows(run, tmp_path):
    """What is written into the source would be read as rows by the next call, which would fail."""
    source = written(corpus(10, seed=1), tmp_path / "rows")
    before = sorted(source.rglob("*"))
    with pytest.raises(ConfigurationError, match="is inside source="):
        run(source, source / "clean")
    assert before == sorted(source.rglob("*"))


def test_what_is_no_folder_of_parquet_files_is_named(tmp_path):
    """A broken file by its name, rows in memory by what to do with them, a bad target by why."""
    source = written(corpus(10, seed=1), tmp_path / "rows")
    with pytest.raises(ConfigurationError, match="source is a Table; expected the path"):
        deduplicate(corpus(10, seed=1), tmp_path / "clean")
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"cannot be made \(Not a directory\)"):
        deduplicate(source, tmp_path / "file" / "clean")
    (source / "坏.parquet").write_bytes(b"PAR1")
    with pytest.raises(SourceError, match="坏.parquet: cannot be read as Parquet"):
        deduplicate(source, tmp_path / "clean")


def test_components_are_found_however_long_the_chain():
    """A path of a thousand rows in any order hangs together."""
    chain = np.random.default_rng(0).permutation(1000)
    edges = np.stack([chain[:-1], chain[1:]], axis=1)
    rows, root = components(np.concatenate([edges, edges + 5000]))
    assert [*range(1000), *range(5000, 6000)] == rows.tolist()
    assert {0, 5000} == set(root.tolist())
    assert [[1, 3], [1, 9]] == edges_of(
        np.array([7, 7, 7, 8], np.uint64), np.array([9, 1, 3, 2])
    ).tolist()
    assert [0, 0] == [len(each) for each in components(np.zeros((0, 2), np.int64))]


def test_rows_that_repeat_nothing_all_stay(tmp_path):
    """And the side of the others is empty."""
    table = pa.table({"t": ["one text of a row", "另一行的文字与它无关"]})
    found = deduplicate(written(table, tmp_path / "rows", 2), tmp_path / "clean", by="t")
    assert table.to_pylist() == side(found.folder, "kept")
    assert [] == side(found.folder, "rejected")
    assert "2 rows stay, 0 left out (no reason)" == str(found)
