"""What torchtune 0.6 stops at, in the middle of training, or trains wrongly."""

from __future__ import annotations

from hf_sft_builders.formats import raw_columns as columns
from hf_sft_builders.formats import raw_turns as turns
from hf_sft_builders.formats.raw_turns import REPLIES, over
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.trainers.shared import (
    LEAVE_OUT,
    PAIR_DIFFERS,
    empty_rule,
    ends_rule,
    roles_rule,
    system_rule,
    words_rules,
)

RULES = (
    *words_rules("torchtune", "repeats the turn before, or stops"),
    Rule(
        "layout",
        "columns",
        "messages, conversations, instruction and output, input and output, or chosen and rejected; "
        "torchtune stops",
        "Use sft.export(…, trainer='torchtune').",
        columns.lacks(
            ("messages",),
            ("conversations",),
            ("instruction", "output"),
            ("input", "output"),
            ("chosen", "rejected"),
            ("text",),
        ),
    ),
    empty_rule("torchtune stops when it comes to the row"),
    system_rule("torchtune stops when it comes to the row"),
    ends_rule("torchtune trains on a row without a reply at its end"),
    roles_rule(
        "torchtune stops when it comes to the row",
        *("system", "user", "human", "assistant", "gpt"),
    ),
    Rule(
        "reply-after-question",
        "messages",
        "each reply after a question, and no two questions in a row; torchtune stops when it comes "
        "to the row",
        "Merge turns of one side, or leave the row out.",
        over(REPLIES, turns.asked_twice),
    ),
    Rule(
        "calls-not-read",
        "messages.tool_calls",
        "no calls of tools; torchtune leaves them out",
        LEAVE_OUT,
        over(REPLIES, turns.calls),
    ),
    Rule(
        "text-given",
        "output, text",
        "text; torchtune stops when it comes to the row",
        LEAVE_OUT,
        columns.either(
            turns.null_text("output", "text"),
            columns.is_not("output", turns.is_text),
            turns.empty_text("output", "text"),
        ),
    ),
    PAIR_DIFFERS,
)
