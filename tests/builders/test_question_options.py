"""The wishes of `sft.generate_qa` as options of the builders that ask with it."""

import json
import re

import pytest
from pydantic import BaseModel

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.cli import main
from hf_sft_builders.synthesis.prompts import fenced_text


def asks(request):
    """Write what is wished for, each fact a line of the passage."""
    words = request.messages[-1]["content"]
    lines = [
        line for line in fenced_text(request).splitlines() if len(line) > 8 and "|" not in line
    ]
    fields = request.schema.model_fields
    if "label" in fields:
        return '{"label": "价格"}'
    if "name" in fields:
        return '{"name": "望云楼"}'
    if "answer" in fields:
        line = next((one for one in lines if one[:6] in words.split(lines[-1])[-1]), lines[-1])
        return json.dumps({"answer": line, "evidence": line}, ensure_ascii=False)
    marks = dict(re.findall(r"(type|difficulty): (\w+)", words))
    asked = [
        {"question": f"“{line[:6]}”说的是什么？", "answer": line, "evidence": line, **marks}
        for line in lines[:1]
    ]
    return json.dumps({"pairs": asked, "questions": asked}, ensure_ascii=False)


@pytest.fixture
def chunks(load, docs):
    """What the builders ask about."""
    return load("documents", data_dir=str(docs), split="train")


READERS = [("旅行攻略", "背包客"), ("科普文章", "学生")]
WISHES = {
    "kinds": {"question_types": ["value"], "difficulty": {"basic": 1, "advanced": 1}},
    "readers": {"audiences": READERS},
    "separate": {"calls": "separate"},
    "fixed": {
        "questions": ["主要内容是什么？", sft.FixedQuestion("哪一类？", labels=("价格", "历史"))]
    },
    "seeded": {"difficulty": {"basic": 1, "advanced": 1}, "seed": 11},
}


@pytest.mark.parametrize("name", sorted(WISHES))
def test_a_wish_gives_the_rows_of_the_op(load, docs, chunks, name):
    """Row by row, with the columns that the op adds."""
    model, wish = sft.ScriptedModel(asks), WISHES[name]
    built = load("pdf_qa", data_dir=str(docs), split="train", model=model, **wish)
    mapped = chunks.map(sft.generate_qa(model, **wish), batched=True)
    marks = {"question_type", "difficulty", "genre", "audience"} & set(mapped.column_names)
    assert marks == {"question_type", "difficulty", "genre", "audience"} & set(built.column_names)
    assert len(built)
    assert mapped.select_columns(built.column_names).to_list() == built.to_list()


@pytest.mark.parametrize("name", ["domain", "preference", "transcript"])
def test_every_builder_that_asks_shows_the_marks(load, docs, tmp_path, name):
    """Columns for genre and audience, filled, in streams too."""
    (tmp_path / "tree.yaml").write_text("levels: 1\ndomains: [景点, 酒店]\n", "utf-8")
    (docs / "talk.txt").write_text("望云楼的门票是 80 元一位，六十岁以上的老人免费。", "utf-8")
    special = {
        "domain": {"domain_tree": str(tmp_path / "tree.yaml"), "balance": None, "keep_other": True},
        "preference": {"flaws": {"short": "把答案缩短"}},
        "transcript": {"make": "questions"},
    }[name]

    def replies(request):
        if request.schema.__name__ == "Flawed":
            return json.dumps({"answer": "老人免费入场。", "changed": "", "into": ""})
        made = json.loads(asks(request))
        for pair in made["pairs"]:
            pair["domain"] = "景点"
        return json.dumps(made, ensure_ascii=False)

    options = {"data_dir": str(docs), "model": sft.ScriptedModel(replies), "audiences": READERS}
    ds = load(name, split="train", **options, **special)
    assert set(READERS) >= set(zip(ds["genre"], ds["audience"], strict=True)) != set()
    stream = load(name, split="train", streaming=True, **options, **special)
    assert ds.to_list() == list(stream)


