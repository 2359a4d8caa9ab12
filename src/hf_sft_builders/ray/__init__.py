"""On a Ray cluster: builders, any op in `rows.map_batches(op)`, duplicates and contamination."""

from hf_sft_builders.ray.building import build
from hf_sft_builders.ray.converting import conversion
from hf_sft_builders.ray.deduplicating import decontaminate, deduplicate

__all__ = ["build", "conversion", "decontaminate", "deduplicate"]
