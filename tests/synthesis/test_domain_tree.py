"""The domain tree: built from every document, edited by people, revised without losing their work."""

from __future__ import annotations

import json

import pytest
from conftest import EXAMPLES, GUIDE

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError, ModelError
from hf_sft_builders.synthesis.domain_tree import Domain


def chunk(document, text, **more):
    """Make a chunk row."""
    return {"uri": document, "title": document, "text": text, "language": "zh", **more}


HOTELS = chunk("hotels", "# hotels\n\n## 住宿\n\n客栈 320 元。\n\n## 餐饮\n\n米线 12 元。")
TRIPS = chunk("trips", "# trips\n\n## 交通\n\n高铁两小时。")


def replies(*trees):
    """Give a model that answers with these trees, and remembers what it was asked."""
    asked, left = [], list(trees)

    def answer(request):
        asked.append(request.messages[-1]["content"])
        return json.dumps({"domains": left.pop(0)}, ensure_ascii=False)

    return sft.ScriptedModel(answer), asked


def branch(label, documents, *children):
    """Make one label of a reply."""
    below = [{"label": name, "documents": documents} for name in children]
    return {"label": label, "documents": documents, "children": below}


TRAVEL = [branch("旅行", [1], "住宿", "餐饮")]


def test_offline_the_headings_are_the_labels():
    """Titles are the first level where there are several documents, chapters the second."""
    tree = sft.build_domain_tree([HOTELS, TRIPS])
    assert ("hotels", "hotels/住宿", "hotels/餐饮", "trips", "trips/交通") == tree.paths
    alone = sft.build_domain_tree([HOTELS])
    assert ("住宿", "餐饮") == alone.paths
    assert "1 住宿\n2 餐饮" == str(alone)


def test_a_model_sees_every_document_within_its_budget():
    """A large collection is more requests, each with the tree as it stands by then."""
    documents = [chunk(f"document {n}", f"# 第 {n} 篇\n\n" + "云溪。" * 400) for n in range(9)]
    model, asked = replies(*[[branch(f"标签{n}", [1], "下级")] for n in range(9)])
    tree = sft.build_domain_tree(documents, model=model, budget=2000)
    assert all(any(f"document {n}\n" in words for words in asked) for n in range(9))
    assert 2 < len(asked) < 9
    assert all(len(words) < 4000 for words in asked)
    assert "1 标签0" in asked[1]
    assert len(asked) == len(tree.domains)


def test_a_file_survives_being_edited(tmp_path):
    """Saved and loaded, YAML or JSON, it is the same tree."""
    model, _ = replies(TRAVEL)
    tree = sft.build_domain_tree([HOTELS], model=model)
    for name in ("domains.yaml", "domains.json"):
        tree.save(tmp_path / name)
        assert tree == sft.DomainTree.load(tmp_path / name)
    text = (tmp_path / "domains.yaml").read_text(encoding="utf-8")
    assert "label: 住宿" in text
    assert (
        json.loads((tmp_path / "domains.json").read_text(encoding="utf-8"))["made"]["1.1"] == "住宿"
    )


def test_revising_keeps_what_a_person_touched(tmp_path):
    """Renamed, added and deleted labels stay so; unsupported ones go; ids never move."""
    model, _ = replies([branch("旅行", [1], "住宿", "餐饮", "购物")])
    tree = sft.build_domain_tree([HOTELS], model=model)
    path = tmp_path / "domains.yaml"
    tree.save(path)
    lines = path.read_text(encoding="utf-8").replace("label: 住宿", "label: 酒店与民宿", 1)
    lines = lines.replace("  - id: '1.2'\n    label: 餐饮\n", "  - 温泉\n", 1)
    path.write_text(lines, encoding="utf-8")
    edited = sft.DomainTree.load(path)
    assert {"1.2": "餐饮"} == edited.deleted
    assert ("旅行", "旅行/酒店与民宿", "旅行/温泉", "旅行/购物") == edited.paths

    again = [branch("旅行", [1], "住宿", "餐饮", "交通"), branch("购物", [])]
    model, asked = replies(again)
    revised = edited.revise([HOTELS, TRIPS], model)
    assert "1.1 酒店与民宿" in asked[0]
    assert ("旅行", "旅行/酒店与民宿", "旅行/温泉", "旅行/交通") == revised.paths
    ids = {"/".join(path): domain.id for path, domain in revised.walk()}
    assert {"旅行": "1", "旅行/酒店与民宿": "1.1", "旅行/温泉": "1.4", "旅行/交通": "1.5"} == ids
    assert {"1.3": "旅行/购物"} == revised.dropped


def test_a_label_that_comes_back_gets_its_id_again():
    """Rows labelled before and after speak of the same thing."""
    model, _ = replies([branch("旅行", [1], "住宿", "餐饮")], [branch("旅行", [1], "住宿")], TRAVEL)
    first = sft.build_domain_tree([HOTELS], model=model)
    second = first.revise([HOTELS], model)
    assert ("旅行", "旅行/住宿") == second.paths
    assert first.paths == second.revise([HOTELS], model).paths
    assert not second.revise([HOTELS], replies(TRAVEL)[0]).dropped


def test_offline_revision_adds_a_document_and_moves_nothing():
    """What is there keeps its number and its place."""
    before = sft.build_domain_tree([HOTELS, TRIPS])
    pumps = chunk("pumps", "# pumps\n\n## 保养\n\n每月一次。")
    after = before.revise([HOTELS, TRIPS, pumps])
    ids = {path: domain.id for path, domain in after.walk()}
    assert all(ids[path] == domain.id for path, domain in before.walk())
    assert ("pumps", "pumps/保养") == after.paths[-2:]
    assert ("hotels", "hotels/住宿", "hotels/餐饮") == after.revise([HOTELS]).paths


