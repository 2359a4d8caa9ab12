"""Ops that make rows: one file each; `OPS` is the registry."""

from __future__ import annotations

from hf_sft_builders.documents.reading_op import ReadDocuments
from hf_sft_builders.ops import Op
from hf_sft_builders.synthesis.add_reasoning import AddReasoning, add_reasoning
from hf_sft_builders.synthesis.add_turns import AddTurns, add_turns
from hf_sft_builders.synthesis.answer import Answer, answer
from hf_sft_builders.synthesis.answer_calls import AnswerCalls, answer_calls
from hf_sft_builders.synthesis.ask_images import AskImages, ask_images
from hf_sft_builders.synthesis.audiences import Audiences, suggest_audiences
from hf_sft_builders.synthesis.back_translate import BackTranslate, back_translate
from hf_sft_builders.synthesis.boilerplate import repeated_lines
from hf_sft_builders.synthesis.clean_chunks import CleanChunks, clean_chunks
from hf_sft_builders.synthesis.close_dialogue import CloseDialogue, close_dialogue
from hf_sft_builders.synthesis.continue_text import ContinueText, continue_text
from hf_sft_builders.synthesis.degrade import Degrade, degrade
from hf_sft_builders.synthesis.describe_labels import describe_labels
from hf_sft_builders.synthesis.distill import Distill, distill
from hf_sft_builders.synthesis.domain_building import build_domain_tree
from hf_sft_builders.synthesis.domain_tree import DomainTree
from hf_sft_builders.synthesis.edge_cases import EdgeCases, edge_cases
from hf_sft_builders.synthesis.exam_questions import ExamQuestions, exam_questions
from hf_sft_builders.synthesis.expand import Expand, expand
from hf_sft_builders.synthesis.expand_topics import ExpandTopics, expand_topics
from hf_sft_builders.synthesis.fixed_questions import FixedQuestion
from hf_sft_builders.synthesis.generate import Generate, generate
from hf_sft_builders.synthesis.generate_qa import GenerateQA, generate_qa
from hf_sft_builders.synthesis.generate_reasoning import GenerateReasoning, generate_reasoning
from hf_sft_builders.synthesis.judge import Judge, judge
from hf_sft_builders.synthesis.label import Label, label
from hf_sft_builders.synthesis.label_domains import LabelDomains, label_domains
from hf_sft_builders.synthesis.label_set import LabelSet
from hf_sft_builders.synthesis.rewrite import Rewrite, rewrite
from hf_sft_builders.synthesis.rewrite_with_slots import RewriteWithSlots, rewrite_with_slots
from hf_sft_builders.synthesis.self_check import SelfCheck, self_check
from hf_sft_builders.synthesis.similar_questions import SimilarQuestions, similar_questions
from hf_sft_builders.synthesis.simulate_dialogue import SimulateDialogue, simulate_dialogue
from hf_sft_builders.synthesis.slots.planning import plan_dialogues
from hf_sft_builders.synthesis.slots_to_utterance import SlotsToUtterance, slots_to_utterance
from hf_sft_builders.synthesis.summarize import Summarize, summarize
from hf_sft_builders.synthesis.topic_questions import TopicQuestions, topic_questions
from hf_sft_builders.synthesis.unmark_questions import UnmarkQuestions, unmark_questions
from hf_sft_builders.synthesis.unroll_turns import UnrollTurns, unroll_turns

OPS: dict[str, type[Op]] = {
    op.name: op
    for op in (
        AddReasoning,
        AddTurns,
        Answer,
        AnswerCalls,
        AskImages,
        BackTranslate,
        CleanChunks,
        CloseDialogue,
        ContinueText,
        Degrade,
        Distill,
        EdgeCases,
        ExamQuestions,
        Expand,
        ExpandTopics,
        Generate,
        GenerateQA,
        GenerateReasoning,
        Judge,
        Label,
        LabelDomains,
        ReadDocuments,
        Rewrite,
        RewriteWithSlots,
        SelfCheck,
        SimilarQuestions,
        SimulateDialogue,
        SlotsToUtterance,
        Summarize,
        TopicQuestions,
        UnmarkQuestions,
        UnrollTurns,
    )
}

__all__ = [
    "OPS",
    "AddReasoning",
    "AddTurns",
    "Answer",
    "AnswerCalls",
    "AskImages",
    "Audiences",
    "BackTranslate",
    "CleanChunks",
    "CloseDialogue",
    "ContinueText",
    "Degrade",
    "Distill",
    "DomainTree",
    "EdgeCases",
    "ExamQuestions",
    "Expand",
    "ExpandTopics",
    "FixedQuestion",
    "Generate",
    "GenerateQA",
    "GenerateReasoning",
    "Judge",
    "Label",
    "LabelDomains",
    "LabelSet",
    "Rewrite",
    "RewriteWithSlots",
    "SelfCheck",
    "SimilarQuestions",
    "SimulateDialogue",
    "SlotsToUtterance",
    "Summarize",
    "TopicQuestions",
    "UnmarkQuestions",
    "UnrollTurns",
    "add_reasoning",
    "add_turns",
    "answer",
    "answer_calls",
    "ask_images",
    "back_translate",
    "build_domain_tree",
    "clean_chunks",
    "close_dialogue",
    "continue_text",
    "degrade",
    "describe_labels",
    "distill",
    "edge_cases",
    "exam_questions",
    "expand",
    "expand_topics",
    "generate",
    "generate_qa",
    "generate_reasoning",
    "judge",
    "label",
    "label_domains",
    "plan_dialogues",
    "repeated_lines",
    "rewrite",
    "rewrite_with_slots",
    "self_check",
    "similar_questions",
    "simulate_dialogue",
    "slots_to_utterance",
    "suggest_audiences",
    "summarize",
    "topic_questions",
    "unmark_questions",
    "unroll_turns",
]
