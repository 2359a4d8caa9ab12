"""`degrade`: a worse answer with a named flaw beside the good one, for preference training.

One row in:
    {"messages": [{"role": "user", "content": "云溪塔的门票是多少钱？"},
                  {"role": "assistant", "content": "80 元／人"}]}
becomes, beside its own columns:
    {"prompt": [<user>], "chosen": [{"role": "assistant", "content": "80 元／人"}],
     "rejected": [{"role": "assistant", "content": "120 元／人"}], "flaw": "factual_error", …}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Reply, Runtime, Steps
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.records import lineage_id, provenance_step
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import AskingOptions, read_options
from hf_sft_builders.synthesis.augmenting import Share, augmented, draw, made, passed, row_id
from hf_sft_builders.synthesis.conversations import last_turn, messages_of, with_messages
from hf_sft_builders.synthesis.flaws import FLAWS, Case, Flaw, Flawed, as_flaws
from hf_sft_builders.synthesis.flaws_by_rule import BY_RULE
from hf_sft_builders.synthesis.language_names import language_of
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced
from hf_sft_builders.synthesis.several_samples import numbered, with_columns
from hf_sft_builders.synthesis.validators import (
    Candidate,
    Fault,
    Rejected,
    checked,
    first_fault,
    no_meta_phrases,
    no_wrapping,
    same_language,
)
from hf_sft_builders.synthesis.validators.clean_reply import no_announcement

if TYPE_CHECKING:
    import datasets

_VARIABLES = ("question", "answer", "context", "flaw", "instruction")
_CALLS = "calls of tools have no place in a pair"
_CHECKS = (no_wrapping, no_announcement, no_meta_phrases)


@dataclass(frozen=True)
class Degrade(Op):
    """See `degrade`."""

    name = "degrade"

    flaws: tuple[Flaw, ...]
    in_place: bool = False
    column: str | None = None
    context: str | None = None
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        names = [flaw.name for flaw in self.flaws]
        if not names or len(set(names)) < len(names):
            raise ConfigurationError(f"flaws={names}; expected one or more, each once.")
        if self.asked.is_extractive and (rest := [n for n in names if n not in BY_RULE]):
            raise ConfigurationError(
                f"degrade makes the flaws {', '.join(BY_RULE)} without a language model, and not "
                f"{rest[0]!r}. Write sft.degrade({rest[0]!r}, model='qwen3-32b', "
                "base_url='http://localhost:8000/v1')."
            )
        for language in ("zh", "en"):
            self._prompt(language)

    @classmethod
    def example(cls) -> Degrade:
        """One that needs no model."""
        return cls(as_flaws(BY_RULE), column="text")

    def requires(self) -> tuple[str, ...]:
        """The columns that are named; else any conversation format will do."""
        return tuple(name for name in (self.column, self.context) if name)

    def added(self) -> datasets.Features:
        """The flaw; both answers, where they stand side by side; and lineage."""
        import datasets

        from hf_sft_builders.formats import get_format
        from hf_sft_builders.formats.lineage import lineage_features

        pair = {} if self._replaces else get_format("preference").features
        own = {"flaw": datasets.Value("string"), **pair}
        return datasets.Features({**own, **lineage_features()})

    def fingerprint(self) -> dict[str, Any]:
        """The fields, and the flaws by their words."""
        flaws = [(flaw.name, flaw.zh, flaw.en) for flaw in self.flaws]
        return {**super().fingerprint(), "flaws": flaws}

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        blank: dict[str, Any] = {"flaw": ""}
        if not self._replaces:
            blank |= {"prompt": [], "chosen": [], "rejected": []}
        worked = self._by_rule(rows) if self.asked.is_extractive else augmented(self, rows)
        return with_columns(worked, blank)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Ask for one worse answer. Pure but for what it is sent."""
        question, answer, source = self._said(row)
        flaw = self._flaw(row, sample, answer)
        prompt = self._prompt(language_of(row, answer))
        request = self.prompt(row, flaw, prompt, sample)
        check = partial(self.fault, flaw, answer, f"{question}\n{source}")
        reply = yield from checked(request, check, self.runtime.max_repairs)
        flawed = reply.parsed
        assert isinstance(flawed, Flawed)
        told = {**self.asked.sampling(), **flawed.told(flaw.name)}
        parameters = json.dumps(told, ensure_ascii=False, sort_keys=True)
        changes = self._changes(row, flaw.name, flawed.answer.strip())
        return Outcome(rows=(made(self, row, sample, changes, prompt, parameters=parameters),))

    def prompt(self, row: Row, flaw: Flaw, prompt: Prompt, sample: int) -> ChatRequest:
        """Ask for one flaw in one answer. Pure."""
        question, answer, source = self._said(row)
        language = "zh" if prompt.name.endswith("zh") else "en"
        if prompt.name.endswith(".own"):
            language = language_of(row, answer)
        words = prompt.fill(
            question=fenced(question or "—"),
            answer=fenced(answer),
            context=fenced(source or "—"),
            flaw=flaw.name,
            instruction=flaw.instruction(language),
        )
        sampling = self.asked.sampling()
        request = ChatRequest.ask(words, prompt.system, schema=Flawed, parameters=sampling)
        return numbered(request, sample)

    def fault(self, flaw: Flaw, answer: str, source: str, reply: Reply) -> Fault | None:
        """Say what is wrong with a worse answer: that it is not worse, or in another way. Pure."""
        flawed = reply.parsed
        assert isinstance(flawed, Flawed)
        if flawed.answer.strip() == answer.strip():
            return Fault("unchanged", "Your reply repeats the answer as it was; put the flaw in.")
        stays = () if flaw.name == "other_language" else (same_language,)
        fault = first_fault(Candidate(flawed.answer, original=answer), (*_CHECKS, *stays))
        if fault is None and flaw.check is not None:
            return flaw.check(Case(flawed, answer, source))
        return fault

    def _by_rule(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        for row in rows:
            if not self.share.picks(row):
                yield Outcome(rows=(passed(row),))
                continue
            if not self._pairable(row):
                yield Outcome(drops=(_CALLS,))
                continue
            found = [self._ruled(row, sample) for sample in range(self.share.n)]
            stays = (passed(row),) if self.share.keep_original else ()
            drops = tuple("no flaw by rule" for new in found if new is None)
            yield Outcome((*stays, *(new for new in found if new is not None)), drops)

    def _ruled(self, row: Row, sample: int) -> Row | None:
        """Make the drawn flaw by rule, or the next one that the answer lends itself to."""
        question, answer, source = self._said(row)
        seed, name = self.share.seed, f"{row_id(row)}:{sample}"
        for flaw in self._order(row, sample):
            flawed = BY_RULE[flaw.name](answer, f"{question}\n{source}", seed, name)
            if flawed is None or flawed.answer.strip() == answer.strip():
                continue
            before = list(row.get("provenance") or ())
            told = json.dumps(flawed.told(flaw.name), ensure_ascii=False, sort_keys=True)
            step = provenance_step(step=self.name, model=self.asked.name, parameters=told)
            known = {
                "id": lineage_id(row_id(row), self.name, sample),
                "provenance": [*before, step],
            }
            return {**row, **self._changes(row, flaw.name, flawed.answer), **known}
        return None

    def _flaw(self, row: Row, sample: int, answer: str) -> Flaw:
        """Draw a flaw that the answer can have; several samples take turns."""
        if not answer.strip():
            raise Rejected("no answer")
        if not self._pairable(row):
            raise Rejected(_CALLS)
        fitting = [flaw for flaw in self._order(row, sample) if len(answer) >= flaw.shortest]
        if not fitting:
            raise Rejected("no flaw fits")
        return fitting[0]

    def _order(self, row: Row, sample: int) -> list[Flaw]:
        first = int(draw(self.share.seed, row_id(row), "flaw") * len(self.flaws)) + sample
        return [self.flaws[(first + step) % len(self.flaws)] for step in range(len(self.flaws))]

    def _said(self, row: Row) -> tuple[str, str, str]:
        """Give question, answer and context of a row."""
        source = str(row[self.context] or "") if self.context else ""
        if self.column:
            return "", str(row[self.column] or ""), source
        messages = messages_of(row)
        place = last_turn(messages, "assistant")
        if place is None:
            return "", "", source
        before = [f"{m['role']}: {m['content'] or ''}" for m in messages[:place]]
        question = "\n".join(before) if len(before) > 1 else (messages[0]["content"] or "")
        return question if place else "", messages[place]["content"] or "", source

    def _pairable(self, row: Row) -> bool:
        """Say whether the row fits a pair, whose messages are words alone."""
        return self._replaces or not any(m.get("tool_calls") for m in messages_of(row))

    def _changes(self, row: Row, flaw: str, answer: str) -> dict[str, Any]:
        if self.column:
            return {self.column: answer, "flaw": flaw}
        messages = messages_of(row)
        place = last_turn(messages, "assistant")
        assert place is not None
        worse = {**messages[place], "content": answer}
        if self.in_place:
            new = with_messages(row, [*messages[:place], worse, *messages[place + 1 :]])
            return {**new, "flaw": flaw}
        parts = {"prompt": messages[:place], "chosen": [messages[place]], "rejected": [worse]}
        return {**{name: _plain(said) for name, said in parts.items()}, "flaw": flaw}

    @property
    def _replaces(self) -> bool:
        return self.in_place or self.column is not None

    def _prompt(self, language: str) -> Prompt:
        return self.prompts.load(self.name, language, _VARIABLES)


def _plain(messages: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"role": m["role"], "content": m["content"] or ""} for m in messages]


