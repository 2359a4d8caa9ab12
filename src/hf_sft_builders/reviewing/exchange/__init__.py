"""Reviews to and from Argilla and Label Studio, as their JSON files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import SourceError, UnknownName
from hf_sft_builders.reviewing.exchange.answers import Imported, rows_with_answers, take_in
from hf_sft_builders.reviewing.exchange.argilla import from_argilla, settings, to_argilla
from hf_sft_builders.reviewing.exchange.dialogues import dialogue_columns
from hf_sft_builders.reviewing.exchange.label_studio import (
    from_label_studio,
    labeling_config,
    to_label_studio,
)
from hf_sft_builders.reviewing.session import Session

KINDS = ("argilla", "label_studio")
__all__ = ["Imported", "export_review", "import_review"]


def export_review(
    ds: Any,
    path: str | Path,
    to: str = "argilla",
    *,
    everything: bool = True,
    overlay: str | Path | None = None,
    name: str | None = None,
) -> Path:
    """Write rows, and what people and models said of them, for Argilla or Label Studio.

    Beside the file lies what the other program needs to show it: `<name>.settings.json` for Argilla,
    `<name>.config.xml` for Label Studio. Conversations are shown as dialogues, their JSON text below.

    Args:
        ds: What is reviewed, as for `sft.review`.
        path: The JSON file.
        to: "argilla" or "label_studio".
        everything: Also the rows that nobody said anything of yet.
        overlay: The review's file, where it is not in its usual place.
        name: The name that the review was given.

    Returns:
        The file. `import_review` reads it back, also with what was done there.

    Raises:
        UnknownName: for another program.

    Example:
        >>> sft.export_review(ds, "rows.json", to="label_studio")
    """
    _check(to)
    session = Session.open(ds, overlay=overlay, name=name)
    try:
        rows = list(rows_with_answers(session, everything))
        columns = list(rows[0].columns) if rows else []
        shown = dialogue_columns(session.rows.features.arrow_schema, columns)
        lists = (columns, session.labels, session.domains, shown)
        target = Path(path).expanduser()
        target.parent.mkdir(parents=True, exist_ok=True)
        if to == "argilla":
            _write(target, to_argilla(rows, shown))
            told = settings(*lists, sorted(session.marks.tags))
            _write(target.with_suffix(".settings.json"), told)
        else:
            _write(target, to_label_studio(rows, shown))
            target.with_suffix(".config.xml").write_text(labeling_config(*lists), encoding="utf-8")
        return target
    finally:
        session.close()


def import_review(
    ds: Any,
    path: str | Path,
    source: str = "argilla",
    *,
    people: Mapping[str, str] | None = None,
    questions: Mapping[str, str] | None = None,
    overlay: str | Path | None = None,
    name: str | None = None,
) -> Imported:
    """Read what people said of rows in Argilla or Label Studio into the review: all of it, or none.

    Args:
        ds: What is reviewed; rows are found by id.
        path: The JSON file that the other program wrote.
        source: "argilla" or "label_studio".
        people: User there (UUID, number, address) → name here.
        questions: Question there → question here (`status`, `reason`, `score`, `tags`, `note`,
            `label`, `domain`, `edit_<column>`), where yours have other names.
        overlay: The review's file, where it is not in its usual place.
        name: The name that the review was given.

    Returns:
        How many rows and people, which rows are not in the dataset, what was ignored.

    Raises:
        SourceError: if the file cannot be read.
        FormatError: if it is no such file, none of its rows is in the dataset, or an edit is not allowed.
        ConfigurationError: for an answer that the question cannot have.

    Example:
        >>> sft.import_review(ds, "annotated.json", "label_studio", people={"7": "mei"})
    """
    _check(source)
    try:
        told = json.loads(Path(path).expanduser().read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: cannot be read as JSON: {error}") from error
    read = from_argilla if source == "argilla" else from_label_studio
    session = Session.open(ds, overlay=overlay, name=name)
    try:
        return take_in(session, read(told, people or {}, questions or {}))
    finally:
        session.close()


def _check(kind: str) -> None:
    if kind not in KINDS:
        raise UnknownName("program", kind, KINDS)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
