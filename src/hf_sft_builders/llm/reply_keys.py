"""The key of a stored reply: a hash of everything that the reply depends on, and of nothing else.

In the key: the model (name and endpoint, or the `model_id` that stands for both), messages,
parameters, schema, sample. Not in it: concurrency, time-outs, budgets, credentials. Keys are the
same in every process and on every version of Python, so that a store outlives both.

Example:
    >>> question = [{"role": "user", "content": "Where is the tower?"}]
    >>> key = reply_key(question, model="qwen3", endpoint="http://localhost:8000/v1")
    >>> key == reply_key(question, model="qwen3", endpoint="http://me:secret@LOCALHOST:8000/v1/")
    True
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from hf_sft_builders.errors import ConfigurationError

if TYPE_CHECKING:
    from pydantic import BaseModel

KEY_BYTES = 16

_LAYOUT = 1
"""Raised when the same request shall get another key; every stored reply is then paid for again."""

_DEFAULT_PORTS = {"http": 80, "https": 443}

# A list of what may stay, because no list of what may not would know every gateway's secret.
_PUBLIC_QUERY = frozenset(
    {"api-version", "api_version", "deployment", "model", "provider", "region", "version"}
)
_SECRET_SEGMENT = re.compile(r"(?:sk|pk|gsk)[-_][\w-]{16,}|hf_\w{16,}")


_quoted = json.encoder.encode_basestring  # type: ignore[attr-defined,unused-ignore]
_encode = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(",", ":")
).encode


def reply_key(
    messages: Sequence[Mapping[str, Any]],
    *,
    model: str = "",
    endpoint: str = "",
    model_id: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    schema: type[BaseModel] | Mapping[str, Any] | None = None,
    sample: int = 0,
) -> bytes:
    """Give the key under which the reply to a request is stored.

    Args:
        messages: As they are sent.
        model: Name of the model, as the server knows it.
        endpoint: Address of the server; see `public_endpoint` for what of it counts.
        model_id: Stands for model and endpoint where the address changes but the model does not.
        parameters: `temperature`, `max_tokens`, `seed`, …; 1 and 1.0 are the same.
        schema: The shape that the reply must have. The order of its fields counts, since a model
            writes them in that order.
        sample: Tells several replies to the same question apart.

    Raises:
        ConfigurationError: for what JSON cannot hold (NaN, an object), for a bad endpoint, and
            where no model is named.
    """
    given = parameters or {}
    stamp = tuple((name, type(value), value) for name, value in given.items())
    try:
        before, after = _around_messages(model, endpoint, model_id, stamp, schema, sample)
    except TypeError:  # parameters or a schema that cannot be hashed
        around = _around_messages.__wrapped__
        before, after = around(model, endpoint, model_id, stamp, schema, sample)
    plain = _plain_messages(messages)
    said = canonical_json(messages) if plain is None else plain.encode("utf-8", "surrogatepass")
    return hashlib.sha256(before + said + after).digest()[:KEY_BYTES]


@lru_cache(maxsize=256)
def _around_messages(
    model: str,
    endpoint: str,
    model_id: str | None,
    parameters: tuple[tuple[str, type, Any], ...],
    schema: type[BaseModel] | Mapping[str, Any] | None,
    sample: int,
) -> tuple[bytes, bytes]:
    """Write a request as canonical JSON, in two parts: messages stand between them."""
    rest = {
        "model": _identity(model, endpoint, model_id),
        "parameters": {name: value for name, _, value in parameters},
        "schema": _schema_text(schema),
        "sample": sample,
    }
    return f'{{"layout":{_LAYOUT},"messages":'.encode(), b"," + canonical_json(rest)[1:]


def _plain_messages(messages: Sequence[Mapping[str, Any]]) -> str | None:
    """Write messages of nothing but role and text as canonical JSON; None for any others.

    Almost all requests are such, and the general way takes five times as long.
    """
    parts = []
    for message in messages:
        if len(message) != 2:
            return None
        role, content = message.get("role"), message.get("content")
        if type(role) is not str or type(content) is not str:
            return None
        parts.append(f'{{"content":{_quoted(content)},"role":{_quoted(role)}}}')
    return f"[{','.join(parts)}]"


def _identity(model: str, endpoint: str, model_id: str | None) -> dict[str, str]:
    if model_id:
        return {"id": model_id}
    if not model:
        raise ConfigurationError("No model is named, so no reply could be told from another's.")
    return {"name": model, "endpoint": public_endpoint(endpoint)}


def canonical_json(value: Any) -> bytes:
    """Write a value as the JSON that all equal values share.

    Raises:
        ConfigurationError: for what JSON cannot hold.
    """
    try:
        text = _encode(_canonical(value))
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"A request to a model holds what JSON cannot: {error}. Give texts, numbers, "
            "booleans, None, lists and mappings only."
        ) from error
    # Half a surrogate pair cannot be sent, but must not collide with anything that can.
    return text.encode("utf-8", "surrogatepass")


@lru_cache(maxsize=256)
def public_endpoint(address: str) -> str:
    """Give the part of an endpoint's address that may be stored and that tells servers apart.

    Without user and password, fragment, trailing slash, default port, key-like path segments, and
    every part of the query but the few that are known to name a deployment (`api-version`, …).
    Scheme and host are written small. Doing it again changes nothing.

    Raises:
        ConfigurationError: for what is no http or https address; the message does not repeat it.
    """
    if not address:
        return ""
    try:
        parts = urlsplit(address.strip())
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host, port = "", None, None
    if scheme not in _DEFAULT_PORTS or not host:
        # Neither the address nor urllib's words about it: both may hold the password.
        raise ConfigurationError(
            "The endpoint is not an address like http://localhost:8000/v1 or "
            "https://api.example.com/v1. Give base_url= with http:// or https://, a host, and a "
            "password only where percent-encoded; it is not shown here because it may hold one."
        ) from None
    shown = f"[{host}]" if ":" in host else host
    place = shown if port in (None, _DEFAULT_PORTS[scheme]) else f"{shown}:{port}"
    return urlunsplit((scheme, place, _public_path(parts), _public_query(parts), ""))


def _public_path(parts: SplitResult) -> str:
    segments = parts.path.rstrip("/").split("/")
    return "/".join(
        "***" if _SECRET_SEGMENT.fullmatch(segment) else segment for segment in segments
    )


def _public_query(parts: SplitResult) -> str:
    fields = parse_qsl(parts.query, keep_blank_values=True)
    return urlencode(sorted(field for field in fields if field[0].lower() in _PUBLIC_QUERY))


def _schema_text(schema: type[BaseModel] | Mapping[str, Any] | None) -> str | None:
    if schema is None:
        return None
    return _text_of(schema) if isinstance(schema, Mapping) else _shape_text(schema)


@lru_cache(maxsize=256)
def _shape_text(shape: type[BaseModel]) -> str:
    return _text_of(shape.model_json_schema())


def _text_of(schema: Mapping[str, Any]) -> str:
    return canonical_json(schema).decode("utf-8", "surrogatepass")


def _canonical(value: Any) -> Any:
    if isinstance(value, str):
        return value
    # dict before Mapping: the general question takes five times as long, for every value.
    if isinstance(value, (dict, Mapping)):
        return {
            str(name): item if type(item) is str else _item(name, item)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [item if type(item) is str else _canonical(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _item(name: object, item: Any) -> Any:
    """Keep the order of a schema's fields through the sorting: models follow it."""
    if name != "properties" or not isinstance(item, Mapping):
        return _canonical(item)
    return {str(name): [place, _canonical(item[name])] for place, name in enumerate(item)}
