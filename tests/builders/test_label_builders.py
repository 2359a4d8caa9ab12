"""`classification`, `preference` and `exam`: from documents and from rows, and op by op the same."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from chat_server import running
from conftest import GUIDE

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.formats import get_format
from hf_sft_builders.synthesis.prompts import fenced_text

PAIRS = [
    ("云溪塔的门票是多少钱？", "80 元一位。"),
    ("望云楼有多高？", "望云楼高 28.6 米，共四层。"),
    ("夜游几点开始？", "19:30 开始，约 90 分钟。"),
]
LABELS = ["景点", "住宿"]


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A reply store of the test's own."""
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "replies.sqlite"))


@pytest.fixture
def asked(tmp_path):
    """A file of questions and answers, as Alpaca has them."""
    rows = [{"instruction": q, "input": "", "output": a} for q, a in PAIRS]
    path = tmp_path / "qa.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return str(path)


def texts(tmp_path, rows):
    """A CSV file of texts and labels."""
    path = tmp_path / "reviews.csv"
    path.write_text("\n".join(["text,label", *(f"{t},{label}" for t, label in rows)]), "utf-8")
    return str(path)


def by_word(request):
    """Label as a reader would, and write what is wanted."""
    names = request.schema.model_fields["label"].annotation.__args__
    text = fenced_text(request)
    if len(names) == 1:
        other = "顺便在院子里住了一晚，" if names[0] == "景点" else "登塔前先回房间歇了歇，"
        case = {"label": names[0], "why": "两边都有", "text": other + f"这一趟还是{names[0]}为主。"}
        return json.dumps(case, ensure_ascii=False)
    label = "住宿" if "住宿为主" in text or ("房间" in text and "景点为主" not in text) else "景点"
    return json.dumps({"label": label}, ensure_ascii=False)


# classification


def test_labelled_rows_pass_offline(load, tmp_path):
    """Rows with labels need no model; they keep order, get an id and lead back to their file."""
    path = texts(tmp_path, [("塔很高", "景点"), ("房间很干净", "住宿")])
    ds = load("classification", data_files=path, split="train")
    assert ["text", "label", "id", "provenance"] == ds.column_names
    assert [("塔很高", "景点"), ("房间很干净", "住宿")] == list(
        zip(ds["text"][:], ds["label"][:], strict=True)
    )
    assert path == ds[0]["provenance"][0]["uri"]
    assert 2 == sft.last_run().counts["inputs"]
    get_format("classification").require(ds.with_format("arrow")[:])


def test_what_has_no_label_gets_one_and_edge_cases_are_added(load, tmp_path):
    """Op by op the same rows as by the builder."""
    path = texts(tmp_path, [("塔很高，上面风景好", "景点"), ("房间很干净，早餐也不错", "")])
    model = sft.ScriptedModel(by_word)
    options = {"labels": LABELS, "model": model, "edge_cases": 2, "samples": 3, "seed": 4}
    built = load("classification", data_files=path, split="train", **options)
    assert 6 == len(built)
    assert ("房间很干净，早餐也不错", "住宿") == (built[3]["text"], built[3]["label"])
    plain = load("classification", data_files=path, split="train", labels=LABELS, model=model)
    blank = plain.map(lambda row: {"label": row["label"] if "塔" in row["text"] else None})
    rows = blank.map(lambda row: {"provenance": row["provenance"][:1]})
    labelled = rows.map(sft.label(LABELS, model=model, samples=3, seed=4), batched=True)
    more = labelled.map(sft.edge_cases(LABELS, model=model, n=2, seed=4), batched=True)
    for column in ("text", "label", "id"):
        assert built[column][:] == more[column][:]


