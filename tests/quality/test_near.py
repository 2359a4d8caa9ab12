"""Who is left out for whom, held against comparing every row with every row that is kept before it."""

import itertools
import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hf_sft_builders as sft
from hf_sft_builders.quality import crowds, matching, meeting, near, similarity, test_index
from hf_sft_builders.quality.shingles import Shingles, mixed, shingles_of

SETS = st.lists(st.frozensets(st.integers(0, 24), min_size=1, max_size=20), min_size=1, max_size=24)
ALIKE = st.lists(st.frozensets(st.integers(0, 7), min_size=3, max_size=7), min_size=4, max_size=24)
"""Rows most of which are alike some others."""


def reader(sets):
    """Give a function that reads the shingles of rows, as `near_matches` wants it."""
    hashes = [mixed(np.array(sorted(one), dtype=np.uint64) + np.uint64(1)) for one in sets]

    def read(rows):
        ends = np.cumsum([len(hashes[row]) for row in rows], dtype=np.int64)
        found = [np.zeros(0, np.uint64), *(hashes[row] for row in rows)]
        return Shingles(np.concatenate(found), np.append(np.zeros(1, np.int64), ends))

    return read


def kept_one_by_one(sets, rank, threshold):
    """Go through all rows by rank; keep those that are like none that is kept."""
    kept = []
    for row in sorted(range(len(sets)), key=lambda row: rank[row]):
        one = sets[row]
        if all(len(one & sets[k]) / len(one | sets[k]) < threshold for k in kept):
            kept.append(row)
    return sorted(kept)


@given(
    SETS | ALIKE,
    st.randoms(use_true_random=False),
    st.sampled_from([0.3, 0.5, 2 / 3, 0.75, 0.8, 0.9, 1.0]),
    st.integers(1, 8),
    st.sampled_from([1, 7, 1000]),
)
def test_rows_of_one_crowd_are_decided_as_one_by_one(sets, chance, threshold, crowd, pairs):
    """No pair is lost where all rows meet in one bucket; however few pairs are looked at at once."""
    rank = np.array(chance.sample(range(len(sets)), len(sets)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near, "CROWD", crowd)
        patch.setattr(near, "_PAIRS_AT_ONCE", pairs)
        keys = np.zeros((1, len(sets)), dtype=np.uint32)
        found = near.near_matches(keys, rank, threshold, reader(sets))
    kept = np.flatnonzero(found.of == np.arange(len(sets)))
    assert kept_one_by_one(sets, rank, threshold) == kept.tolist()
    for row, of in enumerate(found.of):
        alike = len(sets[row] & sets[of]) / len(sets[row] | sets[of])
        assert of in kept and alike == pytest.approx(found.similarity[row])
        assert row == of or (alike >= threshold and rank[of] < rank[row])
        alikes = [
            k for k in kept if len(sets[row] & sets[k]) / len(sets[row] | sets[k]) >= threshold
        ]
        assert of == min(alikes, key=lambda k: rank[k])


@pytest.mark.parametrize("goes_badly", [False, True])
@pytest.mark.parametrize("seed", range(60))
def test_a_row_is_left_out_for_the_best_that_it_is_alike(seed, goes_badly):
    """Of all that stay and that share a bucket with it, whichever was decided first."""
    chance = random.Random(seed)
    sets = [frozenset(chance.sample(range(12), chance.randint(3, 11))) for _ in range(24)]
    rank, threshold = np.array(chance.sample(range(24), 24)), chance.choice([0.3, 0.5, 0.8])
    keys = np.array([[chance.randrange(4) for _ in sets] for _ in range(2)], dtype=np.uint32)
    with pytest.MonkeyPatch.context() as patch:
        if goes_badly:
            patch.setattr(near, "_SLOW", 2.0)
            patch.setattr(near, "_IN_VAIN", 0)
        found = near.near_matches(keys, rank, threshold, reader(sets))
    kept = np.flatnonzero(found.of == np.arange(len(sets)))
    for row in np.flatnonzero(found.of != np.arange(len(sets))):
        alike = [
            other
            for other in kept[(keys[:, kept] == keys[:, [row]]).any(axis=0)]
            if len(sets[row] & sets[other]) / len(sets[row] | sets[other]) >= threshold
        ]
        assert min(alike, key=lambda other: rank[other]) == found.of[row]


@pytest.mark.parametrize("crowd", [2, 64])
@pytest.mark.parametrize("most", [1, 700, 10_000])
def test_long_texts_are_read_and_compared_a_few_at_a_time(crowd, most, monkeypatch):
    """A book has a million shingles: a fixed number of rows at once would be more than memory holds."""
    chance = random.Random(most)
    base = chance.choices(range(0x4E00, 0x9000), k=300)
    texts = []
    for row in range(40):
        some = [chance.choice(base) if chance.random() < row % 8 / 30 else one for one in base]
        texts.append("".join(map(chr, some)) if row % 9 else "")
    table = pa.table({"text": texts})
    whole = sft.deduplicate(table, by="text", method="near", threshold=0.7)
    read = []

    def noted(texts):
        read.append(int(texts.offsets[-1]) if len(texts.lengths) > 1 else 0)
        return shingles_of(texts)

    monkeypatch.setattr(near, "CROWD", crowd)
    monkeypatch.setattr(matching, "_CHARACTERS_AT_ONCE", most)
    for module in (near, similarity):
        monkeypatch.setattr(module, "SHINGLES_AT_ONCE", most)
    monkeypatch.setattr(similarity, "_ROWS_READ", most)
    monkeypatch.setattr(matching, "shingles_of", noted)
    parts = sft.deduplicate(table, by="text", method="near", threshold=0.7)
    assert 0 < len(whole.rejected) < 35
    assert whole.rejected == parts.rejected and whole.kept == parts.kept
    assert max(read) <= most + 300


@given(
    ALIKE,
    st.randoms(use_true_random=False),
    st.sampled_from([0.3, 0.5, 0.8, 1.0]),
    st.integers(1, 2),
)
def test_rows_are_decided_as_if_those_that_hang_with_them_were_all(sets, chance, threshold, crowd):
    """A component of the rows has the same outcome alone and beside others: it can be done elsewhere."""
    rank = np.array(chance.sample(range(len(sets)), len(sets)))
    keys = np.array(
        [[chance.randrange(len(sets)) for _ in sets] for _ in range(2)], dtype=np.uint32
    )
    component = list(range(len(sets)))
    for _ in sets:
        for row, other in itertools.product(range(len(sets)), repeat=2):
            if (keys[:, row] == keys[:, other]).any():
                component[row] = min(component[row], component[other])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near, "CROWD", crowd)
        whole = near.near_matches(keys, rank, threshold, reader(sets))
        for one in set(component):
            rows = np.flatnonzero(np.array(component) == one)
            alone = reader([sets[row] for row in rows])
            # Ranks among these rows, as they have them alone.
            ranks = np.argsort(np.argsort(rank[rows]))
            part = near.near_matches(keys[:, rows], ranks, threshold, alone)
            assert rows[part.of].tolist() == whole.of[rows].tolist()
            assert part.similarity.tolist() == whole.similarity[rows].tolist()


