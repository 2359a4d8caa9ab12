"""What a run would ask, before anything is paid: calls, tokens and cost, from the actual chunks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Ledger
from hf_sft_builders.llm import ChatRequest
from hf_sft_builders.llm.content import TOKENS_PER_IMAGE, images_in, words_in
from hf_sft_builders.registry import PREFIX


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
            f"{_count(self.documents, 'document')}, {_count(self.chunks, 'chunk')}: "
            f"{_count(self.calls, 'call')}, "
            f"{self.stored:,} of them stored already; about {self.tokens_in:,} tokens in and "
            f"{self.tokens_out:,} out (estimated from the texts' length)"
        )
        return told + (f", cost about {self.cost:.4g}" if self.cost is not None else "")


def _count(number: int, unit: str) -> str:
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


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
    op = _last_op(made)
    _refuse_unknown(builder, op, made.config)
    _refuse_paid_reading(made.config)
    ledger, calls = Ledger(), _Calls(op)
    for files in made.listing.splits.values():
        for row in made.inputs(files, ledger):
            for ask in made.forecast(row) if hasattr(made, "forecast") else asks_of(op, row):
                calls.add(ask)
    budget = op.runtime.new_budget()
    return Estimate(
        documents=ledger.counts["documents"],
        chunks=ledger.counts["chunks"] + ledger.counts["inputs"],
        calls=calls.number,
        stored=calls.stored,
        tokens_in=calls.tokens_in,
        tokens_out=calls.tokens_out,
        cost=budget.cost(calls.tokens_in, calls.tokens_out),
    )


def _refuse_unknown(builder: str, op: Any, config: Any) -> None:
    if op is None and getattr(config, "model", "extractive") != "extractive":
        raise ConfigurationError(
            f"{builder} asks questions that depend on the replies before them, so their number is "
            "not known beforehand. Build with preview=5, and look at sft.last_run().usage."
        )
    if op is None or op.asked.is_extractive:
        raise ConfigurationError(
            f"{builder} asks no language model with these options, so there is nothing to estimate."
            " Pass model=."
        )


@dataclass(frozen=True, slots=True)
class Ask:
    """One request that will be made."""

    request: ChatRequest | None
    """None where it depends on replies, so that only its size can be guessed."""
    tokens_in: int
    """Guess; 0 where the request is known."""
    tokens_out: int


def asks_of(op: Any, row: dict[str, Any]) -> Iterator[Ask]:
    """Say what an op will ask about a row: its first requests as they are, later ones by their size.

    Args:
        op: With `prompt(row)`, or with `steps` and `share`; `likely_reply_tokens(row)` and
            `likely_calls(row)` guess what cannot be known.
        row: What it is asked about.
    """
    tokens = op.likely_reply_tokens(row)
    if not hasattr(op, "steps"):
        yield Ask(op.prompt(row), 0, tokens)
        return
    for sample in range(_times(op, row)):
        try:
            first = next(op.steps(row, sample))
        except StopIteration:  # decided without a question
            continue
        requests = [first] if isinstance(first, ChatRequest) else list(first)
        yield from (Ask(request, 0, tokens) for request in requests)
        likely = op.likely_calls(row) if hasattr(op, "likely_calls") else 0
        size = sum(_size(request) for request in requests) // max(1, len(requests))
        yield from [Ask(None, size, tokens)] * (likely - len(requests))


def _times(op: Any, row: dict[str, Any]) -> int:
    """Give how often an op works on a row: once, where it draws no share."""
    share = getattr(op, "share", None)
    return 1 if share is None else share.n if share.picks(row) else 0


def _last_op(builder: Any) -> Any:
    """Give the op that makes a builder's rows, None where it has none."""
    if hasattr(builder, "ops"):
        return builder.ops()[-1]
    return builder.op() if hasattr(builder, "op") else None


def _refuse_paid_reading(config: Any) -> None:
    for option, free in (("pages", "text"), ("splitter", "headings")):
        chosen = getattr(config, option)
        if (option, chosen) in {("pages", "auto"), ("pages", "vision"), ("splitter", "semantic")}:
            raise ConfigurationError(
                f"{option}={chosen!r} asks a model where the chunks are, so nothing can be counted "
                f"without paying for that. Estimate with {option}={free!r}, which comes close."
            )


class _Calls:
    def __init__(self, op: Any) -> None:
        self._is_stored = op.asked.store_lookup(op.runtime)
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