def test_documents_are_labelled_chunk_by_chunk(load, docs, store):
    """Through the real protocol; the labels with their descriptions are in the manifest."""
    with running(answer='{"label": "景点"}') as server:
        ds = load(
            "classification",
            data_dir=str(docs),
            split="train",
            labels={"景点": "能去看的地方", "住宿": "能过夜的地方"},
            model="m",
            base_url=server.base_url,
        )
    assert {"景点"} == set(ds["label"])
    assert GUIDE == "".join(ds["text"])
    assert "能去看的地方" == sft.last_run().made["labels"]["景点"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "has no label, and without a language model"),
        ({"edge_cases": 1}, "Name these"),
        ({"edge_cases": 1, "labels": LABELS}, "written by a language model"),
        ({"labels": ["景点"]}, "two or more"),
        ({"labels": "none.yaml"}, "cannot be read"),
        ({"format": "preference"}, "does not fit labelled texts"),
    ],
)
def test_what_cannot_be_labelled_says_the_way_out(load, docs, options, words):
    """Before anything is asked."""
    with pytest.raises(errors.ConfigurationError, match=words):
        load("classification", data_dir=str(docs), **options)


def test_labels_that_are_not_in_the_set_are_dropped_and_counted(load, tmp_path):
    """A slip in the file is not trained on."""
    path = texts(tmp_path, [("塔很高", "景点"), ("房间很干净", "住缩"), ("", "住宿")])
    ds = load("classification", data_files=path, split="train", labels=LABELS)
    assert ["塔很高"] == ds["text"][:]
    assert {"label not in labels": 1, "no text": 1} == dict(sft.last_run().drops)


# preference


@pytest.mark.parametrize(
    "name",
    [
        "alpaca_kto",
        "alpaca_preference",
        "sharegpt_kto",
        "sharegpt_preference",
        "preference",
        "preference_implicit",
        "preference_text",
        "kto",
        "kto_text",
    ],
)
def test_preference_rows_of_each_format_pass_its_check(load, docs, name):
    """Offline: a number changed or the end left out; the flaw is a column."""
    ds = load("preference", data_dir=str(docs), split="train", format=name)
    assert [*get_format(name).features, "flaw", "id", "provenance"] == ds.column_names
    get_format(name).require(ds.with_format("arrow")[:])
    assert {"factual_error"} == set(ds["flaw"]) - {""}
    if "kto" in name:
        wanted = next(c for c in ("label", "kto_tag") if c in ds.column_names)
        assert {(True, True), (False, False)} == {(r[wanted], r["flaw"] == "") for r in ds}


def test_preference_op_by_op(load, docs):
    """The composition in the docstring gives the builder's rows."""
    built = load("preference", data_dir=str(docs), split="train", n=2)
    chunks = load("documents", data_dir=str(docs), split="train")
    rows = chunks.map(sft.generate_qa(), batched=True)
    pairs = rows.map(sft.degrade(context="text", n=2), batched=True)
    for column in ("prompt", "chosen", "rejected", "flaw", "id", "provenance"):
        assert built[column][:] == pairs[column][:]


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "messages"])
def test_questions_of_any_format_get_a_worse_answer(load, asked, tmp_path, kind):
    """Alpaca as JSON Lines or Parquet, or messages: the same three pairs."""
    if kind == "parquet":
        path = tmp_path / "qa.parquet"
        pq.write_table(
            pa.table({"instruction": [q for q, _ in PAIRS], "output": [a for _, a in PAIRS]}), path
        )
        asked = str(path)
    if kind == "messages":
        said = [
            [{"role": "user", "content": q}, {"role": "assistant", "content": a}] for q, a in PAIRS
        ]
        path = tmp_path / "qa.json"
        path.write_text(json.dumps([{"messages": s} for s in said], ensure_ascii=False), "utf-8")
        asked = str(path)
    ds = load("preference", data_files=asked, split="train", format="preference_text")
    assert PAIRS == list(zip(ds["prompt"][:], ds["chosen"][:], strict=True))
    assert not {a for _, a in PAIRS} & set(ds["rejected"])
    assert ds[0]["provenance"][0]["sha256"]


