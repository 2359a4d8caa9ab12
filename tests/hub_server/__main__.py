"""`python -m hub_server FOLDER`: print the port, serve until the parent is gone."""

import sys
import threading
from pathlib import Path

from hub_server.web import serve

if __name__ == "__main__":
    server = serve(Path(sys.argv[1]))
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()  # ends with the parent
