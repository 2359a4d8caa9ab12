"""`clean_chunks`: boilerplate out of chunks, by rules or by a model; the original stays beside it.

What loses numbers or names, adds any, or takes out more than a set share is refused: the text then
stays as it was, and the reason is counted in `sft.last_run().noted`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Unpack

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Reply, Runtime
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import AskingOptions, read_options
from hf_sft_builders.synthesis.augmenting import rule_or_asked_step
from hf_sft_builders.synthesis.boilerplate import clean_by_rules
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced, unfenced

if TYPE_CHECKING:
    import datasets

ORIGINAL = "text_original"
"""Column that keeps the text as it was; spans are places in it."""

_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_NAME = re.compile(
    r"《[^》\n]{1,60}》|「[^」\n]{1,40}」|“[^”\n]{1,40}”"
    r"|\b(?=[A-Za-z-]*[A-Z])(?:[A-Z]\w*[A-Z]\w*|[A-Z][a-z]+(?:[ -][A-Z][a-z]+)+)\b"
    r"|\b(?=\w*\d)(?=\w*[A-Za-z])[A-Za-z0-9_-]{2,}\b"
)
_VARIABLES = ("title", "text")
_SIGNS = re.compile(r"\s+")


@dataclass(frozen=True)
class CleanChunks(Op):
    """See `clean_chunks`."""

    name = "clean_chunks"

    asked: AskedModel = field(default_factory=AskedModel)
    column: str = "text"
    lines: tuple[str, ...] = ()
    max_removed: float = 0.5
    language: str = ""
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        self.prompts.check(self.name, _VARIABLES)
        if not 0 < self.max_removed <= 1:
            raise ConfigurationError(
                f"clean_chunks: max_removed={self.max_removed}; expected a share of the text above "
                "0 and up to 1, such as 0.5."
            )

    @classmethod
    def example(cls) -> CleanChunks:
        """The one that works by rules."""
        return cls()

    def requires(self) -> tuple[str, ...]:
        """The text."""
        return (self.column,)

    def added(self) -> datasets.Features:
        """The text as it was, and what was taken out of it."""
        import datasets

        text = datasets.Value("string")
        return datasets.Features({ORIGINAL: text, "cleaned": text})

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        rows = map(self._as_text, rows)
        if self.asked.is_extractive:
            return (self._outcome(row, *self._by_rules(row), {}) for row in rows)
        return self.asked.outcomes(rows, self.prompt, self.parse, self.runtime)

    def _as_text(self, row: Row) -> Row:
        text = row[self.column]
        if text is not None and not isinstance(text, str):
            raise ConfigurationError(
                f"clean_chunks: column {self.column!r} holds {type(text).__name__}, expected text."
            )
        return {**row, self.column: text or ""}

    def _by_rules(self, row: Row) -> tuple[str, list[str]]:
        return clean_by_rules(row[self.column], row.get("pages") or (), self.lines)

    def prompt(self, row: Row) -> ChatRequest:
        """Ask for the text without boilerplate, after the rules. Pure."""
        prompt = self._prompt(row)
        words = prompt.fill(
            title=row.get("title") or "—", text=fenced(self._by_rules(row)[0] or "—")
        )
        return ChatRequest.ask(words, prompt.system, parameters=self.asked.sampling())

    def likely_reply_tokens(self, row: Row) -> int:
        """Guess how long a reply will be: as long as the text."""
        return len(row[self.column]) // 2

    def parse(self, row: Row, reply: Reply) -> Outcome:
        """Take the reply for the text, or refuse it. Pure."""
        by_rules, taken = self._by_rules(row)
        cleaned = _without_fence(unfenced(reply.text, by_rules or "—"), by_rules)
        if cleaned.strip() != by_rules.strip():
            taken = [*taken, "model"]
        return self._outcome(row, cleaned, taken, reply.usage)

    def _outcome(
        self, row: Row, cleaned: str, taken: list[str], usage: Mapping[str, int]
    ) -> Outcome:
        text = row[self.column]
        if text.strip() and not cleaned.strip():
            return Outcome(drops=("nothing but boilerplate",), usage=usage)
        reason = self._refusal(row, cleaned, by_model="model" in taken)
        if reason:
            cleaned, taken = text, []
        made = {
            **row,
            self.column: cleaned,
            ORIGINAL: row.get(ORIGINAL) or text,
            "cleaned": ", ".join(taken),
        }
        if taken and row.get("provenance"):
            made["provenance"] = [*row["provenance"], rule_or_asked_step(self, self._prompt(row))]
        return Outcome((made,), usage=usage, notes=(f"kept as it was: {reason}",) if reason else ())

    def _refusal(self, row: Row, cleaned: str, by_model: bool) -> str:
        """Say why the cleaned text is not taken; empty where it is."""
        text = row[self.column]
        if _length(cleaned) < (1 - self.max_removed) * _length(text):
            return f"more than {self.max_removed:.0%} would be lost"
        if not by_model:
            return ""
        before = self._by_rules(row)[0]
        for what, pattern in (("numbers", _NUMBER), ("names", _NAME)):
            had, has = set(pattern.findall(before)), set(pattern.findall(cleaned))
            if had - has:
                return f"{what} would be lost"
            if has - had:
                return f"{what} would be added"
        return "words would be added" if _length(cleaned) > 1.02 * _length(before) + 2 else ""

    def _prompt(self, row: Row) -> Prompt:
        language = self.language or row.get("language") or ""
        return self.prompts.load(self.name, language, _VARIABLES)


def _length(text: str) -> int:
    """Count the characters that show."""
    return len(_SIGNS.sub("", text))


def _without_fence(reply: str, text: str) -> str:
    """Take off a code fence around the whole reply, where the text had none."""
    found = re.fullmatch(r"\s*```(?:markdown|md|text)?\n(.*?)\n?```\s*", reply, re.DOTALL)
    return found[1] if found and not text.lstrip().startswith("```") else reply


def clean_chunks(
    model: str | ChatModel = EXTRACTIVE,
    *,
    column: str = "text",
    lines: Iterable[str] = (),
    max_removed: float = 0.5,
    language: str = "",
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> CleanChunks:
    """Take boilerplate out of chunks, for `ds.map(op, batched=True)`.

    By rules go: page numbers, lines of a table of contents, a web page's cookie and newsletter
    lines, lines repeated within a chunk, invisible characters. A model is asked about what is left.

    Args:
        model: `extractive` (rules alone), the name of a model behind an OpenAI-compatible endpoint,
            or a `ChatModel`.
        column: Column with the text.
        lines: Lines to take out wherever they stand, such as `sft.repeated_lines(chunks)`.
        max_removed: Largest share of the text that may go; a result beyond it is refused.
        language: Language of the prompt (`zh`, `en`); the row's by default.
        seed: Sampling seed, where the server honours it.
        **options: See `AskingOptions`: `base_url`, `temperature`, `prompts`, `max_concurrency`, ….

    Returns:
        An op: the cleaned text in its column, the one before in `text_original`, what was taken out
        in `cleaned`. A refused result leaves the text as it was, with the reason counted in
        `sft.last_run().noted`. A chunk of nothing but boilerplate is dropped, and counted.

    Example:
        >>> chunks = chunks.map(sft.clean_chunks(), batched=True)
    """
    asked, prompts, limits = read_options("clean_chunks", model, options, seed)
    return CleanChunks(asked, column, tuple(lines), max_removed, language, prompts, limits)
