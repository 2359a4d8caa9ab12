"""Gates: ops that keep a row, or drop it with a reason that is counted; one file each."""

from __future__ import annotations

from hf_sft_builders.quality.applying import Gated, apply_gates
from hf_sft_builders.quality.choosing import GATES, as_gates
from hf_sft_builders.quality.encoding_gate import GateEncoding, gate_encoding
from hf_sft_builders.quality.grounded_gate import GateGrounded, gate_grounded
from hf_sft_builders.quality.language_gate import GateLanguage, gate_language
from hf_sft_builders.quality.length_gate import GateLength, gate_length
from hf_sft_builders.quality.license_gate import GateLicense, gate_license
from hf_sft_builders.quality.numbers_gate import GateNumbers, gate_numbers
from hf_sft_builders.quality.pii_gate import GatePII, gate_pii
from hf_sft_builders.quality.placeholder_gate import GatePlaceholder, gate_placeholder
from hf_sft_builders.quality.refusal_gate import GateRefusal, gate_refusal
from hf_sft_builders.quality.repetition_gate import GateRepetition, gate_repetition
from hf_sft_builders.quality.residue_gate import GateResidue, gate_residue
from hf_sft_builders.quality.score_gate import GateScore, gate_score
from hf_sft_builders.quality.secrets_gate import GateSecrets, gate_secrets
from hf_sft_builders.quality.structure_gate import GateStructure, gate_structure
from hf_sft_builders.quality.words_gate import GateWords, gate_words

__all__ = [
    "GATES",
    "GateEncoding",
    "GateGrounded",
    "GateLanguage",
    "GateLength",
    "GateLicense",
    "GateNumbers",
    "GatePII",
    "GatePlaceholder",
    "GateRefusal",
    "GateRepetition",
    "GateResidue",
    "GateScore",
    "GateSecrets",
    "GateStructure",
    "GateWords",
    "Gated",
    "apply_gates",
    "as_gates",
    "gate_encoding",
    "gate_grounded",
    "gate_language",
    "gate_length",
    "gate_license",
    "gate_numbers",
    "gate_pii",
    "gate_placeholder",
    "gate_refusal",
    "gate_repetition",
    "gate_residue",
    "gate_score",
    "gate_secrets",
    "gate_structure",
    "gate_words",
]
