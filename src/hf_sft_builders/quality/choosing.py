"""Gates by name or as they are: what `gates=` takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.ops import Op
from hf_sft_builders.quality import GATES


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
