"""AK and SK of OpenXLab, exchanged for the token that reading OpenDataLab's files needs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import ConfigurationError, SourceError
from hf_sft_builders.sources.http import Call, redact, retrying, send
from hf_sft_builders.sources.platforms import parse_json


class Tokens:
    """The token of this process, made from AK and SK and made anew when it ends."""

    def __init__(self) -> None:
        self._known: tuple[tuple[str, ...], float, str] = ((), 0.0, "")
        self.restart()

    def restart(self) -> None:
        """Make a new lock, for a fork."""
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Make a new token next time."""
        self._known = ((), 0.0, "")

    def get(self) -> str:
        """Give a token that is valid for a minute more.

        Raises:
            SourceError: There are no keys, or they are refused.
        """
        known = keys()
        if not known:
            raise SourceError(
                "opendatalab:// needs an account to read files. Make AK and SK at "
                "https://sso.openxlab.org.cn, and set OPENXLAB_AK and OPENXLAB_SK."
            )
        with self._lock:
            owner = (*known, _auth_endpoint())
            if self._known[0] != owner or self._known[1] < time.time() + 60:
                self._known = (owner, *_sign_in(*known))
            return self._known[2]


TOKENS = Tokens()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=TOKENS.restart)


def _sign_in(access: str, secret: str) -> tuple[float, str]:
    """Exchange the keys for a token; give when it ends, and the token."""
    nonce = _auth("auth", {"ak": access}, secret)
    kind = str(nonce.get("algorithm") or "HmacSHA256").removeprefix("Hmac").lower()
    digest = hmac.new(secret.encode(), str(nonce["nonce"]).encode(), getattr(hashlib, kind))
    signed = base64.b64encode(digest.digest()).decode()
    given = _auth("getJwt", {"ak": access, "d": signed}, secret)
    try:
        ends = datetime.strptime(str(given.get("expiration")), "%Y-%m-%d %H:%M:%S").timestamp()
    except ValueError:
        ends = time.time() + 600
    # The server writes its own local time; half an hour is always safe.
    return min(max(ends, time.time() + 120), time.time() + 1800), str(given["jwt"])


def _auth(step: str, body: dict[str, str], secret: str) -> dict[str, Any]:
    call = Call.post(f"{_auth_endpoint()}/api/v1/sso-be/api/v1/open/{step}", body)

    def once() -> tuple[int, dict[str, Any]]:
        with send(call) as response:
            words = response.read()
        return response.status, dict(parse_json(words, call)) if words[:1] == b"{" else {}

    status, answer = retrying(once)
    inner = (answer.get("data") or {}).get("data")
    if status >= 400 or not inner:
        told = answer.get("msg") or (answer.get("data") or {}).get("msg") or f"HTTP {status}"
        hidden = Call("", secrets={"ak": body["ak"], "sk": secret})
        raise SourceError(
            f"opendatalab://: OPENXLAB_AK and OPENXLAB_SK were refused ({redact(str(told), hidden)}). "
            "Make new ones at https://sso.openxlab.org.cn."
        )
    return dict(inner)


def _auth_endpoint() -> str:
    named = os.environ.get("HF_SFT_OPENDATALAB_AUTH_ENDPOINT", "https://openapi.openxlab.org.cn")
    return named.rstrip("/")


def keys() -> tuple[str, str] | None:
    """Find AK and SK where openxlab does."""
    access, secret = os.environ.get("OPENXLAB_AK", ""), os.environ.get("OPENXLAB_SK", "")
    config = Path("~/.openxlab/config.json").expanduser()
    if not (access and secret) and config.is_file():
        try:
            known = json.loads(config.read_text(encoding="utf-8"))
            access, secret = str(known["ak"]), str(known["sk"])
        except (ValueError, KeyError, TypeError):
            raise ConfigurationError(f'{config}: expected {{"ak": …, "sk": …}}.') from None
    return (access, secret) if access and secret else None
