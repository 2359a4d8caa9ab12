"""Gates: ops that keep a row, or drop it with a counted reason; one file each, `GATES` is the registry."""

from __future__ import annotations

from hf_sft_builders.ops import Op
from hf_sft_builders.registry import Components

GATES: Components[Op] = Components(
    {
        "gate_encoding": "quality.encoding_gate.GateEncoding",
        "gate_grounded": "quality.grounded_gate.GateGrounded",
        "gate_language": "quality.language_gate.GateLanguage",
        "gate_length": "quality.length_gate.GateLength",
        "gate_license": "quality.license_gate.GateLicense",
        "gate_numbers": "quality.numbers_gate.GateNumbers",
        "gate_pii": "quality.pii_gate.GatePII",
        "gate_placeholder": "quality.placeholder_gate.GatePlaceholder",
        "gate_refusal": "quality.refusal_gate.GateRefusal",
        "gate_repetition": "quality.repetition_gate.GateRepetition",
        "gate_residue": "quality.residue_gate.GateResidue",
        "gate_score": "quality.score_gate.GateScore",
        "gate_secrets": "quality.secrets_gate.GateSecrets",
        "gate_structure": "quality.structure_gate.GateStructure",
        "gate_words": "quality.words_gate.GateWords",
    }
)

__all__ = ["GATES"]
