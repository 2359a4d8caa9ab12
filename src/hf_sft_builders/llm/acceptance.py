"""Whether a completion is the reply that was asked for, and what it adds to the account. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from hf_sft_builders.errors import ReplyRejected
from hf_sft_builders.llm.content import estimated_tokens
from hf_sft_builders.llm.model import ChatRequest, Reply
from hf_sft_builders.llm.protocol import Completion
from hf_sft_builders.llm.structured import complete_items, read_reply


def paid_for(completion: Completion) -> dict[str, int]:
    """What one fresh reply adds to its row's usage."""
    return {
        "calls": 1,
        "tokens_in": completion.tokens_in,
        "tokens_out": completion.tokens_out,
        "tokens_reasoning": completion.tokens_reasoning,
    }


def spent_by(completion: Completion, asked: int) -> tuple[int, int]:
    """Give what a reply cost, in tokens in and out; estimated where the server does not say.

    Args:
        completion: The reply.
        asked: Estimate of the request's tokens.
    """
    if completion.tokens_in or completion.tokens_out:
        return completion.tokens_in, completion.tokens_out
    return asked, estimated_tokens([{"content": completion.reasoning + completion.text}])


def accept(completion: Completion, request: ChatRequest, usage: Mapping[str, int]) -> Reply:
    """Give the reply in the shape that was asked for.

    Raises:
        ReplyRejected: with what is wrong, in words that can be sent back.
    """
    parsed: BaseModel | None = None
    repairs: tuple[str, ...] = ()
    if completion.finish_reason == "length":
        if not (request.allow_parts and request.schema):
            raise ReplyRejected("The reply was cut off at the token limit (finish_reason=length).")
        part = complete_items(completion.text, request.schema)
        parsed, repairs = part.value, (*part.repairs, str(part))
    elif request.schema is not None:
        whole = read_reply(completion.text, request.schema)
        parsed, repairs = whole.value, whole.repairs
    elif not completion.text.strip():
        raise ReplyRejected("The reply is empty.")
    return Reply(
        text=completion.text.strip(),
        parsed=parsed,
        repairs=repairs,
        reasoning=completion.reasoning,
        finish_reason=completion.finish_reason,
        usage=dict(usage),
        logprobs=completion.logprobs,
    )
