"""What a person sees: lists, rows, sources, pairs.

    /                       all datasets            /d/<key>/pair      two answers to one question
    /d/<key>/               the list                /d/<key>/progress  how far, and who agrees
    /d/<key>/row?id=        a row                   /d/<key>/act       POST: an action
    /d/<key>/source?id=     what stands beside it   /d/<key>/undo      POST: take one back
    /d/<key>/page?id=&page= a page of it, drawn     /d/<key>/ask       POST: ask a model
    /d/<key>/image?id=      a picture of the row    /d/<key>/repeats   POST: look for them
    /d/<key>/tree           the domain tree; POST: change it
    /settings, /sign-in     name, language, theme; the password of a second user
    /d/<key>/text?id=&place= a long text, whole
    /d/<key>/next?after=    the next unreviewed row

A query to the rows is in the address, as `Query.params` writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hf_sft_builders.reviewing.desk import Desk, base_of, number_in, query_of
from hf_sft_builders.reviewing.list_page import list_page
from hf_sft_builders.reviewing.pictures import picture, pictures_of
from hf_sft_builders.reviewing.rendering import text_at, turns
from hf_sft_builders.reviewing.row_page import row_page, source_page
from hf_sft_builders.reviewing.session import Session
from hf_sft_builders.reviewing.source_places import placed
from hf_sft_builders.reviewing.source_view import SourceNotShown, origin_of, page_picture
from hf_sft_builders.synthesis.domain_tree import SEPARATOR

_MOST_NAMES = 300
_LATEST = 2_000
_DEEPEST = 5
"""How far labels of the domain tree are moved to the right."""
_PICTURE = {"content-security-policy": "default-src 'none'; sandbox", "cache-control": "private"}


@dataclass(frozen=True)
class Pages:
    """Answers requests that passed the guard."""

    desk: Desk

    def datasets(self, request: Request) -> Response:
        """All datasets; whoever comes from outside goes on to the only one that was opened."""
        if self.desk.library.only and not request.headers.get("referer"):
            return RedirectResponse(self.desk.library.only, 303)
        shelves = self.desk.library.shelves()
        return self.desk.show(request, "datasets.html", datasets=shelves)

    def rows(self, request: Request) -> Response:
        """The list of a dataset."""
        session, query = self.desk.session(request), query_of(request)
        words = self.desk.visitor(request).words
        shown = list_page(session, query, number_in(request, "page", 1), words)
        progress = session.progress()
        return self.desk.show(
            request,
            "list.html",
            **shown,
            **_choices(session, words, ready=not shown["counting"]),
            query=query,
            name=session.name,
            format=session.format.name if session.format is not None else "",
            reviewed=progress.confirmed + progress.rejected,
            total_rows=progress.total,
            has_tree=session.tree is not None,
            none_left="none_left" in request.query_params,
        )

    def row(self, request: Request) -> Response:
        """One row."""
        session, query = self.desk.session(request), query_of(request)
        visitor = self.desk.visitor(request)
        row = session.row(request.query_params.get("id", ""), visitor.reviewer, query)
        choices = _choices(session, visitor.words)
        return self.desk.show(
            request,
            "row.html",
            **row_page(session, row, query, visitor, base_of(request)),
            **choices,
            name=session.name,
            can_ask=session.asking is not None,
        )

    def source(self, request: Request) -> Response:
        """What stands beside a row."""
        words, session = self.desk.visitor(request).words, self.desk.session(request)
        shown = source_page(session, self.desk.row(request), words, base_of(request))
        return self.desk.show(request, "source.html", **shown)

    def page(self, request: Request) -> Response:
        """A page of the source, drawn."""
        told = origin_of(self.desk.row(request).provenance)
        origin = placed(told, self.desk.session(request).sources)
        try:
            png = page_picture(origin, number_in(request, "page", 0))
        except SourceNotShown as error:
            return Response(str(error), 404, media_type="text/plain")
        return Response(png, media_type="image/png", headers=_PICTURE)

    def image(self, request: Request) -> Response:
        """A picture of the row."""
        row = self.desk.row(request)
        images = pictures_of(row.record, row.fields)
        data, kind = picture(images, number_in(request, "number", -1))
        return Response(data, media_type=kind, headers=_PICTURE)

    def text(self, request: Request) -> Response:
        """A text that is too long for the page, whole, as plain text."""
        text = text_at(self.desk.row(request), request.query_params.get("place", ""))
        return Response(text, media_type="text/plain", headers=_PICTURE)

    def next(self, request: Request) -> Response:
        """The next unreviewed row, or the list where none is left."""
        session, query = self.desk.session(request), query_of(request)
        after = request.query_params.get("after") or None
        found = session.next_unreviewed(query, after, query.reviewer)
        base, params = base_of(request), query.params()
        if found is None:
            return RedirectResponse(f"{base}/?{urlencode({**params, 'none_left': 1})}", 303)
        return RedirectResponse(f"{base}/row?{urlencode({**params, 'id': found})}", 303)

    def pair(self, request: Request) -> Response:
        """Two answers to one question."""
        session, query = self.desk.session(request), query_of(request)
        refs = request.query_params.getlist("after")
        after = (refs[0], refs[1]) if len(refs) == 2 else None
        pair = session.pair(query, after, self.desk.visitor(request).reviewer)
        shown: dict[str, Any] = {}
        if pair is not None:
            last = [*query.params().items(), ("after", pair.a.ref), ("after", pair.b.ref)]
            shown = {
                "question": turns(pair.question),
                "a": turns(pair.a.answer),
                "b": turns(pair.b.answer),
                "next_link": urlencode(last),
            }
        return self.desk.show(request, "pair.html", **shown, pair=pair, name=session.name)

    def tree(self, request: Request) -> Response:
        """The domain tree, to be changed."""
        session = self.desk.session(request)
        paths = session.tree.paths if session.tree else ()
        domains = [
            {
                "path": path,
                "label": path.rpartition(SEPARATOR)[2],
                "depth": min(path.count(SEPARATOR), _DEEPEST),
                "link": urlencode({"domain": path}),
            }
            for path in paths
        ]
        known = session.tree is not None
        return self.desk.show(request, "tree.html", domains=domains, known=known, name=session.name)

    def progress(self, request: Request) -> Response:
        """How far a review is."""
        session = self.desk.session(request)
        progress = session.progress()
        names = ("confirmed", "rejected", "changed", "unreviewed", "edited")
        counts = [(f"count_{name}", getattr(progress, name)) for name in names]
        return self.desk.show(
            request, "progress.html", progress=progress, counts=counts, name=session.name
        )


def _choices(session: Session, words: Mapping[str, str], ready: bool = True) -> dict[str, Any]:
    """Give the closed lists, and the tags and reasons that were given before."""
    given = islice(reversed(session.marks.reasons.values()), _LATEST)
    reasons = dict.fromkeys((*given, *words["default_reasons"].split("|")))
    return {
        "labels": session.labels[:_MOST_NAMES] if ready else (),
        "domains": session.domains[:_MOST_NAMES] if ready else (),
        "tags": list(session.marks.tags)[:_MOST_NAMES],
        "reasons": list(reasons)[:_MOST_NAMES],
    }
