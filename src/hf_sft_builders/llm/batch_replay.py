"""A conversation that makes no call: as far as the reply store goes, and what it needs next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hf_sft_builders.errors import ModelError
from hf_sft_builders.llm.acceptance import paid_for
from hf_sft_builders.llm.content import estimated_tokens
from hf_sft_builders.llm.conversation import Asking, Usage
from hf_sft_builders.llm.model import ChatRequest, Reply
from hf_sft_builders.llm.protocol import Completion, Refusal, ShapeMode, body_of, read_completion
from hf_sft_builders.llm.replies import StoredReply
from hf_sft_builders.llm.transport import RawReply


class Awaited(ModelError):
    """The store has no reply to a request yet."""

    def __init__(self, key: str, body: bytes) -> None:
        super().__init__(
            f"The reply {key} is not in the reply store: it was pruned or moved while this run "
            "went on. Run the same call again."
        )
        self.key, self.body = key, body


@dataclass
class Replaying(Asking):
    """A conversation that makes no call: it comes as far as the store has replies."""

    refused: dict[str, str] = field(default_factory=dict)
    """Replies that the batch could not bring, and why."""
    fresh: set[str] = field(default_factory=set)
    """Replies that this run has paid for; each counts as a call of one row."""

    def replay(self, request: ChatRequest) -> Reply | ModelError:
        """Give the reply; `Awaited` where the store has not all that it takes."""
        way = self.reply(request)
        try:
            way.send(None)
        except StopIteration as end:
            answer: Reply | ModelError = end.value
            return answer
        raise AssertionError("a replay never waits, so it needs no event loop")

    @property
    def shape(self) -> ShapeMode:
        """How the endpoint is asked for a shape."""
        return self._mode()

    def learn(self, refusal: Refusal, shape: ShapeMode) -> None:
        """Note that the endpoint does not know this way of asking for a shape."""
        self._learn(refusal, shape, stream=False)

    def told(self, words: str) -> str:
        """Say who refused what."""
        return self._told(Refusal("row", words))

    def stored(self, body: bytes) -> StoredReply:
        """Give a reply as the store keeps it.

        Raises:
            ValueError: it is no chat completion.
        """
        return self._stored(RawReply(200, {}, body), read_completion(body))

    async def _completion(
        self,
        request: ChatRequest,
        messages: list[dict[str, Any]],
        parameters: Mapping[str, Any],
        usage: Usage,
    ) -> Completion:
        key = self._key(request, messages, parameters)
        name = key.hex()
        if (known := await self._recalled(key, messages)) is not None:
            self.served += 1
            for what, number in (paid_for(known) if name in self.fresh else {"cached": 1}).items():
                usage[what] += number
            self.fresh.discard(name)
            return known
        if name in self.refused:
            raise ModelError(self.told(self.refused[name]))
        most = parameters.get("max_tokens")
        await self.budget.set_aside(estimated_tokens(messages), most)
        body = body_of(request, self.model, self.shape, False, messages, parameters)
        raise Awaited(name, body)
