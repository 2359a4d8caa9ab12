"""Filters typed among the words: `COVID-19 chest CT filter:format="csv" license:cc-by`.

    format:csv,parquet        file suffixes, any of them
    license:cc-by-4.0         an id, or a family without its version: license:cc-by
    commercial:yes            the license is known to allow it
    adaptations:yes           sharing what is made from it is known to be allowed
    updated:2023-05           on or after
    source:zenodo,kaggle      which catalogues are asked
    field:medicine            subject, in English or Chinese

Chinese names work too (格式 许可 商用 改编 更新 来源 领域), and so does the full-width colon. `filter:` may
stand before each; with it, a name that is not known is an error, without it, plain words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.licenses import UNKNOWN, read_name
from hf_sft_builders.licenses.table import all_licenses, families
from hf_sft_builders.sources.catalogues.base import Query, day

_KEYS = {
    "format": "formats",
    "格式": "formats",
    "license": "licenses",
    "licence": "licenses",
    "许可": "licenses",
    "许可证": "licenses",
    "commercial": "commercial",
    "商用": "commercial",
    "adaptations": "share_adaptations",
    "改编": "share_adaptations",
    "updated": "updated_since",
    "更新": "updated_since",
    "source": "sources",
    "来源": "sources",
    "field": "fields",
    "领域": "fields",
}
_NAMES = {place: name for name, place in reversed(_KEYS.items()) if name.isascii()} | {
    "licenses": "license"
}
_YES, _NO = {"yes", "true", "1", "是"}, {"no", "false", "0", "否"}
_FILTER = re.compile(
    r'(?<!\S)(?P<marked>filter[:：])?(?P<key>\w+)(?P<mark>[:：=])(?P<value>"[^"]*"|[^\s"]+)(?!\S)'
)


def parse_query(typed: str) -> Query:
    """Take the filters out of what was typed.

    Raises:
        ConfigurationError: A filter that is not known, given twice, or whose value cannot be read.

    Example:
        >>> parse_query('chest CT filter:format="csv" license:cc-by').formats
        ('csv',)
    """
    given: dict[str, Any] = {}

    def take(match: re.Match[str]) -> str:
        if not match["marked"] and (match["mark"] == "=" or match["key"].casefold() not in _KEYS):
            return match[0]
        place = _place(match["key"])
        if place in given:
            raise ConfigurationError(f"Filter {match['key']!r} is given twice: {typed}")
        given[place] = read_filter(place, match["value"].strip('"'))
        return ""

    return Query(text=" ".join(_FILTER.sub(take, typed).split()), **given)


def with_filters(query: Query, **given: Any) -> Query:
    """Add filters that came as arguments; None is none.

    Raises:
        ConfigurationError: One was typed among the words as well, differently.
    """
    read = {place: read_filter(place, value) for place, value in given.items() if value is not None}
    for place, value in read.items():
        typed = getattr(query, place)
        if typed not in ((), None) and typed != value:
            raise ConfigurationError(
                f"{_NAMES[place]} is given twice: {typed!r} among the words, {value!r} as an option."
            )
    return replace(query, **read)


def read_filter(place: str, value: Any) -> Any:
    """Read the value of one filter, typed or given as an argument.

    Raises:
        ConfigurationError: It cannot be read; the message says what is expected.
    """
    if place in ("commercial", "share_adaptations"):
        return _yes_or_no(place, value)
    if place == "updated_since":
        return _date(value)
    parts = value.replace("，", ",").split(",") if isinstance(value, str) else list(value)
    words = [str(part).strip().lstrip(".").casefold() for part in parts]
    kept = tuple(dict.fromkeys(filter(None, words)))
    if not kept:
        raise ConfigurationError(f"{_NAMES[place]} is empty. Expected a word, or several: a,b.")
    return kept


def typed_form(query: Query) -> str:
    """Write a query in one line, as `parse_query` reads it."""
    filters = [
        f"{_NAMES[place]}:{_quoted(value)}"
        for place in _NAMES
        if (value := getattr(query, place)) not in ((), None)
    ]
    return " ".join([*filter(None, [query.text]), *filters])


def _quoted(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    text = ",".join(value)
    return f'"{text}"' if " " in text else text


def _place(key: str) -> str:
    if key.casefold() not in _KEYS:
        raise UnknownName("filter", key, _KEYS)
    return _KEYS[key.casefold()]


def _yes_or_no(place: str, value: Any) -> bool:
    said = str(value).casefold()
    if said not in _YES | _NO:
        raise ConfigurationError(f"{_NAMES[place]}: found {value!r}, expected yes or no.")
    return said in _YES


def _date(value: Any) -> date:
    found = day(value)
    if found is None or isinstance(value, int):
        # 2023 as a number is a year all the same.
        found = day(str(value))
    if found is None:
        raise ConfigurationError(
            f"updated: found {value!r}, expected a date such as 2023, 2023-05 or 2023-05-17."
        )
    return found


def check_sources(names: Iterable[str], known: Iterable[str]) -> None:
    """Refuse a catalogue that does not exist, with the nearest name."""
    for name in names:
        if name not in set(known):
            raise UnknownName("source", name, known)


def known_licenses(names: Iterable[str]) -> tuple[str, ...]:
    """Read the licenses of a filter as any platform writes them; a family stays one.

    Raises:
        UnknownName: It names no license and no family, so that nothing could ever hold it.

    Example:
        >>> known_licenses(["CC BY 4.0", "cc-by", "unknown"])
        ('cc-by-4.0', 'cc-by', 'unknown')
    """
    return tuple(dict.fromkeys(name for raw in names for name in _license_names(raw)))


def _license_names(raw: str) -> tuple[str, ...]:
    read = read_name(raw)
    if read.kind == "unknown" and raw != UNKNOWN.id:
        raise UnknownName("license", raw, [*all_licenses(), *families(), UNKNOWN.id])
    is_family = read.kind in ("candidates", "unknown")
    return (raw,) if is_family else read.ids
