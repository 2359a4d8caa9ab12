"""Which rows of a review are looked at, and in which order: a value with a plain URL form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from hf_sft_builders.errors import ConfigurationError, UnknownName

STATUSES = ("unreviewed", "confirmed", "rejected", "changed", "edited", "noted", "disputed")
"""What `Query.status` may be. The first four part all rows; `edited`, `noted` and `disputed` (people
decided differently) are said of some of them."""

SORTS = ("", "length", "score", "model_score", "updated", "label", "domain", "source")
"""What `Query.sort` may be; "" is the order of the dataset."""


@dataclass(frozen=True)
class Query:
    """A filter and an order; what is empty or None filters nothing.

    Example:
        >>> Query.from_params({"status": "unreviewed", "text": "门票", "min_length": "200"}).params()
        {'status': 'unreviewed', 'min_length': '200', 'text': '门票'}
    """

    split: str = ""
    status: str = ""
    """One of `STATUSES`; with `reviewer`, as this person sees it."""
    reviewer: str = ""
    """Who decides on `status`; without a status, rows that this person did something with."""
    tag: str = ""
    label: str = ""
    domain: str = ""
    source: str = ""
    reason: str = ""
    """Of a gate that dropped the row, or of a person who rejected it."""
    model: str = ""
    min_score: float | None = None
    """Of people, 0 to 5."""
    max_score: float | None = None
    min_model_score: float | None = None
    """In the rows' own column of scores."""
    max_model_score: float | None = None
    min_length: int | None = None
    """Characters of all that the row says."""
    max_length: int | None = None
    group: str = ""
    """Id of a row: those that repeat it; `any`: rows that repeat, or are repeated by, another."""
    text: str = ""
    """Words that all must stand in the row, in any language; "a phrase" in quotes."""
    sort: str = ""
    descending: bool = False

    def __post_init__(self) -> None:
        if self.status and self.status not in STATUSES:
            raise UnknownName("status", self.status, STATUSES)
        if self.sort not in SORTS:
            raise UnknownName("order", self.sort, filter(None, SORTS))

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Query:
        """Read a query out of the parameters of a URL; names that it does not know are left alone.

        Raises:
            ConfigurationError: for a value of the wrong kind.
        """
        read: dict[str, Any] = {}
        for field in fields(cls):
            given = str(params.get(field.name) or "").strip()
            if given:
                read[field.name] = _value(field.name, str(field.type), given)
        return cls(**read)

    def params(self) -> dict[str, str]:
        """Give the parameters of a URL; `from_params` reads them back."""
        found: dict[str, str] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and value is not False and value != "":
                found[field.name] = (
                    "1"
                    if value is True
                    else repr(value).removesuffix(".0")
                    if isinstance(value, float)
                    else str(value)
                )
        return found

    @property
    def filters(self) -> bool:
        """Whether any row may be left out."""
        return bool(set(self.params()) - {"sort", "descending"})


def _value(name: str, kind: str, given: str) -> Any:
    if kind == "str":
        return given
    if kind == "bool":
        return given.lower() in ("1", "true", "on", "yes")
    try:
        return int(given) if kind.startswith("int") else float(given)
    except ValueError as error:
        raise ConfigurationError(f"{name}={given!r}; expected a number, such as 3.") from error
