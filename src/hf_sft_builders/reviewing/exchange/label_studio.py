"""Label Studio: tasks with annotations and predictions, as it exports and imports them as JSON.

    [{"id": 1, "data": {"row_id": …, column: text}, "annotations": [{"result": [
        {"from_name": "status", "to_name": "row", "type": "choices", "value": {"choices": ["confirmed"]}},
        {"from_name": "score", "to_name": "row", "type": "number", "value": {"number": 4.5}}]}],
      "predictions": [{"model_version": model, "result": […]}]}]

Who annotated stands in a text area `reviewer`, since Label Studio refuses the addresses of people whom it
does not know. `labeling_config` is the interface that fits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from hf_sft_builders.errors import FormatError
from hf_sft_builders.reviewing.exchange.answers import Proposal, RowAnswers, as_text
from hf_sft_builders.reviewing.exchange.dialogues import SHOWN, dialogue

ROW = "row"
_TYPES = {"status": "choices", "label": "choices", "domain": "choices", "score": "number"}


def to_label_studio(rows: Iterable[RowAnswers], shown: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Write rows as Label Studio's tasks; the columns `shown` as dialogues too."""
    return [_task(number, row, shown) for number, row in enumerate(rows, 1)]


def from_label_studio(
    tasks: Any, people: Mapping[str, str], questions: Mapping[str, str]
) -> Iterator[RowAnswers]:
    """Read Label Studio's tasks.

    Args:
        tasks: The content of the file.
        people: Number or address of an annotator → name; what stands there by default.
        questions: `from_name` there → question here, where yours have other names.

    Raises:
        FormatError: for what are no tasks.
    """
    if not isinstance(tasks, list):
        raise FormatError(f"Label Studio's tasks are a JSON list; got {type(tasks).__name__}.")
    for number, task in enumerate(tasks):
        data = task.get("data") if isinstance(task, dict) else None
        id = data.get("row_id", data.get("id")) if isinstance(data, dict) else None
        if id is None:
            raise FormatError(
                f"Task {number} has no 'row_id' (or 'id') in its data: which row is it? Export as "
                "JSON, not as JSON-MIN."
            )
        yield _row(str(id), task, people, questions)


def labeling_config(
    names: Iterable[str],
    labels: Iterable[str],
    domains: Iterable[str],
    shown: Sequence[str] = (),
) -> str:
    """Give the interface for a project in Label Studio, to paste under Labeling Interface → Code.

    Args:
        names: Columns of the rows.
        labels: The closed list of labels.
        domains: The closed list of domains.
        shown: Columns that are shown as dialogues, their text folded below.
    """
    columns = list(names)
    lines = ["<View>", *_objects(columns or ["row_id"], shown)]
    closed = {"status": ["confirmed", "rejected"], "label": list(labels), "domain": list(domains)}
    for name, known in closed.items():
        if known:
            choices = "".join(f"<Choice value={quoteattr(one)}/>" for one in known)
            lines.append(f'  <Choices name="{name}" toName="{ROW}">{choices}</Choices>')
    lines.append(f'  <Number name="score" toName="{ROW}" min="0" max="5" step="0.5"/>')
    edits = [f"edit_{name}" for name in columns if not closed.get(name)]
    for name in ("reason", "tags", "note", "reviewer", *edits):
        lines.append(f'  <TextArea name={quoteattr(name)} toName="{ROW}" editable="true"/>')
    return "\n".join([*lines, "</View>"])


def _objects(columns: Sequence[str], shown: Sequence[str]) -> Iterator[str]:
    """Give the elements that show columns; the first is what questions are about."""
    for place, column in enumerate(columns):
        name = f"show_{column}" if place else ROW
        if column in shown:
            dialogue_of = f'{_attributes(name, SHOWN + column)} layout="dialogue"'
            yield f'  <Paragraphs {dialogue_of} nameKey="role" textKey="content"/>'
            text = f"<Text {_attributes(f'text_{column}', column)}/>"
            yield f"  <Collapse><Panel value={quoteattr(f'{column} (JSON)')}>{text}</Panel></Collapse>"
        else:
            yield f"  <Text {_attributes(name, column)}/>"


def _attributes(name: str, value: str) -> str:
    return f"name={quoteattr(name)} value={quoteattr('$' + value)}"


def _task(number: int, row: RowAnswers, shown: Sequence[str]) -> dict[str, Any]:
    data: dict[str, Any] = {"row_id": row.id}
    data |= {f"{SHOWN}{name}": dialogue(row.columns[name]) for name in shown}
    data |= {name: as_text(value) for name, value in row.columns.items()}
    annotations = [
        {
            "result": [_result(row.id, q, a) for q, a in {**answers, "reviewer": who}.items()],
            "was_cancelled": False,
            "ground_truth": False,
        }
        for who, answers in row.people.items()
    ]
    predictions = [
        {"model_version": one.model, "result": [_result(row.id, one.question, one.value)]}
        for one in reversed(row.proposals)
    ]
    return {"id": number, "data": data, "annotations": annotations, "predictions": predictions}


def _result(row_id: str, question: str, answer: Any) -> dict[str, Any]:
    kind = _TYPES.get(question, "textarea")
    if kind == "number":
        value: dict[str, Any] = {"number": answer}
    elif kind == "choices":
        value = {"choices": [answer]}
    else:
        value = {"text": answer if isinstance(answer, list) else [str(answer)]}
    name = hashlib.sha256(f"{row_id}\0{question}".encode()).hexdigest()[:10]
    return {"id": name, "from_name": question, "to_name": ROW, "type": kind, "value": value}


def _row(
    id: str, task: Mapping[str, Any], people: Mapping[str, str], questions: Mapping[str, str]
) -> RowAnswers:
    said: dict[str, dict[str, Any]] = {}
    for annotation in task.get("annotations") or []:
        if annotation.get("was_cancelled"):
            continue
        answers = _answers(annotation.get("result") or [], questions)
        who = str(answers.pop("reviewer", "") or _annotator(annotation.get("completed_by")))
        said.setdefault(people.get(who, who), {}).update(answers)
    proposals = tuple(
        Proposal(question, value, str(one.get("model_version") or "unknown"))
        for one in task.get("predictions") or []
        for question, value in _answers(one.get("result") or [], questions).items()
    )
    return RowAnswers(id, dict(task["data"]), said, proposals)


def _annotator(told: Any) -> str:
    if isinstance(told, Mapping):
        return str(told.get("email") or told.get("id") or "annotator")
    return "annotator" if told is None else str(told)


def _answers(results: Iterable[Any], questions: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for result in results:
        question = questions.get(result.get("from_name"), result.get("from_name"))
        value = result.get("value") or {}
        answer = next(
            (value[k] for k in ("choices", "text", "number", "rating") if k in value), None
        )
        if isinstance(answer, list) and question != "tags":
            answer = "\n".join(map(str, answer))
        if question and answer is not None:
            found[str(question)] = answer
    return found
