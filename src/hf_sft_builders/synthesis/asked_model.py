"""Which model an op asks, and how: the fields that all ops with a language model share."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from typing import Any

from hf_sft_builders.errors import ModelError
from hf_sft_builders.ledger import Failure, Outcome, Row
from hf_sft_builders.llm import (
    ChatModel,
    ChatRequest,
    OpenAIChat,
    Reply,
    Runtime,
    ScriptedModel,
    Steps,
    as_model,
    ask_each,
    work_through,
)
from hf_sft_builders.llm.number_checks import expect_number
from hf_sft_builders.synthesis.validators.base import Rejected

EXTRACTIVE = "extractive"
"""Name of the embedded stand-in: no network, no key, no language model; it says what it is."""


_NOBODY = ScriptedModel(())


@dataclass(frozen=True)
class AskedModel:
    """A model, and the sampling parameters that every request to it has."""

    model: str | ChatModel = EXTRACTIVE
    base_url: str | None = None
    model_id: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    top_logprobs: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("max_tokens", 1), ("top_logprobs", 0), ("seed", -inf)):
            if getattr(self, name) is not None:
                expect_number(name, getattr(self, name), whole=True, least=least)
        if self.temperature is not None:
            expect_number("temperature", self.temperature)

    @property
    def name(self) -> str:
        """The model's name, for provenance and cards."""
        return self.model if isinstance(self.model, str) else self.model.name

    @property
    def is_extractive(self) -> bool:
        """Whether no language model is asked at all."""
        return self.model == EXTRACTIVE

    def sampling(self) -> dict[str, Any]:
        """Give the parameters that were set; what was not is the server's business."""
        given = {name: getattr(self, name) for name in ("temperature", "max_tokens", "seed")}
        asked = {name: value for name, value in given.items() if value is not None}
        if self.top_logprobs is not None:
            asked |= {"logprobs": True, "top_logprobs": self.top_logprobs}
        return asked

    @cached_property
    def sampling_text(self) -> str:
        """Those parameters as JSON text, for provenance."""
        return json.dumps(self.sampling(), sort_keys=True)

    def fingerprint(self) -> dict[str, Any]:
        """Give what replies depend on; `model_id` stands for model and address where given."""
        known = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**known, "model": None, "base_url": None} if self.model_id else known

    def store_lookup(self, runtime: Runtime) -> Callable[[ChatRequest], bool]:
        """Give a test whether a request's reply is stored already; nothing is asked."""
        model = as_model(self.model, self.base_url, self.model_id)
        return model.store_lookup(runtime) if isinstance(model, OpenAIChat) else lambda _: False

    def outcomes(
        self,
        rows: Iterable[Row],
        prompt: Callable[[Row], ChatRequest],
        parse: Callable[[Row, Reply], Outcome],
        runtime: Runtime,
    ) -> Iterator[Outcome]:
        """Ask about each row and give one outcome for each, in order."""
        model = as_model(self.model, self.base_url, self.model_id)
        for row, reply in ask_each(rows, prompt, model, runtime):
            yield parse(row, reply) if isinstance(reply, Reply) else _unanswered(row, reply)

    def work(
        self, tasks: Iterable[tuple[Row, Steps[Outcome]]], runtime: Runtime
    ) -> Iterator[Outcome]:
        """Run one generator of requests per row, side by side; one outcome for each, in order.

        Args:
            tasks: Rows, each with what is asked about it; see `llm.steps`. A `Rejected` that a
                generator raises is a drop with its reason.
            runtime: How to talk to the endpoint.
        """
        given = _NOBODY if self.is_extractive else self.model  # rules alone ask nobody
        model = as_model(given, self.base_url, self.model_id)
        taken: deque[tuple[Row, defaultdict[str, int]]] = deque()

        def works() -> Iterator[Steps[Outcome]]:
            for row, steps in tasks:
                taken.append((row, defaultdict(int)))
                yield _counted(steps, taken[-1][1])

        for result in work_through(works(), model, runtime):
            row, spent = taken.popleft()
            done = result if isinstance(result, Outcome) else _unanswered(row, result)
            yield replace(done, usage=dict(spent))


def _counted(steps: Steps[Outcome], spent: defaultdict[str, int]) -> Steps[Outcome]:
    """Add up what the replies cost, and turn a rejection into a drop."""
    try:
        asked = next(steps)
        while True:
            try:
                replies = yield asked
            except ModelError as error:
                _add(spent, error.usage)
                asked = steps.throw(error)
            else:
                for reply in replies if isinstance(replies, list) else [replies]:
                    _add(spent, reply.usage)
                asked = steps.send(replies)
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome
    except Rejected as rejected:
        return Outcome(drops=(rejected.reason,))


def _add(spent: defaultdict[str, int], usage: Mapping[str, int]) -> None:
    for what, number in usage.items():
        spent[what] += number


def _unanswered(row: Row, error: ModelError) -> Outcome:
    return Outcome(failure=Failure(_name_of(row), "model error", str(error)), usage=error.usage)


def _name_of(row: Row) -> str:
    """Name a row in the ledger: by its id, else by its first words."""
    words = next((value for value in row.values() if isinstance(value, str) and value), "a row")
    return str(row.get("id") or words[:60])
