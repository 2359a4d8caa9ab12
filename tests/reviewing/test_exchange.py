"""Reviews to Argilla and Label Studio, and back: nothing is lost on the way."""

import json
from xml.etree import ElementTree

import pytest
from datasets import ClassLabel, Dataset
from hypothesis import given
from hypothesis import strategies as st

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError, FormatError, SourceError, UnknownName
from hf_sft_builders.reviewing import Action, Query, Session
from hf_sft_builders.reviewing.exchange.answers import rows_with_answers

KINDS = ("argilla", "label_studio")
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8
)
WORDS = WORDS.map(str.strip).filter(bool)


@pytest.fixture
def labelled():
    """Rows of text with a closed list of labels and a domain."""
    rows = [
        {"id": f"r{n}", "text": f"第{n}行", "label": n % 2, "domain": ["旅行", "科技"][n % 2]}
        for n in range(6)
    ]
    return Dataset.from_list(rows).cast_column("label", ClassLabel(names=["差", "好"]))


def work(session):
    """Do one of everything, by two people and a model."""
    session.act(Action("confirm", ("r0", "r1"), "mei"))
    session.act(Action("reject", ("r2",), "李", value="不对"))
    session.act(Action("score", ("r0",), "mei", value=4.5))
    session.act(Action("score", ("r1",), "李", value=3))
    session.act(Action("tag", ("r0",), "mei", value="好例子"))
    session.act(Action("tag", ("r0",), "mei", value="短"))
    session.act(Action("note", ("r3",), "李", value="看\n两行"))
    session.act(Action("label", ("r0",), "mei", value="好"))
    session.act(Action("domain", ("r0",), "mei", value="科技"))
    session.act(Action("edit", ("r1",), "李", value="改过的", field="text"))
    seen = session.marks.hash_of([4])[0]
    session.overlay.suggest("r4", seen, "rewrite", "qwen", "短一点", "text", "短", "")
    session.overlay.suggest("r4", seen, "score", "qwen", "", "", 2.0, "")


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_said_comes_back(labelled, opened, tmp_path, kind):
    """Export, then import into an empty review: the same words of the same people and models."""
    first = opened(labelled, name="first")
    work(first)
    path = sft.export_review(labelled, tmp_path / "out.json", to=kind, overlay=first.kept_in)
    assert 6 == len(json.loads(path.read_text(encoding="utf-8")))
    done = sft.import_review(labelled, path, kind, overlay=tmp_path / "second.sqlite")
    assert (4, ("mei", "李"), 0, {}) == (done.rows, done.reviewers, done.missing, done.ignored)
    second = opened(labelled, name="second")
    assert list(rows_with_answers(first)) == list(rows_with_answers(second))
    assert (
        sft.reviewed(labelled, "all", overlay=first.kept_in).to_list()
        == sft.reviewed(labelled, "all", overlay=second.kept_in).to_list()
    )
    again = sft.import_review(labelled, path, kind, overlay=second.kept_in)
    assert list(rows_with_answers(first)) == list(rows_with_answers(second))
    assert done == again


@given(
    st.sampled_from(KINDS),
    st.lists(
        st.one_of(
            st.tuples(st.just("note"), WORDS),
            st.tuples(st.just("tag"), WORDS),
            st.tuples(st.just("reject"), WORDS),
            st.tuples(st.just("score"), st.integers(0, 10).map(lambda n: n / 2)),
            st.tuples(st.just("edit"), WORDS),
        ),
        min_size=1,
        max_size=6,
    ),
    WORDS,
)
def test_any_words_come_back(tmp_path_factory, kind, steps, who):
    """Whatever people write, in any language, passes both programs' files unchanged."""
    folder = tmp_path_factory.mktemp("exchange")
    ds = Dataset.from_list([{"id": "a", "text": "第一"}, {"id": "b", "text": "第二"}])
    first = Session.open(ds, overlay=folder / "1.sqlite")
    for what, value in steps:
        first.act(Action(what, ("a",), who, value=value, field="text" if what == "edit" else ""))
    path = sft.export_review(ds, folder / "out.json", to=kind, overlay=first.kept_in)
    sft.import_review(ds, path, kind, overlay=folder / "2.sqlite")
    second = Session.open(ds, overlay=folder / "2.sqlite")
    assert list(rows_with_answers(first)) == list(rows_with_answers(second))


