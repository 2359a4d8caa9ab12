"""`label_domains`: each row gets one label of a domain tree, or `other`.

ds.map(sft.label_domains(tree, model="qwen3-32b"), batched=True)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Limits, Reply, Runtime
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.records import provenance_step
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.domain_choice import best_path, choice_shape, listed
from hf_sft_builders.synthesis.domain_tree import OTHER, Domain, DomainTree
from hf_sft_builders.synthesis.prompts import Prompts, load_prompt

if TYPE_CHECKING:
    import datasets

OTHER_NOTE = "domain other"
"""How a row that fits no label is counted."""


@dataclass(frozen=True)
class LabelDomains(Op):
    """See `label_domains`."""

    name = "label_domains"

    tree: DomainTree
    asked: AskedModel = field(default_factory=AskedModel)
    column: str = "text"
    language: str = ""
    runtime: Runtime = runtime(default_factory=Runtime)

    @classmethod
    def example(cls) -> LabelDomains:
        """One that labels by rule."""
        return cls(DomainTree((Domain("景点", (Domain("望云楼"),)), Domain("酒店"))))

    def requires(self) -> tuple[str, ...]:
        """What is labelled."""
        return (self.column,)

    def added(self) -> datasets.Features:
        """One column, `domain`."""
        import datasets

        return datasets.Features({"domain": datasets.Value("string")})

    def prompt_hashes(self) -> dict[str, str]:
        """Of all prompts that it may ask with."""
        return Prompts().hashes(self.name)

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        if not self.asked.is_extractive:
            return self.asked.outcomes(rows, self.prompt, self.parse, self.runtime)
        return (self._labelled(row, self._by_rule(row), {}) for row in rows)

    def prompt(self, row: Row) -> ChatRequest:
        """Ask for one of the labels. Pure."""
        prompt = load_prompt(self.name, self.language or row.get("language") or "")
        words = prompt.fill(
            title=row.get("title") or "—",
            headings=" › ".join(row.get("headings") or ()) or "—",
            text=words_of(row[self.column]),
            domains=listed(self.tree),
        )
        shape = choice_shape(self.tree.paths)
        return ChatRequest.ask(words, prompt.system, schema=shape, parameters=self.asked.sampling())

    def likely_reply_tokens(self, row: Row) -> int:
        """Guess how long a reply will be."""
        return 20

    def parse(self, row: Row, reply: Reply) -> Outcome:
        """Put the label into its column. Pure."""
        return self._labelled(row, reply.parsed.domain, reply.usage)  # type: ignore[union-attr]

    def _by_rule(self, row: Row) -> str:
        words, headings = words_of(row[self.column]), row.get("headings") or ()
        return best_path(self.tree, row.get("title") or "", headings, words) or OTHER

    def _labelled(self, row: Row, domain: str, usage: Any) -> Outcome:
        made = {**row, "domain": domain}
        if row.get("provenance"):
            made["provenance"] = [*row["provenance"], self._step(row)]
        notes = (OTHER_NOTE,) if domain == OTHER else ()
        return Outcome((made,), usage=usage, notes=notes)

    def _step(self, row: Row) -> dict[str, Any]:
        if self.asked.is_extractive:
            return provenance_step(step=self.name)
        prompt = load_prompt(self.name, self.language or row.get("language") or "")
        return provenance_step(
            step=self.name,
            model=self.asked.name,
            prompt=prompt.name,
            prompt_sha256=prompt.sha256,
            parameters=self.asked.sampling_text,
        )


def words_of(value: Any) -> str:
    """Give the words of a text, or of a conversation's messages."""
    if isinstance(value, list):
        said = [
            turn.get("content") or turn.get("value") for turn in value if isinstance(turn, dict)
        ]
        return "\n".join(str(words) for words in said if words)
    return str(value or "")


def as_tree(tree: DomainTree | str | Path) -> DomainTree:
    """Give the tree itself, or the one in a file.

    Raises:
        ConfigurationError: it has no labels to choose from.
    """
    found = tree if isinstance(tree, DomainTree) else DomainTree.load(tree)
    if not found.domains:
        raise ConfigurationError("The domain tree has no labels. Build one, or write some into it.")
    return found


def label_domains(
    tree: DomainTree | str | Path,
    model: str | ChatModel = EXTRACTIVE,
    *,
    base_url: str | None = None,
    model_id: str | None = None,
    column: str = "text",
    language: str = "",
    temperature: float | None = None,
    max_tokens: int | None = None,
    seed: int | None = None,
    **limits: Unpack[Limits],
) -> LabelDomains:
    """Label each row with a path of a domain tree, for `ds.map(op, batched=True)`.

    Args:
        tree: A `DomainTree`, or the path of its file.
        model: `extractive` (by the words that headings and text share with labels), the name of a
            model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        base_url: Address of the endpoint; `OPENAI_BASE_URL` by default.
        model_id: Name of the model's identity where its address changes but it does not.
        column: Column with the text, or with `messages`. `title` and `headings` are used where the
            rows have them.
        language: Language of the prompt (`zh`, `en`); the row's by default.
        temperature: Sampling temperature; the server's default if None.
        max_tokens: Limit of one reply, in tokens.
        seed: Sampling seed, where the server honours it.
        **limits: See `hf_sft_builders.llm.Limits`. They change no row.

    Returns:
        An op that fills the column `domain` with a path such as `旅行/住宿`, or with `other`, which
        is counted in `sft.last_run().noted`. A reply outside the tree is asked for again.

    Example:
        >>> chunks = chunks.map(sft.label_domains("domains.yaml", model="qwen3-32b"), batched=True)
    """
    asked = AskedModel(model, base_url, model_id, temperature, max_tokens, seed)
    return LabelDomains(as_tree(tree), asked, column, language, Runtime.of(limits))
