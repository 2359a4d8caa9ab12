"""Questions in English about what has a name: properties, terms, and questions of the text.

Every function gives the whole question, or an empty string where none can be made that names its
subject.
"""

from __future__ import annotations

import re

from hf_sft_builders.synthesis.extractive.cells import split_unit
from hf_sft_builders.synthesis.extractive.titles import Work, before_subtitle
from hf_sft_builders.synthesis.extractive.usage import is_used
from hf_sft_builders.synthesis.extractive.wording import en_tables as tables
from hf_sft_builders.synthesis.extractive.wording.english import (
    head,
    in_lower_case,
    in_sentence_case,
    is_plural,
    noun_phrase,
    procedure,
)

POINTING = re.compile(
    r"\b(?:it|its|this|that|these|those|they|them|their|he|she|his|her|here|above|below|"
    r"following|such|"
    r"former|latter|aforementioned)\b",
    re.I,
)


_ASKING = re.compile(r"(?:how|what|why|when|where|which|who|is|are|can|does|do|should)\b", re.I)


CLAUSE = re.compile(
    r"[,;!]|^(?:if|because|we|you|i|our|your|my|please|do|don|not|no|let|for|in|with|to|"
    r"from|on|at|by|after|before|during|under|about|upon|when|while|until|since)\b|"
    r"\b(?:is|are|was|were|will|must|should|can|has|have|do|does|our|us|we)\b",
    re.I,
)


_DOING = re.compile(r"\w+ing$|^(?:before|after) ", re.I)
DAY = re.compile(r"^(day (?:\d+|one|two|three|four|five|six|seven))\b", re.I)


_PAIR = re.compile(r"^\w+(?: [a-z]\w*)* (?:and|or) [a-z]")


_COUNTED = re.compile(r"^(?:\d+|two|three|four|five|six|seven|eight|nine|ten) ", re.I)


_GERUND = re.compile(rf"^(?!(?:{tables.ING_NOUNS})\b)[A-Z][a-z]+ing [a-z]", re.I)


_PLACES = {
    "guide": " in ", "manual": " on ", "policy": " under ", "faq": " with ", "thing": " for ",
}  # fmt: skip
PRODUCT_GENRES = ("manual", "faq")


def names_something(heading: str) -> bool:
    """Tell whether the heading can be the subject of a question by itself."""
    return is_nominal(heading) and not _PAIR.search(before_subtitle(heading))


def is_nominal(heading: str) -> bool:
    """Tell whether the heading is a noun phrase, of one thing or of several."""
    words = before_subtitle(heading)
    if not words or len(words.split()) > 7 or _ASKING.match(words) or CLAUSE.search(words):
        return False
    if is_procedure(words) or is_unused(words) or generic(words) or is_pointing(words):
        return False
    return not any(pattern.search(words) for pattern in (DAY, _COUNTED, _GERUND, _DOING))


def owns(heading: str) -> bool:
    """Tell whether the heading can be what a property belongs to."""
    words = before_subtitle(heading)
    plural = is_plural(words) and not re.search(r" [A-Z]", words)
    return names_something(heading) and not plural and not _is_data(words)


def owner(heading: str, work: Work, text: str) -> str:
    """Give the heading as an owner if it is a name or the text uses it as one."""
    words = before_subtitle(heading)
    named = re.search(r"[A-Z]\S* (?:\w+ )*[A-Z\d]|\d", words)
    return subject(heading, text) if named or is_used(words, text) else ""


def is_transparent(heading: str) -> bool:
    """Tell whether the words below belong to the heading above this one."""
    words = before_subtitle(heading)
    return bool(is_unused(words) or generic(words) or _is_data(words) or _PAIR.search(words))


def _is_data(words: str) -> bool:
    return bool(re.fullmatch(tables.DATA_HEADING, words, re.I))


def is_procedure(heading: str) -> bool:
    """Tell whether the heading says to do something."""
    return bool(procedure(heading))


def is_unused(heading: str) -> bool:
    """Tell whether no question can be made of the heading."""
    return bool(re.fullmatch(tables.UNUSED, heading, re.I))


def subject(heading: str, text: str = "") -> str:
    """Give the heading as a noun phrase with its article."""
    return noun_phrase(before_subtitle(heading), text)


def work_subject(work: Work, text: str = "") -> str:
    """Give what the work is about, as a noun phrase."""
    if not work.title:
        return ""
    if work.genre == "policy":
        return f"the {re.sub('^The ', '', work.title)}"
    if work.genre in PRODUCT_GENRES:
        name = re.sub("^The ", "", work.name)
        return f"the {name}" if work.genre == "manual" else noun_phrase(name, text)
    if work.genre == "thing":
        return noun_phrase(work.name, text)
    return work.name if work.genre == "guide" else f"“{work.title}”"


