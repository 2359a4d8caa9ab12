"""Which language a text is in: by script, and among Latin languages by small words.

Chinese, Japanese and Korean share characters; kana and hangul tell them apart. Meant to sort
documents, not to be exact about a sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache, lru_cache

SCRIPTS = {
    "han": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]"),
    "kana": re.compile(r"[\u3040-\u30ff]"),
    "hangul": re.compile(r"[\uac00-\ud7a3]"),
    "latin": re.compile(r"[A-Za-z\u00c0-\u024f]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
    "hi": re.compile(r"[\u0900-\u097f]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
}
"""Script, or the language that alone is written in it → its characters."""
_WORD = re.compile(r"[^\W\d_]+")
_SMALL_WORDS: dict[str, str] = {
    "en": "the of and to in is that for with are this it be as on was by from which "
    "a an what how when where who why you your can does not or if at have has will they there",
    "de": "der die das und ist nicht mit von den zu ein eine im für auf dem des sich auch "
    "was wie wo wer wann warum kann sie ich wir oder wird bei nach sind werden einen einer",
    "fr": "le la les et des est une dans pour que qui sur avec du au pas plus ce cette "
    "de un quel quelle comment où quand pourquoi vous je il elle nous ou sont par aux",
    "es": "el la los las de y que es en una por con para del se al como más pero "
    "un qué cómo cuál dónde cuándo quién este esta son no su lo",
    "pt": "o os as de e que é em uma por com para do da não mais como dos das "
    "um a qual onde quando quem você são este esta ao na no se",
    "it": "il lo gli di e che è una per con del della non sono come anche nel alla "
    "la un quale dove quando chi perché questo questa dei delle si da ha",
    "nl": "de het een en van is dat niet op met voor zijn aan ook bij naar door "
    "wat hoe waar wie wanneer waarom je kan in te worden deze dit",
}
LATIN = frozenset(_SMALL_WORDS)
"""Languages that small words tell apart."""
_FEWEST_HITS = 2
"""One small word tells nothing: `die` is German, and English."""


SAMPLE = 20_000
"""Characters of a text that are looked at."""
_LANGUAGES: dict[str, list[str]] = {}
for _code, _small in _SMALL_WORDS.items():
    for _word in _small.split():
        _LANGUAGES.setdefault(_word, []).append(_code)


@lru_cache(maxsize=512)
def detect_language(text: str) -> str:
    """Give the ISO 639-1 code of the main language, or "" where it cannot be told."""
    sample = text[:SAMPLE]
    counts = dict.fromkeys(SCRIPTS, 0)
    for character, times in Counter(sample).items():
        if script := _script_of(character):
            counts[script] += times
    # One Chinese character says about as much as three Latin letters.
    counts = {script: n if script in _ALPHABETS else 3 * n for script, n in counts.items()}
    east_asian = counts.pop("han"), counts.pop("kana"), counts.pop("hangul")
    main = max(counts, key=counts.__getitem__)
    if sum(east_asian) > counts[main]:
        return _east_asian(*east_asian)
    if main == "latin":
        return latin_language(sample)
    return main if counts[main] >= 4 else ""


@cache
def _script_of(character: str) -> str:
    return next((script for script, pattern in SCRIPTS.items() if pattern.match(character)), "")


_ALPHABETS = frozenset(SCRIPTS) - {"han", "kana", "hangul"}


def _east_asian(han: int, kana: int, hangul: int) -> str:
    if hangul > max(han, kana):
        return "ko"
    return "ja" if kana > 0.1 * (han + kana) else "zh"


def latin_language(sample: str) -> str:
    """Give the language of a text in Latin letters by its small words, "" where they leave it open."""
    words = Counter(_WORD.findall(sample.lower()))
    hits = dict.fromkeys(_SMALL_WORDS, 0)
    for word in words.keys() & _LANGUAGES.keys():
        for code in _LANGUAGES[word]:
            hits[code] += words[word]
    second, best = sorted(hits, key=hits.__getitem__)[-2:]
    enough = hits[best] >= max(_FEWEST_HITS, 0.06 * words.total())
    return best if enough and hits[best] > hits[second] else ""
