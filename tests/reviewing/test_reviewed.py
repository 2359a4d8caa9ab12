"""What people left is what goes on: into converting, reporting, publishing."""

import json

import pytest
from datasets import Dataset, DatasetDict, load_dataset
from hypothesis import given
from hypothesis import strategies as st

import hf_sft_builders as sft
from hf_sft_builders.errors import MissingSource, UnknownName
from hf_sft_builders.reviewing import Action, Query, Session
from hf_sft_builders.reviewing.reviewed import COLUMNS

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8)
MESSAGES = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": TEXTS}),
    min_size=1,
    max_size=3,
)
ROWS = st.lists(
    st.fixed_dictionaries({"messages": MESSAGES, "id": TEXTS, "n": st.integers(0, 9)}),
    min_size=1,
    max_size=6,
)


@given(ROWS)
def test_a_review_without_actions_changes_nothing(tmp_path_factory, rows):
    """Every row comes back as it was, in its order, with its types, whatever it says."""
    place = tmp_path_factory.mktemp("review") / "r.sqlite"
    ds = Dataset.from_list(rows)
    Session.open(ds, overlay=place).close()
    found = sft.reviewed(ds, keep="all", overlay=place)
    assert {"unreviewed"} == set(found["review_status"])
    bare = found.remove_columns(list(COLUMNS))
    assert ds.features == bare.features
    assert ds.to_list() == bare.to_list()
    assert ds.to_list() == sft.reviewed(ds, keep="all", overlay=place, columns=()).to_list()


@pytest.fixture
def worked(ds, opened):
    """Three rows confirmed, one of them edited; one rejected; the review's file."""
    session = opened(ds, name="worked")
    session.act(Action("confirm", ("doc:1", "doc:2", "doc:3"), "mei"))
    session.act(Action("edit", ("doc:2",), "mei", value="高 30 米。", field="messages.1.content"))
    session.act(Action("reject", ("doc:4",), "mei", value="wrong"))
    session.act(Action("score", ("doc:1",), "mei", value=5))
    session.act(Action("score", ("doc:1",), "li", value=2))
    session.act(Action("tag", ("doc:1",), "li", value="好"))
    session.act(Action("note", ("doc:1",), "li", value="看一下"))
    return session.kept_in


def test_confirmed_is_really_confirmed(ds, worked):
    """Exactly the rows that people confirmed, with their edits; the others are counted."""
    found = sft.reviewed(ds, overlay=worked)
    assert ["doc:1", "doc:2", "doc:3"] == found["id"][:]
    assert "高 30 米。" == found[1]["messages"][1]["content"]
    assert [3.5, None, None] == found["review_score"][:]
    assert [["好"], [], []] == found["review_tags"][:]
    assert ["li", "mei"] == sorted(found[0]["reviewers"])
    assert {"unreviewed": 8, "rejected: wrong": 1} == dict(sft.last_run().drops)


@pytest.mark.parametrize(
    ("keep", "rows"),
    [("confirmed", 3), ("not rejected", 11), ("all", 12), ("rejected", 1), ("unreviewed", 8)],
)
def test_keep_says_which_rows(ds, worked, keep, rows):
    """Each word keeps what it says."""
    found = sft.reviewed(ds, keep=keep, overlay=worked)
    assert rows == len(found)
    if keep not in ("all", "not rejected"):
        assert {keep} == set(found["review_status"])


def test_a_changed_row_is_not_confirmed(ds, worked):
    """What was confirmed before the row changed does not count, nor does its edit; both are told."""
    rows = ds.to_list()
    rows[2]["messages"][1]["content"] = "另一个答案"
    found = sft.reviewed(Dataset.from_list(rows), overlay=worked)
    assert ["doc:1", "doc:3"] == found["id"][:]
    assert 1 == sft.last_run().noted["changed since it was reviewed"]
    everything = sft.reviewed(Dataset.from_list(rows), keep="all", overlay=worked)
    assert "另一个答案" == everything[2]["messages"][1]["content"]


