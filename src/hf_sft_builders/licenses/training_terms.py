"""What the models that wrote rows ask of whoever trains on them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hf_sft_builders.licenses.generators import Generator
from hf_sft_builders.licenses.verdicts import Verdict, worst


@dataclass(frozen=True, slots=True)
class Training:
    """What holds for training."""

    verdict: Verdict = "allow"
    commercial: bool = True
    obligations: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


_VERDICTS: dict[str, Verdict] = {
    "free": "allow",
    "credit": "allow-with-obligations",
    "flow-down": "allow-with-obligations",
    "no-competing": "allow-with-obligations",
    "noncommercial": "allow-with-obligations",
    "own-models": "private-only",
    "no-training": "block",
    "unknown": "private-only",
}
_REASONS = {
    "free": "{name}: its terms leave replies free for training.",
    "credit": "{name}: its terms allow training, with credit.",
    "flow-down": "{name}: its terms follow into models trained to perform alike.",
    "no-competing": "{name}: replies must not be used to develop models that compete with {family}.",
    "noncommercial": "{name}: its license is for non-commercial use.",
    "own-models": "{name}: replies must not improve language models other than {family}.",
    "no-training": "{name}: replies must not be used to train other models.",
    "unknown": "{name}: what its terms say of training is not known.",
}
_OBLIGATIONS = {
    "no-competing": "Do not train models that compete with {family}, and tell whoever gets the rows.",
    "noncommercial": "Do not use the rows, or models trained on them, commercially ({name}).",
    "own-models": "Train only {family} models with these rows.",
}
_CHANGES = {
    "own-models": "Keep the rows for training {family}, or make them with a model whose replies "
    "are free, such as Qwen3 or gpt-oss.",
    "no-training": "Make the rows with a model whose replies are free, such as Qwen3 or gpt-oss.",
    "unknown": "Read the terms of the model; where they allow training, name it by its family's "
    "name, or publish with license= as your own word.",
}


def judge_training(generators: Sequence[Generator]) -> Training:
    """Weigh the terms of all models together."""
    if not generators:
        return Training()
    return Training(
        worst(*(_VERDICTS[generator.terms] for generator in generators)),
        all(generator.terms != "noncommercial" for generator in generators),
        tuple(_lines(_OBLIGATIONS, generators, own=True)),
        tuple(_lines(_REASONS, generators)),
        tuple(_lines(_CHANGES, generators)),
    )


def _lines(
    words: dict[str, str], generators: Iterable[Generator], own: bool = False
) -> Iterable[str]:
    for generator in generators:
        if own and generator.obligation:
            yield generator.obligation
        if sentence := words.get(generator.terms):
            name = generator.name if generator.name == generator.model else _named(generator)
            yield sentence.format(name=name, family=generator.family or generator.name)


def _named(generator: Generator) -> str:
    return f"{generator.model} ({generator.name})"
