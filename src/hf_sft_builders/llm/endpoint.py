"""Where requests go: address and headers, by the environment variables of the `openai` package.

`OPENAI_API_KEY`, `OPENAI_BASE_URL`, `OPENAI_ORG_ID` and `OPENAI_PROJECT_ID` mean here what they mean
there; where `AZURE_OPENAI_ENDPOINT` is set, `openai`'s own Azure client makes URL and headers. It is
imported for that alone, since its import costs as much as four rounds of requests.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from hf_sft_builders.errors import ConfigurationError, EndpointError, MissingExtra
from hf_sft_builders.version import __version__

_HOSTED = "https://api.openai.com/v1"
_OPTIONAL = {"OPENAI_ORG_ID": "openai-organization", "OPENAI_PROJECT_ID": "openai-project"}
_NOT_OURS = {"host", "content-length", "connection", "accept-encoding"}


@dataclass(frozen=True)
class Endpoint:
    """A chat-completions address and what to send there with each request."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    """Hold the key: never printed, stored or hashed."""

    @cached_property
    def address(self) -> str:
        """The URL without credentials and query: safe to show and to key replies by."""
        return public_address(self.url)

    def redact(self, words: str) -> str:
        """Take credentials out of what a server or a transport says."""
        words = words.replace(self.url, self.address)
        for name in ("authorization", "api-key"):
            secret = self.headers.get(name, "").removeprefix("Bearer ")
            if len(secret) > 6:
                words = words.replace(secret, "***")
        return words


def find_endpoint(model: str, base_url: str | None, api_key: str | None) -> Endpoint:
    """Find out where a model is served.

    Args:
        model: Name as the server knows it.
        base_url: Address ending in `/v1`; None for the environment's.
        api_key: None for the environment's; servers that are named by address may need none.

    Raises:
        EndpointError: no key for a server that needs one.
        ConfigurationError: an address that is no URL, or a key that cannot be sent.
        MissingExtra: for Azure, without `openai`.
    """
    if not base_url and os.environ.get("AZURE_OPENAI_ENDPOINT"):
        return _azure(model, api_key)
    address = base_url or os.environ.get("OPENAI_BASE_URL")
    key = _usable_key(api_key or os.environ.get("OPENAI_API_KEY") or "")
    if not key and not address:
        raise EndpointError(
            f"No key for model {model!r}. Set OPENAI_API_KEY, or pass base_url= for a server that "
            "needs none, such as http://localhost:8000/v1."
        )
    parts = urlsplit(address or _HOSTED)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigurationError(
            f"base_url={address!r} is no address. Expected one such as http://localhost:8000/v1."
        )
    path = parts.path.rstrip("/") + "/chat/completions"
    return Endpoint(urlunsplit(parts._replace(path=path)), _headers(key or "none"))


def _usable_key(key: str) -> str:
    """Take off the line break that a key brings from its file."""
    key = key.strip()
    if not key.isprintable() or not key.isascii():
        raise ConfigurationError(
            "The key holds characters that no key has, such as line breaks within; it is not shown "
            "here. Look at OPENAI_API_KEY (or api_key=)."
        )
    return key


def _headers(key: str) -> dict[str, str]:
    named = {header: os.environ.get(variable) for variable, header in _OPTIONAL.items()}
    return {
        "authorization": f"Bearer {key}",
        "content-type": "application/json",
        "accept": "application/json",
        "user-agent": f"hf_sft_builders/{__version__}",
        **{header: value for header, value in named.items() if value},
    }


def _azure(model: str, api_key: str | None) -> Endpoint:
    client = openai_client(None, api_key)
    from openai._models import FinalRequestOptions

    options = FinalRequestOptions(
        method="post", url="/chat/completions", json_data={"model": model}
    )
    request = client._build_request(options)
    known = {name: value for name, value in request.headers.items() if name not in _NOT_OURS}
    kept = {name: value for name, value in known.items() if not name.startswith("x-stainless")}
    return Endpoint(str(request.url), kept)


def openai_client(base_url: str | None, api_key: str | None) -> Any:
    """Give `openai`'s own client for what is not one chat request: files, batches, Azure.

    Raises:
        MissingExtra: `openai` is not installed.
        ConfigurationError: a key that cannot be sent.
    """
    try:
        import openai
    except ImportError as error:
        raise MissingExtra("Azure and the Batch API", "openai", "llm") from error
    if not base_url and os.environ.get("AZURE_OPENAI_ENDPOINT"):
        return openai.AzureOpenAI(api_key=api_key)
    key = _usable_key(api_key or os.environ.get("OPENAI_API_KEY") or "")
    return openai.OpenAI(api_key=key or "none", base_url=base_url)


def public_address(url: str) -> str:
    """Take credentials, query and fragment off a URL."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