def test_a_model_that_fails_says_so():
    """No tree is better than half a tree."""
    with pytest.raises(ModelError, match="down"):
        sft.build_domain_tree([HOTELS], model=sft.ScriptedModel([ModelError("down")]))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1, 2]", "no list `domains`"),
        ("domains: [a, a]", "'a' stands twice"),
        ("domains: [a/b]", "expected words without '/'"),
        ("domains: [other]", "fits no label"),
        ("domains: [{id: 1}]", "expected a label"),
        ("domains: [{id: 1, label: a}, {id: 1, label: b}]", "id '1' stands twice"),
        ("domains: [", "cannot be read"),
    ],
)
def test_a_broken_file_is_explained(tmp_path, text, words):
    """Where it is, what was found, what is expected."""
    path = tmp_path / "domains.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=words):
        sft.DomainTree.load(path)


TREE = sft.DomainTree((Domain("旅行", (Domain("住宿"), Domain("交通"))), Domain("设备")))


def test_a_reply_outside_the_tree_is_refused_and_other_is_counted(chunks_of_guide):
    """The set is closed by the schema."""
    said = iter(['{"domain": "旅行/住宿"}', '{"domain": "other"}', '{"domain": "火星"}'])
    rows = [*chunks_of_guide][:1] * 3
    op = sft.label_domains(TREE, model=sft.ScriptedModel(lambda request: next(said)))
    kept, other, refused = op.outcomes(rows)
    assert "旅行/住宿" == kept.rows[0]["domain"]
    assert "label_domains" == kept.rows[0]["provenance"][-1]["step"]
    assert ("domain other",) == other.notes
    assert refused.failure


def test_the_engine_asks_again_for_a_label_outside_the_tree(server, store):
    """Over the wire: the enum is sent, a wrong label is repaired."""
    server.control(script=['{"domain": "火星"}', '{"domain": "设备"}'])
    op = sft.label_domains(TREE, model="test-model", base_url=server.base_url)
    [outcome] = op.outcomes([{"text": "泵的压力。"}])
    assert "设备" == outcome.rows[0]["domain"]
    sent = server.requests()[0]["body"]
    assert '"enum": ["旅行", "旅行/住宿"' in json.dumps(sent, ensure_ascii=False)


def test_questions_and_labels_come_in_one_call(chunks_of_guide):
    """`generate_qa(domains=…)`: each pair with its label, no second call."""
    asked = []

    def answer(request):
        asked.append(request)
        pair = {"question": "云溪客栈多少钱？", "answer": "320 元", "evidence": "320 元"}
        other = {**pair, "question": "住在云溪客栈要付多少？", "domain": "other"}
        pairs = [{**pair, "domain": "旅行/住宿"}, other]
        return json.dumps({"pairs": pairs}, ensure_ascii=False)

    rows = chunks_of_guide.map(
        sft.generate_qa(sft.ScriptedModel(answer), domains=TREE, chars_per_question=50),
        batched=True,
    )
    assert ["旅行/住宿", "other"] == rows["domain"][:]
    assert len(chunks_of_guide) == len(asked)
    assert "- 旅行/住宿" in asked[0].messages[-1]["content"]
    assert 1 == sft.last_run().noted["domain other"]


@pytest.fixture
def chunks_of_guide(load, docs):
    """The guide as one chunk."""
    return load("documents", data_dir=str(docs), split="train")


def test_builders_fill_the_column(load, docs, tmp_path):
    """`domain_tree=` takes a file; an edit of the file is another cache key."""
    path = tmp_path / "domains.yaml"
    sft.build_domain_tree([chunk("guide", GUIDE)]).save(path)
    for name in ("documents", "pdf_qa"):
        rows = load(name, data_dir=str(docs), split="train", domain_tree=str(path))
        assert {"酒店", "望云楼", "other"} >= set(rows["domain"])
    path.write_text(path.read_text(encoding="utf-8").replace("label: 酒店", "label: 客栈"), "utf-8")
    edited = load("pdf_qa", data_dir=str(docs), split="train", domain_tree=str(path))
    assert "客栈" in edited["domain"][:]
    assert edited.features["domain"].dtype == "string"


def test_the_sample_documents_label_themselves(load):
    """Offline, nearly every chunk of the samples finds its chapter."""
    chunks = load("documents", data_dir=str(EXAMPLES / "docs"), split="train")
    tree = sft.build_domain_tree(chunks)
    labelled = chunks.map(sft.label_domains(tree), batched=True)
    right = [row["domain"].split("/")[0] in row["title"] for row in labelled]
    assert sum(right) >= 0.9 * len(right)


def test_the_nearest_heading_decides_between_two():
    """A chapter on "Faults and maintenance" has a section on error codes, which is about these."""
    tree = sft.DomainTree((Domain("maintenance"), Domain("error codes")))
    rows = [
        {"text": "Emergency stop pressed.", "headings": list(headings)}
        for headings in (
            ("4 Faults and maintenance", "4.1 Error codes"),
            ("4 Error codes", "4.2 Maintenance"),
        )
    ]
    made = [outcome.rows[0]["domain"] for outcome in sft.label_domains(tree).outcomes(rows)]
    assert ["error codes", "maintenance"] == made
