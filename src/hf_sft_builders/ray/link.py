"""A worker's line to the service: calls in groups, answers when they come, and again if it breaks."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from itertools import count
from typing import Any

from hf_sft_builders.errors import EndpointError
from hf_sft_builders.ray.sessions import Call


class Link:
    """The session of one engine; used on its loop alone.

    Args:
        actor: The service.
        loop: The engine's.
    """

    def __init__(self, actor: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._actor, self._loop = actor, loop
        self._name = ""
        self._numbers = count(1)
        self._out: list[Call] = []
        self._asked: dict[int, tuple[Call, asyncio.Future[Any]]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._has_calls = asyncio.Event()
        self._entering = asyncio.Lock()
        self._ended: EndpointError | None = None
        self.caps: dict[str, tuple[Any, ...]] = {}
        """Address → limits, told again to a service that was started again."""
        self.held: dict[int, tuple[str, int]] = {}
        """Turns that this engine has: number → address and tokens."""

    def tell(self, what: str, *arguments: Any) -> None:
        """Say something that has no answer."""
        self._send((0, what, *arguments))

    async def ask(self, what: str, *arguments: Any) -> Any:
        """Ask, and wait for the answer.

        Raises:
            EndpointError: the service is gone, and with it the job.
        """
        _, value = await self.ask_numbered(what, *arguments)
        return value

    async def ask_numbered(self, what: str, *arguments: Any) -> tuple[int, Any]:
        """Ask; give the answer, and the number by which the service knows what it gave."""
        number = next(self._numbers)
        call, answer = (number, what, *arguments), self._loop.create_future()
        self._asked[number] = (call, answer)
        self._send(call)
        try:
            return number, await answer
        except asyncio.CancelledError:
            self.tell("forget", number)
            raise
        finally:
            self._asked.pop(number, None)

    def _send(self, call: Call) -> None:
        if self._ended is not None:
            self._asked.pop(call[0], None)
            if call[0]:
                raise self._ended
            return
        if not self._tasks:
            self._tasks = [self._loop.create_task(work()) for work in (self._speak, self._listen)]
        self._out.append(call)
        self._has_calls.set()

    async def _speak(self) -> None:
        while True:
            await self._has_calls.wait()
            self._has_calls.clear()
            calls, self._out = self._out, []
            await self._exchange(calls, wait=False)

    async def _listen(self) -> None:
        while True:
            await self._exchange([], wait=True)

    async def _exchange(self, calls: Sequence[Call], wait: bool) -> None:
        name = self._name
        try:
            answers = await self._actor.exchange.remote(name, list(calls), wait) if name else None
            if answers is None:
                await self._enter(name, calls)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are told
            self._end_with(error)
            return
        for number, well, value in answers or ():
            _, answer = self._asked.get(number, (None, None))
            if answer is None or answer.done():
                continue
            if well:
                answer.set_result(value)
            else:
                answer.set_exception(value)

    async def _enter(self, unknown: str, lost: Sequence[Call]) -> None:
        """Begin a session, and say again what the service has not heard or has forgotten."""
        async with self._entering:
            told = [call for call in lost if not call[0]]
            if self._name == unknown:
                name = uuid.uuid4().hex
                await self._actor.enter.remote(name, dict(self.caps), dict(self.held))
                self._name = name
                told += [call for call in self._out if not call[0]]
                self._out = [call for call, _ in self._asked.values()]
            self._out = [*told, *self._out]
            if self._out:
                self._has_calls.set()

    def _end_with(self, error: Exception) -> None:
        words = f"The job's service on Ray is gone, and with it the job: {error}"
        self._ended = EndpointError(words)
        for task in self._tasks:
            task.cancel()
        for _, answer in list(self._asked.values()):
            if not answer.done():
                answer.set_exception(self._ended)
