"""`continue_text`: what could come next, in the manner of the text.

One row in: {"text": "清晨的云溪塔笼罩在薄雾里。"}; with `output="continuation"`:
    {"text": "清晨的云溪塔笼罩在薄雾里。", "continuation": "钟声从山门传来，惊起一群白鹭。", …}

Calls: one for each text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Reply, Runtime, ScriptedModel, Steps
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import (
    AskingOptions,
    read_options,
    require_language_model,
)
from hf_sft_builders.synthesis.augmenting import Share, augmented, made
from hf_sft_builders.synthesis.language_names import language_among
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced, fenced_text
from hf_sft_builders.synthesis.text_places import text_in, texts_of, with_texts
from hf_sft_builders.synthesis.validators import (
    CLEAN,
    GROUNDED,
    Candidate,
    Fault,
    adds,
    checked,
    first_fault,
    length_between,
    no_commanded_words,
)

if TYPE_CHECKING:
    import datasets

_VARIABLES = ("text", "context", "chars", "style")
_LEAST = 5


@dataclass(frozen=True)
class ContinueText(Op):
    """See `continue_text`."""

    name = "continue_text"

    style: str = ""
    chars: int = 300
    column: str | None = None
    output: str | None = None
    context: str | None = None
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        require_language_model(self.name, self.asked)
        if self.chars < _LEAST:
            raise ConfigurationError(f"chars={self.chars}; expected {_LEAST} or more characters.")
        self.prompts.check(self.name, _VARIABLES)

    @classmethod
    def example(cls) -> ContinueText:
        """One that says the text's first words again, in another order."""
        return cls(column="text", asked=AskedModel(ScriptedModel(_backwards)))

    def requires(self) -> tuple[str, ...]:
        """The columns that are named; else any conversation format will do."""
        return tuple(name for name in (self.column, self.context) if name)

    def added(self) -> datasets.Features:
        """Lineage, and the column of the continuation where one is named."""
        import datasets

        from hf_sft_builders.formats.lineage import lineage_features

        text = {self.output: datasets.Value("string")} if self.output else {}
        return datasets.Features({**text, **lineage_features()})

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        return augmented(self, rows)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Continue the column, or the assistant's last turn. Pure but for what it is sent."""
        texts = texts_of(row, self.column, "assistant")
        text = texts[-1] if texts else ""
        if not text.strip():
            return Outcome(drops=("nothing to continue",))
        context = text_in(row, self.context)
        prompt = self.prompts.load(self.name, language_among(row, text), _VARIABLES)
        check = partial(self.fault, text, context, prompt)
        request = self.prompt(text, context, prompt, sample)
        reply = yield from checked(request, check, self.runtime.max_repairs)
        changes = self._put(row, texts, reply.text.strip())
        return Outcome(rows=(made(self, row, sample, changes, prompt),))

    def prompt(self, text: str, context: str, prompt: Prompt, sample: int) -> ChatRequest:
        """Ask for what comes next. Pure."""
        user = prompt.fill(
            text=fenced(text),
            context=fenced(context) if context else "—",
            chars=self.chars,
            style=self.style or "—",
        )
        return ChatRequest.ask(user, prompt.system, parameters=self.asked.sampling(), sample=sample)

    def fault(self, text: str, context: str, prompt: Prompt, reply: Reply) -> Fault | None:
        """Say what is wrong with a continuation. Pure."""
        source = f"{text}\n{context}" if context else text
        candidate = Candidate(reply.text, source=source, original=text, prompt=prompt.template)
        size = length_between(_LEAST, 2 * self.chars)
        grounded = GROUNDED if context else ()
        return first_fault(candidate, (adds, size, *CLEAN, *grounded, no_commanded_words))

    def _put(self, row: Row, texts: list[str], said: str) -> dict[str, Any]:
        if self.output:
            return {self.output: said}
        return with_texts(row, self.column, "assistant", [*texts[:-1], joined(texts[-1], said)])


def joined(text: str, more: str) -> str:
    """Put what comes next behind a text: after a paragraph's end anew, else on the same line."""
    between = " " if text[-1:].isascii() and more[:1].isascii() else ""
    return text + more if text[-1:].isspace() else f"{text}{between}{more}"


def continue_text(
    style: str = "",
    *,
    model: str | ChatModel = EXTRACTIVE,
    chars: int = 300,
    column: str | None = None,
    output: str | None = None,
    context: str | None = None,
    p: float = 1.0,
    n: int = 1,
    keep_original: bool = False,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> ContinueText:
    """Write what comes next, in the manner of the text.

    Args:
        style: Manner, audience or direction, in your own words; the text's own by default.
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        chars: About how many characters; twice as many at the most.
        column: Column with the text; by default the assistant's last turn is continued.
        output: Column that takes the continuation alone; by default it is put behind the text.
        context: Column with facts. With it, numbers, dates, addresses and names must stand there or
            in the text; without it the continuation is free, and may invent.
        p: Share of the rows, drawn by `seed` and the row's id; the others pass as they are.
        n: New rows for each.
        keep_original: Whether the row itself stays, in front of the new ones.
        seed: Of the draw, and sent as the sampling seed.
        **options: See `AskingOptions`.

    Returns:
        An op; one call for each row.

    Raises:
        ConfigurationError: without a language model.

    Example:
        >>> ds = ds.map(sft.continue_text(column="text", output="next", model="qwen3-32b"), batched=True)
    """
    asked, prompts, limits = read_options("continue_text", model, options, seed)
    share = Share(p, n, keep_original, seed or 0)
    return ContinueText(style, chars, column, output, context, asked, share, prompts, limits)


def _backwards(request: ChatRequest) -> str:
    """Say the first words again behind others."""
    words = fenced_text(request).strip("`。\n").strip()[:40]
    return f"{words} / {words}"