@given(SETS, SETS, st.sampled_from([0.3, 0.5, 2 / 3, 0.8, 0.9, 1.0]), st.integers(1, 8))
def test_rows_of_another_dataset_are_met(ours, theirs, threshold, crowd):
    """Whoever is alike is among those met, crowded or not; each pair comes once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(meeting, "CROWD", crowd)
        patch.setattr(crowds, "_PAIRS_AT_ONCE", 5)
        there = reader(theirs)(range(len(theirs)))
        others = meeting.Others.of(np.zeros((2, len(theirs)), np.uint32), there, threshold)
        here = reader(ours)(range(len(ours)))
        met = list(zip(*others.met_by(np.zeros((2, len(ours)), np.uint32), here), strict=True))
    alike = {
        (a, b)
        for a, one in enumerate(ours)
        for b, other in enumerate(theirs)
        if len(one & other) / len(one | other) >= threshold
    }
    assert alike <= set(met)
    assert len(met) == len(set(met))


def filled_in(rows, filling, seed=0):
    """Make rows of one template of 300 characters, each with three places filled in."""
    chance = random.Random(seed)

    def han(count):
        return "".join(chr(0x4E00 + chance.randrange(3500)) for _ in range(count))

    template, make = han(300), filling(han, chance)
    return [
        "".join(template[place : place + 100] + make() for place in (0, 100, 200))
        for _ in range(rows)
    ]


FILLINGS = {
    "names that occur once": lambda han, chance: lambda: han(16),
    "texts of any length": lambda han, chance: lambda: han(chance.randrange(2, 40)),
    "some hundred values": lambda han, chance: (lambda values: lambda: chance.choice(values))(
        [han(15) for _ in range(200)]
    ),
}


@pytest.mark.parametrize("filling", FILLINGS.values(), ids=FILLINGS)
def test_a_template_takes_no_square_of_comparisons(filling, monkeypatch):
    """Rows that share most of what they say are compared a few times each, not with all others."""
    compared = []
    exactly = near.similarities

    def counted(kept, other, *readers):
        compared.append(len(kept))
        return exactly(kept, other, *readers)

    monkeypatch.setattr(near, "similarities", counted)
    rows = 1200
    texts = pa.table({"text": filled_in(rows, filling)})
    done = sft.deduplicate(texts, by="text", method="near")
    assert rows == len(done.kept) + len(done.rejected)
    assert sum(compared) < 5 * rows < rows * (rows - 1) / 2


@pytest.mark.parametrize("filling", FILLINGS.values(), ids=FILLINGS)
def test_a_template_in_a_test_set_is_not_compared_with_all_rows(filling, monkeypatch):
    """Splits of one template are held against each other in time by rows, not by pairs."""
    compared = []
    exactly = test_index.similarities

    def counted(ours, theirs, *readers):
        compared.append(len(ours))
        return exactly(ours, theirs, *readers)

    monkeypatch.setattr(test_index, "similarities", counted)
    monkeypatch.setattr(
        meeting, "CROWD", 2
    )  # 64 are no crowd in a real test set, but are in this one
    texts = filled_in(900, filling)
    train, test = pa.table({"text": texts[:600]}), pa.table({"text": [*texts[600:], texts[5]]})
    found = sft.decontaminate(train, against={"t": test}, by="text", method="near")
    assert texts[5] in found.rejected["text"].to_pylist()
    assert sum(compared) < 15 * 600 < 600 * 301 / 2
