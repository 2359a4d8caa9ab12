"""`pages="auto"`: which pages have no text layer to be trusted, and why.

A page is read as a picture where
* something is drawn on it, and it has no text;
* a picture covers six tenths of it, and it has fewer than 60 characters (a scan with a stamp);
* one character in twenty means nothing outside its font (U+FFFD, private use, unassigned);
* its letters are no language's: of 100 Latin ones or more, fewer than a fifth are vowels, or most
  are accented (a font without ToUnicode, GBK read as Latin-1); of 100 Chinese ones, fewer than one
  in twelve is among the commonest hundred or so.

A page that is taken without need costs one request; one that is missed is text that nobody can read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from hf_sft_builders.documents.pdf_lines import Page, PdfContent

_FEW = 60
_SOME = 100
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_ACCENTED = re.compile(r"[\u0080-\u00ff]")
_VOWELS = re.compile(r"[aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýÿœ]", re.IGNORECASE)
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后"
    "多定行学法所得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去性好应开合还因由"
    "其前外日平全表间与关各重新内数個這來時會對說學動國發經過種後與為員數實無從應開關產機電點業體請須及或者号第"
)


def pages_to_read(
    content: PdfContent, mostly_pictures: Callable[[list[int]], Iterable[int]]
) -> dict[int, str]:
    """Name the pages that are to be read as pictures, each with the reason.

    Args:
        content: The file, as an engine reads it.
        mostly_pictures: Tells, of page numbers, on which a picture covers most; asked only about
            pages with few words.
    """
    found = {page.number: reason for page in content.pages if (reason := _reason(page))}
    few = [p.number for p in content.pages if p.number not in found and 0 < len(_text(p)) < _FEW]
    if few:
        found |= dict.fromkeys(mostly_pictures(few), "a picture with few words")
    return dict(sorted(found.items()))


def _reason(page: Page) -> str:
    text = _text(page)
    if not text:
        return "no text layer" if page.drawn else ""
    return "garbled text layer" if is_garbled(text) else ""


def is_garbled(text: str) -> bool:
    """Tell whether words are no language's, as a font without a true ToUnicode table gives them."""
    visible = "".join(text.split())
    meaningless = sum(unicodedata.category(one) in ("Co", "Cn", "Cc", "Cs") for one in visible)
    if 20 * (meaningless + visible.count("\ufffd")) >= max(1, len(visible)):
        return True
    latin, han = len(_LATIN.findall(visible)), _HAN.findall(visible)
    if len(han) >= _SOME:
        return 12 * sum(one in _COMMON for one in han) < len(han)
    accented = len(_ACCENTED.findall(visible))
    if latin < _SOME:
        return accented >= _SOME // 2 and accented > 0.5 * len(visible)
    return 5 * len(_VOWELS.findall(visible)) < latin or accented > 0.5 * latin


def _text(page: Page) -> str:
    return "".join("".join(line.text.split()) for line in page.lines)
