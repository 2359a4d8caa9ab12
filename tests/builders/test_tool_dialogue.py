"""The builder `tool_dialogue`: composed of public ops, cached, streaming, with a model."""

import json

import pytest
from conftest import EXAMPLES
from hotel_records import RECORDS, TOOL

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.synthesis.prompts import fenced_text

HERE = EXAMPLES / "hotel_booking"
FILES = {"data_files": str(HERE / "hotels.csv"), "tool": str(HERE / "tool.json")}
SHARES = {"dialogues": 60, "extra_turns": 0.5, "closings": 0.5, "rewrites": 0.15, "seed": 3}


def test_by_hand_and_by_the_builder_give_the_same_rows(load):
    """The composition that the docstring shows."""
    built = load("tool_dialogue", split="train", **FILES, **SHARES)
    table, tool = FILES["data_files"], FILES["tool"]
    rows = sft.plan_dialogues(table, tool, **SHARES)
    rows = rows.map(sft.slots_to_utterance(tool, records=table, seed=3), batched=True)
    rows = rows.map(sft.answer_calls(table, tool, seed=3), batched=True)
    rows = rows.map(sft.rewrite_with_slots(tool, where="rewritten", seed=3), batched=True)
    rows = rows.map(sft.add_turns(tool, where="extra", records=table, seed=3), batched=True)
    closings = json.loads((HERE / "tool.json").read_text("utf-8"))["x-record"]["closings"]
    rows = rows.map(sft.close_dialogue(closings, where="closed", seed=3), batched=True)
    for column in ("id", "query", "messages", "tools"):
        assert built[column][:] == rows[column][:]


def test_streams_and_caches(load):
    """The same rows streamed; a second call is a cache hit; the source is in the provenance."""
    built = load("tool_dialogue", split="train", **FILES, **SHARES)
    streamed = list(load("tool_dialogue", split="train", streaming=True, **FILES, **SHARES))
    assert built.to_list() == streamed
    assert (
        built._fingerprint == load("tool_dialogue", split="train", **FILES, **SHARES)._fingerprint
    )
    assert "source" == built[0]["provenance"][0]["step"]
    assert built[0]["provenance"][0]["uri"].endswith("hotels.csv")


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "csv"])
def test_reads_tables_of_any_kind(load, tmp_path, kind):
    """Equal rows from JSON Lines, Parquet and CSV."""
    import datasets

    ds = datasets.Dataset.from_list(RECORDS)
    if kind == "csv":
        lists = [{**row, "facilities": "、".join(row["facilities"])} for row in RECORDS]
        datasets.Dataset.from_list(lists).to_csv(str(tmp_path / "r.csv"), index=False)
    else:
        getattr(ds, {"jsonl": "to_json", "parquet": "to_parquet"}[kind])(
            str(tmp_path / f"r.{kind}")
        )
    built = load(
        "tool_dialogue",
        data_files=str(tmp_path / f"r.{kind}"),
        tool=TOOL,
        dialogues=20,
        mix={"name": 1, "ceiling": 1},
        extra_turns=0,
        closings=0,
        split="train",
    )
    plan = sft.plan_dialogues(
        RECORDS, TOOL, dialogues=20, mix={"name": 1, "ceiling": 1}, extra_turns=0, closings=0
    )
    assert plan["slots"][:] == [
        json.dumps(json.loads(row["messages"][1]["tool_calls"])[0]["arguments"], ensure_ascii=False)
        for row in built
    ]


def says(request):
    """A model that writes sentences, replies and closings out of what it is shown."""
    shown = fenced_text(request)
    if request.schema is not None:
        return json.dumps(
            {"user": "好的，谢谢你。", "assistant": "不客气，再见。"}, ensure_ascii=False
        )
    if shown.startswith("user:"):
        return (
            "推荐您看看"
            + json.loads(request.messages[-1]["content"].split("\n")[-2])["records"][0]["name"]
            + "。"
        )
    return (
        "帮我找酒店，"
        + "，".join(line.replace(" ", "").replace('"', "") for line in shown.split("\n"))
        + "。"
    )


def test_with_a_model(load):
    """All texts are the model's, all labels and results are not."""
    chosen = {"mix": {"ceiling": 1, "range": 1}, "dialogues": 10, "extra_turns": 0, "closings": 0.5}
    built = load("tool_dialogue", split="train", model=sft.ScriptedModel(says), **FILES, **chosen)
    run = sft.last_run()
    assert 10 == len(built) + run.drops["duplicate utterance"]
    assert all(row["messages"][0]["content"].startswith("帮我找酒店") for row in built)
    assert 5 == run.noted["closed"]
    assert 25 == run.usage["calls"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tool": None}, "needs tool="),
        ({"dialogues": 0}, "dialogues=0"),
        ({"closings": 1.5}, "closings=1.5"),
        ({"mix": {"celing": 1}}, "ceiling"),
        ({"mix": "name=x"}, "mix='name=x'"),
        ({"format": "alpaca"}, "format='alpaca'"),
        ({"validation_fraction": 0.1}, r"sft\.split"),
        ({"extra_turns": 1.0, "mix": {"no_hit": 1}}, "extra_turns"),
    ],
)
def test_bad_options_are_told_before_any_work(load, options, words):
    """One clear error, with the next step."""
    with pytest.raises(errors.ConfigurationError, match=words):
        load("tool_dialogue", **{**FILES, **options})
