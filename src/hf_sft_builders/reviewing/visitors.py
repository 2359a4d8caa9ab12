"""Who looks at the page, and how they wish it: name, language, theme, kept in cookies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from hf_sft_builders.reviewing.wording import LANGUAGES, Starter, preferred, words

THEMES = ("auto", "light", "dark")
_NEXT = {"auto": "dark", "dark": "light", "light": "auto"}
_YEAR = 365 * 24 * 3600
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Visitor:
    """One person in front of one browser."""

    reviewer: str
    language: str
    theme: str

    @property
    def words(self) -> Mapping[str, str]:
        """The page's words in their language."""
        return words(self.language)

    @property
    def next_theme(self) -> str:
        """What the theme's button leads to."""
        return _NEXT[self.theme]


def visitor_of(request: Request, starter: Starter) -> Visitor:
    """Read who is there, and take from who started the page what is not said."""
    cookies = request.cookies
    language = cookies.get("hf_sft_lang", "")
    if language not in LANGUAGES:
        language = starter.language or preferred(request.headers.get("accept-language", ""))
    theme = cookies.get("hf_sft_theme", "")
    return Visitor(
        clean_name(unquote(cookies.get("hf_sft_reviewer", ""))) or starter.reviewer,
        language,
        theme if theme in THEMES else "auto",
    )


def keep(response: Response, given: Mapping[str, str]) -> None:
    """Keep what a person set; names and values that are not known are left alone."""
    if given.get("lang") in LANGUAGES:
        _set(response, "hf_sft_lang", given["lang"])
    if given.get("theme") in THEMES:
        _set(response, "hf_sft_theme", given["theme"])
    if name := clean_name(given.get("reviewer", "")):
        _set(response, "hf_sft_reviewer", quote(name))


def clean_name(name: str) -> str:
    """Give a name without controls and line breaks, 60 characters at most."""
    return "".join(c for c in " ".join(name.split()) if c.isprintable())[:_LONGEST_NAME].strip()


def _set(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=_YEAR, httponly=True, samesite="strict")
