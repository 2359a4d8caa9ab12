"""The builders `dialogue`, `reasoning`, `domain`, `distillation`, as users call them."""

import json
import re

import pytest
from builder_cases import model as careful
from chat_server import running
from datasets import Dataset, concatenate_datasets

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.formats import get_format
from hf_sft_builders.synthesis.prompts import fenced_text

TREE = "levels: 2\ndomains:\n- label: 景点\n  children: [望云楼]\n- label: 酒店\n"
TOPICS = "questions: 3\nlanguage: zh\ntopics:\n- label: 古城\n  children: [住宿, 美食]\n"
KINDS = re.compile(r"^\d+\. (question|follow_up|clarification|closing)[：:]", re.MULTILINE)


def teaches(request):
    """Ask about topics, and answer what is asked."""
    said = request.messages[-1]["content"]
    if request.schema is None:
        return f"先看位置，再看价格，最后比较口碑。（{said}）"
    if "topics" in request.schema.model_fields:
        return '{"topics": ["客栈", "民宿"]}'
    topic = fenced_text(request)
    wanted = re.findall(r"^- (basic|intermediate|advanced): (\d+)$", said, re.MULTILINE)
    questions = [
        {"question": f"{topic}的第 {n} 个{level}问题怎么答？", "difficulty": level}
        for level, count in wanted
        for n in range(int(count))
    ]
    return json.dumps({"questions": questions}, ensure_ascii=False)


MODELS = {"dialogue": careful, "reasoning": careful, "distillation": teaches}


@pytest.fixture
def start(docs, tmp_path):
    """What each builder starts from."""
    (tmp_path / "tree.yaml").write_text(TREE, encoding="utf-8")
    (tmp_path / "topics.yaml").write_text(TOPICS, encoding="utf-8")
    documents = {"data_dir": str(docs)}
    return {
        "dialogue": {**documents, "rounds": (2, 3), "closing": 0.0, "clarification": 0.0},
        "reasoning": documents,
        "domain": {**documents, "domain_tree": str(tmp_path / "tree.yaml")},
        "distillation": {"data_files": str(tmp_path / "topics.yaml")},
    }


def options(start, name):
    """With a scripted model where there must be one."""
    model = {"model": sft.ScriptedModel(MODELS[name])} if name in MODELS else {}
    return {**start[name], **model, "split": "train"}


@pytest.mark.parametrize("name", ["dialogue", "reasoning", "domain", "distillation"])
def test_rows_are_typed_and_stream_alike(load, start, name):
    """Cached and streamed rows are the same, and stand the format's own check."""
    known = options(start, name)
    ds = load(name, **known)
    assert len(ds)
    format_ = get_format({"dialogue": "messages"}.get(name, name))
    assert set(format_.features) <= set(ds.column_names)
    format_.require(ds.with_format("arrow")[:])
    assert list(ds) == list(load(name, streaming=True, **known))
    assert len(set(ds["id"])) == len(ds)


@pytest.mark.parametrize("name", ["dialogue", "reasoning", "distillation"])
def test_a_preview_makes_few_rows(load, start, name):
    """Two rows, and no more asked than is in flight."""
    assert 2 >= len(load(name, preview=2, **options(start, name))) > 0


def test_dialogue_is_its_op(load, start, docs):
    """The composition of the docstring gives the builder's rows, by rules and by a model."""
    chunks = load("documents", data_dir=str(docs), split="train")
    known = {"rounds": (2, 3), "closing": 0.0, "clarification": 0.0}
    for model in ({}, {"model": sft.ScriptedModel(careful)}):
        built = load("dialogue", split="train", **{**start["dialogue"], **model})
        mapped = chunks.map(sft.simulate_dialogue(**known, **model), batched=True)
        assert built.to_list() == mapped.select_columns(built.column_names).to_list()


def test_reasoning_is_its_op(load, start, docs):
    """The composition of the docstring gives the builder's rows."""
    chunks = load("documents", data_dir=str(docs), split="train")
    model = sft.ScriptedModel(careful)
    built = load("reasoning", format="messages_reasoning", **options(start, "reasoning"))
    mapped = chunks.map(sft.generate_reasoning(model), batched=True)
    assert built.to_list() == mapped.select_columns(built.column_names).to_list()
    steps = load("reasoning", **options(start, "reasoning"))
    joined = ["\n".join(row["chain_of_thought"]) for row in steps]
    assert [row["messages"][1]["reasoning_content"] for row in built] == joined
    assert all(2 == len(row["chain_of_thought"]) for row in steps)


