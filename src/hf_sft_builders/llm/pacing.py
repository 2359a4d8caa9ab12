"""When the next request may be sent: as many as the server bears, and hardly any that it refuses.

Two limits are found side by side, because either alone fails: by concurrency alone a server that
counts requests per second is flooded, by rate alone one that counts those in flight is left idle.
A refusal is evidence: how many requests the server was holding when it refused, and how many it
accepted between this refusal and an earlier one, tell the limit itself, so it is set, not halved.
Which of the two is to blame: the rate, where it held the refused request back or where the server
has borne more at one time before; else the concurrency.

One `Pacer` per endpoint, asked from one thread; it neither sleeps nor locks:

    while (wait := pacer.delay(tokens)) != 0:
        ...                    # sleep so long, or until any request ends; None: until one ends
    ticket = pacer.sent(tokens)
    ...                        # then one of
    pacer.done(ticket, usage_tokens, headers)
    pacer.refused(ticket, retry_after, headers, "rate")
    pacer.forget(ticket)       # cancelled: nothing is known
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from math import inf
from typing import Protocol

from hf_sft_builders.llm.ceilings import Spacing, Spread
from hf_sft_builders.llm.learnt_limits import LearntLimits, RefusalKind, Ticket
from hf_sft_builders.llm.rate_headers import LONGEST, parse_retry_after, read_budget

__all__ = ["Pacer", "Random", "RefusalKind", "Ticket", "backoff", "parse_retry_after"]

# A whole window at once would all be refused before the first refusal is back; spread over some
# milliseconds it costs nothing, because a client needs that long to write the requests anyway.
_OPENING, _OPENING_RATE = 8, 16_000.0
# How seldom a server that seems to be down is asked whether it is up again.
_LONGEST_SILENCE = 2.0
_NO_HEADERS: Mapping[str, str] = {}


class Random(Protocol):
    """What jitter is drawn from: the module `random`, or a generator of one's own."""

    def random(self) -> float:
        """Give a number from 0 up to 1."""
        ...


def backoff(attempt: int, rng: Random, base: float = 0.25, longest: float = 30.0) -> float:
    """Give the seconds to wait before attempt + 1: doubling, and jittered by half."""
    return min(longest, base * 2.0 ** min(max(attempt, 0), 30)) * (0.5 + 0.5 * rng.random())


