"""Numbers in words and their value, in Chinese and English: the one place that reads them.

>>> han_value("三百二十"), han_value("一万二"), english_value("two hundred and five")
(Decimal('320'), Decimal('12000'), Decimal('205'))
"""

from __future__ import annotations

import re
from decimal import Decimal

_WRITTEN = ("零〇", "一壹", "二两贰俩", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
_DIGITS = {sign: number for number, same in enumerate(_WRITTEN) for sign in same}
_PLACES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}

HAN_DIGITS = "".join(_DIGITS)
"""Chinese digits, those of banks too, for character classes."""
HAN_SIGNS = "".join([*_DIGITS, *_PLACES, *_MYRIADS])
"""All signs of Chinese numbers."""

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
)
_ONES += " sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: number for number, word in enumerate(_ONES.split())}
_WORDS |= {word: 10 * number for number, word in enumerate(_TENS.split(), 2)}
_SCALES = {"thousand": 1000, "million": 10**6, "billion": 10**9}

SCALES = {**_PLACES, **_MYRIADS, "dozen": 12, "hundred": 100, **_SCALES}
"""What multiplies figures (3.5万, 2 million), and by how much."""

_ANY_WORD = "|".join(["half", "dozen", "hundred", *_WORDS, *_SCALES])
MAY_SAY_NUMBERS = rf"(?i)[0-9０-９{HAN_DIGITS}十拾]|\b(?:{_ANY_WORD})"
"""A pattern that texts without numbers do not match, for looking through many."""


def _english() -> str:
    """Build the pattern: what cannot be one number (one hundred and two hundred) is not read as one."""
    one = "|".join(_ONES.split()[1:10])
    small = rf"(?:(?:{_TENS.replace(' ', '|')})(?:[\s-]+(?:{one}))?|{'|'.join(_ONES.split())})\b"
    tail = rf"(?:\s+(?:and\s+)?{small}(?!\s+hundred\b))?"
    dozens = rf"(?:half\s+a\s+(?:dozen|hundred|{'|'.join(_SCALES)})\b|(?:a|{small})\s+dozen\b)"
    group = rf"(?:(?:a|{small})\s+hundred\b{tail}|{small}|a(?=\s+(?:{'|'.join(_SCALES)})\b))"
    whole, larger = group, rf"(?:{'|'.join(_SCALES)})"
    for scale in _SCALES:
        behind = rf"(?:\s+(?:and\s+)?{whole}(?!\s+{larger}\b))?"
        whole = rf"(?:{group}\s+{scale}\b{behind}|{whole})"
        larger = larger.replace(f"{scale}|", "")
    # Most words are turned away by their first letters, which makes it three times as fast.
    begins = r"(?=ze|on|tw|th|fo|fi|s[ie]|ei|ni|te|el|half\s|a\s)"
    return rf"{begins}(?:{dozens}|{whole}(?:\s+point(?:\s+(?:zero|{one})\b)+)?)"


ENGLISH = _english()
"""A pattern for numbers in English words; no capitals."""


def han_value(numeral: str) -> Decimal | None:
    """Read a Chinese number: 三百二十, 一万二 (12000), 三百五, 二〇二四, 三点五.

    Returns:
        None for what is none: 三四十, 五五, 百, 万一.
    """
    whole, _, decimals = numeral.partition("点")
    value = _spelled(whole) if all(sign in _DIGITS for sign in whole) else _placed(whole)
    if value is None or not decimals:
        return None if value is None else Decimal(value)
    return Decimal(f"{value}.{''.join(str(_DIGITS[sign]) for sign in decimals)}")


def _spelled(digits: str) -> int | None:
    """Read digit by digit (二〇二四, 一三九); doubled ones are mostly no number (三三两两)."""
    has_zero = any(_DIGITS[sign] == 0 for sign in digits)
    if len(digits) == 1 or has_zero or len(set(digits)) > 2:
        return int("".join(str(_DIGITS[sign]) for sign in digits))
    return None


def _placed(signs: str) -> int | None:
    """Read signs with places; of 一千二 the last digit stands one place below 千."""
    total, section, digit, last = 0, 0, None, 1
    for sign in signs:
        if sign in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[sign]
            last = last if digit else 1
        elif sign in _PLACES:
            place = _PLACES[sign]
            if digit is None and place > 10:
                return None
            section += (1 if digit is None else digit) * place
            digit, last = None, place
        else:
            scale, above = _MYRIADS[sign], 0 if sign in "亿億" else total
            part = total - above + section + (digit or 0)  # 三万亿: 亿 counts what is in front, too
            if not part:
                return None
            total, section, digit, last = above + part * scale, 0, None, scale
    return total + section + (digit or 0) * (last // 10 if last > 10 else 1)


def english_value(words: str) -> Decimal:
    """Read what `ENGLISH` matched."""
    whole, _, decimals = re.sub(r"[\s-]+", " ", words.lower()).partition(" point ")
    if whole.startswith("half a "):
        return Decimal(SCALES[whole.removeprefix("half a ")]) / 2
    total = section = 0
    for word in whole.split():
        if word in _SCALES:
            total, section = total + max(section, 1) * _SCALES[word], 0
        elif word in ("hundred", "dozen"):
            section = max(section, 1) * SCALES[word]
        else:
            section += _WORDS.get(word, 0)
    digits = "".join(str(_WORDS[word]) for word in decimals.split())
    return Decimal(f"{total + section}.{digits}" if digits else total + section)
