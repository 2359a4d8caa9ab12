"""`sft.map` and `sft.retry`: the rows of `ds.map`, without its barriers, each accounted for."""

import datasets
import pytest
from datasets import Dataset
from pydantic import BaseModel

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.llm.scripted import repeat


def rows(number=30):
    """A small dataset."""
    return Dataset.from_dict({"text": [f"words {n}" for n in range(number)]})


def op(script=repeat, **options):
    """An op over a scripted model."""
    return sft.generate("Say: {text}", model=sft.ScriptedModel(script), **options)


def fails_on_seven(request):
    """Answer all but one row."""
    said = request.messages[-1]["content"]
    return errors.ModelError("server on fire") if said.endswith(" 7") else said


CALLS = []


def counted(request):
    """Count what is asked."""
    CALLS.append(request)
    return "yes"


def test_gives_the_rows_of_map():
    """`sft.map(ds, op)` and `ds.map(op, batched=True)` agree on rows, features and format."""
    ds = rows().with_format("numpy")
    ours, theirs = sft.map(ds, op()), ds.map(op(), batched=True)
    assert theirs.with_format(None).to_list() == ours.with_format(None).to_list()
    assert theirs.features == ours.features
    assert "numpy" == ours.format["type"]


def test_splits_and_streams_are_mapped_alike():
    """`DatasetDict` and `IterableDataset` give the same rows."""
    expected = sft.map(rows(), op()).to_list()
    assert expected == sft.map(datasets.DatasetDict({"train": rows()}), op())["train"].to_list()
    assert expected == list(sft.map(rows().to_iterable_dataset(), op()))


def test_same_rows_and_op_are_a_cache_hit(tmp_path):
    """A second call asks nothing, and `last_run` tells the same."""
    rows().save_to_disk(str(tmp_path / "ds"))
    CALLS.clear()
    first = sft.map(datasets.load_from_disk(str(tmp_path / "ds")), op(counted))
    told = sft.last_run().summary()
    second = sft.map(datasets.load_from_disk(str(tmp_path / "ds")), op(counted))
    assert 30 == len(CALLS)
    assert first.to_list() == second.to_list()
    assert told == sft.last_run().summary()


def test_a_failed_row_takes_no_other_with_it(tmp_path):
    """29 of 30 rows come; the failed one is named; the result is not cached as whole."""
    rows().save_to_disk(str(tmp_path / "ds"))
    ds = datasets.load_from_disk(str(tmp_path / "ds"))
    mapped = sft.map(ds, op(fails_on_seven))
    assert [f"words {n}" for n in range(30) if n != 7] == mapped["text"][:]
    assert ["words 7"] == [failure.input for failure in sft.last_run().failures]
    again = sft.retry(ds, op(fails_on_seven))
    assert 29 == len(again)
    assert 1 == len(sft.last_run().failures)


def test_plain_map_leaves_failed_rows_out_and_tries_them_again(tmp_path):
    """`ds.map` keeps the other rows, and its next call is not served from the cache."""
    rows().save_to_disk(str(tmp_path / "ds"))
    ds = datasets.load_from_disk(str(tmp_path / "ds"))
    first = ds.map(op(fails_on_seven), batched=True)
    second = ds.map(op(fails_on_seven), batched=True)
    assert 29 == len(first) == len(second)
    assert first._fingerprint != second._fingerprint


def test_wiring_is_checked_before_the_first_row():
    """A missing column is an error before anything is asked."""
    CALLS.clear()
    with pytest.raises(errors.ConfigurationError, match="'text'"):
        sft.map(rows().rename_column("text", "body"), op(counted))
    assert [] == CALLS


def test_a_run_that_goes_wrong_stops():
    """More failures than allowed end the run."""
    with pytest.raises(errors.TooManyFailures, match="20 of 20"):
        sft.map(rows(), op(always_fails))
    with pytest.raises(errors.TooManyFailures, match="All 3 inputs failed.*server on fire"):
        sft.map(rows(3), op(always_fails))
    assert 0 == len(sft.map(rows(), op(always_fails), max_failures=1.0))
    assert 0 == len(sft.map(rows(), op(always_fails, max_failures=1.0)))


def test_a_stopped_run_is_accounted_for():
    """`last_run` tells of the run that stopped, not of one before."""
    sft.map(rows(5), op())
    with pytest.raises(errors.TooManyFailures):
        sft.map(rows(), op(always_fails))
    assert 20 == len(sft.last_run().failures)


