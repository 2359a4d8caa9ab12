"""Where personal data stand in a text: addresses, phones, numbers of people, cards and accounts. Pure.

>>> find_personal_data("mail zhang.san@corp.cn")
[Finding(kind='email', start=5, end=22)]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from hf_sft_builders.quality.check_digits import is_cn_id, is_credit_code, is_iban, is_luhn

_NOT_IN_WORD = r"(?<![0-9A-Za-z])"
_WORD_ENDS = r"(?![0-9A-Za-z])"
_NUMBER_STARTS = r"(?<![0-9A-Za-z.+\-])"
_NUMBER_ENDS = r"(?![0-9A-Za-z]|[.\-][0-9])"
_WIDE_DIGITS = str.maketrans("０１２３４５６７８９＠－＋　", "0123456789@-+ ")
_SEPARATORS = re.compile(r"[ .\-()]")
_NOBODYS = re.compile(
    r"@(?:[\w-]+\.)*(?:example\.(?:com|net|org|edu|cn)|example|test|invalid|localhost)$", re.I
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One place of a text, in code points."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Kind:
    pattern: re.Pattern[str]
    """What is found is its first group, or all."""
    suspect: str
    """A pattern of RE2, found in every text that has one; full-width digits count."""
    confirms: Callable[[str], bool] = lambda _: True
    """Takes what was found without separators, in capitals."""


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.ASCII)


def _is_bank_card(number: str) -> bool:
    return number.startswith(("62", "9558", "9400", "6858")) and is_luhn(number)


def _is_credit_card(number: str) -> bool:
    two, four, size = int(number[:2]), int(number[:4]), len(number)
    known = (
        (number[0] == "4" and size in (13, 16, 19))
        or (size == 16 and (51 <= two <= 55 or 2221 <= four <= 2720 or 3528 <= four <= 3589))
        or (size == 15 and two in (34, 37))
        or (size == 14 and two in (30, 36, 38))
        or (size == 16 and (four == 6011 or two in (64, 65)))
    )
    return known and is_luhn(number) and len(set(number)) > 1


_CARD = (
    _NUMBER_STARTS
    + r"(\d{4}([ -]?)\d{4}\2\d{4}\2\d{1,7}|\d{13,19}|3\d{3}[ -]\d{6}[ -]\d{4,5}|\d{6} \d{13})"
    + _NUMBER_ENDS
)
_D = "[0-9０-９]"
_S = "[ 　－-]"
_START = "(?:^|[^0-9０-９A-Za-z])(?:00|００)?"
_CARD_SUSPECT = f"(?:{_D}{_S}?){{13}}"
_KINDS: dict[str, _Kind] = {
    "email": _Kind(
        _pattern(
            r"(?<![\w.+%-])([\w][\w.+%-]{0,63}@(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.)+[A-Za-z]{2,18})"
            r"(?![\w-])"
        ),
        "[@＠]",
        lambda found: not _NOBODYS.search(found),
    ),
    "cn_id": _Kind(
        _pattern(_NOT_IN_WORD + r"([1-8]\d{5}[ -]?(?:18|19|20)\d{6}[ -]?\d{3}[\dXx])" + _WORD_ENDS),
        f"{_START}{_D}{{6}}{_S}?(?:[1１][89８９]|[2２][0０]){_D}{{6}}{_S}?{_D}{{3}}[0-9０-９Xx]",
        is_cn_id,
    ),
    "credit_code": _Kind(
        _pattern(
            _NOT_IN_WORD
            + r"((?:[159][1239]|Y1|A[19]|N[1239])[1-8]\d{5}[0-9A-HJ-NPQRTUWXY]{10})"
            + _WORD_ENDS
        ),
        f"[0-9０-９ANY]{_D}{{7}}[0-9０-９A-Z]{{10}}",
        is_credit_code,
    ),
    "bank_card": _Kind(_pattern(_CARD), _CARD_SUSPECT, _is_bank_card),
    "credit_card": _Kind(_pattern(_CARD), _CARD_SUSPECT, _is_credit_card),
    "iban": _Kind(
        _pattern(
            _NOT_IN_WORD
            + r"([A-Z]{2}\d{2}(?:[A-Z0-9]{11,27}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?))"
            + _WORD_ENDS
        ),
        f"[A-Z]{{2}}{_D}{{2}}[ 　A-Z0-9０-９]{{11}}",
        is_iban,
    ),
    "passport": _Kind(
        re.compile(
            r"(?:护照|通行证|passport)[^\n0-9]{0,16}?"
            r"(?<![0-9A-Za-z])((?:E[A-HJ-NP-Z]\d{7}|[A-Z]\d{8}|[A-Z]{2}\d{7}|\d{9}))(?![0-9A-Za-z])",
            re.IGNORECASE,
        ),
        f"(?i)(?:护照|通行证|passport)[^\\n]{{0,17}}{_D}{{7}}",
    ),
    "us_ssn": _Kind(
        _pattern(r"(?<![\w.\-])((?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4})(?![\w\-])"),
        f"{_D}{{3}}[-－]{_D}{{2}}[-－]{_D}{{4}}",
    ),
    "cn_mobile": _Kind(
        _pattern(
            _NUMBER_STARTS.replace("+", "")
            + r"((?:(?:\+|00)?86[ -]?)?1(?:3\d|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9])"
            r"([ -]?)\d{4}\2\d{4})" + _NUMBER_ENDS
        ),
        f"{_START}(?:[8８][6６])?{_S}?[1１][3-9３-９]{_D}{_S}?{_D}{{4}}{_S}?{_D}{{4}}(?:$|[^0-9０-９])",
    ),
    "phone": _Kind(
        _pattern(
            r"(?<![\w.+\-])(\+[1-9]\d{0,2}[ -]?(?:\(\d{1,4}\)[ -]?)?\d{1,4}(?:[ -]?\d{2,5}){2,4}"
            r"|(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[.-])[2-9]\d{2}[.-]\d{4})(?![\w\-])"
        ),
        f"[+＋][0-9０-９]|{_D}{{3}}[).－-] ?{_D}{{3}}[.－-]{_D}{{4}}",
        # 555-0100 to 555-0199 are given to nobody
        lambda found: (
            not re.search(r"55501\d\d$", found) and 8 <= sum(map(str.isdigit, found)) <= 15
        ),
    ),
    "landline": _Kind(
        _pattern(r"(?<![\w.+\-])((?:0\d{2,3}[ -]|\(0\d{2,3}\) ?)\d{7,8}(?:-\d{1,5})?)(?![\w\-])"),
        f"{_D}{{3}}[ )－-] ?{_D}{{7}}",
    ),
}

KINDS = tuple(_KINDS)
"""What can be looked for, the first that fits is what a place is taken for."""
DEFAULT_KINDS = tuple(kind for kind in KINDS if kind != "landline")
"""All but landlines, which are mostly those of shops, hotels and offices."""
SUSPECTS = {name: kind.suspect for name, kind in _KINDS.items()}
"""Kind → a pattern of RE2 that every text with such data has."""


def find_personal_data(text: str, kinds: Collection[str] = DEFAULT_KINDS) -> list[Finding]:
    """Find personal data; places do not overlap.

    Args:
        text: Any text; full-width digits count as digits.
        kinds: Out of `KINDS`.

    Returns:
        Findings in the order of the text.
    """
    plain = text.translate(_WIDE_DIGITS)
    taken: list[Finding] = []
    for kind in KINDS:
        if kind in kinds:
            taken += [
                found
                for found in _of_kind(kind, plain)
                if all(found.end <= one.start or found.start >= one.end for one in taken)
            ]
    return sorted(taken, key=lambda found: found.start)


def _of_kind(name: str, text: str) -> Iterator[Finding]:
    kind = _KINDS[name]
    for match in kind.pattern.finditer(text):
        found = match[1]
        if name != "email":
            found = _SEPARATORS.sub("", found).upper()
        if kind.confirms(found):
            yield Finding(name, *match.span(1))
