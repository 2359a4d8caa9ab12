"""What OpenAI's fine-tuning API refuses: one bad line, and the whole file is sent back."""

from __future__ import annotations

from hf_sft_builders.formats import raw_calls as calls
from hf_sft_builders.formats import raw_columns as columns
from hf_sft_builders.formats import raw_turns as turns
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.trainers.shared import (
    AS_JSON_TEXT,
    PAIR_DIFFERS,
    empty_rule,
    ends_rule,
    roles_rule,
    system_rule,
    words_rules,
)

_REFUSED = "OpenAI refuses the file"

RULES = (
    *words_rules("OpenAI", "refuses the file"),
    Rule(
        "layout",
        "columns",
        f"messages, or input with preferred_output and non_preferred_output; {_REFUSED}",
        "Use sft.export(…, trainer='openai').",
        columns.lacks(
            ("messages",),
            ("prompt", "chosen", "rejected"),
            ("input", "preferred_output", "non_preferred_output"),
        ),
    ),
    empty_rule(_REFUSED),
    roles_rule(_REFUSED, "system", "developer", "user", "assistant", "tool"),
    ends_rule(_REFUSED),
    system_rule("the model learns from an order that the chat API does not promise"),
    Rule(
        "tools-as-list",
        "tools",
        f"a list of functions, or no key at all; {_REFUSED}",
        AS_JSON_TEXT,
        columns.either(turns.empty_text("tools"), calls.text_where("tools", calls.no_list)),
    ),
    Rule(
        "arguments-as-text",
        "messages.tool_calls",
        f"arguments as JSON text; {_REFUSED}",
        "Use sft.export(…, trainer='openai').",
        calls.arguments(calls.not_text, "messages"),
    ),
    PAIR_DIFFERS,
)
