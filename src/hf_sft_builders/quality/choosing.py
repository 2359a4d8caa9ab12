"""Gates by name or as they are: what `gates=` takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.ops import Op
from hf_sft_builders.quality.encoding_gate import GateEncoding
from hf_sft_builders.quality.grounded_gate import GateGrounded
from hf_sft_builders.quality.language_gate import GateLanguage
from hf_sft_builders.quality.length_gate import GateLength
from hf_sft_builders.quality.license_gate import GateLicense
from hf_sft_builders.quality.numbers_gate import GateNumbers
from hf_sft_builders.quality.pii_gate import GatePII
from hf_sft_builders.quality.placeholder_gate import GatePlaceholder
from hf_sft_builders.quality.refusal_gate import GateRefusal
from hf_sft_builders.quality.repetition_gate import GateRepetition
from hf_sft_builders.quality.residue_gate import GateResidue
from hf_sft_builders.quality.score_gate import GateScore
from hf_sft_builders.quality.secrets_gate import GateSecrets
from hf_sft_builders.quality.structure_gate import GateStructure
from hf_sft_builders.quality.words_gate import GateWords

GATES: dict[str, type[Op]] = {
    gate.name: gate
    for gate in (
        GateEncoding,
        GateGrounded,
        GateLanguage,
        GateLength,
        GateLicense,
        GateNumbers,
        GatePII,
        GatePlaceholder,
        GateRefusal,
        GateRepetition,
        GateResidue,
        GateScore,
        GateSecrets,
        GateStructure,
        GateWords,
    )
}


def as_gates(gates: Any) -> tuple[Op, ...]:
    """Give gates for names ("length", "gate_pii") and gates; one or several.

    Raises:
        UnknownName: with the nearest name.
        ConfigurationError: for a gate that cannot be without options, or an op that is no gate.
    """
    one = isinstance(gates, (str, Op)) or not isinstance(gates, Iterable)
    return tuple(_gate(gate) for gate in ([gates] if one else gates))


def _gate(gate: Any) -> Op:
    if isinstance(gate, str):
        return _named(gate)
    if not isinstance(gate, Op) or gate.added():
        raise ConfigurationError(
            f"gates= takes gates and their names, such as sft.gate_length(2) or 'pii'; got {gate!r}."
        )
    return gate


def _named(name: str) -> Op:
    full = name if name.startswith("gate_") else f"gate_{name}"
    if full not in GATES:
        raise UnknownName("gate", name, (known.removeprefix("gate_") for known in GATES))
    try:
        return GATES[full]()
    except TypeError as error:
        raise ConfigurationError(
            f"The gate {name!r} needs to be told more: write sft.{full}(…) in place of its name."
        ) from error
