"""`ask_images`: a picture in, rows of pictures and words out: questions, a caption, a label, fields.

One row that it makes:
    {"messages": [{"role": "user", "content": "<image>塔有几层？"},
                  {"role": "assistant", "content": "七层。"}],
     "images": [{"bytes": b"…", "path": "tower.jpg"}],
     "id": "3f2a90c1b7de:ask_images:0", "provenance": [source, ask_images]}

The picture that is sent may be smaller than the row's, which stays as it is. What a picture says in
letters is looked at, not obeyed; there is no text to check an answer's numbers by, so check a sample.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from pydantic import BaseModel

from hf_sft_builders.documents.picture_sending import MAX_SIDE
from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Failure, Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Runtime, ScriptedModel, Steps
from hf_sft_builders.llm.content import text_part
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.records import lineage_id, provenance_step
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import (
    AskingOptions,
    read_options,
    require_language_model,
)
from hf_sft_builders.synthesis.augmenting import asked_step
from hf_sft_builders.synthesis.image_tasks import VARIABLES, ImageTask, Kind
from hf_sft_builders.synthesis.json_fields import JsonFields
from hf_sft_builders.synthesis.label_set import LabelSet
from hf_sft_builders.synthesis.language_names import language_of
from hf_sft_builders.synthesis.picture_cells import Cell, read_cell
from hf_sft_builders.synthesis.prompts import Prompt, Prompts
from hf_sft_builders.synthesis.validators import checked

if TYPE_CHECKING:
    import datasets

_IN_FLIGHT = 16


@dataclass(frozen=True)
class AskImages(Op):
    """See `ask_images`."""

    name = "ask_images"

    task: ImageTask = field(default_factory=ImageTask)
    image: str | Callable[[Row], Any] = "image"
    language: str = ""
    max_side: int = MAX_SIDE
    embed: bool = True
    asked: AskedModel = field(default_factory=AskedModel)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        require_language_model(self.name, self.asked, "The model must be one that sees pictures.")
        if self.max_side < 64:
            raise ConfigurationError(f"max_side={self.max_side}; expected 64 or more pixels.")
        self.prompt_hashes()

    @classmethod
    def example(cls) -> AskImages:
        """One that is shown a picture drawn for each row."""
        return cls(ImageTask("caption"), _drawn, asked=AskedModel(ScriptedModel(_described)))

    def requires(self) -> tuple[str, ...]:
        """The picture's column."""
        return (self.image,) if isinstance(self.image, str) else ()

    def added(self) -> datasets.Features:
        """Words and pictures, lineage, and the label where there is a set."""
        import datasets

        from hf_sft_builders.formats import get_format
        from hf_sft_builders.formats.lineage import lineage_features

        whole = get_format("multimodal").features
        own = {name: whole[name] for name in ("messages", "images")} | lineage_features()
        label = {"label": datasets.Value("string")} if self.task.labels else {}
        return datasets.Features({**own, **label})

    def prompt_hashes(self) -> dict[str, str]:
        """Name the prompts that rows may come from, with their hashes."""
        used = [self.prompt(language) for language in ("zh", "en")]
        return {prompt.name: prompt.sha256 for prompt in used}

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order; few pictures are held at once."""
        few = min(self.runtime.max_concurrency, _IN_FLIGHT)
        limits = replace(self.runtime, max_concurrency=few, ahead=few)
        return self.asked.work(((row, self.steps(row)) for row in rows), limits)

    def steps(self, row: Row, sample: int = 0) -> Steps[Outcome]:
        """Look at the row's picture. Pure but for reading it and what it is sent."""
        try:
            cell = read_cell(row[self.image] if isinstance(self.image, str) else self.image(row))
        except OSError as error:
            return Outcome(failure=Failure(_name_of(row), "picture not read", str(error)))
        language = self._language_of(row)
        prompt = self.prompt(language)
        check = partial(self.task.fault, language=language)
        request = self.request(cell, prompt, language)
        reply = yield from checked(request, check, self.runtime.max_repairs)
        said, drops = self.task.answers(reply, language)
        rows = tuple(self._row(row, cell, pair, number, prompt) for number, pair in enumerate(said))
        return Outcome(rows, drops or (() if rows else ("no question found",)))

    def request(self, cell: Cell, prompt: Prompt, language: str) -> ChatRequest:
        """Ask about one picture. Pure."""
        words = text_part(prompt.fill(**self.task.values(language)))
        return ChatRequest(
            (
                {"role": "system", "content": prompt.system},
                {"role": "user", "content": [words, cell.part(self.max_side)]},
            ),
            schema=self.task.schema,
            parameters=self.asked.sampling(),
            allow_parts=self.task.kind == "questions",
        )

    def prompt(self, language: str) -> Prompt:
        """Load the task's prompt."""
        name = self.task.prompt_name
        return self.prompts.load(name, language, VARIABLES[name])

    def likely_reply_tokens(self, row: Row) -> int:
        """Guess how long a reply will be."""
        return 60 * self.task.count if self.task.kind == "questions" else 120

    def _language_of(self, row: Row) -> str:
        """Give the language of the words: as asked, the row's, else that of what the user wrote."""
        labels = "".join(self.task.labels.names) if self.task.labels else ""
        fields = "".join(self.task.fields.names) if self.task.fields else ""
        given = self.task.question + labels + fields + str(row.get("title") or "")
        return self.language or language_of(row, given) or "en"

    def _row(self, row: Row, cell: Cell, said: tuple[str, str], number: int, prompt: Prompt) -> Row:
        question, answer = said
        messages = [
            {"role": "user", "content": f"<image>{question}"},
            {"role": "assistant", "content": answer},
        ]
        step = asked_step(self, prompt)
        images = [cell.embedded() if self.embed else cell.kept]
        before = row.get("provenance") or [
            provenance_step(step="source", uri=cell.embedded()["path"], sha256=cell.picture.sha256)
        ]
        return {
            **row,
            **({"label": answer} if self.task.labels else {}),
            "messages": messages,
            "images": images,
            "id": lineage_id(str(row.get("id") or cell.picture.sha256[:12]), self.name, number),
            "provenance": [*before, step],
        }


