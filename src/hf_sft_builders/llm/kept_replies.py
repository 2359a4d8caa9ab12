"""Where a run looks for replies and keeps them: the store of this process, or one of a cluster."""

from __future__ import annotations

from typing import Protocol

from hf_sft_builders.llm.replies import ReplyStore, StoredReply


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
    """The reply store, used by this process itself."""

    def __init__(self, store: ReplyStore) -> None:
        self._store = store

    async def find(self, key: bytes) -> StoredReply | None:
        """Give the reply to a request if there is one."""
        return self._store.get(key)

    async def keep(self, key: bytes, reply: StoredReply) -> StoredReply:
        """Keep a reply."""
        if self._store.put(key, reply):
            return reply
        # Another process asked the same, and its reply stays.
        return self._store.get(key) or reply

    def give_up(self, key: bytes) -> None:
        """Nobody waits: within a run `OpenCalls` sees to it."""