def test_tables_as_excel_saves_them_in_china_are_read(load, tmp_path):
    """GB18030 is found; a file that is no text is counted."""
    path, binary = tmp_path / "qa.csv", tmp_path / "qa.tsv"
    lines = ["instruction,output", *(f"{q},{a}" for q, a in PAIRS)]
    path.write_bytes("\r\n".join(lines).encode("gb18030"))
    binary.write_bytes(bytes(range(256)) * 8)
    files = [str(path), str(binary)]
    ds = load("preference", data_files=files, split="train", format="preference_text")
    assert [a for _, a in PAIRS] == ds["chosen"][:]
    assert {str(binary): "not text"} == sft.last_run().unreadable


def test_files_that_hold_no_questions_are_documents(load, docs, asked):
    """One call, both kinds: chunks of the guide, and rows of the file."""
    ds = load("preference", data_files=[str(docs / "guide.md"), asked], split="train")
    steps = {tuple(step["step"] for step in row["provenance"]) for row in ds}
    assert {("source", "chunk", "generate_qa", "degrade"), ("source", "degrade")} == steps


def test_a_table_without_questions_or_reader_is_counted(load, asked, tmp_path):
    """Parquet of something else is named as what it is not."""
    path = tmp_path / "numbers.parquet"
    pq.write_table(pa.table({"a": [1, 2]}), path)
    load("preference", data_files=[asked, str(path)], split="train")
    assert {str(path): "no rows of a known format"} == sft.last_run().unreadable


def flawed_or_judged(request):
    """Flaw an answer, score it, or prefer the true one."""
    shape = request.schema.__name__
    words = request.messages[-1]["content"]
    if shape == "Flawed":
        answer = fenced_text(request)
        number = next(n for n in ("80", "28.6", "19:30") if n in answer)
        made = {"was": number, "now": "777", "answer": answer.replace(number, "777")}
        return json.dumps(made, ensure_ascii=False)
    if shape == "Score":
        return json.dumps({"reason": "…", "score": 1 if "777" in fenced_text(request) else 5})
    first = words.split("回答 A")[1].split("回答 B")[0]
    return json.dumps({"reason": "…", "better": "B" if "777" in first else "A"})


def test_reward_rows_have_the_judges_score(load, asked):
    """Each answer with its score: the good one 5, the flawed one 1."""
    model = sft.ScriptedModel(flawed_or_judged)
    options = {"flaws": "factual_error", "format": "reward", "samples": 2}
    ds = load("preference", data_files=asked, split="train", model=model, **options)
    assert 3 * [5.0, 1.0] == ds["reward_score"][:]
    assert 3 * ["", "factual_error"] == ds["flaw"][:]
    assert 3 * (1 + 2 * 2) == sft.last_run().usage["calls"]


def test_judged_pairs_are_those_that_the_judge_confirms(load, asked):
    """One who sees the true answer confirms all; one who likes the first place, nothing."""
    options = {"flaws": "factual_error", "judged": True, "data_files": asked, "split": "train"}
    assert 3 == len(load("preference", model=sft.ScriptedModel(flawed_or_judged), **options))
    assert 3 * 3 == sft.last_run().usage["calls"]
    first = sft.ScriptedModel(likes_the_first_place)
    with pytest.raises(errors.BuildError, match="answers tie 3"):
        load("preference", model=first, **options)


def likes_the_first_place(request):
    """Flaw an answer well, and judge badly."""
    if request.schema.__name__ == "Flawed":
        return flawed_or_judged(request)
    return '{"reason": "…", "better": "A"}'


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"flaws": "verbose"}, "without a language model"),
        ({"flaws": "verbos"}, "Did you mean 'verbose'"),
        ({"judged": True}, "needs a model that judges"),
        ({"format": "reward"}, "needs a model that judges"),
        ({"format": "messages"}, "does not fit a better and a worse answer"),
        ({"format": "kto", "judged": True, "model": "m"}, "single answers"),
        ({"n": 0}, "1 or more"),
    ],
)
def test_preferences_that_cannot_be_are_refused(load, docs, options, words):
    """With the line that would work."""
    with pytest.raises(errors.ConfigurationError, match=words):
        load("preference", data_dir=str(docs), **options)


# exam


