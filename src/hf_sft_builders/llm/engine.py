"""Many requests in flight, in order, from a thread of its own.

One `Engine` serves one endpoint in one process: an event loop in a background thread, so that it
works the same in scripts, notebooks and workers. Callers hand in requests and take replies in
order; between them is a window, and as soon as one reply is there the next request goes out: no
batch waits for its slowest member.

    caller ── requests ──▶ Run (window, order) ──▶ loop thread: its turn → post → store
    caller ◀── replies, in order ── Run ◀──────────────────────────────────────────────┘

The traps, and what is done about them:
* A forked child inherits a dead loop: engines are keyed by process id.
* An abandoned stream must stop spending: closing the generator cancels what has not come back.
* Waking a loop or a thread costs ten times what a request's own bookkeeping does: hand-overs are
  grouped, both ways.
* A caller who prepares far ahead takes the interpreter for 5 ms whenever the loop lets go of it for
  a moment (a look into the store): with more than enough prepared, it gives way now and then.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Generic, TypeVar

from hf_sft_builders.llm.endpoint import Endpoint
from hf_sft_builders.llm.garbage import older_objects_at_rest
from hf_sft_builders.llm.membership import membership
from hf_sft_builders.llm.model import Runtime
from hf_sft_builders.llm.sharing import Share
from hf_sft_builders.llm.transport import Transport, open_transport
from hf_sft_builders.llm.turns import OwnTurns, Turns

Question = TypeVar("Question")
Answer = TypeVar("Answer")

MAX_CONNECTIONS = 1024
_HAND_OVER = 16
_TELL_AFTER = 0.003
_GIVE_WAY = 0.0005


class Engine:
    """The loop, transport and turns of one endpoint in this process."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._share = Share(endpoint.address)
        self._caps: tuple[Runtime, int] | None = None
        self.transport: Transport = open_transport(MAX_CONNECTIONS)
        self.found_out: dict[str, object] = {}
        """What this endpoint turned out to know (shapes, streams), for all that use it."""
        self.loop = _new_loop()
        member = membership()
        self.turns: Turns = (
            member.turns(self.loop, endpoint.address)
            if member
            else OwnTurns(self.loop, MAX_CONNECTIONS)
        )
        threading.Thread(target=self._serve, name="hf_sft_engine", daemon=True).start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def cap(self, runtime: Runtime) -> None:
        """Keep to a run's limits from now on, divided among the processes that use the endpoint.

        Where two runs of one process differ, the one that began last decides.
        """
        users = self._share.users()
        if self._caps == (runtime, users):
            return
        self._caps = (runtime, users)
        self.loop.call_soon_threadsafe(self.turns.cap, runtime, users)


def _new_loop() -> asyncio.AbstractEventLoop:
    """Give libuv's loop where it is installed: a request then costs the processor about a third less."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


_engines: dict[tuple[int, str, int], Engine] = {}
_engines_lock = threading.Lock()


def engine_for(endpoint: Endpoint) -> Engine:
    """Give this process' engine for an endpoint; all ops that use it share its pacing."""
    key = (os.getpid(), endpoint.url, hash(tuple(sorted(endpoint.headers.items()))))
    with _engines_lock:
        if key not in _engines:
            _engines[key] = Engine(endpoint)
        return _engines[key]


def _after_fork() -> None:
    global _engines_lock
    _engines_lock = threading.Lock()
    _engines.clear()


os.register_at_fork(after_in_child=_after_fork)


class _Slot(Generic[Question, Answer]):
    """One request of a run, and its answer once it is there."""

    __slots__ = ("answer", "done", "error", "question")

    def __init__(self, question: Question) -> None:
        self.question = question
        self.done = False
        self.answer: Answer
        self.error: BaseException | None = None
        """What ends the run; an answer may itself be an error, that of its row."""


