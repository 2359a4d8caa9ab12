"""Builders and ops on a Ray cluster: `sft.ray.build(…)`, and any op in `rows.map_batches(op)`."""

from hf_sft_builders.ray.building import build
from hf_sft_builders.ray.converting import conversion

__all__ = ["build", "conversion"]
