"""Fine-tuning data from documents, in the idiom of `datasets`.

Importing this package registers its builders, so that this works as it stands:

    import hf_sft_builders as sft
    from datasets import load_dataset

    ds = load_dataset("hf_sft_builders/pdf_qa", data_dir="docs", split="train", format="sharegpt")
    sft.publish(ds, "my-dataset")
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from hf_sft_builders.registry import register_protocols, register_with_datasets
from hf_sft_builders.version import __version__ as __version__

_HOMES = {
    "ChatModel": "llm",
    "Chunking": "documents",
    "Document": "documents",
    "Ledger": "ledger",
    "LossyConversion": "errors",
    "Op": "ops",
    "Outcome": "ledger",
    "SFTError": "errors",
    "ScriptedModel": "llm",
    "compose_licenses": "licenses",
    "estimate": "builders.forecast",
    "gate_license": "quality",
    "generate": "synthesis",
    "generate_qa": "synthesis",
    "last_run": "ledger",
    "license": "licenses",
    "list_builders": "registry",
    "list_formats": "formats",
    "map": "mapping",
    "publish": "publishing",
    "read_document": "documents",
    "resolve_uri": "sources",
    "retry": "mapping",
    "rewrite": "synthesis",
    "split_document": "documents",
}

__all__ = sorted([*_HOMES, "__version__"])  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__


register_protocols()
register_with_datasets()
