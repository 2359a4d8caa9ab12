"""The four builders against a server that speaks the real protocol: rows, calls, and calls once."""

import json

import pytest
from chat_server import running

import hf_sft_builders as sft

PLACES = {
    "望云楼": ("高 28.6 米", "80", "8:00", "18:00"),
    "听涛阁": ("高 17.5 米", "60", "9:00", "17:30"),
    "云溪书院": ("建于 1523 年", "45", "8:30", "17:00"),
    "沈家重院": ("占地 3200 平方米", "30", "9:30", "16:30"),
    "三道井": ("水深 4.2 米", "20", "7:00", "19:00"),
}


def page(name):
    """A document of one chunk."""
    fact, price, opens, shuts = PLACES[name]
    return f"# {name}\n\n{name}{fact}。\n\n门票是每人 {price} 元。\n\n每天 {opens} 开放，{shuts} 关门。\n"


def dialogue_about(name):
    """Two rounds."""
    fact, price, _, _ = PLACES[name]
    return {"rounds": [
        {"kind": "question", "user": f"能介绍一下{name}吗？", "assistant": f"{name}{fact}。",
         "evidence": f"{name}{fact}"},
        {"kind": "follow_up", "user": "听着不错，进去要花多少钱？", "assistant": f"每人 {price} 元。",
         "evidence": f"门票是每人 {price} 元"}]}  # fmt: skip


def reasoning_about(name):
    """A sum."""
    price = PLACES[name][1]
    total = 3 * int(price)
    return {"questions": [{
        "question": f"三位成人去{name}，门票一共多少钱？",
        "steps": [f"{name}的门票每人 {price} 元。", f"三人就是 {price}×3={total} 元。"],
        "answer": f"一共 {total} 元。", "evidence": [f"门票是每人 {price} 元"]}]}  # fmt: skip


def pair_about(name):
    """A labelled pair."""
    price, domain = PLACES[name][1], "楼阁" if name[-1] in "楼阁" else "院落"
    return {"pairs": [{"question": f"{name}的门票是多少钱？", "answer": f"每人 {price} 元。",
                       "evidence": f"门票是每人 {price} 元", "domain": domain}]}  # fmt: skip


ABOUT = {"dialogue": dialogue_about, "reasoning": reasoning_about, "domain": pair_about}
TREE = "levels: 1\ndomains: [楼阁, 院落]\n"
TOPICS = "questions: 3\nlanguage: zh\ntopics: [云溪住宿, 云溪美食]\n"
SAID = "先看位置，再看价格，最后比较口碑。"


def replies(name):
    """What the server says to which prompt."""
    if name != "distillation":
        return {
            f"# {place}\n": json.dumps(ABOUT[name](place), ensure_ascii=False) for place in PLACES
        }
    levels = ("basic", "intermediate", "advanced")
    return {
        f"<<<{mark}\n{topic}": json.dumps(
            {"questions": [{"question": f"关于{topic}，第 {n} 个问题怎么答？", "difficulty": level}
                           for n, level in enumerate(levels)]}, ensure_ascii=False)
        for topic in ("云溪住宿", "云溪美食")
        for mark in [_mark(topic)]
    }  # fmt: skip


def _mark(text):
    from hf_sft_builders.synthesis.prompts import fenced

    return fenced(text).splitlines()[0].removeprefix("<<<")


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Where each builder starts."""
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "replies.sqlite"))
    folder = tmp_path / "places"
    folder.mkdir()
    for name in PLACES:
        (folder / f"{name}.md").write_text(page(name), encoding="utf-8")
    (tmp_path / "tree.yaml").write_text(TREE, encoding="utf-8")
    (tmp_path / "topics.yaml").write_text(TOPICS, encoding="utf-8")
    documents = {"data_dir": str(folder)}
    talk = {"rounds": (2, 2), "clarification": 0.0, "closing": 0.0}
    return {
        "dialogue": {**documents, **talk},
        "reasoning": documents,
        "domain": {**documents, "domain_tree": str(tmp_path / "tree.yaml"), "balance": None},
        "distillation": {"data_files": str(tmp_path / "topics.yaml"), "top_logprobs": 2},
    }


@pytest.mark.parametrize(
    ("name", "rows", "calls"),
    [("dialogue", 5, 5), ("reasoning", 5, 5), ("domain", 5, 5), ("distillation", 6, 2 + 6)],
)
def test_rows_come_over_the_wire_and_are_paid_once(load, start, name, rows, calls):
    """One call for each chunk, topic and answer, as estimated; built anew, none; dropped, none."""
    thinks = {"reasoning": "reasoning_content", "reasoning_text": "住宿先看位置。\n再看价格。"}
    thinks = thinks if name == "distillation" else {}
    with running(answer=SAID, replies=replies(name), **thinks) as server:
        known = {**start[name], "model": "m", "base_url": server.base_url}
        told = sft.estimate(name, **known)
        ds = load(name, split="train", **known)
        assert {} == sft.last_run().drops
        assert (rows, calls, calls) == (len(ds), server.stats()["requests"], told.calls)
        again = load(name, split="train", download_mode="force_redownload", **known)
        assert calls == server.stats()["requests"]
        assert calls == sft.last_run().usage["cached"]
        stream = list(load(name, split="train", streaming=True, **known))
        assert calls == server.stats()["requests"]
    assert ds.to_list() == again.to_list() == stream


@pytest.mark.parametrize("name", ["dialogue", "reasoning", "domain"])
def test_workers_make_the_same_rows(load, start, name):
    """`num_proc=2` over the wire: rows, order and account are those of one process."""
    with running(answer=SAID, replies=replies(name)) as server:
        known = {**start[name], "model": "m", "base_url": server.base_url, "split": "train"}
        one = load(name, **known)
        two = load(name, num_proc=2, download_mode="force_redownload", **known)
    assert one.to_list() == two.to_list()


def test_the_key_is_in_no_file(load, start, tmp_path):
    """Neither cache, manifest, replies, card nor published rows hold it; the server was given it."""
    key = "sk-nobody-may-find-this-42"
    with running(answer=SAID, replies=replies("reasoning"), api_key=key) as server:
        known = {**start["reasoning"], "model": "m", "base_url": server.base_url}
        ds = load("reasoning", split="train", api_key=key, **known)
    sft.publish(ds, tmp_path / "published", license="mit")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"README.md", "replies.sqlite", "hf_sft_manifest.json"} <= {path.name for path in files}
    assert [] == [path for path in files if key.encode() in path.read_bytes() or key in path.name]


def test_a_failed_row_is_tried_again_by_the_same_call(load, start):
    """One document is refused: four rows and a failure; the next call asks for that one alone."""
    fault = {"kind": "400", "containing": "# 听涛阁", "times": 1}
    with running(answer=SAID, replies=replies("dialogue"), faults=[fault]) as server:
        known = {**start["dialogue"], "model": "m", "base_url": server.base_url, "split": "train",
                 "max_failures": 1, "max_concurrency": 1}  # fmt: skip
        first = load("dialogue", **known)
        assert (4, 1) == (len(first), len(sft.last_run().failures))
        asked = server.stats()["requests"]
        assert 5 == len(load("dialogue", **known))
        assert asked + 1 == server.stats()["requests"]
