"""What arrives at one moment goes to the store in one piece, and each is safe before it is used."""

import asyncio

import pytest

from hf_sft_builders.llm.kept_replies import OwnReplies
from hf_sft_builders.llm.replies import ReplyStore, StoredReply

KEYS = [bytes([n]) * 16 for n in range(20)]


def reply(words: str) -> StoredReply:
    """Give a reply of these words."""
    return StoredReply(raw=words, model="m")


@pytest.fixture
def store(tmp_path):
    """Give an empty store."""
    return ReplyStore(tmp_path / "replies.sqlite")


async def all_at_once(works):
    """Wait for all, errors among them."""
    return await asyncio.gather(*works, return_exceptions=True)


def test_replies_of_one_moment_are_kept_by_one_commit(store, monkeypatch):
    """And all of them are found again in one go."""
    commits = []
    put_many = store.put_many
    monkeypatch.setattr(store, "put_many", lambda some: commits.append(len(some)) or put_many(some))
    own = OwnReplies(store)
    kept = asyncio.run(all_at_once([own.keep(key, reply(key.hex())) for key in KEYS]))
    assert [key.hex() for key in KEYS] == [one.raw for one in kept]
    assert [len(KEYS)] == commits
    found = asyncio.run(all_at_once([own.find(key) for key in [*KEYS, b"?" * 16]]))
    assert kept == found[:-1]
    assert found[-1] is None


def test_the_first_of_two_replies_stays_for_the_one_that_has_two_only(store):
    """The others of that moment keep their own."""
    store.put(KEYS[0], reply("first"))
    own = OwnReplies(store)
    kept = asyncio.run(all_at_once([own.keep(key, reply("second")) for key in KEYS[:3]]))
    assert ["first", "second", "second"] == [one.raw for one in kept]


def test_a_store_that_fails_fails_each_request_and_not_the_loop(store, monkeypatch):
    """What comes later is kept as ever."""

    def broken(_):
        raise OSError("no space left")

    own = OwnReplies(store)
    with monkeypatch.context() as patch:
        patch.setattr(store, "put_many", broken)
        ends = asyncio.run(all_at_once([own.keep(key, reply("x")) for key in KEYS[:3]]))
    assert ["no space left"] * 3 == [str(end) for end in ends]
    [kept] = asyncio.run(all_at_once([own.keep(KEYS[0], reply("x"))]))
    assert "x" == kept.raw


def test_what_was_paid_is_kept_though_its_run_is_cancelled(store):
    """Nobody waits for it any more, but it costs no second time."""

    async def cancelled():
        own = OwnReplies(store)
        tasks = [asyncio.ensure_future(own.keep(key, reply("paid"))) for key in KEYS[:3]]
        await asyncio.sleep(0)
        tasks[1].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    ends = asyncio.run(cancelled())
    assert isinstance(ends[1], asyncio.CancelledError)
    assert ["paid"] * 3 == [store.get(key).raw for key in KEYS[:3]]
