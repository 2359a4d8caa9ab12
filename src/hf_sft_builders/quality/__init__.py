"""Gates: ops that keep a row, or drop it with a reason that is counted; one file each."""

from __future__ import annotations

from hf_sft_builders.ops import Op
from hf_sft_builders.quality.license_gate import GateLicense, gate_license

GATES: dict[str, type[Op]] = {gate.name: gate for gate in (GateLicense,)}

__all__ = ["GATES", "GateLicense", "gate_license"]
