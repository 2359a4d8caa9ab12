"""What the refusals of a server say about its limits. Pure; see `pacing` for why there are two."""

from __future__ import annotations

from math import inf
from typing import Literal

from hf_sft_builders.llm.ceilings import AcceptedRate, Ceiling, RecentPeak, Spacing

RefusalKind = Literal[
    "rate",  # 429: too many per second, or too many at one time
    "overload",  # 5xx: the server is not well
    "timeout",  # no answer in time
    "reset",  # the connection broke
]

# What is left of the window when the server is not well: less than it held, for it held too much.
_LEFT_AFTER = {"overload": 0.8, "timeout": 0.6, "reset": 0.7}
# Looking for a higher rate costs a refusal, and that a closed gate: a twentieth of the time at most.
_GATES_BETWEEN_LOOKS = 20.0
_LONGEST_HOLD = 8.0
# The server refused at clearly less than it has borne at one time: then it counts per second.
_CLEARLY_LESS = 0.9
_SLOWED_IN_VAIN = 3
_CAREFUL, _BOLD = 0.125, 0.5
_TIMEOUT_COUNTS = 300.0
_DEAR_GATE = 0.1
# Kept below what was measured, so that the server's bucket fills and a burst finds room.
_BELOW_MEASURED = 0.985


class Ticket:
    """One request that was sent, and what things were like then."""

    __slots__ = ("closed", "in_flight", "number", "rate_bound", "refused", "sent_at", "tokens")

    def __init__(
        self,
        number: int,
        sent_at: float,
        tokens: float,
        in_flight: int,
        refused: int,
        closed: float,
        rate_bound: bool,
    ) -> None:
        self.number, self.sent_at, self.tokens = number, sent_at, tokens
        self.in_flight, self.refused = in_flight, refused
        self.closed, self.rate_bound = closed, rate_bound


