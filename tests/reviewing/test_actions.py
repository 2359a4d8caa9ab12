"""What people do is kept, counts, can be undone, and never stands over another's word."""

import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from datasets import ClassLabel, Dataset, DatasetDict
from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders.errors import ConfigurationError, FormatError
from hf_sft_builders.reviewing import Action, Query, Session


def ids_of(session, **query):
    """Give the ids of the rows that a query finds."""
    return [row.id for row in session.page(Query(**query), 0, 1000).rows]


def test_what_was_done_is_there_after_kill_9(ds, tmp_path, opened):
    """A process is killed in mid-work: every action that it was told is done has survived."""
    ds.save_to_disk(tmp_path / "data")
    code = f"""
import sys
from hf_sft_builders.reviewing import Action, Session
session = Session.open({str(tmp_path / "data")!r})
for number in range(10**6):
    session.act(Action("tag", (f"doc:{{number % 12}}",), "mei", value=f"t{{number}}"))
    print(number, flush=True)
"""
    environment = {**os.environ, "HF_HOME": str(tmp_path / "home")}
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment
    )
    told = [int(process.stdout.readline()) for _ in range(25)]
    process.send_signal(signal.SIGKILL)
    told += [int(line) for line in process.stdout.read().split() if line.isdigit()]
    process.wait()

    session = opened(str(tmp_path / "data"), overlay=None)
    assert str(tmp_path / "data.review.sqlite") == session.kept_in
    assert {f"t{number}" for number in told} <= set(session.marks.tags)
    [(sound,)] = sqlite3.connect(session.kept_in).execute("PRAGMA integrity_check")
    assert "ok" == sound


def test_the_log_cannot_be_changed(ds, opened):
    """SQLite itself refuses to rewrite or delete what was done."""
    session = opened(ds)
    session.act(Action("confirm", ("doc:1",), "mei"))
    other = sqlite3.connect(session.kept_in)
    for statement in (
        "DELETE FROM actions",
        "UPDATE changes SET value = 'x'",
        "DELETE FROM changes",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="the log stays"):
            other.execute(statement)
    other.close()


def test_two_reviewers_keep_their_own_word(ds, opened):
    """The latest decision counts; each person's stays; disagreement is shown, and measured."""
    session = opened(ds)
    for number in range(4):
        session.act(Action("confirm", (f"doc:{number}",), "mei"))
    session.act(Action("reject", ("doc:0",), "li", value="wrong"))
    for number in range(1, 4):
        session.act(Action("confirm", (f"doc:{number}",), "li"))

    row = session.row("doc:0", "mei")
    assert "rejected" == row.status
    assert "confirmed" == row.mine.status
    assert {"mei": "confirmed", "li": "rejected"} == {m.reviewer: m.status for m in row.marks}
    assert ["doc:0"] == ids_of(session, status="disputed")
    assert ["doc:0", "doc:1", "doc:2", "doc:3"] == ids_of(session, reviewer="mei")
    agreed = session.progress().agreement
    assert (4, 0.75) == (agreed.rows, agreed.share)
    assert 0.0 == agreed.kappa


def test_two_servers_see_each_other(ds, opened):
    """Two processes have one file open; each sees what the other did, also what it undid."""
    one, other = opened(ds), opened(ds)
    one.act(Action("confirm", ("doc:3",), "mei"))
    assert ["doc:3"] == ids_of(other, status="confirmed")
    one.undo("mei")
    assert [] == ids_of(other, status="confirmed")


def test_threads_work_on_one_session(ds, opened):
    """A server's threads act, look and undo at once: every action counts, none is seen by halves."""
    session = opened(ds)

    def work(who):
        for number in range(12):
            session.act(Action("confirm", (f"doc:{number}",), who))
            session.act(Action("tag", (f"doc:{number}",), who, value=who))
            session.undo(who)
            assert 12 == session.page(Query(min_length=0), 0, 50).total
            assert "confirmed" == session.row(f"doc:{number}", who).mine.status

    people = [f"p{number}" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, people))
    assert 12 == session.progress().confirmed
    assert {} == {tag: rows for tag, rows in session.marks.tags.items() if rows.any()}
    assert dict.fromkeys(people, 12) == dict(session.overlay.actions_by())


