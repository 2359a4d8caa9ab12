"""What a run would ask, before anything is paid: calls, tokens and cost, from the actual chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from hf_sft_builders.builders.asking import asked_by, limits_of
from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Ledger, Row
from hf_sft_builders.llm import ChatRequest, Runtime
from hf_sft_builders.llm.content import TOKENS_PER_IMAGE, images_in, words_in
from hf_sft_builders.registry import PREFIX
from hf_sft_builders.synthesis.asked_model import AskedModel
from hf_sft_builders.synthesis.validators.base import Rejected
from hf_sft_builders.terminal import count_told


@dataclass(frozen=True)
class Estimate:
    """The forecast of one run. Tokens are estimates from the length of texts, not counts."""

    documents: int
    chunks: int
    """Chunks of documents, or rows of files that hold rows."""
    calls: int
    """Requests, if each reply is accepted at once."""
    stored: int
    """Of those, answered from the reply store at no cost."""
    tokens_in: int
    """Of the calls that are not stored."""
    tokens_out: int
    cost: float | None
    """In the currency of `prices`; None without them."""

    def __str__(self) -> str:
        told = (
            f"{count_told(self.documents, 'document')}, {count_told(self.chunks, 'chunk')}: "
            f"{count_told(self.calls, 'call')}, "
            f"{self.stored:,} of them stored already; about {self.tokens_in:,} tokens in and "
            f"{self.tokens_out:,} out (estimated from the texts' length)"
        )
        return told + (f", cost about {self.cost:.4g}" if self.cost is not None else "")


def estimate(builder: str, **options: Any) -> Estimate:
    """Forecast what `load_dataset("hf_sft_builders/<builder>", **options)` would ask a model.

    Args:
        builder: Name of a builder.
        **options: As for `load_dataset`; `prices=(in, out)` per million tokens gives the cost.

    Raises:
        ConfigurationError: for a builder that asks no model.

    Example:
        >>> print(sft.estimate("pdf_qa", data_dir="docs", model="qwen3-32b", base_url=url))
    """
    from datasets import load_dataset_builder

    made = load_dataset_builder(PREFIX + builder.removeprefix(PREFIX), **options)
    _refuse_without_a_model(builder, made)
    _refuse_paid_reading(made.config)
    ledger, calls = Ledger(), _Calls(asked_by(made), limits_of(made))
    for files in made.listing.splits.values():
        for ask in _asks(made, made.inputs(files, ledger)):
            calls.add(ask)
    budget = limits_of(made).new_budget()
    return Estimate(
        documents=ledger.counts["documents"],
        chunks=ledger.counts["chunks"] + ledger.counts["inputs"],
        calls=calls.number,
        stored=calls.stored,
        tokens_in=calls.tokens_in,
        tokens_out=calls.tokens_out,
        cost=budget.cost(calls.tokens_in, calls.tokens_out),
    )


def _refuse_without_a_model(builder: str, made: Any) -> None:
    if not hasattr(made.config, "model") or asked_by(made).is_extractive:
        raise ConfigurationError(
            f"{builder} asks no language model with these options, so there is nothing to estimate."
            " Pass model=."
        )
    if not hasattr(made, "forecast") and not hasattr(made, "op"):
        raise ConfigurationError(
            f"{builder} does not say beforehand what it will ask. Build with preview=5, and look at "
            "sft.last_run().usage."
        )


def _asks(made: Any, rows: Iterable[Row]) -> Iterator[Ask]:
    """Say what a builder will ask about its inputs: by its own forecast, else by that of its op."""
    if hasattr(made, "forecast"):
        yield from made.forecast(rows)
        return
    op = made.op()
    for row in rows:
        yield from asks_of(op, row)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request that will be made."""

    request: ChatRequest | None
    """None where it depends on replies, so that only its size can be guessed."""
    tokens_in: int
    """Guess; 0 where the request is known."""
    tokens_out: int


def asks_of(op: Any, row: Row, calls: int = 0, tokens: int = 0) -> Iterator[Ask]:
    """Say what an op will ask about a row: its first requests as they are, later ones by their size.

    Args:
        op: With `steps`; `likely_reply_tokens(row)` and `likely_calls(row)` guess what cannot be
            known.
        row: What it is asked about.
        calls: How many calls it takes, where the op has no `likely_calls`.
        tokens: How long a reply is, where it has no `likely_reply_tokens`.
    """
    tokens = op.likely_reply_tokens(row) if hasattr(op, "likely_reply_tokens") else tokens
    likely = op.likely_calls(row) if hasattr(op, "likely_calls") else calls
    for steps in _works(op, row):
        try:
            first = next(steps)
        except (StopIteration, Rejected):  # decided without a question
            continue
        requests = [first] if isinstance(first, ChatRequest) else list(first)
        yield from (Ask(request, 0, tokens) for request in requests)
        size = sum(_size(request) for request in requests) // max(1, len(requests))
        yield from [Ask(None, size, tokens)] * (likely - len(requests))


def _works(op: Any, row: Row) -> Iterator[Any]:
    """Give an op's work on a row, as often as its share says; once, where it draws none."""
    share = getattr(op, "share", None)
    if share is None:
        yield op.steps(row)
    elif share.picks(row):
        yield from (op.steps(row, sample) for sample in range(share.n))


def _refuse_paid_reading(config: Any) -> None:
    for option, free in (("pages", "text"), ("splitter", "headings")):
        chosen = getattr(config, option)
        if (option, chosen) in {("pages", "auto"), ("pages", "vision"), ("splitter", "semantic")}:
            raise ConfigurationError(
                f"{option}={chosen!r} asks a model where the chunks are, so nothing can be counted "
                f"without paying for that. Estimate with {option}={free!r}, which comes close."
            )


class _Calls:
    def __init__(self, asked: AskedModel, runtime: Runtime) -> None:
        self._is_stored = asked.store_lookup(runtime)
        self.number = self.stored = self.tokens_in = self.tokens_out = 0

    def add(self, ask: Ask) -> None:
        self.number += 1
        if ask.request is not None and self._is_stored(ask.request):
            self.stored += 1
            return
        self.tokens_in += ask.tokens_in if ask.request is None else _size(ask.request)
        self.tokens_out += ask.tokens_out


def _size(request: ChatRequest) -> int:
    return sum(
        _tokens(words_in(message["content"])) + TOKENS_PER_IMAGE * images_in(message["content"])
        for message in request.messages
    )


def _tokens(text: str) -> int:
    """Estimate: 0.8 tokens for a character beyond Latin, one for four Latin ones."""
    wide = sum(character > "\u2e7f" for character in text)
    return round(0.8 * wide + 0.25 * (len(text) - wide)) + 4