def test_conflicts_are_settled_by_the_rule_that_is_named(ds, opened):
    """Latest, majority and unanimous give what they say; who disagrees is counted."""
    session = opened(ds)
    for who in ("mei", "li", "wu"):
        session.act(Action("confirm", ("doc:1", "doc:2"), who))
    session.act(Action("reject", ("doc:1",), "wu"))
    session.act(Action("reject", ("doc:2",), "wu"))
    session.act(Action("reject", ("doc:2",), "li"))

    def ids(**options):
        return sft.reviewed(ds, overlay=session.kept_in, **options)["id"][:]

    assert [] == ids()
    assert ["doc:1"] == ids(on_conflict="majority")
    assert 2 == sft.last_run().noted["reviewers disagree"]
    assert [] == ids(on_conflict="unanimous")
    assert ["doc:1", "doc:2"] == ids(reviewer="mei")
    assert ["doc:1"] == ids(reviewer=["mei", "li"], on_conflict="unanimous")


def test_a_later_note_makes_no_earlier_word_the_last(ds, opened):
    """Which decision and which edit is the last is seen by when they were made, not by notes since."""
    session = opened(ds)
    place = "messages.1.content"
    session.act(Action("confirm", ("doc:1",), "mei"))
    session.act(Action("edit", ("doc:1",), "mei", value="先", field=place))
    session.act(Action("reject", ("doc:1",), "li"))
    session.act(Action("edit", ("doc:1",), "li", value="后", field=place))
    session.act(Action("note", ("doc:1",), "mei", value="嗯"))
    [row] = sft.reviewed(ds, "rejected", overlay=session.kept_in)
    assert ("rejected", "后") == (session.row("doc:1").status, row["messages"][1]["content"])
    assert session.row("doc:1").fields["messages"] == row["messages"]


def test_splits_and_other_columns_stay(ds, opened):
    """A dataset dict comes back with its splits; a second round replaces the first one's columns."""
    parts = DatasetDict(train=ds.select(range(8)), test=ds.select(range(8, 12)))
    session = opened(parts)
    session.act(Action("confirm", query=Query(split="test"), reviewer="mei"))
    once = sft.reviewed(parts, keep="all", overlay=session.kept_in)
    twice = sft.reviewed(once, keep="all", overlay=session.kept_in)
    assert {"train": 8, "test": 4} == {name: len(part) for name, part in twice.items()}
    assert once["test"].to_list() == twice["test"].to_list()
    assert {"confirmed"} == set(twice["test"]["review_status"])


def test_edits_leave_their_step_in_the_provenance(docs, load, opened):
    """A row that a person changed says so where it says everything else; the id stays."""
    ds = load("pdf_qa", data_dir=str(docs), split="train")
    session = opened(ds)
    id = ds[0]["id"]
    last = len(ds[0]["messages"]) - 1
    session.act(Action("edit", (id,), "mei", value="改过了。", field=f"messages.{last}.content"))
    session.act(Action("confirm", (id,), "mei"))
    row = sft.reviewed(ds, overlay=session.kept_in)[0]
    assert (id, "改过了。") == (row["id"], row["messages"][last]["content"])
    step = row["provenance"][-1]
    assert ("review", {"edited": ["messages"], "reviewers": 1}) == (
        step["step"], json.loads(step["parameters"])
    )  # fmt: skip


def test_scores_become_reward_rows(ds, worked):
    """Rows that people scored, in the format of scores."""
    found = sft.reviewed(ds, overlay=worked, as_format="reward", columns=())
    assert [3.5] == found["reward_score"][:]
    assert ["高 28.6 米。 (1)"] == found["output"][:]


