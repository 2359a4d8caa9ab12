"""What is asked of a small database: a tool with slots, its records, and the words for both."""

from __future__ import annotations

from hf_sft_builders.synthesis.slots.table import RecordTable, Result
from hf_sft_builders.synthesis.slots.tool import RecordField, Slot, Tool

__all__ = ["RecordField", "RecordTable", "Result", "Slot", "Tool"]
