"""What the server can be told, when it starts and while it runs.

`{"latency": 0.2, "requests_per_second": 50, "faults": [{"kind": "500", "every": 10}]}`
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

Kind = Literal[
    # answered with the error JSON of the OpenAI API
    "400", "401", "403", "404", "408", "409", "429", "500", "502", "503", "504",
    "html_200",  # a proxy's page where JSON was expected
    "html_502",
    "reset",  # connection reset before any byte of the answer
    "reset_in_body",
    "close_in_body",  # orderly end of the connection, but too early
    "dribble",  # the whole answer, spread over `seconds`
    "hang",  # no answer until the client leaves
    "garbage",  # 200 with bytes that are no text
    "truncated",  # 200 with JSON that stops half way; a stream without its end
    "stream_error",  # an error event inside a stream that began well
    "empty",  # content ""
    "length",  # cut off, finish_reason "length"
    "wrong_shape",  # JSON, but not what the schema says
]  # fmt: skip
Noise = Literal[
    "fence", "bare_fence", "prose", "single_quotes", "trailing_commas", "numbered_list"
]  # fmt: skip
Reasoning = Literal["reasoning_content", "reasoning", "think", "thinking"]
RetryAfter = Literal["seconds", "fraction", "ms", "date"]
BatchOutcome = Literal["completed", "failed", "expired"]
Endpoint = Literal["chat", "models", "files", "batches", "embeddings"]


@dataclass
class Rule:
    """One fault and the requests it strikes: all of them, or those that fit every condition set."""

    kind: Kind
    every: int = 0
    """Every n-th request to the endpoint."""
    probability: float = 0.0
    first_tries: int = 0
    """The first k tries of each distinct prompt."""
    per: Literal["messages", "opening"] = "messages"
    """What makes prompts distinct; `opening`, up to the first user turn, is stable over repairs."""
    containing: str = ""
    """Prompts with this text in them."""
    times: int = 0
    """At most so often in all."""
    endpoint: Endpoint = "chat"
    message: str = ""
    retry_after: float | None = None
    seconds: float = 1.0
    """How long a dribble takes."""
    after: float | None = None
    """Delay before the fault shows, in place of the latency."""

    def __post_init__(self) -> None:
        _one_of(Kind, self.kind)
        _one_of(Endpoint, self.endpoint)
        _one_of(Literal["messages", "opening"], self.per)


@dataclass
class Settings:
    """Everything that can be switched; the defaults are a server without faults."""

    # Time
    latency: float = 0.0
    latency_sigma: float = 0.0
    """Above 0: lognormal with `latency` as its median."""
    workers: int | None = None
    """So many requests are worked on at once; further ones wait inside the server."""
    stream_seconds: float = 0.0
    seed: int = 0
    # Limits
    requests_per_second: float | None = None
    burst: float = 1.0
    max_in_flight: int | None = None
    in_flight_status: Literal[429, 503] = 429
    tokens_per_minute: float | None = None
    retry_after: RetryAfter | None = "seconds"
    ratelimit_headers: bool = False
    # What the server knows
    models: list[str] = field(default_factory=lambda: ["test-model"])
    any_model: bool = True
    api_key: str | None = None
    response_formats: list[str] = field(default_factory=lambda: ["json_schema", "json_object"])
    streaming_only: bool = False
    logprobs: bool = True
    usage: bool = True
    # What it answers
    answer: str | None = None
    script: list[str] = field(default_factory=list)
    """Answers in the order of arrival, from the start again when used up."""
    replies: dict[str, str] = field(default_factory=dict)
    """Text in the prompt → answer."""
    vary: bool = False
    """Ends every echo with the number of the request, so that a stored reply is told from a new."""
    echo_chars: int | None = None
    """Echo only the end of the prompt."""
    shapes: bool = True
    """Valid JSON where a schema or the word JSON asks for it."""
    array_items: int = 2
    noise: Noise | list[Noise] | None = None
    """A list is gone through request by request."""
    reasoning: Reasoning | None = None
    reasoning_text: str = "Let me think."
    needs_max_tokens: int | None = None
    """Answers are cut off unless the request allows so many tokens."""
    # What goes wrong; the first rule that fits decides
    faults: list[Rule] = field(default_factory=list)
    # Batches
    batch_seconds: float | None = None
    """How long each status lasts; None: every look at the batch takes it one status on."""
    batch_outcome: BatchOutcome = "completed"
    # What the server remembers
    keep: int = 100
    """Requests to be read back by `/_requests`."""

    def __post_init__(self) -> None:
        self.faults = [rule if isinstance(rule, Rule) else Rule(**rule) for rule in self.faults]
        for noise in self.noises:
            _one_of(Noise, noise)
        for kind, value in (
            (Reasoning, self.reasoning),
            (RetryAfter, self.retry_after),
            (BatchOutcome, self.batch_outcome),
        ):
            _one_of(kind, value, None)

    @property
    def noises(self) -> list[Noise]:
        """The kinds of noise as a list."""
        if self.noise is None:
            return []
        return self.noise if isinstance(self.noise, list) else [self.noise]

    def changed(self, changes: dict[str, Any]) -> Settings:
        """Give these settings with `changes`; a name or value that is unknown is an error."""
        return Settings(**{f.name: getattr(self, f.name) for f in fields(self)} | changes)


def _one_of(kind: Any, value: Any, *more: Any) -> None:
    allowed = (*get_args(kind), *more)
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {', '.join(map(repr, allowed))}.")
