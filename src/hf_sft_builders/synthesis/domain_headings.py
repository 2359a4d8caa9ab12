"""A domain tree's labels without a model: from titles and headings that documents have.

Where there are several documents, their titles are the first level; one alone gives its chapters.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from hf_sft_builders.synthesis.domain_choice import best_path
from hf_sft_builders.synthesis.domain_samples import Outline
from hf_sft_builders.synthesis.domain_tree import SEPARATOR, DomainTree
from hf_sft_builders.synthesis.extractive.titles import clean

_MOST = (40, 8, 6)
"""Labels below each one, by level; of more, those with most text."""
_LONGEST = 40
_NO_SUBJECT = re.compile(
    r"目录|前言|序言?|引言|绪论|概述|简介|总则|附则|附录|附件|后记|参考文献|致谢|索引|版权.*|修订记录|contents|"
    r"table of contents|introduction|overview|preface|foreword|appendix.*|references|bibliography|"
    r"index|glossary|acknowledg.*|copyright.*|revision history|changelog",
    re.IGNORECASE,
)

_Tree = dict[str, "_Counted"]


class _Counted:
    def __init__(self) -> None:
        self.documents: set[int] = set()
        self.weight = 0
        self.children: _Tree = defaultdict(_Counted)


def outline_labels(
    documents: Sequence[Outline], levels: int, tree: DomainTree, *shapes: Any
) -> list[Any]:
    """Give the labels that headings name, with the documents that have them.

    Args:
        documents: All of them.
        levels: How deep.
        tree: Labels that are there already; a text that speaks of one supports it.
        *shapes: The classes for labels with no, one and two levels below them.
    """
    root: _Tree = defaultdict(_Counted)
    top = {domain.label for domain in tree.domains}
    several = len(documents) > 1 or clean(documents[0].title) in top
    for number, document in enumerate(documents, 1):
        for path, weight in document.weights.items():
            _count(root, _labels(document, path, several)[:levels], number, weight)
        for text in document.texts:
            found = best_path(tree, document.title, (), text)
            _count(root, tuple(found.split(SEPARATOR)) if found else (), number, 0)
    return _shaped(root, levels, 0, shapes)


def _labels(document: Outline, path: tuple[str, ...], several: bool) -> tuple[str, ...]:
    """Give the labels of a path of headings; the title stands for the heading that repeats it."""
    title = clean(document.title)
    below = path[1:] if path and (path[0] == title or _is_root(document, path[0])) else path
    head = (title or path[0],) if several else ()
    named = [
        label for label in below if not _NO_SUBJECT.fullmatch(label) and len(label) <= _LONGEST
    ]
    return tuple(label.replace(SEPARATOR, "、") for label in (*head, *named))


def _is_root(document: Outline, heading: str) -> bool:
    return all(path[0] == heading for path in document.weights)


def _count(root: _Tree, labels: tuple[str, ...], number: int, weight: int) -> None:
    for label in labels:
        root[label].documents.add(number)
        root[label].weight += weight
        root = root[label].children


def _shaped(root: _Tree, levels: int, level: int, shapes: Sequence[Any]) -> list[Any]:
    ranked = sorted(root.items(), key=lambda item: -item[1].weight)[: _MOST[level]]
    chosen = {label for label, _ in ranked}
    left = levels - level - 1
    return [
        shapes[left].model_construct(
            label=label,
            documents=sorted(counted.documents),
            children=_shaped(counted.children, levels, level + 1, shapes) if left else [],
        )
        for label, counted in root.items()
        if label in chosen
    ]
