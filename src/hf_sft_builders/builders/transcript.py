r"""`load_dataset("hf_sft_builders/transcript", data_dir="talks", model=…)`: what was said.

Reads transcripts (.srt, .vtt, .txt) and knows the recording of the same name beside each. The same,
by hand, but for the step `heard`:

    chunks = load_dataset("hf_sft_builders/documents", data_dir="talks", split="train")
    rows = chunks.map(sft.generate_qa(model), batched=True)
    whole = load_dataset("hf_sft_builders/documents", data_dir="talks", chunk_size=10**9, split="train")
    rows = concatenate_datasets([rows, whole.map(sft.summarize(model), batched=True)])

One call per chunk, and one per transcript (one more for each 12,000 characters of a long one).
One row; the last step of its provenance says when the answer is heard, in seconds:
    {"messages": [{"role": "user", "content": "票价是多少？"}, {"role": "assistant", "content": "80 元"}],
     "id": "3f2a90c1b7de:0-480:generate_qa:0", "provenance": [source, chunk, generate_qa,
        {"step": "heard", "uri": "talks/one.mp3", "parameters": "{\"seconds\": [12.0, 15.5]}", …}]}

`extractive`: works for questions alone (`make="questions"`), their answers copied.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, groupby, tee
from typing import Any, ClassVar

import datasets
import pyarrow as pa

from hf_sft_builders.builders.asking import asking_fields, made_by
from hf_sft_builders.builders.base import SFTBuilder
from hf_sft_builders.builders.conversations import format_features, laid_out
from hf_sft_builders.builders.forecast import Ask, asks_of
from hf_sft_builders.builders.options import QUESTION_AND_ANSWER
from hf_sft_builders.builders.question_asking import QuestionConfig, marks_of, questions_of
from hf_sft_builders.builders.transcript_files import (
    TRANSCRIPT_SUFFIXES,
    heard_chunks,
    whole_text,
)
from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.formats import get_format
from hf_sft_builders.ledger import Ledger, Outcome, Row
from hf_sft_builders.records import provenance_step
from hf_sft_builders.sources import Listing, SourceFile, list_files
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE
from hf_sft_builders.synthesis.generate_qa import GenerateQA
from hf_sft_builders.synthesis.summarize import Summarize

_MAKES = ("both", "questions", "summary")


@dataclass
class TranscriptConfig(QuestionConfig):
    """Options of the builder `transcript`."""

    makes: ClassVar[str] = "questions and summaries of recordings"

    make: str = "both"
    """`both`, `questions` or `summary`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.make not in _MAKES:
            raise UnknownName("make", self.make, _MAKES)
        if self.make != "questions" and self.model == EXTRACTIVE and not self.model_id:
            raise ConfigurationError(
                "A summary cannot be made without a language model. Pass make='questions', which "
                "needs none, or model='qwen3-32b', base_url='http://localhost:8000/v1'."
            )

    def smallest_record(self) -> dict[str, Any]:
        """A question and an answer, of a recording where the format has a place for one."""
        if "audios" not in get_format(self.format).holds:
            return {"messages": QUESTION_AND_ANSWER}
        asked = {"role": "user", "content": "<audio>?"}
        audio = {"bytes": None, "path": "talk.mp3"}
        return {"messages": [asked, QUESTION_AND_ANSWER[1]], "audios": [audio]}


class Transcript(SFTBuilder):
    """Questions about recordings, and their summaries."""

    BUILDER_CONFIG_CLASS = TranscriptConfig

    def list_files(self, data_dir: Any, data_files: Any, options: dict[str, Any]) -> Listing:
        """Find transcripts."""
        return list_files(data_dir, data_files, TRANSCRIPT_SUFFIXES, self.storage_options)

    def row_features(self) -> datasets.Features:
        """The columns of the format, and one for each mark that is wished for."""
        return format_features(self.config.format, **marks_of(self))

    def inputs(self, files: Iterable[SourceFile], ledger: Ledger) -> Iterator[dict[str, Any]]:
        """Chunks that know when they are said."""
        return heard_chunks(self.reading().chunk_rows(files, ledger), self.storage_options)

    def outcomes(self, chunks: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
        """Questions about each chunk, then a summary of each transcript."""
        some, others = tee(chunks)
        if self.config.make != "summary":
            yield from map(self._told, self.questions().outcomes(some))
        if self.config.make != "questions":
            yield from map(self._told, self.summaries().outcomes(_wholes(others)))

    def questions(self) -> GenerateQA:
        """Give the op that asks, as `.map()` would have it."""
        return questions_of(self)

    def summaries(self) -> Summarize:
        """Give the op that sums up, as `.map()` would have it."""
        return Summarize(**asking_fields(self))

    def forecast(self, rows: Iterable[dict[str, Any]]) -> Iterator[Ask]:
        """Say what will be asked: about each chunk, then about each transcript and its parts."""
        some, others = tee(rows)
        if self.config.make != "summary":
            asking = self.questions()
            yield from chain.from_iterable(asks_of(asking, row) for row in some)
        if self.config.make != "questions":
            summing = self.summaries()
            yield from chain.from_iterable(asks_of(summing, row) for row in _wholes(others))

    def table(self, rows: list[dict[str, Any]]) -> pa.Table:
        """Records, turned into the format."""
        columns = {name: [row[name] for row in rows] for name in ("messages", "audios")}
        return laid_out(self.config.format, columns, rows, *marks_of(self))

    def made_with(self) -> dict[str, Any]:
        """The model, and the prompts."""
        prompts = {} if self.config.make == "summary" else self.questions().prompt_hashes()
        if self.config.make != "questions":
            prompts |= self.summaries().prompt_hashes()
        return made_by(self, prompts)

    def _told(self, outcome: Outcome) -> Outcome:
        """Say when each row is heard; with the recording in it where the format has a place."""
        wants_audio = "audios" in get_format(self.config.format).holds
        rows, drops = [], list(outcome.drops)
        for row in outcome.rows:
            if wants_audio and row["audio"] is None:
                drops.append("no recording of the same name")
            else:
                rows.append(_heard(row, wants_audio))
        return replace(outcome, rows=tuple(rows), drops=tuple(drops))


def _heard(row: Row, wants_audio: bool) -> Row:
    step = row["provenance"][-1]
    spans = step["answer_spans"] or [{"start": row["start"], "end": row["end"]}]
    place = (spans[0]["start"], spans[-1]["end"])
    seconds = row["heard"].between(*place) if row["heard"] else None
    known = {"seconds": list(seconds)} if seconds else {}
    heard = provenance_step(step="heard", uri=row["audio"], parameters=json.dumps(known))
    audio = {"bytes": None, "path": row["audio"]}
    asked, answered = row["messages"]
    if wants_audio:  # the recording stands for the words
        words = asked["content"]
        question = words.partition("\n\n")[0] if "summary" in row else words
        asked = {**asked, "content": f"<audio>{question}"}
    return {
        **row,
        "messages": [asked, answered],
        "audios": [audio] if wants_audio else None,
        "provenance": [*row["provenance"], heard],
    }


def _wholes(chunks: Iterable[Row]) -> Iterator[Row]:
    """Put the chunks of each transcript together."""
    for _, group in groupby(chunks, lambda row: row["uri"]):
        rows = list(group)
        text, source = whole_text(rows), rows[0]["provenance"][0]
        name = rows[0]["id"].partition(":")[0]
        whole = {"text": text, "start": 0, "end": len(text), "provenance": [source]}
        yield {**rows[0], **whole, "id": name}