def test_a_bulk_action_is_undone_as_one(ds, opened):
    """A filter is rejected at once, and taken back at once, to what stood before."""
    session = opened(ds)
    session.act(Action("confirm", ("doc:1",), "mei"))
    done = session.act(Action("reject", query=Query(domain="旅游"), reviewer="mei", value="x"))
    assert 6 == done.done
    assert 6 == session.page(Query(status="rejected")).total
    assert 6 == session.page(Query(reason="x")).total

    undone = session.undo("mei")
    assert (6, "reject") == (undone.done, undone.kind)
    assert ["doc:1"] == ids_of(session, status="confirmed")
    assert 0 == session.page(Query(status="rejected")).total
    assert [True, False] == [event.undone for event in session.row("doc:1").history]
    session.undo("mei")
    with pytest.raises(ConfigurationError, match="nothing here that can be undone"):
        session.undo("mei")


def test_nobody_undoes_the_work_of_another(ds, opened):
    """Undo takes the reviewer's own last action, whatever others did since."""
    session = opened(ds)
    session.act(Action("score", ("doc:1",), "mei", value=5))
    session.act(Action("score", ("doc:1",), "li", value=2))
    session.undo("mei")
    assert [2.0] == [mark.score for mark in session.row("doc:1").marks]


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("messages.1.role", "robot", "role"),
        ("messages.1.content", 5, "messages.1.content is"),
        ("messages", [], "messages"),
        ("messages", "no json", "needs JSON"),
        ("messages", [{"role": "user", "content": "a", "colour": "red"}], "got list"),
    ],
)
def test_an_edit_that_does_not_validate_is_not_saved(ds, opened, field, value, told):
    """The format decides before anything is written; the message says why."""
    session = opened(ds)
    with pytest.raises(FormatError, match=told):
        session.act(Action("edit", ("doc:1",), "mei", value=value, field=field))
    assert [] == session.row("doc:1").history
    assert ds[1]["messages"] == session.row("doc:1").fields["messages"]


def test_an_edit_is_shown_searched_and_taken_back(ds, opened):
    """An edit counts wherever the row is looked at; the dataset is not touched."""
    session = opened(ds)
    session.act(
        Action("edit", ("doc:1",), "mei", value="高 30 米，ＡＢＣ。", field="messages.1.content")
    )
    assert "高 30 米，ＡＢＣ。" == session.row("doc:1").record["messages"][1]["content"]
    assert "高 28.6 米。 (1)" == session.row("doc:1").stored["messages"][1]["content"]
    assert ["doc:1"] == ids_of(session, text="abc 30")
    assert "doc:1" not in ids_of(session, text="28.6")
    session.act(Action("revert", ("doc:1",), "mei", field="messages"))
    assert session.row("doc:1").stored == session.row("doc:1").fields


def test_a_bad_row_may_be_mended_step_by_step(opened):
    """An edit that leaves a fault which was there before is allowed; a new fault is not."""
    rows = [{"id": "a", "instruction": "", "input": "", "output": ""}]
    session = opened(Dataset.from_list([{**rows[0], "system": "", "history": [["", ""]]}]))
    session.act(Action("edit", ("a",), "mei", value="好", field="output"))
    assert "好" == session.row("a").fields["output"]


def test_lineage_is_not_edited(ds, opened):
    """An id is how a row is found again."""
    with pytest.raises(ConfigurationError, match="'id' cannot be edited"):
        opened(ds).act(Action("edit", ("doc:1",), "mei", value="x", field="id"))


