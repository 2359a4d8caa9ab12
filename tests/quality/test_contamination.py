"""No row of a test set is learnt: by n-grams anywhere in a row, and as a near-duplicate."""

import numpy as np
import pyarrow as pa
import pytest
from datasets import Dataset, DatasetDict
from hypothesis import given
from hypothesis import strategies as st

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError, SourceError
from hf_sft_builders.formats.files import write_tables
from hf_sft_builders.quality import ngrams
from hf_sft_builders.quality.ngrams import gram_indexes, unit_hashes
from hf_sft_builders.quality.normal_form import normal_form

TEST = Dataset.from_dict(
    {
        "question": [
            "望云楼建于哪一年，一共有几层，高多少米？",
            "Natalia sold clips to 48 of her friends in April, and then half as many in May.",
            "What is the boiling point of water?",
        ],
        "answer": ["1441", "72", "100 °C"],
    }
)


def chats(*questions, answer="好"):
    """Make rows of conversations."""
    turns = [
        [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        for question in questions
    ]
    return Dataset.from_dict({"messages": turns})


ROWS = chats(
    "请你认真想一想，再来回答下面这个问题：望云楼建于哪一年, 一共有几层，高多少米?",
    "云溪古城怎么去？",
    "Natalia sold clips to 48 of her friends in April, and then half as many in June. Why?",
    "what is the  boiling point of water",
    "What is the melting point of iron?",
)


def places(done):
    """Give which rows of ROWS are left out."""
    gone = [row["messages"][0]["content"] for row in done.rejected.to_list()]
    return [ROWS[n]["messages"][0]["content"] in gone for n in range(len(ROWS))]


def test_rows_of_a_test_set_are_left_out():
    """By n-grams, whatever stands around them; each says which test row it holds."""
    done = sft.decontaminate(ROWS, TEST)
    assert [True, False, True, True, False] == places(done)
    first = done.rejected[0]
    assert "n-grams of a test row" == first["drop_reason"]
    assert "test set 1 row 0" == first["duplicate_of"]
    assert 1.0 == first["similarity"]
    assert done.counts == sft.last_run().drops


def test_either_method():
    """A question with more words around it is no near-duplicate."""
    assert [True, False, True, True, False] == places(sft.decontaminate(ROWS, TEST, method="ngram"))
    assert [False, False, True, True, False] == places(sft.decontaminate(ROWS, TEST, method="near"))
    strict = sft.decontaminate(ROWS, TEST, method="ngram", overlap=1.0)
    assert [True, False, False, True, False] == places(strict)


def test_test_questions_are_found_in_answers():
    """What the assistant says is learnt, too."""
    rows = chats("出一道题。", answer="望云楼建于哪一年，一共有几层，高多少米？")
    assert 1 == len(sft.decontaminate(rows, TEST).rejected)
    assert 0 == len(sft.decontaminate(rows, TEST, method="near").rejected)


def test_test_sets_by_file_name_and_folder(tmp_path):
    """Files, folders, dataset dicts, tables, streams: named as they were given."""
    file, folder = tmp_path / "test.jsonl", tmp_path / "bench"
    folder.mkdir()
    write_tables([TEST.data.table], file)
    write_tables([TEST.data.table], folder / "test.jsonl")
    expected = [True, False, True, True, False]
    named = {
        str(file): f"{file} row 0",
        str(folder): f"{folder}:test row 0",
        f"{folder}::test": f"{folder}::test row 0",
    }
    for place, name in named.items():
        done = sft.decontaminate(ROWS, [place])
        assert expected == places(done)
        assert name == done.rejected[0]["duplicate_of"]
    for held in (TEST.to_iterable_dataset(), TEST.data.table, DatasetDict(a=TEST, b=TEST)):
        assert expected == places(sft.decontaminate(ROWS, {"ours": held}))
    assert "ours row 0" == sft.decontaminate(ROWS, {"ours": TEST}).rejected[0]["duplicate_of"]


def test_a_stream_gives_what_a_dataset_gives():
    """Kept and rejected rows, and counts once they were read."""
    whole = sft.decontaminate(ROWS, TEST)
    stream = sft.decontaminate(ROWS.to_iterable_dataset(), TEST)
    for _ in range(2):
        assert whole.kept.to_list() == list(stream.kept)
        assert whole.rejected.to_list() == list(stream.rejected)
        assert whole.counts == stream.counts


def test_splits_against_each_other():
    """`test` loses nothing; `train` and `validation` lose what stands in it."""
    a, b = "望云楼建于哪一年，一共有几层？", "云溪古城怎么去，要多久才到？"
    c, d = "酒店的早餐几点开始供应呢？", "门票多少钱，学生有没有优惠？"
    ds = DatasetDict(train=chats(a, b, c), validation=chats(b, d), test=chats(c, d))
    done = sft.decontaminate(ds, "splits")
    left = {
        name: [row["messages"][0]["content"] for row in part] for name, part in done.kept.items()
    }
    assert {"train": [a], "validation": [b], "test": [c, d]} == left
    assert ["validation row 0", "test row 0"] == done.rejected["train"]["duplicate_of"][:]
    assert list(ds) == list(done.kept) == list(done.rejected)
    assert 3 == done.counts.total()


UNITS = st.lists(st.sampled_from([*"云溪古城", "a", "bc", "d1", "bcd"]), max_size=9)


@given(
    st.lists(UNITS, max_size=6),
    st.lists(UNITS, max_size=6),
    st.integers(1, 4),
    st.sampled_from([(64, 4096), (1, 0), (1, 3), (0, 0)]),
    st.sampled_from([2, 2_000_000]),
)
def test_shares_are_those_counted_by_hand(tests, rows, size, common, at_once):
    """What the index says is what sets of n-grams say, whatever of them is looked up once for all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ngrams, "_COMMON", common[0])
        patch.setattr(ngrams, "_MANY", common[1])
        patch.setattr(ngrams, "_HITS_AT_ONCE", at_once)
        compare_with_sets(tests, rows, size)


def compare_with_sets(tests, rows, size):
    """Hold what the index says against sets."""

    def grams(units):
        return {tuple(units[i : i + size]) for i in range(len(units) - size + 1)}

    def written(texts):
        return normal_form(pa.array([" ".join(units) for units in texts], pa.string()))

    best = np.zeros(len(rows))
    for index in gram_indexes(written(tests), size, size):
        test, share = index.shares(unit_hashes(written(rows)))
        assert ((test >= 0) == (share > 0)).all()
        best = np.maximum(best, share)
    expected = [
        max((len(grams(t) & grams(r)) / len(grams(t)) for t in tests if grams(t)), default=0)
        for r in rows
    ]
    assert pytest.approx(expected) == best.tolist()


@pytest.mark.parametrize(
    ("against", "options", "words"),
    [
        ([], {}, "names no test set"),
        ([3], {}, "is a int"),
        (TEST, {"method": "x"}, "method is 'x'"),
        (TEST, {"overlap": 0}, "overlap is 0"),
        (TEST, {"ngram": 0}, "ngram is 0"),
        (["a.jsonl", "a.jsonl"], {}, "no such file|Two test sets|a.jsonl"),
        ("splits", {}, "splits of a DatasetDict"),
    ],
)
def test_what_does_not_fit_is_told(against, options, words):
    """One clear error."""
    with pytest.raises((ConfigurationError, SourceError), match=words):
        sft.decontaminate(ROWS, against, **options)


def test_a_name_that_cannot_be_loaded_is_told(tmp_path):
    """With the ways to say it."""
    with pytest.raises(SourceError, match="org/name:config:split"):
        sft.decontaminate(ROWS, str(tmp_path / "nowhere"))
