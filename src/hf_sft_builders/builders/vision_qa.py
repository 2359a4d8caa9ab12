"""`load_dataset("hf_sft_builders/vision_qa", data_dir="photos", model=…)`: pictures and words.

Reads pictures, ZIPs of them, pages of PDFs, and a column of pictures of JSON, CSV or Parquet. The
same, by hand, but for lineage, names and empty columns:

    pictures = load_dataset("imagefolder", data_dir="photos", split="train")
    rows = pictures.map(sft.ask_images(model, task="caption"), batched=True)

One call per picture; `extractive`: cannot, and says so. One row in the default format:
    {"messages": [{"role": "user", "content": "<image>塔有几层？"},
                  {"role": "assistant", "content": "七层。"}],
     "images": [{"bytes": b"…", "path": "tower.jpg"}], "videos": [], "audios": [],
     "id": "3f2a90c1b7de:ask_images:0", "provenance": [source, ask_images]}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import datasets
import pyarrow as pa

from hf_sft_builders.builders.asking import AskingConfig, asked_by, limits_of, made_by, prompts_of
from hf_sft_builders.builders.base import SFTBuilder
from hf_sft_builders.builders.options import QUESTION_AND_ANSWER
from hf_sft_builders.builders.picture_rows import PICTURE_SUFFIXES, PictureRows
from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats import get_format
from hf_sft_builders.ledger import Ledger, Outcome
from hf_sft_builders.records import record_table
from hf_sft_builders.sources import Listing, SourceFile, list_files
from hf_sft_builders.synthesis.ask_images import AskImages, image_task
from hf_sft_builders.synthesis.image_tasks import ImageTask


@dataclass
class VisionConfig(AskingConfig):
    """Options of the builder `vision_qa`."""

    makes: ClassVar[str] = "pictures with words"

    format: str = "multimodal"
    task: Any = None
    """`questions`, `caption`, `label` or `fields`; follows from `labels` and `schema`."""
    question: str = ""
    """What is asked of every picture, in place of the usual words."""
    labels: Any = None
    """The closed set of the task `label`: names, label → description, or a file."""
    schema: Any = None
    """What the task `fields` reads: a pydantic model, a JSON schema, or its file."""
    questions: int = 4
    """For each picture, at most."""
    image_column: str = "image"
    """Of files of rows."""
    max_side: int = 2048
    """Larger pictures are made so small for sending, in pixels."""
    dpi: int = 144
    """At which pages of PDFs are drawn."""
    embed: bool = True
    """Whether rows hold the bytes of picture files; else their paths."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 36 <= self.dpi <= 600:
            raise ConfigurationError(f"dpi={self.dpi}; expected 36 to 600.")
        self.image_task()

    def smallest_record(self) -> dict[str, Any]:
        """A picture, and a question about it."""
        asked = {"role": "user", "content": "<image>?"}
        picture = {"bytes": None, "path": "picture.png"}
        return {"messages": [asked, QUESTION_AND_ANSWER[1]], "images": [picture]}

    def image_task(self) -> ImageTask:
        """Give what is asked."""
        return image_task(self.task, self.question, self.labels, self.schema, self.questions)


class VisionQa(SFTBuilder):
    """Questions, captions, labels and fields of pictures."""

    BUILDER_CONFIG_CLASS = VisionConfig
    ACROSS_FILES = True

    def list_files(self, data_dir: Any, data_files: Any, options: dict[str, Any]) -> Listing:
        """Find pictures, and what holds pictures."""
        return list_files(data_dir, data_files, PICTURE_SUFFIXES, self.storage_options)

    def row_features(self) -> datasets.Features:
        """The columns of the format, and the label where there is a set."""
        own = get_format(self.config.format).features
        label = {"label": datasets.Value("string")} if self.config.labels is not None else {}
        return datasets.Features({**own, **label})

    def inputs(self, files: Iterable[SourceFile], ledger: Ledger) -> Iterator[dict[str, Any]]:
        """A row for each picture."""
        self.op()  # without a language model this stops before a file is read
        config = self.config
        pictures = PictureRows(self.reading(), config.image_column, config.dpi, config.embed)
        return pictures.rows(files, ledger)

    def outcomes(self, chunks: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
        """Ask about each picture."""
        return self.op().outcomes(chunks)

    def op(self) -> AskImages:
        """Give the op that makes the rows, as `.map()` would have it."""
        return AskImages(
            self.config.image_task(),
            "image",
            self.config.language,
            self.config.max_side,
            self.config.embed,
            asked_by(self),
            prompts_of(self),
            limits_of(self),
        )

    def table(self, rows: list[dict[str, Any]]) -> pa.Table:
        """Records, turned into the format."""
        names = ["messages", "images", "id", "provenance"]
        columns: dict[str, Any] = {name: [row[name] for row in rows] for name in names}
        made = get_format(self.config.format).from_records(record_table(columns, len(rows)))
        if self.config.labels is None:
            return made
        return made.append_column("label", pa.array([row["label"] for row in rows], pa.string()))

    def made_with(self) -> dict[str, Any]:
        """The model, the prompts and the labels."""
        labels = self.config.labels
        told = {} if labels is None else {"labels": self.config.image_task().labels.descriptions}
        return {**made_by(self, self.op().prompt_hashes()), **told}