def degrade(
    flaws: str | Iterable[str] | Mapping[str, str] = tuple(FLAWS),
    *,
    model: str | ChatModel = EXTRACTIVE,
    in_place: bool = False,
    column: str | None = None,
    context: str | None = None,
    p: float = 1.0,
    n: int = 1,
    keep_original: bool = False,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> Degrade:
    """Make a worse answer with a named flaw, for `ds.map(op, batched=True)` or `sft.map(ds, op)`.

    Args:
        flaws: Of `factual_error`, `hallucinated_detail`, `incomplete`, `off_topic`, `verbose`,
            `impolite`, `wrong_format`, `other_language`; or your own, name → what is asked for.
            Each row gets one, drawn by `seed` and its id.
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`. `extractive`
            changes a number (`factual_error`) or leaves out the end (`incomplete`), by rule.
        in_place: Put the worse answer where the good one was, and not beside it; with
            `keep_original=True`, rows for `judge` and for unpaired preference.
        column: A column of text to flaw instead, in place.
        context: Column with what the answer rests on (`text` of chunks): no made-up detail may
            stand there.
        p: Share of the rows, drawn by `seed` and the row's id; the others pass as they are.
        n: Worse answers for each row, the flaws taking turns.
        keep_original: Whether the row itself stays, with `flaw` "", in front of the new ones.
        seed: Of the draws, and sent as the sampling seed.
        **options: See `AskingOptions`: `base_url`, `temperature`, `prompts`, `max_concurrency`, ….

    Returns:
        An op that adds `prompt`, `chosen`, `rejected` (the format `preference`) and `flaw`. Where
        the flaw cannot be seen to be there, the answer is asked for again, then dropped with the
        reason. One call per new row.

    Raises:
        ConfigurationError: for a flaw that needs a language model, without one.

    Example:
        >>> op = sft.degrade(["factual_error", "incomplete"], model="qwen3-32b", context="text")
        >>> ds = ds.map(op, batched=True)
    """
    asked, prompts, limits = read_options("degrade", model, options, seed)
    if asked.is_extractive and flaws == tuple(FLAWS):
        flaws = tuple(BY_RULE)
    share = Share(p, n, keep_original, seed or 0)
    return Degrade(as_flaws(flaws), in_place, column, context, asked, share, prompts, limits)
