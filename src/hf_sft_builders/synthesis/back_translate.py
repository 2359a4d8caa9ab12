"""`back_translate`: through one or several other languages and back, for another wording.

One row in, with `pivots=("en", "ja")`:
    {"messages": [{"role": "user", "content": "请问云溪塔的门票价格是多少？"}, …]}
becomes
    {"messages": [{"role": "user", "content": "云溪塔的票价是多少？"}, …], "id": "…:back_translate:0", …}

Calls: one for each pivot and one for the way back, for each text.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Unpack

from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Reply, Runtime, ScriptedModel, Steps
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import (
    AskingOptions,
    read_options,
    require_language_model,
)
from hf_sft_builders.synthesis.augmenting import Share, adds_lineage, augmented, made, passed
from hf_sft_builders.synthesis.language_names import language_among, language_name
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced, fenced_text
from hf_sft_builders.synthesis.text_places import Role, texts_of, with_texts
from hf_sft_builders.synthesis.validators import (
    CLEAN,
    GROUNDED,
    Candidate,
    Fault,
    Rejected,
    Validator,
    addresses_in_source,
    changed,
    checked,
    first_fault,
    not_obeyed,
    numbers_in_source,
)

_VARIABLES = ("text", "target")
_ON_THE_WAY = (*CLEAN, addresses_in_source, not_obeyed)
_BACK = (changed, *CLEAN, *GROUNDED, not_obeyed)
_EXAMPLE = "this is the text in the other language "


@dataclass(frozen=True)
class BackTranslate(Op):
    """See `back_translate`."""

    name = "back_translate"

    pivots: tuple[str, ...] = ()
    role: Role = "user"
    column: str | None = None
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        require_language_model(self.name, self.asked)
        for pivot in self.pivots:
            language_name(pivot, "en")
        self.prompts.check(self.name, _VARIABLES)

    @classmethod
    def example(cls) -> BackTranslate:
        """One whose translations are of the right language, if not of the right words."""
        return cls(column="text", asked=AskedModel(ScriptedModel(_example_reply)))

    def requires(self) -> tuple[str, ...]:
        """The column, where one is named; else any conversation format will do."""
        return (self.column,) if self.column else ()

    added = adds_lineage

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        return augmented(self, rows)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Send each text of the row through all pivots and back. Pure but for what it is sent."""
        texts = texts_of(row, self.column, self.role)
        if not any(text.strip() for text in texts):
            return Outcome(rows=(passed(row),))
        language = language_among(row, "".join(texts))
        pivots = self.pivots or (("zh",) if language == "en" else ("en",))
        if language in (pivots[0], pivots[-1]):
            raise Rejected(f"the pivot {language} is the text's own language")
        prompt = self.prompts.load(self.name, language, _VARIABLES)
        said = []
        for text in texts:
            back = yield from self._there_and_back(text, (*pivots, language), prompt, sample)
            said.append(back)
        changes = with_texts(row, self.column, self.role, said)
        return Outcome(rows=(made(self, row, sample, changes, prompt),))

    def prompt(self, text: str, target: str, prompt: Prompt, sample: int) -> ChatRequest:
        """Ask for one translation. Pure."""
        named = language_name(target, prompt.name.rpartition(".")[2])
        user = prompt.fill(text=fenced(text), target=named)
        return ChatRequest.ask(user, prompt.system, parameters=self.asked.sampling(), sample=sample)

    def _there_and_back(
        self, text: str, way: Sequence[str], prompt: Prompt, sample: int
    ) -> Generator[Any, Any, str]:
        now, spoken = text, way[-1]
        for leg, target in enumerate(way if text.strip() else (), 1):
            original = text if leg == len(way) else now
            checks = _BACK if leg == len(way) else _checks_on_the_way(spoken, target)
            check = partial(self.fault, original, target, checks, prompt)
            request = self.prompt(now, target, prompt, sample)
            reply = yield from checked(request, check, self.runtime.max_repairs)
            now, spoken = reply.text.strip(), target
        return now

    def fault(
        self,
        original: str,
        target: str,
        checks: Sequence[Validator],
        prompt: Prompt,
        reply: Reply,
    ) -> Fault | None:
        """Say what is wrong with a translation, there or back. Pure."""
        candidate = Candidate(
            reply.text, source=original, original=original, language=target, prompt=prompt.template
        )
        return first_fault(candidate, checks)


def back_translate(
    pivots: str | Sequence[str] = (),
    *,
    model: str | ChatModel = EXTRACTIVE,
    role: Role = "user",
    column: str | None = None,
    p: float = 1.0,
    n: int = 1,
    keep_original: bool = False,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> BackTranslate:
    """Translate into another language, or several in turn, and back; for another wording.

    Args:
        pivots: Codes of the languages on the way (`"en"`, `("en", "ja")`): `ar`, `de`, `en`, `es`,
            `fr`, `it`, `ja`, `ko`, `nl`, `pt`, `ru`, `zh`. By default English, and Chinese for
            English texts.
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        role: Whose turns are translated, in rows of a conversation format.
        column: A column of text instead.
        p: Share of the rows, drawn by `seed` and the row's id; the others pass as they are.
        n: New rows for each.
        keep_original: Whether the row itself stays, in front of the new ones.
        seed: Of the draw, and sent as the sampling seed.
        **options: See `AskingOptions`.

    Returns:
        An op; one call for each pivot and one for the way back. Each leg must be in its language; what
        comes back must differ from the original in words and in no number, date, address or name.

    Raises:
        ConfigurationError: without a language model, or for a language that is not known.

    Example:
        >>> ds = ds.map(sft.back_translate(("en", "ja"), model="qwen3-32b"), batched=True)
    """
    asked, prompts, limits = read_options("back_translate", model, options, seed)
    share = Share(p, n, keep_original, seed or 0)
    way = (pivots,) if isinstance(pivots, str) else tuple(pivots)
    return BackTranslate(way, role, column, asked, share, prompts, limits)


def _checks_on_the_way(spoken: str, target: str) -> tuple[Validator, ...]:
    """Numbers in words are read in Chinese and English alone."""
    if {spoken, target} <= {"zh", "en"}:
        return (*_ON_THE_WAY, numbers_in_source)
    return _ON_THE_WAY


def _example_reply(request: ChatRequest) -> str:
    """Give the text behind enough English to be English; on the way back, the text twice."""
    text = fenced_text(request)
    if text.startswith(_EXAMPLE):
        back = text.rpartition(_EXAMPLE)[2]
        return f"{back} {back}"
    return _EXAMPLE * (len(text) // 7 + 1) + text