def test_conversations_travel_as_json(ds, opened, tmp_path):
    """A column that is no text travels as JSON text, and its edit is validated on the way back."""
    session = opened(ds)
    session.act(Action("edit", ("doc:1",), "mei", value="高 30 米", field="messages.1.content"))
    path = sft.export_review(ds, tmp_path / "a.json", overlay=session.kept_in)
    [record] = [r for r in json.loads(path.read_text(encoding="utf-8")) if r["id"] == "doc:1"]
    assert ds[1]["messages"] == json.loads(record["fields"]["messages"])
    [response] = record["responses"]["edit_messages"]
    response["value"] = json.dumps([{"role": "robot", "content": "?"}])
    path.write_text(json.dumps([record]), encoding="utf-8")
    with pytest.raises(FormatError, match="row 'doc:1', edit_messages: .*not saved"):
        sft.import_review(ds, path, overlay=tmp_path / "new.sqlite")
    assert 0 == opened(ds, name="new").overlay.last_action()


@pytest.mark.parametrize("keys", [("role", "content"), ("from", "value")])
def test_conversations_are_shown_as_dialogues(opened, tmp_path, keys):
    """Both programs get who said what, in their own element, with calls and reasoning below the words."""
    who, said = keys
    turns = [
        {who: "user", said: "多高？", "tool_calls": None},
        {who: "assistant", said: None, "tool_calls": '[{"name": "look_up"}]'},
        {who: "assistant", said: "高 28.6 米。", "tool_calls": None},
    ]
    ds = Dataset.from_list([{"id": "a", "turns": turns, "note": "短"}])
    expected = [
        {"role": "user", "content": "多高？"},
        {"role": "assistant", "content": 'tool_calls: [{"name": "look_up"}]'},
        {"role": "assistant", "content": "高 28.6 米。"},
    ]
    overlay = opened(ds).kept_in
    path = sft.export_review(ds, tmp_path / "ls.json", to="label_studio", overlay=overlay)
    [task] = json.loads(path.read_text(encoding="utf-8"))
    assert expected == task["data"]["dialogue_turns"]
    root = ElementTree.parse(tmp_path / "ls.config.xml").getroot()
    shown = root.find("Paragraphs")
    assert ("row", "$dialogue_turns", "dialogue", "role", "content") == tuple(
        shown.get(name) for name in ("name", "value", "layout", "nameKey", "textKey")
    )
    assert {"$turns", "$note"} == {text.get("value") for text in root.iter("Text")}
    assert all("row" == one.get("toName") for one in root if one.get("toName"))
    path = sft.export_review(ds, tmp_path / "a.json", overlay=overlay)
    [record] = json.loads(path.read_text(encoding="utf-8"))
    assert expected == record["fields"]["dialogue_turns"]
    told = json.loads((tmp_path / "a.settings.json").read_text(encoding="utf-8"))
    kinds = {field["name"]: field["type"] for field in told["fields"]}
    assert {"dialogue_turns": "ChatField", "turns": "TextField", "row_note": "TextField"} == kinds
    assert set(kinds) == set(record["fields"])


@pytest.mark.parametrize("kind", KINDS)
def test_another_dataset_is_refused(ds, labelled, opened, tmp_path, kind):
    """A file of which no row is in the dataset is an error that shows both kinds of ids."""
    session = opened(ds)
    session.act(Action("confirm", ("doc:1",), "mei"))
    path = sft.export_review(ds, tmp_path / "x.json", to=kind, overlay=session.kept_in)
    with pytest.raises(FormatError, match="None of the 12 rows .* like 'doc:0', expected .* 'r0'"):
        sft.import_review(labelled, path, kind, overlay=tmp_path / "other.sqlite")
    assert 0 == opened(labelled, name="other").overlay.last_action()