class Run(Generic[Question, Answer]):
    """One stream of questions through an engine, answered in order.

    Args:
        loop: The engine's.
        answer: Answers one question, on the loop. What it raises ends the run.
        max_concurrency: Questions being answered at one time.
        ahead: How far beyond the oldest unanswered question others may be answered.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        answer: Callable[[Question], Awaitable[Answer]],
        max_concurrency: int,
        ahead: int,
    ) -> None:
        self._loop, self._answer = loop, answer
        self._limit, self._ahead = max_concurrency, max(ahead, max_concurrency)
        self._waiting: deque[_Slot[Question, Answer]] = deque()
        self._handed_over: deque[_Slot[Question, Answer]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._wanted: _Slot[Question, Answer] | None = None
        self._about_to_tell = False
        self._arrived = threading.Condition()
        self._stopped = False
        self._error: BaseException | None = None

    def answers(self, questions: Iterable[Question]) -> Iterator[Answer]:
        """Answer each question, in order; closing the iterator cancels what is in flight."""
        with older_objects_at_rest():
            try:
                yield from self._in_order(questions)
            finally:
                self._stopped = True
                self._loop.call_soon_threadsafe(self._cancel)

    def _in_order(self, questions: Iterable[Question]) -> Iterator[Answer]:
        window: deque[_Slot[Question, Answer]] = deque()
        for question in questions:
            slot: _Slot[Question, Answer] = _Slot(question)
            window.append(slot)
            self._hand_over(slot)
            while window and (window[0].done or len(window) >= self._ahead):
                yield self._await(window.popleft())
        self._flush()
        while window:
            yield self._await(window.popleft())

    # On the caller's thread

    def _hand_over(self, slot: _Slot[Question, Answer]) -> None:
        self._handed_over.append(slot)
        hungry = len(self._waiting) < _HAND_OVER
        if hungry or len(self._handed_over) >= _HAND_OVER:
            self._flush()
        if len(self._waiting) >= self._limit and not self._handed_over:
            time.sleep(_GIVE_WAY)

    def _flush(self) -> None:
        if self._handed_over:
            slots, self._handed_over = self._handed_over, deque()
            self._loop.call_soon_threadsafe(self._take, slots)

    def _await(self, slot: _Slot[Question, Answer]) -> Answer:
        if not slot.done:
            self._flush()
            with self._arrived:
                self._wanted = slot
                while not slot.done:
                    self._arrived.wait(1.0)
                self._wanted = None
        if slot.error is not None:
            raise slot.error
        return slot.answer

    # On the loop's thread

    def _take(self, slots: deque[_Slot[Question, Answer]]) -> None:
        self._waiting.extend(slots)
        self._start()
        if self._error is not None:
            self._end()

    def _start(self) -> None:
        while self._waiting and len(self._tasks) < self._limit and not self._stopped:
            slot = self._waiting.popleft()
            task = self._loop.create_task(self._serve(slot))
            self._tasks.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._start()

    async def _serve(self, slot: _Slot[Question, Answer]) -> None:
        try:
            slot.answer = await self._answer(slot.question)
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread whole
            if self._error is None:
                self._stopped, self._error = True, error
                self._end()
            slot.error = self._error
        self._tell(slot)

    def _end(self) -> None:
        """Send nothing more: what waits and what is under way ends with the run's error."""
        while self._waiting:
            slot = self._waiting.popleft()
            slot.error = self._error
            self._tell(slot)
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()

    def _tell(self, slot: _Slot[Question, Answer]) -> None:
        slot.done = True
        if self._wanted is not slot or self._about_to_tell:
            return
        if len(self._tasks) > 1 and not self._stopped:
            self._about_to_tell = True
            self._loop.call_later(_TELL_AFTER, self._wake)
        else:
            self._wake()

    def _wake(self) -> None:
        self._about_to_tell = False
        with self._arrived:
            self._arrived.notify()

    def _cancel(self) -> None:
        self._waiting.clear()
        for task in list(self._tasks):
            task.cancel()
