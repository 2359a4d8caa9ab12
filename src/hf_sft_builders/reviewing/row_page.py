"""What the page of a row shows: the conversation, the form, what people and models said, the source."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from hf_sft_builders.reviewing.markdown_text import left_out, rendered
from hf_sft_builders.reviewing.pictures import is_here, pictures_of
from hf_sft_builders.reviewing.query import Query
from hf_sft_builders.reviewing.rendering import (
    form_of,
    invisible,
    moment,
    pretty,
    short,
    turns,
)
from hf_sft_builders.reviewing.session import Session
from hf_sft_builders.reviewing.source_places import placed
from hf_sft_builders.reviewing.source_view import (
    Origin,
    SourceNotShown,
    marked_pages,
    origin_of,
    passage,
)
from hf_sft_builders.reviewing.views import RowView, Suggestion
from hf_sft_builders.reviewing.visitors import Visitor

Words = Mapping[str, str]
_SHOWN_REPEATS = 8
_MEDIA = ("images", "videos", "audios")


def row_page(
    session: Session, row: RowView, query: Query, visitor: Visitor, base: str
) -> dict[str, Any]:
    """Give what the row's template needs."""
    params, record, words = query.params(), row.record, visitor.words
    return {
        "row": row,
        "before": urlencode({**params, "id": row.before or ""}),
        "after": urlencode({**params, "id": row.after or ""}),
        "next_link": urlencode({**params, "after": row.id}),
        "self_link": urlencode({**params, "id": row.id}),
        "messages": turns(record.get("messages")),
        "rejected": turns(record.get("rejected"), "rejected"),
        "text_link": f"{base}/text?{urlencode({'id': row.id})}&place=",
        "text_more": left_out(record.get("text") or ""),
        "text": rendered(record["text"]) if record.get("text") else "",
        "tools": pretty(record["tools"]) if record.get("tools") else "",
        "images": _images(row, base),
        "remote_media": list(_elsewhere(record)),
        "others": _others(session, row),
        "form": form_of(row.fields, row.editable, words["part_reasoning"], session.rows.classes),
        "draft_key": _draft_key(base, row),
        "origin": origin_of(row.provenance),
        "disagreeing": _disagreeing(row, visitor.reviewer),
        "notes": [mark for mark in row.marks if mark.note],
        "repeats": [
            {"id": r, "link": urlencode({**params, "id": r})} for r in row.repeats[:_SHOWN_REPEATS]
        ],
        "more_repeats": max(0, len(row.repeats) - _SHOWN_REPEATS),
        "events": list(_events(row, words)),
        "suggestions": [_suggestion(one, words) for one in row.suggestions],
        "invisible": invisible(list(_texts(record))),
        "label": str(_named(session, row, "label")),
        "domain": str(_named(session, row, "domain")),
    }


def source_page(session: Session, row: RowView, words: Words, base: str) -> dict[str, Any]:
    """Give what stands beside the row: pages with the answer marked, the passage, or why there is none."""
    origin = placed(origin_of(row.provenance), session.sources)
    shown: dict[str, Any] = {"origin": origin, "pages": [], "passage": None, "why": ""}
    try:
        if origin.is_pdf:
            shown["pages"] = list(_pages(origin, row, base))
        shown["passage"] = passage(origin)
    except SourceNotShown as error:
        shown["why"] = words[error.reason].format(detail=error.detail)
    return shown


def _pages(origin: Origin, row: RowView, base: str) -> Iterator[dict[str, Any]]:
    for page in marked_pages(origin):
        yield {
            "href": f"{base}/page?{urlencode({'id': row.id, 'page': page.page})}",
            "page": page.page,
            "width": page.width,
            "height": page.height,
            "boxes": page.boxes,
        }


def _images(row: RowView, base: str) -> list[dict[str, str]]:
    images = pictures_of(row.record, row.fields)
    return [
        {"href": f"{base}/image?{urlencode({'id': row.id, 'number': number})}"}
        for number, item in enumerate(images)
        if is_here(item)
    ]


def _elsewhere(record: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for kind in _MEDIA:
        for item in record.get(kind) or ():
            if item and (kind != "images" or not is_here(item)):
                yield {"kind": kind, "path": str(item.get("path") or "")}


def _others(session: Session, row: RowView) -> list[tuple[str, str]]:
    known = session.format.schema.names if session.format is not None else ()
    hidden = {*known, "id", "provenance"} - ({"label", "domain"} if not row.record else set())
    return [(name, short(value)) for name, value in row.fields.items() if name not in hidden]


def _named(session: Session, row: RowView, kind: str) -> Any:
    """Give the row's label or domain as the closed list names it."""
    choices = session.labels if kind == "label" else session.domains
    value = row.fields.get(kind, row.record.get(kind))
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(choices):
        return choices[value]
    return value or ""


def _disagreeing(row: RowView, reviewer: str) -> list[Any]:
    return [
        mark
        for mark in row.marks
        if mark.reviewer != reviewer and mark.status in ("confirmed", "rejected")
    ]


def _draft_key(base: str, row: RowView) -> str:
    """Name a draft: by what the form showed, so that words for another version never come back unseen."""
    told = json.dumps([base, row.id], ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _events(row: RowView, words: Words) -> Iterator[dict[str, Any]]:
    for event in row.history:
        iso, time = moment(event.at)
        value = "" if event.value in (None, "", True) else pretty(event.value)
        yield {
            "iso": iso,
            "time": time,
            "reviewer": event.reviewer,
            "word": words.get(f"did_{event.kind}", event.kind),
            "field": event.field,
            "value": value if len(value) <= 80 else f"{value[:80]}…",
            "undone": event.undone,
        }


def _suggestion(one: Suggestion, words: Words) -> dict[str, Any]:
    value = one.value
    if isinstance(value, str):
        shown = rendered(value)
    elif isinstance(value, list) and value and isinstance(value[-1], dict):
        last = value[-1]
        shown = rendered(str(last.get("content") or last.get("value") or ""))
    else:
        shown = rendered(pretty(value))
    return {
        "kind": one.kind,
        "model": one.model,
        "advice": one.advice,
        "stale": one.stale,
        "note": one.note,
        "field": one.field,
        "value": value,
        "shown": shown,
        "json": json.dumps(value, ensure_ascii=False),
    }


def _texts(record: Mapping[str, Any]) -> Iterator[str]:
    for name in ("messages", "rejected"):
        for message in record.get(name) or ():
            yield message.get("content") or ""
            yield message.get("reasoning") or ""
    yield record.get("text") or ""
