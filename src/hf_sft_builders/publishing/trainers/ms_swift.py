"""ms-swift: `messages` with calls as turns of their own; and `train.sh`.

Traps that are avoided: ms-swift deletes a row at any exception, so each is checked first; a pair is
`messages` with `rejected_response` (chosen and rejected are not read); `tools` is JSON text or null;
media have their tags in the text and are found below ROOT_IMAGE_DIR.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    with_id,
    with_media,
)
from hf_sft_builders.publishing.trainers.example import (
    MEDIA,
    THINK,
    THOUGHT,
    Example,
    Said,
    json_text,
)

_COMMANDS = {
    CHAT: "swift sft",
    PREFERENCE: "swift rlhf --rlhf_type dpo",
    KTO: "swift rlhf --rlhf_type kto",
    TEXT: "swift pt",
}


class MsSwift(Profile):
    """See the module."""

    name = "ms-swift"
    title = "ms-swift"
    media = frozenset(MEDIA)
    addresses = True

    def row(self, example: Example, shape: Shape) -> Row:
        """Say an example as messages."""
        if shape.kind == TEXT:
            row: Row = {"messages": [{"role": "assistant", "content": example.text}]}
            return with_id(row, example)
        row = {"messages": _messages(example.messages)}
        if shape.tools:
            row["tools"] = json_text(list(example.tools)) if example.tools else None
        if shape.kind == PREFERENCE:
            row |= _rejected(example)
        if shape.kind == KTO:
            row["label"] = example.desirable
        return with_id(with_media(row, example, shape), example)

    def beside(self, shape: Shape, files: tuple[DataFile, ...]) -> Mapping[str, str]:
        """Give the command that trains."""
        return {"train.sh": _command(shape, files)}


def _messages(said: tuple[Said, ...]) -> list[Row]:
    return [turn for message in said for turn in _turns(message)]


def _turns(said: Said) -> list[dict[str, Any]]:
    """Give a message; its calls, and the results of tools, are turns with roles of their own."""
    if said.role == "tool":
        return [{"role": "tool_response", "content": said.words}]
    if not said.calls:
        return [{"role": said.role, "content": said.words}]
    words = said.words if said.content else f"{THINK}{said.reasoning}{THOUGHT}"
    turns = [{"role": said.role, "content": words}] if said.content or said.reasoning else []
    return turns + [
        {
            "role": "tool_call",
            "content": json_text({"name": call.name, "arguments": dict(call.arguments)}),
        }
        for call in said.calls
    ]


def _rejected(example: Example) -> Row:
    reply, worse = example.reply, example.worse_reply
    if reply.calls or worse.calls:
        return {"rejected_messages": _messages((*example.prompt, worse))}
    return {"rejected_response": worse.words}


def _command(shape: Shape, files: tuple[DataFile, ...]) -> str:
    model = "Qwen/Qwen2.5-VL-3B-Instruct" if shape.media else "Qwen/Qwen3-0.6B"
    held_out = files_of(files, training=False)
    options = [
        _COMMANDS[shape.kind],
        f"--model {model}",
        f"--dataset {' '.join(files_of(files, training=True))}",
        *([f"--val_dataset {' '.join(held_out)}"] if held_out else ["--split_dataset_ratio 0"]),
        "--strict true",
        *(["--agent_template hermes"] if shape.tools else []),
        "--tuner_type lora",
        "--torch_dtype bfloat16",
        "--num_train_epochs 3",
        "--per_device_train_batch_size 1",
        "--gradient_accumulation_steps 8",
        "--learning_rate 1e-4",
        "--max_length 4096",
        "--output_dir out",
    ]
    place = "export ROOT_IMAGE_DIR=.\n" if shape.media else ""
    return (
        "#!/bin/sh\n# pip install ms-swift; sh train.sh\n"
        'cd "$(dirname "$0")" || exit 1\n' + place + " \\\n  ".join(options) + "\n"
    )
