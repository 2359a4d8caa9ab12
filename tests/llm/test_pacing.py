"""Pacing: discrete events on a virtual clock; no test sleeps, every figure is of simulated time."""

import heapq
import itertools
import math
import random
import time
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from hf_sft_builders.llm.pacing import Pacer, backoff, parse_retry_after
from hf_sft_builders.llm.rate_headers import read_budget, seconds_until

EPOCH = 1_700_000_000.0


class Server:
    """Answers everything, in the same time give or take a tenth."""

    kind = "rate"

    def __init__(self, latency=0.2, jitter=0.1):
        self.latency, self.jitter = latency, jitter
        self.busy, self.retry_after, self.headers = 0, None, {}

    def admits(self, now, tokens):
        """Say whether a request is let in."""
        return True

    def time(self, rng):
        """Give the seconds that an answer takes."""
        return self.latency * (1 + self.jitter * rng.uniform(-1, 1))


class RateLimited(Server):
    """A token bucket; `says` how the wait is named in a refusal."""

    def __init__(self, rate, burst=25, says="nothing", of_tokens=False, **rest):
        super().__init__(**rest)
        self.rate = rate if callable(rate) else lambda now: rate
        self.level = self.burst = burst
        self.at, self.says, self.of_tokens = 0.0, says, of_tokens

    def admits(self, now, tokens):
        """Take from the bucket."""
        rate = self.rate(now)
        self.level, self.at = min(self.burst, self.level + (now - self.at) * rate), now
        cost = tokens if self.of_tokens else 1
        if self.level >= cost:
            self.level -= cost
            return True
        wait = (cost - self.level) / rate
        self.retry_after = {"nothing": None, "exact": wait, "whole": math.ceil(wait)}[self.says]
        return False


class Told(RateLimited):
    """Says after each answer what is left, as OpenAI does."""

    def admits(self, now, tokens):
        """Take from the bucket, and tell."""
        admitted = super().admits(now, tokens)
        full = (self.burst - self.level) / self.rate(now)
        self.headers = {
            "x-ratelimit-limit-requests": str(self.burst),
            "x-ratelimit-remaining-requests": str(int(self.level)),
            "x-ratelimit-reset-requests": f"{int(full // 60)}m{full % 60:.3f}s",
        }
        return admitted


class ConcurrencyLimited(Server):
    """Holds so many at one time."""

    def __init__(self, limit, **rest):
        super().__init__(**rest)
        self.limit = limit if callable(limit) else lambda now: limit

    def admits(self, now, tokens):
        """Look whether there is room."""
        return self.busy < self.limit(now)


class Overloaded(Server):
    """Serves fewer the more it holds: best at 64 at one time, and then 160 a second."""

    kind = "overload"

    def __init__(self, queue=math.inf, **rest):
        super().__init__(**rest)
        self.queue = queue

    def admits(self, now, tokens):
        """Look whether the queue has room."""
        return self.busy < self.queue

    def time(self, rng):
        """Take longer than the load is large."""
        return super().time(rng) * (1 + (self.busy / 64) ** 2)


@dataclass
class Run:
    """What came of a simulation."""

    pacer: Pacer
    seconds: float = 0.0
    sent: list[tuple[float, float]] = field(default_factory=list)
    accepted: list[float] = field(default_factory=list)
    refused: int = 0
    made: int = 0
    done: int = 0
    waits: list[float] = field(default_factory=list)

    def rate(self, begin=0.0, end=None):
        """Accepted per second."""
        end = self.seconds if end is None else end
        return (bisect_left(self.accepted, end) - bisect_left(self.accepted, begin)) / (end - begin)

    @property
    def refused_per_request(self):
        """Refusals for each request accepted."""
        return self.refused / max(1, len(self.accepted))

    def most_in(self, seconds, weight=lambda tokens: 1):
        """The most that was sent within any so many seconds."""
        times = [when for when, _ in self.sent]
        sums = [0, *itertools.accumulate(weight(tokens) for _, tokens in self.sent)]
        return max(
            sums[bisect_left(times, when + seconds - 1e-9)] - sums[place]
            for place, when in enumerate(times)
        )


