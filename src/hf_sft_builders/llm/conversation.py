"""One request's way to its reply: store, endpoint, store, shape; again with the error if need be.

Every reply is stored before anything is made of it, repairs too, so a second run of the same rows
goes the same way without a call.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hf_sft_builders.errors import EndpointError, ModelError, ReplyRejected
from hf_sft_builders.ledger import TRAFFIC
from hf_sft_builders.llm.acceptance import accept, paid_for, spent_by
from hf_sft_builders.llm.budget import BudgetReached, Reservation, Spending
from hf_sft_builders.llm.content import estimated_tokens
from hf_sft_builders.llm.engine import Engine
from hf_sft_builders.llm.kept_replies import KeptReplies
from hf_sft_builders.llm.model import ChatRequest, Reply, Runtime
from hf_sft_builders.llm.open_calls import OpenCalls
from hf_sft_builders.llm.outage import told, unanswered, unreachable
from hf_sft_builders.llm.pacing import Ticket, backoff, parse_retry_after
from hf_sft_builders.llm.protocol import (
    SHAPE_MODES,
    Completion,
    Refusal,
    ShapeMode,
    body_of,
    read_completion,
    refusal_of,
)
from hf_sft_builders.llm.replies import StoredReply
from hf_sft_builders.llm.reply_keys import reply_key
from hf_sft_builders.llm.transport import RawReply

Messages = list[dict[str, Any]]
Parameters = Mapping[str, Any]
Usage = defaultdict[str, int]

_MAX_TOKENS_STEPS = 2
_PATIENCE = 900.0
_TRIES_TO_REACH = 3


@dataclass
class Asking:
    """What one run asks with; lives on the engine's loop."""

    engine: Engine
    replies: KeptReplies
    model: str
    model_id: str | None
    runtime: Runtime
    budget: Spending
    unreached: int = 0
    """Calls that did not even reach the server."""
    served: int = 0
    """Calls that this run got a reply to: tells a wrong request from a wrong set-up."""
    last_served: float = field(default_factory=time.monotonic)
    open_calls: OpenCalls = field(default_factory=OpenCalls)

    async def reply(self, request: ChatRequest) -> Reply | ModelError:
        """Answer one request; what only this one cannot get is given back as its error.

        Raises:
            EndpointError: no request of this run can be served.
        """
        usage: Usage = defaultdict(int)
        try:
            return await self._conversation(request, usage)
        except EndpointError:
            raise
        except ModelError as error:
            error.usage = dict(usage)
            return error

    async def _conversation(self, request: ChatRequest, usage: Usage) -> Reply:
        messages = [dict(message) for message in request.messages]
        parameters = dict(request.parameters)
        repairs = steps = 0
        while True:
            completion = await self._completion(request, messages, parameters, usage)
            if completion.finish_reason == "length" and steps < _MAX_TOKENS_STEPS:
                steps += 1
                longer = 2 * max(int(parameters.get("max_tokens") or 0), completion.tokens_out, 512)
                parameters["max_tokens"] = longer
                continue
            try:
                return accept(completion, request, usage)
            except ReplyRejected as error:
                if repairs >= self.runtime.max_repairs or completion.finish_reason == "length":
                    raise
                repairs += 1
                messages += [
                    {"role": "assistant", "content": completion.text},
                    {"role": "user", "content": f"{error} Send the whole reply again, mended."},
                ]

    async def _completion(
        self, request: ChatRequest, messages: Messages, parameters: Parameters, usage: Usage
    ) -> Completion:
        key = self._key(request, messages, parameters)
        await self.open_calls.same(key)
        with self.open_calls.opened(key):
            known = await self._recalled(key, messages)
            if known is not None:
                usage["cached"] += 1
                return known
            try:
                return await self._paid(key, request, messages, parameters, usage)
            except BaseException:
                self.replies.give_up(key)
                raise

    async def _paid(
        self,
        key: bytes,
        request: ChatRequest,
        messages: Messages,
        parameters: Parameters,
        usage: Usage,
    ) -> Completion:
        """Ask the endpoint, and store its reply."""
        ticket, reserved = await self._admitted(messages, parameters)
        spent: tuple[int, int, bytes | None] = (0, 0, None)
        try:
            raw, completion = await self._call(ticket, request, messages, parameters, usage)
            spent = (*spent_by(completion, int(ticket.tokens)), key)
        finally:
            self.budget.settle(reserved, *spent)
        for name, spent_now in paid_for(completion).items():
            usage[name] += spent_now
        reply = self._stored(raw, completion)
        kept = await self.replies.keep(key, reply)
        return completion if kept is reply else read_completion(kept.raw.encode())

    async def _admitted(
        self, messages: Messages, parameters: Parameters
    ) -> tuple[Ticket, Reservation]:
        """Wait for a turn that the budget has room for.

        Raises:
            BudgetReached: nothing is under way that could still turn out cheaper than feared.
        """
        tokens = estimated_tokens(messages)
        while True:
            ticket = await self._turn(tokens)
            try:
                return ticket, await self.budget.set_aside(tokens, parameters.get("max_tokens"))
            except BaseException as error:
                self.engine.turns.forget(ticket)
                if not isinstance(error, BudgetReached) or not self.budget.is_under_way:
                    raise
            await self.open_calls.one_ended()

    def _key(self, request: ChatRequest, messages: Messages, parameters: Parameters) -> bytes:
        return reply_key(
            messages,
            model=self.model,
            endpoint=self.engine.endpoint.address,
            model_id=self.model_id,
            parameters=parameters,
            schema=request.schema,
            sample=request.sample,
        )

    async def _recalled(self, key: bytes, messages: Messages) -> Completion | None:
        known = await self.replies.find(key)
        if known is None:
            return None
        self.served += 1
        completion = read_completion(known.raw.encode())
        self.budget.recalled(key, *spent_by(completion, estimated_tokens(messages)))
        return completion

    async def _turn(self, tokens: int, again: bool = False) -> Ticket:
        """Wait for a turn; what is decided after it (shape, budget) is up to date."""
        self.engine.cap(self.runtime)
        return await self.engine.turns.turn(tokens, again)

    def _stored(self, raw: RawReply, completion: Completion) -> StoredReply:
        return StoredReply(
            raw=raw.body.decode("utf-8"),
            model=self.model,
            endpoint=self.engine.endpoint.address,
            tokens_in=completion.tokens_in,
            tokens_out=completion.tokens_out,
            tokens_reasoning=completion.tokens_reasoning,
            finish_reason=completion.finish_reason,
        )

    async def _call(
        self,
        ticket: Ticket,
        request: ChatRequest,
        messages: Messages,
        parameters: Parameters,
        usage: Usage,
    ) -> tuple[RawReply, Completion]:
        """Send until there is a reply, learning what the endpoint knows on the way."""
        attempt = 0
        while True:
            mode, stream = self._mode(), bool(self.engine.found_out.get("stream"))
            body = body_of(request, self.model, mode, stream, messages, parameters)
            shaped = request.schema is not None and mode != "prompt"
            answer = await self._post(ticket, body, shaped)
            if isinstance(answer, tuple):
                return answer
            if answer.kind in ("shape", "stream"):
                self._learn(answer, mode, stream)
            else:
                usage["refused"] += 1
                attempt += answer.kind == "overload"
                if answer.kind == "fatal" and answer.words.startswith("400"):
                    await self.open_calls.doubted(self._is_served)
                self._give_up_if_hopeless(answer, attempt)
                await asyncio.sleep(backoff(attempt, random) if answer.kind == "overload" else 0)
            ticket = await self._turn(int(ticket.tokens), again=True)

    def _is_served(self) -> bool:
        return self.served > 0 or self.engine.turns.served_others

    def _mode(self) -> ShapeMode:
        mode = self.engine.found_out.get("shape", SHAPE_MODES[0])
        return next(known for known in SHAPE_MODES if known == mode)

    def _learn(self, refusal: Refusal, mode: ShapeMode, stream: bool) -> None:
        known = self.engine.found_out
        if refusal.kind == "stream":
            if stream:
                raise EndpointError(self._told(refusal))
            known["stream"] = True
        elif known.get("shape", SHAPE_MODES[0]) == mode:  # nobody else has learnt it meanwhile
            known["shape"] = SHAPE_MODES[SHAPE_MODES.index(mode) + 1]

    def _give_up_if_hopeless(self, refusal: Refusal, attempt: int) -> None:
        starved = time.monotonic() - self.last_served > max(_PATIENCE, 2 * self.runtime.timeout)
        if refusal.kind == "fatal" and not (self._is_served() and refusal.words.startswith("400")):
            raise EndpointError(self._told(refusal))
        if self.unreached >= _TRIES_TO_REACH and not self.served:
            raise EndpointError(unreachable(self.engine.endpoint, refusal))
        if refusal.kind == "rate" and starved:
            raise EndpointError(f"{self._told(refusal)} No reply for {_PATIENCE / 60:.0f} minutes.")
        if refusal.kind in ("row", "fatal") or attempt > self.runtime.max_retries:
            raise ModelError(self._told(refusal))

    def _told(self, refusal: Refusal) -> str:
        return told(self.engine.endpoint, self.model, refusal)

    async def _post(
        self, ticket: Ticket, body: bytes, shaped: bool
    ) -> tuple[RawReply, Completion] | Refusal:
        """Send once; tell who gives turns what came of it."""
        turns, endpoint = self.engine.turns, self.engine.endpoint
        TRAFFIC.in_flight += 1
        try:
            try:
                raw = await self.engine.transport.post(
                    endpoint.url, endpoint.headers, body, self.runtime.timeout
                )
            except (TimeoutError, ConnectionError) as error:
                self.unreached += isinstance(error, ConnectionRefusedError)
                timed_out = isinstance(error, TimeoutError)
                turns.refused(ticket, None, {}, "timeout" if timed_out else "reset")
                return unanswered(error, self.runtime.timeout)
            except BaseException:
                turns.forget(ticket)
                raise
            if raw.status != 200:
                return self._refused(raw, ticket, shaped)
            try:
                completion = read_completion(raw.body)
            except (ValueError, UnicodeDecodeError) as error:
                turns.done(ticket, ticket.tokens, raw.headers)
                return Refusal("overload", f"200 with a reply that cannot be read: {error}")
            turns.done(ticket, sum(spent_by(completion, int(ticket.tokens))), raw.headers)
            self.served += 1
            self.last_served = time.monotonic()
            return raw, completion
        finally:
            TRAFFIC.in_flight -= 1

    def _refused(self, raw: RawReply, ticket: Ticket, shaped: bool) -> Refusal:
        refusal = refusal_of(raw.status, raw.body, shaped)
        wait = parse_retry_after(raw.headers, time.time())
        # A 500 is as a rule one request's own trouble; it waits by itself and slows no other.
        if raw.status != 500 and (refusal.kind == "rate" or refusal.kind == "overload"):
            self.engine.turns.refused(ticket, wait, raw.headers, refusal.kind)
        else:
            self.engine.turns.done(ticket, 0, raw.headers)
        return refusal
