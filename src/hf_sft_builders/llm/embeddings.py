"""Vectors of texts, from any endpoint that speaks the OpenAI protocol (`/embeddings`).

As with chat, each reply is stored before anything is made of it, so nothing is paid for twice.

Example:
    >>> embed(["云溪塔", "Tidewater"], "bge-m3", "http://localhost:8000/v1")
    [[0.01, …], [0.12, …]]
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from hf_sft_builders.errors import ModelError
from hf_sft_builders.llm.endpoint import Endpoint, find_endpoint
from hf_sft_builders.llm.posting import posted
from hf_sft_builders.llm.reply_keys import reply_key

_TEXTS_PER_CALL = 64
_TRIES = 6
_TIMEOUT = 120.0


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
    asked = [{"role": "input", "content": text} for text in texts]
    key = reply_key(asked, model=model, endpoint=endpoint.address, parameters={"embed": True})
    body = json.dumps({"model": model, "input": list(texts)}).encode()
    raw = posted(key, body, endpoint, model, timeout=_TIMEOUT, tries=_TRIES)
    return _read(raw, len(texts))


def _read(raw: str, expected: int) -> Iterator[list[float]]:
    try:
        items = sorted(json.loads(raw)["data"], key=lambda item: item["index"])
        vectors = [[float(number) for number in item["embedding"]] for item in items]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"The reply holds no embeddings ({error!r}): {raw[:200]}") from error
    if len(vectors) != expected:
        raise ModelError(f"{len(vectors)} embeddings came for {expected} texts.")
    return iter(vectors)
