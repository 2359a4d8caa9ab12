"""torchtune: `messages` of role and content, or two whole conversations; and `train.yaml`.

Traps that are avoided: torchtune leaves out calls of tools, and stops in the middle of training at
a row that it does not like, so both are checked before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping

from hf_sft_builders.publishing.trainers.base import (
    CHAT,
    PREFERENCE,
    TEXT,
    DataFile,
    Profile,
    Row,
    Shape,
    files_of,
    plain,
    with_id,
)
from hf_sft_builders.publishing.trainers.example import Example, Said


class Torchtune(Profile):
    """See the module."""

    name = "torchtune"
    title = "torchtune"
    kinds = frozenset({CHAT, PREFERENCE, TEXT})
    holds_tools = False

    def row(self, example: Example, shape: Shape) -> Row:
        """Say an example as messages of role and content."""
        if shape.kind == TEXT:
            return with_id({"text": example.text}, example)
        if shape.kind == CHAT:
            return with_id({"messages": _say(example.messages)}, example)
        chosen, rejected = example.messages, example.prompt + example.rejected
        return with_id({"chosen": _say(chosen), "rejected": _say(rejected)}, example)

    def beside(self, shape: Shape, files: tuple[DataFile, ...]) -> Mapping[str, str]:
        """Give the part of a configuration that names the data."""
        return {"train.yaml": _configuration(shape, files)}


def _say(said: tuple[Said, ...]) -> list[Row]:
    return [plain(message) for message in said]


_RECIPES = {
    CHAT: "lora_finetune_single_device --config qwen2_5/0.5B_lora_single_device",
    PREFERENCE: "lora_dpo_single_device --config llama3_1/8B_lora_dpo_single_device",
    TEXT: "lora_finetune_single_device --config qwen2_5/0.5B_lora_single_device",
}
_COMPONENTS = {
    CHAT: ("chat_dataset", "conversation_column: messages", "conversation_style: openai"),
    PREFERENCE: ("preference_dataset",),
    TEXT: ("text_completion_dataset", "column: text"),
}


def _configuration(shape: Shape, files: tuple[DataFile, ...]) -> str:
    recipe, _, config = _RECIPES[shape.kind].partition(" --config ")
    lines = [
        "# Copy a recipe's configuration, and put these lines in place of its `dataset`:",
        f"#   tune cp {config} recipe.yaml",
        f"#   tune run {recipe} --config recipe.yaml",
        *_dataset("dataset", files_of(files, training=True), shape),
    ]
    held_out = files_of(files, training=False)
    if held_out:
        lines += ["run_val_every_n_steps: 100", *_dataset("dataset_val", held_out, shape)]
    return "\n".join(lines) + "\n"


def _dataset(key: str, names: list[str], shape: Shape) -> list[str]:
    component, *options = _COMPONENTS[shape.kind]
    return [
        f"{key}:",
        f"  _component_: torchtune.datasets.{component}",
        "  source: json",
        f"  data_files: [{', '.join(names)}]",
        "  split: train",
        *(f"  {option}" for option in options),
    ]
