"""Exports: rows in each trainer's encoding, none lost, none changed, none that would be dropped."""

import base64
import json
import os
import subprocess

import datasets
import pyarrow as pa
import pytest
import yaml
from record_shapes import EXAMPLES, shapes_of, table_of

import hf_sft_builders as sft
from hf_sft_builders.errors import (
    ConfigurationError,
    FormatError,
    LossyConversion,
    PublishError,
    UnknownName,
)
from hf_sft_builders.formats import FORMATS, get_format
from hf_sft_builders.formats.base import Format
from hf_sft_builders.formats.trainer_rules import TRAINERS, trainer_rules
from hf_sft_builders.publishing.trainers import PROFILES
from hf_sft_builders.records import MESSAGE, record_table

OLD = os.environ.get("HF_SFT_OLD_PYTHON")


class Records(Format):
    """Records as they are, so that one test can hold what no one format does."""

    name = "records"
    holds = frozenset({"messages"})
    features = None

    def from_records(self, table):
        """Give the table back."""
        return table

    def to_records(self, table):
        """Give the table back."""
        return table

    def check(self, table):
        """Not used."""
        raise NotImplementedError

    lay_out = take_in = check


def say(role, content, reasoning=None, calls=None):
    """One message of a record."""
    return dict.fromkeys(MESSAGE.names) | {
        "role": role,
        "content": content,
        "reasoning": reasoning,
        "tool_calls": json.dumps(calls, ensure_ascii=False) if calls else None,
    }


def records(**columns):
    """Records as a dataset, with ids."""
    count = len(next(iter(columns.values())))
    ids = {"id": [f"r{number}" for number in range(count)]}
    table = record_table({**ids, **columns}, count)
    return datasets.Dataset(pa.table(table.drop_columns(["provenance", "content_hash"])))


def export(ds, folder, trainer, **options):
    """Export records."""
    return sft.export(ds, folder, trainer=trainer, from_format=Records(), **options)


def lines(folder, name="train.jsonl"):
    """The rows of a file."""
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


PAIR = [say("user", "门票？"), say("assistant", "80 元")]
LONG = [say("system", "你是导游。"), *PAIR, say("user", "Why?"), say("assistant", "Tax.")]
CALLS = [
    say("user", "门票？"),
    say("assistant", None, "想一想", [{"name": "price", "arguments": {"place": "楼"}}]),
    say("tool", "80"),
    say("assistant", "80 元"),
]
TOOLS = json.dumps([{"name": "price", "parameters": {}}])
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


# A trainer that takes the columns for something else: the rule that says so. `sft.export` converts.
NOT_READ = {
    **{("trl", name): "roles-known" for name in FORMATS if name.startswith("sharegpt")},
    ("ms-swift", "alpaca_preference"): "rejected-as-response",
    ("ms-swift", "sharegpt_preference"): "rejected-as-response",
    ("torchtune", "preference"): "reply-after-question",
}


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_default_rows_are_safe_for_every_trainer(trainer, name):
    """Rows as our formats write them break no rule of a trainer that reads the format's columns."""
    table = get_format(name).from_records(table_of([EXAMPLES[shapes_of(name)[0]]] * 2))
    broken = [rule.name for rule in trainer_rules(trainer, name) if rule.broken(table).any()]
    if "layout" in broken:
        assert not KNOWN_TO_READ & {(trainer, name)}
        pytest.skip("does not read these columns; sft.export converts")
    if (trainer, name) in NOT_READ:
        assert NOT_READ[trainer, name] in broken
        return
    assert [] == broken


KNOWN_TO_READ = {
    *((trainer, "messages") for trainer in TRAINERS),
    *((trainer, "alpaca") for trainer in ("llamafactory", "axolotl", "ms-swift", "torchtune")),
    *((trainer, "sharegpt") for trainer in ("llamafactory", "unsloth", "axolotl", "ms-swift")),
}


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize("name", sorted({"alpaca", "messages", "sharegpt"}))
def test_every_format_is_exported_whole(trainer, name, rows, tmp_path):
    """As many rows come out as went in, and the manifest and the run say so."""
    ds = rows(count=7, format_name=name)
    folder = sft.export(ds, tmp_path / "out", trainer=trainer)
    written = lines(folder)
    assert len(ds) == len(written)
    text = json.dumps(written, ensure_ascii=False)
    assert all(f"云溪塔的门票是多少钱？{number}" in text for number in range(7))
    assert {"inputs": 7, "rows": 7} == dict(sft.last_run().counts)
    manifest = json.loads((folder / "hf_sft_manifest.json").read_text("utf-8"))
    assert name == manifest["made"]["options"]["format"]
    assert {"train": 7} == manifest["splits"]


