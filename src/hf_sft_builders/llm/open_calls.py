"""Questions of a run that are on their way: nobody asks one of them twice, and some wait for any."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from hf_sft_builders.errors import ModelError

# Another run may share the budget, and its ends are not told here.
_LOOK_AGAIN = 1.0
_DOUBTED_BY_ALL = 8


class OpenCalls:
    """What one run has asked and has no reply to yet, by reply key; lives on the engine's loop."""

    def __init__(self) -> None:
        self._open: dict[bytes, asyncio.Future[ModelError | None]] = {}
        self._one_ended = asyncio.Event()
        self._doubted = 0

    async def same(self, key: bytes) -> None:
        """Wait while somebody else asks the same question; then the store has the reply.

        Raises:
            ModelError: the other's; the same question would fail the same way.
        """
        while (other := self._open.get(key)) is not None:
            await asyncio.wait([other])
            if (error := other.result()) is not None:
                raise ModelError(str(error))

    @contextmanager
    def opened(self, key: bytes) -> Iterator[None]:
        """Let others wait for this question until the block ends."""
        self._open[key] = asked = asyncio.get_running_loop().create_future()
        error = None
        try:
            yield
        except ModelError as refused:
            error = refused
            raise
        finally:
            del self._open[key]
            asked.set_result(error)
            self._one_ended.set()
            self._one_ended = asyncio.Event()

    async def doubted(self, served: Callable[[], bool]) -> None:
        """Wait until it shows whether the run is set up wrongly, or only this question is wrong.

        A refusal comes at once, where a reply takes time: one question that is too long must not
        end the run before the others have been answered. Returns when one is, or when all that are
        on their way (or so many that it makes no difference) were refused too.
        """
        self._doubted += 1
        while not served() and self._doubted < min(len(self._open), _DOUBTED_BY_ALL):
            await self.one_ended()

    async def one_ended(self) -> None:
        """Wait until a question of this run has its reply or its error, a second at the most."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._one_ended.wait(), _LOOK_AGAIN)
