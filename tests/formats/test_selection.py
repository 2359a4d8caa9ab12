"""Which rows are picked depends on what they say and the seed, never on where they stand."""

import collections

import pyarrow as pa
import pytest
from datasets import Dataset, DatasetDict, IterableDataset, IterableDatasetDict
from hypothesis import given, settings
from hypothesis import strategies as st

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.formats.row_hashes import row_keys
from hf_sft_builders.formats.selection import shares
from hf_sft_builders.records import PROVENANCE_STEP, provenance_step


def dataset(rows, documents=20):
    """Rows with ids, domains and provenance; five rows of each document."""
    steps = [
        [
            provenance_step(step="source", sha256=f"doc-{n % documents}"),
            provenance_step(step="chunk"),
        ]
        for n in range(rows)
    ]
    table = pa.table(
        {
            "id": [f"row-{n}" for n in range(rows)],
            "domain": ["医学" if n % 10 else "法律" for n in range(rows)],
            "text": [f"文 {n}" for n in range(rows)],
            "provenance": pa.array(steps, pa.list_(PROVENANCE_STEP)),
        }
    )
    return Dataset(table)


def test_a_sample_is_the_same_rows_whatever_their_order():
    """Reversed rows, more rows and a stream change no decision."""
    ds = dataset(200)
    some = set(sft.sample(ds, fraction=0.3)["id"])
    backwards = ds.select(range(199, -1, -1))
    assert some == set(sft.sample(backwards, fraction=0.3)["id"])
    assert some == {row["id"] for row in sft.sample(ds.to_iterable_dataset(), fraction=0.3)}
    assert some < set(sft.sample(dataset(300), fraction=0.3)["id"])
    assert 30 < len(some) < 90
    assert some != set(sft.sample(ds, fraction=0.3, seed=1)["id"])


def test_a_smaller_sample_is_in_the_larger():
    """`n` rows exactly, in their order, all of them where there are fewer."""
    ds = dataset(50)
    small, large = sft.sample(ds, 10), sft.sample(ds, 20)
    assert (10, 20, 50) == (len(small), len(large), len(sft.sample(ds, 99)))
    assert set(small["id"]) < set(large["id"])
    assert sorted(small["id"], key=ds["id"].index) == list(small["id"])
    assert [10, 10] == [len(part) for part in sft.sample(DatasetDict(a=ds, b=ds), 10).values()]
    assert set(small["id"]) == set(sft.sample(ds.data.table, 10)["id"].to_pylist())


def test_rows_without_an_id_are_known_by_their_words():
    """Equal rows share their fate."""
    ds = Dataset.from_dict({"q": [f"q{n % 50}" for n in range(100)], "n": list(range(50)) * 2})
    picked = collections.Counter(sft.sample(ds, fraction=0.5)["q"])
    assert {2} == set(picked.values())


@pytest.mark.parametrize("wrong", [{}, {"n": 3, "fraction": 0.5}, {"fraction": 1.5}, {"n": -1}])
def test_samples_that_make_no_sense(wrong):
    """Each is one clear error."""
    with pytest.raises(errors.ConfigurationError):
        sft.sample(dataset(5), **wrong)


def test_so_many_rows_of_a_stream_are_refused():
    """It says what to do instead."""
    with pytest.raises(errors.ConfigurationError, match="fraction="):
        sft.sample(dataset(5).to_iterable_dataset(), 3)


def test_balance_gives_each_value_its_share():
    """As many as the rarest; a total in equal or in natural parts; named numbers."""
    ds = dataset(100)

    def found(**options):
        return dict(collections.Counter(sft.balance(ds, by="domain", **options)["domain"]))

    assert {"医学": 10, "法律": 10} == found()
    assert {"医学": 20, "法律": 10} == found(total=30)
    assert {"医学": 18, "法律": 2} == found(total=20, strategy="proportional")
    assert {"医学": 5, "法律": 5} == found(per=5)
    assert {"医学": 3} == found(per={"医学": 3})
    with pytest.raises(errors.ConfigurationError, match="there are 10"):
        found(per=11)
    with pytest.raises(errors.ConfigurationError, match="No column 'field'"):
        sft.balance(ds, by="field")


@given(
    total=st.integers(0, 60),
    pairs=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 20)), min_size=1, max_size=6),
)
def test_shares_sum_to_the_total_and_stay_below_the_limits(total, pairs):
    """Nobody gets more than there is, and nothing is left over that somebody could take."""
    import numpy as np

    weights, limits = np.array(pairs, dtype=float)[:, 0], np.array(pairs, dtype=np.int64)[:, 1]
    given_ = shares(total, weights, limits)
    assert min(total, int(limits.sum())) == int(given_.sum())
    assert (given_ <= limits).all()


