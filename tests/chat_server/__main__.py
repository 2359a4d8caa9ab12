"""`python -m chat_server [--port N] [--set JSON]`: serve on loopback, the port on stdout."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import resource
import sys
from collections.abc import Callable

from chat_server.app import App
from chat_server.connection import Connection
from chat_server.settings import Settings


async def serve(app: App, port: int, with_parent: bool) -> None:
    """Serve until cancelled, or until the parent's end of stdin closes."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(app, loop), "127.0.0.1", port, backlog=4096
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    if with_parent:
        # A parent that is killed cannot stop us, but its pipe closes.
        await loop.run_in_executor(None, sys.stdin.buffer.read)
    else:
        await server.serve_forever()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m chat_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--set", type=json.loads, default={}, metavar="JSON")
    parser.add_argument("--with-parent", action="store_true", help="end when stdin closes")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # Requests make no cycles; the collector would only stop the clock now and then.
    gc.freeze()
    gc.set_threshold(100_000)
    app = App(Settings(**options.set))
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serve(app, options.port, options.with_parent))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


if __name__ == "__main__":
    main()
