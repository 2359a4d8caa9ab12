"""Ops that make rows: one file each; `OPS` is the registry."""

from __future__ import annotations

from hf_sft_builders.documents.reading_op import ReadDocuments
from hf_sft_builders.ops import Op
from hf_sft_builders.synthesis.boilerplate import repeated_lines
from hf_sft_builders.synthesis.clean_chunks import CleanChunks, clean_chunks
from hf_sft_builders.synthesis.degrade import Degrade, degrade
from hf_sft_builders.synthesis.describe_labels import describe_labels
from hf_sft_builders.synthesis.domain_building import build_domain_tree
from hf_sft_builders.synthesis.domain_tree import DomainTree
from hf_sft_builders.synthesis.edge_cases import EdgeCases, edge_cases
from hf_sft_builders.synthesis.exam_questions import ExamQuestions, exam_questions
from hf_sft_builders.synthesis.generate import Generate, generate
from hf_sft_builders.synthesis.generate_qa import GenerateQA, generate_qa
from hf_sft_builders.synthesis.judge import Judge, judge
from hf_sft_builders.synthesis.label import Label, label
from hf_sft_builders.synthesis.label_domains import LabelDomains, label_domains
from hf_sft_builders.synthesis.label_set import LabelSet
from hf_sft_builders.synthesis.rewrite import Rewrite, rewrite

OPS: dict[str, type[Op]] = {
    op.name: op
    for op in (
        CleanChunks,
        Degrade,
        EdgeCases,
        ExamQuestions,
        Generate,
        GenerateQA,
        Judge,
        Label,
        LabelDomains,
        ReadDocuments,
        Rewrite,
    )
}

__all__ = [
    "OPS",
    "CleanChunks",
    "Degrade",
    "DomainTree",
    "EdgeCases",
    "ExamQuestions",
    "Generate",
    "GenerateQA",
    "Judge",
    "Label",
    "LabelDomains",
    "LabelSet",
    "Rewrite",
    "build_domain_tree",
    "clean_chunks",
    "degrade",
    "describe_labels",
    "edge_cases",
    "exam_questions",
    "generate",
    "generate_qa",
    "judge",
    "label",
    "label_domains",
    "repeated_lines",
    "rewrite",
]