def is_pointing(question: str) -> bool:
    """Tell whether the words point at something outside themselves."""
    return bool(POINTING.search(question))


def attribute(owner: str, key: str, value: str = "") -> str:
    """Ask for a named property; nothing where the key is a remark and no property."""
    words = key.strip().lower()
    if distance := re.fullmatch(r"distance (?:to|from) (.+)", words):
        return f"How far is {owner} from {distance[1]}?"
    for pattern, template in tables.ATTRIBUTES:
        if re.fullmatch(pattern, words):
            # Only what has a name has an address, a price or opening hours.
            named = re.search(r"[A-Z\d“]", owner)
            return "" if not named else template.format(s=owner, k=words)
    cased = in_lower_case(key.strip())
    if re.fullmatch(tables.NO_SUBJECT_KEYS, words) or is_pointing(words):
        return ""
    if is_plural(words):
        return f"What are the {cased} of {owner}?"
    return (
        f"What is the {cased} of {owner}?" if re.fullmatch(tables.NOUN_ENDINGS, head(words)) else ""
    )


def measured(owner: str, key: str, value: str) -> str:
    """Ask for a cell: how many, where the cell counts; a key with a unit needs no known noun."""
    name, unit = split_unit(key)
    if is_plural(name) and re.fullmatch(r"(?:up to )?\d+|unlimited", value, re.I):
        return f"How many {in_lower_case(name)} does {owner} have?"
    known = attribute(owner, name)
    fits = unit and not re.fullmatch(tables.NO_SUBJECT_KEYS, name.lower())
    question = known or (f"What is the {in_lower_case(name)} of {owner}?" if fits else "")
    return with_unit(question, unit)


def specification(owner: str, key: str) -> str:
    """Ask for a row of a table of specifications, whatever its name is."""
    return attribute(owner, key) or f"What is the {in_lower_case(key)} specification of {owner}?"


def is_known_attribute(key: str) -> bool:
    """Tell whether the key is in the table, so that even a long value answers the question."""
    words = key.strip().lower()
    return any(re.fullmatch(pattern, words) for pattern, template in tables.ATTRIBUTES if template)


def definition(term: str, quoted: bool, verb: str, work: Work) -> str:
    """Ask what a term is; its article is part of the term."""
    if is_pointing(term):
        return ""
    bare = re.sub(r"^(?:The|A|An) ", "", term)
    where = scene(work, bare) if (quoted or bare.islower()) and work.genre != "thing" else ""
    if verb == "mean":
        name = _with_article(term) if bare != term else f"“{in_sentence_case(term)}”"
        return f"What does {name} mean{where}?"
    counted = bare == term and term.islower() and verb != "are"
    if quoted or (counted and not re.fullmatch(tables.MASS_NOUNS, head(term))):
        return f"What does the term “{in_sentence_case(term)}” mean{where}?"
    return f"What {'are' if verb == 'are' else 'is'} {_with_article(term)}{where}?"


def with_unit(question: str, unit: str) -> str:
    """Say in which unit the answer is."""
    return f"{question.rstrip('?')} (in {unit})?" if unit and question else question


def asked(question: str, work: Work) -> str:
    """Give a question that the text itself asks, with its subject named."""
    words = question.strip().strip("*").rstrip("?？ ")
    if len(words.split()) < 3 or is_pointing(words):
        return ""
    if work.genre in PRODUCT_GENRES and not shares_words(words, work.name):
        return f"About {work_subject(work)}: {in_sentence_case(words)}?"
    return f"{words[0].upper()}{words[1:]}?"


def _with_article(term: str) -> str:
    article = re.match(r"(?:the|a|an) ", term, re.I)
    bare = term[article.end() :] if article else term
    return f"{article[0].lower() if article else ''}{bare}"


def generic(heading: str) -> str:
    """Give the template of a heading that says nothing without the one above it."""
    for pattern, template in tables.GENERIC:
        if re.fullmatch(pattern, heading, re.I):
            return template
    return ""


def scene(work: Work, words: str) -> str:
    """Say for which place, product or rules the question is asked."""
    if not work.genre or (work.genre != "policy" and shares_words(words, work.name)):
        return ""
    return _PLACES[work.genre] + work_subject(work)


def shares_words(words: str, name: str) -> bool:
    """Tell whether the words name the work's subject already."""
    known = {
        part for part in re.findall(r"\w{2,}", name.casefold()) if part not in ("the", "and", "of")
    }
    return bool(known & set(re.findall(r"\w{2,}", words.casefold())))
