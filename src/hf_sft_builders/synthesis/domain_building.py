"""Builds a domain tree from all documents, and brings one up to date, with a model or offline.

Each batch of documents is asked about with the tree as it stands: labels that fit are to be used
as they are, missing ones added. So the tree grows over any number of documents, and at the end it
is known which labels any of them supports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

from pydantic import BaseModel, Field

from hf_sft_builders.errors import ConfigurationError, ModelError
from hf_sft_builders.ledger import Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Runtime, as_model
from hf_sft_builders.llm.model import Limits
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.domain_headings import outline_labels
from hf_sft_builders.synthesis.domain_samples import (
    Outline,
    outlines,
    sample_batches,
    share_of,
)
from hf_sft_builders.synthesis.domain_tree import OTHER, SEPARATOR, Domain, DomainTree, next_id
from hf_sft_builders.synthesis.prompts import fenced, load_prompt

PROMPT = "domain_tree"


class TreeOptions(Limits, TypedDict, total=False):
    """Keyword arguments of `build_domain_tree` and `DomainTree.revise` beside the model."""

    base_url: str | None
    model_id: str | None
    language: str
    temperature: float | None
    max_tokens: int | None
    seed: int | None
    budget: int


class Leaf(BaseModel):
    """A label without others below it."""

    label: str
    documents: list[int] = Field(description="Numbers of the documents that it fits.")


class Branch(Leaf):
    """A label with others below it."""

    children: list[Leaf]


class Trunk(Leaf):
    """A label with two levels below it."""

    children: list[Branch]


class Leaves(BaseModel):
    """A tree of one level."""

    domains: list[Leaf]


class Branches(BaseModel):
    """A tree of two levels."""

    domains: list[Branch]


class Trunks(BaseModel):
    """A tree of three levels."""

    domains: list[Trunk]


_SHAPES: tuple[type[BaseModel], ...] = (Leaves, Branches, Trunks)


@dataclass(slots=True)
class _Node:
    """A label while the tree grows."""

    label: str
    id: str = ""
    names: set[str] = field(default_factory=set)
    """What it is found by: the label, and what the program had called it before a person did."""
    keep: bool = False
    support: int = 0
    children: list[_Node] = field(default_factory=list)


def build_domain_tree(
    chunks: Iterable[Row],
    model: str | ChatModel = EXTRACTIVE,
    *,
    levels: int = 2,
    **options: Unpack[TreeOptions],
) -> DomainTree:
    """Build labels for a field from all of its documents.

    Args:
        chunks: Rows of the `documents` builder (a dataset or any iterable of rows with `text`;
            `title`, `headings`, `uri` and `language` are used where there).
        model: `extractive` (offline, from titles and headings), the name of a model behind an
            OpenAI-compatible endpoint, or a `ChatModel`.
        levels: 1 to 3 levels of labels.
        **options: `base_url`, `model_id`, `language` (of the labels: `zh`, `en`; the documents' by
            default), `temperature`, `max_tokens`, `seed`, `budget` (characters of samples in one
            request, 24,000; more documents make more requests), and the limits of every op.

    Returns:
        A tree: `print(tree)`, `tree.save("domains.yaml")`.

    Raises:
        ConfigurationError: no chunks, or rows without text.
        ModelError: the model gave no usable reply; what was paid for is kept.

    Example:
        >>> chunks = load_dataset("hf_sft_builders/documents", data_dir="docs", split="train")
        >>> tree = sft.build_domain_tree(chunks, model="qwen3-32b")
    """
    return revised(DomainTree((), levels), chunks, model, options)


def revised(
    tree: DomainTree, chunks: Iterable[Row], model: str | ChatModel, options: TreeOptions
) -> DomainTree:
    """See `DomainTree.revise`."""
    growing = _Growing(tree)
    for shapes in _proposals(growing, outlines(chunks), model, options):
        growing.take(shapes)
    return growing.tree()


def _proposals(
    growing: _Growing, documents: list[Outline], model: str | ChatModel, options: TreeOptions
) -> Iterator[Sequence[Leaf]]:
    """Give, batch by batch, what is proposed for the tree as it stands by then."""
    if model == EXTRACTIVE:
        yield outline_labels(
            documents, growing.levels, growing.tree(prune=False), Leaf, Branch, Trunk
        )
        return
    given = dict(options)
    budget, language = int(given.pop("budget", 24_000)), str(given.pop("language", ""))  # type: ignore[call-overload]
    if budget < 1000:
        raise ConfigurationError(f"budget={budget}; expected 1000 or more characters.")
    names = ("base_url", "model_id", "temperature", "max_tokens", "seed")
    asked = AskedModel(model, **{name: given.pop(name, None) for name in names})  # type: ignore[arg-type]
    runtime = Runtime.of(given)  # type: ignore[arg-type]
    client = as_model(asked.model, asked.base_url, asked.model_id)
    language = language or next((d.language for d in documents if d.language), "")
    for batch in sample_batches(documents, budget):
        share = share_of(documents, budget)
        request = _request(growing.tree(prune=False), batch, share, language, asked)
        [reply] = client.replies([request], runtime)
        if isinstance(reply, ModelError):
            raise reply
        assert reply.parsed is not None
        yield reply.parsed.domains  # type: ignore[attr-defined]


def _request(
    tree: DomainTree, batch: list[Outline], share: int, language: str, asked: AskedModel
) -> ChatRequest:
    prompt = load_prompt(PROMPT, language)
    samples = [f"[{n}] {document.sample(share)}" for n, document in enumerate(batch, 1)]
    words = prompt.fill(
        levels=tree.levels, tree=tree or "—", documents=fenced("\n\n".join(samples))
    )
    shape = _SHAPES[tree.levels - 1]
    return ChatRequest.ask(words, prompt.system, schema=shape, parameters=asked.sampling())


class _Growing:
    """A tree that takes proposals, and counts what supports its labels."""

    def __init__(self, tree: DomainTree) -> None:
        self.levels = tree.levels
        self._before, self._deleted = tree, {_name(label) for label in tree.deleted.values()}
        self._made, self._dropped = dict(tree.made), dict(tree.dropped)
        self._nodes = [self._node(domain) for domain in tree.domains]

    def _node(self, domain: Domain) -> _Node:
        edited = self._before.is_edited(domain)
        names = {_name(domain.label), _name(self._made.get(domain.id, domain.label))}
        below = [self._node(child) for child in domain.children]
        keep = edited or any(child.keep for child in below)
        return _Node(domain.label, domain.id, names, keep, 0, below)

    def take(self, proposed: Sequence[Leaf]) -> None:
        """Take a proposal: support for labels that are there, and new ones."""
        self._take(proposed, self._nodes, ())

    def _take(self, proposed: Sequence[Leaf], nodes: list[_Node], path: tuple[str, ...]) -> None:
        for leaf in proposed:
            label = " ".join(leaf.label.replace(SEPARATOR, "、").split())
            if not label or _name(label) == OTHER or _name(label) in self._deleted:
                continue
            node = next((one for one in nodes if _name(label) in one.names), None)
            if node is None:
                node = _Node(label, names={_name(label)})
                nodes.append(node)
            node.support += len(leaf.documents)
            self._take(getattr(leaf, "children", ()), node.children, (*path, label))

    def tree(self, prune: bool = True) -> DomainTree:
        """Give the tree as it stands; at the end, without the labels that nothing supports."""
        if prune:
            self._nodes = self._supported(self._nodes, ())
        self._name_all(self._nodes, "", ())
        domains = tuple(map(_frozen, self._nodes))
        return DomainTree(domains, self.levels, dict(self._made), dict(self._dropped))

    def _supported(self, nodes: list[_Node], above: tuple[str, ...]) -> list[_Node]:
        kept = []
        for node in nodes:
            path = (*above, node.label)
            node.children = self._supported(node.children, path)
            if node.keep or node.support or node.children:
                kept.append(node)
            elif node.id:
                self._made.pop(node.id, None)
                self._dropped[node.id] = SEPARATOR.join(path)
        return kept

    def _name_all(self, nodes: list[_Node], above: str, path: tuple[str, ...]) -> None:
        """Give an id to what has none: the one it had before, or the next."""
        for node in nodes:
            here = (*path, node.label)
            if not node.id:
                before = [o for o, p in self._dropped.items() if p == SEPARATOR.join(here)]
                taken = {*self._made, *self._dropped, *_ids(self._nodes)}
                node.id = before[0] if before else next_id(above, taken)
                self._dropped.pop(node.id, None)
                self._made[node.id] = node.label
            self._name_all(node.children, node.id, here)


def _ids(nodes: Iterable[_Node]) -> Iterator[str]:
    for node in nodes:
        yield node.id
        yield from _ids(node.children)


def _frozen(node: _Node) -> Domain:
    return Domain(node.label, tuple(map(_frozen, node.children)), node.id)


def _name(label: str) -> str:
    return "".join(label.split()).casefold()
