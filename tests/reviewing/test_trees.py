"""The domain tree and chunks, edited from the review."""

import pytest
from datasets import Dataset

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.reviewing import Action, Query
from hf_sft_builders.synthesis.domain_tree import Domain, DomainTree


@pytest.fixture
def session(opened, tmp_path):
    """Six rows with domains of a tree in a file."""
    names = ["旅行/住宿", "旅行/门票", "旅行", "科技"]
    rows = [{"id": str(n), "text": f"第{n}行", "domain": names[n % 4]} for n in range(6)]
    session = opened(Dataset.from_list(rows))
    session.tree_path = tmp_path / "domains.yaml"
    session.tree = DomainTree((Domain("旅行", (Domain("住宿"), Domain("门票"))), Domain("科技")))
    session.tree.save(session.tree_path)
    return session


def domains(session):
    """Give the domain of each row."""
    return [row.domain for row in session.page(Query(min_length=0), 0, 50).rows]


def test_a_renamed_label_takes_its_rows_along(session):
    """File and rows have the new path; ids stay; undo gives the rows their domain back."""
    assert 5 == session.edit_tree("rename", "旅行", "出行", "mei").done
    assert ("出行", "出行/住宿", "出行/门票", "科技") == DomainTree.load(session.tree_path).paths
    assert ["1", "1.1", "1.2", "2"] == [d.id for _, d in session.tree.walk()]
    assert ["出行/住宿", "出行/门票", "出行", "科技", "出行/住宿", "出行/门票"] == domains(session)
    assert 5 == session.page(Query(domain="出行")).total
    session.undo("mei")
    assert "旅行/住宿" == domains(session)[0]


def test_labels_are_added_and_deleted(session):
    """A new label can be set at once; rows of a deleted one belong to what stood above it."""
    session.edit_tree("add", "科技", "芯片", "mei")
    session.act(Action("domain", ("3",), "mei", value="科技/芯片"))
    session.edit_tree("delete", "旅行/住宿", reviewer="mei")
    session.edit_tree("delete", "科技", reviewer="mei")
    assert ["旅行", "旅行/门票", "旅行", "other", "旅行", "旅行/门票"] == domains(session)
    assert ("旅行", "旅行/门票") == DomainTree.load(session.tree_path).paths
    found = sft.reviewed(
        Dataset.from_list([session.rows.row(n) for n in range(6)]), "all", overlay=session.kept_in
    )
    assert domains(session) == found["domain"][:]


def test_what_cannot_be_is_refused_before_anything_changes(session):
    """Unknown paths, labels that stand there already, no tree."""
    before = session.tree_path.read_text(encoding="utf-8")
    with pytest.raises(UnknownName, match="旅行/住宿"):
        session.edit_tree("rename", "旅行/住", "x", "mei")
    with pytest.raises(ConfigurationError, match="stands twice"):
        session.edit_tree("rename", "旅行/住宿", "门票", "mei")
    with pytest.raises(UnknownName, match="rename"):
        session.edit_tree("move", "旅行", "x", "mei")
    assert before == session.tree_path.read_text(encoding="utf-8")
    session.tree = None
    with pytest.raises(ConfigurationError, match="No domain tree"):
        session.edit_tree("rename", "旅行", "x", "mei")


def test_chunks_are_reviewed_like_rows(docs, load, opened):
    """A chunk's text is edited, and questions are made of what the person left."""
    chunks = load("documents", data_dir=str(docs), split="train")
    session = opened(chunks)
    id, text = chunks[0]["id"], chunks[0]["text"].replace("28.6 米", "30 米")
    session.act(Action("edit", (id,), "mei", value=text, field="text"))
    session.act(Action("confirm", (id,), "mei"))
    kept = sft.reviewed(chunks, overlay=session.kept_in, columns=())
    assert chunks.column_names == kept.column_names
    rows = kept.map(sft.generate_qa(), batched=True)
    assert "30" in str(rows["messages"][:])
