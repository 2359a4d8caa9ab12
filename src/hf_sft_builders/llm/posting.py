"""One body to any address, again where that may heal, and the reply stored before it is used.

For servers that are no chat endpoints but cost as much: embeddings, page readers.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

from hf_sft_builders.errors import EndpointError, ModelError
from hf_sft_builders.llm.endpoint import Endpoint
from hf_sft_builders.llm.pacing import backoff
from hf_sft_builders.llm.protocol import error_words
from hf_sft_builders.llm.replies import StoredReply

_HEALING = (408, 409, 425, 429)


def posted(
    key: bytes, body: bytes, endpoint: Endpoint, model: str, *, timeout: float, tries: int
) -> str:
    """Give the reply to a body: the stored one, or what the server says now.

    Args:
        key: Of the reply, by `llm.reply_keys.reply_key`.
        body: What is sent.
        endpoint: Where, and with which headers.
        model: For the store's books.
        timeout: Seconds that one try may take.
        tries: How often it is sent at the most.

    Raises:
        EndpointError: the server refuses for good.
        ModelError: it gave nothing usable after several tries.
    """
    from hf_sft_builders.llm.engine import engine_for
    from hf_sft_builders.llm.membership import replies_for

    engine = engine_for(endpoint)
    replies = replies_for(engine.loop)

    async def reply() -> str:
        known = await replies.find(key)
        if known is not None:
            return known.raw
        try:
            raw = await _post(engine, body, timeout, tries)
            new = StoredReply(raw, model, endpoint.address, created=time.time())
            return (await replies.keep(key, new)).raw
        except BaseException:
            replies.give_up(key)
            raise

    return asyncio.run_coroutine_threadsafe(reply(), engine.loop).result()


async def _post(engine: Any, body: bytes, timeout: float, tries: int) -> str:
    endpoint, words = engine.endpoint, ""
    for attempt in range(1, tries + 1):
        try:
            raw = await engine.transport.post(endpoint.url, endpoint.headers, body, timeout)
        except (TimeoutError, ConnectionError) as error:
            words = f"{type(error).__name__}: {str(error) or f'nothing within {timeout:g} s'}"
        else:
            if raw.status == 200:
                return str(raw.body.decode("utf-8"))
            words = f"{raw.status}: {error_words(raw.body)}"
            if raw.status < 500 and raw.status not in _HEALING:
                raise EndpointError(f"{endpoint.address}: {endpoint.redact(words)}")
        if attempt < tries:
            await asyncio.sleep(backoff(attempt, random))
    raise ModelError(f"{endpoint.address}: {endpoint.redact(words)} ({tries} tries)")