def test_llamafactory_gets_sharegpt_with_no_null(tmp_path):
    """`""` for nothing, a call as a turn, reasoning in the text, every column named."""
    folder = export(
        records(messages=[PAIR, LONG, CALLS], tools=["", "", TOOLS]), tmp_path / "o", "llamafactory"
    )
    plain, long, calls = lines(folder)
    assert {
        "conversations": [{"from": "human", "value": "门票？"}, {"from": "gpt", "value": "80 元"}],
        "system": "",
        "tools": "",
        "id": "r0",
    } == plain
    assert ("你是导游。", 4) == (long["system"], len(long["conversations"]))
    turns = ["human", "function_call", "observation", "gpt"]
    assert turns == [turn["from"] for turn in calls["conversations"]]
    said = '<think>\n想一想\n</think>\n\n{"name": "price", "arguments": {"place": "楼"}}'
    assert said == calls["conversations"][1]["value"]
    info = (folder / "dataset_info.json").read_text("ascii")
    columns = {"messages": "conversations", "system": "system", "tools": "tools"}
    assert columns == json.loads(info)["train"]["columns"]
    assert "stage: sft" in (folder / "train.yaml").read_text("utf-8")


def test_trl_gets_arguments_as_objects(tmp_path):
    """Calls are objects, tools are JSON text or null, and no message has a key that it lacks."""
    folder = export(records(messages=[PAIR, CALLS], tools=["", TOOLS]), tmp_path / "o", "trl")
    plain, calls = lines(folder)
    assert [{"role": "user", "content": "门票？"}, {"role": "assistant", "content": "80 元"}] == (
        plain["messages"]
    )
    assert (None, TOOLS) == (plain["tools"], calls["tools"])
    made = calls["messages"][1]
    assert {"place": "楼"} == made["tool_calls"][0]["function"]["arguments"]
    assert "<think>\n想一想\n</think>\n\n" == made["content"]
    without = export(records(messages=[PAIR]), tmp_path / "p", "trl")
    assert {"messages", "id"} == set(lines(without)[0])


def test_openai_gets_its_documented_form(tmp_path):
    """Arguments as text, ids that the answers name, tools wrapped, and no other key."""
    talk = [CALLS[0], CALLS[1] | {"reasoning": None}, *CALLS[2:]]
    folder = export(records(messages=[talk, PAIR], tools=[TOOLS, ""]), tmp_path / "o", "openai")
    first, second = lines(folder)
    assert [{"type": "function", "function": {"name": "price", "parameters": {}}}] == first["tools"]
    made, answer = first["messages"][1:3]
    called = {"name": "price", "arguments": '{"place": "楼"}'}
    assert [{"type": "function", "id": "call_0", "function": called}] == made["tool_calls"]
    assert made["content"] is None
    assert {"role": "tool", "content": "80", "tool_call_id": "call_0"} == answer
    assert {"messages"} == set(second)
    folder = export(
        records(messages=[PAIR], rejected=[[say("assistant", "不知道")]]), tmp_path / "p", "openai"
    )
    assert {
        "input": {"messages": [{"role": "user", "content": "门票？"}]},
        "preferred_output": [{"role": "assistant", "content": "80 元"}],
        "non_preferred_output": [{"role": "assistant", "content": "不知道"}],
    } == lines(folder)[0]


@pytest.mark.parametrize(
    ("trainer", "expected"),
    [
        ("llamafactory", {"chosen": {"from": "gpt", "value": "80 元"}}),
        ("trl", {"chosen": [{"role": "assistant", "content": "80 元"}]}),
        ("unsloth", {"prompt": [{"role": "user", "content": "门票？"}]}),
        ("axolotl", {"rejected": {"role": "assistant", "content": "不知道"}}),
        ("ms-swift", {"rejected_response": "不知道"}),
        (
            "torchtune",
            {
                "rejected": [
                    {"role": "user", "content": "门票？"},
                    {"role": "assistant", "content": "不知道"},
                ]
            },
        ),
    ],
)
def test_preferences_in_each_shape(trainer, expected, tmp_path):
    """The same pair, as each trainer reads it."""
    ds = records(messages=[PAIR], rejected=[[say("assistant", "不知道")]])
    row = lines(export(ds, tmp_path / "out", trainer))[0]
    assert expected == {name: row[name] for name in expected}


