"""Any server that speaks the OpenAI chat protocol: hosted APIs, vLLM, SGLang, Ollama, LM Studio.

The `openai` package's own environment variables (`OPENAI_API_KEY`, `OPENAI_BASE_URL`, proxies)
are honoured. Replies come back in the order of the requests, a window of `max_concurrency` of them
in flight; the window takes no more requests than it can send, so streaming stays lazy.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

from hf_sft_builders.errors import EndpointError, MissingExtra, ModelError, ReplyRejected
from hf_sft_builders.llm.model import ChatRequest, Reply, Runtime
from hf_sft_builders.llm.structured import (
    parse_reply,
    response_format,
    shape_instruction,
    split_reasoning,
)


@dataclass(frozen=True)
class OpenAIChat:
    """A model behind an OpenAI-compatible endpoint.

    Args:
        name: Model name as the server knows it.
        base_url: Address of the server, ending in `/v1`; None for the environment's.
    """

    name: str
    base_url: str | None = None

    def replies(
        self, requests: Iterable[ChatRequest], runtime: Runtime
    ) -> Iterator[Reply | ModelError]:
        """Answer in order, `max_concurrency` requests at a time."""
        client = self._client(runtime)
        waiting = iter(requests)
        with ThreadPoolExecutor(runtime.max_concurrency) as pool:
            window: deque[Future[Reply | ModelError]] = deque()
            try:
                for request in islice(waiting, runtime.max_concurrency):
                    window.append(pool.submit(self._reply, client, request, runtime))
                while window:
                    yield window.popleft().result()
                    for request in islice(waiting, 1):
                        window.append(pool.submit(self._reply, client, request, runtime))
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _client(self, runtime: Runtime) -> Any:
        try:
            import openai
        except ImportError as error:
            raise MissingExtra("A model behind an endpoint", "openai", "llm") from error
        if not (runtime.api_key or os.environ.get("OPENAI_API_KEY")) and not self._is_local():
            raise EndpointError(
                f"No key for model {self.name!r}. Set OPENAI_API_KEY, or base_url= for a server "
                "that needs none (http://localhost:8000/v1)."
            )
        return openai.OpenAI(
            api_key=runtime.api_key or os.environ.get("OPENAI_API_KEY") or "none",
            base_url=self.base_url,
            timeout=runtime.timeout,
            max_retries=runtime.max_retries,
        )

    def _is_local(self) -> bool:
        return bool(self.base_url or os.environ.get("OPENAI_BASE_URL"))

    def _reply(self, client: Any, request: ChatRequest, runtime: Runtime) -> Reply | ModelError:
        messages = [dict(message) for message in request.messages]
        usage = {"calls": 0, "tokens_in": 0, "tokens_out": 0}
        by_schema = request.schema is not None
        repairs = 0
        while True:
            try:
                completion = self._send(client, messages, request, by_schema)
            except SchemaRefused:
                by_schema = False
                messages.append({"role": "user", "content": shape_instruction(_shape(request))})
                continue
            except EndpointError:
                raise
            except ModelError as error:
                return error
            _count(usage, completion)
            answer = _read(completion)
            try:
                return _accept(answer, request, usage)
            except ReplyRejected as error:
                if repairs >= runtime.max_repairs:
                    return error
                repairs += 1
                messages += [
                    {"role": "assistant", "content": answer.text},
                    {"role": "user", "content": f"{error} Send the whole reply again, mended."},
                ]

    def _send(
        self, client: Any, messages: list[Any], request: ChatRequest, by_schema: bool
    ) -> Any:
        import openai

        options = dict(request.parameters)
        if by_schema:
            options["response_format"] = response_format(_shape(request))
        try:
            return client.chat.completions.create(model=self.name, messages=messages, **options)
        except openai.BadRequestError as error:
            if by_schema and "response_format" in str(error):
                raise SchemaRefused(str(error)) from error
            raise EndpointError(self._explain(error)) from error
        except (
            openai.AuthenticationError,
            openai.PermissionDeniedError,
            openai.NotFoundError,
        ) as error:
            raise EndpointError(self._explain(error)) from error
        except openai.OpenAIError as error:
            raise ModelError(self._explain(error)) from error

    def _explain(self, error: Exception) -> str:
        where = self.base_url or os.environ.get("OPENAI_BASE_URL") or "api.openai.com"
        return f"{where} refused model {self.name!r}: {type(error).__name__}: {error}"


class SchemaRefused(ModelError):
    """The server does not know JSON schemas; the shape has to be asked for in words."""


def _shape(request: ChatRequest) -> Any:
    return request.schema


def _count(usage: dict[str, int], completion: Any) -> None:
    usage["calls"] += 1
    if completion.usage:
        usage["tokens_in"] += completion.usage.prompt_tokens or 0
        usage["tokens_out"] += completion.usage.completion_tokens or 0


def _read(completion: Any) -> Reply:
    [choice, *_] = completion.choices
    inline, text = split_reasoning(choice.message.content or "")
    extra = choice.message.model_extra or {}
    reasoning = extra.get("reasoning_content") or extra.get("reasoning") or inline
    return Reply(text=text, reasoning=reasoning, finish_reason=choice.finish_reason or "stop")


def _accept(answer: Reply, request: ChatRequest, usage: dict[str, int]) -> Reply:
    if answer.finish_reason == "length":
        raise ReplyRejected("The reply was cut off at the token limit (finish_reason=length).")
    parsed = parse_reply(answer.text, request.schema) if request.schema else None
    return Reply(answer.text, parsed, answer.reasoning, answer.finish_reason, usage)
