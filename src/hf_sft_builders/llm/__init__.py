"""Language models: what an op calls, and the models behind it."""

from __future__ import annotations

from hf_sft_builders.llm.asking import as_model, ask_each
from hf_sft_builders.llm.model import ChatModel, ChatRequest, Limits, Reply, Runtime
from hf_sft_builders.llm.openai_chat import OpenAIChat
from hf_sft_builders.llm.scripted import ScriptedModel

__all__ = [
    "ChatModel",
    "ChatRequest",
    "Limits",
    "OpenAIChat",
    "Reply",
    "Runtime",
    "ScriptedModel",
    "as_model",
    "ask_each",
]
