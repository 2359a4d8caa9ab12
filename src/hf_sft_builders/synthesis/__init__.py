"""Ops that make rows: one file each; `OPS` is the registry."""

from __future__ import annotations

from hf_sft_builders.documents.reading_op import ReadDocuments
from hf_sft_builders.ops import Op
from hf_sft_builders.synthesis.boilerplate import repeated_lines
from hf_sft_builders.synthesis.clean_chunks import CleanChunks, clean_chunks
from hf_sft_builders.synthesis.domain_building import build_domain_tree
from hf_sft_builders.synthesis.domain_tree import DomainTree
from hf_sft_builders.synthesis.generate import Generate, generate
from hf_sft_builders.synthesis.generate_qa import GenerateQA, generate_qa
from hf_sft_builders.synthesis.label_domains import LabelDomains, label_domains
from hf_sft_builders.synthesis.rewrite import Rewrite, rewrite

OPS: dict[str, type[Op]] = {
    op.name: op for op in (CleanChunks, Generate, GenerateQA, LabelDomains, ReadDocuments, Rewrite)
}

__all__ = [
    "OPS",
    "CleanChunks",
    "DomainTree",
    "Generate",
    "GenerateQA",
    "LabelDomains",
    "Rewrite",
    "build_domain_tree",
    "clean_chunks",
    "generate",
    "generate_qa",
    "label_domains",
    "repeated_lines",
    "rewrite",
]