class Pacer:
    """Decides when requests to one endpoint may be sent.

    Args:
        max_concurrency: Never more in flight.
        requests_per_minute: Never more, nor more per second than a sixtieth; None for no cap.
        tokens_per_minute: The same of tokens, which are reserved by estimate and corrected after.
        share: This process' part of the caps, where several workers share an endpoint.
        start: Requests in flight to begin with, four times as many after each round trip; None for
            all that is allowed, which is what a caller wants who has said how many that is.
        clock: Seconds, never going back.
        wall_clock: Seconds since the epoch, for headers that name a moment.
        rng: Jitters the waits of a server that is down.
    """

    def __init__(
        self,
        max_concurrency: int = 256,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        share: float = 1.0,
        start: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        rng: Random = random,
    ) -> None:
        self._clock, self._wall_clock, self._rng = clock, wall_clock, rng
        self.in_flight = self.sent_in_all = self.refused_in_all = 0
        self.limits = LearntLimits(inf if start is None else start)
        self._requests_budget, self._tokens_budget = Spread(), Spread()
        self._gate, self._closed_in_all = -inf, 0.0
        self._waves_without_reply = self._told_by = 0
        self._opened = -inf if start is not None else inf
        self.cap(max_concurrency, requests_per_minute, tokens_per_minute, share)

    def cap(
        self,
        max_concurrency: int,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        share: float = 1.0,
    ) -> None:
        """Set the caps anew; what was learnt of the server stays."""
        self._cap = max(1, int(max_concurrency * share))
        self._requests = _capped(requests_per_minute, share)
        self._tokens = _capped(tokens_per_minute, share)

    @property
    def window(self) -> int:
        """How many requests may be in flight now."""
        return max(1, int(min(self._cap, self.limits.window.value)))

    def delay(self, tokens: float = 0) -> float | None:
        """Say when the next request may be sent: 0 for now.

        Otherwise ask again after so many seconds or when any request has ended, whichever comes
        first; None: when one has ended.
        """
        now = self._clock()
        slot = self.limits.slot_wait(self.in_flight, now, self._cap)
        if slot is None:
            return None
        return max(
            slot,
            self._gate - now,
            self._requests.ready - now,
            self._tokens.ready - now,
            self.limits.rate_wait(now),
            self._requests_budget.wait(now),
            self._tokens_budget.wait(now) if tokens else 0.0,
            self._opening_wait(now),
            0.0,
        )

    def sent(self, tokens: float = 0) -> Ticket:
        """Count a request that is being sent now, of about so many tokens in and out."""
        now = self._clock()
        self.in_flight += 1
        self.sent_in_all += 1
        self._opened = min(self._opened, now)
        self._requests.take(1, now)
        self._tokens.take(tokens, now)
        self._requests_budget.take(1, now)
        self._tokens_budget.take(tokens, now)
        return Ticket(
            self.sent_in_all,
            now,
            tokens,
            self.in_flight,
            self.refused_in_all,
            self._closed_in_all,
            self.limits.take(now),
        )

    def done(
        self,
        ticket: Ticket,
        usage_tokens: float | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> None:
        """Take note of an answer, and of what it cost."""
        now = self._clock()
        self.in_flight -= 1
        self._waves_without_reply = 0
        if usage_tokens is not None:
            self._tokens.give_back(ticket.tokens - usage_tokens)
        self.limits.done(ticket, self.refused_in_all, now)
        if headers:
            self._read_budgets(ticket, headers, now)

    def refused(
        self,
        ticket: Ticket,
        retry_after: float | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
        kind: RefusalKind = "rate",
    ) -> None:
        """Take note of a refusal; the request is to be sent again, when it is its turn.

        Args:
            ticket: The request.
            retry_after: Seconds that the server asked for; see `parse_retry_after`.
            headers: The refusal's.
            kind: How it was refused.
        """
        now = self._clock()
        self.in_flight -= 1
        self._tokens.give_back(ticket.tokens)
        gate = min(retry_after or 0.0, LONGEST)
        if self.limits.refused(ticket, kind, self.refused_in_all, gate, now):
            self._waves_without_reply += 1
            gate = max(
                gate, backoff(self._waves_without_reply - 1, self._rng, longest=_LONGEST_SILENCE)
            )
        self.refused_in_all += 1
        self._close(now + gate, now)
        if headers:
            self._read_budgets(ticket, headers, now)

    def forget(self, ticket: Ticket) -> None:
        """Take note of a request that was cancelled: nothing is known of it."""
        self.in_flight -= 1

    def _opening_wait(self, now: float) -> float:
        if self._opened == -inf:
            return 0.0
        allowed = _OPENING + max(0.0, now - self._opened) * _OPENING_RATE
        if allowed > self._cap:
            self._opened = -inf
        return (self.in_flight + 1 - allowed) / _OPENING_RATE

    def _close(self, until: float, now: float) -> None:
        """Close the gate, for all that use this endpoint."""
        if until > max(self._gate, now):
            self._closed_in_all += until - max(self._gate, now)
            self._gate = until

    def _read_budgets(self, ticket: Ticket, headers: Mapping[str, str], now: float) -> None:
        if ticket.number < self._told_by:  # servers count on arrival: this is older news
            return
        for unit, spread in (("requests", self._requests_budget), ("tokens", self._tokens_budget)):
            budget = read_budget(headers, unit, self._wall_clock)
            if budget is None:
                continue
            self._told_by = ticket.number
            if budget.remaining < 1:
                self._close(now + budget.reset, now)
            spread.tell(budget.remaining, budget.reset, budget.limit, now)


def _capped(per_minute: float | None, share: float) -> Spacing:
    """Make the spacing of a cap.

    A send that comes up to 10 ms late counts as on time; the rate is a hundredth lower, so that
    even then no second has more than its part.
    """
    return Spacing(inf if per_minute is None else per_minute * share / 60 * 0.99)
