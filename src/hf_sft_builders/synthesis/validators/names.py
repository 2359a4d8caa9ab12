"""The names of an answer stand in its source: quoted ones, capitalised ones, codes such as E02."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.synthesis.validators.base import Candidate, Fault
from hf_sft_builders.synthesis.validators.codes import codes_in, without_codes
from hf_sft_builders.synthesis.validators.dates import MONTHS
from hf_sft_builders.synthesis.validators.quotes import even, stands_in
from hf_sft_builders.synthesis.validators.units import unit_of

_TITLE = re.compile(r"《([^《》\n]{1,40})》|「([^「」\n]{1,20})」|『([^『』\n]{1,20})』")
_QUOTED = re.compile(r"[“\"]([^“”\"\n，。！？；：,.!?;:]{2,12})[”\"]")
_LATIN_NAME = re.compile(
    r"(?<![A-Za-z])[A-Z][A-Za-z]*[a-z][A-Za-z]*|(?<![A-Za-z])[A-Z]{2,}(?![a-z])"
)
_LATIN_IN_HAN = re.compile(r"(?<![A-Za-z])[A-Za-z]{3,}(?![A-Za-z])")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;。！？：；\n\"“(（*#>|•-])\s*$")
_HEADING = re.compile(r"^\s*(?:#.*|\*\*.*\*\*:?|.*:)\s*$", re.MULTILINE)
_HAN = re.compile(r"[\u3400-\u9fff]")
_COMMON = frozenset(
    [
        "i",
        "i'm",
        "i'd",
        "i'll",
        "i've",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        *MONTHS,
        "chinese",
        "english",
        "ok",
        "yes",
        "no",
        "ai",
        "app",
        "vs",
        "etc",
        "http",
        "https",
        "www",
        "json",
        "yaml",
        "html",
        "am",
        "pm",
    ]
)


def names_in_source(candidate: Candidate) -> Fault | None:
    """Each name of the answer stands in the source; capitals are no names at a sentence's start.

    Where answer and source are in different languages only codes are compared: names change.
    """
    if stands_in(candidate.text, candidate.source):
        return None
    source = even(candidate.source)
    for name in _names(candidate):
        if not _is_known(name, source, candidate.source):
            return Fault(
                "name not in the source",
                f"{name!r} does not stand in the source: name only what it names.",
            )
    return None


def _names(candidate: Candidate) -> Iterator[str]:
    text = candidate.text
    yield from codes_in(text)
    language, of_source = detect_language(text), detect_language(candidate.source)
    if language and of_source and language != of_source:
        return
    for found in _TITLE.finditer(text):
        yield next(name for name in found.groups() if name)
    han = set(_pairs(candidate.source))
    for found in _QUOTED.finditer(text):
        pairs = _pairs(found[1])
        if pairs and not any(pair in han for pair in pairs):
            yield found[1]
    if "de" not in (language, of_source):  # where every noun has a capital
        yield from _latin_names(without_codes(text))


def _latin_names(text: str) -> Iterator[str]:
    if _HAN.search(text):
        words = (found[0] for found in _LATIN_IN_HAN.finditer(text))
        yield from (word for word in words if word.lower() not in _COMMON and not unit_of(word))
        return
    body = _HEADING.sub("", text)
    for found in _LATIN_NAME.finditer(body):
        if found[0].lower() in _COMMON or _SENTENCE_START.search(body[: found.start()]):
            continue
        yield found[0]


def _is_known(name: str, even_source: str, source: str) -> bool:
    bare = even(name).removesuffix("'s")
    if bare in even_source or bare.removesuffix("s") in even_source:
        return True
    return name.isupper() and bare in _initials(source)


def _initials(text: str) -> str:
    """Give the first letters of all words, so that an abbreviation of them is found."""
    return "".join(word[0] for word in re.findall(r"[A-Za-z]+", text)).casefold()


def _pairs(text: str) -> list[str]:
    return [text[at : at + 2] for at in range(len(text) - 1) if _HAN.match(text[at])]
