"""Who may send next: the requests to one endpoint that wait for their turn, and its pacer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Protocol

from hf_sft_builders.llm.model import Runtime
from hf_sft_builders.llm.pacing import Pacer, RefusalKind, Ticket


class Turns(Protocol):
    """What lets requests to one endpoint go; used on one event loop.

    In a process by itself these are `OwnTurns`; the workers of a cluster lease theirs from one
    place, so that their limits are one and what a refusal teaches is known to all.
    """

    served_others: bool
    """Whether the endpoint is known to have answered other workers."""

    def cap(self, runtime: Runtime, users: int) -> None:
        """Keep to a run's limits from now on, divided among so many processes of this machine."""
        ...

    async def turn(self, tokens: int, again: bool = False) -> Ticket:
        """Wait until one more request of about so many tokens may go.

        Those that are sent `again` go before those that were never sent.
        """
        ...

    def done(self, ticket: Ticket, tokens: float, headers: Mapping[str, str]) -> None:
        """Take note of an answer, and of what it cost."""
        ...

    def refused(
        self,
        ticket: Ticket,
        retry_after: float | None,
        headers: Mapping[str, str],
        kind: RefusalKind,
    ) -> None:
        """Take note of a refusal; the request is to be sent again, when it is its turn."""
        ...

    def forget(self, ticket: Ticket) -> None:
        """Let another take the turn of a request that was not sent, or was cancelled."""
        ...


class OwnTurns:
    """Turns by a pacer in this process.

    Args:
        loop: Where turns are waited for.
        most: Requests in flight, whatever a run allows.
    """

    served_others = False

    def __init__(self, loop: asyncio.AbstractEventLoop, most: int) -> None:
        self._loop = loop
        self.pacer = Pacer(max_concurrency=most)
        self.limits: tuple[object, ...] = ()
        """What a run allows: requests at one time, requests and tokens per minute."""
        self._first: deque[tuple[int, asyncio.Future[Ticket]]] = deque()
        self._again: deque[tuple[int, asyncio.Future[Ticket]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._about_to_pump = False

    def cap(self, runtime: Runtime, users: int) -> None:
        """Keep to a run's limits from now on; where two runs differ, the one that came last decides."""
        per_minute = (runtime.requests_per_minute, runtime.tokens_per_minute)
        self.limits = (runtime.max_concurrency, *per_minute)
        self.pacer.cap(runtime.max_concurrency, *per_minute, 1 / users)

    async def turn(self, tokens: int, again: bool = False) -> Ticket:
        """Wait for a turn."""
        turn: asyncio.Future[Ticket] = self._loop.create_future()
        (self._again if again else self._first).append((tokens, turn))
        self._pump_soon()
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # let go and cancelled at one moment
                self.forget(turn.result())
            raise

    def done(self, ticket: Ticket, tokens: float, headers: Mapping[str, str]) -> None:
        """Take note of an answer."""
        self.pacer.done(ticket, tokens, headers)
        self._pump_soon()

    def refused(
        self,
        ticket: Ticket,
        retry_after: float | None,
        headers: Mapping[str, str],
        kind: RefusalKind,
    ) -> None:
        """Take note of a refusal."""
        self.pacer.refused(ticket, retry_after, headers, kind)
        self._pump_soon()

    def forget(self, ticket: Ticket) -> None:
        """Let another take this turn."""
        self.pacer.forget(ticket)
        self._pump_soon()

    def _pump_soon(self) -> None:
        """Let requests go once in this turn of the loop, behind all that it brought."""
        if not self._about_to_pump:
            self._about_to_pump = True
            self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        """Let go as many waiting requests as the pacer allows now."""
        self._about_to_pump = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while turns := self._again or self._first:
            tokens, turn = turns[0]
            if turn.done():  # its run was cancelled
                turns.popleft()
                continue
            wait = self.pacer.delay(tokens)
            if wait is None:
                return
            if wait > 0:
                self._timer = self._loop.call_later(wait, self._pump)
                return
            turns.popleft()
            turn.set_result(self.pacer.sent(tokens))
