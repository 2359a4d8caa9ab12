"""TRL: `messages`, or prompt with completion, chosen and rejected; and `train.py`.

Traps that are avoided: arguments of calls are objects, and `train.py` reads them as `Json()`, so
that no key of another row is filled in with null; `tools` is JSON text or null, and the column is
absent where no row has tools; images are typed parts that say where each stands, never tags in the
text; no column is called `prompt`, `labels`, `text`, … unless the trainer reads it.
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
    with_media,
)
from hf_sft_builders.publishing.trainers.example import Example, Said, json_text
from hf_sft_builders.publishing.trainers.typed_parts import typed


class Trl(Profile):
    """See the module."""

    name = "trl"
    title = "TRL"
    media = frozenset({"images"})

    def row(self, example: Example, shape: Shape) -> Row:
        """Say an example as TRL's dataset types."""
        if shape.kind == TEXT:
            return with_id({"text": example.text}, example)
        row = self._conversation(example, shape)
        if shape.tools:
            row["tools"] = json_text(list(example.tools)) if example.tools else None
        return with_id(with_media(row, example, shape), example)

    def _conversation(self, example: Example, shape: Shape) -> Row:
        prompt = self._say(example.prompt, shape)
        completion = self._say(example.completion, shape)
        if shape.kind == PREFERENCE:
            rejected = self._say(example.rejected, shape)
            return {"prompt": prompt, "chosen": completion, "rejected": rejected}
        if shape.kind == KTO:
            return {"prompt": prompt, "completion": completion, "label": example.desirable}
        return {"messages": prompt + completion}

    def _say(self, said: tuple[Said, ...], shape: Shape) -> list[Row]:
        messages = [with_calls(message, arguments_as_text=False) for message in said]
        return [typed(message, as_parts="images" in shape.media) for message in messages]

    def beside(self, shape: Shape, files: tuple[DataFile, ...]) -> Mapping[str, str]:
        """Give the program that trains."""
        return {"train.py": _program(shape, files)}


_IMPORTS = "Features, Json, List, Value, load_dataset"
_TRAINERS = {
    CHAT: ("trl", "SFTConfig", "SFTTrainer"),
    PREFERENCE: ("trl", "DPOConfig", "DPOTrainer"),
    KTO: ("trl", "KTOConfig", "KTOTrainer"),
    TEXT: ("trl", "SFTConfig", "SFTTrainer"),
}
_LISTS = {
    CHAT: ("messages",),
    PREFERENCE: ("prompt", "chosen", "rejected"),
    KTO: ("prompt", "completion"),
    TEXT: (),
}


def _program(shape: Shape, files: tuple[DataFile, ...]) -> str:
    module, config, trainer = _TRAINERS[shape.kind]
    held_out = files_of(files, training=False)
    model = "Qwen/Qwen2.5-VL-3B-Instruct" if shape.media else "Qwen/Qwen3-0.6B"
    imports = "Features, Image, Json, List, Value, load_dataset" if shape.media else _IMPORTS
    evaluation = (
        f"evaluation = read({', '.join(map(repr, held_out))})\n"
        if held_out
        else "evaluation = None\n"
    )
    return f'''"""pip install trl; python train.py"""

from pathlib import Path

from datasets import {imports}
from {module} import {config}, {trainer}

MODEL = "{model}"
HERE = Path(__file__).parent
# Json() keeps each message as it is: no key of another row is filled in with null.
FEATURES = Features(
    {_features(shape)}
)


def read(*names):
    files = [str(HERE / name) for name in names]
    ds = load_dataset("json", data_files=files, split="train", features=FEATURES)
{_images(shape)}    return ds


train = read({", ".join(map(repr, files_of(files, training=True)))})
{evaluation}
trainer = {trainer}(
    MODEL,
    args={config}(output_dir="out"{_options(shape)}),
    train_dataset=train,
    eval_dataset=evaluation,
)
trainer.train()
'''


def _features(shape: Shape) -> str:
    columns = dict.fromkeys(_LISTS[shape.kind], "List(Json())")
    if shape.kind == TEXT:
        columns["text"] = 'Value("string")'
    if shape.kind == KTO:
        columns["label"] = 'Value("bool")'
    if shape.tools:
        columns["tools"] = 'Value("string")'
    if shape.media:
        columns["images"] = 'List(Value("string"))'
    if shape.ids:
        columns["id"] = 'Value("string")'
    return "{" + ", ".join(f'"{name}": {kind}' for name, kind in columns.items()) + "}"


def _options(shape: Shape) -> str:
    if shape.media:
        return ", max_length=None"
    return ", assistant_only_loss=True" if shape.kind == CHAT else ""


def _images(shape: Shape) -> str:
    if not shape.media:
        return ""
    return (
        '    ds = ds.map(lambda row: {"images": [str(HERE / name) for name in row["images"]]})\n'
        '    ds = ds.cast_column("images", List(Image()))\n'
    )
