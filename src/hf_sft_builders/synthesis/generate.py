"""`generate`: any prompt over a row's columns, into one column or the fields of a schema.

ds.map(sft.generate(prompt="把这句话翻译成英文：{text}", output="english", model="qwen3-32b"),
       batched=True)
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Unpack

from pydantic import BaseModel

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Limits, Reply, Runtime, ScriptedModel
from hf_sft_builders.llm.scripted import repeat
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import refuse_key
from hf_sft_builders.synthesis.columns import columns_of, features_of, fill

if TYPE_CHECKING:
    import datasets

_ANSWER = "answer"


@dataclass(frozen=True)
class Generate(Op):
    """See `generate`."""

    name = "generate"

    prompt_template: str
    output: str = _ANSWER
    system: str | None = None
    schema: type[BaseModel] | None = None
    reasoning: str | None = None
    asked: AskedModel = field(default_factory=AskedModel)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        if self.asked.is_extractive:
            raise ConfigurationError(
                "generate cannot work without a language model. Pass model= and, for a server of "
                "your own, base_url='http://localhost:8000/v1'."
            )
        if self.schema is not None:
            features_of(self.schema)
            if self.output != _ANSWER:
                raise ConfigurationError(
                    f"generate got output={self.output!r} and schema=, whose fields are the "
                    "columns. Leave one of them out."
                )
        for name, text in (("prompt", self.prompt_template), ("system", self.system or "")):
            if not isinstance(text, str):
                raise ConfigurationError(f"{name}={text!r}; expected a text with {{column}} in it.")
        if not self.requires():
            raise ConfigurationError(
                f"The prompt {self.prompt_template[:60]!r} names no column, so every row would be "
                "asked the same. Write the column's name in braces: {text}."
            )
        for column in self.requires():
            if any(mark in column for mark in "\"':,\n"):
                raise ConfigurationError(
                    f"generate: {{{column[:40]}}} names no column. Braces that are meant as they "
                    "stand are doubled: {{ and }}."
                )

    @classmethod
    def example(cls) -> Generate:
        """One that gives back what it is asked."""
        return cls("Repeat: {text}", asked=AskedModel(ScriptedModel(repeat)))

    def requires(self) -> tuple[str, ...]:
        """The columns that the prompt and the system prompt name."""
        return columns_of(self.prompt_template + (self.system or ""))

    def added(self) -> datasets.Features:
        """One column of text, or one for each field of the schema."""
        import datasets

        text = datasets.Value("string")
        made = features_of(self.schema) if self.schema else {self.output: text}
        extra = [self.reasoning] if self.reasoning else []
        extra += ["logprobs"] if self.asked.top_logprobs is not None else []
        return datasets.Features({**made, **dict.fromkeys(extra, text)})

    def fingerprint(self) -> dict[str, Any]:
        """The fields; the schema by what it says, not by where it is defined."""
        said = json.dumps(self.schema.model_json_schema(), sort_keys=True) if self.schema else None
        return {**super().fingerprint(), "schema": said}

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order; a row with nothing to ask about is dropped unasked."""
        empty: deque[bool] = deque()
        dropped = Outcome(drops=(f"nothing in {', '.join(self.requires())}",))

        def asked() -> Iterator[Row]:
            for row in rows:
                empty.append(not any(fill(f"{{{name}}}", row).strip() for name in self.requires()))
                if not empty[-1]:
                    yield row

        for outcome in self.asked.outcomes(asked(), self.prompt, self.parse, self.runtime):
            while empty.popleft():
                yield dropped
            yield outcome
        yield from (dropped for _ in empty)

    def prompt(self, row: Row) -> ChatRequest:
        """Fill the templates. Pure."""
        return ChatRequest.ask(
            fill(self.prompt_template, row),
            fill(self.system, row) if self.system else "",
            schema=self.schema,
            parameters=self.asked.sampling(),
        )

    def parse(self, row: Row, reply: Reply) -> Outcome:
        """Put the reply into its columns. Pure."""
        made = reply.parsed.model_dump(mode="json") if reply.parsed else {self.output: reply.text}
        if self.reasoning:
            made[self.reasoning] = reply.reasoning
        if self.asked.top_logprobs is not None:
            made["logprobs"] = json.dumps(reply.logprobs, ensure_ascii=False)
        return Outcome(rows=({**row, **made},), usage=reply.usage)


def generate(
    prompt: str,
    output: str = _ANSWER,
    *,
    model: str | ChatModel = EXTRACTIVE,
    system: str | None = None,
    schema: type[BaseModel] | None = None,
    reasoning: str | None = None,
    base_url: str | None = None,
    model_id: str | None = None,
    temperature: float | None = None,
    max_tokens: int | None = None,
    seed: int | None = None,
    top_logprobs: int | None = None,
    **limits: Unpack[Limits],
) -> Generate:
    """Ask a model about each row, for `ds.map(op, batched=True)` or `sft.map(ds, op)`.

    Args:
        prompt: Text with `{column}` for the row's values; `{{` and `}}` are plain braces. An empty
            value is put in as nothing; a row that is empty in all of them is dropped, and counted.
        output: Column that takes the reply, where there is no schema.
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        system: System prompt, a template too.
        schema: Pydantic model of the reply; each of its fields becomes a typed column.
        reasoning: Column that takes what the model thought, where it says so.
        base_url: Address of the endpoint; `OPENAI_BASE_URL` by default.
        model_id: Name of the model's identity where its address changes but it does not.
        temperature: Sampling temperature; the server's default if None.
        max_tokens: Limit of one reply, in tokens.
        seed: Sampling seed, where the server honours it.
        top_logprobs: Keep so many alternatives of each token in a column `logprobs` (JSON text).
        **limits: `max_concurrency`, `requests_per_minute`, `tokens_per_minute`, `timeout`,
            `max_retries`, `max_repairs`, `max_tokens_total`, `max_cost`, `prices`, `max_failures`, `mode`; see
            `hf_sft_builders.llm.Limits`. They change no row.

    Raises:
        ConfigurationError: without a language model, for a prompt that names no column, for a
            schema that has no columns, or an option of the wrong kind.

    Example:
        >>> op = sft.generate("Translate: {text}", "english", model="qwen3-32b")
        >>> ds = ds.map(op, batched=True)
    """
    refuse_key("generate", limits)
    asked = AskedModel(model, base_url, model_id, temperature, max_tokens, seed, top_logprobs)
    return Generate(prompt, output, system, schema, reasoning, asked, Runtime.of(limits))
