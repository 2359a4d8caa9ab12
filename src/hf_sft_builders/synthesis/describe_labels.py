"""`describe_labels`: one line about each label, from texts that have it.

Each label is one call. What a person wrote in the file stays; only what is empty is filled in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Unpack

from pydantic import BaseModel, Field

from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.errors import ConfigurationError, ModelError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Reply, Runtime, Steps
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import (
    AskingOptions,
    read_options,
    require_language_model,
)
from hf_sft_builders.synthesis.augmenting import draw, row_id
from hf_sft_builders.synthesis.label_domains import words_of
from hf_sft_builders.synthesis.label_set import LabelSet
from hf_sft_builders.synthesis.prompts import Prompts, fenced
from hf_sft_builders.synthesis.validators import (
    Candidate,
    Fault,
    checked,
    first_fault,
    no_meta_phrases,
    no_wrapping,
    same_language,
)

_NAME = "describe_labels"
_VARIABLES = ("label", "labels", "limit", "text")
_LIMIT = {"zh": 120, "en": 300}
_EXAMPLE_CHARACTERS = 600
_CHECKS = (no_wrapping, same_language, no_meta_phrases)


class Description(BaseModel):
    """What the model replies."""

    description: str = Field(min_length=1)


def describe_labels(
    rows: Iterable[Row],
    *,
    model: str | ChatModel = EXTRACTIVE,
    labels: LabelSet | Mapping[str, str] | Sequence[str] | str | Path | None = None,
    column: str = "text",
    output: str = "label",
    examples: int = 8,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> LabelSet:
    """Describe each label by texts that have it; a small file that people edit.

    Args:
        rows: A dataset, or any iterable of rows with text and label.
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        labels: Labels that are known already: what is described stays as it is, whoever wrote it.
        column: Column of the text.
        output: Column of the label.
        examples: Texts that are shown for each label, drawn by `seed` and the rows' ids.
        seed: Of the draw, and sent as the sampling seed.
        **options: See `AskingOptions`: `base_url`, `temperature`, `prompts`, `max_concurrency`, ….

    Returns:
        The labels, first those of `labels=`, then the others by name: `print(found.listed())`,
        `found.save("labels.yaml")`. One call for each label that is described.

    Raises:
        ConfigurationError: without a language model, or if a label has no text to show.
        ModelError: the model gave no usable description; what was paid for is kept.

    Example:
        >>> labels = sft.describe_labels(ds, model="qwen3-32b")
        >>> labels.save("labels.yaml")
    """
    asked, prompts, limits = read_options(_NAME, model, options, seed)
    require_language_model(_NAME, asked)
    known = {} if labels is None else LabelSet.of(labels).descriptions
    shown = _examples(rows, column, output, examples, seed or 0)
    names = [*known, *sorted(set(shown) - set(known))]
    whole = LabelSet(tuple((name, known.get(name, "")) for name in names))
    found = dict(_described(whole, shown, asked, prompts, limits))
    return LabelSet(tuple((name, about or found[name]) for name, about in whole.entries))


def _described(
    labels: LabelSet,
    shown: Mapping[str, list[str]],
    asked: AskedModel,
    prompts: Prompts,
    limits: Runtime,
) -> Iterator[tuple[str, str]]:
    missing = [name for name, about in labels.entries if not about]
    if lost := [name for name in missing if name not in shown]:
        raise ConfigurationError(
            f"No row has the label {lost[0]!r}, so there is nothing to describe it by. Describe it "
            "yourself: labels={'" + lost[0] + "': '…'}."
        )
    tasks = (
        ({"id": name}, _steps(name, labels, shown[name], asked, prompts, limits))
        for name in missing
    )
    for name, outcome in zip(missing, asked.work(tasks, limits), strict=True):
        if not outcome.rows:
            why = outcome.failure.detail if outcome.failure else ", ".join(outcome.drops)
            raise ModelError(
                f"{asked.name} gave no description of the label {name!r}: {why}. The same call "
                f"tries again; or describe it yourself: labels={{{name!r}: '…'}}."
            )
        yield name, outcome.rows[0]["description"]


def _steps(
    name: str,
    labels: LabelSet,
    texts: list[str],
    asked: AskedModel,
    prompts: Prompts,
    limits: Runtime,
) -> Steps[Outcome]:
    language = detect_language("".join(texts))
    prompt = prompts.load(_NAME, language, _VARIABLES)
    listed = "\n\n".join(f"[{n}] {text}" for n, text in enumerate(texts, 1))
    limit = _LIMIT["zh" if language == "zh" else "en"]
    words = prompt.fill(
        label=name, labels=", ".join(labels.names), limit=limit, text=fenced(listed)
    )
    request = ChatRequest.ask(words, prompt.system, schema=Description, parameters=asked.sampling())
    check = partial(_fault, texts, limit)
    reply = yield from checked(request, check, limits.max_repairs)
    said = reply.parsed.description  # type: ignore[union-attr]
    return Outcome(rows=({"description": " ".join(said.split())},))


def _fault(texts: Sequence[str], limit: int, reply: Reply) -> Fault | None:
    """Say what is wrong with a description. Pure."""
    assert isinstance(reply.parsed, Description)
    said = reply.parsed.description
    if len(said) > 1.5 * limit:
        return Fault("too long", f"Shorter: at most {limit} characters.")
    if any(len(text) >= 8 and text in said for text in texts):
        return Fault("copies an example", "Do not quote the examples; say what they share.")
    return first_fault(Candidate(said, source="\n".join(texts)), _CHECKS)


def _examples(
    rows: Iterable[Row], column: str, output: str, count: int, seed: int
) -> dict[str, list[str]]:
    """Draw texts of each label; the same ones whatever the rows' order."""
    drawn: dict[str, list[tuple[float, str]]] = {}
    for row in rows:
        if missing := {column, output} - set(row):
            raise ConfigurationError(
                f"describe_labels needs column {min(missing)!r}; the rows have {', '.join(row)}."
            )
        text = " ".join(words_of(row[column]).split())[:_EXAMPLE_CHARACTERS]
        if row[output] not in (None, "") and text:
            held = drawn.setdefault(str(row[output]), [])
            held.append((draw(seed, row_id(row)), text))
            held.sort()
            del held[count:]
    return {name: [text for _, text in held] for name, held in drawn.items()}
