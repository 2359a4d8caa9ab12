"""Genres and audiences, per document: the same passage asked about for different readers.

    audiences = sft.suggest_audiences(chunks, model="qwen3-32b")
    audiences.save("audiences.yaml")                      # edit it, delete lines, add your own
    rows = chunks.map(sft.generate_qa(model="qwen3-32b", audiences="audiences.yaml"), batched=True)

The file:
    everywhere: []                    # pairs for every document
    documents:
    - uri: docs/guide.md
      title: 云溪古城旅行指南
      pairs:
      - {genre: 旅行攻略, audience: 第一次来的游客}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Unpack

from pydantic import BaseModel

from hf_sft_builders.errors import ConfigurationError, ModelError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Reply, Runtime, Steps
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import (
    AskingOptions,
    read_options,
    require_language_model,
)
from hf_sft_builders.synthesis.edited_files import write_edited
from hf_sft_builders.synthesis.language_names import language_among
from hf_sft_builders.synthesis.prompts import Prompts, fenced
from hf_sft_builders.synthesis.validators import CLEAN, Candidate, Fault, checked, first_fault

_PROMPT = "suggest_audiences"
_VARIABLES = ("title", "text", "count")
_HEAD = (
    "# Genre and audience of the questions about each document. Edit freely: every pair is asked for\n"
    "# once per passage, so fewer pairs are fewer calls. Pairs under `everywhere` hold for all.\n"
)


class Audience(BaseModel, frozen=True):
    """One way to ask and answer: a kind of text, and who reads it."""

    genre: str
    audience: str


class Suggested(BaseModel):
    """What the model replies."""

    pairs: list[Audience]


@dataclass(frozen=True)
class DocumentAudiences:
    """The pairs of one document."""

    uri: str
    title: str
    pairs: tuple[Audience, ...]


@dataclass(frozen=True)
class Audiences:
    """All pairs; a value that can be saved, edited and loaded."""

    documents: tuple[DocumentAudiences, ...] = ()
    everywhere: tuple[Audience, ...] = ()

    def of(self, row: Row) -> tuple[Audience, ...]:
        """Give the pairs of the document that a row comes from, in order, each once."""
        uri = document_of(row)
        own = next((d.pairs for d in self.documents if d.uri == uri), ())
        return tuple(dict.fromkeys((*own, *self.everywhere)))

    def fingerprint(self) -> list[Any]:
        """Give what it says, as plain values."""
        own = [[d.uri, [list(p) for p in map(_words, d.pairs)]] for d in self.documents]
        return [*own, [list(pair) for pair in map(_words, self.everywhere)]]

    def save(self, path: str | Path) -> None:
        """Write a YAML file, or JSON where the name ends so."""
        raw: dict[str, Any] = {
            "everywhere": [pair.model_dump() for pair in self.everywhere],
            "documents": [
                {"uri": d.uri, "title": d.title, "pairs": [p.model_dump() for p in d.pairs]}
                for d in self.documents
            ],
        }
        write_edited(path, raw, _HEAD)

    @classmethod
    def load(cls, path: str | Path) -> Audiences:
        """Read a file that `save` wrote, whoever edited it since.

        Raises:
            ConfigurationError: it holds no pairs, or something else; says where.
        """
        import yaml  # type: ignore[import-untyped,unused-ignore]

        try:
            raw = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
            if unknown := set(raw) - {"everywhere", "documents"}:
                raise ValueError(f"found {', '.join(map(repr, sorted(map(str, unknown))))}")
            return cls(
                tuple(
                    DocumentAudiences(str(d["uri"]), str(d.get("title") or ""), _pairs(d["pairs"]))
                    for d in raw.get("documents") or ()
                ),
                _pairs(raw.get("everywhere")),
            )
        except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(
                f"The audiences {path} cannot be read: {type(error).__name__}: {error}. Expected a "
                "file of sft.suggest_audiences(...).save(path): `everywhere`, pairs of `genre` and "
                "`audience`, and `documents`, each with `uri` and such `pairs`."
            ) from error


AudiencesGiven = (
    Audiences | str | Path | Iterable[Audience | Mapping[str, str] | tuple[str, str]] | None
)


def as_audiences(given: AudiencesGiven) -> Audiences | None:
    """Give the value itself, the one in a file, or one of (genre, audience) for all documents.

    Raises:
        ConfigurationError: for a file that cannot be read, and for what is no genre and audience.
    """
    if given is None or isinstance(given, Audiences):
        return given
    if isinstance(given, (str, Path)):
        return Audiences.load(given)
    return Audiences(everywhere=tuple(map(_audience, given)))


def _audience(given: Any) -> Audience:
    if isinstance(given, Audience):
        return given
    known = {"genre", "audience"}
    is_pair = isinstance(given, (tuple, list)) and len(given) == len(known)
    words = {"genre": given[0], "audience": given[1]} if is_pair else given
    if (
        not isinstance(words, Mapping)
        or set(words) != known
        or not all(isinstance(word, str) and word.strip() for word in words.values())
    ):
        raise ConfigurationError(
            f"audiences: found {given!r}; expected a genre and an audience, such as "
            '("旅行攻略", "第一次来的游客") or {"genre": …, "audience": …}.'
        )
    return Audience(**words)


def document_of(row: Row) -> str:
    """Name the document that a row comes from: its address, else its title."""
    source: Mapping[str, Any] = next(
        (step for step in row.get("provenance") or () if step.get("uri")), {}
    )
    return str(row.get("uri") or source.get("uri") or row.get("title") or "")


def suggest_audiences(
    chunks: Iterable[Row],
    n: int = 5,
    *,
    model: str | ChatModel = EXTRACTIVE,
    known: Audiences | str | Path | None = None,
    chars: int = 8000,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> Audiences:
    """Suggest genres and audiences for each document, for `generate_qa(audiences=…)`.

    Args:
        chunks: Rows of the `documents` builder (any rows with `text`, and `uri` or `title`).
        n: At most so many pairs for each document.
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        known: What is there already, or its file: its documents are kept as they are, and not asked
            about again.
        chars: How much of each document is shown, from its beginning.
        seed: Sampling seed, where the server honours it.
        **options: See `AskingOptions`.

    Returns:
        Pairs for all documents: one call for each new one. `audiences.save("audiences.yaml")`.

    Raises:
        ConfigurationError: without a language model.
        ModelError: a document got no usable reply; what was paid for is kept.

    Example:
        >>> audiences = sft.suggest_audiences(chunks, model="qwen3-32b")
    """
    asked, prompts, runtime = read_options(_PROMPT, model, options, seed)
    require_language_model(_PROMPT, asked)
    before = as_audiences(known) or Audiences()
    there = {document.uri for document in before.documents}
    documents = [d for d in _documents(chunks, chars) if d["uri"] not in there]
    tasks = ((row, _steps(row, n, asked, prompts, runtime)) for row in documents)
    made = []
    for row, outcome in zip(documents, asked.work(tasks, runtime), strict=True):
        if not outcome.rows:
            said = outcome.failure.detail if outcome.failure else ", ".join(outcome.drops)
            raise ModelError(
                f"No audiences for {row['uri']!r}: {said}. The same call goes on here."
            )
        pairs = tuple(outcome.rows[0]["pairs"])
        made.append(DocumentAudiences(row["uri"], row["title"], pairs))
    return Audiences((*before.documents, *made), before.everywhere)


def _steps(
    row: Row, n: int, asked: AskedModel, prompts: Prompts, runtime: Runtime
) -> Steps[Outcome]:
    prompt = prompts.load(_PROMPT, language_among(row, row["text"]), _VARIABLES)
    user = prompt.fill(title=row["title"] or "—", text=fenced(row["text"]), count=n)
    request = ChatRequest.ask(user, prompt.system, schema=Suggested, parameters=asked.sampling())
    check = partial(_fault, row["text"], prompt.template)
    reply: Reply = yield from checked(request, check, runtime.max_repairs)
    assert isinstance(reply.parsed, Suggested)
    return Outcome(rows=({"pairs": list(dict.fromkeys(reply.parsed.pairs))[:n]},))


def _fault(text: str, template: str, reply: Reply) -> Fault | None:
    assert isinstance(reply.parsed, Suggested)
    said = [f"{pair.genre}\n{pair.audience}" for pair in reply.parsed.pairs]
    if not said or not all(p.genre.strip() and p.audience.strip() for p in reply.parsed.pairs):
        return Fault("no pairs", "Give pairs of a genre and an audience, neither of them empty.")
    return first_fault(Candidate("\n".join(said), source=text, prompt=template), CLEAN)


def _documents(chunks: Iterable[Row], chars: int) -> Iterator[Row]:
    """Put the first chunks of each document together."""
    documents: dict[str, Row] = {}
    for row in chunks:
        uri = document_of(row)
        own = documents.setdefault(
            uri,
            {
                "uri": uri,
                "title": row.get("title") or "",
                "language": row.get("language"),
                "text": "",
            },
        )
        own["text"] += (row["text"] or "")[: max(0, chars - len(own["text"]))]
    yield from documents.values()


def _words(pair: Audience) -> tuple[str, str]:
    return pair.genre, pair.audience


def _pairs(raw: Any) -> tuple[Audience, ...]:
    return tuple(Audience.model_validate(pair) for pair in raw or ())
