"""The layouts of open datasets are known without a word about their columns."""

import json
from pathlib import Path

import datasets
import pyarrow as pa
import pytest

import hf_sft_builders as sft
from hf_sft_builders import errors

FOLDER = Path(__file__).parent / "layouts"
KNOWN = {
    "alpaca_zh": ("alpaca", ""),
    "guanaco_sharegpt_style": ("sharegpt", ""),
    "pubmed_qa": ("alpaca", "PubMedQA"),
    "imdb": ("classification", ""),
    "numina_math_cot": ("messages", ""),
    "deepseek_r1_distill_110k": ("distillation", "Chinese-DeepSeek-R1-Distill"),
    "rm_static": ("preference", "rm-static"),
    "the_cauldron": ("multimodal", "the_cauldron"),
    "question_cot_response": ("distillation", "medical-o1-reasoning"),
}


def rows_of(name):
    """The ten rows of a layout."""
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").open(encoding="utf-8")]


def load(name):
    """The rows as a dataset, as `load_dataset` would give it."""
    ds = datasets.Dataset.from_list(rows_of(name))
    if name == "imdb":
        ds = ds.cast_column("label", datasets.ClassLabel(names=["neg", "pos"]))
    return ds


@pytest.mark.parametrize("name", KNOWN)
def test_known_layouts_are_found_and_converted_whole(name):
    """Format and layout are found, certainly; ten rows in, ten rows out, each a good one."""
    found = sft.detect(load(name))
    assert KNOWN[name] == (found.format, found.layout)
    assert found.certain
    assert found.evidence
    made = sft.convert(load(name), to=found.format)
    assert 10 == len(made)
    from hf_sft_builders.formats import get_format

    get_format(found.format).require(made.with_format("arrow")[:])


def first(name, to):
    """The first row, converted."""
    return sft.convert(load(name), to=to)[0]


def test_pubmed_qa_reads_question_passages_and_long_answer():
    """Passages are the input, the long answer the output; the decision rides along."""
    row, raw = first("pubmed_qa", "alpaca"), rows_of("pubmed_qa")[0]
    assert raw["question"] == row["instruction"]
    assert "\n\n".join(raw["context"]["contexts"]) == row["input"]
    assert (raw["long_answer"], raw["final_decision"]) == (row["output"], row["final_decision"])
    assert raw["context"]["meshes"] == row["context"]["meshes"]


def test_imdb_gives_names_for_class_numbers_and_class_labels_on_demand():
    """Labels are words, or a ClassLabel with the names given."""
    assert "pos" == first("imdb", "classification")["label"]
    named = sft.convert(load("imdb"), to="classification", labels=["neg", "pos"])
    assert datasets.ClassLabel(names=["neg", "pos"]) == named.features["label"]
    assert [row["label"] for row in rows_of("imdb")] == named["label"][:]
    assert "pos" == first("imdb", "messages")["messages"][-1]["content"]
    table = sft.convert(load("imdb"), to="classification").with_format("arrow")[:]
    made = sft.convert(table, to="classification", labels=["neg", "pos"])
    assert named["label"][:] == made["label"].to_pylist()
    with pytest.raises(errors.ConfigurationError, match="the rows also have 'pos'"):
        sft.convert(table, to="classification", labels=["neg"])


def test_rm_static_transcripts_become_messages():
    """The prompt's turns are messages, the answers one each; what repeats rides along."""
    row, raw = first("rm_static", "preference"), rows_of("rm_static")[0]
    assert ["user", "assistant", "user"] == [message["role"] for message in row["prompt"]]
    assert "Hello." == row["prompt"][0]["content"]
    assert [{"role": "assistant", "content": raw["chosen"].strip()}] == row["chosen"]
    assert raw["response"] == row["response"]


def test_the_cauldron_keeps_images_questions_and_sources():
    """Images are bytes, their tags stand in the first question, sources ride along."""
    rows, raws = sft.convert(load("the_cauldron"), to="multimodal"), rows_of("the_cauldron")
    for row, raw in zip(rows, raws, strict=True):
        assert len(raw["images"]) == row["messages"][0]["content"].count("<image>")
        assert all(image["bytes"].startswith(b"\x89PNG") for image in row["images"])
        answers = [m["content"] for m in row["messages"] if m["role"] == "assistant"]
        assert [text["assistant"] for text in raw["texts"]] == answers
        assert [text["source"] for text in raw["texts"]] == row["sources"]


def test_reasoning_reaches_the_formats_that_hold_it():
    """Question, thoughts and answer of the Chinese R1 set train in thinking tags."""
    row, raw = (
        first("deepseek_r1_distill_110k", "distillation"),
        rows_of("deepseek_r1_distill_110k")[0],
    )
    assert (raw["reasoning_content"], float(raw["score"])) == (row["reasoning"], row["score"])
    think = first("question_cot_response", "alpaca_think")
    raw = rows_of("question_cot_response")[0]
    assert f"<think>\n{raw['Complex_CoT']}\n</think>\n\n{raw['Response']}" == think["output"]


def test_a_doubtful_layout_is_told_and_not_decided():
    """Two readings that explain as much: both are named, and convert asks."""
    ds = datasets.Dataset.from_list(
        [{"question": "a", "answer": "b", "problem": "c", "solution": "d"}]
    )
    found = sft.detect(ds)
    assert not found.certain
    assert {"question and answer", "problem and solution"} == {
        found.layout,
        found.runners_up[0].layout,
    }
    with pytest.raises(errors.ConfigurationError, match="(?s)not certain.*from_format="):
        sft.convert(ds, to="alpaca")


def test_what_no_format_has_is_explained():
    """The error names the columns, the nearest format and the way on."""
    with pytest.raises(
        errors.FormatError, match=r"(?s)instruction: string, x: int64.*alpaca.*columns="
    ):
        sft.detect(pa.table({"instruction": ["a"], "x": [1]}))


def test_thinking_tags_decide():
    """The same columns with tags in the words are read as thinking."""
    said = [
        {"from": "human", "value": "9 加 7？"},
        {"from": "gpt", "value": "<think>\n9+7\n</think>\n\n16"},
    ]
    table = pa.table({"conversations": [said]})
    assert "sharegpt_think" == sft.detect(table).format
    made = sft.convert(table, to="distillation")
    assert ("9+7", "16") == (made["reasoning"][0].as_py(), made["content"][0].as_py())


def test_calls_as_structs_become_text_without_padding():
    """OpenAI rows with calls of different keys: no null that Arrow put there is trained on."""

    def call(**arguments):
        return [{"type": "function", "function": {"name": "f", "arguments": arguments}}]

    rows = [
        {
            "messages": [
                {"role": "user", "content": "q", "tool_calls": None},
                {"role": "assistant", "content": None, "tool_calls": call(**arguments)},
            ]
        }
        for arguments in ({"city": "云溪"}, {"days": 2})
    ]
    ds = datasets.Dataset.from_list(rows)
    assert "messages_tools" == sft.detect(ds).format
    made = sft.convert(ds, to="messages_tools")
    told = [json.loads(row["messages"][1]["tool_calls"]) for row in made]
    assert [{"city": "云溪"}, {"days": 2}] == [calls[0]["function"]["arguments"] for calls in told]
