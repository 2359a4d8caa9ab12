"""Numbers of spreadsheets as they are shown: dates, percentages, decimals, currencies.

Example:
    >>> shown_number("45658", 'yyyy"年"m"月"d"日"'), shown_number("0.1255", "0.0%")
    ('2025年1月1日', '12.6%')

What a format says that cannot be shown in a line of text (colours, fill, padding) is left out; a format
that is not understood gives the plain number, never a guess.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

BUILT_IN = {
    "1": "0", "2": "0.00", "3": "#,##0", "4": "#,##0.00", "9": "0%", "10": "0.00%", "11": "0.00E+00",
    "14": "yyyy-mm-dd", "15": "d-mmm-yy", "16": "d-mmm", "17": "mmm-yy", "18": "h:mm AM/PM",
    "19": "h:mm:ss AM/PM", "20": "h:mm", "21": "h:mm:ss", "22": "yyyy-mm-dd h:mm",
    "27": 'yyyy"年"m"月"', "28": 'm"月"d"日"', "29": 'm"月"d"日"', "30": "m-d-yy",
    "31": 'yyyy"年"m"月"d"日"', "32": 'h"时"mm"分"', "33": 'h"时"mm"分"ss"秒"', "36": 'yyyy"年"m"月"',
    "37": "#,##0", "38": "#,##0", "39": "#,##0.00", "40": "#,##0.00", "45": "mm:ss", "46": "[h]:mm:ss",
    "47": "mm:ss.0", "49": "@", "57": 'yyyy"年"m"月"', "58": 'm"月"d"日"',
}  # fmt: skip
"""Formats that files name by number; locale dates are written year first."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[(?P<bracket>[^\]]*)\]|[_*].'
    r"|(?P<half>AM/PM|A/P|上午/下午)|(?P<date>[yY]+|[mM]+|[dD]+|[hH]+|[sS]+|[eE]+(?![+\-]))|(?P<number>[0#?.,%]+(?:E[+-]0+)?)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_LARGEST = 2_958_466
"""Days up to the year 9999."""

_Token = tuple[str, str]


