"""`sft.ray.build` gives what `load_dataset` gives, goes on from what is finished, and stops as a whole."""

import json
import logging
import re
import shutil

import pytest
from chat_server import running
from conftest import EXAMPLES, GUIDE
from datasets import load_dataset
from PIL import Image

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.cli import main
from hf_sft_builders.ray import building, shards, telling
from hf_sft_builders.registry import BUILDERS

pytest.importorskip("ray.data", reason="needs ray: pip install 'ray[data]'")
pytestmark = pytest.mark.usefixtures("one_ray")

TREE = "levels: 2\ndomains:\n- label: 景点\n  children: [望云楼]\n- label: 酒店\n"
RECORDS = str(EXAMPLES / "hotel_booking")
REASONED = {
    "question": "两位成人登望云楼，门票一共多少钱？",
    "steps": ["望云楼的门票每人 80 元。", "两人就是 80×2=160 元。"],
    "answer": "一共 160 元。",
    "evidence": ["门票：80 元／人"],
}
MODEL = {
    "distillation": {"answer": "先看位置，再看价格。"},
    "reasoning": {"replies": {"门票": json.dumps({"questions": [REASONED]}, ensure_ascii=False)}},
    "vision_qa": {"answer": "A field of one colour, without any shape."},
}
"""Builder that cannot work without a model → what the model says."""
FILES = {
    "classification": ("rows", {}),
    "convert": ("rows", {"format": "messages"}),
    "dialogue": ("docs", {}),
    "distillation": ("prompts", {}),
    "documents": ("docs", {"validation_fraction": 0.4}),
    "domain": ("docs", {"domain_tree": "tree.yaml"}),
    "exam": ("docs", {"format": "alpaca"}),
    "pdf_qa": ("docs", {"format": "sharegpt", "gates": ["structure"]}),
    "preference": ("docs", {}),
    "reasoning": ("docs", {}),
    "source": ("rows", {}),
    "tool_dialogue": ("hotels", {"tool": RECORDS + "/tool.json"}),
    "transcript": ("subtitles", {"make": "questions"}),
    "vision_qa": ("photos", {"task": "caption", "language": "en"}),
}
"""Builder → folder of `inputs`, and options."""


@pytest.fixture
def inputs(tmp_path):
    """Several documents, two of them the same; files of rows, prompts, pictures and records."""
    names = ("docs", "rows", "hotels", "prompts", "subtitles", "photos")
    made = {name: tmp_path / name for name in names}
    for folder in made.values():
        folder.mkdir()
    (tmp_path / "tree.yaml").write_text(TREE, encoding="utf-8")
    shutil.copy(RECORDS + "/hotels.csv", made["hotels"])
    for number, name in enumerate(("a", "b", "c", "d")):
        text = GUIDE.replace("云溪", f"云溪{'甲乙丙甲'[number]}")
        (made["docs"] / f"{name}.md").write_text(text, encoding="utf-8")
        Image.new("RGB", (8, 6), (number * 60, 0, 0)).save(made["photos"] / f"{name}.png")
        rows = [
            {
                "instruction": f"{name}{n}：门票多少钱？",
                "input": "",
                "output": f"{n} 元",
                "text": f"{n}",
                "label": "价",
            }
            for n in range(3 + number)
        ]
        said = f"云溪古城是岚州市云溪县的一座山水古城，第{number}次来。"
        subtitle = f"1\n00:00:01,000 --> 00:00:09,000\n{said}\n"
        (made["subtitles"] / f"{name}.srt").write_text(subtitle, encoding="utf-8")
        asked = [{"prompt": f"{name}{n % 2}?"} for n in range(4)] + [{"prompt": "the same?"}]
        prompts = "\n".join(map(json.dumps, asked))
        (made["prompts"] / f"{name}.jsonl").write_text(prompts, encoding="utf-8")
        lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        (made["rows"] / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return made


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_rows_and_account_are_those_of_load_dataset(name, inputs, tmp_path, monkeypatch):
    """The same rows in the same order, the same account of each input and reply, the same cache."""
    assert name in FILES, f"FILES has no entry for {name}: which files it reads, and options."
    monkeypatch.chdir(tmp_path)
    folder, options = FILES[name]
    known = {"data_dir": str(inputs[folder]), **options}
    if name not in MODEL:
        same_rows(name, tmp_path, known)
        return
    with running(**MODEL[name]) as server:
        asked = {"model": "m", "base_url": server.base_url, "model_id": tmp_path.name}
        spread = same_rows(name, tmp_path, {**known, **asked}, monkeypatch)
        assert spread.usage["calls"] * 2 == server.stats()["requests"] > 0


def same_rows(name, tmp_path, options, monkeypatch=None):
    """Build on the cluster and in one process, each paying for itself; compare. Give the account."""
    cache = str(tmp_path / "cluster")
    spread, account = sft.ray.build(name, cache_dir=cache, **options), sft.last_run()
    if monkeypatch:
        monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "replies.sqlite"))
    single = load_dataset(f"hf_sft_builders/{name}", cache_dir=str(tmp_path / "single"), **options)
    assert set(single) == set(spread)
    for split, rows in single.items():
        assert rows.features == spread[split].features
        assert rows.data.table.to_pylist() == spread[split].data.table.to_pylist()
    assert sft.last_run().to_json() == account.to_json()
    again = load_dataset(f"hf_sft_builders/{name}", cache_dir=cache, **options)
    assert all(again[split]._fingerprint == spread[split]._fingerprint for split in again)
    assert not list((tmp_path / "cluster").glob("hf_sft_ray/*"))
    return account