def test_what_a_file_says_is_in_the_cache_key(load, docs, tmp_path):
    """Questions and audiences from files; an edited file is another dataset, a moved one is not."""
    questions, readers = tmp_path / "q.yaml", tmp_path / "a.yaml"
    questions.write_text(
        "questions:\n- 主要内容是什么？\n- {text: 哪一类？, labels: [价格, 历史]}\n", "utf-8"
    )
    readers.write_text("everywhere:\n- {genre: 攻略, audience: 背包客}\ndocuments: []\n", "utf-8")
    model = sft.ScriptedModel(asks)
    known = {"data_dir": str(docs), "model": model, "split": "train"}
    first = load("pdf_qa", questions=str(questions), **known)
    assert ["价格"] == [row["messages"][1]["content"] for row in first][1:]
    assert (
        first._fingerprint
        == load("pdf_qa", questions=questions.rename(tmp_path / "r.yaml"), **known)._fingerprint
    )
    questions.write_text("- 讲了什么？\n", "utf-8")
    assert first._fingerprint != load("pdf_qa", questions=str(questions), **known)._fingerprint
    told = load("pdf_qa", audiences=str(readers), **known)
    assert {"背包客"} == set(told["audience"])


def test_a_schema_of_ones_own_is_known_by_its_words(load, docs):
    """A class that is defined again, as a notebook does, is the same dataset."""

    def question():
        class Sight(BaseModel):
            name: str

        return sft.FixedQuestion("抽取景点。", schema=Sight)

    known = {"data_dir": str(docs), "model": sft.ScriptedModel(asks), "split": "train"}
    first, second = (load("pdf_qa", questions=[question()], **known) for _ in range(2))
    assert '{"name": "望云楼"}' == first[0]["messages"][1]["content"]
    assert first._fingerprint == second._fingerprint


def test_prompts_of_ones_own_are_used(load, docs, tmp_path):
    """The row names the prompt, and so does the manifest."""
    (tmp_path / "mine.md").write_text(
        "# system\n只问价格。\n# user\n{text}\n最多 {count} 个。", "utf-8"
    )
    own = {"generate_qa": str(tmp_path / "mine.md")}
    model = sft.ScriptedModel(asks)
    ds = load("pdf_qa", data_dir=str(docs), split="train", model=model, prompts=own)
    step = ds[0]["provenance"][-1]
    assert step["prompt"].endswith(".own")
    assert step["prompt_sha256"] in sft.last_run().made["prompts"].values()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"question_types": ["value"]}, "question_types= needs a language model"),
        ({"audiences": READERS}, "audiences= needs a language model"),
        ({"questions": ["什么？"]}, "questions= needs a language model"),
        ({"calls": "separate"}, "calls= needs a language model"),
        ({"calls": "both", "model": "m"}, "'joint' or 'separate'"),
        ({"difficulty": {"basic": 0}, "model": "m"}, "shares above 0"),
        ({"difficulty": "basic=x", "model": "m"}, "expected names"),
        ({"questions": "none.yaml", "model": "m"}, "cannot be read"),
        ({"questions": [{"labels": ["a"]}], "model": "m"}, "no `text`"),
        ({"questions": [{"text": "?", "lables": ["a"]}], "model": "m"}, "Did you mean 'labels'"),
        ({"question_type": ["value"], "model": "m"}, "Did you mean 'question_types'"),
    ],
)
def test_wrong_wishes_are_refused_before_a_file_is_read(load, docs, options, words):
    """One clear error, with the next step."""
    (docs / "guide.md").unlink()
    (docs / "broken.pdf").write_bytes(b"no PDF")
    with pytest.raises(errors.ConfigurationError, match=re.escape(words)):
        load("pdf_qa", data_dir=str(docs), **options)


def test_the_shell_takes_them_as_text(docs, capsys, monkeypatch):
    """Shares in one text; a gate's name is a name, and not its letters."""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    main(["build", "pdf_qa", "--data-dir", str(docs), "--model", "m", "--estimate",
          "--question-types", "value=2,reason", "--calls", "separate"])  # fmt: skip
    assert "call" in capsys.readouterr().out
    main(["build", "pdf_qa", "--data-dir", str(docs), "--gates", "structure"])
    assert "rows" in capsys.readouterr().err
