"""`generate_qa`: one passage in, question-and-answer rows out, each with the span it rests on.

With `model="extractive"` (the default) no language model is used: questions are found by rule and
answers copied word for word. With any other model, the model writes both and quotes its evidence;
a pair whose evidence does not stand in the passage is dropped, with that reason.

One row that it makes:
    {…, "messages": [{"role": "user", "content": "云溪塔的门票是多少钱？"},
                     {"role": "assistant", "content": "80 元／人"}],
     "id": "3f2a90c1b7de:0-480:generate_qa:0",
     "provenance": [source, chunk, {"step": "generate_qa", "answer_spans": [{"start": 120, …}], …}]}
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Unpack

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Limits, Reply, Runtime
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.records import lineage_id, provenance_step
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.clean_chunks import ORIGINAL
from hf_sft_builders.synthesis.domain_choice import best_path, listed
from hf_sft_builders.synthesis.domain_tree import OTHER, DomainTree
from hf_sft_builders.synthesis.evidence import (
    Found,
    QAPairs,
    check,
    headings_at,
    locate,
    pages_of,
    pairs_shape,
)
from hf_sft_builders.synthesis.label_domains import OTHER_NOTE, as_tree
from hf_sft_builders.synthesis.prompts import Prompt, load_prompt

if TYPE_CHECKING:
    import datasets

    from hf_sft_builders.synthesis.extractive import Pair


@dataclass(frozen=True)
class GenerateQA(Op):
    """See `generate_qa`."""

    name = "generate_qa"

    asked: AskedModel = field(default_factory=AskedModel)
    column: str = "text"
    language: str = ""
    chars_per_question: int = 240
    domains: DomainTree | None = None
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        if self.chars_per_question < 1:
            raise ConfigurationError(
                f"chars_per_question={self.chars_per_question}; expected 1 or more characters."
            )

    @classmethod
    def example(cls) -> GenerateQA:
        """The extractive one."""
        return cls()

    def requires(self) -> tuple[str, ...]:
        """The text."""
        return (self.column,)

    def added(self) -> datasets.Features:
        """`messages`, lineage where the rows had none, and `domain` where there is a tree."""
        import datasets

        from hf_sft_builders.formats import get_format
        from hf_sft_builders.formats.lineage import lineage_features

        own = {**get_format("messages").features, **lineage_features()}
        text = datasets.Value("string")
        return datasets.Features({**own, "domain": text} if self.domains else own)

    def fingerprint(self) -> dict[str, Any]:
        """The fields, `model_id` standing for model and address where given, and the prompts."""
        names = (self.name, "domain_choice") if self.domains else (self.name,)
        prompts = {n + a: load_prompt(n, a).sha256 for n in names for a in ("zh", "en")}
        tree = self.domains.paths if self.domains else None
        known = {"asked": self.asked.fingerprint(), "prompts": prompts, "domains": tree}
        return {**super().fingerprint(), **known}

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per passage, in order."""
        rows = map(self._as_passage, rows)
        if self.asked.is_extractive:
            return (self._extract(row) for row in rows)
        return self.asked.outcomes(rows, self.prompt, self.parse, self.runtime)

    def _as_passage(self, row: Row) -> Row:
        text = row[self.column]
        if text is not None and not isinstance(text, str):
            raise ConfigurationError(
                f"generate_qa: column {self.column!r} holds {type(text).__name__}, expected text."
            )
        return {**row, self.column: text or ""}

    def prompt(self, row: Row) -> ChatRequest:
        """Ask for pairs, in the passage's language. Pure."""
        prompt, text = self._prompt_for(row), row[self.column]
        asked = prompt.fill(
            title=row.get("title") or "—",
            headings=" › ".join(row.get("headings") or ()) or "—",
            text=text,
            count=self._pairs_wanted(row),
        )
        system = prompt.system
        if self.domains:
            choice = load_prompt("domain_choice", self._language_of(row))
            asked = f"{asked}\n\n{choice.fill(domains=listed(self.domains))}"
            system = f"{system}\n\n{choice.system}"
        return ChatRequest.ask(
            asked,
            system,
            schema=pairs_shape(self.domains.paths) if self.domains else QAPairs,
            parameters=self.asked.sampling(),
            allow_parts=True,
        )

    def likely_reply_tokens(self, row: Row) -> int:
        """Guess how long a reply will be: about 90 tokens for a pair with its evidence."""
        return 90 * self._pairs_wanted(row)

    def _pairs_wanted(self, row: Row) -> int:
        return max(1, round(len(row[self.column]) / self.chars_per_question))

    def parse(self, row: Row, reply: Reply) -> Outcome:
        """Keep the pairs that stand in the passage; count why others are dropped. Pure."""
        assert isinstance(reply.parsed, QAPairs)
        found, drops = [], []
        for pair in reply.parsed.pairs:
            checked = check(pair, row[self.column])
            if isinstance(checked, str):
                drops.append(checked)
            else:
                found.append(checked)
        return self._outcome(row, found, drops, reply.usage)

    def _extract(self, row: Row) -> Outcome:
        from hf_sft_builders.synthesis.extractive import find_pairs

        pairs = find_pairs(
            row[self.column],
            headings=tuple(row.get("headings") or ()),
            title=row.get("title") or "",
            language=self.language or row.get("language") or "",
        )
        found = [
            Found(p.question, p.answer, p.start, p.end, self._domain_by_rule(row, p)) for p in pairs
        ]
        return self._outcome(row, found, [], {})

    def _domain_by_rule(self, row: Row, pair: Pair) -> str:
        """Label a pair by the headings that it stands under, then by its own words."""
        if not self.domains:
            return ""
        headings = headings_at(row[self.column], pair.start, row.get("headings") or ())
        said = f"{pair.question}\n{pair.answer}"
        return best_path(self.domains, row.get("title") or "", headings, said) or OTHER

    def _outcome(
        self, row: Row, found: list[Found], drops: list[str], usage: Mapping[str, int]
    ) -> Outcome:
        rows = tuple(self._row(row, pair, sample) for sample, pair in enumerate(found))
        empty = () if rows or drops else ("no question found",)
        notes = (OTHER_NOTE,) * sum(pair.domain == OTHER for pair in found)
        return Outcome(rows, (*drops, *empty), usage=usage, notes=notes)

    def _row(self, row: Row, pair: Found, sample: int) -> Row:
        said = [
            {"role": "user", "content": pair.question},
            {"role": "assistant", "content": pair.answer},
        ]
        before = list(row.get("provenance") or ())
        return {
            **row,
            **({"domain": pair.domain} if self.domains else {}),
            "messages": said,
            "id": lineage_id(str(row.get("id") or _text_id(row[self.column])), self.name, sample),
            "provenance": [*before, self._step(row, pair, before)],
        }

    def _step(self, row: Row, pair: Found, before: list[dict[str, Any]]) -> dict[str, Any]:
        span = self._span(row, pair)
        known: dict[str, Any] = {
            "answer_spans": [span] if span else [],
            "pages": pages_of(before, span) if span else None,
            "model": self.asked.name,
        }
        if not self.asked.is_extractive:
            prompt = self._prompt_for(row)
            known |= {"prompt": prompt.name, "prompt_sha256": prompt.sha256}
            known["parameters"] = self.asked.sampling_text
        return provenance_step(step=self.name, **known)

    def _span(self, row: Row, pair: Found) -> dict[str, int] | None:
        """Give the evidence's place in the document; of a cleaned text, in its original."""
        offset, place = int(row.get("start") or 0), (pair.start, pair.end)
        original = row.get(ORIGINAL)
        if original is not None and original != row[self.column]:
            found = locate(row[self.column][pair.start : pair.end], original)
            if found is None:
                return None
            place = found
        return {"start": offset + place[0], "end": offset + place[1]}

    def _language_of(self, row: Row) -> str:
        return self.language or row.get("language") or ""

    def _prompt_for(self, row: Row) -> Prompt:
        return load_prompt(self.name, self._language_of(row))


