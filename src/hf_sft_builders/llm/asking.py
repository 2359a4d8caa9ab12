"""Rows in, replies out: how an op asks a model about a stream of rows without losing which is whose."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from hf_sft_builders.errors import ModelError
from hf_sft_builders.ledger import Row
from hf_sft_builders.llm.model import ChatModel, ChatRequest, Reply, Runtime
from hf_sft_builders.llm.openai_chat import OpenAIChat


def ask_each(
    rows: Iterable[Row],
    prompt: Callable[[Row], ChatRequest],
    model: ChatModel,
    runtime: Runtime,
) -> Iterator[tuple[Row, Reply | ModelError]]:
    """Ask about each row; rows are taken only as fast as the model takes requests.

    Args:
        rows: Lazily read.
        prompt: Makes the request for one row.
        model: Answers in order.
        runtime: How to talk to the endpoint.

    Yields:
        Each row with its reply, or with the error that it got instead.
    """
    waiting: deque[Row] = deque()

    def requests() -> Iterator[ChatRequest]:
        for row in rows:
            waiting.append(row)
            yield prompt(row)

    for reply in model.replies(requests(), runtime):
        yield waiting.popleft(), reply


def as_model(model: str | ChatModel, base_url: str | None, model_id: str | None) -> ChatModel:
    """Give the model of a name (behind an endpoint), or the model itself."""
    return OpenAIChat(model, base_url, model_id) if isinstance(model, str) else model
