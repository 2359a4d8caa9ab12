"""`token`: as many tokens of `tokenizer` as fit, whatever they are part of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hf_sft_builders.documents.base import Document
from hf_sft_builders.documents.splitters.base import Plan
from hf_sft_builders.errors import ConfigurationError

if TYPE_CHECKING:
    from hf_sft_builders.documents.chunk_options import Chunking

name = "token"


def check(chunking: Chunking) -> None:
    """A tokenizer has to be named."""
    if chunking.tokenizer is None:
        raise ConfigurationError(
            "Chunking: splitter='token' counts tokens, and no tokenizer is named. Pass tokenizer=: "
            "a repository of the Hub ('Qwen/Qwen3-8B'), a tokenizer.json, or 'tiktoken:o200k_base'."
        )


def plan(document: Document, chunking: Chunking) -> Plan:
    """Name no places and no ranks: chunks are filled."""
    return Plan(ranks=())
