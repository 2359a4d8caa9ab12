"""`VisionReader`: a vision model behind an OpenAI-compatible endpoint transcribes pages.

Page by page, many in flight, each reply stored when it arrives: after an interruption the same call
asks only for the pages that are missing. A second request compares the headings of all pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import BaseModel, Field

from hf_sft_builders.documents.pages import PageHeading, PageImage, PageText
from hf_sft_builders.errors import ModelError
from hf_sft_builders.llm import ChatModel, ChatRequest, Runtime, as_model
from hf_sft_builders.llm.content import image_part, text_part
from hf_sft_builders.llm.prompt_files import Prompt, prompt_in

_HEADINGS_PER_CALL = 300
_IN_FLIGHT = 16


class HeadingLevels(BaseModel):
    """What the model says about the headings of all pages."""

    levels: list[int] = Field(description="One number from 1 to 6 for each heading, in order.")


@dataclass(frozen=True)
class VisionReader:
    """Reads pages with a vision model.

    Args:
        model: Name as the server knows it, or a `ChatModel`.
        base_url: Address ending in `/v1`; `OPENAI_BASE_URL` by default.
        model_id: Name of the model's identity where its address changes but it does not.
        runtime: How to talk to the endpoint; changes no page.

    Example:
        >>> reader = sft.VisionReader("qwen3-vl-8b", "http://localhost:8000/v1")
        >>> load_dataset("hf_sft_builders/documents", data_dir="scans", pages="auto", vision_model=reader)
    """

    model: str | ChatModel
    base_url: str | None = None
    model_id: str | None = None
    runtime: Runtime = field(default_factory=Runtime, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model if isinstance(self.model, str) else self.model.name

    def read(self, images: Iterable[PageImage], language: str) -> Iterator[PageText]:
        """Transcribe each page, in order. See `PageReader`."""
        prompt = _prompt("read_page", language)
        flight = min(self.runtime.max_concurrency, _IN_FLIGHT)  # each holds a picture
        runtime = replace(self.runtime, mode="live", max_concurrency=flight, ahead=flight)
        requests = (_request(prompt, image) for image in images)
        for reply in self._client().replies(requests, runtime):
            if isinstance(reply, ModelError):
                raise reply
            yield PageText(reply.text, reply.usage)

    def levels(
        self, headings: Sequence[PageHeading], language: str
    ) -> tuple[list[int], Mapping[str, int]]:
        """Compare the headings of all pages. See `HeadingJudge`."""
        prompt, levels, usage = _prompt("heading_levels", language), list[int](), dict[str, int]()
        for start in range(0, len(headings), _HEADINGS_PER_CALL):
            part = headings[start : start + _HEADINGS_PER_CALL]
            known = "\n".join(
                f"{'#' * level} {heading.title}"
                for heading, level in list(zip(headings, levels, strict=False))[-40:]
            )
            asked = prompt.fill(known=known or "—", headings=_numbered(part), count=len(part))
            request = ChatRequest.ask(asked, prompt.system, schema=HeadingLevels)
            [reply] = self._client().replies([request], replace(self.runtime, mode="live"))
            if isinstance(reply, ModelError):
                raise reply
            given = reply.parsed.levels  # type: ignore[union-attr]
            if len(given) != len(part):
                raise ModelError(f"{len(given)} levels came for {len(part)} headings")
            levels += [min(6, max(1, level)) for level in given]
            usage = {n: usage.get(n, 0) + reply.usage.get(n, 0) for n in {*usage, *reply.usage}}
        return levels, usage

    def _client(self) -> ChatModel:
        return as_model(self.model, self.base_url, self.model_id)


def _prompt(name: str, language: str) -> Prompt:
    return prompt_in(Path(__file__).parent / "prompts", name, language)


def _request(prompt: Prompt, image: PageImage) -> ChatRequest:
    content = [text_part(prompt.user), image_part(image.png)]
    system = {"role": "system", "content": prompt.system}
    return ChatRequest(
        (system, {"role": "user", "content": content}), parameters={"temperature": 0}
    )


def _numbered(headings: Sequence[PageHeading]) -> str:
    return "\n".join(
        f"{number}. (p. {heading.page}) {'#' * heading.level} {heading.title}"
        for number, heading in enumerate(headings, 1)
    )