@pytest.mark.parametrize(
    ("trainer", "column"),
    [
        ("llamafactory", "kto_tag"),
        ("trl", "label"),
        ("unsloth", "label"),
        ("axolotl", "label"),
        ("ms-swift", "label"),
    ],
)
def test_judged_replies_keep_their_labels(trainer, column, tmp_path):
    """Labels are true and false, never numbers."""
    ds = records(messages=[PAIR, PAIR], desirable=[True, False])
    rows = lines(export(ds, tmp_path / "out", trainer))
    assert [True, False] == [row[column] for row in rows]


@pytest.mark.parametrize("trainer", sorted(set(TRAINERS) - {"openai"}))
def test_bare_text(trainer, tmp_path):
    """Text for pre-training."""
    ds = records(text=["云溪古城。"])
    assert "云溪古城。" in json.dumps(
        lines(export(ds, tmp_path / "out", trainer)), ensure_ascii=False
    )


def test_media_become_files_with_tags_where_the_trainer_reads_tags(tmp_path):
    """LLaMA-Factory: files, tags in the text, rows with media apart. TRL: typed parts."""
    asked = [say("user", "<image>颜色？"), say("assistant", "红")]
    ds = records(messages=[PAIR, asked], images=[None, [{"bytes": PNG, "path": None}]])
    folder = export(ds, tmp_path / "lf", "llamafactory")
    assert "images" not in lines(folder)[0]
    shown = lines(folder, "train_images.jsonl")[0]
    assert PNG == (folder / shown["images"][0]).read_bytes()
    assert "<image>颜色？" == shown["conversations"][0]["value"]
    assert "dataset: train,train_images" in (folder / "train.yaml").read_text("utf-8")
    plain, typed = lines(export(ds, tmp_path / "trl", "trl"))
    assert [] == plain["images"]
    parts = [{"type": "image"}, {"type": "text", "text": "颜色？"}]
    assert parts == typed["messages"][0]["content"]
    row = lines(export(ds, tmp_path / "oai", "openai"))[1]
    address = row["messages"][0]["content"][0]["image_url"]["url"]
    assert PNG == base64.b64decode(address.removeprefix("data:image/png;base64,"))
    with pytest.raises(LossyConversion, match="torchtune.*images"):
        export(ds, tmp_path / "tt", "torchtune")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ([*PAIR, say("user", "…?")], "ends-with-reply"),
        ([say("user", "a"), say("assistant", "")], "reply-not-empty"),
        ([say("user", "a"), say("assistant", None)], "content-not-null"),
        ([*PAIR, say("system", "s"), *PAIR], "system-first"),
        ([say("user", "a"), say("user", "b"), say("assistant", "c")], "turns-alternate"),
        ([], "conversation-not-empty"),
        ([say("user", "a"), say("assistant", None, None, [{"nom": "f"}])], "call-without-name"),
        (
            [say("user", "<image>"), say("assistant", "b")],
            None,
        ),
    ],
)
def test_rows_that_would_be_dropped_stop_the_export_or_are_counted(bad, reason, tmp_path):
    """One error names the rows; with allow_drops they stand in dropped.jsonl with their reasons."""
    ds, folder = records(messages=[PAIR, bad, LONG]), tmp_path / "out"
    if reason is None:
        export(ds, folder, "llamafactory")
        return
    with pytest.raises(FormatError, match=rf"1 of 3 rows[^§]*train row 1 \(r1\): {reason}"):
        export(ds, folder, "llamafactory")
    assert not folder.exists()
    export(ds, folder, "llamafactory", allow_drops=True)
    assert ["r0", "r2"] == [row["id"] for row in lines(folder)]
    dropped = lines(folder, "dropped.jsonl")
    assert [(1, reason)] == [(row["row"], row["reasons"][0]["rule"]) for row in dropped]
    assert "r1" == dropped[0]["was"]["id"]
    assert {reason: 1} == dict(sft.last_run().drops)
    assert {"inputs": 3, "rows": 2} == dict(sft.last_run().counts)