def test_what_is_left_out_is_told_as_by_load_dataset(inputs, tmp_path, monkeypatch, caplog):
    """A line for each file that gives nothing, once; drops, failures and the card are the same."""
    folder = inputs["docs"]
    for name in ("broken", "broken too"):
        (folder / f"{name}.pdf").write_bytes(name.encode())
    (folder / "empty.md").write_bytes(b"")
    (folder / "short.md").write_text("# 无\n\n门票\n", encoding="utf-8")
    fault = {"kind": "400", "containing": "云溪乙", "message": "no such city"}
    caplog.set_level(logging.WARNING, "hf_sft_builders")
    with running(**MODEL["reasoning"], faults=[fault]) as server:
        known = {"model": "m", "base_url": server.base_url, "model_id": tmp_path.name}
        options = {"data_dir": str(folder), **known, "max_failures": 0.5}
        told, made = [], {}
        for kind, build in (("one", load_dataset), ("ray", sft.ray.build)):
            monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / f"{kind}.sqlite"))
            caplog.clear()
            name = ("hf_sft_builders/" if kind == "one" else "") + "reasoning"
            made[kind] = build(name, cache_dir=str(tmp_path / kind), **options)
            ours = [line for line in caplog.record_tuples if line[0] == "hf_sft_builders"]
            told.append((sorted(ours), sft.last_run().to_json()))
            sft.publish(made[kind], str(tmp_path / f"{kind} hub" / "rows"))
    [(single, account), (spread, accounts)] = told
    assert single == spread
    assert 3 == sum(words.startswith("Left out: ") for _, _, words in spread)
    assert account == accounts
    assert sft.last_run().failures
    assert sft.last_run().drops
    cards = [(tmp_path / f"{kind} hub" / "rows" / "README.md").read_text("utf-8") for kind in made]
    # Rows of one file are written together, so files of the same rows differ by some bytes.
    cards = [re.sub(r"_(bytes|size): \d+", "", card) for card in cards]
    assert cards[0] == cards[1]


def test_what_was_said_is_shown_where_the_work_breaks_off(caplog):
    """Kept lines are for the driver; if there will be none, they are shown at once."""
    logger = telling.logger
    caplog.set_level(logging.WARNING, logger.name)
    with telling.heard(logging.INFO) as lines:
        logger.info("Left out: %s", "a")
        logger.debug("not wanted")
    assert not caplog.records
    telling.say(lines.to_json())
    assert [] == caplog.messages  # the driver's own level holds
    with pytest.raises(ValueError, match="broken"), telling.heard(logging.WARNING):
        logger.warning("Left out: b")
        raise ValueError("broken")
    assert ["Left out: b"] == caplog.messages