def test_scores_of_people_and_of_models_stand_apart(ds, opened):
    """A model's score is a suggestion: it never stands where a person's does."""
    session = opened(ds.add_column("score", [1.0] * 12))
    session.act(Action("score", ("doc:1",), "mei", value="4.5"))
    seen = session.marks.hash_of([1])[0]
    session.overlay.suggest("doc:1", seen, "score", "qwen", "", "", 2.0, "too short")
    row = session.page(Query(min_score=4)).rows[0]
    assert ("doc:1", 4.5, 1.0) == (row.id, row.score, row.model_score)
    [suggestion] = session.row("doc:1").suggestions
    assert (2.0, "qwen", False) == (suggestion.value, suggestion.model, suggestion.stale)
    for value in (6, "good", -1):
        with pytest.raises(ConfigurationError, match="from 0 to 5"):
            session.act(Action("score", ("doc:1",), "mei", value=value))


def test_labels_come_from_the_closed_list(opened):
    """A `ClassLabel` takes its names and no other; filters follow the edit."""
    ds = Dataset.from_list(
        [{"id": str(n), "text": "好" * (n + 1), "label": n % 2} for n in range(6)]
    )
    session = opened(ds.cast_column("label", ClassLabel(names=["差", "好"])))
    assert ("差", "好") == session.labels
    session.act(Action("label", ("0",), "mei", value="好"))
    assert ["0", "1", "3", "5"] == ids_of(session, label="好")
    assert 1 == session.row("0").fields["label"]
    with pytest.raises(ConfigurationError, match="'中' is not in the list of label: 差, 好"):
        session.act(Action("label", ("0",), "mei", value="中"))
    with pytest.raises(ConfigurationError, match="no column 'domain'"):
        session.act(Action("domain", ("0",), "mei", value="好"))


def test_a_rebuilt_dataset_finds_its_review_by_id(ds, opened):
    """Rows that are the same keep their decision; changed ones say so; what is gone is kept and told."""
    session = opened(ds)
    for number in (1, 2, 3):
        session.act(Action("confirm", (f"doc:{number}",), "mei"))
    rows = ds.to_list()
    rows[2]["messages"][1]["content"] = "高 29 米。"
    del rows[3]
    rebuilt = opened(Dataset.from_list(rows[::-1]))
    assert ["doc:1"] == ids_of(rebuilt, status="confirmed")
    assert ["doc:2"] == ids_of(rebuilt, status="changed")
    assert rebuilt.row("doc:2").changed_since
    progress = rebuilt.progress()
    assert (1, 1, 9, 1) == (
        progress.confirmed, progress.changed, progress.unreviewed, progress.gone
    )  # fmt: skip
    with pytest.raises(ConfigurationError, match="kept in the review's log"):
        rebuilt.row("doc:3")
    rebuilt.act(Action("renew", ("doc:2",), "mei"))
    assert ["doc:2", "doc:1"] == ids_of(rebuilt, status="confirmed")


def test_columns_that_come_later_change_no_row(ds, opened):
    """A judge's score is added after the review: what was confirmed still is."""
    opened(ds).act(Action("confirm", ("doc:1",), "mei"))
    scored = opened(ds.add_column("score", [3.0] * 12).add_column("label", ["x"] * 12))
    assert ["doc:1"] == ids_of(scored, status="confirmed")


def test_rows_without_id_get_stable_ones(opened):
    """Ids are made of what rows say, and how often that stood before."""
    ds = Dataset.from_list([{"text": text} for text in ("a", "b", "a", "a")])
    session = opened(ds)
    ids = session.rows.ids
    assert 4 == len(set(ids))
    session.act(Action("confirm", (ids[1],), "mei"))
    other = opened(Dataset.from_list([{"text": text} for text in ("c", "a", "b", "a", "a")]))
    assert [ids[1]] == ids_of(other, status="confirmed")
    assert set(ids) <= set(other.rows.ids)


