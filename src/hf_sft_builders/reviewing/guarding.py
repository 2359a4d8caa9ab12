"""Who may talk to the review page: the checks that every request passes before it is looked at.

The page shows private data and changes decisions, so it distrusts everybody but the person who holds
the link: a page of another site in the same browser, a name that was re-bound to this machine (DNS
rebinding), another user of the machine, and the rows themselves, which may hold anything.

What is checked, in this order: the name in `Host`; for what changes something, the `Origin`; the
token, by cookie. What is sent: a policy under which nothing but the page's own files is loaded.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
OPEN_PATHS = ("/static/", "/sign-in")
"""What is answered without a token: the style sheet, the script, and the form that asks for one."""
_READING = ("GET", "HEAD")

POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Sent with every answer; one that sets a header of its own keeps it."""


@dataclass(frozen=True)
class Keys:
    """What opens the page.

    Args:
        port: Part of the cookie's name: cookies know no ports, and two pages may run side by side.
        hosts: Names under which the page may be called.
        password: What a second user is asked for; "" where only the link opens the page.
        token: The secret in the link and in the cookie.
    """

    port: int
    hosts: tuple[str, ...] = LOOPBACK
    password: str = field(default="", repr=False)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def cookie(self) -> str:
        """The cookie's name."""
        return f"hf_sft_review_{self.port}"

    def fits(self, token: str) -> bool:
        """Whether this is the token, compared in constant time."""
        return hmac.compare_digest(token.encode(), self.token.encode())

    def is_password(self, given: str) -> bool:
        """Whether this is the password; without one, nothing is."""
        return bool(self.password) and hmac.compare_digest(given.encode(), self.password.encode())

    def set_cookie(self) -> str:
        """Give the header that keeps the token in the browser: for no script, for no other site."""
        return f"{self.cookie}={self.token}; Path=/; HttpOnly; SameSite=Strict"

    def knows_host(self, name: str) -> bool:
        """Whether the page may be called so.

        Rebinding needs a name that somebody else owns; an address is nobody's name. So where the page
        is open to other machines, it may be called by any address.
        """
        return name in self.hosts or (
            set(self.hosts) - set(LOOPBACK) != set() and _is_address(name)
        )


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def host_name(header: str) -> str:
    """Give the name in a `Host` header, without port and brackets; "" for what is none."""
    try:
        return (urlsplit(f"//{header}").hostname or "").rstrip(".")
    except ValueError:
        return ""


@dataclass(frozen=True)
class Guard:
    """The application behind its checks, as an ASGI application."""

    app: App
    keys: Keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what fails a check; hand on the rest."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            refused = self._refusal(scope)
            if refused is None:
                await self.app(scope, receive, _with_headers(send))
            else:
                await _answer(_with_headers(send), *refused)
        else:
            raise RuntimeError(f"The review page speaks HTTP only, not {scope['type']}.")

    def _refusal(self, scope: Scope) -> tuple[int, bytes, list[tuple[bytes, bytes]]] | None:
        headers = {name.decode("latin-1").lower(): value for name, value in scope["headers"]}
        host = headers.get("host", b"").decode("latin-1")
        if not self.keys.knows_host(host_name(host)):
            return 421, _said("Not called by its own name. Open the link that was printed."), []
        if scope["method"] not in _READING and not _same_origin(headers, host):
            return 403, _said("Sent by a page of another origin."), []
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if given and self.keys.fits(given):
            return 200, *self._enter(scope)
        if scope["path"].startswith(OPEN_PATHS) or self.keys.fits(self._cookie(headers)):
            return None
        if self.keys.password and scope["method"] in _READING:
            return 303, b"", [(b"location", b"/sign-in")]
        return 401, _said("Open the link that was printed where the page was started."), []

    def _enter(self, scope: Scope) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        """Set the cookie and go on without the token, so that it stands in no history.

        Not by a redirect: one that began on another site would not bring a strict cookie along.
        """
        path = "/" + quote(scope["path"].lstrip("/"))
        page = f'<!doctype html><meta http-equiv="refresh" content="0;url={path}">'
        return page.encode(), [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"referrer-policy", b"no-referrer"),
            (b"set-cookie", self.keys.set_cookie().encode()),
        ]

    def _cookie(self, headers: Mapping[str, bytes]) -> str:
        try:
            jar = SimpleCookie(headers.get("cookie", b"").decode("latin-1"))
        except CookieError:
            return ""
        return jar[self.keys.cookie].value if self.keys.cookie in jar else ""


def _same_origin(headers: Mapping[str, bytes], host: str) -> bool:
    """Whether a browser says that our own page sent this; one that says nothing is no browser of ours."""
    origin = headers.get("origin", b"").decode("latin-1")
    return origin in (f"http://{host}", f"https://{host}")


def _said(words: str) -> bytes:
    return f"{words}\n".encode()


def _with_headers(send: Send) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message.get("headers", [])}
            own = {**HEADERS, "cache-control": "no-store"}
            added = [(n.encode(), v.encode()) for n, v in own.items() if n.encode() not in present]
            message = {**message, "headers": [*message.get("headers", []), *added]}
        await send(message)

    return sending


async def _answer(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    if not any(name == b"content-type" for name, _ in headers):
        headers = [*headers, (b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
