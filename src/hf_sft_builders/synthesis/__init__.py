"""Ops that make rows: one file each; `OPS` is the registry."""

from __future__ import annotations

from hf_sft_builders.documents.reading_op import ReadDocuments
from hf_sft_builders.ops import Op
from hf_sft_builders.synthesis.ask_images import AskImages, ask_images
from hf_sft_builders.synthesis.boilerplate import repeated_lines
from hf_sft_builders.synthesis.clean_chunks import CleanChunks, clean_chunks
from hf_sft_builders.synthesis.degrade import Degrade, degrade
from hf_sft_builders.synthesis.describe_labels import describe_labels
from hf_sft_builders.synthesis.distill import Distill, distill
from hf_sft_builders.synthesis.domain_building import build_domain_tree
from hf_sft_builders.synthesis.domain_tree import DomainTree
from hf_sft_builders.synthesis.edge_cases import EdgeCases, edge_cases
from hf_sft_builders.synthesis.exam_questions import ExamQuestions, exam_questions
from hf_sft_builders.synthesis.expand_topics import ExpandTopics, expand_topics
from hf_sft_builders.synthesis.generate import Generate, generate
from hf_sft_builders.synthesis.generate_qa import GenerateQA, generate_qa
from hf_sft_builders.synthesis.generate_reasoning import GenerateReasoning, generate_reasoning
from hf_sft_builders.synthesis.judge import Judge, judge
from hf_sft_builders.synthesis.label import Label, label
from hf_sft_builders.synthesis.label_domains import LabelDomains, label_domains
from hf_sft_builders.synthesis.label_set import LabelSet
from hf_sft_builders.synthesis.rewrite import Rewrite, rewrite
from hf_sft_builders.synthesis.simulate_dialogue import SimulateDialogue, simulate_dialogue
from hf_sft_builders.synthesis.summarize import Summarize, summarize
from hf_sft_builders.synthesis.topic_questions import TopicQuestions, topic_questions

OPS: dict[str, type[Op]] = {
    op.name: op
    for op in (
        AskImages,
        CleanChunks,
        Degrade,
        Distill,
        EdgeCases,
        ExamQuestions,
        ExpandTopics,
        Generate,
        GenerateQA,
        GenerateReasoning,
        Judge,
        Label,
        LabelDomains,
        ReadDocuments,
        Rewrite,
        SimulateDialogue,
        Summarize,
        TopicQuestions,
    )
}

__all__ = [
    "OPS",
    "AskImages",
    "CleanChunks",
    "Degrade",
    "Distill",
    "DomainTree",
    "EdgeCases",
    "ExamQuestions",
    "ExpandTopics",
    "Generate",
    "GenerateQA",
    "GenerateReasoning",
    "Judge",
    "Label",
    "LabelDomains",
    "LabelSet",
    "Rewrite",
    "SimulateDialogue",
    "Summarize",
    "TopicQuestions",
    "ask_images",
    "build_domain_tree",
    "clean_chunks",
    "degrade",
    "describe_labels",
    "distill",
    "edge_cases",
    "exam_questions",
    "expand_topics",
    "generate",
    "generate_qa",
    "generate_reasoning",
    "judge",
    "label",
    "label_domains",
    "repeated_lines",
    "rewrite",
    "simulate_dialogue",
    "summarize",
    "topic_questions",
]
