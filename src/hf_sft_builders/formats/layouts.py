"""The layouts of the open datasets that tutorials start from, and how they become a format's.

A layout is known by its columns. Most only have other names; a few need their values taken apart.
Columns that a layout does not use ride along.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats.turns import Turns, as_array, list_lengths, list_offsets

_ROLES = {"Human": "user", "Assistant": "assistant"}
_MARK = re.compile(r"\n\n(Human|Assistant):")
Adapt = Callable[[pa.Table], pa.Table]


@dataclass(frozen=True)
class Layout:
    """One way in which datasets are laid out."""

    name: str
    format: str
    """The format that it becomes."""
    columns: Mapping[str, str]
    """Their column → the format's column."""
    needs: tuple[str, ...] = ()
    """Other columns that must be there for it to be this layout."""
    fits: Callable[[pa.Table], bool] = lambda table: True
    """Whether the values are what the names promise; called where all columns are there."""
    adapt: Adapt | None = None
    """Makes the columns that names alone do not."""

    def matches(self, table: pa.Table) -> bool:
        """Say whether a table has this layout."""
        there = {*self.columns, *self.needs} <= set(table.column_names)
        taken = set(self.columns.values()) - set(self.columns)
        return there and not taken & set(table.column_names) and self.fits(table)

    def apply(self, table: pa.Table) -> pa.Table:
        """Give the table with the format's columns."""
        if self.adapt is not None:
            table = self.adapt(table)
        names = [self.columns.get(name, name) for name in table.column_names]
        return table.rename_columns(names)


def _is_struct(column: str, *fields: str) -> Callable[[pa.Table], bool]:
    def fits(table: pa.Table) -> bool:
        kind = table[column].type
        kind = kind.value_type if pa.types.is_list(kind) else kind
        return pa.types.is_struct(kind) and set(fields) <= {field.name for field in kind}

    return fits


def _with_context(table: pa.Table) -> pa.Table:
    """PubMedQA: the passages of `context`, a blank line between them, are Alpaca's input."""
    passages = pc.struct_field(as_array(table["context"]), "contexts")
    return table.append_column("input", pc.binary_join(passages, "\n\n"))


def _is_transcript(*columns: str) -> Callable[[pa.Table], bool]:
    def fits(table: pa.Table) -> bool:
        texts = [table[column] for column in columns]
        return all(
            pa.types.is_string(text.type)
            and pc.all(pc.match_substring_regex(text, "\\A\n\nHuman:")).as_py() is True
            for text in texts
        )

    return fits


def _turns_of(texts: pa.ChunkedArray, column: str) -> pa.Array:
    """Take transcripts with "Human:" and "Assistant:" apart; an open "Assistant:" at the end is no turn."""
    rows = []
    for number, text in enumerate(texts.to_pylist()):
        pieces = _MARK.split(text)
        if pieces[0].strip() or len(pieces) < 3:
            raise FormatError(
                f"column {column!r}, row {number}: expected '\\n\\nHuman: …' and "
                f"'\\n\\nAssistant: …' in turn, found {text[:80]!r}."
            )
        said = zip(pieces[1::2], pieces[2::2], strict=True)
        turns = [{"role": _ROLES[who], "content": words.strip()} for who, words in said]
        rows.append(turns if turns[-1]["content"] else turns[:-1])
    return pa.array(rows, pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])))


def _static_pairs(table: pa.Table) -> pa.Table:
    """rm-static: the prompt is a transcript, the answers are text."""
    columns = {"prompt": _turns_of(table["prompt"], "prompt")}
    for side in ("chosen", "rejected"):
        texts = pc.utf8_trim_whitespace(as_array(table[side]))
        each = np.arange(len(texts) + 1, dtype=np.int64)
        role = pa.repeat(pa.scalar("assistant"), len(texts))
        turns = Turns(each, {"role": role, "content": texts})
        columns[side] = turns.struct_lists({"role": "role", "content": "content"})
    return _replaced(table, columns)


def _transcript_pairs(table: pa.Table) -> pa.Table:
    """hh-rlhf: both sides are whole transcripts."""
    return _replaced(table, {s: _turns_of(table[s], s) for s in ("chosen", "rejected")})


def _replaced(table: pa.Table, columns: Mapping[str, pa.Array]) -> pa.Table:
    for name, values in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, values)
    return table