def generate_qa(
    model: str | ChatModel = EXTRACTIVE,
    *,
    base_url: str | None = None,
    model_id: str | None = None,
    column: str = "text",
    language: str = "",
    chars_per_question: int = 240,
    domains: DomainTree | str | None = None,
    temperature: float | None = None,
    max_tokens: int | None = None,
    seed: int | None = None,
    **limits: Unpack[Limits],
) -> GenerateQA:
    """Make questions and answers from passages, for `ds.map(op, batched=True)`.

    Args:
        model: `extractive` (no language model: answers are copied), the name of a model behind an
            OpenAI-compatible endpoint, or a `ChatModel`.
        base_url: Address of the endpoint; `OPENAI_BASE_URL` by default. The key is taken from
            `OPENAI_API_KEY`.
        model_id: Name of the model's identity where its address changes but it does not.
        column: Column with the passage. `title`, `headings`, `language`, `start`, `id` and
            `provenance` are used where the rows have them, as those of the documents builder do.
        language: Language of the prompt (`zh`, `en`); the row's by default.
        chars_per_question: A model is asked for one pair per so many characters.
        domains: A domain tree, or the path of its file: each pair gets one of its labels, or
            `other`, in the column `domain`, by the same call.
        temperature: Sampling temperature; the server's default if None.
        max_tokens: Limit of one reply, in tokens.
        seed: Sampling seed, where the server honours it.
        **limits: `max_concurrency`, `requests_per_minute`, `tokens_per_minute`, `timeout`,
            `max_retries`, `max_repairs`, `max_tokens_total`, `max_cost`, `prices`, `max_failures`, `mode`; see
            `hf_sft_builders.llm.Limits`. They change no row.

    Returns:
        An op: one row becomes as many as it has pairs, with all columns, `messages`, an `id` of
        its own and one more step of `provenance`.

    Example:
        >>> chunks = load_dataset("hf_sft_builders/documents", data_dir="docs", split="train")
        >>> rows = chunks.map(sft.generate_qa(), batched=True)
    """
    asked = AskedModel(model, base_url, model_id, temperature, max_tokens, seed)
    tree = None if domains is None else as_tree(domains)
    return GenerateQA(asked, column, language, chars_per_question, tree, Runtime.of(limits))


def _text_id(text: str) -> str:
    """Name a row that has no id by its text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
