"""The review: rows to look at, correct and confirm, over a dataset that is not touched."""

from __future__ import annotations

from hf_sft_builders.reviewing.actions import Action, Outcome
from hf_sft_builders.reviewing.built_here import BuiltDataset, datasets_built_here
from hf_sft_builders.reviewing.examples import Example, review_examples, with_examples
from hf_sft_builders.reviewing.exchange import export_review, import_review
from hf_sft_builders.reviewing.query import Query
from hf_sft_builders.reviewing.review import review
from hf_sft_builders.reviewing.reviewed import reviewed
from hf_sft_builders.reviewing.session import Session

__all__ = [
    "Action",
    "BuiltDataset",
    "Example",
    "Outcome",
    "Query",
    "Session",
    "datasets_built_here",
    "export_review",
    "import_review",
    "review",
    "review_examples",
    "reviewed",
    "with_examples",
]
