"""Which faults of a hub heal by themselves, and how long to wait for that.

The clients ask again on their own only where a single request broke; a refused or lost commit is the
publisher's business. Everything here looks at the chain of causes, because the clients wrap errors.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

from hf_sft_builders.errors import PublishError, SFTError
from hf_sft_builders.publishing.repository import Repository
from hf_sft_builders.sources.http import TryAgain
from hf_sft_builders.sources.hub_trouble import (
    causes,
    is_offline,
    is_unreached,
    status_of,
    words_of,
)

logger = logging.getLogger("hf_sft_builders")

TRIES = 7
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds."""

_HEALS = {408, 409, 412, 425, 429, 500, 502, 503, 504}
_Result = TypeVar("_Result")


def patiently(attempt: Callable[[], _Result], repository: Repository) -> _Result:
    """Do something with a hub until it is done.

    Args:
        attempt: Called again after a fault that heals; it has to look at the repository afresh,
            for what it asked for before may have happened.
        repository: Names itself and its hub in the messages.

    Raises:
        PublishError: for what does not heal, and after `TRIES` tries.
    """
    for number in range(1, TRIES + 1):
        try:
            return attempt()
        except SFTError:
            raise
        except Exception as error:
            wait = _wait_for(error, number)
            if wait is None:
                if status_of(error) is None and not (_is_refused_card(error) or is_offline(error)):
                    raise  # nothing that the Hub said
                raise _refused(error, repository) from None
            if number == TRIES:
                raise _in_vain(error, repository) from None
            logger.warning("%s: %s Trying again in %.0f s.", repository.name, words_of(error), wait)
            time.sleep(wait)
    raise AssertionError


def _wait_for(error: Exception, number: int) -> float | None:
    """Give the seconds to wait; None for what does not heal."""
    status = status_of(error)
    heals: bool = status in _HEALS or _is_gone_branch(error) or _says_it_heals(error)
    heals |= is_unreached(error) and not is_offline(error)
    if not heals:
        return None
    own: float = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (number - 1)) * random.uniform(0.75, 1.25)
    return max(own, _asked_wait(error))


def _says_it_heals(error: BaseException) -> bool:
    """ModelScope's client knows of its own codes which heal (two commits at once, a broken line)."""
    return isinstance(error, TryAgain) or any(
        getattr(link, "retryable", None) is True for link in causes(error)
    )


def _is_refused_card(error: BaseException) -> bool:
    """The client turns what the Hub says about a card's metadata into a ValueError."""
    return isinstance(error, ValueError) and "metadata" in str(error).lower()


def _is_gone_branch(error: BaseException) -> bool:
    """The branch that carried an upload is gone: another publisher finished the same content."""
    return any(type(link).__name__ == "RevisionNotFoundError" for link in causes(error))


def _asked_wait(error: BaseException) -> float:
    """Give the seconds of `Retry-After`, 0 where the Hub asks for none."""
    for link in causes(error):
        headers: Any = getattr(getattr(link, "response", None), "headers", None) or {}
        asked = str(headers.get("Retry-After", getattr(link, "retry_after", None)))
        if asked.replace(".", "", 1).isdigit():
            return min(float(asked), 600.0)
    return 0.0


def _refused(error: Exception, repository: Repository) -> PublishError:
    status = status_of(error)
    steps = {
        401: f"The token is not known or was revoked: {repository.site.login}",
        403: f"Ask for write access to {repository.name}, or log in with a token that may write",
        404: f"Look whether {repository.name} still exists",
    }
    step = steps.get(status or 0, "Mend what it names")
    return PublishError(
        f"{repository.name}: {repository.site.name} refused{f' ({status})' if status else ''}: "
        f"{words_of(error)} Readers see what they saw before. {step}, and run the same call again: "
        "what was uploaded is not sent again."
    )


def _in_vain(error: Exception, repository: Repository) -> PublishError:
    if is_unreached(error):
        return PublishError(
            f"{repository.name}: {repository.site.name} ({repository.url}) cannot be reached; tried "
            f"{TRIES} times. Last: {words_of(error)} Readers see the version before or, if only the "
            "answer got lost, the whole new one. Check the network, a proxy and the address, and run "
            "the same call again: what was uploaded is not sent again."
        )
    return PublishError(
        f"{repository.name}: {repository.site.name} did not take it in {TRIES} tries. Last: "
        f"{words_of(error)} Readers see the version before or, if only the answer got lost, the whole "
        "new one. Run the same call again later: what was uploaded is not sent again."
    )