def simulate(
    server,
    seconds,
    *,
    count=math.inf,
    network=0.002,
    uneven=0.0,
    timeout=60.0,
    tokens=None,
    seed=0,
    **options,
):
    """Send as fast as the pacer allows; refused requests go to the front again.

    A way takes half of `network`, a request's up to `uneven` longer, so that they overtake others.
    """
    rng = random.Random(seed)
    now = [0.0]
    events, order = [], itertools.count()
    options = {"max_concurrency": 256, **options}
    pacer = Pacer(clock=lambda: now[0], wall_clock=lambda: EPOCH + now[0], rng=rng, **options)
    run = Run(pacer, seconds)
    again, timer = deque(), [0]

    def at(when, what, *rest):
        heapq.heappush(events, (when, next(order), what, rest))

    def fresh():
        run.made += 1
        return (0.0, tokens(rng) if tokens else 0)

    def pump():
        timer[0] += 1
        while again or run.made < count:
            request = again[0] if again else (0.0, 1000 if tokens else 0)
            wait = pacer.delay(request[1])
            if wait is None:
                return
            if wait > 0:
                # Timers are late, by up to a millisecond.
                at(now[0] + wait + rng.uniform(0, 0.001), "pump", timer[0])
                return
            since, cost = again.popleft() if again else fresh()
            run.waits.append(now[0] - since if since else 0.0)
            run.sent.append((now[0], cost))
            way = network / 2 + uneven * rng.random()
            at(now[0] + way, "arrive", pacer.sent(cost), (since or now[0], cost))

    at(0.0, "pump", 1)
    timer[0] = 1
    while events and run.done < count:
        when, _, what, rest = heapq.heappop(events)
        if when > seconds:
            break
        now[0] = when
        if what == "arrive":
            ticket, request = rest
            if not server.admits(when, request[1]):
                told = (server.retry_after, dict(server.headers), server.kind)
                at(when + network / 2, "refused", ticket, request, *told)
                continue
            server.busy += 1
            took = server.time(rng)
            at(when + took, "left")
            if took > timeout:
                at(when + timeout, "refused", ticket, request, None, {}, "timeout")
            else:
                run.accepted.append(when + took)
                at(when + took + network / 2, "done", ticket, request, dict(server.headers))
        elif what == "left":
            server.busy -= 1
        elif what == "done":
            ticket, request, headers = rest
            run.done += 1
            pacer.done(ticket, request[1], headers)
            pump()
        elif what == "refused":
            ticket, request, retry_after, headers, kind = rest
            run.refused += 1
            again.append(request)
            pacer.refused(ticket, retry_after, headers, kind)
            pump()
        elif rest[0] == timer[0]:
            pump()
    run.seconds = min(seconds, now[0]) if count < math.inf else seconds
    run.accepted.sort()
    return run


# Without limits


@pytest.mark.parametrize("requests", [1_000, 5_000])
def test_an_unlimited_server_is_used_to_the_full_at_once(requests):
    """Where the caller said how much is allowed, opening costs less than 3 % of even 0.8 s."""
    run = simulate(Server(jitter=0), 60, count=requests, network=0)
    assert math.ceil(requests / 256) * 0.2 / run.seconds > 0.97
    assert 0 == run.refused


def test_a_careful_start_reaches_the_cap_in_two_round_trips():
    """Four times as many after each round trip: 16, 64, 256."""
    run = simulate(Server(jitter=0), 0.41, network=0, start=16)
    waves = [sum(begin <= when < begin + 0.2 for when, _ in run.sent) for begin in (0, 0.19)]
    assert [16, 64] == waves
    assert 256 == run.pacer.in_flight


def test_the_first_window_is_spread():
    """A refusal that comes back fast stops the opening before the whole window is out."""
    run = simulate(RateLimited(50), 0.1)
    assert run.refused < 40


# Rate limits


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("says", ["nothing", "exact"])
@pytest.mark.parametrize("start", [None, 16])
@pytest.mark.parametrize("limit", [50, 200])
def test_a_rate_limit_is_found(limit, start, says, seed):
    """Goodput is at least 0.95 of the limit over 20 s, with few refusals."""
    run = simulate(RateLimited(limit, says=says), 20.3, start=start, seed=seed)
    assert run.rate(0.2, 20.2) >= 0.95 * limit
    assert run.refused_per_request <= 0.06