class LearntLimits:
    """How many requests at one time, and how many per second.

    Args:
        start: Requests in flight to begin with; four times as many after each round trip.
    """

    def __init__(self, start: float) -> None:
        self.window = Ceiling(start, (0.5, 0.125, 0.04, 0.0), least_step=1.0)
        self.rate = Ceiling(inf, (0.25, 0.06, 0.02, 0.01), least_step=0.01)
        self.spacing = Spacing(credit=0.02)
        self._accepted = AcceptedRate()
        self._peak = RecentPeak()
        self._latency = self._shows_after = 0.0
        self._too_late = inf
        self._held = self._in_vain = self._below = 0
        self._last_hit = self._last_timeout = -inf

    def rate_wait(self, now: float) -> float:
        """Give the seconds until the learnt rate lets the next request go."""
        wait = self.spacing.ready - now
        if wait > 0 and self.rate.climb(now, 0.5, inf):
            self.spacing.rate = self.rate.value
        return wait

    def slot_wait(self, in_flight: int, now: float, cap: int) -> float | None:
        """Give 0 where one more may be in flight, else when to ask again; None after a reply."""
        if in_flight >= cap:
            return None
        if in_flight + 1 <= self.window.value:
            return 0.0
        most = self._boldness(now)
        if not most:
            return None
        if self.window.climb(now, self._round_trip(), cap, most):
            return 0.0
        return self.window.next - now if self.window.is_known else None

    def _boldness(self, now: float) -> float:
        """How large a step may be, as a part of the window.

        Where answers have come too late, a step too far costs a whole window: none is taken while
        answers need half the time after which they were given up.
        """
        if now > self._last_timeout + _TIMEOUT_COUNTS:
            return inf
        if self._latency > self._too_late / 2:
            return 0.0
        return _CAREFUL if self._latency > self._too_late / 4 else _BOLD

    def take(self, now: float) -> bool:
        """Count a request; says whether the next has to wait for the rate."""
        if self.rate.value == inf:
            return False
        self.spacing.take(1, now)
        return self.spacing.ready > now

    def done(self, ticket: Ticket, refused_in_all: int, now: float) -> None:
        """Learn from a request that was answered."""
        latency = now - ticket.sent_at
        self._latency += (latency - self._latency) * (0.1 if self._latency else 1.0)
        if ticket.refused == refused_in_all:
            self._peak.see(ticket.in_flight, now)
        if not self.window.is_known:
            self.window.value += 3

    def refused(
        self, ticket: Ticket, kind: RefusalKind, refused_in_all: int, gate: float, now: float
    ) -> bool:
        """Learn from a refusal; says whether the server seems to hold nothing of ours, as if down.

        Args:
            ticket: The request.
            kind: How it was refused.
            refused_in_all: Refusals before this one.
            gate: Seconds that the gate is closed for it.
            now: The time.
        """
        self._accepted.refused(ticket.number)
        if ticket.sent_at <= self._last_hit:
            return False
        held = max(0, ticket.in_flight - 1 - (refused_in_all - ticket.refused))
        accepted = ticket.number - 1 - refused_in_all
        self._shows_after = now - ticket.sent_at
        measured = self._accepted.at(ticket.sent_at, accepted, ticket.closed)
        if kind == "timeout":
            self._too_late, self._last_timeout = self._shows_after, now
        if kind != "rate":
            self._hit_window(held, now, 3 * self._shows_after, _LEFT_AFTER[kind])
        elif self._is_concurrency_after_all(held, now):
            self.rate.forget()
            self.spacing.rate = inf
            self._hit_window(held, now, gate)
        elif (ticket.rate_bound or self._is_rate(held, gate, now)) and (
            measured or self.rate.is_known
        ):
            self._hit_rate(measured, now, gate)
        else:
            # While the gate is closed nothing is learnt: looking further begins after it.
            self._hit_window(held, now, gate + self._round_trip())
        self._peak.see(held, now)
        self._accepted.mark(ticket.number, ticket.sent_at, accepted, ticket.closed)
        self._last_hit = now
        return held == 0

    def _is_rate(self, held: int, gate: float, now: float) -> bool:
        """Tell a limit per second from one of requests at one time.

        The latter is always hit at the same number held: not at clearly less than was borne before,
        not at clearly more than was refused before, and not again below the level that was set.
        """
        if self.window.is_known and not self.window.climbed and held < self.window.value:
            self._below += 1
            # A server may free a place a little after its answer: that is forgiven where it is cheap.
            if self._below > (gate <= _DEAR_GATE):
                self.window.forget()
                return True
        else:
            self._below = 0
        if self.window.is_refuted_by(held):
            self.window.forget()
            return True
        return held < _CLEARLY_LESS * self._peak.at(now)

    def _is_concurrency_after_all(self, held: int, now: float) -> bool:
        """Slowing down has not helped, and it is always the same number held that is refused."""
        same = abs(held - self._held) <= max(1, 0.05 * held)
        soon = now - self._last_hit < self._latency
        self._in_vain = self._in_vain + 1 if same and soon and self.rate.is_known else 0
        self._held = held
        return self._in_vain >= _SLOWED_IN_VAIN

    def _hit_window(self, held: int, now: float, hold: float, left: float = 1.0) -> None:
        level = max(1.0, min(held, self.window.value))
        hold = max(hold, self._round_trip())
        self.window.hit(level, now, hold, max(hold, _LONGEST_HOLD), left)

    def _hit_rate(self, measured: float | None, now: float, gate: float) -> None:
        known = self.rate.value
        if measured is None:
            measured = known * 0.9
        elif known < inf:
            # An average over a climb is too low; only where a refusal is dear is it taken as it is.
            least = 0.5 if gate > _DEAR_GATE else 0.85
            measured = min(max(measured, known * least), known)
        hold = max(0.5, gate * _GATES_BETWEEN_LOOKS)
        self.rate.hit(measured, now, hold, max(_LONGEST_HOLD, hold), _BELOW_MEASURED)
        self.spacing.slow_to(self.rate.value, now)

    def _round_trip(self) -> float:
        """How long a step needs to show: refusals come early, so of a slow answer not all of it."""
        seen = min(max(self._latency, 0.05), 1.0) if self._latency else 0.5
        return max(seen, 1.5 * self._shows_after)
