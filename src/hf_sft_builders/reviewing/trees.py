"""The domain tree edited from the review: its file and the rows that bear its labels go together."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.reviewing.actions import Outcome
from hf_sft_builders.reviewing.overlay import RowChange
from hf_sft_builders.synthesis.domain_tree import OTHER, SEPARATOR, Domain, DomainTree

if TYPE_CHECKING:
    from hf_sft_builders.reviewing.session import Session

EDITS = ("rename", "add", "delete")


def edit_tree(session: Session, kind: str, path: str, label: str, reviewer: str) -> Outcome:
    """Change the tree that a review was opened with, save its file, and take the rows along.

    Args:
        session: The review.
        kind: `rename` a label; `add` one below `path` ("" for the top); `delete` one with all below
            it, whose rows then belong to what stood above it, else to `other`.
        path: As the column `domain` has it: `旅行/住宿`.
        label: The new label; for `delete` nothing.
        reviewer: Who does it.

    Returns:
        Rows that have another domain now. Undoing that gives the rows their domain back, not the tree.

    Raises:
        ConfigurationError: without a tree, for a label that cannot be, or rows without domains.
        UnknownName: for a path that is not in the tree.
    """
    if kind not in EDITS:
        raise UnknownName("edit of the domain tree", kind, EDITS)
    if session.tree is None:
        raise ConfigurationError(
            "No domain tree was named: sft.review(ds, domain_tree='domains.yaml')."
        )
    if "domain" in session.rows.classes:
        raise ConfigurationError("The column 'domain' is a ClassLabel, whose names are fixed.")
    tree = changed_tree(session.tree, kind, path, label)
    if session.tree_path is not None:
        _save(tree, session.tree_path)
    session.tree = tree
    if kind == "add" or "domain" not in session.rows.columns:
        return Outcome(0, 0, "tree")
    above = path.rpartition(SEPARATOR)[0]
    to = (above or OTHER) if kind == "delete" else SEPARATOR.join(filter(None, [above, label]))
    return _move_rows(session, path, to, keep_below=kind == "rename", reviewer=reviewer)


def changed_tree(tree: DomainTree, kind: str, path: str, label: str) -> DomainTree:
    """Give the tree with one label renamed, added or deleted; ids of all others stay.

    Raises:
        UnknownName: for a path that is not in the tree.
    """
    if path and path not in tree.paths:
        raise UnknownName("path of the domain tree", path, tree.paths)
    steps = path.split(SEPARATOR) if path else []
    if kind == "add":
        return replace(tree, domains=_at(tree.domains, steps, lambda found: _below(found, label)))
    if not steps:
        raise ConfigurationError(f"{kind} names no label of the tree.")
    if kind == "delete":
        return replace(tree, domains=_at(tree.domains, steps, lambda found: None))
    named = _at(tree.domains, steps, lambda found: found and replace(found, label=label))
    return replace(tree, domains=named)


def _below(found: Domain | None, label: str) -> Domain:
    new = Domain(label)
    return replace(found, children=(*found.children, new)) if found else new


def _at(
    domains: tuple[Domain, ...],
    steps: Sequence[str],
    change: Callable[[Domain | None], Domain | None],
) -> tuple[Domain, ...]:
    """Change the label at the end of a path; at the top where there is no path."""
    if not steps:
        made = change(None)
        return (*domains, made) if made else domains
    first, *rest = steps
    done: list[Domain] = []
    for domain in domains:
        if domain.label != first:
            done.append(domain)
        elif rest:
            done.append(replace(domain, children=_at(domain.children, rest, change)))
        elif made := change(domain):
            done.append(made)
    return tuple(done)


def _save(tree: DomainTree, path: Path) -> None:
    """Write the file beside itself and put it in its place: a reader sees the old or the new one."""
    part = path.with_name(f".{uuid.uuid4().hex[:8]}.{path.name}")
    try:
        tree.save(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _move_rows(
    session: Session, before: str, after: str, *, keep_below: bool, reviewer: str
) -> Outcome:
    codes, names = session.domain_codes()
    moved: dict[int, str] = {}
    for number, name in enumerate(names):
        if name == before:
            moved[number] = after
        elif name.startswith(f"{before}{SEPARATOR}"):
            moved[number] = after + name.removeprefix(before) if keep_below else after
    places = [place for place, code in enumerate(codes.tolist()) if code in moved]
    seen = session.marks.hash_of(places)
    ids = session.rows.ids
    changes = [
        RowChange(ids[place], hash, {"edit:domain": moved[int(codes[place])]})
        for place, hash in zip(places, seen, strict=True)
    ]
    done = session.overlay.record(reviewer, "tree", changes, "domain", [before, after])
    session.marks.refresh(ids[place] for place in places)
    return done
