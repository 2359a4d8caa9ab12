"""Language models: what an op calls, and the models behind it."""

from __future__ import annotations

from hf_sft_builders.llm.asking import as_model, ask_each
from hf_sft_builders.llm.model import ChatModel, ChatRequest, Limits, Reply, Runtime
from hf_sft_builders.llm.openai_chat import OpenAIChat
from hf_sft_builders.llm.scripted import ScriptedModel
from hf_sft_builders.llm.steps import Steps, work_through

__all__ = [
    "ChatModel",
    "ChatRequest",
    "Limits",
    "OpenAIChat",
    "Reply",
    "Runtime",
    "ScriptedModel",
    "Steps",
    "as_model",
    "ask_each",
    "work_through",
]
