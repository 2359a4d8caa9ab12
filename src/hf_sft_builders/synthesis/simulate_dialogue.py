"""`simulate_dialogue`: a passage, or a question and its answer, becomes a conversation that rests on it.

One row that it makes:
    {…, "messages": [{"role": "user", "content": "望云楼有多高？"},
                     {"role": "assistant", "content": "高 28.6 米，共四层。"},
                     {"role": "user", "content": "几点可以进去？"},
                     {"role": "assistant", "content": "每天 8:00 开放，18:00 关门。"}],
     "id": "3f2a90c1b7de:0-480:simulate_dialogue:0", "provenance": [source, chunk, simulate_dialogue]}

One call writes a whole dialogue. Without a language model, the pairs that the rules find under one
heading are put one after the other: every word of an answer is copied, nobody is made up.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Unpack

from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Reply, Runtime, Steps
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import AskingOptions, read_options
from hf_sft_builders.synthesis.augmenting import Share, augmented, made, row_id
from hf_sft_builders.synthesis.chained_pairs import chained_pairs
from hf_sft_builders.synthesis.conversations import messages_of
from hf_sft_builders.synthesis.dialogue_plan import (
    DialogueDraft,
    Kind,
    Round,
    check_rounds,
    fault_of,
    in_words,
    planned,
)
from hf_sft_builders.synthesis.dialogue_turns import ANSWER, VARIABLES, turn_by_turn
from hf_sft_builders.synthesis.language_names import language_of
from hf_sft_builders.synthesis.material import Material, material_of, places_of, spans_step
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced
from hf_sft_builders.synthesis.validators import Fault, checked

if TYPE_CHECKING:
    import datasets

_VARIABLES = ("title", "headings", "scenario", "roles", "plan", "opening", "text")
_ROLES = {"zh": ("用户", "助手"), "en": ("user", "assistant")}
_TOKENS_OF_A_ROUND = 150


@dataclass(frozen=True)
class SimulateDialogue(Op):
    """See `simulate_dialogue`."""

    name = "simulate_dialogue"

    rounds: tuple[int, int] = (2, 4)
    scenario: str = ""
    roles: tuple[str, str] = ("", "")
    system_prompt: str = ""
    clarification: float = 0.2
    closing: float = 0.3
    calls: Literal["joint", "separate"] = "joint"
    column: str = "text"
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        check_rounds(self.rounds)
        for name in ("clarification", "closing"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigurationError(f"{name}={getattr(self, name)}; expected a share, 0 to 1.")
        if self.asked.is_extractive and (self.scenario or any(self.roles) or self.share.n > 1):
            raise ConfigurationError(
                "simulate_dialogue: scenario=, roles= and n= need a language model; without one, the "
                "pairs of a section are put one after the other. Write "
                "sft.simulate_dialogue(model='qwen3-32b', base_url='http://localhost:8000/v1', …)."
            )
        if self.calls not in ("joint", "separate"):
            raise UnknownName("calls", self.calls, ("joint", "separate"))
        self.prompt_hashes()

    @classmethod
    def example(cls) -> SimulateDialogue:
        """The one without a language model."""
        return cls()

    def requires(self) -> tuple[str, ...]:
        """The text, where there is no model; else any conversation will do, too."""
        return (self.column,) if self.asked.is_extractive else ()

    def added(self) -> datasets.Features:
        """`messages`, and lineage where the rows had none."""
        import datasets

        from hf_sft_builders.formats import get_format
        from hf_sft_builders.formats.lineage import lineage_features

        return datasets.Features({**get_format("messages").features, **lineage_features()})

    def prompt_hashes(self) -> dict[str, str]:
        """Name the prompts that rows may come from, with their hashes."""
        names = VARIABLES if self.calls == "separate" else (self.name,)
        used = [self.load(name, language) for name in names for language in ("zh", "en")]
        return {prompt.name: prompt.sha256 for prompt in used}

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        if self.asked.is_extractive:
            return (chained_pairs(self, row) for row in rows)
        return augmented(self, rows)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Ask for the dialogue, again where it has a fault. Pure but for what it is sent."""
        material = material_of(row, self.column)
        if not material.text.strip():
            return Outcome(drops=("no text",))
        language = language_of(row, material.text)
        before = material.pair
        plan = planned(
            self.rounds, self.clarification, self.closing, bool(before),
            self.share.seed, row_id(row), sample,
        )[1 if before else 0 :]  # fmt: skip
        ask = turn_by_turn if self.calls == "separate" else _at_once
        rounds = yield from ask(self, row, material, plan, language, sample)
        changes = {"messages": self.messages(row, before, rounds)}
        places = places_of(material, (round_.evidence for round_ in rounds))
        step = spans_step(row, places)
        return Outcome(rows=(made(self, row, sample, changes, self._prompt(language), **step),))

    def prompt(
        self, row: Row, material: Material, plan: Sequence[Kind], language: str, sample: int
    ) -> ChatRequest:
        """Ask for the rounds of a plan. Pure."""
        prompt = self._prompt(language)
        user = prompt.fill(
            **self.told(row, language),
            plan=in_words(plan, language),
            opening=fenced("\n".join(material.pair)) if material.pair else "—",
            text=fenced(material.text),
        )
        sampling = self.asked.sampling()
        return ChatRequest.ask(
            user, prompt.system, schema=DialogueDraft, parameters=sampling, sample=sample
        )

    def told(self, row: Row, language: str) -> dict[str, str]:
        """Give what every prompt is told of a row: where it stands, who talks, and where."""
        roles = self.roles if any(self.roles) else _ROLES["zh" if language == "zh" else "en"]
        return {
            "title": row.get("title") or "—",
            "headings": " › ".join(row.get("headings") or ()) or "—",
            "scenario": self.scenario or "—",
            "roles": " / ".join(roles),
        }

    def likely_reply_tokens(self, row: Row) -> int:
        """Guess how long a reply will be, from the middle of `rounds`."""
        calls = self.likely_calls(row)
        return round(_TOKENS_OF_A_ROUND * (sum(self.rounds) / 2 + self.closing) / calls)

    def likely_calls(self, row: Row) -> int:
        """Guess how many calls a dialogue takes: one, or two for each round."""
        rounds = round(sum(self.rounds) / 2 + self.closing)
        return 2 * rounds if self.calls == "separate" else 1

    def messages(self, row: Row, before: tuple[str, ...], rounds: list[Round]) -> list[Any]:
        """Give the whole conversation: system prompt, opening, rounds."""
        turns = [*before, *(part for one in rounds for part in (one.user, one.assistant))]
        roles = ("user", "assistant")
        said = [{"role": roles[i % 2], "content": turn.strip()} for i, turn in enumerate(turns)]
        return [*self.opening_system(row), *said]

    def opening_system(self, row: Row) -> list[dict[str, str]]:
        """Give the system message: the one asked for, else the row's own, else none."""
        if self.system_prompt:
            return [{"role": "system", "content": self.system_prompt}]
        held = messages_of(row) if row.get("messages") else []
        own = [message for message in held if message["role"] == "system"]
        return [{"role": "system", "content": message["content"]} for message in own[:1]]

    def load(self, name: str, language: str) -> Prompt:
        """Load one of the op's prompts."""
        return self.prompts.load(name, language, VARIABLES.get(name, _VARIABLES))

    def _prompt(self, language: str) -> Prompt:
        """Give the prompt that rows name: the whole dialogue's, or the answers'."""
        return self.load(ANSWER if self.calls == "separate" else self.name, language)


