"""What Unsloth stops at or trains wrongly: its own reading of conversations, then TRL's rules."""

from __future__ import annotations

from hf_sft_builders.formats import raw_columns as columns
from hf_sft_builders.formats import raw_turns as turns
from hf_sft_builders.formats.raw_turns import over
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.trainers.shared import LEAVE_OUT
from hf_sft_builders.formats.trainers.trl import RULES as TRL

_ALIASES = ("system", "user", "human", "input", "gpt", "assistant", "output")

_OWN = ("roles-known", "messages-not-text", "tools-not-empty-text")

RULES = (
    # Conversations pass through standardize_sharegpt, which maps roles and ignores tools.
    *(rule for rule in TRL if rule.name not in _OWN),
    Rule(
        "roles-have-alias",
        "conversations.from",
        f"one of {', '.join(_ALIASES)}; standardize_sharegpt stops at calls and observations",
        "Use sft.export(…, trainer='unsloth').",
        over(("conversations",), turns.role_outside(*_ALIASES)),
    ),
    Rule(
        "roles-known",
        "messages.role",
        "system, user, assistant or tool; Unsloth trains on the unknown word as if it were a role",
        "Rename human to user and gpt to assistant; sft.export does.",
        over(
            ("messages", "prompt", "completion", "chosen", "rejected"),
            turns.role_outside("system", "developer", "user", "assistant", "tool"),
        ),
    ),
    Rule(
        "two-fields",
        "conversations",
        "messages of exactly two fields; standardize_sharegpt stops",
        "Keep from and value only.",
        columns.more_fields("conversations", 2),
    ),
    Rule(
        "value-is-text",
        "conversations.value",
        "text in every message; standardize_sharegpt stops",
        LEAVE_OUT,
        over(("conversations",), turns.any_null_content),
    ),
)
