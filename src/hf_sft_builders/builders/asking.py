"""How a builder with a language model asks: what its ops are given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hf_sft_builders.builders.options import ConversationConfig
from hf_sft_builders.llm import Runtime
from hf_sft_builders.synthesis.asked_model import AskedModel
from hf_sft_builders.synthesis.prompts import Prompts, load_prompt, read_prompt

if TYPE_CHECKING:
    from hf_sft_builders.builders.base import SFTBuilder


@dataclass
class AskingConfig(ConversationConfig):
    """Options of builders whose ops take prompts of one's own."""

    prompts: Any = None
    """Prompts of your own in place of the package's: a folder, or op → file."""


def asked_by(builder: SFTBuilder) -> AskedModel:
    """Give the model that a builder's options name."""
    config = builder.config
    model, base_url = builder.run.endpoint or (config.model, config.base_url)
    return AskedModel(
        model, base_url, config.model_id, config.temperature, config.max_tokens, config.seed
    )


def prompts_of(builder: SFTBuilder) -> Prompts:
    """Give the prompts that a builder's options name."""
    return builder.config.prompts or Prompts()


def limits_of(builder: SFTBuilder) -> Runtime:
    """Give the run's limits; a preview and a stream ask for little more than what is looked at."""
    limits = builder.run.runtime
    if builder.config.preview:
        few = min(limits.max_concurrency, builder.config.preview)
        return replace(limits, max_concurrency=few, ahead=few)
    return replace(limits, ahead=limits.max_concurrency) if builder.is_streaming else limits


def made_by(builder: SFTBuilder, *ops: str) -> dict[str, Any]:
    """Say who made the rows, and with which prompts, for the manifest and the card."""
    asked, own = asked_by(builder), dict(prompts_of(builder).own)
    if asked.is_extractive:
        return {"model": asked.name}
    prompts = [load_prompt(op, language) for op in ops for language in ("zh", "en")]
    named = {prompt.name: prompt.sha256 for prompt in prompts}
    named |= {f"{name}.own": read_prompt(text, name).sha256 for name, text in own.items()}
    return {"model": asked.name, "prompts": named}