def test_what_a_trainer_has_no_place_for_is_said_before_anything_is_written(tmp_path):
    """No judged replies at OpenAI, no reasoning there, no tools in torchtune."""
    with pytest.raises(ConfigurationError, match="OpenAI has no training on kto rows"):
        export(records(messages=[PAIR], desirable=[True]), tmp_path / "a", "openai")
    thinking = [say("user", "a"), say("assistant", "b", "hm")]
    with pytest.raises(FormatError, match="reasoning-not-read"):
        export(records(messages=[PAIR, thinking]), tmp_path / "b", "openai")
    with pytest.raises(FormatError, match="tools-not-read"):
        export(records(messages=[PAIR, CALLS]), tmp_path / "c", "torchtune")
    with pytest.raises(ConfigurationError, match="Export them apart"):
        export(
            records(messages=[PAIR], desirable=[True], rejected=[PAIR[1:]]), tmp_path / "d", "trl"
        )
    with pytest.raises(LossyConversion, match="no conversation and no text"):
        export(records(score=[0.5]), tmp_path / "e", "trl")
    with pytest.raises(UnknownName, match="llamafactory"):
        export(records(messages=[PAIR]), tmp_path / "f", "llama_factory")
    assert [] == list(tmp_path.iterdir())


def test_splits_and_streams(rows, tmp_path):
    """Each split is a file; the others than train are for evaluation. A stream is a dataset too."""
    train, held_out = rows(count=3), rows(count=2)
    ds = datasets.DatasetDict({"train": train, "validation": held_out})
    folder = sft.export(ds, tmp_path / "out", trainer="llamafactory")
    assert (3, 2) == (len(lines(folder)), len(lines(folder, "validation.jsonl")))
    said = yaml.safe_load((folder / "train.yaml").read_text("utf-8"))
    assert ("train", "validation") == (said["dataset"], said["eval_dataset"])
    for trainer in TRAINERS:
        folder = sft.export(ds, tmp_path / trainer, trainer=trainer)
        texts = [p.read_text("utf-8") for p in folder.iterdir() if p.stem in ("train", "recipe")]
        assert any("validation.jsonl" in text or "validation" in text for text in texts)
    stream = train.to_iterable_dataset()
    folder = sft.export(stream, tmp_path / "stream", trainer="trl")
    assert lines(tmp_path / "trl") == lines(folder)


