"""The addresses and who answers them, as one ASGI application behind its guard."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from hf_sft_builders.errors import SFTError
from hf_sft_builders.reviewing.desk import HERE, Desk
from hf_sft_builders.reviewing.guarding import App, Guard, Keys
from hf_sft_builders.reviewing.library import Library
from hf_sft_builders.reviewing.pages import Pages
from hf_sft_builders.reviewing.receiving import Receiving
from hf_sft_builders.reviewing.wording import Starter


def application(library: Library, keys: Keys, starter: Starter) -> App:
    """Give the page as an ASGI application.

    Args:
        library: What can be opened.
        keys: What opens the page.
        starter: Who starts it.
    """
    desk = Desk(library, keys, starter)
    pages, receiving = Pages(desk), Receiving(desk)
    shown = ("row", "source", "page", "image", "text", "next", "pair", "progress", "tree")
    received = ("act", "ask", "repeats", "tree", "undo")
    routes = [
        Route("/", pages.datasets),
        Route("/d/{key}/", pages.rows),
        *(Route(f"/d/{{key}}/{name}", getattr(pages, name)) for name in shown),
        *(Route(f"/d/{{key}}/{n}", getattr(receiving, n), methods=["POST"]) for n in received),
        Route("/settings", receiving.settings, methods=["POST"]),
        Route("/sign-in", receiving.sign_in, methods=["GET", "POST"]),
        Route("/favicon.ico", lambda request: RedirectResponse("/static/icon.svg", 301)),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]

    def refused(request: Request, error: Exception) -> Response:
        return desk.failed(request, error)

    app = Starlette(routes=routes, exception_handlers={SFTError: refused})
    return Guard(app, keys)
