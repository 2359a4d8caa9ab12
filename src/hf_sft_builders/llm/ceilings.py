"""The parts of pacing: spacing requests in time, finding a limit, measuring what is accepted."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import inf, sqrt


class Spacing:
    """Lets so much through per second; nothing is saved up but a late timer's due.

    Args:
        rate: Requests or tokens per second.
        credit: Seconds that a send may be late and still count as on time.
    """

    __slots__ = ("credit", "rate", "ready")

    def __init__(self, rate: float = inf, credit: float = 0.01) -> None:
        self.rate, self.credit = rate, credit
        self.ready = -inf

    def take(self, cost: float, now: float) -> None:
        """Count what is sent."""
        self.ready = max(self.ready, now - self.credit) + cost / self.rate

    def give_back(self, cost: float) -> None:
        """Correct what was counted too high; negative for too low."""
        self.ready -= cost / self.rate

    def slow_to(self, rate: float, now: float) -> None:
        """Go on at this rate, the next send one interval from now."""
        self.rate, self.ready = rate, now + 1 / rate


class Ceiling:
    """A limit that shows itself only in refusals, and how to look whether it still stands.

    After a refusal the value stays for a while and then climbs in steps that double. A level that
    is hit again is confirmed: the next look comes later and begins with a smaller step, so that a
    steady limit costs few refusals, and a new one is found fast.

    Args:
        value: Where it begins.
        first_steps: The first step, as a part of the value, by how often the level was confirmed.
        least_step: Steps are not smaller.
    """

    __slots__ = (
        "_first_steps",
        "_least_step",
        "_refused",
        "_step",
        "climbed",
        "confirmed",
        "next",
        "value",
    )

    def __init__(self, value: float, first_steps: tuple[float, ...], least_step: float) -> None:
        self.value = value
        self._first_steps, self._least_step = first_steps, least_step
        self._refused = self._step = 0.0
        self.confirmed = -1
        self.climbed = False
        """A step was taken since the last refusal."""
        self.next = inf

    @property
    def is_known(self) -> bool:
        """It was hit at least once."""
        return self.confirmed >= 0

    def hit(
        self, refused: float, now: float, hold: float, longest: float, left: float = 1.0
    ) -> None:
        """Learn that `refused` is too much; look again after `hold`, or later if confirmed.

        Args:
            refused: The level that was hit.
            now: The time.
            hold: Seconds to stay, doubled with every confirmation.
            longest: Seconds to stay at most, if `hold` is not longer.
            left: The part of the level to go on with.
        """
        near = abs(refused - self._refused) <= max(2 * self._least_step, 0.12 * self._refused)
        # Refusals of one and the same look are no confirmation.
        self.confirmed = max(0, self.confirmed + self.climbed) if near else 0
        self.climbed = False
        self.value, self._refused = max(refused * left, self._least_step), refused
        # Whoever has to stay below a level comes back to it in small steps.
        part = self._first_steps[min(self.confirmed + (left < 0.9) * 2, len(self._first_steps) - 1)]
        self._step = max(self._least_step, self.value * part)
        self.next = now + max(hold, min(hold * 2.0 ** min(self.confirmed, 16), longest))

    def is_refuted_by(self, level: float) -> bool:
        """It has borne clearly more than what it was thought to bear."""
        return self.is_known and level > 1.15 * self._refused

    def forget(self) -> None:
        """Hold it for no limit any more."""
        self.value, self.next, self.confirmed, self._refused = inf, inf, -1, 0.0

    def climb(self, now: float, interval: float, cap: float, most: float = inf) -> bool:
        """Take the next step if it is time, of `most` this part of the value; says whether it did.

        Steps double once the level that was refused last is passed: then something has changed.
        """
        if now < self.next or self.value >= cap:
            return False
        if self.value > self._refused:
            self._step *= 2
        step = min(self._step, max(self._least_step, self.value * most))
        self.value = min(self.value + step, cap)
        self.climbed = True
        self.next = now + interval
        return True


@dataclass(slots=True)
class _Mark:
    """A refusal: what had gone before it."""

    number: int
    sent_at: float
    accepted: int
    closed: float


class AcceptedRate:
    """Requests accepted per second between two refusals: with both its ends at the limit, exact.

    What is still on its way at a refusal counts as accepted, until it is refused itself.
    """

    # Shorter or fewer is too coarse, longer may have been idle.
    LEAST, ENOUGH, LONGEST, COUNT = 0.1, 0.5, 30.0, 8

    def __init__(self) -> None:
        self._marks: deque[_Mark] = deque()

    def refused(self, number: int) -> None:
        """Take a request out of what counted as accepted before the refusals of later ones."""
        for mark in self._marks:
            mark.accepted -= number < mark.number

    def mark(self, number: int, sent_at: float, accepted: int, closed: float) -> None:
        """Note a refusal.

        Args:
            number: Of the request.
            sent_at: When it was sent.
            accepted: Of those sent before it, all that are not known to have been refused.
            closed: Seconds that the gate was closed till then.
        """
        marks = self._marks
        while marks and sent_at - marks[0].sent_at > self.LONGEST:
            marks.popleft()
        while len(marks) > 1 and self._is_enough(marks[1], sent_at, accepted):
            marks.popleft()
        if not marks or accepted > marks[-1].accepted:
            marks.append(_Mark(number, sent_at, accepted, closed))

    def at(self, sent_at: float, accepted: int, closed: float) -> float | None:
        """Measure up to a refusal; None where nothing recent enough was noted."""
        if not self._marks:
            return None
        begin = self._marks[0]
        for mark in self._marks:
            if self._is_enough(mark, sent_at, accepted):
                begin = mark
        time = sent_at - begin.sent_at
        count = accepted - begin.accepted
        if count < 2 or not self.LEAST <= time <= self.LONGEST:
            return None
        # While a gate is closed the server saves up, but nobody knows how much.
        open_time = max(time - (closed - begin.closed), time / 10)
        return sqrt(count / time * count / open_time)

    def _is_enough(self, mark: _Mark, sent_at: float, accepted: int) -> bool:
        return sent_at - mark.sent_at >= self.ENOUGH and accepted - mark.accepted >= self.COUNT


class RecentPeak:
    """The largest number of the last ten to twenty seconds."""

    __slots__ = ("_before", "_current", "_since")

    def __init__(self) -> None:
        self._before = self._current = 0.0
        self._since = -inf

    def see(self, value: float, now: float) -> None:
        """Take a number into account."""
        self._turn(now)
        if value > self._current:
            self._current = value

    def at(self, now: float) -> float:
        """Give the peak."""
        self._turn(now)
        return max(self._before, self._current)

    def _turn(self, now: float) -> None:
        if now - self._since >= 10.0:
            self._before = self._current if now - self._since < 20.0 else 0.0
            self._current, self._since = 0.0, now


class Spread:
    """A budget that a server tells, spent evenly once a tenth of it is gone.

    Where the server refills all the time, this settles at half its budget and at the very rate of
    the refill; where it refills at set moments, the budget lasts until then.
    """

    __slots__ = ("_most", "_spacing", "_until")

    def __init__(self) -> None:
        self._most, self._until = 0.0, -inf
        self._spacing = Spacing(credit=0.02)

    def tell(self, remaining: float, reset: float, limit: float | None, now: float) -> None:
        """Take what a reply said."""
        self._most = limit or max(self._most, remaining)
        if remaining > self._most * 0.9 or reset <= 0:
            self._until = -inf
        elif remaining < 1:
            # Nothing until the reset, and then not all at once what it brings.
            self._until, self._spacing.rate = now + 2 * reset, max(self._most, 1.0) / reset
        else:
            self._until, self._spacing.rate = now + reset, remaining / reset

    def wait(self, now: float) -> float:
        """Give the seconds until the next send."""
        return self._spacing.ready - now if now < self._until else 0.0

    def take(self, cost: float, now: float) -> None:
        """Count what is sent."""
        if now < self._until:
            self._spacing.take(cost, now)