def ask_images(
    model: str | ChatModel = EXTRACTIVE,
    *,
    task: Kind | None = None,
    question: str = "",
    labels: LabelSet | Mapping[str, str] | Sequence[str] | str | Path | None = None,
    schema: type[BaseModel] | Mapping[str, Any] | str | Path | None = None,
    count: int = 4,
    image: str | Callable[[Row], Any] = "image",
    language: str = "",
    max_side: int = MAX_SIDE,
    embed: bool = True,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> AskImages:
    """Make rows of pictures and words, for `ds.map(op, batched=True)`.

    Args:
        model: Name of a model that sees, behind an OpenAI-compatible endpoint, or a `ChatModel`.
        task: `questions` (the model writes questions and answers), `caption` (one answer in free
            text), `label` (one of `labels`) or `fields` (JSON of `schema`). Follows from `labels`
            and `schema` where it is not given; else `questions`.
        question: What is asked of every picture, in place of the usual words.
        labels: The closed set: names, a dict of label → description, or the path of a file.
        schema: Pydantic model, JSON schema, or the path of one: what is read into JSON.
        count: Questions for each picture, at most.
        image: Column with the picture ({bytes, path}, bytes, path, URL, base64, a decoded picture),
            or a function that draws one of a row.
        language: Of the words (`zh`, `en`); by default the row's, else that of your own words.
        max_side: Larger pictures are made so small for sending, in pixels; the row keeps its own.
        embed: Whether rows hold the picture's bytes; else a path or URL stays one.
        seed: Sent as the sampling seed.
        **options: See `AskingOptions`: `base_url`, `temperature`, `prompts`, `max_concurrency`, ….

    Returns:
        An op: a row for each question, with `messages` and `images` as the format `multimodal`
        has them (and `label`), an `id` and one more step of `provenance`. One call for each
        picture. A reply in another language, of a model that saw nothing, or outside the set is
        asked for again, then dropped with its reason. A picture that cannot be read is dropped; one
        that cannot be fetched is a failure, and tried again by the same call.

    Raises:
        ConfigurationError: without a language model, or for options that do not go together.

    Example:
        >>> ds = ds.map(sft.ask_images("qwen3-vl-8b", task="caption", language="zh"), batched=True)
    """
    asked, prompts, limits = read_options("ask_images", model, options, seed)
    made = image_task(task, question, labels, schema, count)
    return AskImages(made, image, language, max_side, embed, asked, prompts, limits)


def image_task(task: Kind | None, question: str, labels: Any, schema: Any, count: int) -> ImageTask:
    """Make a task of options as people give them."""
    found = task or ("fields" if schema is not None else "label" if labels is not None else None)
    known = None if labels is None else LabelSet.of(labels)
    fields = None if schema is None else JsonFields.of(schema)
    return ImageTask(found or "questions", question, known, fields, count)


def _name_of(row: Row) -> str:
    return str(row.get("id") or row.get("uri") or "a picture")


def _drawn(row: Row) -> bytes:
    """Draw a picture of one grey dot, a bitmap without compression."""
    shade = len(row["text"]) % 256
    head = struct.pack("<2sIII", b"BM", 58, 0, 54)
    return (
        head
        + struct.pack("<IiiHHIIiiII", 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0)
        + bytes([shade] * 3 + [0])
    )


def _described(request: ChatRequest) -> str:
    """Describe every picture alike, in the language of the question."""
    is_chinese = "图片" in str(request.messages[0]["content"])
    return "画面中央是一个灰点。" if is_chinese else "A grey dot stands in the middle."
