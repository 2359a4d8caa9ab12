"""Words and rules that several trainers share."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from hf_sft_builders.formats import raw_turns as turns
from hf_sft_builders.formats.preference_pairs import identical_pair
from hf_sft_builders.formats.raw_turns import CHATS, REPLIES, over
from hf_sft_builders.formats.rules import Rule

FIRST_SYSTEM = "a system message first or not at all"
ENDS = "a conversation that ends with a reply"
LEAVE_OUT = "Leave the row out, or let sft.export(…, allow_drops=True) count it."
AS_JSON_TEXT = "Store tools and arguments as JSON text; sft.export writes what the trainer wants."

PAIR_DIFFERS = Rule(
    "pair-differs",
    "rejected",
    "two replies that differ; the trainer learns nothing from equal ones",
    LEAVE_OUT,
    identical_pair,
)


def no_reply_at_end(table: pa.Table) -> np.ndarray:
    """Mark rows that end on a question; beside chosen and rejected, the conversation does."""
    mask = over(("completion", "chosen", "rejected"), turns.ends_asked)(table)
    if "rejected" not in table.column_names:
        mask |= over(CHATS, turns.ends_asked)(table)
    return mask


def words_rules(trainer: str, null: str, calls_need_none: bool = True) -> tuple[Rule, Rule]:
    """Give the rules that messages say something.

    Args:
        trainer: Its name, as people write it.
        null: What it does where content is null.
        calls_need_none: Whether content may be null beside `tool_calls`.
    """
    return (
        Rule(
            "reply-not-empty",
            "messages.content",
            f"a reply with words; {trainer} learns to say nothing",
            LEAVE_OUT,
            over(REPLIES, turns.empty_reply),
        ),
        Rule(
            "content-not-null",
            "messages.content",
            f"text in each message{' that calls no tool' * calls_need_none}; {trainer} {null}",
            LEAVE_OUT,
            over(
                (*REPLIES, "prompt"),
                turns.null_content if calls_need_none else turns.any_null_content,
            ),
        ),
    )


def system_rule(consequence: str) -> Rule:
    """Give the rule that a system message stands first, and what happens otherwise."""
    return Rule(
        "system-first",
        "messages",
        f"{FIRST_SYSTEM}; {consequence}",
        LEAVE_OUT,
        over((*REPLIES, "prompt"), turns.late_system),
    )


def ends_rule(consequence: str) -> Rule:
    """Give the rule that a conversation ends with a reply, and what happens otherwise."""
    return Rule(
        "ends-with-reply",
        "messages",
        f"{ENDS}; {consequence}",
        "Cut the turns after the last reply.",
        no_reply_at_end,
    )


def empty_rule(consequence: str) -> Rule:
    """Give the rule that there is a message, and what happens otherwise."""
    return Rule(
        "conversation-not-empty",
        "messages",
        f"at least one message; {consequence}",
        LEAVE_OUT,
        turns.empty_chat(*REPLIES, "prompt"),
    )


def roles_rule(consequence: str, *roles: str) -> Rule:
    """Give the rule that roles are among those known, and what happens otherwise."""
    return Rule(
        "roles-known",
        "messages.role",
        f"{', '.join(roles[:-1])} or {roles[-1]}; {consequence}",
        "Rename the roles; sft.export does.",
        over((*REPLIES, "prompt"), turns.role_outside(*roles)),
    )
