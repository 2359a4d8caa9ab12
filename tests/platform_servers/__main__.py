"""`python -m platform_servers`: serve both hosts on loopback, the API's port on stdout."""

from __future__ import annotations

import sys
import threading
from http.server import ThreadingHTTPServer

from platform_servers.hosts import make_handler
from platform_servers.state import State


def main():
    """Serve until the parent's end of stdin closes."""
    state = State()
    servers = {}
    for host in ("api", "storage"):
        servers[host] = ThreadingHTTPServer(("127.0.0.1", 0), make_handler(host, state))
        servers[host].daemon_threads = True
        threading.Thread(target=servers[host].serve_forever, daemon=True).start()
    state.storage_url = f"http://127.0.0.1:{servers['storage'].server_port}"
    print(servers["api"].server_port, flush=True)
    sys.stdin.buffer.read()


main()
