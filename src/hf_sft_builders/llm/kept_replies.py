"""Where a run looks for replies and keeps them: the store of this process, or one of a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from hf_sft_builders.llm.replies import ReplyStore, StoredReply

Asked = TypeVar("Asked")
Given = TypeVar("Given")
Queue = list[tuple[Asked, asyncio.Future[Given]]]


class KeptReplies(Protocol):
    """What a run asks before it pays."""

    async def find(self, key: bytes) -> StoredReply | None:
        """Give the reply to a request if there is one.

        Where there is none, the caller asks for it, and ends with `keep` or `give_up`: others with
        the same question may be waiting.
        """
        ...

    async def keep(self, key: bytes, reply: StoredReply) -> StoredReply:
        """Keep a reply; when this returns it is safe. Gives the one that stays, the first of two."""
        ...

    def give_up(self, key: bytes) -> None:
        """Say that no reply to this request will come from here."""
        ...


class OwnReplies:
    """The reply store, used by this process itself; on one event loop.

    What is looked for and what arrives in one turn of the loop goes to the store together: with a
    commit for each reply, the store would cost as much as the connection to the server.
    """

    def __init__(self, store: ReplyStore) -> None:
        self._store = store
        self._looked_for: Queue[bytes, StoredReply | None] = []
        self._arrived: Queue[tuple[bytes, StoredReply], StoredReply] = []

    async def find(self, key: bytes) -> StoredReply | None:
        """Give the reply to a request if there is one."""
        return await self._promised(self._looked_for, key)

    async def keep(self, key: bytes, reply: StoredReply) -> StoredReply:
        """Keep a reply."""
        return await self._promised(self._arrived, (key, reply))

    def give_up(self, key: bytes) -> None:
        """Nobody waits: within a run `OpenCalls` sees to it."""

    def _promised(self, queue: Queue[Asked, Given], asked: Asked) -> asyncio.Future[Given]:
        loop = asyncio.get_running_loop()
        if not (self._looked_for or self._arrived):
            loop.call_soon(self._serve)
        promise: asyncio.Future[Given] = loop.create_future()
        queue.append((asked, promise))
        return promise

    def _serve(self) -> None:
        arrived, self._arrived = self._arrived, []
        looked_for, self._looked_for = self._looked_for, []
        _settle(arrived, self._keep)
        _settle(looked_for, self._find)

    def _keep(self, arrived: Sequence[tuple[bytes, StoredReply]]) -> list[StoredReply]:
        if self._store.put_many(arrived) == len(arrived):
            return [reply for _, reply in arrived]
        # Another process asked the same, and its reply stays.
        stays = self._store.get_many(key for key, _ in arrived)
        return [stays.get(key, reply) for key, reply in arrived]

    def _find(self, keys: Sequence[bytes]) -> list[StoredReply | None]:
        found = self._store.get_many(keys)
        return [found.get(key) for key in keys]


def _settle(queue: Queue[Asked, Given], work: Callable[[list[Asked]], list[Given]]) -> None:
    """Do a piece of work for all that asked for it; its error is the error of each."""
    if not queue:
        return
    try:
        given = work([asked for asked, _ in queue])
    except Exception as error:  # noqa: BLE001 - handed to each that asked
        for _, promise in queue:
            if not promise.done():
                promise.set_exception(error)
        return
    for (_, promise), one in zip(queue, given, strict=True):
        if not promise.done():  # its run was cancelled
            promise.set_result(one)


class StoredReplies:
    """The reply store alone, for what never waits and so needs no event loop."""

    def __init__(self, store: ReplyStore) -> None:
        self._store = store

    async def find(self, key: bytes) -> StoredReply | None:
        """Give the reply to a request if there is one."""
        return self._store.get(key)

    async def keep(self, key: bytes, reply: StoredReply) -> StoredReply:
        """Keep a reply."""
        return reply if self._store.put(key, reply) else self._store.get(key) or reply

    def give_up(self, key: bytes) -> None:
        """Nobody waits."""
