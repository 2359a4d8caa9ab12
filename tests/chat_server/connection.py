"""One connection: requests in their order, each answered before the next is looked at."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator
from typing import Protocol, cast

from chat_server.wire import (
    MalformedRequestError,
    Reply,
    Request,
    awaits_continue,
    error_reply,
    take_request,
)

# l_onoff=1, l_linger=0: closing sends RST at once.
_RESET = struct.pack("ii", 1, 0)


class Application(Protocol):
    """What a connection asks."""

    def connected(self, change: int) -> None:
        """Note a connection at its first request (+1) and at its end (-1)."""

    def reply(self, request: Request) -> Reply:
        """Decide on the answer; must not wait."""
        ...

    def done(self, reply: Reply, delivered: bool) -> None:
        """Note that the answer is out, or that the client left before."""


class Connection(asyncio.Protocol):
    """Callbacks and timers only: a task per request would cost more than the request."""

    def __init__(self, app: Application, loop: asyncio.AbstractEventLoop) -> None:
        self.app = app
        self.loop = loop
        self.buffer = bytearray()
        self.counted = False
        self.reply: Reply | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # Not checked by isinstance: uvloop's transports are no subclass.
        self.transport = cast(asyncio.Transport, transport)

    # An EOF closes the connection (the default), so that a client which left is seen at once,
    # at the price of clients that close only their sending half.
    def connection_lost(self, exc: Exception | None) -> None:
        """Give up on what was not yet sent."""
        if self.counted:
            self.app.connected(-1)
        if self.timer:
            self.timer.cancel()
        if self.reply:
            self.app.done(self.reply, delivered=False)
            self.reply = None

    def data_received(self, data: bytes) -> None:
        """Collect; requests that come while one is being answered wait in the buffer."""
        self.buffer += data
        if self.reply is None:
            self._serve()

    def _serve(self) -> None:
        while self.buffer and self.reply is None and not self.transport.is_closing():
            try:
                request = take_request(self.buffer)
            except MalformedRequestError as error:
                self._start(error_reply(400, str(error), ending="close"))
                return
            if request is None:
                if awaits_continue(self.buffer):
                    self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            reply = self.app.reply(request)
            self._count(reply)
            if not request.keep_alive and reply.ending == "keep":
                reply.ending = "close"
            self._start(reply)

    def _count(self, reply: Reply) -> None:
        # Connections that only steer the server are not among those that tests count.
        if reply.endpoint and not self.counted:
            self.counted = True
            self.app.connected(1)

    def _start(self, reply: Reply) -> None:
        self.reply = reply
        if reply.delay > 0:
            self.timer = self.loop.call_later(reply.delay, self._resume)
        else:
            self._play(reply)

    def _resume(self) -> None:
        self.timer = None
        if self.reply:
            self._play(self.reply)
        self._serve()

    def _play(self, reply: Reply) -> None:
        pieces = reply.pieces()
        if len(pieces) <= 1:
            self.transport.write(pieces[0] if pieces else b"")
            self._finish(reply)
        else:
            self._step(reply, iter(pieces))

    def _step(self, reply: Reply, pieces: Iterator[bytes]) -> None:
        piece = next(pieces, None)
        if piece is None:
            self.timer = None
            self._finish(reply)
            self._serve()
        else:
            self.transport.write(piece)
            self.timer = self.loop.call_later(reply.gap, self._step, reply, pieces)

    def _finish(self, reply: Reply) -> None:
        if reply.ending == "hang":
            return
        self.reply = None
        self.app.done(reply, delivered=True)
        if reply.ending == "close":
            self.transport.close()
        elif reply.ending == "reset":
            self.transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, _RESET
            )
            self.transport.abort()
