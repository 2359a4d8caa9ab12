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
from hf_sft_builders.llm import ChatModel, ChatRequest, Reply, Runtime
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import AskingOptions, read_options
from hf_sft_builders.synthesis.augmenting import rule_or_asked_step
from hf_sft_builders.synthesis.domain_choice import best_path, choice_shape, listed
from hf_sft_builders.synthesis.domain_tree import OTHER, Domain, DomainTree
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced

if TYPE_CHECKING:
    import datasets

OTHER_NOTE = "domain other"
"""How a row that fits no label is counted."""

_VARIABLES = ("title", "headings", "text", "domains")


@dataclass(frozen=True)
class LabelDomains(Op):
    """See `label_domains`."""

    name = "label_domains"

    tree: DomainTree
    asked: AskedModel = field(default_factory=AskedModel)
    column: str = "text"
    language: str = ""
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        self.prompts.check(self.name, _VARIABLES)

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

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        if not self.asked.is_extractive:
            return self.asked.outcomes(rows, self.prompt, self.parse, self.runtime)
        return (self._labelled(row, self._by_rule(row), {}) for row in rows)

    def prompt(self, row: Row) -> ChatRequest:
        """Ask for one of the labels. Pure."""
        prompt = self._prompt(row)
        words = prompt.fill(
            title=row.get("title") or "—",
            headings=" › ".join(row.get("headings") or ()) or "—",
            text=fenced(words_of(row[self.column])),
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
            made["provenance"] = [*row["provenance"], rule_or_asked_step(self, self._prompt(row))]
        notes = (OTHER_NOTE,) if domain == OTHER else ()
        return Outcome((made,), usage=usage, notes=notes)

    def _prompt(self, row: Row) -> Prompt:
        language = self.language or row.get("language") or ""
        return self.prompts.load(self.name, language, _VARIABLES)


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
    column: str = "text",
    language: str = "",
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> LabelDomains:
    """Label each row with a path of a domain tree, for `ds.map(op, batched=True)`.

    Args:
        tree: A `DomainTree`, or the path of its file.
        model: `extractive` (by the words that headings and text share with labels), the name of a
            model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        column: Column with the text, or with `messages`. `title` and `headings` are used where the
            rows have them.
        language: Language of the prompt (`zh`, `en`); the row's by default.
        seed: Sampling seed, where the server honours it.
        **options: See `AskingOptions`: `base_url`, `temperature`, `prompts`, `max_concurrency`, ….

    Returns:
        An op that fills the column `domain` with a path such as `旅行/住宿`, or with `other`, which
        is counted in `sft.last_run().noted`. A reply outside the tree is asked for again.

    Example:
        >>> chunks = chunks.map(sft.label_domains("domains.yaml", model="qwen3-32b"), batched=True)
    """
    asked, prompts, limits = read_options("label_domains", model, options, seed)
    return LabelDomains(as_tree(tree), asked, column, language, prompts, limits)
