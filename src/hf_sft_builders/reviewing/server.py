"""The review page as a server: bound to this machine, opened by a link with a token.

Example:
    >>> running = start(Library([Session.open("my-dataset")]))
    >>> running.url
    'http://127.0.0.1:8770/?token=…'
    >>> running.stop()
"""

from __future__ import annotations

import contextlib
import getpass
import importlib
import ipaddress
import socket
import threading
import time
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hf_sft_builders.errors import ConfigurationError, MissingExtra, UnknownName
from hf_sft_builders.reviewing.wording import LANGUAGES, Starter

if TYPE_CHECKING:
    from hf_sft_builders.reviewing.guarding import App
    from hf_sft_builders.reviewing.library import Library

PORT = 8770
_NEXT_PORTS = 20
_PACKAGES = "starlette uvicorn jinja2 markdown-it-py mdit-py-plugins latex2mathml"
_LAST_PORT = 65_535
_MODULES = ("jinja2", "latex2mathml", "markdown_it", "mdit_py_plugins", "starlette", "uvicorn")
_STARTING = 30.0
_LEAST_PASSWORD = 8


@dataclass
class Running:
    """A page that is being served."""

    url: str
    """With the token: whoever has it may review."""
    _server: Any
    _thread: threading.Thread

    def stop(self) -> None:
        """End it; what was decided is on the disk already."""
        self._server.should_exit = True
        self._thread.join()

    def wait(self) -> None:
        """Serve until it is ended, as by Ctrl+C."""
        try:
            while self._thread.is_alive():
                self._thread.join(0.5)
        except KeyboardInterrupt:
            self.stop()

    def _repr_html_(self) -> str:
        """Show the link in a notebook."""
        return f'<a href="{self.url}" target="_blank">{self.url.partition("?")[0]}</a>'


def start(
    library: Library,
    *,
    host: str = "127.0.0.1",
    port: int = PORT,
    password: str = "",
    names: Sequence[str] = (),
    reviewer: str = "",
    language: str = "",
    open_browser: bool = False,
) -> Running:
    """Serve the page from a thread of this process.

    Args:
        library: What can be opened.
        host: Address to listen on. Anything but this machine's own needs a password, and is warned
            of: what is shown travels unencrypted.
        port: Where to listen; the next free one of 20 if it is taken, any free one for 0.
        password: Asked of whoever comes without the link, on this machine too; 8 characters or more.
        names: Names under which other machines call this one, where they use no address.
        reviewer: Who starts it; the name of the user by default.
        language: `en` or `zh`; what the browser prefers by default.
        open_browser: Whether to open the link.

    Returns:
        The running page; `url` is the link.

    Raises:
        MissingExtra: if the packages of the extra `[review]` are missing.
        ConfigurationError: if the host needs a password, it is too short, or no port is free.
    """
    require_servable(host, port, password, language)
    listening = _listen(host, port)
    try:
        host_names = (socket.gethostname().lower(), *map(str.lower, names))
        starter = Starter(reviewer or getpass.getuser(), language)
        app, url = _application(library, listening, password, host_names, starter)
        server, thread = _serve(app, listening)
    except BaseException:
        listening.close()
        raise
    if open_browser:
        webbrowser.open(url)
    return Running(url, server, thread)


def require_servable(host: str, port: int, password: str, language: str) -> None:
    """Stop, before a file is made, where the page could not be served as it is asked for.

    Raises:
        MissingExtra: if the packages of the extra `[review]` are missing.
        ConfigurationError: if the host needs a password, or an option is not what it may be.
    """
    _check_password(host, password)
    if language and language not in LANGUAGES:
        raise UnknownName("language", language, LANGUAGES)
    if not 0 <= port <= _LAST_PORT:
        raise ConfigurationError(f"port={port}; expected 0 (any that is free) to {_LAST_PORT}.")
    try:
        for name in _MODULES:  # else a page would fail that is open already
            importlib.import_module(name)
    except ImportError as error:
        raise MissingExtra("The review page", _PACKAGES, "review") from error


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_password(host: str, password: str) -> None:
    if password and len(password) < _LEAST_PASSWORD:
        raise ConfigurationError(
            f"The password has {len(password)} characters; expected at least {_LEAST_PASSWORD} characters. "
            "Name a longer one, or none: the page then opens by its link only."
        )
    if not password and not is_loopback(host):
        raise ConfigurationError(
            f"host={host!r} lets other machines see and change your rows. Give a password of at least "
            f"{_LEAST_PASSWORD} characters, or leave host at 127.0.0.1."
        )


def _application(
    library: Library,
    listening: socket.socket,
    password: str,
    names: Sequence[str],
    starter: Starter,
) -> tuple[App, str]:
    from hf_sft_builders.reviewing.application import application
    from hf_sft_builders.reviewing.guarding import LOOPBACK, Keys

    host, port = listening.getsockname()[:2]
    others = () if is_loopback(host) else tuple(names)
    keys = Keys(port, (*LOOPBACK, *others), password)
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    shown = f"[{shown}]" if ":" in shown else shown
    app = application(library, keys, starter)
    return app, f"http://{shown}:{port}/?token={keys.token}"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for tried in [0] if port == 0 else range(port, port + _NEXT_PORTS):
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, tried))
            listening.listen(128)
        except OSError as error:
            listening.close()
            last = error
        else:
            return listening
    raise ConfigurationError(f"Cannot listen on {host}, ports {port} and after: {last}.") from last


def _serve(app: App, listening: socket.socket) -> tuple[Any, threading.Thread]:
    import uvicorn

    config = uvicorn.Config(
        app,
        log_level="error",
        access_log=False,  # it would write the token down
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listening]}, name="review page", daemon=True
    )
    thread.start()
    until = time.monotonic() + _STARTING
    while not server.started and thread.is_alive() and time.monotonic() < until:
        time.sleep(0.005)
    if not server.started:
        with contextlib.suppress(OSError):
            listening.close()
        raise ConfigurationError("The review page did not start; its log says why.")
    return server, thread
