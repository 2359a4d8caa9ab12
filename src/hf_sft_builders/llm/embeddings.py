"""Vectors of texts, from any endpoint that speaks the OpenAI protocol (`/embeddings`).

As with chat, each reply is stored before anything is made of it, so nothing is paid for twice.

Example:
    >>> embed(["云溪塔", "Tidewater"], "bge-m3", "http://localhost:8000/v1")
    [[0.01, …], [0.12, …]]
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Iterator, Sequence
from typing import Any

from hf_sft_builders.errors import EndpointError, ModelError
from hf_sft_builders.llm.endpoint import Endpoint, find_endpoint
from hf_sft_builders.llm.pacing import backoff
from hf_sft_builders.llm.protocol import error_words

_TEXTS_PER_CALL = 64
_TRIES = 6
_TIMEOUT = 120.0
_HEALING = (408, 409, 425, 429)


def embed(texts: Sequence[str], model: str, base_url: str | None = None) -> list[list[float]]:
    """Give the vector of each text.

    Args:
        texts: None of them empty: some servers refuse those.
        model: Name as the server knows it.
        base_url: Address ending in `/v1`; `OPENAI_BASE_URL` by default.

    Raises:
        EndpointError: the server refuses for good (key, address, name).
        ModelError: it gave nothing usable after several tries.
    """
    endpoint = _embeddings(find_endpoint(model, base_url, None))
    parts = (texts[i : i + _TEXTS_PER_CALL] for i in range(0, len(texts), _TEXTS_PER_CALL))
    return [vector for part in parts for vector in _vectors(part, model, endpoint)]


def _embeddings(endpoint: Endpoint) -> Endpoint:
    return Endpoint(endpoint.url.replace("/chat/completions", "/embeddings"), endpoint.headers)


def _vectors(texts: Sequence[str], model: str, endpoint: Endpoint) -> Iterator[list[float]]:
    from hf_sft_builders.llm.replies import ReplyStore, StoredReply, reply_key

    store = ReplyStore()
    asked = [{"role": "input", "content": text} for text in texts]
    key = reply_key(asked, model=model, endpoint=endpoint.address, parameters={"embed": True})
    known = store.get(key)
    if known is not None:
        return _read(known.raw, len(texts))
    raw = _posted(json.dumps({"model": model, "input": list(texts)}).encode(), endpoint)
    vectors = _read(raw, len(texts))
    paid = int((json.loads(raw).get("usage") or {}).get("prompt_tokens") or 0)
    store.put(key, StoredReply(raw, model, endpoint.address, paid, 0, 0, "stop", time.time()))
    return vectors


def _read(raw: str, expected: int) -> Iterator[list[float]]:
    try:
        items = sorted(json.loads(raw)["data"], key=lambda item: item["index"])
        vectors = [[float(number) for number in item["embedding"]] for item in items]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"The reply holds no embeddings ({error!r}): {raw[:200]}") from error
    if len(vectors) != expected:
        raise ModelError(f"{len(vectors)} embeddings came for {expected} texts.")
    return iter(vectors)


def _posted(body: bytes, endpoint: Endpoint) -> str:
    """Send until there is a reply, on the loop of the endpoint's engine."""
    from hf_sft_builders.llm.engine import engine_for

    engine = engine_for(endpoint)
    return asyncio.run_coroutine_threadsafe(_post(engine, body), engine.loop).result()


async def _post(engine: Any, body: bytes) -> str:
    endpoint, words = engine.endpoint, ""
    for attempt in range(1, _TRIES + 1):
        try:
            raw = await engine.transport.post(endpoint.url, endpoint.headers, body, _TIMEOUT)
        except (TimeoutError, ConnectionError) as error:
            words = f"{type(error).__name__}: {error}"
        else:
            if raw.status == 200:
                return str(raw.body.decode())
            words = f"{raw.status}: {error_words(raw.body)}"
            if raw.status < 500 and raw.status not in _HEALING:
                raise EndpointError(f"{endpoint.address}: {endpoint.redact(words)}")
        if attempt < _TRIES:
            await asyncio.sleep(backoff(attempt, random))
    raise ModelError(f"{endpoint.address}: {endpoint.redact(words)} ({_TRIES} tries)")
