"""What TRL 1.16 stops at or trains wrongly."""

from __future__ import annotations

import pyarrow as pa

from hf_sft_builders.formats import raw_calls as calls
from hf_sft_builders.formats import raw_columns as columns
from hf_sft_builders.formats import raw_turns as turns
from hf_sft_builders.formats.preference_pairs import first_turns_differ, mixed_sides
from hf_sft_builders.formats.raw_turns import CHATS, REPLIES, over
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.trainer_mends import as_bools, null_for_empty, without
from hf_sft_builders.formats.trainers.shared import (
    AS_JSON_TEXT,
    LEAVE_OUT,
    PAIR_DIFFERS,
    empty_rule,
    ends_rule,
    system_rule,
    words_rules,
)

_SIDES = ("chosen", "rejected")

RULES = (
    *words_rules("TRL", "trains an empty turn or stops, as the chat template decides"),
    Rule(
        "layout",
        "columns",
        "text, messages, prompt and completion, or chosen and rejected; TRL stops with KeyError",
        "Use sft.export(…, trainer='trl').",
        columns.lacks(("text",), ("messages",), ("conversations",), ("prompt",), _SIDES),
    ),
    Rule(
        "roles-known",
        "messages.role",
        "system, user, assistant or tool; TRL trains on the unknown word as if it were a role",
        "Rename human to user and gpt to assistant; sft.export does.",
        over(
            (*REPLIES, "prompt"),
            turns.role_outside("system", "developer", "user", "assistant", "tool"),
        ),
    ),
    Rule(
        "messages-not-text",
        "messages",
        "a list of messages; TRL is left with no row",
        "Parse the JSON text.",
        columns.either(*(columns.is_not(column, turns.is_chat) for column in CHATS)),
    ),
    empty_rule("TRL stops"),
    system_rule("TRL leaves it to the chat template, and strict ones stop"),
    ends_rule("TRL trains on the question"),
    Rule(
        "text-not-null",
        "text, completion, chosen, rejected",
        "text; TRL stops with AttributeError",
        LEAVE_OUT,
        turns.null_text("text", "completion", *_SIDES),
    ),
    Rule(
        "text-not-empty",
        "text, completion, chosen, rejected",
        "words; TRL trains on the end token alone",
        LEAVE_OUT,
        turns.empty_text("text", "completion", *_SIDES),
    ),
    Rule(
        "sides-agree",
        "prompt, chosen, completion",
        "all texts or all lists of messages; TRL stops, or not, as PYTHONHASHSEED decides",
        "Use sft.export(…, trainer='trl').",
        mixed_sides,
    ),
    Rule(
        "same-first-turn",
        "chosen, rejected",
        "the same first turn on both sides where there is no prompt; TRL stops with IndexError",
        "Give a prompt column.",
        first_turns_differ,
    ),
    Rule(
        "arguments-as-objects",
        "messages.tool_calls",
        "arguments as an object; templates quote JSON text twice, and TRL trains on that",
        AS_JSON_TEXT,
        calls.quoted_arguments(*REPLIES, "prompt"),
    ),
    Rule(
        "arguments-not-padded",
        "messages.tool_calls",
        "only the keys that the call has; TRL trains on the nulls that Arrow filled in",
        AS_JSON_TEXT,
        calls.arguments(calls.padded, *REPLIES, "prompt"),
    ),
    Rule(
        "tools-not-empty-text",
        "tools",
        "a list, its JSON text or null; TRL stops with JSONDecodeError at ''",
        "Write null, or leave the column out.",
        columns.either(turns.empty_text("tools"), calls.text_where("tools", calls.no_list)),
        null_for_empty("tools"),
    ),
    Rule(
        "no-prompt-beside",
        "prompt",
        "no column prompt beside messages or text; TRL stops with KeyError: 'completion'",
        "Rename or remove the column.",
        columns.has("prompt", ("messages", "text"), ("completion", *_SIDES)),
    ),
    Rule(
        "no-token-columns",
        "labels, input_ids",
        "no column labels or input_ids; TRL takes the rows as tokenised",
        "Rename or remove the column.",
        columns.either(columns.has("labels"), columns.has("input_ids")),
    ),
    Rule(
        "media-not-null",
        "images, image",
        "no column of null images; TRL takes the dataset for a vision one and stops",
        "Write [] for no images, or leave the column out.",
        columns.nulls_in("images", "image"),
        without("images", "image"),
    ),
    Rule(
        "no-null-in-parts",
        "messages.content",
        "no key image in a part that is a placeholder; TRL counts no image there and stops",
        "Use sft.export(…, trainer='trl').",
        columns.null_image_key,
    ),
    Rule(
        "no-typed-tags",
        "messages.content",
        "no <image> typed in the text beside images; TRL counts those again and stops",
        "Use sft.export(…, trainer='trl').",
        columns.both(
            lambda t: turns.counted("messages", "<image>")(t) > 0,
            columns.either(columns.has("images"), columns.has("image")),
        ),
    ),
    Rule(
        "template-options-not-null",
        "chat_template_kwargs",
        "an object; TRL stops with TypeError at null",
        "Leave the column out.",
        columns.nulls_in("chat_template_kwargs"),
        without("chat_template_kwargs"),
    ),
    Rule(
        "label-is-bool",
        "label",
        "true or false beside a completion; TRL takes any number but 0 for desirable, and stops at "
        "text or null",
        "Cast the column to bool.",
        columns.both(
            columns.either(columns.is_not("label", pa.types.is_boolean), columns.nulls_in("label")),
            columns.has("label", ("completion",)),
        ),
        as_bools("label"),
    ),
    Rule(
        "margin-not-null",
        "margin",
        "a number; TRL stops in the first step",
        "Leave the column out, or fill it.",
        columns.nulls_in("margin"),
    ),
    PAIR_DIFFERS,
)