def test_domain_is_its_ops(load, start, docs):
    """The composition of the docstring gives the builder's rows, as many of each label."""
    guide = docs / "guide.md"
    guide.write_text(guide.read_text("utf-8") + "| 马店 | 120 元 | 0699-5550203 |\n", "utf-8")
    chunks = load("documents", data_dir=str(docs), split="train")
    rows = chunks.map(sft.generate_qa(domains=start["domain"]["domain_tree"]), batched=True)
    rows = sft.balance(rows.filter(lambda row: row["domain"] != "other"), by="domain")
    built = load("domain", split="train", **start["domain"])
    assert rows["id"][:] == built["id"][:]
    assert rows["domain"][:] == built["domain"][:]
    held = built["domain"][:]
    assert 1 == len({held.count(label) for label in held})
    assert 2 <= len(set(held))
    assert sft.last_run().drops["over the domain's share"]


def test_domain_without_balance_keeps_all(load, start):
    """`balance=None` streams every labelled row; `total=` divides a number."""
    all_rows = load("domain", split="train", balance=None, keep_other=True, **start["domain"])
    qa = load("pdf_qa", split="train", data_dir=start["domain"]["data_dir"])
    assert len(qa) == len(all_rows)
    assert 2 == len(load("domain", split="train", total=2, **start["domain"]))


def test_balance_is_that_of_the_whole(load, start, docs):
    """Workers would each balance their own share, so there is one."""
    for number in range(3):
        text = (docs / "guide.md").read_text(encoding="utf-8").replace("云溪", f"云溪{number}")
        (docs / f"{number}.md").write_text(text, encoding="utf-8")
    one = load("domain", split="train", **start["domain"])
    known = {**start["domain"], "num_proc": 2, "download_mode": "force_redownload"}
    assert one.to_list() == load("domain", split="train", **known).to_list()


def test_domain_without_a_tree_says_how_to_make_one(load, docs):
    """The error holds the line that works."""
    with pytest.raises(errors.ConfigurationError, match="build_domain_tree"):
        load("domain", data_dir=str(docs))


def test_distillation_is_its_ops(load, start):
    """The composition of the docstring gives the builder's rows."""
    model = sft.ScriptedModel(teaches)
    topics = Dataset.from_dict({"topic": ["古城/住宿", "古城/美食"], "id": ["古城/住宿", "古城/美食"],
                                "language": ["zh"] * 2})  # fmt: skip
    prompts = topics.map(sft.topic_questions(model, questions=3), batched=True)
    rows = prompts.map(sft.distill(model), batched=True)
    built = load("distillation", **options(start, "distillation"))
    assert rows["id"][:] == built["id"][:]
    assert rows["prompt"][:] == built["prompt"][:]
    assert [row["messages"][1]["content"] for row in rows] == built["content"][:]
    assert ["古城/住宿"] * 3 + ["古城/美食"] * 3 == built["topic"][:]
    assert ["scripted"] * 6 == built["teacher"][:]


def test_topics_are_divided_by_the_model(load, tmp_path):
    """`expand:` of the file; each leaf has its quota under its whole path."""
    (tmp_path / "t.yaml").write_text(TOPICS + "expand: {levels: 1, per_topic: 2}\n", "utf-8")
    ds = load("distillation", data_files=str(tmp_path / "t.yaml"), split="train",
              model=sft.ScriptedModel(teaches))  # fmt: skip
    held = ds["topic"][:]
    expected = {f"古城/{a}/{b}": 3 for a in ("住宿", "美食") for b in ("客栈", "民宿")}
    assert expected == {topic: held.count(topic) for topic in held}


def same_questions(request):
    """Ask the same about every topic."""
    if request.schema is None:
        return "先看位置，再看价格。"
    asked = [{"question": f"出门前要准备什么（{n}）？", "difficulty": level} for n, level in
             enumerate(("basic", "intermediate", "advanced"))]  # fmt: skip
    return json.dumps({"questions": asked}, ensure_ascii=False)


