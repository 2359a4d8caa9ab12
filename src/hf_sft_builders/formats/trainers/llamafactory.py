"""What LLaMA-Factory 0.9 drops, stops at or trains wrongly."""

from __future__ import annotations

import pyarrow as pa

from hf_sft_builders.formats import raw_calls as calls
from hf_sft_builders.formats import raw_columns as columns
from hf_sft_builders.formats import raw_turns as turns
from hf_sft_builders.formats.raw_turns import CHATS, is_text, over
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.trainer_mends import as_bools, empty_for_null
from hf_sft_builders.formats.trainers.shared import (
    AS_JSON_TEXT,
    ENDS,
    FIRST_SYSTEM,
    LEAVE_OUT,
    PAIR_DIFFERS,
    words_rules,
)

_SIDES = ("chosen", "rejected")

RULES = (
    *words_rules("LLaMA-Factory", "stops", calls_need_none=False),
    Rule(
        "layout",
        "columns",
        "instruction and output, conversations, messages or text; LLaMA-Factory stops",
        "Convert to alpaca or sharegpt first, or use sft.export(…, trainer='llamafactory').",
        columns.lacks(
            ("instruction", "output"),
            ("instruction", "chosen", "rejected"),
            *((column,) for column in (*CHATS, "text")),
        ),
    ),
    Rule(
        "system-first",
        "messages",
        f"{FIRST_SYSTEM}; LLaMA-Factory drops the row",
        LEAVE_OUT,
        over(CHATS, turns.late_system),
    ),
    Rule(
        "turns-alternate",
        "messages",
        "questions and observations at odd places, replies and calls at even ones; "
        "LLaMA-Factory drops the row",
        "Merge turns of one side, or leave the row out.",
        over(CHATS, turns.out_of_turn),
    ),
    Rule(
        "ends-with-reply",
        "messages",
        f"{ENDS} (a preference row: with a question); LLaMA-Factory drops the row",
        "Cut the turns after the last reply.",
        columns.either(
            columns.both(over(CHATS, turns.ends_asked), lambda t: ~columns.has("rejected")(t)),
            columns.both(
                over(CHATS, lambda said: ~turns.ends_asked(said) & turns.is_last(said)),
                columns.has("rejected"),
            ),
        ),
    ),
    Rule(
        "conversation-not-empty",
        "messages",
        "at least one message; LLaMA-Factory drops the row (and stops at a null)",
        LEAVE_OUT,
        turns.empty_chat(*CHATS),
    ),
    Rule(
        "calls-as-turns",
        "messages.tool_calls",
        "each call as a function_call turn of its own; LLaMA-Factory ignores tool_calls and "
        "learns to say nothing",
        "Convert to sharegpt, or use sft.export(…, trainer='llamafactory').",
        over(("messages",), turns.calls),
    ),
    Rule(
        "output-is-text",
        "output",
        "text; LLaMA-Factory drops a null, a number or a list",
        "Join a list of steps into one text; write numbers as text.",
        columns.either(turns.null_text("output"), columns.is_not("output", is_text)),
    ),
    Rule(
        "output-not-empty",
        "output",
        "words; LLaMA-Factory learns to say nothing, and turns a KTO label around",
        LEAVE_OUT,
        turns.empty_text("output"),
    ),
    Rule(
        "instruction-is-text",
        "instruction",
        "text; LLaMA-Factory asks an empty question, and stops at a number",
        LEAVE_OUT,
        columns.either(turns.null_text("instruction"), columns.is_not("instruction", is_text)),
    ),
    Rule(
        "history-in-pairs",
        "history",
        "a list of [question, answer]; LLaMA-Factory trains on the key names of structs, and stops "
        "at other lengths or a null",
        "Write [[question, answer], …].",
        columns.not_pairs,
    ),
    Rule(
        "tools-as-json-text",
        "tools",
        "the JSON text of a list, or ''; LLaMA-Factory stops",
        AS_JSON_TEXT,
        columns.either(columns.is_not("tools", is_text), calls.text_where("tools", calls.no_list)),
    ),
    Rule(
        "call-has-arguments",
        "conversations.value",
        "JSON of a call (or a list) with name and arguments; LLaMA-Factory stops",
        AS_JSON_TEXT,
        calls.text_where("conversations", calls.no_call, only="function_call"),
    ),
    Rule(
        "arguments-not-quoted",
        "conversations.value",
        "arguments as an object; LLaMA-Factory trains on JSON text quoted twice",
        "Parse the arguments once more before you write the call.",
        calls.text_where("conversations", calls.call_with_text, only="function_call"),
    ),
    Rule(
        "early-text",
        "tools, system",
        f"'' for nothing; LLaMA-Factory stops where {columns.WRITER_BATCH:,} nulls come first",
        "Write '' where there is nothing.",
        columns.either(columns.late_first_value("tools"), columns.late_first_value("system")),
        empty_for_null("tools", "system"),
    ),
    Rule(
        "early-media",
        "images, videos, audios",
        f"media within the first {columns.WRITER_BATCH:,} rows; LLaMA-Factory stops",
        "Keep rows with media in a file of their own, as sft.export does.",
        columns.either(
            *(columns.late_first_value(name) for name in ("images", "videos", "audios"))
        ),
    ),
    Rule(
        "media-have-tags",
        "images, videos, audios",
        "as many <image>, <video> and <audio> in the text as there are media; LLaMA-Factory stops",
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
        "pair-fits-layout",
        "chosen, rejected",
        "texts beside instruction, one message each beside a conversation; LLaMA-Factory drops the row",
        "Use sft.export(…, trainer='llamafactory').",
        columns.either(
            columns.both(columns.is_not("chosen", is_text), columns.has("instruction")),
            columns.both(
                columns.is_not("chosen", pa.types.is_struct), columns.has("chosen", CHATS)
            ),
            columns.nulls_in(*_SIDES),
        ),
    ),
    Rule(
        "label-is-bool",
        "kto_tag",
        "true or false; LLaMA-Factory drops numbers, text and null",
        "Cast the column to bool.",
        columns.either(columns.is_not("kto_tag", pa.types.is_boolean), columns.nulls_in("kto_tag")),
        as_bools("kto_tag"),
    ),
    PAIR_DIFFERS,
)
