"""What ms-swift 4.6 deletes (its default: any exception deletes the row) or trains wrongly."""

from __future__ import annotations

from hf_sft_builders.formats import raw_columns as columns
from hf_sft_builders.formats import raw_turns as turns
from hf_sft_builders.formats.preference_pairs import rejected_equals_reply
from hf_sft_builders.formats.raw_turns import CHATS, is_text
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.trainers.shared import (
    LEAVE_OUT,
    empty_rule,
    ends_rule,
    roles_rule,
    system_rule,
    words_rules,
)

RULES = (
    *words_rules("ms-swift", "deletes the row"),
    Rule(
        "layout",
        "columns",
        "messages, conversations, instruction and output, or one question and one answer column; "
        "ms-swift deletes every row",
        "Use sft.export(…, trainer='ms-swift').",
        columns.lacks(
            ("messages",),
            ("conversation",),
            ("conversations",),
            ("instruction", "output"),
            *((answer,) for answer in ("response", "answer", "output", "solution", "text")),
            ("completion",),
            ("content",),
            ("target",),
            ("targets",),
        ),
    ),
    empty_rule("ms-swift deletes the row"),
    roles_rule(
        "ms-swift deletes the row",
        *("system", "user", "human", "assistant", "gpt", "function_call", "observation"),
        *("tool_call", "tool_response", "tool"),
    ),
    system_rule("ms-swift leaves it to the template, and some stop"),
    ends_rule("ms-swift deletes the row where no reply is trained on"),
    Rule(
        "output-is-text",
        "output",
        "text; ms-swift deletes the row",
        "Join a list of steps into one text; write numbers as text.",
        columns.either(turns.null_text("output"), columns.is_not("output", is_text)),
    ),
    Rule(
        "output-not-empty",
        "output",
        "words; ms-swift learns to say nothing",
        LEAVE_OUT,
        turns.empty_text("output"),
    ),
    Rule(
        "one-answer-column",
        "output, text",
        "one column for the answer; where two match, ms-swift renames neither and deletes the rows",
        "Rename or remove the column that is not the answer.",
        columns.both(
            columns.has("text", ("output", "response", "answer", "completion", "solution")),
            lambda table: (
                ~columns.has("messages")(table)
                & ~columns.has("conversations")(table)
                & ~columns.has("input", ("instruction",))(table)
            ),
        ),
    ),
    Rule(
        "rejected-differs",
        "rejected_response",
        "a reply other than the chosen one; ms-swift deletes the row",
        LEAVE_OUT,
        rejected_equals_reply,
    ),
    Rule(
        "rejected-as-response",
        "chosen, rejected",
        "messages and rejected_response; ms-swift does not know chosen and rejected, and trains on "
        "neither",
        "Use sft.export(…, trainer='ms-swift').",
        columns.has("rejected", ("chosen",)),
    ),
    Rule(
        "media-have-tags",
        "images, videos, audios",
        "as many <image>, <video> and <audio> in the text as there are media; ms-swift puts missing "
        "ones first, and stops at more",
        "Put the tag where the medium belongs.",
        columns.either(
            *(
                columns.tags_differ(chat, f"<{kind}>", f"{kind}s")
                for chat in CHATS
                for kind in ("image", "video", "audio")
            )
        ),
    ),
    Rule(
        "label-given",
        "label",
        "a label in each row; ms-swift deletes the row or stops",
        LEAVE_OUT,
        columns.both(columns.nulls_in("label"), columns.has("label", ("messages", "completion"))),
    ),
)