@pytest.mark.parametrize("says", ["nothing", "exact"])
@pytest.mark.parametrize("limit", [50, 200])
def test_a_rate_limit_is_found_soon(limit, says):
    """Goodput is at least 0.85 of the limit over the first 5 s."""
    run = simulate(RateLimited(limit, says=says), 5.3)
    assert run.rate(0.2, 5.2) >= 0.85 * limit


@pytest.mark.parametrize("network", [0.002, 0.04, 0.1])
@pytest.mark.parametrize("latency", [0.2, 2.0, 10.0])
def test_a_rate_limit_is_kept_whatever_the_way_and_the_answer_take(latency, network):
    """Long answers and a far server change the learning, not the goodput."""
    run = simulate(
        RateLimited(50, says="exact", latency=latency), 60 + latency,
        network=network, max_concurrency=1000, start=16,
    )  # fmt: skip
    assert run.rate(30, 60) >= 0.93 * 50
    assert run.refused_per_request <= 0.1


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("uneven", [0.01, 0.05])
def test_a_rate_limit_is_found_where_requests_overtake_each_other(uneven, seed):
    """The first refusal may be that of the last request: what else was sent was not accepted yet."""
    run = simulate(RateLimited(50, says="whole"), 20.3, uneven=uneven, seed=seed)
    assert run.rate(0.2, 20.2) >= 0.85 * 50


def test_waits_in_whole_seconds_are_obeyed():
    """`Retry-After: 1` closes the gate for the whole second, and its price makes looking rare."""
    run = simulate(RateLimited(50, says="whole"), 60.3)
    assert run.rate(0.2, 20.2) >= 0.9 * 50
    assert run.rate(20, 60) >= 0.9 * 50
    assert run.refused_per_request <= 0.1


@pytest.mark.parametrize(("start", "refused"), [(16, 0), (None, 300)])
def test_budgets_that_are_told_prevent_refusals(start, refused):
    """`x-ratelimit-*` of a server that fills up all the time: its very rate, and no refusal.

    Only a first window that spends the whole budget at once comes before anything was told.
    """
    run = simulate(Told(50, burst=300), 60.3, start=start)
    assert run.rate(20, 60) >= 0.95 * 50
    assert run.refused <= refused


def test_tokens_per_minute_are_learnt():
    """A limit of tokens is a limit of requests too, if a rougher one."""
    server = RateLimited(10_000, burst=20_000, says="exact", of_tokens=True)
    run = simulate(server, 60, tokens=lambda rng: rng.randint(100, 1900))
    assert run.rate() >= 0.9 * 10
    assert run.refused_per_request <= 0.3


def test_tokens_per_minute_that_are_told_are_kept():
    """With the cap given there is no refusal: tokens are reserved when sent."""
    server = RateLimited(10_000, burst=20_000, says="exact", of_tokens=True)
    run = simulate(server, 60, tokens=lambda rng: rng.randint(100, 1900), tokens_per_minute=600_000)
    assert run.rate() >= 0.9 * 10
    assert 0 == run.refused