def shown_number(text: str, form: str, from_1904: bool = False) -> str:
    """Show a cell's number.

    Args:
        text: The number as the file has it.
        form: The cell's number format.
        from_1904: Whether days are counted from 1904, as old Macs did.
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite() or abs(value.adjusted()) > 300:
        return text
    tokens = _tokens(_section(form, value))
    kinds = {kind for kind, _ in tokens}
    if "date" in kinds and 0 <= value < _LARGEST:
        return _date(value, tokens, from_1904)
    if "number" in kinds:
        return _number(value, tokens, signed=";" not in form)
    return (
        _general(value) if "other" in kinds or not tokens else _literal(tokens) or _general(value)
    )


def _section(form: str, value: Decimal) -> str:
    """Of `positive;negative;zero;text` give the one that applies; what has conditions is not split."""
    sections = form.split(";")
    if "[<" in form or "[>" in form or "[=" in form:
        return "General"
    if value < 0 and len(sections) > 1:
        return sections[1]
    return sections[2] if value == 0 and len(sections) > 2 else sections[0]


def _tokens(form: str) -> list[_Token]:
    if form.strip().lower() in ("general", "g/通用格式", "@", ""):
        return []
    found: list[_Token] = []
    for match in _TOKEN.finditer(form):
        kind, part = match.lastgroup or "", match[0]
        if kind == "bracket":
            part = match["bracket"]
            if part.lower().strip("hms") == "":
                found.append(("elapsed", part.lower()))
            elif part.startswith("$"):
                found.append(("text", part[1:].partition("-")[0]))
        elif kind in ("quoted", "escaped"):
            found.append(("text", match[kind]))
        elif kind == "other" and (part in " $¥￥€£-+/():.,^&'~{}<>=" or part >= "\u2e80"):
            found.append(("text", part))
        elif kind:
            found.append((kind, part))
    return [("date", p) if k == "elapsed" else (k, p) for k, p in found]


def _literal(tokens: list[_Token]) -> str:
    return "".join(part for kind, part in tokens if kind == "text").strip()


def _general(value: Decimal) -> str:
    """Write as many digits as a cell shows, without the noise of binary fractions."""
    if value == value.to_integral_value() and abs(value) < 10**15:
        return str(int(value))
    return f"{float(value):.11g}" if 1e-4 <= abs(value) < 1e11 else f"{float(value):.6G}"


def _number(value: Decimal, tokens: list[_Token], signed: bool) -> str:
    pattern = "".join(part for kind, part in tokens if kind == "number")
    if any(kind in ("other", "half") for kind, _ in tokens) or (
        "?" in pattern and "/" in str(tokens)
    ):
        return _general(value)
    shown = _digits(value, pattern)
    minus = "-" if value < 0 and signed and any(c in "123456789" for c in shown) else ""
    parts, written = [minus], False
    for kind, part in tokens:
        if kind == "text":
            parts.append(part)
        elif kind == "number" and not written:
            parts.append(shown)
            written = True
    return "".join(parts).strip()


def _digits(value: Decimal, pattern: str) -> str:
    percent = "%" * pattern.count("%")
    bare, _, scientific = pattern.replace("%", "").partition("E")
    number = abs(value) * 100 ** len(percent)
    whole, _, fraction = bare.partition(".")
    thousands = len(bare) - len(bare.rstrip(","))
    number /= 1000**thousands
    if scientific:
        mantissa, _, exponent = f"{number:.{len(fraction)}E}".partition("E")
        width = len(scientific.lstrip("+-"))
        return f"{mantissa}E{exponent[0]}{exponent[1:].zfill(width)}" + percent
    places = min(len(fraction.rstrip(",")), 30)
    if number.adjusted() > 25:
        return _general(number)
    rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{rounded:,f}" if "," in whole.rstrip(",") else f"{rounded:f}"
    optional = len(fraction) - len(fraction.rstrip("#?"))
    while optional and text.endswith("0") and "." in text:
        text, optional = text[:-1], optional - 1
    head, dot, tail = text.rstrip(".").partition(".")
    return head.zfill(whole.count("0")) + dot + tail + percent


def _date(value: Decimal, tokens: list[_Token], from_1904: bool) -> str:
    # Excel's 1900 is a leap year, which puts all days before March 1900 one off.
    start = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30)
    if not from_1904 and value < 61:
        start = datetime(1899, 12, 31)
    moment = start + timedelta(milliseconds=round(value * 86_400_000))
    if not any(part[0] in "sS" for kind, part in tokens if kind == "date"):
        moment += timedelta(seconds=30 if moment.second >= 59 else 0)
    half = any(kind == "half" for kind, _ in tokens)
    parts = []
    for index, (kind, part) in enumerate(tokens):
        if kind == "date":
            parts.append(_moment(moment, part.lower(), half, _is_minute(tokens, index), value))
        elif kind == "half":
            parts.append("AM" if moment.hour < 12 else "PM")
        elif kind == "text":
            parts.append(part)
        elif kind == "number" and set(part) <= {".", "0"}:
            parts.append(f"{moment.microsecond / 1e6:.{part.count('0')}f}"[1:])
        else:
            parts.append(part)
    return "".join(parts).strip()


def _is_minute(tokens: list[_Token], index: int) -> bool:
    """Whether an `m` follows hours or comes before seconds."""
    dates = [(i, part.lower()[0]) for i, (kind, part) in enumerate(tokens) if kind == "date"]
    place = [i for i, _ in dates].index(index)
    before = dates[place - 1][1] if place else ""
    after = dates[place + 1][1] if place + 1 < len(dates) else ""
    return before == "h" or after == "s"


def _moment(moment: datetime, code: str, half: bool, minute: bool, value: Decimal) -> str:
    letter, length = code[0], len(code)
    if letter in "ye":
        return f"{moment.year:04d}" if length > 2 or letter == "e" else f"{moment.year % 100:02d}"
    if letter == "m" and not minute:
        return _named(moment.month, length, _MONTHS.split()[moment.month - 1])
    if letter == "d":
        return _named(moment.day, length, _DAYS.split()[moment.weekday()])
    if letter == "h":
        hours = (moment.hour - 1) % 12 + 1 if half else moment.hour
        return f"{hours:0{min(length, 2)}d}"
    return f"{moment.minute if letter == 'm' else moment.second:0{min(length, 2)}d}"


def _named(number: int, length: int, word: str) -> str:
    if length > 2:
        return word[:3] if length == 3 else word
    return f"{number:0{length}d}"