def test_a_preview_is_no_longer_than_asked(inputs, tmp_path):
    """Shards do not each make a preview of their own."""
    made = sft.ray.build(
        "pdf_qa", data_dir=str(inputs["docs"]), preview=3, cache_dir=str(tmp_path / "c")
    )
    assert 3 == len(made["train"])


def test_a_job_that_was_stopped_goes_on_from_finished_shards(inputs, tmp_path, monkeypatch):
    """What is written down is not worked on again, and asks nothing again."""
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "replies.sqlite"))
    worked = []
    take, made = shards.FinishedShards.take, building.ShardMaker._made

    def stop_after_two(self, row):
        is_done = take(self, row)
        worked.append(bool(row["ledger"]))
        if sum(worked) == 2:
            raise KeyboardInterrupt
        return is_done

    def watched(self, shards_left):
        worked.append([len(shards_left)])
        return made(self, shards_left)

    with running() as server:
        options = {
            "data_dir": str(inputs["rows"]),
            "labels": ["价", "时"],
            "model": "m",
            "base_url": server.base_url,
            "cache_dir": str(tmp_path / "c"),
        }
        for file in inputs["rows"].iterdir():
            rows = [
                {**json.loads(line), "label": ""} for line in file.read_text("utf-8").split("\n")
            ]
            file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
        server.control(answer='{"label": "价"}')
        monkeypatch.setattr(shards.FinishedShards, "take", stop_after_two)
        with pytest.raises(KeyboardInterrupt):
            sft.ray.build("classification", **options)
        monkeypatch.setattr(shards.FinishedShards, "take", take)
        monkeypatch.setattr(building.ShardMaker, "_made", watched)
        done = sft.ray.build("classification", **options)
        assert [2] == worked[-1]
        assert 3 + 4 + 5 + 6 == len(done["train"])
        stats = server.stats()
        assert stats["distinct"] == stats["requests"]


def test_errors_are_ours(tmp_path):
    """What a single process raises is raised here, in its own words."""
    with pytest.raises(errors.SourceError):
        sft.ray.build("pdf_qa", data_dir=str(tmp_path / "nothing"))
    with pytest.raises(errors.ConfigurationError, match="num_proc"):
        sft.ray.build("pdf_qa", data_dir=str(EXAMPLES / "docs"), num_proc=2)
    with running() as server, pytest.raises(errors.EndpointError):
        server.control(faults=[{"kind": "401"}])
        sft.ray.build(
            "pdf_qa",
            data_dir=str(EXAMPLES / "docs"),
            model="m",
            base_url=server.base_url,
            cache_dir=str(tmp_path),
        )


def test_the_command_builds_and_publishes(inputs, tmp_path, capsys):
    """`hf-sft build … --engine ray --output folder`."""
    given = ["build", "documents", "--data-dir", str(inputs["docs"])]
    output = str(tmp_path / "made")
    assert 0 == main([*given, "--engine", "ray", "--output", output])
    expected = load_dataset(
        "hf_sft_builders/documents", data_dir=str(inputs["docs"]), cache_dir=str(tmp_path / "c")
    )
    found = load_dataset(output, cache_dir=str(tmp_path / "c"))
    assert sorted(expected["train"]["id"]) == sorted(found["train"]["id"])
    assert 2 == main([*given, "--address", "auto"])
    assert "--engine ray" in capsys.readouterr().err


def test_secrets_reach_workers_and_no_disk(inputs, tmp_path, monkeypatch):
    """A key is not in what is sent along, which Ray may spill to disk, and opens the endpoint."""
    sent = []
    copy = building.ShardMaker._copy
    monkeypatch.setattr(
        building.ShardMaker, "_copy", lambda self: sent.append(copy(self)) or sent[-1]
    )
    with running(api_key="sk-of-this-test") as server:
        made = sft.ray.build(
            "distillation",
            data_dir=str(inputs["prompts"]),
            model="m",
            base_url=server.base_url,
            api_key="sk-of-this-test",
            cache_dir=str(tmp_path / "c"),
        )
    assert 20 == len(made["train"])
    assert sent
    assert not any(b"sk-of-this" in builder for builder in sent)