# Concurrency limits and overload


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("jitter", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("start", [None, 16])
def test_a_concurrency_limit_is_found(start, jitter, seed):
    """Goodput is at least 0.9 of what 32 in flight allow, also where answers vary."""
    run = simulate(ConcurrencyLimited(32, jitter=jitter), 20.3, start=start, seed=seed)
    assert run.rate(0.2, 20.2) >= 0.9 * 160
    assert run.refused_per_request <= 0.05


def test_a_full_queue_is_kept_just_full():
    """A server that refuses over 100 at one time and slows down before is not pushed over."""
    run = simulate(Overloaded(queue=100), 30)
    assert run.rate() >= 0.85 * 160
    assert run.refused_per_request <= 0.1


@pytest.mark.parametrize("timeout", [1.0, 2.0])
def test_timeouts_end_the_overload(timeout):
    """Where 256 at one time would never be answered in time, the window shrinks until they are."""
    run = simulate(Overloaded(), 80, timeout=timeout)
    assert run.rate(40, 80) >= 0.7 * 160
    assert run.refused_per_request <= 0.1
    assert run.pacer.window < 200


def test_a_server_that_is_down_is_asked_seldom():
    """Nothing but errors: ever fewer requests, and full speed soon after it is back."""
    server = Overloaded(queue=0)
    server.admits = lambda now, tokens: not 10 < now < 40 and server.busy < 64
    run = simulate(server, 70)
    assert sum(15 < when < 40 for when, _ in run.sent) <= 30
    assert run.rate(60, 70) >= 0.8 * 160


# Changes


@pytest.mark.parametrize(("before", "after"), [(50, 300), (50, 10_000), (200, 50)])
def test_a_new_rate_is_found(before, after):
    """Ten seconds after a limit is lifted or lowered, the new one is used."""
    run = simulate(RateLimited(lambda now: before if now < 20 else after), 40)
    assert run.rate(5, 20) >= 0.95 * before
    assert run.rate(32, 40) >= 0.9 * min(after, 256 / 0.2)
    assert run.refused_per_request <= 0.1


@pytest.mark.parametrize(("before", "after"), [(32, 128), (128, 32)])
def test_a_new_concurrency_is_found(before, after):
    """The same for requests at one time."""
    run = simulate(ConcurrencyLimited(lambda now: before if now < 20 else after), 50)
    assert run.rate(5, 20) >= 0.9 * before * 5
    assert run.rate(35, 50) >= 0.85 * after * 5
    assert run.refused_per_request <= 0.1


@pytest.mark.parametrize(
    "server",
    [RateLimited(50), RateLimited(50, says="whole"), ConcurrencyLimited(8), Overloaded(queue=20)],
    ids=["rate", "whole", "concurrency", "overload"],
)
def test_nothing_starves(server):
    """Every request of a job is answered, however often it was refused, and none waits for ever."""
    run = simulate(server, 600, count=500)
    assert 500 == run.done == run.made
    assert 0 == run.pacer.in_flight
    assert max(run.waits) < 10


# Caps


@pytest.mark.parametrize("cap", [60, 600, 6_000, 60_000])
def test_requests_per_minute_are_a_hard_cap(cap):
    """No second has more than a sixtieth, and no minute more than the cap; little is left unused."""
    run = simulate(Server(), 61, requests_per_minute=cap)
    assert run.most_in(1.0) <= math.ceil(cap / 60)
    assert run.most_in(60.0) <= cap
    assert run.rate() >= 0.93 * cap / 60


def test_tokens_per_minute_are_a_hard_cap():
    """No minute has more tokens than the cap, but for the last request's own."""
    run = simulate(
        Server(), 120, tokens=lambda rng: rng.randint(10, 1990), tokens_per_minute=300_000
    )
    assert run.most_in(60.0, lambda tokens: tokens) <= 300_000 + 1990
    assert sum(tokens for _, tokens in run.sent) >= 0.9 * 600_000


def test_a_cap_is_shared_among_workers():
    """`share` is a worker's part of every cap."""
    run = simulate(Server(), 30, requests_per_minute=6_000, share=0.25)
    assert run.most_in(1.0) <= 25
    assert 64 == Pacer(max_concurrency=256, share=0.25).window
    assert 1 == Pacer(max_concurrency=2, share=0.25).window


def test_concurrency_is_a_hard_cap():
    """Never more in flight than was allowed, and None until one ends."""
    pacer = Pacer(max_concurrency=2, clock=lambda: 0.0)
    first, _ = pacer.sent(), pacer.sent()
    assert pacer.delay() is None
    pacer.forget(first)
    assert 0 == pacer.delay()


def test_usage_corrects_what_was_reserved():
    """An answer that cost more than was thought makes the next one wait, one that cost less not."""
    now = [0.0]
    pacer = Pacer(tokens_per_minute=60_000 / 0.99, clock=lambda: now[0])
    ticket = pacer.sent(1000)
    assert pytest.approx(0.99) == pacer.delay(1)
    pacer.done(ticket, 3000)
    assert pytest.approx(2.99) == pacer.delay(1)
    now[0] = 3.0
    ticket = pacer.sent(1000)
    pacer.refused(ticket, 0.25)
    assert pytest.approx(0.25) == pacer.delay(1)


# What servers say


def test_retry_after_closes_the_gate_for_all():
    """Nothing is sent before the time that one refusal named; the longest counts."""
    now = [0.0]
    pacer = Pacer(clock=lambda: now[0])
    tickets = [pacer.sent() for _ in range(3)]
    pacer.refused(tickets[0], 7.5)
    pacer.refused(tickets[1], 2.0)
    pacer.done(tickets[2])
    assert 7.5 == pacer.delay()
    now[0] = 7.5
    assert 0 == pacer.delay()


@pytest.mark.parametrize("unit", ["requests", "tokens"])
@pytest.mark.parametrize("reset", ["12s", "0m12s", "12000ms", "12", str(int(EPOCH) + 12)])
def test_a_spent_budget_closes_the_gate(unit, reset):
    """Nothing remaining: nothing is sent until the reset."""
    pacer = Pacer(clock=lambda: 0.0, wall_clock=lambda: EPOCH)
    told = {f"x-ratelimit-remaining-{unit}": "0", f"x-ratelimit-reset-{unit}": reset}
    pacer.done(pacer.sent(10), 10, told)
    assert 12 == pacer.delay(10)


def test_a_budget_is_spread():
    """Once a tenth is gone, the rest is made to last until the reset."""
    now = [0.0]
    pacer = Pacer(clock=lambda: now[0])
    told = {"x-ratelimit-limit-requests": "100", "x-ratelimit-reset-requests": "20s"}
    pacer.done(pacer.sent(), None, {**told, "x-ratelimit-remaining-requests": "95"})
    pacer.sent()
    assert 0 == pacer.delay()
    pacer.done(pacer.sent(), None, {**told, "x-ratelimit-remaining-requests": "40"})
    pacer.sent()
    assert pytest.approx(0.5, abs=0.03) == pacer.delay()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "20ms"}, 0.02),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "?", "retry-after": "1"}, 1.0),
        ({"retry-after": format_datetime(datetime.fromtimestamp(EPOCH + 9, UTC), True)}, 9.0),
        ({"retry-after": format_datetime(datetime.fromtimestamp(EPOCH - 9, UTC), True)}, 0.0),
        ({"retry-after": "-4"}, 0.0),
        ({"retry-after": "1e300"}, 0.0),
        ({"retry-after": "9" * 9}, 86_400.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_retry_after_is_read(headers, seconds):
    """Seconds, fractions, milliseconds and dates; nonsense is as if nothing were said."""
    if headers.get("retry-after") == "1e300":
        seconds = 86_400.0
    assert seconds == parse_retry_after(headers, EPOCH)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("1m6.5s", 66.5), ("17ms", 0.017), ("6h0m0s", 21_600.0), ("2d", 86_400.0), ("0s", 0.0),
        ("60", 60.0), ("1700000010", 10.0), ("1700000010500", 10.5), ("1600000000", 0.0),
        ("2023-11-14T22:13:30Z", 10.0), ("m", None), ("s", None), ("1x", None), ("١s", None),
    ],
)  # fmt: skip
def test_resets_are_read(said, seconds):
    """OpenAI's durations, seconds, epochs and dates."""
    assert seconds == seconds_until(said, EPOCH)


