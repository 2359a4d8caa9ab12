"""A model asked from the review; confirmed rows as examples; what was built here."""

import pytest
from datasets import Dataset

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError, ModelError
from hf_sft_builders.reviewing import Action, Query, datasets_built_here
from hf_sft_builders.reviewing.asking import Asking


def scripted(reply):
    """Give a model that says this."""
    return Asking(sft.ScriptedModel(lambda request: reply))


def test_what_a_model_proposes_stands_beside(ds, opened):
    """An answer, a rewrite and a score are kept as suggestions; the row and people's words stay."""
    session = opened(ds)
    session.act(Action("score", ("doc:1",), "mei", value=5))
    session.asking = scripted("望云楼的高度是 28.6 米，共四层。")
    answer = session.ask("doc:1", "answer", "说得完整些")
    assert "望云楼的高度是 28.6 米，共四层。" == answer.value[1]["content"]
    session.asking = scripted('{"reason": "短", "score": 2}')
    score = session.ask("doc:1", "score")
    assert (2.0, "短") == (score.value, score.note)

    row = session.row("doc:1", "mei")
    assert [score.id, answer.id] == [suggestion.id for suggestion in row.suggestions]
    assert ds[1]["messages"] == row.fields["messages"]
    assert 5.0 == row.mine.score
    assert 5.0 == session.page(Query(min_score=0)).rows[0].score
    session.act(Action("edit", ("doc:1",), "mei", value=answer.value, field=answer.field))
    assert answer.value == session.row("doc:1").fields["messages"]


def test_what_the_op_refuses_is_no_suggestion(ds, opened):
    """A reply that repeats the question, or none at all, raises with its reason; nothing is kept."""
    session = opened(ds)
    with pytest.raises(ConfigurationError, match="No model was named"):
        session.ask("doc:1", "answer")
    session.asking = scripted("")
    with pytest.raises(ModelError):
        session.ask("doc:1", "answer")
    assert [] == session.suggestions("doc:1")


def test_confirmed_rows_become_examples_of_their_op(opened, tmp_path):
    """A rewrite that a person mended and confirmed is shown to the model of the next run."""
    step = {"step": "rewrite", "model": "qwen"}
    said = [{"role": "user", "content": "门票{x}多少？"}, {"role": "assistant", "content": "80"}]
    rows = [{"id": str(n), "messages": said, "provenance": [step]} for n in range(4)]
    ds = Dataset.from_list(rows)
    session = opened(ds)
    session.act(Action("edit", ("1",), "mei", value="80 元。", field="messages.1.content"))
    session.act(Action("example", ("1", "2"), "mei"))
    session.act(Action("confirm", ("1", "3"), "mei"))
    [example] = sft.review_examples(ds, "rewrite", overlay=session.kept_in)
    assert ("rewrite", "门票{x}多少？", "80 元。", "80") == (
        example.op, example.question, example.answer, example.before
    )  # fmt: skip
    assert [] == sft.review_examples(ds, "generate_qa", overlay=session.kept_in)

    asked = []

    def model(request):
        asked.append(request.messages[0]["content"])
        return "一二三四五"

    plain = sft.rewrite("口语", model=sft.ScriptedModel(model))
    op = sft.with_examples(plain, [example])
    list(op.outcomes([{"id": "a", "messages": said}]))
    assert "80 元。" in asked[0]
    assert "经人工确认的示例" in asked[0]
    assert plain.fingerprint() != op.fingerprint()
    assert plain is sft.with_examples(plain, [])
    with pytest.raises(ConfigurationError, match="has no prompts"):
        sft.with_examples(sft.gate_length(2, 10), [example])


def test_built_datasets_are_listed_with_their_review(docs, load, tmp_path, opened):
    """Builder, rows, share reviewed, license and where it was published; it opens by its path."""
    ds = load("pdf_qa", data_dir=str(docs), split="train")
    [built] = datasets_built_here(tmp_path / "cache")
    assert ("pdf_qa: guide.md", "pdf_qa", len(ds), 0.0, "") == (
        built.name, built.builder, built.rows, built.reviewed, built.published
    )  # fmt: skip
    session = opened(built.path, overlay=None)
    assert len(ds) == session.total
    assert ds["id"][:] == session.rows.ids
    session.act(Action("confirm", query=Query(), reviewer="mei"))
    sft.publish(sft.reviewed(ds), tmp_path / "out", license="mit")
    [built] = datasets_built_here(tmp_path / "cache")
    assert (1.0, str(tmp_path / "out")) == (built.reviewed, built.published)
    assert built.license


def test_a_rebuilt_dataset_has_the_same_review(docs, load, opened):
    """Other options, same sources: what was confirmed is found again."""
    session = opened(load("pdf_qa", data_dir=str(docs), split="train"), overlay=None)
    session.act(Action("confirm", query=Query(), reviewer="mei"))
    other = opened(
        load("pdf_qa", data_dir=str(docs), split="train", min_chunk_size=200), overlay=None
    )
    assert session.kept_in == other.kept_in
    assert other.page(Query(status="confirmed")).total
