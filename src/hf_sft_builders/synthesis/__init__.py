"""Ops that make rows: one file each; `OPS` is the registry."""

from __future__ import annotations

from hf_sft_builders.documents.reading_op import ReadDocuments
from hf_sft_builders.ops import Op
from hf_sft_builders.synthesis.add_turns import AddTurns, add_turns
from hf_sft_builders.synthesis.answer_calls import AnswerCalls, answer_calls
from hf_sft_builders.synthesis.boilerplate import repeated_lines
from hf_sft_builders.synthesis.clean_chunks import CleanChunks, clean_chunks
from hf_sft_builders.synthesis.close_dialogue import CloseDialogue, close_dialogue
from hf_sft_builders.synthesis.domain_building import build_domain_tree
from hf_sft_builders.synthesis.domain_tree import DomainTree
from hf_sft_builders.synthesis.generate import Generate, generate
from hf_sft_builders.synthesis.generate_qa import GenerateQA, generate_qa
from hf_sft_builders.synthesis.label_domains import LabelDomains, label_domains
from hf_sft_builders.synthesis.rewrite import Rewrite, rewrite
from hf_sft_builders.synthesis.rewrite_with_slots import RewriteWithSlots, rewrite_with_slots
from hf_sft_builders.synthesis.slots.planning import plan_dialogues
from hf_sft_builders.synthesis.slots_to_utterance import SlotsToUtterance, slots_to_utterance

OPS: dict[str, type[Op]] = {
    op.name: op
    for op in (
        AddTurns,
        AnswerCalls,
        CleanChunks,
        CloseDialogue,
        Generate,
        GenerateQA,
        LabelDomains,
        ReadDocuments,
        Rewrite,
        RewriteWithSlots,
        SlotsToUtterance,
    )
}

__all__ = [
    "OPS",
    "AddTurns",
    "AnswerCalls",
    "CleanChunks",
    "CloseDialogue",
    "DomainTree",
    "Generate",
    "GenerateQA",
    "LabelDomains",
    "Rewrite",
    "RewriteWithSlots",
    "SlotsToUtterance",
    "add_turns",
    "answer_calls",
    "build_domain_tree",
    "clean_chunks",
    "close_dialogue",
    "generate",
    "generate_qa",
    "label_domains",
    "plan_dialogues",
    "repeated_lines",
    "rewrite",
    "rewrite_with_slots",
    "slots_to_utterance",
]
