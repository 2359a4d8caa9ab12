"""What the workers of a Ray job share: one process that gives turns, keeps replies and counts.

The service is an actor on the driver's machine; `Service` knows nothing of Ray. A worker's engine
enters as a session and exchanges groups of calls for groups of answers, so that many requests cost
few messages. A call that cannot be answered at once is answered by a later exchange.

    worker: exchange(session, [(1, "find", key), (2, "turn", …)], wait) → [(1, True, reply)]

What is lost with whom:
* A worker that dies is silent: its turns, its claims and what it set aside go back.
* The service that dies is started again by Ray. Replies, shares of accounts and what was spent are
  on disk; sessions are unknown then, and enter again with what they hold.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from hf_sft_builders.ledger import Others
from hf_sft_builders.llm.model import Runtime
from hf_sft_builders.llm.replies import ReplyStore
from hf_sft_builders.llm.turns import OwnTurns
from hf_sft_builders.ray.claims import Claims
from hf_sft_builders.ray.jobs import Jobs
from hf_sft_builders.ray.sessions import Call, Session

logger = logging.getLogger("hf_sft_builders")

MOST_IN_FLIGHT = 65_536
_LISTEN, _SILENCE = 3.0, 10.0
"""Seconds that an exchange waits for answers; after which a session that says nothing is over."""


class Service:
    """Turns, replies, budgets and accounts of one job, for all its workers.

    Args:
        replies: The reply store's file.
        environment: How models and platforms are reached: what workers lack of it they are given.
    """

    def __init__(self, replies: str, environment: dict[str, str]) -> None:
        self._environment = environment
        self._store = ReplyStore(replies)
        self._claims = Claims()
        self._jobs = Jobs()
        self._sessions: dict[str, Session] = {}
        self._turns: dict[str, OwnTurns] = {}
        self._served: set[str] = set()
        self._watch: asyncio.Task[None] | None = None

    async def process(self) -> int:
        """Tell its process id, for those who look after it."""
        return os.getpid()

    async def welcome(self) -> dict[str, str]:
        """Give a new worker what it lacks; nothing of it is written anywhere."""
        return self._environment

    async def enter(
        self, name: str, caps: dict[str, tuple[Any, ...]], held: dict[int, tuple[str, int]]
    ) -> None:
        """Begin a session.

        Args:
            name: Its name, new for each.
            caps: Address → limits, as far as the worker was told any.
            held: Requests that are on their way: number → address and tokens.
        """
        self._watch = self._watch or asyncio.create_task(self._end_silent_sessions())
        session = self._sessions[name] = Session()
        for address, limits in caps.items():
            self._cap(session, 0, address, limits)
        for number, (address, tokens) in held.items():
            turns = self._turns_at(address)
            session.tickets[number] = (turns, turns.pacer.sent(tokens))

    async def exchange(self, name: str, calls: Sequence[Call], wait: bool) -> list[Any] | None:
        """Take calls and give the answers that there are.

        Args:
            name: The session.
            calls: Number, name and arguments of each.
            wait: Wait for an answer, some seconds at the most.

        Returns:
            Number, whether it went well, and value of each; None if there is no such session.
        """
        session = self._sessions.get(name)
        if session is None:
            return None
        session.heard = time.monotonic()
        for what, work in (("find", self._find_many), ("keep", self._keep_many)):
            if group := [call for call in calls if call[1] == what]:
                with _answered(session, group):
                    work(session, group)
        for call in calls:
            if call[1] not in ("find", "keep"):
                with _answered(session, [call]):
                    getattr(self, f"_{call[1]}")(session, call[0], *call[2:])
        if wait and not session.inbox:
            with suppress(TimeoutError):
                await asyncio.wait_for(session.arrived.wait(), _LISTEN)
            session.heard = time.monotonic()
        return session.taken()

    async def hand_in(self, folder: str, name: str, ledger: str) -> Others:
        """Keep a share of a job's account; tell what became of the others'."""
        return self._jobs.at(folder).hand_in(name, ledger)

    # Replies

    def _find_many(self, session: Session, calls: Sequence[Call]) -> None:
        known = self._store.get_many([key for _, _, key in calls])
        for number, _, key in calls:
            if key in known:
                session.answer(number, known[key])
            elif self._claims.is_free(key):
                self._claims.take(key, session)
                session.answer(number, None)
            else:
                session.work(number, self._found_later(session, number, key))

    async def _found_later(self, session: Session, number: int, key: bytes) -> None:
        """Wait while another worker asks the same."""
        await self._claims.freed(key)
        self._find_many(session, [(number, "find", key)])

    def _keep_many(self, session: Session, calls: Sequence[Call]) -> None:
        replies = [(key, reply) for _, _, key, reply in calls]
        new = self._store.put_many(replies)
        kept = {} if new == len(calls) else self._store.get_many([key for key, _ in replies])
        for number, _, key, reply in calls:
            self._claims.give_back(key)
            first = kept.get(key, reply)
            session.answer(number, None if first == reply else first)

    def _give_up(self, session: Session, _: int, key: bytes) -> None:
        if self._claims.owner(key) is session:
            self._claims.give_back(key)

    # Turns

    def _turns_at(self, address: str) -> OwnTurns:
        if address not in self._turns:
            self._turns[address] = OwnTurns(asyncio.get_running_loop(), MOST_IN_FLIGHT)
        return self._turns[address]

    def _cap(self, _: Session, __: int, address: str, limits: tuple[Any, ...]) -> None:
        turns = self._turns_at(address)
        if turns.limits != limits:
            turns.cap(Runtime(*limits), 1)

    def _turn(self, session: Session, number: int, address: str, tokens: int, again: bool) -> None:
        session.work(number, self._given(session, number, address, tokens, again))

    async def _given(
        self, session: Session, number: int, address: str, tokens: int, again: bool
    ) -> None:
        turns = self._turns_at(address)
        session.tickets[number] = (turns, await turns.turn(tokens, again))
        session.answer(number, address in self._served)

    def _done(self, session: Session, _: int, ticket: int, tokens: float, headers: Any) -> None:
        if held := session.tickets.pop(ticket, None):
            held[0].done(held[1], tokens, headers)
            if tokens:
                self._served.update(name for name, one in self._turns.items() if one is held[0])

    def _refused(self, session: Session, _: int, ticket: int, *told: Any) -> None:
        if held := session.tickets.pop(ticket, None):
            held[0].refused(held[1], *told)

    def _forget(self, session: Session, _: int, ticket: int) -> None:
        session.forget(ticket)

    # Spending

    def _set_aside(
        self, session: Session, number: int, folder: str, limits: Any, asked: tuple[int, Any]
    ) -> None:
        session.set_aside(number, self._jobs.at(folder).limited(*limits), *asked)

    def _settle(self, session: Session, _: int, folder: str, limits: Any, *spent: Any) -> None:
        reservation, tokens_in, tokens_out, key = spent
        job = self._jobs.at(folder).limited(*limits)
        job.settle(session.reserved.pop(reservation, (job, (0, 0)))[1], tokens_in, tokens_out, key)

    def _recalled(self, _: Session, __: int, folder: str, limits: Any, *spent: Any) -> None:
        self._jobs.at(folder).limited(*limits).recalled(*spent)

    # Sessions

    async def _end_silent_sessions(self) -> None:
        while True:
            await asyncio.sleep(_LISTEN)
            oldest = time.monotonic() - _SILENCE
            for name in [name for name, one in self._sessions.items() if one.heard < oldest]:
                session = self._sessions.pop(name)
                session.end()
                self._claims.give_back_all(session)


@contextmanager
def _answered(session: Session, calls: Sequence[Call]) -> Iterator[None]:
    """Give those who asked what went wrong (a full disk), and go on with the others."""
    try:
        yield
    except Exception as error:
        for number, what, *_ in calls:
            if number:
                session.answer(number, error, well=False)
            else:
                logger.exception("The service could not do %r.", what)
