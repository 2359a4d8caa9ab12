"""What Axolotl 0.19 drops, stops at or trains wrongly."""

from __future__ import annotations

import pyarrow as pa

from hf_sft_builders.formats import raw_calls as calls
from hf_sft_builders.formats import raw_columns as columns
from hf_sft_builders.formats import raw_turns as turns
from hf_sft_builders.formats.preference_pairs import outer_space
from hf_sft_builders.formats.raw_turns import is_text, over
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.trainers.shared import (
    AS_JSON_TEXT,
    LEAVE_OUT,
    PAIR_DIFFERS,
    empty_rule,
    ends_rule,
    roles_rule,
    system_rule,
    words_rules,
)

RULES = (
    *words_rules("Axolotl", "takes the key away, and the chat template decides"),
    Rule(
        "layout",
        "columns",
        "messages, conversations, text, instruction and output, or completion; "
        "Axolotl stops with KeyError",
        "Use sft.export(…, trainer='axolotl').",
        columns.lacks(
            ("messages",),
            ("conversations",),
            ("text",),
            ("segments",),
            ("instruction", "output"),
            ("completion",),
            ("chosen", "rejected"),
        ),
    ),
    empty_rule("Axolotl drops the row"),
    ends_rule("Axolotl drops the row where no turn is trained on"),
    system_rule("Axolotl leaves it to the chat template, and strict ones stop"),
    roles_rule(
        "Axolotl trains on the unknown word as if it were a role, and stops in preference data",
        *("system", "user", "human", "assistant", "gpt", "tool"),
    ),
    Rule(
        "tools-as-json",
        "tools",
        "a list or its JSON text; Axolotl stops",
        AS_JSON_TEXT,
        calls.text_where("tools", calls.no_list),
    ),
    Rule(
        "calls-only-in-chat",
        "chosen, rejected",
        "no calls of tools in preference data; Axolotl leaves them out",
        LEAVE_OUT,
        over(("chosen", "rejected"), turns.calls),
    ),
    Rule(
        "replies-trimmed",
        "chosen, rejected",
        "no space around a reply; where the chat template trims it, Axolotl trains on its last letter",
        "Strip the replies.",
        outer_space,
    ),
    Rule(
        "text-not-empty",
        "text, prompt, completion, output",
        "words; Axolotl stops, or trains on the end token alone",
        LEAVE_OUT,
        columns.either(
            turns.empty_text("text", "prompt", "completion", "output"),
            turns.null_text("text", "prompt", "completion", "output"),
        ),
    ),
    Rule(
        "output-is-text",
        "output",
        "text; Axolotl stops at a list and trains on Python's spelling of a number",
        "Join a list of steps into one text; write numbers as text.",
        columns.is_not("output", is_text),
    ),
    Rule(
        "label-is-bool",
        "label",
        "true or false beside a completion; any number but 0 counts as desirable",
        "Cast the column to bool.",
        columns.both(
            columns.either(columns.is_not("label", pa.types.is_boolean), columns.nulls_in("label")),
            columns.has("label", ("completion",)),
        ),
    ),
    PAIR_DIFFERS,
)