def test_repeats_are_merged_and_split(ds, opened):
    """Merged rows are rejected as duplicates of the one that stays; splitting takes that back."""
    rows = ds.to_list()
    rows.append({**rows[1], "id": "copy"})
    session = opened(Dataset.from_list(rows))
    assert 1 == session.find_duplicates("exact")
    assert ["doc:1", "copy"] == ids_of(session, group="any")
    assert ["copy"] == session.row("doc:1").repeats
    session.act(Action("merge", ("doc:1", "copy"), "mei"))
    assert ("rejected", "doc:1") == (
        session.row("copy").status, session.row("copy", "mei").mine.duplicate_of
    )  # fmt: skip
    session.act(Action("split", ("copy",), "mei"))
    mine = session.row("copy", "mei").mine
    assert ("unreviewed", "", True) == (mine.status, mine.duplicate_of, mine.no_duplicate)


def test_splits_are_one_list(opened, ds):
    """The rows of all splits are reviewed together, and can be looked at apart."""
    parts = DatasetDict(train=ds.select(range(8)), test=ds.select(range(8, 12)))
    session = opened(parts)
    assert [("train", 8), ("test", 4)] == session.page(Query(min_length=0)).facets["split"]
    assert ["doc:8", "doc:9", "doc:10", "doc:11"] == ids_of(session, split="test")
    assert "test" == session.row("doc:9").split


def test_next_and_neighbours_follow_the_query(ds, opened):
    """Going through rows keeps to the filter, round to its beginning."""
    session = opened(ds)
    query = Query(domain="旅游")
    session.act(Action("confirm", ("doc:3",), "mei"))
    assert "doc:5" == session.next_unreviewed(query, "doc:1")
    assert "doc:1" == session.next_unreviewed(query, "doc:11")
    row = session.row("doc:5", "mei", query)
    assert ("doc:3", "doc:7", 2, 6) == (row.before, row.after, row.position, row.total)
    session.act(Action("confirm", query=query, reviewer="mei"))
    assert None is session.next_unreviewed(query, "doc:5")
    assert "doc:1" == session.next_unreviewed(query, None, reviewer="li")


def test_pairs_are_shuffled_and_chosen(opened):
    """Two answers of one question; sides differ between people, the choice does not."""
    rows = []
    for number in range(20):
        asked = {"role": "user", "content": f"第 {number} 层？"}
        for name in "xy":
            said = [asked, {"role": "assistant", "content": f"{name}{number}"}]
            rows.append({"id": f"{number}{name}", "messages": said})
    session = opened(Dataset.from_list(rows))
    seen, after = [], None
    while pair := session.pair(Query(), after, "mei"):
        seen.append(pair.a.answer[0]["content"][0])
        better = "a" if pair.a.answer[0]["content"].startswith("x") else "b"
        session.act(Action("choose", (pair.a.ref, pair.b.ref), "mei", value=better))
        after = (pair.a.ref, pair.b.ref)
        assert 20 == pair.total
    assert {"x", "y"} == set(seen)
    assert 20 == len(seen)
    assert None is session.pair(Query(), None, "mei")
    assert session.pair(Query(), None, "li") is not None
    values = {entry.value for entry in session.overlay.entries(fields="choice:")}
    assert {"a"} == values  # x is the first name of each pair


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["confirm", "reject", "clear", "score", "tag", "untag", "note", "undo"]),
        st.integers(0, 3),
        st.sampled_from(["mei", "li"]),
        st.sampled_from(["1", "2", "3"]),
    ),
    max_size=25,
)


@given(STEPS)
def test_the_state_is_what_the_log_comes_to(tmp_path_factory, steps):
    """Whatever is done and undone, the kept state is the one made anew from the log."""
    ds = Dataset.from_list([{"id": str(n), "text": f"第{n}行"} for n in range(4)])
    folder = tmp_path_factory.mktemp("log")
    session = Session.open(ds, overlay=folder / "review.sqlite")
    for kind, number, who, value in steps:
        if kind == "undo":
            try:
                session.undo(who)
            except ConfigurationError:
                assert not session.overlay.actions_by().get(who)
        else:
            session.act(Action(kind, (str(number),), who, value=value))
    kept, shown = session.overlay.entries(), session.marks.status.tolist()
    session.overlay.rebuild()
    assert sorted(kept) == sorted(session.overlay.entries())
    assert shown == Session.open(ds, overlay=folder / "review.sqlite").marks.status.tolist()
