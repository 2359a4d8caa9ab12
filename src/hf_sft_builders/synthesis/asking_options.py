"""The keyword arguments that every op with a language model takes beside its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.llm import ChatModel, Limits, Runtime
from hf_sft_builders.synthesis.asked_model import AskedModel
from hf_sft_builders.synthesis.prompts import Prompts


class AskingOptions(Limits, total=False):
    """How an op asks: the model and its sampling (these change rows), and `Limits` (these do not).

    `base_url` is the endpoint's address (`OPENAI_BASE_URL` by default; the key is `OPENAI_API_KEY`),
    `model_id` names a model whose address changes but which does not, `prompts` puts prompts of your
    own in place of the package's: a folder, or `{op: file}`.
    """

    base_url: str | None
    model_id: str | None
    temperature: float | None
    max_tokens: int | None
    top_logprobs: int | None
    prompts: str | Path | Mapping[str, str | Path] | None


_OF_MODEL = ("base_url", "model_id", "temperature", "max_tokens", "top_logprobs")


def read_options(
    op: str, model: str | ChatModel, options: AskingOptions, seed: int | None = None
) -> tuple[AskedModel, Prompts, Runtime]:
    """Sort the options of an op.

    Args:
        op: The op's name, for errors.
        model: Who is asked.
        options: As the user gave them.
        seed: Also sent as the sampling seed, where it was given.

    Raises:
        UnknownName: for an option that nobody knows, with the nearest one.
    """
    given = cast(dict[str, Any], dict(options))
    refuse_key(op, given)
    unknown = [name for name in given if name not in AskingOptions.__annotations__]
    if unknown:
        raise UnknownName("option", unknown[0], AskingOptions.__annotations__, f"(op {op})")
    asked = AskedModel(model, seed=seed, **{n: given.pop(n) for n in _OF_MODEL if n in given})
    prompts = Prompts.of(given.pop("prompts", None))
    return asked, prompts, Runtime.of(cast(Limits, given))


def refuse_key(op: str, options: Mapping[str, Any]) -> None:
    """Stop where an op is given a key: it is hashed, stored and sent to workers.

    Raises:
        ConfigurationError: with what to do instead.
    """
    if "api_key" in options:
        raise ConfigurationError(
            f"{op} takes no api_key=: an op is stored and sent to workers, a key never is. Set "
            "OPENAI_API_KEY in the environment."
        )


def require_language_model(op: str, asked: AskedModel, instead: str = "") -> None:
    """Stop an op that no rule can do.

    Raises:
        ConfigurationError: with the line that would work.
    """
    if asked.is_extractive:
        raise ConfigurationError(
            f"{op} cannot work without a language model. Write sft.{op}(model='qwen3-32b', "
            f"base_url='http://localhost:8000/v1', …).{' ' + instead if instead else ''}"
        )
