"""English noun phrases: case, article, number, and verbs from their `-ing` forms.

The text itself is asked first: if it says "the night market", so does the question.
"""

from __future__ import annotations

import re

from hf_sft_builders.synthesis.extractive.wording import en_tables as tables
from hf_sft_builders.synthesis.extractive.wording import en_verbs as verbs

_ARTICLE = re.compile(r"^(?:the|a|an)\s+", re.I)
_ACRONYM = re.compile(r"[A-Z]{2}|\w\d|^\d|[a-z][A-Z]|\w\.\w")
_PREPOSITION = re.compile(
    r"(?:for|of|in|on|at|with|to|from|about|by|during|under|as|after|before|per|or)$", re.I
)
_ALWAYS_THE = re.compile(
    r"(?:Museum|River|Hotel|Inn|Sea|Ocean|Islands|Mountains|Gallery|Library|"
    r"University of .*|Act|Policy|Agreement|"
    r"Handbook|Regulations?|Rules|Manual|Controller|System|Code of Conduct|Contract|"
    r"Terms of \w+|Gardens|Institute|"
    r"Directive|Ordinance|Theatre|Theater)$"
)


def noun_phrase(words: str, text: str = "") -> str:
    """Give the words as they stand inside a sentence, with an article where one belongs."""
    words = words.strip()
    article = _ARTICLE.match(words)
    bare = words[article.end() :] if article else words
    if bare[:1].islower():
        return words
    cased, used_article = _as_used(bare, text)
    cased = cased or in_sentence_case(bare)
    if used_article is not None:
        return f"{used_article}{cased}"
    if article:
        return f"{article[0].lower()}{cased}"
    return f"the {cased}" if _wants_article(cased) else cased


def in_sentence_case(words: str) -> str:
    """Lower the first letter unless the word is a name, an acronym, or the words are a title."""
    first, *rest = words.split(" ")
    significant = [word for word in rest if len(word) > 3]
    titled = bool(significant) and all(
        word[:1].isupper() or word[:1].isdigit() for word in significant
    )
    numbered = len(rest) < 3 and any(word[:1].isdigit() for word in rest)
    if titled or numbered or _ACRONYM.search(first) or first == "I":
        return words
    return words[:1].lower() + words[1:]


def in_lower_case(words: str) -> str:
    """Lower every word of a table's header or a key, except acronyms and units."""
    return " ".join(word if _ACRONYM.search(word) else word.lower() for word in words.split(" "))


def base_form(verb: str) -> str:
    """Give the base of a verb in the third person: `observes` gives `observe`."""
    if verb.endswith("ies"):
        return f"{verb[:-3]}y"
    return verb[:-2] if re.search(r"(?:ch|sh|ss|x)es$", verb) else verb[:-1]


def is_plural(words: str) -> bool:
    """Tell whether a noun phrase is plural, by its last word (before "of" or "for")."""
    noun = head(words)
    return bool(
        re.fullmatch(tables.PLURAL_NOUNS, noun) and not re.fullmatch(tables.NOT_PLURAL, noun)
    )


def base_verb(gerund: str) -> str:
    """Give the verb of an `-ing` form, or an empty string where it is not one we know."""
    word = gerund.lower()
    if not word.endswith("ing"):
        return ""
    stem = word[:-3]
    candidates = [stem, stem + "e"]
    if len(stem) > 2 and stem[-1] == stem[-2]:
        candidates.append(stem[:-1])
    if stem.endswith("y"):
        candidates.append(stem[:-1] + "ie")
    return next((verb for verb in candidates if verb in verbs.VERBS), "")


def procedure(heading: str) -> str:
    """Give what a heading says to do, as a verb phrase ("install the controller"), or nothing."""
    first, _, rest = heading.partition(" ")
    following = rest.split(" ")[0].lower()
    if not rest:
        return ""
    verb = base_verb(first)
    if following == "of":
        return ""
    if verb and (following in verbs.PARTICLES or first.lower() in verbs.SAFE_GERUNDS):
        return _joined_verbs(verb, rest)
    if first.lower() in verbs.VERBS and following in verbs.PARTICLES - {
        "and",
        "to",
        "by",
        "with",
        "for",
    }:
        return _joined_verbs(first.lower(), rest)
    return ""


def _joined_verbs(verb: str, rest: str) -> str:
    """Turn a second gerund too: "removing and cleaning the filter"."""
    second = re.match(r"(and|or) (\w+ing)\b", rest)
    base = base_verb(second[2]) if second else ""
    if second and base:
        rest = f"{second[1]} {base}{rest[second.end() :]}"
    return f"{verb} {_lower_titled(rest)}"


def _lower_titled(words: str) -> str:
    """Lower a heading in title case, except acronyms and names that digits give away."""
    parts = words.split(" ")
    common = [part for part in parts if len(part) > 3]
    if len(common) < 1 or not all(part[:1].isupper() for part in common):
        return words
    if parts[0].lower() not in ("the", "a", "an", "your", "and") or len(common) > 2:
        return words
    return " ".join(part if _ACRONYM.search(part) else part.lower() for part in parts)


def _as_used(bare: str, text: str) -> tuple[str, str | None]:
    """Give the words and the article as the text has them inside a sentence."""
    # Not at a sentence's beginning, where the case says nothing.
    spaced = re.escape(bare).replace(r"\ ", r"\s+")
    # "the Android build" says nothing of how "Android" stands by itself.
    alone = (
        r"(?=[,.;:!?)]|\s(?:and|or|is|are|was|were|has|have|can|of|in|on|at|by|to|for|with|"
        r"from|as|that|which|will|must)\b)"
    )
    pattern = rf"(?<=[a-z,]\s)(?<!The\s)(?<!the\s)((?:the|an?)\s)?((?i:{spaced}))\b{alone}"
    found = re.search(pattern, text)
    if found is None:
        start = re.search(rf"(?:^|[.!?]\s|\n)\s*The\s+(?i:{spaced})\b", text)
        return ("", "the ") if start else ("", None)
    article = (found[1] or "").lower()
    before = text[: found.start()].split()
    if not article and before and _PREPOSITION.match(before[-1]):
        return " ".join(found[2].split()), ""
    cased = " ".join(found[2].split())
    return cased, "the " if article else (
        "" if is_plural(bare) or not _wants_article(cased) else "the "
    )


def _wants_article(words: str) -> bool:
    if _ALWAYS_THE.search(words):
        return True
    if re.search(r"[()_`{}\[\]=<>/$]|::|^-|\w\.\w", words):
        return False
    named = words[:1].isupper() or any(part[:1].isupper() for part in words.split(" ")[1:])
    if named or is_plural(words) or " and " in words:
        return False
    return not re.fullmatch(tables.MASS_NOUNS, head(words))


def head(words: str) -> str:
    """Give the noun that a phrase is about: `price` of "price per night"."""
    before = re.split(r" (?:of|for|in|on|at|with|from|to|by|and|per) ", words, maxsplit=1)[0]
    return re.sub(r"\s*\([^)]*\)$", "", before).split(" ")[-1].lower()