@pytest.mark.parametrize("name", ["messages", "sharegpt"])
def test_an_exam_offline(load, docs, name):
    """Statements and short answers in the text's own words, each with its span."""
    ds = load("exam", data_dir=str(docs), split="train", format=name)
    parts = ["question_type", "question", "options", "answer"]
    assert [*get_format(name).features, *parts, "id", "provenance"] == ds.column_names
    assert {"true_false", "short_answer"} == set(ds["question_type"])
    for row in ds:
        if row["question_type"] == "short_answer":
            [span] = row["provenance"][-1]["answer_spans"]
            assert row["answer"] == GUIDE[span["start"] : span["end"]]


def test_exam_op_by_op(load, docs):
    """The composition in the docstring gives the builder's rows."""
    built = load("exam", data_dir=str(docs), split="train", mix="true_false=1,short_answer=2")
    chunks = load("documents", data_dir=str(docs), split="train")
    op = sft.exam_questions({"true_false": 1, "short_answer": 2})
    mapped = chunks.map(op, batched=True)
    for column in ("messages", "question_type", "answer", "id", "provenance"):
        assert built[column][:] == mapped[column][:]


def test_questions_are_asked_anew_as_choices(load, asked, store):
    """Two calls a row through the real protocol: items, and who answers them without the key."""
    made = {
        "kind": "single_choice",
        "question": "望云楼共有几层？",
        "correct": ["四层"],
        "wrong": ["三层", "五层", "六层"],
        "evidence": "共四层",
    }
    replies = {"请依次出以下题目": json.dumps({"items": [made]}, ensure_ascii=False)}
    for letter in "ABCD":
        answers = [{"number": 1, "letters": [letter]}]
        replies[f"{letter}. 四层"] = json.dumps({"answers": answers})
    with running(replies=replies) as server:
        options = {"mix": {"single_choice": 1}, "model": "m", "base_url": server.base_url}
        ds = load("exam", data_files=asked, split="train", max_repairs=0, **options)
        assert 3 + 1 == server.stats()["requests"]
    assert ["四层"] == [
        dict(line.split(". ") for line in row["options"].splitlines())[row["answer"]] for row in ds
    ]
    assert {"evidence not in the text": 2} == dict(sft.last_run().drops)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mix": {"single_choice": 1}}, "no single_choice"),
        ({"mix": "true_false=much"}, "expected names with shares"),
        ({"mix": "truefalse"}, "Did you mean 'true_false'"),
        ({"format": "preference"}, "does not fit questions and their keys"),
    ],
)
def test_exams_that_cannot_be_are_refused(load, docs, options, words):
    """With the line that would work."""
    with pytest.raises(errors.ConfigurationError, match=words):
        load("exam", data_dir=str(docs), **options)


# all three


@pytest.mark.parametrize("name", ["preference", "exam"])
def test_streaming_and_cache(load, docs, name, caplog):
    """A stream gives the same rows; a second call makes none."""
    caplog.set_level("INFO", logger="hf_sft_builders")
    rows = load(name, data_dir=str(docs), split="train")
    again = load(name, data_dir=str(docs), split="train")
    assert rows[:] == again[:]
    assert 1 == sum(" document" in record.message for record in caplog.records)
    stream = load(name, data_dir=str(docs), split="train", streaming=True)
    assert rows["id"][:] == [row["id"] for row in stream]


def test_prompts_of_ones_own_are_in_the_cache_key(load, asked, tmp_path):
    """Another text of the same file is another dataset."""
    prompt = tmp_path / "degrade.md"
    seen = []

    def model(request):
        seen.append(request.messages[0]["content"])
        return flawed_or_judged(request)

    options = {"flaws": "factual_error", "prompts": {"degrade": str(prompt)}, "model_id": "m"}
    for words in ("One.", "Two."):
        prompt.write_text(f"# system\n{words}\n# user\n{{answer}}\n{{instruction}}", "utf-8")
        scripted = sft.ScriptedModel(model)
        load("preference", data_files=asked, split="train", model=scripted, **options)
    assert 3 * ["One."] + 3 * ["Two."] == seen
