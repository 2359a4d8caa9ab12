"""`POST /v1/chat/completions`: who is let in, what goes wrong, what is answered."""

from __future__ import annotations

import time

from chat_server.answers import Answers
from chat_server.asked import Asked, BodyError
from chat_server.completions import stream_reply, usage, whole_reply
from chat_server.faults import Faults, spoil
from chat_server.limits import Limits, Pace
from chat_server.settings import Rule, Settings
from chat_server.statistics import Statistics
from chat_server.wire import Reply, Request, error_reply


class Chat:
    """The endpoint under one set of settings; counters and seeds start with it."""

    def __init__(self, settings: Settings, statistics: Statistics) -> None:
        self.settings = settings
        self.statistics = statistics
        self.limits = Limits(settings)
        self.pace = Pace(settings)
        self.faults = Faults(settings)
        self.answers = Answers(settings)

    def reply(self, request: Request) -> Reply:
        """Answer one request."""
        try:
            asked = Asked.read(request.body)
        except BodyError as error:
            return error_reply(400, str(error), param=error.param)
        self.statistics.received(asked.digest)
        reply = self._refused(asked)
        if reply is None:
            reply = self.answered(asked)
            reply.admitted = True
            if self.settings.ratelimit_headers:
                reply.headers |= self.limits.headers()
        reply.digest = asked.digest
        return reply

    def answered(self, asked: Asked) -> Reply:
        """Answer a request that was let in, through whatever fault strikes it."""
        rule = self.faults.strike("chat", asked)
        delay = self.pace.delay(time.monotonic())
        reply = self.faults.error(rule) if rule else None
        reply = reply or self._unsupported(asked) or self._completion(asked, rule)
        reply.delay = delay
        if rule:
            self.statistics.faults[rule.kind] += 1
            spoil(reply, rule)
        return reply

    def _refused(self, asked: Asked) -> Reply | None:
        if self.limits.none:
            return None
        tokens = asked.tokens + (asked.max_tokens or 0)
        refusal = self.limits.refusal(tokens, self.statistics.in_flight, time.monotonic())
        return self.limits.reply(refusal) if refusal else None

    def _unsupported(self, asked: Asked) -> Reply | None:
        settings = self.settings
        if not settings.any_model and asked.model not in settings.models:
            message = f"The model `{asked.model}` does not exist or you do not have access to it."
            return error_reply(404, message, code="model_not_found", param="model")
        if settings.streaming_only and not asked.body.get("stream"):
            return error_reply(400, "This model only supports stream: true.", param="stream")
        if asked.format != "text" and asked.format not in settings.response_formats:
            message = f"response_format of type '{asked.format}' is not supported by this model."
            return error_reply(400, message, param="response_format")
        if asked.body.get("logprobs") and not settings.logprobs:
            return error_reply(400, "This model does not support logprobs.", param="logprobs")
        return None

    def _completion(self, asked: Asked, rule: Rule | None) -> Reply:
        fault = rule.kind if rule else None
        answers = [self.answers.give(asked, fault) for _ in range(asked.body.get("n") or 1)]
        counts = usage(asked, answers)
        self.statistics.tokens(counts)
        shown = counts if self.settings.usage else None
        number = self.answers.count
        if asked.body.get("stream"):
            return stream_reply(number, asked, answers, shown, self.settings.stream_seconds)
        return whole_reply(number, asked, answers, shown)
