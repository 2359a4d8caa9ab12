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
    "Audiences": "synthesis",
    "ChatModel": "llm",
    "Chunking": "documents",
    "Document": "documents",
    "DomainTree": "synthesis",
    "FixedQuestion": "synthesis",
    "LabelSet": "synthesis",
    "Ledger": "ledger",
    "LossyConversion": "errors",
    "MinerU": "documents",
    "Op": "ops",
    "Outcome": "ledger",
    "SFTError": "errors",
    "ScriptedModel": "llm",
    "VisionReader": "documents",
    "add_reasoning": "synthesis",
    "add_turns": "synthesis",
    "answer": "synthesis",
    "answer_calls": "synthesis",
    "apply_gates": "quality",
    "ask_images": "synthesis",
    "back_translate": "synthesis",
    "balance": "formats.selection",
    "build_domain_tree": "synthesis",
    "check": "formats.checking",
    "clean_chunks": "synthesis",
    "close_dialogue": "synthesis",
    "compare": "quality.comparison",
    "compose_licenses": "licenses",
    "continue_text": "synthesis",
    "convert": "formats.converting",
    "dataset_page": "sources.croissant",
    "decontaminate": "quality.contamination",
    "deduplicate": "quality.duplicates",
    "degrade": "synthesis",
    "describe_labels": "synthesis",
    "detect": "formats.detection",
    "distill": "synthesis",
    "documents_in": "documents",
    "edge_cases": "synthesis",
    "estimate": "builders.forecast",
    "exam_questions": "synthesis",
    "expand": "synthesis",
    "expand_topics": "synthesis",
    "export": "publishing",
    "export_review": "reviewing",
    "gate_encoding": "quality",
    "gate_grounded": "quality",
    "gate_language": "quality",
    "gate_length": "quality",
    "gate_license": "quality",
    "gate_numbers": "quality",
    "gate_pii": "quality",
    "gate_placeholder": "quality",
    "gate_refusal": "quality",
    "gate_repetition": "quality",
    "gate_residue": "quality",
    "gate_score": "quality",
    "gate_secrets": "quality",
    "gate_structure": "quality",
    "gate_words": "quality",
    "generate": "synthesis",
    "generate_qa": "synthesis",
    "generate_reasoning": "synthesis",
    "import_review": "reviewing",
    "judge": "synthesis",
    "label": "synthesis",
    "label_domains": "synthesis",
    "last_run": "ledger",
    "license": "licenses",
    "list_builders": "registry",
    "list_formats": "formats",
    "map": "mapping",
    "mix": "formats.mixing",
    "plan_dialogues": "synthesis",
    "publish": "publishing",
    "read_document": "documents",
    "read_documents": "documents.reading_op",
    "read_images": "documents.images",
    "render": "formats.rendering",
    "repeated_lines": "synthesis",
    "report": "publishing",
    "resolve_uri": "sources",
    "retry": "mapping",
    "review": "reviewing",
    "review_examples": "reviewing",
    "reviewed": "reviewing",
    "rewrite": "synthesis",
    "rewrite_with_slots": "synthesis",
    "sample": "formats.selection",
    "score_slots": "quality.slot_scores",
    "search": "sources.searching",
    "self_check": "synthesis",
    "similar_questions": "synthesis",
    "simulate_dialogue": "synthesis",
    "slots_to_utterance": "synthesis",
    "split": "formats.splitting",
    "split_document": "documents",
    "suggest_audiences": "synthesis",
    "summarize": "synthesis",
    "topic_questions": "synthesis",
    "with_examples": "reviewing",
}

__all__ = sorted([*_HOMES, "__version__"])  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__


# The process that reads files (`documents/sandbox.py`) needs no builders, and `datasets` takes a second.
if "HF_SFT_READING_PROCESS" not in os.environ:
    register_protocols()
    register_with_datasets()
