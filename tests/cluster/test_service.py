"""The service and the line to it, in one process: what dies, and what is given back."""

import asyncio

import pytest

from hf_sft_builders.errors import ConfigurationError, EndpointError
from hf_sft_builders.ledger import Ledger, Outcome
from hf_sft_builders.llm.budget import Budget, BudgetReached
from hf_sft_builders.llm.model import Runtime
from hf_sft_builders.llm.replies import StoredReply
from hf_sft_builders.ray import service as service_module
from hf_sft_builders.ray.jobs import Job
from hf_sft_builders.ray.link import Link
from hf_sft_builders.ray.service import Service
from hf_sft_builders.ray.shared import LeasedTurns, SharedReplies, SharedSpending

ADDRESS = "http://x/v1/chat/completions"


class Actor:
    """Looks like Ray's handle of the service, which can be started again."""

    def __init__(self, path):
        self.path = path
        self.service = Service(str(path), {})

    def start_again(self):
        """What Ray does when the process died: everything in memory is gone."""
        self.service = Service(str(self.path), {})

    def __getattr__(self, name):
        class Method:
            remote = staticmethod(lambda *arguments: getattr(self.service, name)(*arguments))

        return Method


@pytest.fixture
def actor(tmp_path):
    """A service with a store of its own."""
    return Actor(tmp_path / "replies.sqlite")


def run(work):
    """Run to the end, and end what still listens."""

    async def whole():
        try:
            return await asyncio.wait_for(work, 30)
        finally:
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

    return asyncio.run(whole())


def key(n):
    """A key of a reply."""
    return bytes([n]) * 32


def test_a_second_worker_waits_for_the_reply_of_the_first(actor):
    """And gets it, or the question, as soon as the first has ended."""

    async def work():
        loop = asyncio.get_running_loop()
        one, two = SharedReplies(Link(actor, loop)), SharedReplies(Link(actor, loop))
        assert await one.find(key(1)) is None
        assert await one.find(key(2)) is None
        waiting = [asyncio.create_task(two.find(key(n))) for n in (1, 2)]
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in waiting)
        reply = StoredReply("{}", "m")
        assert reply == await one.keep(key(1), reply)
        one.give_up(key(2))
        assert [reply, None] == await asyncio.gather(*waiting)
        other = StoredReply('{"later": 1}', "m")
        assert reply == await two.keep(key(1), other)

    run(work())


def test_what_a_silent_worker_had_goes_back(actor, monkeypatch):
    """Its turns and its questions are another's; what it set aside is free again."""
    monkeypatch.setattr(service_module, "_LISTEN", 0.05)
    monkeypatch.setattr(service_module, "_SILENCE", 0.3)

    async def work():
        loop = asyncio.get_running_loop()
        dead, alive = Link(actor, loop), Link(actor, loop)
        turns = LeasedTurns(dead, ADDRESS)
        turns.cap(Runtime(max_concurrency=1), 1)
        await turns.turn(10)
        await SharedReplies(dead).find(key(1))
        others = LeasedTurns(alive, ADDRESS)
        others.cap(Runtime(max_concurrency=1), 1)
        waiting = [
            asyncio.create_task(others.turn(10)),
            asyncio.create_task(SharedReplies(alive).find(key(1))),
        ]
        await asyncio.sleep(0.1)
        assert not any(task.done() for task in waiting)
        for task in dead._tasks:
            task.cancel()
        ticket, reply = await asyncio.gather(*waiting)
        assert (10, None) == (ticket.tokens, reply)

    run(work())


def test_a_service_that_is_started_again_knows_what_workers_hold(actor):
    """Open calls are asked again, limits and turns are told again, replies are on disk."""

    async def work():
        link = Link(actor, asyncio.get_running_loop())
        turns, replies = LeasedTurns(link, ADDRESS), SharedReplies(link)
        turns.cap(Runtime(max_concurrency=1), 1)
        first = await turns.turn(10)
        await replies.find(key(1))
        await replies.keep(key(1), StoredReply("{}", "m"))
        waiting = asyncio.create_task(turns.turn(20))
        await asyncio.sleep(0.05)
        actor.start_again()
        assert "{}" == (await replies.find(key(1))).raw
        assert 1 == actor.service._turns_at(ADDRESS).pacer.in_flight
        assert not waiting.done()
        turns.done(first, 10, {})
        assert 20 == (await waiting).tokens

    run(work())


def test_a_turn_that_is_not_waited_for_goes_to_another(actor):
    """Cancelled before or after it is given."""

    async def work():
        link = Link(actor, asyncio.get_running_loop())
        turns = LeasedTurns(link, ADDRESS)
        turns.cap(Runtime(max_concurrency=1), 1)
        first = await turns.turn(1)
        left = asyncio.create_task(turns.turn(2))
        await asyncio.sleep(0.05)
        left.cancel()
        turns.forget(first)
        assert 3 == (await turns.turn(3)).tokens

    run(work())


def test_a_budget_outlives_the_service(actor, tmp_path):
    """What was spent is on disk; each reply counts once, whoever comes by it."""

    async def work():
        loop = asyncio.get_running_loop()
        budget = Budget(max_tokens_total=100, job=str(tmp_path / "job"))
        one, two = (SharedSpending(Link(actor, loop), budget) for _ in range(2))
        mine = await one.set_aside(30, 30)
        with pytest.raises(BudgetReached):
            await two.set_aside(30, 30)
        assert two.is_under_way
        one.settle(mine, 20, 20, key(1))
        two.recalled(key(1), 20, 20)
        yours = await two.set_aside(30, 30)
        two.settle(yours, 30, 10, key(2))
        await one.set_aside(1, 1)
        actor.start_again()
        with pytest.raises(BudgetReached, match="80 tokens so far"):
            await one.set_aside(20, 10)

    run(work())


def test_a_share_that_is_handed_in_again_counts_once(tmp_path):
    """A piece of work that is done again, because its worker died, takes the place of the first."""
    job = Job(tmp_path / "job")
    ledger = Ledger()
    ledger.record(Outcome(drops=("too short",)))
    ledger.counts["inputs"] = 1
    assert 0 == job.hand_in("a", ledger.to_json()).inputs
    assert 0 == job.hand_in("a", ledger.to_json()).inputs
    assert 1 == job.hand_in("b", ledger.to_json()).inputs
    assert (2, 2) == (
        (others := Job(tmp_path / "job").hand_in("c", ledger.to_json())).inputs,
        others.good,
    )


def test_what_goes_wrong_is_told_to_those_who_asked(actor):
    """A store that cannot be used, a service that is gone for good: an error each time, no waiting."""

    async def work():
        loop = asyncio.get_running_loop()
        actor.path.mkdir()
        actor.start_again()
        link = Link(actor, loop)
        replies = SharedReplies(link)
        for _ in range(2):
            with pytest.raises(ConfigurationError):
                await replies.find(key(1))
        turns = LeasedTurns(link, ADDRESS)
        assert 5 == (await turns.turn(5)).tokens
        actor.service = None
        for _ in range(2):
            with pytest.raises(EndpointError, match="service on Ray is gone"):
                await replies.find(key(1))
        replies.give_up(key(1))

    run(work())
