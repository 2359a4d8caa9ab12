"""Unsloth: TRL's rows with a `train.py` that renders them to text first, as its trainer needs.

Traps that are avoided: `conversations` are trained on only after rendering, so roles are TRL's and
the program renders; conversations that call tools are JSON text, because Unsloth still installs
versions of `datasets` that would fill their arguments with null.
"""

from __future__ import annotations

from collections.abc import Mapping

from hf_sft_builders.publishing.trainers.base import (
    CHAT,
    KTO,
    PREFERENCE,
    TEXT,
    DataFile,
    Profile,
    Row,
    Shape,
    files_of,
    with_calls,
    with_id,
)
from hf_sft_builders.publishing.trainers.example import Example, json_text


class Unsloth(Profile):
    """See the module."""

    name = "unsloth"
    title = "Unsloth"

    def row(self, example: Example, shape: Shape) -> Row:
        """Say an example as TRL's dataset types; as JSON text where tools are called."""
        if shape.kind == TEXT:
            return with_id({"text": example.text}, example)
        sides = {
            CHAT: {"messages": example.messages},
            PREFERENCE: {
                "prompt": example.prompt,
                "chosen": example.completion,
                "rejected": example.rejected,
            },
            KTO: {"prompt": example.prompt, "completion": example.completion},
        }[shape.kind]
        row: Row = {
            name: [with_calls(message, arguments_as_text=False) for message in said]
            for name, said in sides.items()
        }
        if shape.tools:
            row["tools"] = json_text(list(example.tools)) if example.tools else "[]"
        if shape.kind == KTO:
            row["label"] = example.desirable
        return with_id(row, example)

    def written(self, row: Row, shape: Shape) -> Row:
        """Write conversations as JSON text where the dataset has tools."""
        if not shape.tools:
            return row
        return {
            name: json_text(value) if isinstance(value, list) else value
            for name, value in row.items()
        }

    def beside(self, shape: Shape, files: tuple[DataFile, ...]) -> Mapping[str, str]:
        """Give the program that trains."""
        return {"train.py": _program(shape, files)}


_CONFIGS = {
    CHAT: ("SFTConfig", "SFTTrainer"),
    PREFERENCE: ("DPOConfig", "DPOTrainer"),
    KTO: ("KTOConfig", "KTOTrainer"),
    TEXT: ("SFTConfig", "SFTTrainer"),
}
_SIDES = {CHAT: ("messages",), PREFERENCE: ("prompt", "chosen", "rejected")}
_SIDES |= {KTO: ("prompt", "completion"), TEXT: ()}


def _program(shape: Shape, files: tuple[DataFile, ...]) -> str:
    config, trainer = _CONFIGS[shape.kind]
    held_out = files_of(files, training=False)
    evaluation = f"read({', '.join(map(repr, held_out))})" if held_out else "None"
    learn_replies = _REPLIES_ONLY if shape.kind == CHAT else ""
    return f'''"""pip install unsloth; python train.py"""

{_imports(shape)}
from datasets import load_dataset
from trl import {config}, {trainer}

MODEL = "unsloth/Qwen3-0.6B"
HERE = Path(__file__).parent
model, tokenizer = FastLanguageModel.from_pretrained(MODEL, max_seq_length=4096, load_in_4bit=True)
model = FastLanguageModel.get_peft_model(model, r=16, lora_alpha=16)


{_reader(shape)}


trainer = {trainer}(
    model=model,
    {"processing_class" if shape.kind in (PREFERENCE, KTO) else "tokenizer"}=tokenizer,
    train_dataset=read({", ".join(map(repr, files_of(files, training=True)))}),
    eval_dataset={evaluation},
    args={config}(output_dir="out"{', dataset_text_field="text"' if not _is_pair(shape) else ""}),
)
{learn_replies}trainer.train()
'''


_REPLIES_ONLY = (
    "trainer = train_on_responses_only(trainer)  # finds the template's turns by itself\n"
)


def _imports(shape: Shape) -> str:
    lines = ["import json"] if shape.tools else []
    lines += ["from pathlib import Path", ""]
    lines += ["from unsloth import FastLanguageModel  # before trl, which it patches"]
    if shape.kind == CHAT:
        lines += ["from unsloth.chat_templates import train_on_responses_only"]
    return "\n".join(lines)


def _is_pair(shape: Shape) -> bool:
    return shape.kind in (PREFERENCE, KTO)


def _reader(shape: Shape) -> str:
    load = "json.loads({})" if shape.tools else "{}"
    tools = "json.loads(row['tools']) or None" if shape.tools else "None"
    said = {name: load.format(f"row[{name!r}]") for name in _SIDES[shape.kind]}
    body = {
        CHAT: f'return {{"text": ended(render({said.get("messages")}, {tools}))}}',
        PREFERENCE: _prompted(said, ("chosen", "rejected"), tools),
        KTO: _prompted(said, ("completion",), tools),
        TEXT: 'return {"text": row["text"] + tokenizer.eos_token}',
    }[shape.kind]
    gone = ["messages"] * (shape.kind == CHAT) + ["tools"] * shape.tools
    kept = f", remove_columns={json_text(gone)}" if gone else ""
    return f"""def render(messages, tools=None, **options):
    return tokenizer.apply_chat_template(messages, tools=tools, tokenize=False, **options)


{"" if shape.kind == TEXT else _ENDED}{_AFTER if _is_pair(shape) else ""}def as_text(row):
    {body}


def read(*names):
    files = [str(HERE / name) for name in names]
    return load_dataset("json", data_files=files, split="train").map(as_text{kept})"""


_ENDED = """def ended(text):
    # the trainer adds an end token to text that does not end with one, also behind a line break
    words, end, rest = text.rpartition(tokenizer.eos_token)
    return text if rest.strip() else words + end


"""
_AFTER = """def after(prompt, text):
    assert text.startswith(prompt), "the chat template writes prompts and replies in two ways"
    return ended(text[len(prompt):])


"""


def _prompted(said: Mapping[str, str], replies: tuple[str, ...], tools: str) -> str:
    if not said or any(reply not in said for reply in replies):
        return ""
    texts = "".join(
        f', "{reply}": after(prompt, render({said["prompt"]} + {said[reply]}, tools))'
        for reply in replies
    )
    return (
        f"tools = {tools}\n"
        f"    prompt = render({said['prompt']}, tools, add_generation_prompt=True)\n"
        f'    return {{"prompt": prompt{texts}}}'
    )
