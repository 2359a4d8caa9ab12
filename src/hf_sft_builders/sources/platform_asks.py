"""Asks of a platform's API: JSON, or why not."""

from __future__ import annotations

from typing import Any

from hf_sft_builders.sources.http import Call, retrying, send
from hf_sft_builders.sources.pinned import refusal
from hf_sft_builders.sources.platforms import Platform, parse_json


def ask_json(platform: Platform, dataset: str, call: Call) -> Any:
    """Ask a platform for JSON, again where that may help.

    Raises:
        SourceError: what it refuses, and what a person can do about it.
    """

    def once() -> Any:
        with send(call) as response:
            if response.status >= 400:
                raise refusal(platform, dataset, response.status, response.text())
            return parse_json(response.read(), call)

    return retrying(once)
