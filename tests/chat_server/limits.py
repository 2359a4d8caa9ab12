"""Limits as hosted models have them: requests per second, tokens per minute, requests in flight."""

from __future__ import annotations

import heapq
import math
import random
import time
from dataclasses import dataclass
from email.utils import formatdate

from chat_server.settings import Settings
from chat_server.wire import Reply, error_reply


class Bucket:
    """A token bucket that starts full."""

    def __init__(self, rate: float, size: float) -> None:
        self.rate = rate
        self.size = max(1.0, size)
        self.level = self.size
        self.at = time.monotonic()

    def wait(self, amount: float, now: float) -> float:
        """Give the seconds until `amount` may be taken; what would never fit waits for all."""
        self.level = min(self.size, self.level + (now - self.at) * self.rate)
        self.at = now
        return max(0.0, (min(amount, self.size) - self.level) / self.rate)

    def take(self, amount: float) -> None:
        """Take it."""
        self.level -= min(amount, self.size)

    def headers(self, what: str) -> dict[str, str]:
        """Describe the bucket as OpenAI does."""
        return {
            f"x-ratelimit-limit-{what}": str(int(self.size)),
            f"x-ratelimit-remaining-{what}": str(max(0, int(self.level))),
            f"x-ratelimit-reset-{what}": duration((self.size - self.level) / self.rate),
        }


@dataclass(frozen=True)
class Refusal:
    """Why a request is not let in, and when it may come again."""

    status: int
    what: str
    wait: float


class Limits:
    """All limits of one server."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.requests = self.tokens = None
        if settings.requests_per_second:
            self.requests = Bucket(settings.requests_per_second, settings.burst)
        if settings.tokens_per_minute:
            self.tokens = Bucket(settings.tokens_per_minute / 60, settings.tokens_per_minute)
        self.none = not (self.requests or self.tokens or settings.max_in_flight is not None)

    def refusal(self, tokens: int, in_flight: int, now: float) -> Refusal | None:
        """Let the request in, or say why not; a refused request uses nothing up."""
        most = self.settings.max_in_flight
        if most is not None and in_flight >= most:
            return Refusal(self.settings.in_flight_status, "concurrent requests", 1.0)
        asked = [(self.requests, 1, "requests"), (self.tokens, tokens, "tokens")]
        wanted = [(bucket, amount, what) for bucket, amount, what in asked if bucket]
        for bucket, amount, what in wanted:
            if wait := bucket.wait(amount, now):
                return Refusal(429, what, wait)
        for bucket, amount, _ in wanted:
            bucket.take(amount)
        return None

    def headers(self) -> dict[str, str]:
        """The `x-ratelimit-*` headers, where they are switched on."""
        if not self.settings.ratelimit_headers:
            return {}
        requests = self.requests.headers("requests") if self.requests else {}
        return requests | (self.tokens.headers("tokens") if self.tokens else {})

    def reply(self, refusal: Refusal) -> Reply:
        """Refuse in the words of the OpenAI API."""
        headers = self.headers() | retry_after(self.settings.retry_after, refusal.wait)
        if refusal.status == 503:
            return error_reply(
                503, "The engine is currently overloaded, please try again later.",
                kind="service_unavailable", headers=headers,
            )  # fmt: skip
        message = f"Rate limit reached for {refusal.what}. Please try again in {refusal.wait:.3f}s."
        return error_reply(
            429, message, kind=refusal.what, code="rate_limit_exceeded", headers=headers
        )


class Pace:
    """How long answers take: fixed, long-tailed, or queued behind a number of workers."""

    def __init__(self, settings: Settings) -> None:
        self.latency = settings.latency
        self.sigma = settings.latency_sigma
        self.random = random.Random(settings.seed)
        self.free = [0.0] * (settings.workers or 0)

    def delay(self, now: float) -> float:
        """Seconds from now until the answer to a request that has just come."""
        seconds = self.latency
        if self.sigma and seconds:
            seconds = self.random.lognormvariate(math.log(seconds), self.sigma)
        if not self.free:
            return seconds
        # A worker stays busy although its client may leave: that is what overload is made of.
        end = max(now, self.free[0]) + seconds
        heapq.heapreplace(self.free, end)
        return end - now


def retry_after(form: str | None, seconds: float) -> dict[str, str]:
    """Tell the client when to come again, in one of the forms that servers use."""
    if form is None:
        return {}
    if form == "ms":
        return {"retry-after-ms": str(math.ceil(seconds * 1000))}
    if form == "date":
        return {"retry-after": formatdate(time.time() + math.ceil(seconds), usegmt=True)}
    return {"retry-after": f"{seconds:.3f}" if form == "fraction" else str(math.ceil(seconds))}


def duration(seconds: float) -> str:
    """Write a duration as OpenAI's headers do: "6m0s", "1s", "8.64s", "20ms"."""
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{rest:.2f}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text
