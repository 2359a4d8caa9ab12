"""Ops that make rows: one file each."""

from __future__ import annotations

from hf_sft_builders.synthesis.generate_qa import GenerateQA, generate_qa

__all__ = ["GenerateQA", "generate_qa"]
