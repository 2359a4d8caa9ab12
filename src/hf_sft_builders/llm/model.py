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
from typing import Any, Literal, Protocol, TypedDict, runtime_checkable

from pydantic import BaseModel

from hf_sft_builders.errors import ConfigurationError, ModelError, UnknownName
from hf_sft_builders.ledger import MAX_FAILURES
from hf_sft_builders.llm.budget import Budget
from hf_sft_builders.llm.number_checks import expect_number, expect_prices, expect_share


@dataclass(frozen=True)
class Runtime:
    """How a run talks to its endpoint; changes no row, so it is in no cache key and no hash."""

    max_concurrency: int = 64
    """Requests in flight at one time, at the most; refusals bring it down by themselves."""
    requests_per_minute: float | None = None
    """Never send more; None where the server may say."""
    tokens_per_minute: float | None = None
    """The same of tokens, in and out."""
    timeout: float = 600.0
    """Seconds that one request may take."""
    max_retries: int = 5
    """How often a request is sent again that broke; one that was refused for its rate waits."""
    max_repairs: int = 2
    """How often a reply of the wrong shape is asked for again, with the error."""
    max_tokens_total: int | None = None
    """Stop before the job costs more tokens."""
    max_cost: float | None = None
    """Stop before the job costs more, by `prices`."""
    prices: tuple[float, float] | None = None
    """Cost of a million tokens in, and of a million out."""
    max_failures: float = MAX_FAILURES
    """Share of failed inputs, after 20 of them, at which a job stops."""
    mode: Literal["live", "batch"] = "live"
    """`batch` sends all requests by the server's Batch API, at its lower price."""
    api_key: str | None = field(default=None, repr=False)
    """Overrides `OPENAI_API_KEY`. Ops take none: they hold no secret."""
    ahead: int | None = None
    """How many requests may be answered beyond the oldest open one; None for what is fast."""
    budget: Budget | None = field(default=None, repr=False, compare=False)
    """Shared by all calls of one job; made from the limits where there is none."""

    def __post_init__(self) -> None:
        expect_number("max_concurrency", self.max_concurrency, whole=True, above=True)
        expect_number("timeout", self.timeout, above=True)
        for name in ("max_retries", "max_repairs"):
            expect_number(name, getattr(self, name), whole=True)
        for name in ("requests_per_minute", "tokens_per_minute"):
            if getattr(self, name) is not None:
                expect_number(name, getattr(self, name), above=True)
        for name in ("max_tokens_total", "max_cost"):
            if getattr(self, name) is not None:
                expect_number(name, getattr(self, name))
        if self.prices is not None:
            expect_prices(self.prices)
        expect_share("max_failures", self.max_failures)
        if self.mode not in ("live", "batch"):
            raise ConfigurationError(f"mode={self.mode!r}; expected 'live' or 'batch'.")
        self.new_budget()

    @classmethod
    def of(cls, limits: Limits) -> Runtime:
        """Make it from an op's keyword arguments.

        Raises:
            UnknownName: for a keyword that nobody knows, with the nearest one.
        """
        for name in limits:
            if name not in Limits.__annotations__:
                raise UnknownName("option", name, Limits.__annotations__)
        return cls(**limits)

    def new_budget(self) -> Budget:
        """Give a fresh budget with this run's limits."""
        return Budget(self.max_tokens_total, self.max_cost, self.prices)


class Limits(TypedDict, total=False):
    """Keyword arguments of every op that asks a model; see `Runtime`. They change no row."""

    max_concurrency: int
    requests_per_minute: float | None
    tokens_per_minute: float | None
    timeout: float
    max_retries: int
    max_repairs: int
    max_tokens_total: int | None
    max_cost: float | None
    prices: tuple[float, float] | None
    max_failures: float
    mode: Literal["live", "batch"]


@dataclass(frozen=True)
class ChatRequest:
    """One question to a model: everything that its reply depends on."""

    messages: tuple[Mapping[str, Any], ...]
    """Each with `role` and `content`: words, or parts of words and pictures (`llm.content`)."""
    schema: type[BaseModel] | None = None
    """The shape that the reply must have; None for free text."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Sampling parameters of the chat protocol (`temperature`, `seed`, `max_tokens`, …)."""
    allow_parts: bool = False
    """Whether the complete items of a reply that was cut off may be used."""
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
    repairs: tuple[str, ...] = ()
    """What had to be mended to read it ("code fence", "3 of 4, truncated")."""
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
