"""What the script of the page sends: actions, undo, questions to a model; JSON in, JSON out.

Each answer says what was done after it was committed, or why it was not; nothing is done in part.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.reviewing.actions import Action, Outcome
from hf_sft_builders.reviewing.query import Query
from hf_sft_builders.reviewing.rendering import text_at
from hf_sft_builders.reviewing.session import Session
from hf_sft_builders.reviewing.views import RowView

Words = Mapping[str, str]
LARGEST_BODY = 32 * 1024 * 1024


def read_json(body: bytes) -> dict[str, Any]:
    """Read what the script sent.

    Raises:
        ConfigurationError: for anything but an object.
    """
    try:
        told = json.loads(body)
    except ValueError as error:
        raise ConfigurationError(f"The request is no JSON: {error}.") from error
    if not isinstance(told, dict):
        raise ConfigurationError(f"Expected an object; got {type(told).__name__}.")
    return told


def act(session: Session, told: Mapping[str, Any], reviewer: str, words: Words) -> dict[str, Any]:
    """Do what was asked and say so.

    Args:
        session: The dataset.
        told: `kind`, `ids` or `query` (parameters of a URL), `value`, `field`; for an edit of several
            fields `edits`, a list of `[field, value]`.
        reviewer: Who asks.
        words: In their language.

    Raises:
        SFTError: with what the person shall read; nothing was done.
    """
    if told.get("kind") == "edit" and "edits" in told:
        return _edit(session, told, reviewer, words)
    outcome = session.act(_action(told, reviewer))
    return _said(outcome, words)


def undo(session: Session, _: Mapping[str, Any], reviewer: str, words: Words) -> dict[str, Any]:
    """Take back the last thing that this person did."""
    outcome = session.undo(reviewer)
    what = words.get(f"did_{outcome.kind}", outcome.kind)
    return {"done": outcome.done, "message": words["done_undo"].format(what=what)}


def ask(session: Session, told: Mapping[str, Any], _: str, words: Words) -> dict[str, Any]:
    """Ask a model; its proposal is kept beside the row."""
    kind, advice = str(told.get("kind") or ""), str(told.get("advice") or "")
    session.ask(str(told.get("id") or ""), kind, advice)
    return {"done": 1, "message": words["asked"]}


def repeats(session: Session, told: Mapping[str, Any], _: str, words: Words) -> dict[str, Any]:
    """Look for rows that repeat others, so that a filter finds them."""
    found = session.find_duplicates(str(told.get("method") or "near"))
    return {"done": found, "message": words["repeats_found"].format(count=f"{found:,}")}


def edit_tree(
    session: Session, told: Mapping[str, Any], reviewer: str, words: Words
) -> dict[str, Any]:
    """Change a label of the domain tree, and the rows that bear it."""
    kind, path, label = (str(told.get(name) or "") for name in ("kind", "path", "label"))
    outcome = session.edit_tree(kind, path, label, reviewer)
    message = words["tree_changed"].format(count=f"{outcome.done:,}")
    return {"done": outcome.done, "message": message}


def _action(told: Mapping[str, Any], reviewer: str) -> Action:
    query = told.get("query")
    ids = told.get("ids")
    return Action(
        kind=str(told.get("kind") or ""),
        row_ids=tuple(map(str, ids)) if isinstance(ids, list) else (),
        reviewer=reviewer,
        value=told.get("value"),
        field=str(told.get("field") or ""),
        query=Query.from_params(dict(parse_qsl(query))) if isinstance(query, str) else None,
    )


def _edit(session: Session, told: Mapping[str, Any], reviewer: str, words: Words) -> dict[str, Any]:
    """Save the fields of a form together; one that is refused says which it is, and none is saved."""
    ids, edits = told.get("ids"), told["edits"]
    if not isinstance(edits, list) or not isinstance(ids, list) or len(ids) != 1:
        raise ConfigurationError("An edit names one row, and a list of fields with their values.")
    row = session.row(str(ids[0]), reviewer)
    values = {str(field): _with_line_ends(value, row, str(field)) for field, value in edits}
    if not values:
        return _said(Outcome(0, 0, "edit"), words)
    session.act(Action("edit", (row.id,), reviewer, values))
    return {"done": len(values), "message": words["done_edit"]}


def _with_line_ends(value: Any, row: RowView, field: str) -> Any:
    """Give a text the line ends that it had: a browser's form knows only one kind."""
    was = text_at(row, f"fields.{field}")
    windows = "\r\n" in was and "\n" not in was.replace("\r\n", "")
    return value.replace("\n", "\r\n") if windows and isinstance(value, str) else value


def _said(outcome: Outcome, words: Words) -> dict[str, Any]:
    if not outcome.undo_id:
        return {"done": 0, "message": words["done_nothing"]}
    message = words[f"done_{outcome.kind}"].format(count=f"{outcome.done:,}")
    return {"done": outcome.done, "undo": outcome.undo_id, "message": message}
