"""Right invalidation at the right grain: what changed is asked again, and nothing else.

Counted by the server, over `sft.map` with a fresh cache each time, so that only the reply store can
spare a call.
"""

import sys

import pytest
from datasets import Dataset, load_dataset
from pydantic import BaseModel, Field

import hf_sft_builders as sft
from hf_sft_builders import synthesis

PAIRS = '{"pairs": [{"question": "望云楼有多高？", "answer": "28.6 米", "evidence": "高 28.6 米"}]}'


def rows(number=20):
    """A dataset that is new each time."""
    return Dataset.from_dict({"text": [f"row {n}" for n in range(number)]})


@pytest.fixture
def calls(server, store):
    """How many calls a piece of work costs."""

    def calls(work):
        before = server.stats()["requests"]
        work()
        return server.stats()["requests"] - before

    return calls


@pytest.fixture
def op(server):
    """An op over the server's model."""

    def op(prompt="Say {text}", **options):
        options.setdefault("model", "test-model")
        return sft.generate(prompt, base_url=server.base_url, **options)

    return op


def test_second_run_after_success_makes_no_call(calls, op):
    """The same rows and op again, in another cache: nothing is asked."""
    assert 20 == calls(lambda: sft.map(rows(), op()))
    assert 0 == calls(lambda: sft.map(rows(), op()))


def test_one_row_appended_is_one_call(calls, op):
    """Only the new row is asked."""
    calls(lambda: sft.map(rows(), op()))
    assert 1 == calls(lambda: sft.map(rows(21), op()))


def test_one_row_edited_is_one_call(calls, op):
    """Only the edited row is asked."""
    calls(lambda: sft.map(rows(), op()))
    edited = Dataset.from_dict({"text": [*rows()["text"][:19], "another row"]})
    assert 1 == calls(lambda: sft.map(edited, op()))


@pytest.mark.parametrize(
    "change", [{"system": "Be brief."}, {"temperature": 0.5}, {"seed": 7}, {"model": "other"}]
)
def test_a_changed_request_asks_exactly_the_affected_rows(calls, op, change):
    """System prompt, parameter, seed or model: all rows; and back again: none."""
    calls(lambda: sft.map(rows(), op()))
    assert 20 == calls(lambda: sft.map(rows(), op(**change)))
    assert 0 == calls(lambda: sft.map(rows(), op()))


def test_what_changes_no_row_asks_nothing(calls, op):
    """Concurrency, timeouts and budgets are in no key."""
    calls(lambda: sft.map(rows(), op()))
    limits = {"max_concurrency": 2, "timeout": 9.0, "max_tokens_total": 10**6, "max_retries": 1}
    assert 0 == calls(lambda: sft.map(rows(), op(**limits)))


def test_another_output_column_or_dataset_asks_nothing(calls, op):
    """The same request from another op or dataset is answered from the store."""
    calls(lambda: sft.map(rows(), op()))
    assert 0 == calls(lambda: sft.map(rows(), op(output="other")))
    renamed = rows().rename_column("text", "body")
    assert 0 == calls(lambda: sft.map(renamed, op("Say {body}")))
    assert 0 == calls(lambda: rows().map(op(), batched=True, batch_size=3))


def test_a_changed_parser_or_gate_asks_nothing(calls, server, docs, tmp_path, monkeypatch):
    """New code makes new rows from the stored replies; only a passage left without any is asked again."""
    more = '{"question": "楼有多高？", "answer": "28.6 米", "evidence": "高 28.6 米"}]}'
    server.control(answer=PAIRS.replace("]}", ", " + more))

    def build(cache):
        return load_dataset(
            "hf_sft_builders/pdf_qa", data_dir=str(docs), split="train", model="test-model",
            base_url=server.base_url, cache_dir=str(tmp_path / cache),
        )  # fmt: skip

    assert 1 == calls(lambda: build("one"))
    module = sys.modules["hf_sft_builders.synthesis.evidence"]
    monkeypatch.setattr(module, "POINTS_AT_TEXT", __import__("re").compile("望云楼"))
    monkeypatch.setattr("hf_sft_builders.builders.base.code_hash", lambda module: "edited")
    assert ["楼有多高？"] == [row["messages"][0]["content"] for row in build("two")]
    assert 1 == sft.last_run().drops["question points at the text"]
    assert 1 == server.stats()["requests"]


def test_a_row_that_always_fails_leaves_no_stale_or_empty_row(calls, server, op):
    """Every other row is kept; once it heals it is one call, and then none."""
    server.control(faults=[{"kind": "500", "containing": "row 7"}])
    limits = {"max_retries": 0, "max_concurrency": 1}
    first = sft.map(rows(), op(**limits), max_failures=1.0)
    assert 19 == len(first)
    assert all(first["answer"])
    server.control(faults=[])
    assert 1 == calls(lambda: sft.retry(rows(), op()))
    assert 0 == calls(lambda: sft.retry(rows(), op()))
    assert 20 == len(sft.map(rows(), op()))


class Loose(BaseModel):
    """A shape."""

    word: str


class Wordy(BaseModel):
    """Another shape."""

    word: str = Field(description="One word.")


def test_another_shape_asks_again(calls, op):
    """What the model is told about the shape is part of the request."""
    calls(lambda: sft.map(rows(), op(schema=Loose)))
    assert 20 == calls(lambda: sft.map(rows(), op(schema=Wordy)))


def test_every_op_asks_through_the_engine():
    """No op has a way of its own to a model."""
    for op in synthesis.OPS.values():
        fields = op.__dataclass_fields__
        assert "asked" in fields or not {"model", "base_url", "api_key"} & set(fields)