def _cauldron(table: pa.Table) -> pa.Table:
    """the_cauldron: pairs of user and assistant about the images, whose tags come first."""
    lists = as_array(table["texts"])
    flat = lists.flatten()
    pairs, starts = len(flat), list_offsets(lists)
    order = pa.array(np.arange(2 * pairs).reshape(2, pairs).T.ravel())
    asked, said = pc.struct_field(flat, "user"), pc.struct_field(flat, "assistant")
    first = starts[:-1][np.diff(starts) > 0]
    tags = np.full(pairs, "", dtype=object)
    with_words = np.diff(starts) > 0
    tags[first] = ["<image>" * int(count) for count in list_lengths(table["images"])[with_words]]
    asked = pc.binary_join_element_wise(pa.array(tags, pa.string()), asked, "")
    content = pa.concat_arrays([asked, said]).take(order)
    role = pa.array(["user", "assistant"]).take(pa.array(np.arange(2 * pairs) % 2))
    messages = Turns(starts * 2, {"role": role, "content": content}).struct_lists(
        {"role": "role", "content": "content"}
    )
    index = table.schema.get_field_index("texts")
    made = table.set_column(index, "messages", messages)
    if "source" in {field.name for field in flat.type}:
        sources = pa.ListArray.from_arrays(
            pa.array(starts, pa.int32()), pc.struct_field(flat, "source")
        )
        made = made.append_column("sources", sources)
    return made


def _text_and_lists(table: pa.Table) -> bool:
    chosen = table["chosen"].type
    return bool(pa.types.is_string(table["prompt"].type) and pa.types.is_list(chosen))


def _aside(table: pa.Table) -> pa.Table:
    """Keep a text prompt that repeats the first message, under a name that no trainer reads."""
    names = ["prompt_text" if name == "prompt" else name for name in table.column_names]
    return table.rename_columns(names)


def _pair(name: str, question: str, answer: str) -> Layout:
    return Layout(name, "prompt_completion_text", {question: "prompt", answer: "completion"})


_ALL = (
    Layout(
        "PubMedQA",
        "alpaca",
        {"question": "instruction", "long_answer": "output"},
        needs=("context",),
        fits=_is_struct("context", "contexts"),
        adapt=_with_context,
    ),
    Layout(
        "rm-static",
        "preference",
        {"prompt": "prompt", "chosen": "chosen", "rejected": "rejected"},
        fits=_is_transcript("prompt"),
        adapt=_static_pairs,
    ),
    Layout(
        "hh-rlhf",
        "preference_implicit",
        {"chosen": "chosen", "rejected": "rejected"},
        fits=_is_transcript("chosen", "rejected"),
        adapt=_transcript_pairs,
    ),
    Layout(
        "UltraFeedback binarized",
        "preference_implicit",
        {"chosen": "chosen", "rejected": "rejected"},
        needs=("prompt",),
        fits=_text_and_lists,
        adapt=_aside,
    ),
    Layout(
        "the_cauldron",
        "multimodal",
        {},
        needs=("images", "texts"),
        fits=_is_struct("texts", "user", "assistant"),
        adapt=_cauldron,
    ),
    Layout(
        "Chinese-DeepSeek-R1-Distill",
        "distillation",
        {"input": "prompt", "reasoning_content": "reasoning"},
        needs=("content",),
    ),
    Layout(
        "medical-o1-reasoning",
        "distillation",
        {"Question": "prompt", "Complex_CoT": "reasoning", "Response": "content"},
    ),
    Layout(
        "dolly",
        "alpaca",
        {"instruction": "instruction", "context": "input", "response": "output"},
        fits=lambda table: pa.types.is_string(table["context"].type),
    ),
    Layout(
        "Chinese instruction, input, output",
        "alpaca",
        {"指令": "instruction", "输入": "input", "输出": "output"},
    ),
    _pair("question and answer", "question", "answer"),
    _pair("Question and Answer", "Question", "Answer"),
    _pair("query and response", "query", "response"),
    _pair("prompt and response", "prompt", "response"),
    _pair("instruction and response", "instruction", "response"),
    _pair("input and output", "input", "output"),
    _pair("problem and solution", "problem", "solution"),
    _pair("问题 and 回答", "问题", "回答"),
    _pair("问题 and 答案", "问题", "答案"),
)
LAYOUTS = {layout.name: layout for layout in _ALL}
