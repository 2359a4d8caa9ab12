"""Who asks which question now, so that no two workers pay for the same."""

from __future__ import annotations

import asyncio
from typing import Any


class Claims:
    """Questions that are being asked, by the key of their reply."""

    def __init__(self) -> None:
        self._owners: dict[bytes, Any] = {}
        self._waiting: dict[bytes, list[asyncio.Future[None]]] = {}

    def is_free(self, key: bytes) -> bool:
        """Whether nobody asks this."""
        return key not in self._owners

    def owner(self, key: bytes) -> Any:
        """Give the session that asks; None where none does."""
        return self._owners.get(key)

    def take(self, key: bytes, owner: Any) -> None:
        """Let a session ask; others wait."""
        self._owners[key] = owner

    async def freed(self, key: bytes) -> None:
        """Wait until whoever asks has ended, well or not."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(turn)
        await turn

    def give_back(self, key: bytes) -> None:
        """Let those who wait look again."""
        self._owners.pop(key, None)
        for turn in self._waiting.pop(key, []):
            if not turn.done():
                turn.set_result(None)

    def give_back_all(self, owner: Any) -> None:
        """Give back all claims of a session that is gone."""
        for key in [key for key, held in self._owners.items() if held is owner]:
            self.give_back(key)
