"""Ops that make rows: one file each; `OPS` is the registry."""

from __future__ import annotations

from hf_sft_builders.documents.reading_op import ReadDocuments
from hf_sft_builders.ops import Op
from hf_sft_builders.synthesis.generate import Generate, generate
from hf_sft_builders.synthesis.generate_qa import GenerateQA, generate_qa
from hf_sft_builders.synthesis.rewrite import Rewrite, rewrite

OPS: dict[str, type[Op]] = {op.name: op for op in (Generate, GenerateQA, ReadDocuments, Rewrite)}

__all__ = ["OPS", "Generate", "GenerateQA", "Rewrite", "generate", "generate_qa", "rewrite"]