def test_choices_become_preference_rows(opened):
    """The chosen answer stands as the better one, whichever side it was shown on; ties are counted."""
    rows = [
        {
            "id": f"{number}{name}",
            "messages": [
                {"role": "user", "content": f"第 {number} 层？"},
                {"role": "assistant", "content": f"{name}{number}"},
            ],
        }
        for number in range(6)
        for name in "xy"
    ]
    ds = Dataset.from_list(rows)
    session = opened(ds)
    after = None
    while pair := session.pair(Query(), after, "mei"):
        after = (pair.a.ref, pair.b.ref)
        better = "a" if pair.a.answer[0]["content"].startswith("y") else "b"
        session.act(Action("choose", after, "mei", value="tie" if pair.number == 5 else better))
    found = sft.reviewed(ds, as_format="preference", overlay=session.kept_in)
    assert [f"y{n}" for n in range(5)] == [row["chosen"][0]["content"] for row in found]
    assert [f"x{n}" for n in range(5)] == [row["rejected"][0]["content"] for row in found]
    assert {"tie": 1} == dict(sft.last_run().drops)
    assert "preference" == sft.detect(found).format


def test_pairs_within_rows_can_be_turned_round(opened):
    """In rows of a preference format, a person's choice decides which answer is the better one."""
    rows = [
        {"id": str(n), "prompt": f"问{n}", "chosen": f"好{n}", "rejected": f"差{n}"}
        for n in range(4)
    ]
    ds = Dataset.from_list(rows)
    session = opened(ds)
    after = None
    while pair := session.pair(Query(), after, "mei"):
        after = (pair.a.ref, pair.b.ref)
        value = "a" if pair.a.answer[0]["content"].startswith("差") else "b"
        session.act(Action("choose", after, "mei", value=value))
    found = sft.reviewed(ds, as_format="preference", overlay=session.kept_in)
    assert [f"差{n}" for n in range(4)] == [row["chosen"][0]["content"] for row in found]


def test_the_card_says_how_many_rows_people_confirmed(ds, worked, tmp_path):
    """`publish` tells it, and the published rows are read back as they were reviewed."""
    found = sft.reviewed(ds, keep="not rejected", overlay=worked, columns=("review_status",))
    sft.publish(found, tmp_path / "out", license="mit")
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "Reviewed by people" in card
    assert "confirmed 3 rows" in card
    again = load_dataset(str(tmp_path / "out"), split="train")
    assert found.to_list() == again.to_list()


def test_a_wrong_name_is_an_error(ds, tmp_path):
    """Rows that nobody reviewed never pass as reviewed."""
    with pytest.raises(MissingSource, match="No review of these rows"):
        sft.reviewed(ds, keep="all", overlay=tmp_path / "none.sqlite")
    for option in ({"keep": "good"}, {"on_conflict": "loudest"}, {"as_format": "x"}):
        with pytest.raises(UnknownName):
            sft.reviewed(ds, overlay=tmp_path / "none.sqlite", **option)


def test_who_is_listened_to_must_have_said_something(ds, worked):
    """A name that is misspelt gives an error with the names there are, not a dataset without rows."""
    with pytest.raises(UnknownName, match="mei"):
        sft.reviewed(ds, reviewer="meii", overlay=worked)


def test_one_column_may_be_named_by_itself(ds, worked):
    """`columns="review_status"` is that one column."""
    found = sft.reviewed(ds, overlay=worked, columns="review_status")
    assert [*ds.column_names, "review_status"] == found.column_names


def test_columns_that_no_row_fills_bear_edits(tmp_path):
    """`datasets` types what is always empty as null, and pyarrow cannot join lists of such structs."""
    turns = [
        {"role": "user", "content": "?", "x": None},
        {"role": "assistant", "content": "!", "x": None},
    ]
    ds = Dataset.from_dict({"id": ["a", "b"], "messages": [turns, turns]})
    place = tmp_path / "rows.review.sqlite"
    session = Session.open(ds, overlay=place, reviewer="mei")
    session.act(Action("edit", ("b",), "mei", value="?!", field="messages.1.content"))
    session.close()
    made = sft.reviewed(ds, keep="all", overlay=place)
    assert ["!", "?!"] == [row[1]["content"] for row in made["messages"]]
