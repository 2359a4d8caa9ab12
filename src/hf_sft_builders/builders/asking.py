"""How a builder with a language model asks: the model, the prompts and the limits of its ops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hf_sft_builders.builders.options import ConversationConfig
from hf_sft_builders.llm import Runtime
from hf_sft_builders.synthesis.asked_model import AskedModel
from hf_sft_builders.synthesis.augmenting import Share
from hf_sft_builders.synthesis.prompts import Prompts

if TYPE_CHECKING:
    from hf_sft_builders.builders.base import SFTBuilder


@dataclass
class AskingConfig(ConversationConfig):
    """Options of builders whose ops take prompts of one's own."""

    prompts: Any = None
    """Prompts of your own in place of the package's: a folder, or `{op: file}`."""


def asked_by(builder: SFTBuilder) -> AskedModel:
    """Give the model that a builder's options name."""
    config = builder.config
    model, base_url = builder.run.endpoint or (config.model, config.base_url)
    soft = getattr(config, "top_logprobs", None)
    sampling = (config.temperature, config.max_tokens, config.seed, soft)
    return AskedModel(model, base_url, config.model_id, *sampling)


def asking_fields(builder: SFTBuilder) -> dict[str, Any]:
    """Give the fields that every op with prompts has: asked, prompts, runtime."""
    return {
        "asked": asked_by(builder),
        "prompts": prompts_of(builder),
        "runtime": limits_of(builder),
    }


def share_of(builder: SFTBuilder, n: int = 1, keep_original: bool = False) -> Share:
    """Say how often ops are run on each row, with the builder's seed."""
    return Share(n=n, keep_original=keep_original, seed=builder.config.seed or 0)


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


def made_by(builder: SFTBuilder, prompts: Mapping[str, str]) -> dict[str, Any]:
    """Say who made the rows, for the manifest and the card.

    Args:
        builder: Whose rows.
        prompts: Prompt → hash, of all that may be asked with; told where a model is asked at all.
    """
    asked = asked_by(builder)
    made = {"model": asked.name}
    return made if asked.is_extractive else {**made, "prompts": dict(prompts)}
