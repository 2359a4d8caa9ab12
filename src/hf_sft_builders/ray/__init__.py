"""Builders and ops on a Ray cluster: `sft.ray.build(…)`, and any op in `ds.map_batches(op)`."""

from hf_sft_builders.ray.building import build

__all__ = ["build"]
