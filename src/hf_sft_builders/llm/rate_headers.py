"""What servers say about their limits: `Retry-After` and the `x-ratelimit-*` family.

Headers are any mapping with lower-case (or case-insensitive) names. What cannot be understood is
treated as not said. Formats met: OpenAI's `1m6.5s`, seconds, epoch seconds or milliseconds, ISO and
HTTP dates.

Sources: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after,
https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

LONGEST = 86_400.0

_COUNT = r"([0-9]{1,12}(?:\.[0-9]{0,12})?)"
_DURATION = re.compile("".join(f"(?:{_COUNT}{unit})?" for unit in ("d", "h", "m", "s", "ms")))
_UNITS = (86_400.0, 3_600.0, 60.0, 1.0, 0.001)
_LAST_LETTERS = frozenset("dhms")
# Larger numbers are moments, not durations: a billion seconds are thirty years.
_EPOCH, _EPOCH_MS = 1e9, 1e12


@dataclass(frozen=True, slots=True)
class Budget:
    """What may still be sent until the server counts anew."""

    remaining: float
    reset: float
    """Seconds from now."""
    limit: float | None = None


def parse_retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Give the seconds to wait that a refusal names, at most a day; None where it names none.

    Args:
        headers: The refusal's.
        now: Seconds since the epoch, for dates.
    """
    in_ms = _number(headers.get("retry-after-ms"))
    if in_ms is not None and in_ms >= 0:
        return min(in_ms / 1000, LONGEST)
    said = headers.get("retry-after")
    return None if said is None else seconds_until(said, now)


def read_budget(headers: Mapping[str, str], unit: str, clock: Callable[[], float]) -> Budget | None:
    """Read the budget of "requests" or "tokens"; None where none or only half of one is told.

    Args:
        headers: Of a reply or a refusal.
        unit: "requests" or "tokens".
        clock: Gives the seconds since the epoch, for moments.
    """
    ending = f"-{unit}"
    if f"x-ratelimit-remaining{ending}" not in headers:
        # Servers with one budget only say no unit; they count requests.
        if unit != "requests" or "x-ratelimit-remaining" not in headers:
            return None
        ending = ""
    remaining = _number(headers.get(f"x-ratelimit-remaining{ending}"))
    reset = seconds_until(headers.get(f"x-ratelimit-reset{ending}") or "", clock())
    if remaining is None or reset is None:
        return None
    return Budget(max(0.0, remaining), reset, _number(headers.get(f"x-ratelimit-limit{ending}")))


def seconds_until(said: str, now: float) -> float | None:
    """Read a duration or a moment as seconds from now, at most a day and never negative."""
    said = said.strip()
    seconds = _duration(said) if said[-1:] in _LAST_LETTERS else _number(said)
    if seconds is None:
        seconds = _moment(said, now)
    elif seconds >= _EPOCH:
        seconds = seconds / (1000 if seconds >= _EPOCH_MS else 1) - now
    return None if seconds is None else min(max(seconds, 0.0), LONGEST)


def _number(said: str | None) -> float | None:
    try:
        number = float(said or "")
    except ValueError:
        return None
    return number if isfinite(number) else None


def _duration(said: str) -> float | None:
    match = _DURATION.fullmatch(said.lower())
    if not match:
        return None
    parts = zip(match.groups(default="0"), _UNITS, strict=True)
    return sum(float(count) * unit for count, unit in parts)


def _moment(said: str, now: float) -> float | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(said)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return moment.timestamp() - now
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None