def test_what_label_studio_users_did_is_read(labelled, opened, tmp_path):
    """Tasks as Label Studio writes them, with an annotator's number and its own names of questions."""
    task = {
        "id": 17,
        "data": {"id": "r0", "text": "第0行"},
        "annotations": [
            {
                "id": 1001,
                "completed_by": 7,
                "was_cancelled": False,
                "result": [
                    {"id": "x", "from_name": "sentiment", "to_name": "t", "type": "choices",
                     "value": {"choices": ["好"]}},
                    {"id": "y", "from_name": "stars", "to_name": "t", "type": "rating",
                     "value": {"rating": 4}},
                    {"id": "z", "from_name": "mood", "to_name": "t", "type": "choices",
                     "value": {"choices": ["x"]}},
                ],
            },
            {"id": 1002, "completed_by": 8, "was_cancelled": True, "result": []},
        ],
        "predictions": [],
    }  # fmt: skip
    other = {"id": 18, "data": {"id": "gone"}, "annotations": [], "predictions": []}
    (tmp_path / "ls.json").write_text(json.dumps([task, other]), encoding="utf-8")
    done = sft.import_review(
        labelled,
        tmp_path / "ls.json",
        "label_studio",
        people={"7": "mei"},
        questions={"sentiment": "label", "stars": "score"},
        overlay=tmp_path / "r.sqlite",
    )
    assert (1, ("mei",), 1, {"mood": 1}) == (done.rows, done.reviewers, done.missing, done.ignored)
    mark = opened(labelled, name="r").row("r0", "mei").mine
    assert (4.0, {"label": 1}) == (mark.score, mark.edits)


def test_the_interface_is_there_for_both(labelled, opened, tmp_path):
    """Label Studio gets an interface that names every question; Argilla its settings."""
    overlay = opened(labelled).kept_in
    sft.export_review(labelled, tmp_path / "ls.json", to="label_studio", overlay=overlay)
    root = ElementTree.parse(tmp_path / "ls.config.xml").getroot()
    names = {element.get("name") for element in root}
    assert {"status", "score", "label", "domain", "note", "edit_text", "reviewer"} <= names
    choices = [c.get("value") for c in root.find("Choices[@name='label']")]
    assert ["差", "好"] == choices
    sft.export_review(labelled, tmp_path / "a.json", overlay=overlay)
    told = json.loads((tmp_path / "a.settings.json").read_text(encoding="utf-8"))
    questions = {question["name"] for question in told["questions"]}
    assert {"status", "score", "edit_text"} <= questions
    fields = {field["name"] for field in told["fields"]}
    assert set() == questions & fields, "Argilla takes a name once"
    records = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert all(fields == set(record["fields"]) for record in records)
    assert told["allow_extra_metadata"], "the names of reviewers stand in the metadata"


def test_bad_files_have_one_clear_error(ds, tmp_path):
    """Not JSON, no list, no ids, impossible answers, an unknown program."""
    overlay, path = tmp_path / "r.sqlite", tmp_path / "x.json"
    with pytest.raises(UnknownName, match="argilla"):
        sft.export_review(ds, path, to="prodigy")
    for text, told, kind in (
        ("{", "cannot be read as JSON", SourceError),
        ("{}", "are a JSON list", FormatError),
        ('[{"fields": {}}]', "Record 0 has no 'id'", FormatError),
        (
            '[{"id": "doc:1", "responses": {"score": [{"value": 9, "user_id": "u"}]}}]',
            "row 'doc:1', score: A score is a number from 0 to 5",
            ConfigurationError,
        ),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(kind, match=told):
            sft.import_review(ds, path, overlay=overlay)


def test_a_file_that_windows_saved_is_read(labelled, opened, tmp_path):
    """A byte order mark before the JSON is no reason to refuse it."""
    session = opened(labelled)
    session.act(Action("confirm", (session.page(Query()).rows[0].id,), "mei"))
    sft.export_review(labelled, tmp_path / "a.json", to="label_studio", overlay=session.kept_in)
    marked = tmp_path / "b.json"
    marked.write_text((tmp_path / "a.json").read_text(encoding="utf-8"), encoding="utf-8-sig")
    place = tmp_path / "other.sqlite"
    assert 1 == sft.import_review(labelled, marked, "label_studio", overlay=place).rows
