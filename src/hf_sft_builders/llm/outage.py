"""What is said of a server that gave no reply: its own words, and what to look at first."""

from __future__ import annotations

from urllib.parse import urlsplit

from hf_sft_builders.llm.endpoint import Endpoint
from hf_sft_builders.llm.protocol import Refusal


def unanswered(error: TimeoutError | ConnectionError, timeout: float) -> Refusal:
    """Say what a request that broke, or that took too long, means for the next ones.

    Args:
        error: What the transport raised.
        timeout: Seconds that the request was given.
    """
    if isinstance(error, TimeoutError):
        return Refusal(
            "overload",
            f"no reply within {timeout:g} s",
            "Give it longer (timeout=), or less to do at one time (max_concurrency=).",
        )
    return Refusal("overload", f"{type(error).__name__}: {error}")


def told(endpoint: Endpoint, model: str, refusal: Refusal) -> str:
    """Say what a server did with a request, and the next step where it is known."""
    did = "refused" if refusal.words[:3].isdigit() else "did not answer"
    words = f"{endpoint.address} {did} model {model!r}: {endpoint.redact(refusal.words)}"
    return _with(words, refusal.next_step)


def unreachable(endpoint: Endpoint, refusal: Refusal) -> str:
    """Say that a server cannot be reached, and what that may be due to."""
    words = f"{endpoint.address} cannot be reached: {endpoint.redact(refusal.words)}"
    return _with(words, _suspect(endpoint.url))


def _with(words: str, next_step: str) -> str:
    return f"{words.rstrip('.')}. {next_step}" if next_step else words


def _suspect(url: str) -> str:
    """Name what stands between here and an address: a proxy, or a wrong scheme."""
    from urllib.request import getproxies_environment, proxy_bypass

    parts = urlsplit(url)
    known = getproxies_environment()
    used = next((name for name in (parts.scheme, "all") if known.get(name)), None)
    if used and not proxy_bypass(parts.netloc.rpartition("@")[2]):
        return (
            f"Requests go by the proxy that {used.upper()}_PROXY names. Is it running? For a server "
            f"of your own, go past it: NO_PROXY={parts.hostname}."
        )
    if parts.scheme == "https":
        return "Is it running? If it speaks plain HTTP, write http://."
    return "Is it running?"
