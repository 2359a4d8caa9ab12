"""A model that says what it was told to: for users' tests as for ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from hf_sft_builders.errors import ModelError
from hf_sft_builders.llm.content import words_in
from hf_sft_builders.llm.model import ChatRequest, Reply, Runtime
from hf_sft_builders.llm.structured import parse_reply

Line = str | BaseModel | Exception


@dataclass(frozen=True)
class ScriptedModel:
    """Answers from a list, or by a function of the request; no network.

    Args:
        script: Replies in the order of the requests (text, pydantic model, or an error to give
            back), or a function `request -> reply`. A module-level function can be hashed and sent
            to workers, a lambda cannot.
        name: The model's name in provenance and cards.

    Example:
        >>> model = ScriptedModel(['{"pairs": []}'])
        >>> ds = load_dataset("hf_sft_builders/pdf_qa", data_dir="docs", model=model)
    """

    script: Sequence[Line] | Callable[[ChatRequest], Line]
    name: str = "scripted"

    def replies(
        self, requests: Iterable[ChatRequest], runtime: Runtime
    ) -> Iterator[Reply | ModelError]:
        """Give the script's next line for each request; a script that ends too soon says so."""
        lines = None if callable(self.script) else iter(self.script)
        for number, request in enumerate(requests):
            line = self.script(request) if callable(self.script) else next(lines or iter(()), None)
            if line is None:
                raise ModelError(
                    f"ScriptedModel has {number} replies and was asked a request more: "
                    f"{words_in(request.messages[-1]['content'])[:80]!r}. Add a reply to its script."
                )
            yield _answer(line, request)


def repeat(request: ChatRequest) -> str:
    """Say again what the user said: the simplest script."""
    return words_in(request.messages[-1]["content"])


def _answer(line: Line, request: ChatRequest) -> Reply | ModelError:
    if isinstance(line, Exception):
        return line if isinstance(line, ModelError) else ModelError(str(line))
    text = line.model_dump_json() if isinstance(line, BaseModel) else line
    try:
        parsed = parse_reply(text, request.schema) if request.schema else None
    except ModelError as error:
        return error
    return Reply(text=text, parsed=parsed, usage={"calls": 1})
