"""What one engine of one worker has with the service: answers, turns, what it set aside."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from hf_sft_builders.llm.budget import BudgetReached, Reservation
from hf_sft_builders.llm.pacing import Ticket
from hf_sft_builders.llm.turns import OwnTurns
from hf_sft_builders.ray.jobs import Job

Call = tuple[Any, ...]
"""Number, name, arguments."""


class Session:
    """One engine of one worker, as the service sees it."""

    def __init__(self) -> None:
        self.heard = time.monotonic()
        self.inbox: list[tuple[int, bool, Any]] = []
        self.arrived = asyncio.Event()
        self.tickets: dict[int, tuple[OwnTurns, Ticket]] = {}
        self.reserved: dict[int, tuple[Job, Reservation]] = {}
        self._works: dict[int, asyncio.Task[None]] = {}

    def answer(self, number: int, value: Any, well: bool = True) -> None:
        """Have an answer ready for the next exchange."""
        self.inbox.append((number, well, value))
        self.arrived.set()

    def taken(self) -> list[tuple[int, bool, Any]]:
        """Give the answers, and forget them."""
        answers, self.inbox = self.inbox, []
        self.arrived.clear()
        return answers

    def work(self, number: int, answering: Coroutine[Any, Any, None]) -> None:
        """Answer a call as soon as it can be."""
        work = self._works[number] = asyncio.create_task(self._tried(number, answering))
        work.add_done_callback(lambda _: self._works.pop(number, None))

    async def _tried(self, number: int, answering: Coroutine[Any, Any, None]) -> None:
        try:
            await answering
        except Exception as error:  # noqa: BLE001 - it is the caller's
            self.answer(number, error, well=False)

    def set_aside(self, number: int, job: Job, tokens_in: int, max_tokens: int | None) -> None:
        """Set aside what a request may cost; answer what there is no room for, and whether there may be."""
        try:
            self.reserved[number] = (job, job.budget.reserve(tokens_in, max_tokens))
        except BudgetReached as full:
            self.answer(number, (str(full), job.budget.is_under_way))
        else:
            self.answer(number, None)

    def forget(self, number: int) -> None:
        """Take back a turn that is not used, or a call that is not waited for any more."""
        if work := self._works.get(number):
            work.cancel()
        if held := self.tickets.pop(number, None):
            held[0].forget(held[1])
        if number in self.reserved:
            job, reservation = self.reserved.pop(number)
            job.budget.settle(reservation, 0, 0)

    def end(self) -> None:
        """Take everything back: whoever it was is gone."""
        for number in {*self._works, *self.tickets, *self.reserved}:
            self.forget(number)
