"""What all addresses of the page share: what can be opened, who asks, and how a page is written."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.reviewing.guarding import Keys
from hf_sft_builders.reviewing.key_table import GROUPS
from hf_sft_builders.reviewing.library import Library
from hf_sft_builders.reviewing.query import Query
from hf_sft_builders.reviewing.rendering import file_name, percent
from hf_sft_builders.reviewing.session import Session
from hf_sft_builders.reviewing.views import RowView
from hf_sft_builders.reviewing.visitors import Visitor, visitor_of
from hf_sft_builders.reviewing.wording import Starter

HERE = Path(__file__).parent
_TAGS = {"zh": "zh-CN"}


@functools.cache
def _templates() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@functools.cache
def version() -> str:
    """Name the state of script and style sheet, so that no browser keeps old ones."""
    digest = hashlib.sha256()
    for path in sorted((HERE / "static").iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@dataclass(frozen=True)
class Desk:
    """Where every request comes to.

    Args:
        library: What can be opened.
        keys: What opens the page.
        starter: Who started it.
    """

    library: Library
    keys: Keys
    starter: Starter

    def visitor(self, request: Request) -> Visitor:
        """Give who asks."""
        return visitor_of(request, self.starter)

    def session(self, request: Request) -> Session:
        """Give the dataset that the address names."""
        return self.library.session(request.path_params["key"])

    def row(self, request: Request) -> RowView:
        """Give the row that the address names."""
        reviewer = self.visitor(request).reviewer
        return self.session(request).row(request.query_params.get("id", ""), reviewer)

    def show(self, request: Request, template: str, status: int = 200, **shown: Any) -> Response:
        """Write a page."""
        visitor = self.visitor(request)
        known = {
            "w": visitor.words,
            "language": visitor.language,
            "lang": _TAGS.get(visitor.language, visitor.language),
            "theme": visitor.theme,
            "next_theme": visitor.next_theme,
            "reviewer": visitor.reviewer,
            "key_groups": GROUPS,
            "version": version(),
            "base": base_of(request),
            "query_string": urlencode(query_of(request).params()) if status == 200 else "",
            "signed_in": True,
            "percent": percent,
            "file_name": file_name,
        }
        page = _templates().get_template(template).render({**known, **shown})
        return Response(page, status, media_type="text/html")

    def failed(self, request: Request, error: Exception) -> Response:
        """Say what is wrong, for what this package refuses on purpose."""
        return self.show(request, "missing.html", 404, problem=str(error))


def base_of(request: Request) -> str:
    """Give the address of the dataset, "" outside of one."""
    key = request.path_params.get("key")
    return f"/d/{key}" if key else ""


def query_of(request: Request) -> Query:
    """Read which rows the address asks for."""
    return Query.from_params(request.query_params)


def number_in(request: Request, name: str, default: int) -> int:
    """Read a whole number out of the address.

    Raises:
        ConfigurationError: for anything else.
    """
    given = request.query_params.get(name, str(default))
    if not given.removeprefix("-").isdecimal() or len(given) > 12:
        raise ConfigurationError(f"{name}={given!r}; expected a whole number.")
    return int(given)