def test_no_question_is_asked_twice(load, start):
    """What another topic gave already is dropped before it is paid for."""
    ds = load("distillation", **{**options(start, "distillation"),
                                 "model": sft.ScriptedModel(same_questions)})  # fmt: skip
    assert len(set(ds["prompt"])) == len(ds)
    assert sft.last_run().drops["duplicate question"]


@pytest.mark.parametrize("kind", ["txt", "jsonl", "csv", "parquet", "qa.jsonl"])
def test_prompts_come_from_files(load, tmp_path, kind):
    """Lines, a column `prompt`, or the questions of rows of a known format."""
    asked = ["怎么挑客栈？", "带老人怎么住？"]
    path = tmp_path / f"p.{kind}"
    if kind == "txt":
        path.write_text("\n".join(asked), encoding="utf-8")
    elif kind == "qa.jsonl":
        rows = [{"instruction": q, "input": "", "output": "看位置。"} for q in asked]
        path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    else:
        ds = Dataset.from_dict({"prompt": asked})
        {"jsonl": ds.to_json, "csv": ds.to_csv, "parquet": ds.to_parquet}[kind](str(path))
    ds = load("distillation", data_files=str(path), split="train", model=sft.ScriptedModel(teaches))
    assert asked == ds["prompt"][:]


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet", "own"])
def test_questions_and_answers_from_files_open_dialogues(load, tmp_path, docs, kind):
    """Rows of any known format; what `pdf_qa` wrote keeps its provenance."""
    path = tmp_path / f"qa.{kind if kind != 'own' else 'parquet'}"
    if kind == "own":
        load("pdf_qa", data_dir=str(docs), split="train").select([0, 1]).to_parquet(str(path))
    else:
        ds = Dataset.from_list([{"instruction": f"望云楼第{n}层是什么？", "input": "",
                                 "output": f"第{n}层是藏书楼，供人登临远望。"} for n in "二三"])  # fmt: skip
        {"jsonl": ds.to_json, "csv": ds.to_csv, "parquet": ds.to_parquet}[kind](str(path))

    made = load("dialogue", data_files=str(path), split="train", model=sft.ScriptedModel(follows),
                rounds=(2, 2), clarification=0.0, closing=0.0)  # fmt: skip
    assert 2 == len(made)
    assert all(4 == len(row["messages"]) for row in made)
    steps = [step["step"] for step in made[0]["provenance"]]
    expected = ["source", "chunk", "generate_qa"] if kind == "own" else ["source"]
    assert [*expected, "simulate_dialogue"] == steps


def follows(request):
    """Go on from the opening, with the answer's own words."""
    text = fenced_text(request).splitlines()[-1]
    said = {
        "kind": "follow_up",
        "user": "能再确认一下吗？",
        "assistant": f"对：{text}",
        "evidence": text,
    }
    return json.dumps({"rounds": [said]}, ensure_ascii=False)


def test_documents_and_rows_stand_side_by_side(load, docs, tmp_path):
    """A folder with both gives dialogues of both; JSON of documents stays documents."""
    (docs / "more.jsonl").write_text(
        json.dumps({"title": "附", "text": "# 附\n\n票价：30 元\n电话：0699\n"})
    )
    (docs / "qa.jsonl").write_text(
        json.dumps({"instruction": "多高？", "input": "", "output": "很高。"})
    )
    ds = load("dialogue", data_dir=str(docs), split="train", model=sft.ScriptedModel(both),
              rounds=(2, 2), clarification=0.0, closing=0.0)  # fmt: skip
    sources = {row["provenance"][0]["uri"].rpartition("/")[2].partition("#")[0] for row in ds}
    assert {"guide.md", "more.jsonl", "qa.jsonl"} == sources


def both(request):
    """Whatever fits."""
    planned = KINDS.findall(request.messages[-1]["content"])
    return follows(request) if len(planned) == 1 else careful(request)


@pytest.mark.parametrize("name", ["reasoning", "distillation"])
def test_without_a_model_the_line_that_works_is_told(load, start, name):
    """No rule can think or teach."""
    with pytest.raises(errors.ConfigurationError, match="cannot work without a language model"):
        load(name, **start[name])


