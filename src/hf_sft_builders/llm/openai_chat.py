"""Any server that speaks the OpenAI chat protocol: hosted APIs, vLLM, SGLang, Ollama, LM Studio.

Example:
    >>> model = OpenAIChat("qwen3-32b", "http://localhost:8000/v1")
    >>> [reply] = model.replies([ChatRequest.ask("Say hello.")], Runtime())
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from hf_sft_builders.errors import ModelError
from hf_sft_builders.llm.model import ChatRequest, Reply, Runtime

Task = TypeVar("Task")

_AHEAD = 16
_AHEAD_AT_LEAST = 1024
# Requests that are looked up and written down, so that one goes out the moment another comes back.
_PREPARED = 64


@dataclass(frozen=True)
class OpenAIChat:
    """A model behind an OpenAI-compatible endpoint.

    Args:
        name: Model name as the server knows it.
        base_url: Address of the server, ending in `/v1`; None for the environment's.
        model_id: Stands for name and address in reply keys, where the address changes but the
            model does not.
    """

    name: str
    base_url: str | None = None
    model_id: str | None = None

    def store_lookup(self, runtime: Runtime) -> Callable[[ChatRequest], bool]:
        """Give a test whether a request's reply is stored already; nothing is asked."""
        from hf_sft_builders.llm.endpoint import find_endpoint
        from hf_sft_builders.llm.replies import ReplyStore, reply_key

        store = ReplyStore()
        address = find_endpoint(self.name, self.base_url, runtime.api_key).address

        def is_stored(request: ChatRequest) -> bool:
            key = reply_key(
                request.messages,
                model=self.name,
                endpoint=address,
                model_id=self.model_id,
                parameters=request.parameters,
                schema=request.schema,
                sample=request.sample,
            )
            return store.get(key) is not None

        return is_stored

    def replies(
        self, requests: Iterable[ChatRequest], runtime: Runtime
    ) -> Iterator[Reply | ModelError]:
        """Answer in order, `max_concurrency` requests at a time, stored replies without a call.

        With `mode="batch"` all requests are read before the first reply is given.
        """
        if runtime.mode == "batch":
            from hf_sft_builders.llm.batch_api import batch_replies

            yield from batch_replies(self.name, self.base_url, self.model_id, requests, runtime)
            return
        yield from self.answer_each(requests, _answer, runtime)

    def answer_each(
        self,
        tasks: Iterable[Task],
        answer: Callable[[Callable[[ChatRequest], Awaitable[Reply | ModelError]], Task], Any],
        runtime: Runtime,
    ) -> Iterator[Any]:
        """Do one task after the other's start, results in order.

        Args:
            tasks: Lazily taken, as fast as the endpoint takes requests.
            answer: Coroutine function that does one task, given what asks a request.
            runtime: How to talk to the endpoint.
        """
        from hf_sft_builders.llm.conversation import Asking
        from hf_sft_builders.llm.endpoint import find_endpoint
        from hf_sft_builders.llm.engine import Run, engine_for
        from hf_sft_builders.llm.membership import replies_for, spending_of

        engine = engine_for(find_endpoint(self.name, self.base_url, runtime.api_key))
        engine.cap(runtime)
        budget = spending_of(engine.loop, runtime.budget or runtime.new_budget())
        replies = replies_for(engine.loop)
        asking = Asking(engine, replies, self.name, self.model_id, runtime, budget)
        ahead = runtime.ahead or max(_AHEAD * runtime.max_concurrency, _AHEAD_AT_LEAST)
        tasks_at_a_time = runtime.max_concurrency + _PREPARED
        run = Run(engine.loop, partial(answer, asking.reply), tasks_at_a_time, ahead)
        yield from run.answers(tasks)


async def _answer(
    ask: Callable[[ChatRequest], Awaitable[Reply | ModelError]], request: ChatRequest
) -> Reply | ModelError:
    return await ask(request)