def test_the_account_of_splits_is_that_of_all():
    """One call, one account."""
    splits = datasets.DatasetDict({"train": rows(), "test": rows(10)})
    sft.map(splits, op(fails_on_seven), max_failures=0.5)
    assert (40, 2) == (sft.last_run().counts["inputs"], len(sft.last_run().failures))
    streams = datasets.IterableDatasetDict({"train": rows(3).to_iterable_dataset()})
    assert sft.map(rows(3), op()).to_list() == list(sft.map(streams, op())["train"])


def test_what_is_no_dataset_says_what_to_do():
    """A list of rows is told how it becomes a dataset."""
    with pytest.raises(errors.ConfigurationError, match=r"got list.*from_list"):
        sft.map([{"text": "a"}], op())


def fails_while_down(request):
    """Answer only when the server is up again."""
    return errors.ModelError("server on fire") if DOWN else request.messages[-1]["content"]


DOWN = []


def test_the_same_map_goes_on_once_the_cause_is_mended():
    """What failed in a run that was stopped does not count against the next."""
    failing = op(fails_while_down)
    DOWN.append(True)
    with pytest.raises(errors.TooManyFailures):
        rows().map(failing, batched=True)
    assert 20 == len(sft.last_run().failures)
    DOWN.clear()
    assert 30 == len(rows().map(failing, batched=True))
    assert [] == sft.last_run().failures


def test_empty_values_are_no_words():
    """None is put in as nothing, lists as JSON; a row that says nothing is dropped and counted."""
    ds = Dataset.from_list(
        [
            {"text": None, "tags": None},
            {"text": "你好", "tags": None},
            {"text": " ", "tags": []},
            {"text": None, "tags": ["甲", "乙"]},
            {"text": "", "tags": None},
        ]
    )
    asks = sft.generate("{text}|{tags}", model=sft.ScriptedModel(repeat))
    assert ["你好|", '|["甲", "乙"]'] == sft.map(ds, asks)["answer"][:]
    assert {"nothing in text, tags": 3} == sft.last_run().drops
    assert 2 == len(ds.map(asks, batched=True))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"max_concurrency": "3"}, "max_concurrency='3'; expected a whole number"),
        ({"max_concurrency": 0}, "max_concurrency=0; expected more than 0"),
        ({"max_failures": 5}, r"max_failures=5; expected a share from 0 to 1"),
        ({"prices": 3}, "prices=3; expected two numbers"),
        ({"prices": ("a", 2)}, "prices='a'; expected a number"),
        ({"max_tokens_total": -1}, "max_tokens_total=-1; expected at least 0"),
        ({"temperature": "hot"}, "temperature='hot'; expected a number"),
        ({"max_tokens": 0}, "max_tokens=0; expected at least 1"),
        ({"seed": "x"}, "seed='x'; expected a whole number"),
        ({"schema": dict}, "expected a pydantic model"),
        ({"prompt": None}, "prompt=None; expected a text"),
        ({"prompt": "Say it."}, "names no column"),
        ({"prompt": "{}"}, "names no column"),
    ],
)
def test_options_of_the_wrong_kind_say_so_before_anything_is_asked(options, told):
    """Not by an error of Python's in the midst, nor by the server after it was paid."""
    given = {"prompt": "{text}", "model": sft.ScriptedModel(repeat), **options}
    with pytest.raises(errors.ConfigurationError, match=told):
        sft.generate(**given)


def test_a_schema_has_its_own_columns():
    """`output=` beside it would be left unused."""

    class Rating(BaseModel):
        score: int

    with pytest.raises(errors.ConfigurationError, match="whose fields are the columns"):
        op(output="rating", schema=Rating)


def always_fails(request):
    """Answer nothing."""
    return errors.ModelError("server on fire")


def test_an_op_that_needs_a_model_says_so():
    """`generate` without a model names what to pass."""
    with pytest.raises(errors.ConfigurationError, match="model="):
        sft.generate("Say: {text}")


def test_options_of_ops_say_did_you_mean():
    """A misspelt limit names the nearest one."""
    with pytest.raises(errors.UnknownName, match="Did you mean 'max_concurrency'"):
        op(max_concurency=3)


def test_plain_braces_in_a_prompt_say_how():
    """JSON in a prompt is not taken for a column."""
    with pytest.raises(errors.ConfigurationError, match="doubled"):
        sft.generate('Reply {"a": 1} to {text}', model=sft.ScriptedModel(repeat))
    doubled = sft.generate('Reply {{"a": 1}} to {text}', model=sft.ScriptedModel(repeat))
    assert 'Reply {"a": 1} to words 0' == sft.map(rows(1), doubled)[0]["answer"]