def _at_once(
    op: SimulateDialogue,
    row: Row,
    material: Material,
    plan: Sequence[Kind],
    language: str,
    sample: int,
) -> Generator[Any, Any, list[Round]]:
    """Ask for the whole dialogue, again where it has a fault."""

    def fault(reply: Reply) -> Fault | None:
        assert isinstance(reply.parsed, DialogueDraft)
        return fault_of(reply.parsed, plan, material.source, language, material.pair)

    request = op.prompt(row, material, plan, language, sample)
    reply = yield from checked(request, fault, op.runtime.max_repairs)
    assert isinstance(reply.parsed, DialogueDraft)
    return reply.parsed.rounds


def simulate_dialogue(
    model: str | ChatModel = EXTRACTIVE,
    *,
    rounds: tuple[int, int] = (2, 4),
    scenario: str = "",
    roles: tuple[str, str] = ("", ""),
    system_prompt: str = "",
    clarification: float = 0.2,
    closing: float = 0.3,
    calls: Literal["joint", "separate"] = "joint",
    column: str = "text",
    n: int = 1,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> SimulateDialogue:
    """Make conversations that rest on passages, for `ds.map(op, batched=True)` or `sft.map(ds, op)`.

    Args:
        model: `extractive` (no language model: pairs that rules find under one heading, one after
            the other), the name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        rounds: Fewest and most questions that are asked; drawn for each row by `seed` and its id.
        scenario: Where and why the two talk, in your own words.
        roles: Who they are: (who asks, who answers).
        system_prompt: Put in front of every conversation as it stands.
        clarification: Share of the dialogues in which the assistant first asks back.
        closing: Share of the dialogues that end with thanks, in one more round.
        calls: `joint`: one call writes the dialogue; `separate`: two for each round, what the user says
            and the answer, each checked at once.
        column: Column with the passage. Rows of a conversation format without it will do as well:
            their first question and answer open the dialogue, and are what it rests on. Rows that
            have both are opened by the pair and rest on the passage.
        n: Dialogues for each row.
        seed: Of the draws, and sent as the sampling seed.
        **options: See `AskingOptions`: `base_url`, `temperature`, `prompts`, `max_concurrency`, ….

    Returns:
        An op. Each answer quotes evidence that stands in the passage, its numbers and addresses stand
        there too, no turn is said twice, and the language is that of the passage; a dialogue with a
        fault is asked for again with the reason, then dropped with it.

    Raises:
        ConfigurationError: for options that need a language model, without one.

    Example:
        >>> chunks = load_dataset("hf_sft_builders/documents", data_dir="docs", split="train")
        >>> talks = sft.map(chunks, sft.simulate_dialogue("qwen3-32b", rounds=(2, 5)))
    """
    asked, prompts, limits = read_options("simulate_dialogue", model, options, seed)
    share = Share(n=n, seed=seed or 0)
    return SimulateDialogue(
        rounds, scenario, roles, system_prompt, clarification, closing, calls, column,
        asked, share, prompts, limits,
    )  # fmt: skip
