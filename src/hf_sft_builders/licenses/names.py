"""What platforms write for a license, read without guessing. Pure.

A name counts only where every word of it is understood: a Creative Commons name needs its version,
a family name ("BSD", "GPL") is a list of candidates, and anything left over makes it unknown.

Example:
    >>> read_name("知识共享 署名-非商业性使用 4.0").ids
    ('cc-by-nc-4.0',)
    >>> read_name("CC-BY").kind, read_name("CC-BY").ids[:2]
    ('candidates', ('cc-by-4.0', 'cc-by-3.0'))
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from hf_sft_builders.licenses.addresses import read_address
from hf_sft_builders.licenses.creative_commons import read_creative_commons
from hf_sft_builders.licenses.table import OTHER, UNKNOWN_ID, all_licenses, families, find_license

Kind = Literal["license", "all", "any", "candidates", "unknown"]


@dataclass(frozen=True, slots=True)
class Name:
    """What a raw string says."""

    raw: str
    kind: Kind = "unknown"
    """`license`: one; `all`: several that hold together; `any`: a choice; `candidates`: not
    certain which of them; `unknown`: not understood."""
    ids: tuple[str, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether it says what holds."""
        return self.kind in ("license", "all", "any")

    @property
    def expression(self) -> str:
        """One string that reads back to the same: `mit`, `cc-by-4.0 AND mit`, or `unknown`."""
        if not self.certain:
            return UNKNOWN_ID
        return (" AND " if self.kind == "all" else " OR ").join(self.ids)


_LONGEST = 300
_PREFIX = re.compile(
    r"^(?:this (?:data ?set|work|document|project) is )?"
    r"(?:(?:released|licensed|distributed|available|published|made available) )?"
    r"(?:(?:under|as) )?(?:the terms of )?(?:(?:the|an?) )?"
)
_OR_LATER = re.compile(
    r",?\s*\(?(?:or|或)\s*(?:\(at your option\) )?(?:any )?(?:later|更高|更新)(?: versions?|版本)?\)?"
)


@functools.lru_cache(maxsize=4096)
def read_name(raw: str) -> Name:
    """Read one raw string, as a platform, a card or a person writes it."""
    text = _clean(raw)
    if not text or len(text) > _LONGEST or text in (OTHER, UNKNOWN_ID):
        return Name(raw)
    whole = _one(text)
    return Name(raw, *whole) if whole else Name(raw, *_composite(text))


def _clean(raw: str) -> str:
    text = unicodedata.normalize("NFKC", raw).replace("\u2013", "-").replace("\u2014", "-")
    text = re.sub(r"[\"'“”‘’`*®™©]|\(c\)", " ", text.lower())
    text = " ".join(text.split()).strip(" .;,")
    return re.sub(r"^licen[sc]e\s*[:=]\s*|^许可(?:证|协议)?\s*[::]\s*", "", text)


def _one(text: str) -> tuple[Kind, tuple[str, ...]] | None:
    """Read a string that names one license, or one family."""
    if address := read_address(text):
        return "license", (address,)
    bare = _PREFIX.sub("", text, count=1)
    for words in (text, bare):
        known = find_license(words.replace(" ", "-")) or find_license(words)
        if known:
            return "license", (known.id,)
    key = simplify(bare)
    if key in _names():
        return "license", (_names()[key],)
    if key in _family_names():
        return "candidates", _family_names()[key]
    return read_creative_commons(bare)


_SPLIT = re.compile(r"\s*(?:\b(and|or)\b|(和|与|及|以及|或者?)|([&;,/、|+]))\s*")


def _composite(text: str) -> tuple[Kind, tuple[str, ...]]:
    """Read several names joined by "and" or "or"; each must be certain."""
    if parts := _DATABASE_AND_CONTENTS.fullmatch(text):
        return _all_of(parts.groups())
    if twice := _said_twice(text):
        return "license", (twice,)
    inner = text[1:-1] if text.startswith("(") and text.endswith(")") else text
    pieces, words = _pieces(_OR_LATER.sub("-or-later", inner))
    if not words or {"or", "and"} <= words:
        return "unknown", ()
    kind, found = _all_of(pieces)
    if kind != "all":
        return kind, found
    if words == {"?"}:  # a bare comma or slash: together or by choice is not said
        return "candidates", found
    return ("any" if "or" in words else "all"), found


def _all_of(pieces: Sequence[str]) -> tuple[Kind, tuple[str, ...]]:
    read = [_one(piece) for piece in pieces]
    if not read or any(one is None or one[0] != "license" for one in read):
        return "unknown", ()
    found = tuple(sorted({one[1][0] for one in read if one}))
    return ("license" if len(found) == 1 else "all"), found


_DATABASE_AND_CONTENTS = re.compile(r"database: (.+?), contents: (.+)")
_TWICE = re.compile(
    r"(?P<name>.+?)\s*[-:,]?\s*(?:[(\[<](?P<again>[^()\[\]]+)[)\]>]|(?P<address>https?://\S+))"
)


def _said_twice(text: str) -> str:
    """Read "name (other name)" or "name address" where both say the same license."""
    found = _TWICE.fullmatch(text)
    if not found:
        return ""
    first, second = (_one(part) for part in (found["name"], found["again"] or found["address"]))
    if first is None or second is None:
        return ""
    if "license" not in (first[0], second[0]):
        return ""
    both = set(first[1]) & set(second[1])
    certain = first if first[0] == "license" else second
    return certain[1][0] if set(certain[1]) == both else ""


def _pieces(text: str) -> tuple[list[str], set[str]]:
    parts = _SPLIT.split(text)
    words = set()
    for word, chinese, mark in zip(parts[1::4], parts[2::4], parts[3::4], strict=True):
        if mark:
            words.add("and" if mark in "&+" else "?")
        else:
            words.add("or" if (word or chinese).startswith(("or", "或")) else "and")
    return [piece.strip(" ()") for piece in parts[0::4] if piece.strip(" ()")], words - (
        {"?"} if words - {"?"} else set()
    )


_FILLER = re.compile(
    r"\b(?:the|licen[sc]es?|licensed|version|agreement|v(?=\.? ?\d))\b|"
    r"许可证书?|许可协议|授权协议|协议书?|授权|许可|版本?"
)


def simplify(name: str) -> str:
    """Give a name in the form that the table's names are compared in.

    Example:
        >>> simplify("Apache License, Version 2.0")
        'apache 2.0'
    """
    text = re.sub(r"(?:\b|(?<=pl))v\.?\s*(?=\d)", " ", name.lower())
    text = _FILLER.sub(" ", re.sub(r"[-_,()/:]", " ", text))
    text = re.sub(r"[^0-9a-z.+\u4e00-\u9fff ]", " ", text)
    return " ".join(word.strip(".") or word for word in text.split())


@functools.cache
def _names() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for known in all_licenses().values():
        for name in (known.id, known.spdx, known.name, *known.aliases):
            if name:
                names.setdefault(simplify(name), known.id)
    return {name: license_id for name, license_id in names.items() if name not in families()}


@functools.cache
def _family_names() -> Mapping[str, tuple[str, ...]]:
    return {simplify(name): tuple(ids) for name, ids in families().items()}