@settings(max_examples=20)
@given(seed=st.integers(0, 1000), documents=st.integers(40, 90))
def test_no_document_is_on_two_sides(seed, documents):
    """Every row is on one side, and so is every document."""
    ds = dataset(300, documents)
    parts = sft.split(ds, fractions={"train": 0.5, "test": 0.5}, seed=seed)
    assert ["train", "test"] == list(parts)
    sides = {name: {row[0]["sha256"] for row in part["provenance"]} for name, part in parts.items()}
    assert not sides["train"] & sides["test"]
    assert 300 == sum(map(len, parts.values()))


def test_more_documents_move_no_other_to_another_side():
    """What was tested on stays out of training when documents are added."""
    sides = {"train": 0.5, "test": 0.5}
    before, after = (sft.split(dataset(300, n), fractions=sides)["test"] for n in (60, 100))
    known = {f"doc-{n}" for n in range(60)}
    names = [{row[0]["sha256"] for row in part["provenance"]} & known for part in (before, after)]
    assert names[0] == names[1]


def test_splits_by_column_hash_and_stream():
    """A column's values stay together, rows split evenly by hash, and a stream stays a stream."""
    ds = dataset(2000)
    sides = {"train": 0.8, "validation": 0.1, "test": 0.1}
    parts = sft.split(ds, by="hash", fractions=sides)
    assert [1600, 200, 200] == pytest.approx([len(part) for part in parts.values()], abs=60)
    stream = sft.split(ds.to_iterable_dataset(), by="hash", fractions=sides)
    assert isinstance(stream, IterableDatasetDict)
    assert list(parts["test"]["id"]) == [row["id"] for row in stream["test"]]
    by_text = sft.split(ds, by="text", fractions=sides)
    assert not set(by_text["train"]["text"]) & set(by_text["test"]["text"])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"fractions": {"train": 0.8}}, "sum to 1"),
        ({"fractions": {"train": 1.2, "test": -0.2}}, "over 0"),
        ({"by": "domain", "fractions": {"a": 0.98, "b": 0.02}}, "'b' would be empty"),
        ({"by": "patient", "fractions": {"a": 1.0}}, "No column 'patient'"),
    ],
)
def test_splits_that_cannot_be(options, told):
    """An empty side and a column that is not there are errors, before anything is trained."""
    with pytest.raises(errors.ConfigurationError, match=told):
        sft.split(dataset(50), **options)


def test_splitting_by_document_needs_one():
    """Rows that know no document say so."""
    with pytest.raises(errors.ConfigurationError, match="by='hash'"):
        sft.split(Dataset.from_dict({"a": [1]}), fractions={"train": 1.0})


def generator():
    """A few rows."""
    yield from ({"a": n} for n in range(20))


def test_streams_without_known_columns_are_sampled_too():
    """Features are not needed to decide."""
    stream = IterableDataset.from_generator(generator)
    assert 0 < len(list(sft.sample(stream, fraction=0.5))) < 20


def test_a_sample_larger_than_the_rows_is_told(caplog):
    """All rows are given, and the log says that they are fewer."""
    ds = Dataset.from_dict({"id": [f"row-{n}" for n in range(5)]})
    with caplog.at_level("WARNING", "hf_sft_builders"):
        assert 5 == len(sft.sample(ds, 1000))
    assert "asked for 1000 rows and gives all 5" in caplog.text


def test_a_split_without_fractions_says_what_to_give():
    """One clear error rather than a TypeError."""
    with pytest.raises(errors.ConfigurationError, match=r'fractions=\{"train": 0.9, "test": 0.1\}'):
        sft.split(Dataset.from_dict({"id": ["a"]}))


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.struct([("bytes", pa.large_binary()), ("path", pa.large_string())])),
        pa.list_(pa.struct([("bytes", pa.binary_view()), ("path", pa.string())])),
        pa.large_list(pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
    ],
    ids=str,
)
def test_pictures_are_picked_alike_in_every_type_of_arrow(kind):
    """Other libraries write large lists and views; bytes are no text in these, either."""
    pictures = [[{"bytes": b"\x89PNG\xff", "path": None}], [], None, [{"bytes": None, "path": "a"}]]
    plain = pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
    expected = row_keys(pa.table({"images": pa.array(pictures, plain)}))
    assert expected == row_keys(pa.table({"images": pa.array(pictures, kind)}))
