"""What stands behind an error of the Hub's client: its status, its words, and the next step.

The clients wrap errors, and changed their transport twice: everything here looks at the whole chain
of causes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Give an error and all that led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def status_of(error: BaseException) -> int | None:
    """Give the HTTP status behind an error, None where there is none."""
    for link in causes(error):
        # ModelScope's client keeps the status itself, the Hub's in its response.
        for holder in (getattr(link, "response", None), link):
            status = getattr(holder, "status_code", None)
            if isinstance(status, int):
                return status
    return None


def words_of(error: BaseException) -> str:
    """Give the server's own words where there are any, in one line that ends with a full stop."""
    said = (getattr(e, key, None) for e in causes(error) for key in ("server_message", "message"))
    told = next(filter(None, said), "")
    text = " ".join(str(told or error).split()) or type(error).__name__
    return text[:300].rstrip(".") + "."


def is_offline(error: BaseException) -> bool:
    """HF_HUB_OFFLINE is set: the client refuses to connect, and always will."""
    return any(type(link).__name__ == "OfflineModeIsEnabled" for link in causes(error))


def is_unreached(error: BaseException) -> bool:
    """Whether no answer came: the connection was refused, broke, or took too long."""
    kinds = _broken_connections()
    return status_of(error) is None and any(isinstance(link, kinds) for link in causes(error))


def hub_trouble(error: BaseException, endpoint: str = "") -> str:
    """Say why the Hub gave nothing, and the next step; "" where it did answer.

    Args:
        error: Of the Hub's client, or of `datasets`.
        endpoint: Its address; by default the one that the client uses.

    Example:
        >>> hub_trouble(ConnectionError("refused"))
        'the Hub (https://huggingface.co) cannot be reached: refused. Check the network, …'
    """
    from huggingface_hub import constants

    if is_offline(error):
        return "HF_HUB_OFFLINE is set. Unset it, or name files that were fetched before."
    if is_unreached(error):
        lost = [link for link in causes(error) if isinstance(link, _broken_connections())]
        return (
            f"the Hub ({endpoint or constants.ENDPOINT}) cannot be reached: {words_of(lost[-1])} Check "
            "the network and the proxy, or name a mirror in HF_ENDPOINT."
        )
    if status_of(error) == _UNKNOWN_TOKEN and not _is_absent(error):
        return (
            f"the Hub does not know the token (401): {words_of(error)} Log in anew with "
            "`hf auth login`, or set HF_TOKEN to a valid one; public datasets need none."
        )
    return ""


_UNKNOWN_TOKEN = 401


def _is_absent(error: BaseException) -> bool:
    """To strangers the Hub says 401 of a repository that is not there, too."""
    return any(type(link).__name__ == "RepositoryNotFoundError" for link in causes(error))


def _broken_connections() -> tuple[type[BaseException], ...]:
    """Give the errors of connections; the Hub's client changed its transport twice."""
    loaded = [
        getattr(sys.modules.get("httpx2"), "TransportError", None),
        getattr(sys.modules.get("httpx"), "TransportError", None),
        getattr(sys.modules.get("requests"), "RequestException", None),
    ]
    return (ConnectionError, TimeoutError, *(kind for kind in loaded if kind is not None))
