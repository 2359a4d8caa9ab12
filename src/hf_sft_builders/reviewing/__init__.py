"""The review: rows to look at, correct and confirm, over a dataset that is not touched."""

from __future__ import annotations

from hf_sft_builders.reviewing.actions import Action, Outcome
from hf_sft_builders.reviewing.query import Query
from hf_sft_builders.reviewing.reviewed import reviewed
from hf_sft_builders.reviewing.session import Session

__all__ = ["Action", "Outcome", "Query", "Session", "reviewed"]
