"""LLaMA-Factory: ShareGPT rows, `dataset_info.json` and `train.yaml`.

Traps that are avoided: `tools` and `system` are "" and never null; rows with media stand in a file
of their own, because its converter turns [] into null and 1,000 nulls decide a column's type;
several results of tools become one observation, as its own converter does it; calls are one turn
of JSON with their reasoning and words in the text before; `dataset_info.json` is ASCII, because it
is read in the system's encoding; every column is named, because naming one unnames the others.
"""

from __future__ import annotations

import json
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
    Call,
    Example,
    Said,
    json_text,
)

_TURNS = {"user": "human", "assistant": "gpt", "tool": "observation"}
_NEXT_RESULT = "\n</tool_response>\n<tool_response>\n"
_STAGES = {CHAT: "sft", PREFERENCE: "dpo", KTO: "kto", TEXT: "pt"}


class LlamaFactory(Profile):
    """See the module."""

    name = "llamafactory"
    title = "LLaMA-Factory"
    media = frozenset(MEDIA)

    def row(self, example: Example, shape: Shape) -> Row:
        """Say an example as ShareGPT turns, or as text."""
        if shape.kind == TEXT:
            return with_id({"text": example.text}, example)
        said = example.prompt if shape.kind == PREFERENCE else example.messages
        system = said[0].words if said and said[0].role == "system" else ""
        said = said[1:] if said and said[0].role == "system" else said
        row: Row = {
            "conversations": _turns(said),
            "system": system,
            "tools": json_text(list(example.tools)) if example.tools else "",
        }
        if shape.kind == PREFERENCE:
            row |= {"chosen": _turn(example.reply), "rejected": _turn(example.worse_reply)}
        if shape.kind == KTO:
            row["kto_tag"] = example.desirable
        media = {kind: values for kind, values in with_media({}, example, shape).items() if values}
        return with_id({**row, **media}, example)

    def group(self, row: Row) -> str:
        """Keep rows of each mixture of media together."""
        return "_".join(kind for kind in MEDIA if kind in row)

    def beside(self, shape: Shape, files: tuple[DataFile, ...]) -> Mapping[str, str]:
        """Give the entries of the files and a configuration to train on them."""
        entries = {_entry(file.name): _describe(file, shape) for file in files}
        return {
            "dataset_info.json": json.dumps(entries, indent=2) + "\n",
            "train.yaml": _configuration(shape, files),
        }


def _turns(said: tuple[Said, ...]) -> list[Row]:
    turns: list[Row] = []
    for message in said:
        turn = _turn(message)
        if turn["from"] == "observation" and turns and turns[-1]["from"] == "observation":
            turns[-1]["value"] += _NEXT_RESULT + turn["value"]
        else:
            turns.append(turn)
    return turns


def _turn(said: Said) -> Row:
    if not said.calls:
        return {"from": _TURNS.get(said.role, said.role), "value": said.words}
    calls = [_call(call) for call in said.calls]
    text = json_text(calls[0] if len(calls) == 1 else calls)
    if said.content:
        # Its formatter takes the calls out of these tags, and leaves the words before them.
        text = f"{said.content}\n<tool_call>{text}</tool_call>"
    thought = f"{THINK}{said.reasoning}{THOUGHT}" if said.reasoning else ""
    return {"from": "function_call", "value": thought + text}


def _call(call: Call) -> Row:
    return {"name": call.name, "arguments": dict(call.arguments)}


def _entry(file: str) -> str:
    return file.removesuffix(".jsonl")


def _describe(file: DataFile, shape: Shape) -> dict[str, Any]:
    if shape.kind == TEXT:
        return {"file_name": file.name, "columns": {"prompt": "text"}}
    columns = {"messages": "conversations", "system": "system", "tools": "tools"}
    columns |= {kind: kind for kind in file.group.split("_") if kind}
    if shape.kind == PREFERENCE:
        columns |= {"chosen": "chosen", "rejected": "rejected"}
    if shape.kind == KTO:
        columns["kto_tag"] = "kto_tag"
    entry: dict[str, Any] = {"file_name": file.name, "formatting": "sharegpt"}
    return {**entry, "ranking": shape.kind == PREFERENCE, "columns": columns}


def _configuration(shape: Shape, files: tuple[DataFile, ...]) -> str:
    model, template = ("Qwen/Qwen2.5-VL-3B-Instruct", "qwen2_vl") if shape.media else _TEXT_MODEL
    lines = [
        "# In this folder: llamafactory-cli train train.yaml",
        f"model_name_or_path: {model}",
        f"template: {template}",
        f"stage: {_STAGES[shape.kind]}",
        "do_train: true",
        "finetuning_type: lora",
        "lora_target: all",
        "dataset_dir: .",
        f"dataset: {','.join(map(_entry, files_of(files, training=True)))}",
        "cutoff_len: 4096",
        "output_dir: out",
        "per_device_train_batch_size: 1",
        "gradient_accumulation_steps: 8",
        "learning_rate: 1.0e-4",
        "num_train_epochs: 3.0",
        "lr_scheduler_type: cosine",
        "warmup_ratio: 0.1",
        "bf16: true",
    ]
    held_out = files_of(files, training=False)
    if held_out:
        lines += [f"eval_dataset: {','.join(map(_entry, held_out))}", "eval_strategy: epoch"]
    if shape.kind == PREFERENCE:
        lines += ["pref_loss: sigmoid", "pref_beta: 0.1"]
    if shape.media:
        lines.append("media_dir: .")
    return "\n".join(lines) + "\n"


_TEXT_MODEL = ("Qwen/Qwen3-0.6B", "qwen3")
