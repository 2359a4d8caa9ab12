"""OpenAI's fine-tuning API: one JSON object per line, and `train.py` that uploads and starts.

Traps that are avoided: arguments are JSON text, each call has an id that the tool's answer names,
there is no key beside those documented, and `tools` is absent where there are none. There is no
place for reasoning, judged replies or bare text: such rows are named, not bent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from hf_sft_builders.publishing.trainers.base import (
    CHAT,
    PREFERENCE,
    DataFile,
    Profile,
    Row,
    Shape,
    files_of,
    with_calls,
)
from hf_sft_builders.publishing.trainers.example import Example, Said, Unsayable
from hf_sft_builders.publishing.trainers.typed_parts import parts

MINIMUM = 10
"""Rows that the API wants at least."""


class OpenAI(Profile):
    """See the module."""

    name = "openai"
    title = "OpenAI"
    kinds = frozenset({CHAT, PREFERENCE})
    media = frozenset({"images"})
    addresses = True
    inline = True
    holds_reasoning = False

    def row(self, example: Example, shape: Shape) -> Row:
        """Say an example in the API's form."""
        said = list(example.media.get("images", ()))
        if shape.kind == CHAT:
            return {"messages": _messages(example.messages, said), **_tools(example)}
        prompt = _messages(example.prompt, said)
        return {
            "input": {"messages": prompt, **_tools(example)},
            "preferred_output": _messages(example.completion, []),
            "non_preferred_output": _messages(example.rejected, []),
        }

    def view(self, rows: list[Row]) -> pa.Table:
        """Show the rules a pair as prompt, chosen and rejected."""
        return super().view([_as_pair(row) if "input" in row else row for row in rows])

    def beside(self, shape: Shape, files: tuple[DataFile, ...]) -> Mapping[str, str]:
        """Give the program that uploads the files and starts the job."""
        return {"train.py": _program(shape, files)}


def _as_pair(row: Row) -> Row:
    sides = {"chosen": row["preferred_output"], "rejected": row["non_preferred_output"]}
    return {"prompt": row["input"]["messages"], **sides}


def _tools(example: Example) -> Row:
    return {"tools": [_tool(tool) for tool in example.tools]} if example.tools else {}


def _tool(tool: Mapping[str, Any]) -> Row:
    """Give a tool in the API's form, also one that is written as a bare function."""
    return dict(tool) if "function" in tool else {"type": "function", "function": dict(tool)}


def _messages(said: tuple[Said, ...], images: list[str]) -> list[Row]:
    """Number the calls, and let each answer of a tool name the next call that has none."""
    messages, open_calls, number = [], [], 0
    for spoken in said:
        message = with_calls(spoken, arguments_as_text=True)
        for call in message.get("tool_calls", ()):
            call["id"] = f"call_{number}"
            open_calls.append(call["id"])
            number += 1
        if spoken.calls and not spoken.content:
            message["content"] = None
        if spoken.role == "tool":
            if not open_calls:
                raise Unsayable("result-without-call", "a tool's answer after a call")
            message["tool_call_id"] = open_calls.pop(0)
        messages.append(_with_images(message, images))
    if images:
        raise Unsayable("media-have-tags", "an <image> in the text for each image")
    return messages


def _with_images(message: Row, images: list[str]) -> Row:
    content = message["content"]
    if not content or "<image>" not in content or not images:
        return message
    if message["role"] != "user":
        raise Unsayable("images-from-user", "images in the user's messages only")
    found = []
    for part in parts(content):
        if part["type"] == "image":
            if not images:
                raise Unsayable("media-have-tags", "an image for each <image> in the text")
            found.append({"type": "image_url", "image_url": {"url": images.pop(0)}})
        else:
            found.append(part)
    return {**message, "content": found}


def _program(shape: Shape, files: tuple[DataFile, ...]) -> str:
    method = "dpo" if shape.kind == PREFERENCE else "supervised"
    train, held_out = files_of(files, training=True), files_of(files, training=False)
    validation = f"\n    validation_file=upload({held_out[0]!r})," if held_out else ""
    return f'''"""pip install openai; OPENAI_API_KEY=… python train.py (at least {MINIMUM} rows)"""

from pathlib import Path

from openai import OpenAI

HERE = Path(__file__).parent
client = OpenAI()


def upload(name):
    with (HERE / name).open("rb") as stream:
        return client.files.create(file=stream, purpose="fine-tune").id


job = client.fine_tuning.jobs.create(
    model="gpt-4.1-mini-2025-04-14",
    training_file=upload({train[0]!r}),{validation}
    method={{"type": "{method}"}},
)
print(job.id, job.status)
'''
