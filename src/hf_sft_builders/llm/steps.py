"""Several questions about one row, each depending on the replies before it.

An op that asks more than once is written as a generator: it yields requests and is sent replies.

    def steps(row):
        draft = yield ChatRequest.ask(f"Translate: {row['text']}")
        back = yield ChatRequest.ask(f"Übersetze zurück: {draft.text}")
        return Outcome(rows=({**row, "text": back.text},))

Where it yields a list of requests, they are asked side by side and a list of replies comes back, a
`ModelError` standing where there is none. A single request that cannot be answered raises its error
at the `yield`; not caught, it becomes the row's result. Rows do not wait for each other: each takes
its next step as soon as its reply is there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from hf_sft_builders.errors import EndpointError, ModelError
from hf_sft_builders.llm.model import ChatModel, ChatRequest, Reply, Runtime
from hf_sft_builders.llm.openai_chat import OpenAIChat
from hf_sft_builders.llm.scripted import ScriptedModel

T = TypeVar("T")
Answer = Reply | ModelError
Question = ChatRequest | Sequence[ChatRequest]
Steps = Generator[Question, Any, T]

_WAVE = 1000


def work_through(
    works: Iterable[Steps[T]], model: ChatModel, runtime: Runtime
) -> Iterator[T | ModelError]:
    """Run generators of requests against a model, side by side, and give their results in order.

    Args:
        works: One generator per row, lazily taken.
        model: Who answers.
        runtime: How to talk to the endpoint.

    Yields:
        What each generator returned, or the `ModelError` that ended it.

    Raises:
        EndpointError: no request of this run can be served.
    """
    if isinstance(model, OpenAIChat) and runtime.mode == "live":
        yield from model.answer_each(works, _drive, runtime)
    elif isinstance(model, ScriptedModel):
        yield from _one_by_one(works, model, runtime)
    else:
        source = iter(works)
        while wave := list(islice(source, _WAVE)):
            yield from _in_waves(wave, model, runtime)


async def _drive(ask: Callable[[ChatRequest], Awaitable[Answer]], work: Steps[T]) -> T | ModelError:
    """Take one generator through all its steps, on the engine's loop."""
    walk = Walk(work)
    while not walk.is_done:
        asked = walk.requests
        # One alone needs no task of its own, which would cost as much as all else of the step.
        side_by_side = [await ask(asked[0])] if len(asked) == 1 else await _gather(ask, asked)
        walk.answer(side_by_side)
    result: T | ModelError = walk.result
    return result


async def _gather(
    ask: Callable[[ChatRequest], Awaitable[Answer]], requests: Sequence[ChatRequest]
) -> Sequence[Answer]:
    return await asyncio.gather(*map(ask, requests))


class Walk:
    """One generator on its way: what it asks now, and in the end its result."""

    def __init__(self, work: Steps[Any]) -> None:
        self._work = work
        self.is_done = False
        self.result: Any = None
        self.requests: list[ChatRequest] = []
        self._single = False
        self._go_on(lambda: next(work))

    def answer(self, replies: Sequence[Answer]) -> None:
        """Give the replies to `requests`, in order."""
        if not self._single:
            self._go_on(lambda: self._work.send(list(replies)))
            return
        [reply] = replies
        if isinstance(reply, ModelError):
            self._go_on(lambda: self._work.throw(reply))
        else:
            self._go_on(lambda: self._work.send(reply))

    def _go_on(self, step: Callable[[], Question]) -> None:
        try:
            asked = step()
        except StopIteration as end:
            self.is_done, self.result, self.requests = True, end.value, []
        except EndpointError:
            raise
        except ModelError as error:
            self.is_done, self.result, self.requests = True, error, []
        else:
            self._single = isinstance(asked, ChatRequest)
            self.requests = [asked] if isinstance(asked, ChatRequest) else list(asked)


def _one_by_one(
    works: Iterable[Steps[T]], model: ChatModel, runtime: Runtime
) -> Iterator[T | ModelError]:
    """Keep one stream of requests open, so that a script goes on where it was."""
    waiting: deque[ChatRequest] = deque()
    replies = model.replies(iter(waiting.popleft, None), runtime)
    for work in works:
        walk = Walk(work)
        while not walk.is_done:
            waiting.extend(walk.requests)
            walk.answer([next(replies) for _ in walk.requests])
        yield walk.result


def _in_waves(
    works: Sequence[Steps[T]], model: ChatModel, runtime: Runtime
) -> Iterator[T | ModelError]:
    """Ask the next step of all rows together: for batches, and for models of third parties."""
    walks = [Walk(work) for work in works]
    while open_walks := [walk for walk in walks if not walk.is_done]:
        asked = [request for walk in open_walks for request in walk.requests]
        replies = iter(list(model.replies(asked, runtime)))
        for walk in open_walks:
            walk.answer(list(islice(replies, len(walk.requests))))
    yield from (walk.result for walk in walks)
