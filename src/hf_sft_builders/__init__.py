"""Fine-tuning data from documents, in the idiom of `datasets`.

Importing this package registers its builders, so that this works as it stands:

    import hf_sft_builders as sft
    from datasets import load_dataset

    ds = load_dataset("hf_sft_builders/pdf_qa", data_dir="docs", split="train", format="sharegpt")
    sft.publish(ds, "my-dataset")
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from hf_sft_builders.registry import register_protocols, register_with_datasets
from hf_sft_builders.version import __version__ as __version__

_HOMES = {
    "Audiences": "synthesis.audiences",
    "ChatModel": "llm",
    "Chunking": "documents",
    "Document": "documents",
    "DomainTree": "synthesis.domain_tree",
    "FixedQuestion": "synthesis.fixed_questions",
    "LabelSet": "synthesis.label_set",
    "Ledger": "ledger",
    "LossyConversion": "errors",
    "MinerU": "documents",
    "Op": "ops",
    "Outcome": "ledger",
    "SFTError": "errors",
    "ScriptedModel": "llm",
    "VisionReader": "documents",
    "add_reasoning": "synthesis.add_reasoning",
    "add_turns": "synthesis.add_turns",
    "answer": "synthesis.answer",
    "answer_calls": "synthesis.answer_calls",
    "apply_gates": "quality.applying",
    "ask_images": "synthesis.ask_images",
    "back_translate": "synthesis.back_translate",
    "balance": "formats.selection",
    "build_domain_tree": "synthesis.domain_building",
    "check": "formats.checking",
    "clean_chunks": "synthesis.clean_chunks",
    "close_dialogue": "synthesis.close_dialogue",
    "compare": "quality.comparison",
    "compose_licenses": "licenses",
    "continue_text": "synthesis.continue_text",
    "convert": "formats.converting",
    "dataset_page": "sources.croissant",
    "decontaminate": "quality.contamination",
    "deduplicate": "quality.duplicates",
    "degrade": "synthesis.degrade",
    "describe_labels": "synthesis.describe_labels",
    "detect": "formats.detection",
    "distill": "synthesis.distill",
    "documents_in": "documents",
    "edge_cases": "synthesis.edge_cases",
    "estimate": "builders.forecast",
    "exam_questions": "synthesis.exam_questions",
    "expand": "synthesis.expand",
    "expand_topics": "synthesis.expand_topics",
    "export": "publishing",
    "export_review": "reviewing",
    "gate_encoding": "quality.encoding_gate",
    "gate_grounded": "quality.grounded_gate",
    "gate_language": "quality.language_gate",
    "gate_length": "quality.length_gate",
    "gate_license": "quality.license_gate",
    "gate_numbers": "quality.numbers_gate",
    "gate_pii": "quality.pii_gate",
    "gate_placeholder": "quality.placeholder_gate",
    "gate_refusal": "quality.refusal_gate",
    "gate_repetition": "quality.repetition_gate",
    "gate_residue": "quality.residue_gate",
    "gate_score": "quality.score_gate",
    "gate_secrets": "quality.secrets_gate",
    "gate_structure": "quality.structure_gate",
    "gate_words": "quality.words_gate",
    "generate": "synthesis.generate",
    "generate_qa": "synthesis.generate_qa",
    "generate_reasoning": "synthesis.generate_reasoning",
    "import_review": "reviewing",
    "judge": "synthesis.judge",
    "label": "synthesis.label",
    "label_domains": "synthesis.label_domains",
    "last_run": "ledger",
    "license": "licenses",
    "list_builders": "registry",
    "list_formats": "formats",
    "map": "mapping",
    "mix": "formats.mixing",
    "plan_dialogues": "synthesis.slots.planning",
    "publish": "publishing",
    "ray": "ray",
    "read_document": "documents",
    "read_documents": "documents.reading_op",
    "read_images": "documents.images",
    "render": "formats.rendering",
    "repeated_lines": "synthesis.boilerplate",
    "report": "publishing",
    "resolve_uri": "sources",
    "retry": "mapping",
    "review": "reviewing",
    "review_examples": "reviewing",
    "reviewed": "reviewing",
    "rewrite": "synthesis.rewrite",
    "rewrite_with_slots": "synthesis.rewrite_with_slots",
    "sample": "formats.selection",
    "score_exam": "quality.exam_scores",
    "score_slots": "quality.slot_scores",
    "search": "sources.searching",
    "self_check": "synthesis.self_check",
    "similar_questions": "synthesis.similar_questions",
    "simulate_dialogue": "synthesis.simulate_dialogue",
    "slots_to_utterance": "synthesis.slots_to_utterance",
    "split": "formats.splitting",
    "split_document": "documents",
    "suggest_audiences": "synthesis.audiences",
    "summarize": "synthesis.summarize",
    "topic_questions": "synthesis.topic_questions",
    "unmark_questions": "synthesis.unmark_questions",
    "unroll_turns": "synthesis.unroll_turns",
    "with_examples": "reviewing",
}

__all__ = sorted([*_HOMES, "__version__"])  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(f"{__name__}.{_HOMES[name]}")
    return home if name == _HOMES[name] else getattr(home, name)


def __dir__() -> list[str]:
    return __all__


# The process that reads files (`documents/sandbox.py`) needs no builders, and `datasets` takes a second.
if "HF_SFT_READING_PROCESS" not in os.environ:
    register_protocols()
    register_with_datasets()
