"""What the script and the forms of the page send."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from hf_sft_builders.errors import ConfigurationError, SFTError
from hf_sft_builders.reviewing import acting
from hf_sft_builders.reviewing.desk import Desk
from hf_sft_builders.reviewing.visitors import keep

_TRIES, _WINDOW = 10, 60.0
"""Passwords that are looked at in so many seconds, whoever sends them."""


@dataclass
class Receiving:
    """Answers what changes something."""

    desk: Desk
    _tries: list[float] = field(default_factory=list, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    async def act(self, request: Request) -> Response:
        """Do an action."""
        return await self._do(request, acting.act)

    async def ask(self, request: Request) -> Response:
        """Ask a model."""
        return await self._do(request, acting.ask)

    async def undo(self, request: Request) -> Response:
        """Take the last action back."""
        return await self._do(request, acting.undo)

    async def _do(self, request: Request, what: Callable[..., dict[str, Any]]) -> Response:
        def doing(body: bytes) -> dict[str, Any]:
            visitor, told = self.desk.visitor(request), acting.read_json(body)
            return what(self.desk.session(request), told, visitor.reviewer, visitor.words)

        try:
            return JSONResponse(await run_in_threadpool(doing, await _body(request)))
        except SFTError as error:
            told = {"message": str(error)}
            if names := getattr(error, "__notes__", None):
                told["field"] = names[0]
            return JSONResponse(told, 422)

    async def repeats(self, request: Request) -> Response:
        """Look for rows that repeat others."""
        return await self._do(request, acting.repeats)

    async def tree(self, request: Request) -> Response:
        """Change the domain tree."""
        return await self._do(request, acting.edit_tree)

    async def settings(self, request: Request) -> Response:
        """Keep name, language and theme."""
        response = RedirectResponse(_came_from(request), 303)
        keep(response, await _form(request))
        return response

    async def sign_in(self, request: Request) -> Response:
        """Ask a second user for the password."""
        words, keys = self.desk.visitor(request).words, self.desk.keys
        if request.method != "POST" or not keys.password:
            return self._form_again(request, "", 200)
        if wait := self._must_wait():
            return self._form_again(request, words["wait"].format(seconds=wait), 429)
        given = await _form(request)
        if not keys.is_password(given.get("password", "")):
            return self._form_again(request, words["wrong_password"], 403)
        response = RedirectResponse("/", 303)
        keep(response, given)
        response.headers.append("set-cookie", keys.set_cookie())
        return response

    def _form_again(self, request: Request, wrong: str, status: int) -> Response:
        return self.desk.show(request, "sign_in.html", status, wrong=wrong, signed_in=False)

    def _must_wait(self) -> int:
        """Give the seconds until another password is looked at, 0 for now."""
        now = time.monotonic()
        with self._lock:
            self._tries[:] = [then for then in self._tries if now - then < _WINDOW]
            if len(self._tries) >= _TRIES:
                return int(_WINDOW + 1 - (now - self._tries[0]))
            self._tries.append(now)
        return 0


def _came_from(request: Request) -> str:
    """Give the page a form stood on; only its path counts, so that it leads nowhere else."""
    parts = urlsplit(request.headers.get("referer", ""))
    path = "/" + parts.path.lstrip("/\\")
    return f"{path}?{parts.query}" if parts.query else path


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await _body(request)).decode("utf-8", "replace")))


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > acting.LARGEST_BODY:
            raise ConfigurationError(f"More than {acting.LARGEST_BODY >> 20} MB were sent at once.")
    return bytes(body)