@pytest.mark.parametrize(
    ("name", "format_"),
    [("dialogue", "reasoning"), ("reasoning", "alpaca"), ("distillation", "messages")],
)
def test_a_format_that_would_lose_something_is_refused_first(load, start, name, format_):
    """Rounds, or reasoning, would have no place."""
    with pytest.raises(errors.ConfigurationError, match=f"format='{format_}' does not fit"):
        load(name, format=format_, **options(start, name))


def test_prompts_of_ones_own_are_in_the_key(load, start, tmp_path, docs):
    """Another text makes other rows; the path of its file does not."""
    model = sft.ScriptedModel(careful)
    own = tmp_path / "own"
    own.mkdir()
    text = "# system\n写对话。\n# user\n{plan}\n{text}"
    (own / "simulate_dialogue.md").write_text(text, encoding="utf-8")
    first = load("dialogue", model=model, split="train", prompts=str(own), **start["dialogue"])
    plain = load("dialogue", model=model, split="train", **start["dialogue"])
    step = first[0]["provenance"][-1]
    assert ("simulate_dialogue.own", "simulate_dialogue.zh") == (
        step["prompt"],
        plain[0]["provenance"][-1]["prompt"],
    )


def test_nothing_is_paid_twice(load, start, tmp_path, monkeypatch):
    """Through the real protocol: built anew from stored replies, and the estimate knows them."""
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "r.sqlite"))
    (tmp_path / "p.txt").write_text("怎么挑客栈？\n带老人怎么住？", encoding="utf-8")
    known = {"data_files": str(tmp_path / "p.txt"), "model": "teacher", "top_logprobs": 2}
    with running(answer="先看位置，再看价格。", reasoning="reasoning_content",
                 reasoning_text="先想位置。") as server:  # fmt: skip
        before = sft.estimate("distillation", base_url=server.base_url, **known)
        assert 0 == server.stats()["requests"]
        ds = load("distillation", split="train", base_url=server.base_url, **known)
        again = load("distillation", split="train", base_url=server.base_url,
                     download_mode="force_redownload", **known)  # fmt: skip
        after = sft.estimate("distillation", base_url=server.base_url, **known)
        assert 2 == server.stats()["requests"]
    assert ds.to_list() == again.to_list()
    assert ["先想位置。"] * 2 == ds["reasoning"][:]
    assert json.loads(ds[0]["logprobs"])
    assert [(2, 0), (2, 2)] == [(e.calls, e.stored) for e in (before, after)]


@pytest.mark.parametrize("name", ["dialogue", "reasoning", "domain"])
def test_estimates_count_the_calls_that_come(load, start, name, docs, tmp_path, monkeypatch):
    """One call per chunk, as long as replies are accepted at once."""
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "r.sqlite"))
    told = sft.estimate(name, model="m", base_url="http://127.0.0.1:9/v1", **start[name])
    chunks = load("documents", data_dir=str(docs), split="train")
    assert (len(chunks), len(chunks)) == (told.chunks, told.calls)
    assert told.tokens_in > 100


def test_an_estimate_of_topics_counts_questions_and_answers(start, tmp_path, monkeypatch):
    """Two leaves of three questions: two calls for questions, six for answers."""
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "r.sqlite"))
    told = sft.estimate(
        "distillation", model="m", base_url="http://127.0.0.1:9/v1", **start["distillation"]
    )
    assert 8 == told.calls


def test_languages_of_documents_are_kept(load, tmp_path):
    """An English document gives an English prompt; a Chinese one a Chinese prompt."""
    folder = tmp_path / "two"
    folder.mkdir()
    (folder / "a.md").write_text("# Inn\n\nThe inn is old.\n\nThe garden is open to guests.\n")
    (folder / "b.md").write_text("# 客栈\n\n客栈建于清代。\n\n院子对客人开放。\n", encoding="utf-8")
    seen = []

    def listens(request):
        seen.append(detect_language(request.messages[0]["content"]))
        return '{"questions": []}'

    with pytest.raises(errors.BuildError, match="no reasoning needed 2"):
        load("reasoning", data_dir=str(folder), model=sft.ScriptedModel(listens))
    assert ["en", "zh"] == seen


def test_rows_of_two_builders_go_together(load, start):
    """Conversations of documents and of questions have one schema."""
    one = load("dialogue", split="train", **start["dialogue"])
    two = load("pdf_qa", split="train", data_dir=start["dialogue"]["data_dir"])
    assert len(one) + len(two) == len(concatenate_datasets([one, two]))
