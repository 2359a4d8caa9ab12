"""Axolotl: `messages`, or messages with chosen and rejected; and `train.yaml`.

Traps that are avoided: arguments of calls are JSON text, which Axolotl parses itself, so Arrow has
nothing to fill; in preference data a reply is searched for in the rendered text, so it has no space
around it; bare text is of type completion; KTO rows are rendered as ChatML, the only form of
several turns that Axolotl's KTO reads.
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
    plain,
    with_calls,
    with_id,
)
from hf_sft_builders.publishing.trainers.example import Example, Said, Unsayable, json_text


class Axolotl(Profile):
    """See the module."""

    name = "axolotl"
    title = "Axolotl"

    def row(self, example: Example, shape: Shape) -> Row:
        """Say an example as messages, with the sides of a pair beside them."""
        if shape.kind == TEXT:
            return with_id({"text": example.text}, example)
        if shape.kind == CHAT:
            said = [with_calls(message, arguments_as_text=True) for message in example.messages]
            row: Row = {"messages": said}
            if shape.tools:
                row["tools"] = json_text(list(example.tools))
            return with_id(row, example)
        self._require_no_tools(example)
        if shape.kind == KTO:
            said = [plain(message) for message in (*example.prompt, example.reply)]
            return with_id({"completion": said, "label": example.desirable}, example)
        row = {"messages": [plain(message) for message in example.prompt]}
        row |= {"chosen": _trimmed(example.reply), "rejected": _trimmed(example.worse_reply)}
        return with_id(row, example)

    def _require_no_tools(self, example: Example) -> None:
        if example.tools or any(said.calls for said in example.messages + example.rejected):
            raise Unsayable("tools-not-read", "no tools; Axolotl's preference data leaves them out")

    def beside(self, shape: Shape, files: tuple[DataFile, ...]) -> Mapping[str, str]:
        """Give the configuration."""
        return {"train.yaml": _configuration(shape, files)}


def _trimmed(said: Said) -> Row:
    message = plain(said)
    return {**message, "content": message["content"].strip()}


_TYPES = {
    CHAT: ("chat_template", "roles_to_train: [assistant]", "train_on_eos: turn"),
    PREFERENCE: ("chat_template.default", "field_messages: messages"),
    KTO: ("chatml.argilla_chat",),
    TEXT: ("completion", "field: text"),
}


def _configuration(shape: Shape, files: tuple[DataFile, ...]) -> str:
    lines = [
        "# In this folder: axolotl train train.yaml",
        "base_model: Qwen/Qwen3-0.6B",
        "adapter: lora",
        "lora_r: 16",
        "lora_alpha: 32",
        "lora_target_linear: true",
        *(["rl: dpo"] if shape.kind == PREFERENCE else []),
        *(["rl: kto", "remove_unused_columns: false"] if shape.kind == KTO else []),
        *([] if shape.kind == TEXT else ["chat_template: tokenizer_default"]),
        *_datasets("datasets", files_of(files, training=True), shape),
    ]
    held_out = files_of(files, training=False)
    if held_out:
        lines += [*_datasets("test_datasets", held_out, shape), "eval_strategy: epoch"]
    lines += [
        "dataset_prepared_path: prepared",
        "sequence_len: 4096",
        "output_dir: ./out",
        "micro_batch_size: 1",
        "gradient_accumulation_steps: 8",
        "num_epochs: 3",
        "optimizer: adamw_torch",
        "lr_scheduler: cosine",
        "learning_rate: 0.0001",
        "bf16: auto",
    ]
    return "\n".join(lines) + "\n"


def _datasets(key: str, names: list[str], shape: Shape) -> list[str]:
    kind, *options = _TYPES[shape.kind]
    lines = [f"{key}:"]
    for name in names:
        lines += [
            "  - path: json",
            f"    data_files: [{name}]",
            "    split: train",
            f"    type: {kind}",
            *(f"    {option}" for option in options),
        ]
    return lines
