"""The seam between ops and language models.

An op makes `ChatRequest`s; a `ChatModel` answers each with a `Reply` or the `ModelError` that it
got, in order. A third party's model is any object with `name` and `replies`.

Example:
    >>> model = ScriptedModel(["Hello."])
    >>> [reply] = model.replies([ChatRequest.ask("Say hello.")], Runtime())
    >>> reply.text
    'Hello.'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel

from hf_sft_builders.errors import ModelError


@dataclass(frozen=True)
class Runtime:
    """How a run talks to its endpoint; changes no row, so it is in no cache key and no hash."""

    max_concurrency: int = 64
    """Requests in flight at one time."""
    timeout: float = 600.0
    """Seconds that one request may take."""
    max_retries: int = 5
    """How often a refused or broken request is sent again."""
    max_repairs: int = 2
    """How often a reply of the wrong shape is asked for again, with the error."""
    api_key: str | None = field(default=None, repr=False)
    """Overrides `OPENAI_API_KEY`."""
    ahead: int | None = None
    """How many requests may be answered beyond the oldest open one; None for what is fast."""


@dataclass(frozen=True)
class ChatRequest:
    """One question to a model: everything that its reply depends on."""

    messages: tuple[Mapping[str, str], ...]
    schema: type[BaseModel] | None = None
    """The shape that the reply must have; None for free text."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Sampling parameters of the chat protocol (`temperature`, `seed`, `max_tokens`, …)."""
    sample: int = 0
    """Tells several replies to the same question apart."""

    @classmethod
    def ask(cls, user: str, system: str = "", **rest: Any) -> ChatRequest:
        """Make a request from plain texts."""
        first = ({"role": "system", "content": system},) if system else ()
        return cls(messages=(*first, {"role": "user", "content": user}), **rest)


@dataclass(frozen=True)
class Reply:
    """What a model answered."""

    text: str
    parsed: BaseModel | None = None
    """The reply as the request's schema; None where it had none."""
    reasoning: str = ""
    """What the model thought before; never part of `text`."""
    finish_reason: str = "stop"
    usage: Mapping[str, int] = field(default_factory=dict)
    """`calls`, `cached`, `tokens_in`, `tokens_out`, `tokens_reasoning`, repairs included."""
    logprobs: Any = None
    """As the server sent them, where the request's parameters asked for them."""


@runtime_checkable
class ChatModel(Protocol):
    """Anything that answers chat requests."""

    @property
    def name(self) -> str:
        """The model's name, as provenance and cards give it."""
        ...

    def replies(
        self, requests: Iterable[ChatRequest], runtime: Runtime
    ) -> Iterator[Reply | ModelError]:
        """Answer each request, in order; what cannot be answered is returned as its error.

        Raises:
            EndpointError: for what will not heal (credentials, address, model name).
        """
        ...
