"""Where requests go: address and headers, as the `openai` package makes them.

`openai` stays the face to the protocol: its environment variables (`OPENAI_API_KEY`,
`OPENAI_BASE_URL`, `OPENAI_ORG_ID`, `AZURE_OPENAI_ENDPOINT`, …) and its Azure client decide the URL and
the headers. They are asked once per run, not once per request.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from hf_sft_builders.errors import EndpointError, MissingExtra

_ENVIRONMENT = ("OPENAI_", "AZURE_OPENAI_")
_NOT_OURS = {"host", "content-length", "connection", "accept-encoding"}


@dataclass(frozen=True)
class Endpoint:
    """A chat-completions address and what to send there with each request."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    """Hold the key: never printed, stored or hashed."""

    @property
    def address(self) -> str:
        """The URL without credentials and query: safe to show and to key replies by."""
        return public_address(self.url)


def find_endpoint(model: str, base_url: str | None, api_key: str | None) -> Endpoint:
    """Find out where a model is served.

    Args:
        model: Name as the server knows it.
        base_url: Address ending in `/v1`; None for the environment's.
        api_key: None for the environment's; servers that are named by address may need none.

    Raises:
        MissingExtra: `openai` is not installed.
        EndpointError: no key for a server that needs one.
    """
    known = tuple(sorted((k, v) for k, v in os.environ.items() if k.startswith(_ENVIRONMENT)))
    return _find_endpoint(model, base_url, api_key, known)


@lru_cache(maxsize=64)
def _find_endpoint(
    model: str, base_url: str | None, api_key: str | None, environment: object
) -> Endpoint:
    try:
        from openai._models import FinalRequestOptions
    except ImportError as error:
        raise MissingExtra("A model behind an endpoint", "openai", "llm") from error
    client = _client(model, base_url, api_key)
    options = FinalRequestOptions(
        method="post", url="/chat/completions", json_data={"model": model}
    )
    request = client._build_request(options)
    headers = {
        name: value
        for name, value in request.headers.items()
        if name not in _NOT_OURS and not name.startswith("x-stainless")
    }
    return Endpoint(str(request.url), headers)


def _client(model: str, base_url: str | None, api_key: str | None) -> Any:
    import openai

    if not base_url and os.environ.get("AZURE_OPENAI_ENDPOINT"):
        return openai.AzureOpenAI(api_key=api_key)
    key = api_key or os.environ.get("OPENAI_API_KEY")
    if not key and not (base_url or os.environ.get("OPENAI_BASE_URL")):
        raise EndpointError(
            f"No key for model {model!r}. Set OPENAI_API_KEY, or pass base_url= for a server that "
            "needs none, such as http://localhost:8000/v1."
        )
    return openai.OpenAI(api_key=key or "none", base_url=base_url)


def public_address(url: str) -> str:
    """Take credentials, query and fragment off a URL."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