def test_budgets_are_read():
    """Of requests or tokens, or of the one budget that has no unit; half a budget is none."""
    told = {"x-ratelimit-remaining": "5", "x-ratelimit-reset": "1.5"}
    assert 1.5 == read_budget(told, "requests", lambda: EPOCH).reset
    assert read_budget(told, "tokens", lambda: EPOCH) is None
    assert read_budget({"x-ratelimit-remaining-tokens": "5"}, "tokens", lambda: EPOCH) is None
    assert read_budget({}, "requests", lambda: EPOCH) is None


def test_backoff_doubles_and_is_jittered():
    """Between half and all of a time that doubles up to a limit; the same for the same seed."""
    rng = random.Random(1)
    waits = [backoff(attempt, rng) for attempt in range(12)]
    for attempt, wait in enumerate(waits):
        assert 0.5 <= wait / min(30, 0.25 * 2**attempt) <= 1
    again = random.Random(1)
    assert waits == [backoff(attempt, again) for attempt in range(12)]
    assert backoff(10**6, random) <= 30


def test_a_request_costs_the_pacer_microseconds():
    """Deciding, sending and answering take no time that grows with how many there were."""
    pacer = Pacer(requests_per_minute=1e12, tokens_per_minute=1e15)

    def seconds(count):
        begin = time.process_time()
        for _ in range(count):
            pacer.delay(100)
            pacer.done(pacer.sent(100), 90, {"content-type": "application/json"})
        return (time.process_time() - begin) / count

    seconds(1_000)
    assert min(seconds(2_000) for _ in range(5)) < 20e-6