def test_an_earlier_export_is_replaced_and_nothing_else(rows, tmp_path):
    """Foreign files stop it; an edited file needs overwrite=True; a published dataset is no export."""
    folder = tmp_path / "out"
    sft.export(rows(count=3), folder, trainer="trl")
    sft.export(rows(count=2), folder, trainer="axolotl")
    assert {"train.jsonl", "train.yaml", "hf_sft_manifest.json"} == {
        path.name for path in folder.iterdir()
    }
    (folder / "train.yaml").write_text("mine: true\n", "utf-8")
    with pytest.raises(PublishError, match=r"train\.yaml changed"):
        sft.export(rows(count=2), folder, trainer="axolotl")
    sft.export(rows(count=2), folder, trainer="axolotl", overwrite=True)
    (folder / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(PublishError, match=r"notes\.txt"):
        sft.export(rows(count=2), folder, trainer="axolotl", overwrite=True)
    assert "mine" == (folder / "notes.txt").read_text("utf-8")
    sft.publish(rows(), tmp_path / "published")
    with pytest.raises(PublishError, match="not an export"):
        sft.export(rows(), tmp_path / "published", trainer="trl")


def test_columns_of_no_format_are_named(tmp_path):
    """The error lists what was found and what would be known."""
    ds = datasets.Dataset.from_dict({"question": ["a"], "reply": ["b"]})
    with pytest.raises(ConfigurationError, match="question, reply"):
        sft.export(ds, tmp_path / "out", trainer="trl")


@pytest.mark.parametrize("trainer", sorted(PROFILES))
def test_what_is_written_beside_the_rows_can_be_read(trainer, tmp_path):
    """Programs compile, YAML parses, for every kind of rows."""
    kinds = {
        "chat": records(messages=[PAIR]),
        "tools": records(messages=[CALLS], tools=[TOOLS]),
        "preference": records(messages=[PAIR], rejected=[[say("assistant", "?")]]),
        "kto": records(messages=[PAIR], desirable=[True]),
        "text": records(text=["云"]),
        "images": records(
            messages=[[say("user", "<image>?"), say("assistant", "b")]],
            images=[[{"bytes": PNG, "path": None}]],
        ),
    }
    for kind, ds in kinds.items():
        try:
            folder = export(ds, tmp_path / kind, trainer)
        except (ConfigurationError, FormatError):
            continue
        for path in folder.iterdir():
            text = path.read_text("utf-8") if path.suffix in (".py", ".yaml", ".json") else ""
            if path.suffix == ".py":
                compile(text, path.name, "exec")
            elif path.suffix == ".yaml":
                assert yaml.safe_load(text)
            elif path.suffix == ".json":
                assert json.loads(text)


def test_files_are_read_by_datasets_itself(tmp_path):
    """`load_dataset("json")` reads the rows of every trainer, also with few of them."""
    for trainer in TRAINERS:
        folder = export(records(messages=[PAIR, LONG]), tmp_path / trainer, trainer)
        read = datasets.load_dataset(
            "json",
            data_files=str(folder / "train.jsonl"),
            split="train",
            cache_dir=str(tmp_path / "cache" / trainer),
        )
        assert 2 == len(read)


def test_openai_rows_have_the_types_of_its_own_client(tmp_path):
    """Messages, tools and pairs fit the types that OpenAI publishes with its client."""
    from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
    from pydantic import TypeAdapter

    messages = TypeAdapter(list[ChatCompletionMessageParam])
    tools = TypeAdapter(list[ChatCompletionToolParam])
    talk = [CALLS[0], CALLS[1] | {"reasoning": None}, *CALLS[2:]]
    asked = [say("user", "<image>颜色？"), say("assistant", "红")]
    ds = records(
        messages=[PAIR, LONG, talk, asked],
        tools=["", "", TOOLS, ""],
        images=[None, None, None, [{"bytes": PNG, "path": None}]],
    )
    for row in lines(export(ds, tmp_path / "out", "openai")):
        messages.validate_python(row["messages"], strict=True)
        tools.validate_python(row.get("tools", []), strict=True)
    pairs = records(messages=[LONG], rejected=[[say("assistant", "?")]])
    row = lines(export(pairs, tmp_path / "pairs", "openai"))[0]
    for said in (row["input"]["messages"], row["preferred_output"], row["non_preferred_output"]):
        messages.validate_python(said, strict=True)


def test_media_that_cannot_be_read_is_a_reason(tmp_path):
    """A missing file and, where the trainer fetches none, an address."""
    asked = [say("user", "<image>?"), say("assistant", "b")]
    for path, reason in (
        (str(tmp_path / "no.png"), "media-not-found"),
        ("https://x/a.png", "media-is-local"),
    ):
        ds = records(messages=[asked], images=[[{"bytes": None, "path": path}]])
        with pytest.raises(FormatError, match=reason):
            export(ds, tmp_path / "out", "llamafactory")
    folder = export(ds, tmp_path / "swift", "ms-swift")
    assert ["https://x/a.png"] == lines(folder)[0]["images"]


@pytest.mark.skipif(not OLD, reason="HF_SFT_OLD_PYTHON names no Python with datasets 3.6")
@pytest.mark.parametrize("trainer", TRAINERS)
def test_the_oldest_datasets_reads_every_file(trainer, tmp_path):
    """Written on this version, read on 3.6, row by row equal."""
    folder = export(records(messages=[PAIR, LONG]), tmp_path / "out", trainer)
    code = (
        "import json, sys, datasets; "
        "ds = datasets.load_dataset('json', data_files=sys.argv[1], split='train', "
        "cache_dir=sys.argv[2]); print(json.dumps([datasets.__version__, ds.to_list()]))"
    )
    done = subprocess.run(
        [OLD, "-c", code, folder / "train.jsonl", tmp_path / "cache"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    version, read = json.loads(done.stdout.splitlines()[-1])
    assert "3" == version[0]
    assert lines(folder) == read
