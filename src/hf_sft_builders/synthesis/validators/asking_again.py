"""Asking until a reply stands its checks, and what no reply may do: say its own task back."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

from hf_sft_builders.llm import ChatRequest, Reply
from hf_sft_builders.llm.content import words_in
from hf_sft_builders.synthesis.validators.base import Candidate, Fault, Rejected
from hf_sft_builders.synthesis.validators.leaks import no_leaked_prompt

_MARKS = re.compile(r"^<<<[0-9a-f]{16}$|^[0-9a-f]{16}>>>$", re.MULTILINE)


def checked(
    request: ChatRequest, check: Callable[[Reply], Fault | None], repairs: int
) -> Generator[ChatRequest, Any, Reply]:
    """Ask until the reply stands the check; for `yield from` in an op's steps.

    Args:
        request: The first question.
        check: Gives the fault of a reply.
        repairs: How often it is asked again, with the fault's words.

    Raises:
        Rejected: if the last reply fails too.
    """
    for left in range(repairs, -1, -1):
        reply: Reply = yield request
        fault = says_its_task(request, *_said(reply)) or check(reply)
        if fault is None:
            return reply
        if not left:
            raise Rejected(fault.reason)
        again = (
            {"role": "assistant", "content": reply.text},
            {"role": "user", "content": fault.words},
        )
        request = replace(request, messages=(*request.messages, *again))
    raise AssertionError("repairs is below zero")


def _said(reply: Reply) -> list[str]:
    """Give the texts of a reply; of one with a shape, those that it holds, not its braces."""
    return [reply.text] if reply.parsed is None else texts_in(reply.parsed.model_dump())


def texts_in(value: Any) -> list[str]:
    """Give all texts that lie in a value of JSON, in order."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for inner in value for text in texts_in(inner)]
    return [value] if isinstance(value, str) else []


def says_its_task(request: ChatRequest, *texts: str) -> Fault | None:
    """Find a fence mark in texts, or a long run of words of what the model was told to do.

    What the material says itself may be said.
    """
    told = {"system": "", "user": ""}
    for message in request.messages[:2]:
        told[message["role"]] += words_in(message["content"])
    material = _MARKS.sub("", told["user"])
    candidates = (Candidate(text, source=material, prompt=told["system"]) for text in texts)
    return next(filter(None, map(no_leaked_prompt, candidates)), None)
