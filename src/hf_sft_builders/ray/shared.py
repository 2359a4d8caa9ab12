"""What an engine in a worker of Ray uses in place of its own: leased turns, shared replies, one budget."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from hf_sft_builders.llm.budget import Budget, BudgetReached, Reservation
from hf_sft_builders.llm.model import Runtime
from hf_sft_builders.llm.pacing import RefusalKind, Ticket
from hf_sft_builders.llm.replies import StoredReply
from hf_sft_builders.ray.link import Link

_TOLD = ("x-ratelimit", "retry-after")


class LeasedTurns:
    """Turns of one endpoint, given by the service: its limits are those of the whole job."""

    def __init__(self, link: Link, address: str) -> None:
        self._link, self._address = link, address
        self.served_others = False

    def cap(self, runtime: Runtime, users: int) -> None:
        """Tell the limits of a run; they are the whole job's, whatever processes there are."""
        del users
        limits = (
            runtime.max_concurrency, runtime.requests_per_minute, runtime.tokens_per_minute
        )  # fmt: skip
        if self._link.caps.get(self._address) != limits:
            self._link.caps[self._address] = limits
            self._link.tell("cap", self._address, limits)

    async def turn(self, tokens: int, again: bool = False) -> Ticket:
        """Wait for a turn."""
        asked = ("turn", self._address, tokens, again)
        number, self.served_others = await self._link.ask_numbered(*asked)
        self._link.held[number] = (self._address, tokens)
        return Ticket(number, 0.0, tokens, 0, 0, 0.0, False)

    def done(self, ticket: Ticket, tokens: float, headers: Mapping[str, str]) -> None:
        """Give the turn back, with an answer."""
        self._end(ticket, "done", tokens, _limits_in(headers))

    def refused(
        self,
        ticket: Ticket,
        retry_after: float | None,
        headers: Mapping[str, str],
        kind: RefusalKind,
    ) -> None:
        """Give the turn back, with a refusal."""
        self._end(ticket, "refused", retry_after, _limits_in(headers), kind)

    def forget(self, ticket: Ticket) -> None:
        """Give the turn back unused."""
        self._end(ticket, "forget")

    def _end(self, ticket: Ticket, what: str, *told: object) -> None:
        self._link.held.pop(ticket.number, None)
        self._link.tell(what, ticket.number, *told)


def _limits_in(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: said for name, said in headers.items() if name.lower().startswith(_TOLD)}


class SharedReplies:
    """The reply store of the job."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def find(self, key: bytes) -> StoredReply | None:
        """Give the reply to a request, also one that another worker is about to get."""
        try:
            found: StoredReply | None = await self._link.ask("find", key)
        except asyncio.CancelledError:
            self.give_up(key)  # it may have been said just now that nobody else asks
            raise
        return found

    async def keep(self, key: bytes, reply: StoredReply) -> StoredReply:
        """Keep a reply; when this returns it is on the disk of the job's service."""
        first: StoredReply | None = await self._link.ask("keep", key, reply)
        return first or reply

    def give_up(self, key: bytes) -> None:
        """Let another worker ask."""
        self._link.tell("give_up", key)


class SharedSpending:
    """A budget of the job, kept by the service."""

    def __init__(self, link: Link, budget: Budget) -> None:
        limits = (budget.max_tokens_total, budget.max_cost, budget.prices)
        self._link, self._job = link, (budget.job, limits)
        self.is_under_way = False

    async def set_aside(self, tokens_in: int, max_tokens: int | None) -> Reservation:
        """Set aside what one request may cost; what is given names it to the service."""
        asked = (tokens_in, max_tokens)
        number, full = await self._link.ask_numbered("set_aside", *self._job, asked)
        if full is not None:
            words, self.is_under_way = full
            raise BudgetReached(words)
        return number, 0

    def settle(
        self, reserved: Reservation, tokens_in: int, tokens_out: int, key: bytes | None = None
    ) -> None:
        """Put what a request really cost in place of what was set aside."""
        self._link.tell("settle", *self._job, reserved[0], tokens_in, tokens_out, key)

    def recalled(self, key: bytes, tokens_in: int, tokens_out: int) -> None:
        """Count a stored reply, once in the job."""
        self._link.tell("recalled", *self._job, key, tokens_in, tokens_out)
