"""A limit on what a job may cost, kept before it is exceeded.

The whole job counts, replies from the store too: a job that reached its limit stops at the same
place when it is run again, and raising the limit goes on from there without paying twice.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Protocol

from hf_sft_builders.errors import BuildError, ConfigurationError

_FIRST_GUESS = 512
_MILLION = 1_000_000


class BudgetReached(BuildError):
    """The next request could exceed the job's limit; everything so far is stored."""


Reservation = tuple[int, int]
"""What was set aside: tokens in and out, or what else its giver knows it by."""


class Spending(Protocol):
    """Who keeps a job to its limits."""

    @property
    def is_under_way(self) -> bool:
        """Whether something is set aside whose real cost is not known yet."""
        ...

    async def set_aside(self, tokens_in: int, max_tokens: int | None) -> Reservation:
        """Set aside what one request may cost; `BudgetReached` where there is no room for it."""
        ...

    def settle(
        self, reserved: Reservation, tokens_in: int, tokens_out: int, key: bytes | None = None
    ) -> None:
        """Put what a request really cost in place of what was set aside; `key` is its reply's."""
        ...

    def recalled(self, key: bytes, tokens_in: int, tokens_out: int) -> None:
        """Count a stored reply that the job came by, once."""
        ...


@dataclass
class Budget:
    """What a job may cost, what it has cost, and what is under way."""

    max_tokens_total: int | None = None
    max_cost: float | None = None
    prices: tuple[float, float] | None = None
    """Cost of a million tokens in, and of a million out, in your currency."""
    job: str = ""
    """Names the job where workers in other processes keep to the same budget."""
    tokens_in: int = 0
    tokens_out: int = 0
    replies: int = 0
    _reserved_in: int = 0
    _reserved_out: int = 0
    _counted: set[bytes] = field(default_factory=set, repr=False)
    _lock: Any = field(default_factory=threading.Lock, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.max_cost is not None and self.prices is None:
            raise ConfigurationError(
                f"max_cost={self.max_cost:g} needs prices=(in, out): the cost of a million tokens "
                "of input and of output."
            )

    def __getstate__(self) -> dict[str, Any]:
        """What a copy and a worker get: numbers and keys of their own, no lock."""
        known = {name: value for name, value in vars(self).items() if name != "_lock"}
        return {**known, "_counted": set(self._counted)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=threading.Lock())

    def counts(self, key: bytes) -> bool:
        """Say whether a reply has not been counted yet; from now on it has.

        A job may come by the same reply again, in another epoch of a stream or another batch.
        """
        with self._lock:
            fresh = key not in self._counted
            self._counted.add(key)
            return fresh

    @property
    def is_limited(self) -> bool:
        """Whether there is any limit to keep to."""
        return self.max_tokens_total is not None or self.max_cost is not None

    async def set_aside(self, tokens_in: int, max_tokens: int | None) -> Reservation:
        """Do what `reserve` does."""
        return self.reserve(tokens_in, max_tokens)

    def recalled(self, key: bytes, tokens_in: int, tokens_out: int) -> None:
        """Count a stored reply that the job came by, once."""
        if self.counts(key):
            self.settle((0, 0), tokens_in, tokens_out)

    def reserve(self, tokens_in: int, max_tokens: int | None) -> Reservation:
        """Set aside what one request may cost.

        Args:
            tokens_in: Estimate of its input.
            max_tokens: Limit of its output; without one, twice the mean so far is assumed.

        Raises:
            BudgetReached: if that could exceed the limit. What is set aside may turn out to be
                less: while something is under way, wait for it and try again.
        """
        with self._lock:
            mean = self.tokens_out // self.replies if self.replies else _FIRST_GUESS
            likely = max_tokens if max_tokens is not None else 2 * mean
            hint = (
                "" if max_tokens is not None else f" Without max_tokens=, {likely:,} are assumed."
            )
            self._check(tokens_in + self._reserved_in, likely + self._reserved_out, hint)
            self._reserved_in += tokens_in
            self._reserved_out += likely
            return tokens_in, likely

    @property
    def is_under_way(self) -> bool:
        """Whether something is set aside whose real cost is not known yet."""
        return self._reserved_in > 0 or self._reserved_out > 0

    def settle(
        self, reserved: Reservation, tokens_in: int, tokens_out: int, key: bytes | None = None
    ) -> None:
        """Put what a request really cost in place of what was set aside."""
        with self._lock:
            if key is not None:
                self._counted.add(key)
            self._reserved_in -= reserved[0]
            self._reserved_out -= reserved[1]
            self.tokens_in += tokens_in
            self.tokens_out += tokens_out
            self.replies += tokens_out > 0

    def cost(self, tokens_in: int, tokens_out: int) -> float | None:
        """Give the cost of so many tokens; None without prices."""
        if self.prices is None:
            return None
        return (tokens_in * self.prices[0] + tokens_out * self.prices[1]) / _MILLION

    def _check(self, more_in: int, more_out: int, hint: str) -> None:
        total_in, total_out = self.tokens_in + more_in, self.tokens_out + more_out
        if self.max_tokens_total is not None and total_in + total_out > self.max_tokens_total:
            raise BudgetReached(
                f"The next request could exceed max_tokens_total={self.max_tokens_total:,}: "
                f"{self.tokens_in + self.tokens_out:,} tokens so far, and about "
                f"{more_in + more_out:,} for it.{hint} Replies are kept; raise the limit and run "
                "the same call to go on from here."
            )
        cost = self.cost(total_in, total_out)
        if self.max_cost is not None and cost is not None and cost > self.max_cost:
            raise BudgetReached(
                f"The next request could exceed max_cost={self.max_cost:g}: "
                f"{self.cost(self.tokens_in, self.tokens_out):.4g} so far, and about "
                f"{self.cost(more_in, more_out):.4g} for it.{hint} Replies are kept; raise the "
                "limit and run the same call to go on from here."
            )
