"""Options of the wrong type are refused before any work, in the words of the one who wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hf_sft_builders.documents import PageReader
from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.llm import ChatModel
from hf_sft_builders.synthesis.domain_tree import DomainTree
from hf_sft_builders.synthesis.label_set import LabelSet

_NUMBER = (int, float)
_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("chunk_size", "min_chunk_size", "chunk_overlap", "max_file_mb"), (int,)),
    **dict.fromkeys(("max_seconds", "max_memory_mb"), (int,)),
    **dict.fromkeys(("preview", "max_tokens", "seed", "chars_per_question"), (int,)),
    **dict.fromkeys(("max_concurrency", "max_retries", "max_repairs", "max_tokens_total"), (int,)),
    **dict.fromkeys(("validation_fraction", "temperature", "timeout", "max_failures"), _NUMBER),
    **dict.fromkeys(("requests_per_minute", "tokens_per_minute", "max_cost"), _NUMBER),
    **dict.fromkeys(("format", "language", "pdf_engine", "tokenizer", "license"), (str,)),
    "text_field": (str,),
    "sandbox": (bool,),
    **dict.fromkeys(("pages", "vision_url"), (str,)),
    "vision_model": (PageReader, ChatModel, str),
    **dict.fromkeys(("splitter", "separator", "code_language"), (str,)),
    **dict.fromkeys(("embedding_model", "embedding_url"), (str,)),
    **dict.fromkeys(("base_url", "model_id", "mode", "api_key"), (str,)),
    "provenance": (bool,),
    "domain_tree": (DomainTree, Path, str),
    "rounds": (list, tuple),
    **dict.fromkeys(
        (
            "scenario",
            "system_prompt",
            "thinking",
            "otherwise",
            "balance",
            "calls",
            "asker",
            "answerer",
        ),
        (str,),
    ),
    **dict.fromkeys(("clarification", "closing"), _NUMBER),
    **dict.fromkeys(("questions", "top_logprobs", "total"), (int,)),
    **dict.fromkeys(("require_reasoning", "keep_other"), (bool,)),
    **dict.fromkeys(("labels", "prompts", "mix"), (LabelSet, Mapping, list, tuple, Path, str)),
    "flaws": (Mapping, list, tuple, str),
    "rubric": (Path, str),
    **dict.fromkeys(("samples", "variants", "n", "edge_cases"), (int,)),
    "judged": (bool,),
    **dict.fromkeys(("task", "question", "image_column", "make"), (str,)),
    **dict.fromkeys(("max_side", "dpi"), (int,)),
    "embed": (bool,),
}
_MAY_BE_NONE = {
    "preview", "max_tokens", "seed", "temperature", "tokenizer", "license", "base_url", "model_id",
    "max_tokens_total", "requests_per_minute", "tokens_per_minute", "max_cost", "api_key",
    "domain_tree", "vision_model", "vision_url", "separator", "code_language",
    "embedding_model", "embedding_url", "labels", "prompts", "mix", "flaws", "rubric",
    "top_logprobs", "total", "questions", "balance", "task", "schema",
}  # fmt: skip
_LEAST = {
    "max_retries": 0,
    "max_repairs": 0,
    "max_tokens_total": 1,
    "max_file_mb": 1,
    "max_seconds": 1,
    "max_memory_mb": 512,
    "chunk_size": 1,
    **dict.fromkeys(("samples", "variants", "n"), 1),
    "edge_cases": 0,
}


def check_types(options: Mapping[str, Any]) -> None:
    """Refuse values that no run can use.

    Raises:
        ConfigurationError: names the option, what was found and what is expected.
    """
    for name, value in options.items():
        if value is None and name in _MAY_BE_NONE:
            continue
        wanted = _TYPES.get(name)
        if wanted and (
            not isinstance(value, wanted) or isinstance(value, bool) != (bool in wanted)
        ):
            raise ConfigurationError(f"{name}={value!r}; expected {_words(wanted)}.")
        if name in _LEAST and value < _LEAST[name]:
            raise ConfigurationError(f"{name}={value!r}; expected {_LEAST[name]} or more.")
    _check_model(options)
    _check_prices(options.get("prices"))
    _check_password(options.get("password"))


def _words(wanted: tuple[type, ...]) -> str:
    if tuple in wanted:
        return "two values, such as (2, 4)"
    names = {int: "a whole number", float: "a number", str: "a text", bool: "True or False"}
    return names[wanted[-1]]


def _check_model(options: Mapping[str, Any]) -> None:
    model = options.get("model", "extractive")
    if not isinstance(model, (str, ChatModel)) or not model:
        raise ConfigurationError(
            f"model={model!r}; expected 'extractive', the name of a model, or a ChatModel."
        )
    for name in ("base_url", "model_id"):
        if model == "extractive" and options.get(name):
            raise ConfigurationError(
                f"{name}={options[name]!r} without model=: the extractive stand-in asks no model. "
                "Name the model, as the server knows it."
            )


def _check_prices(prices: object) -> None:
    fits = isinstance(prices, (tuple, list)) and len(prices) == 2
    if prices is not None and not (fits and all(isinstance(price, _NUMBER) for price in prices)):  # type: ignore[attr-defined]
        raise ConfigurationError(
            f"prices={prices!r}; expected (in, out): the cost of a million tokens of each."
        )


def _check_password(password: object) -> None:
    given = password if isinstance(password, (tuple, list)) else [password]
    if password is not None and not all(isinstance(word, str) for word in given):
        raise ConfigurationError("password= expected a text, or a list of texts.")
