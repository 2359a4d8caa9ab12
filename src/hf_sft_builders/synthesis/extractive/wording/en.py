"""Questions in English.

Every function gives the whole question, or an empty string where none can be made that names its
subject.
"""

from __future__ import annotations

import re

from hf_sft_builders.synthesis.extractive.cells import split_unit
from hf_sft_builders.synthesis.extractive.titles import Work, before_subtitle
from hf_sft_builders.synthesis.extractive.topics import Topic
from hf_sft_builders.synthesis.extractive.wording import en_tables as tables
from hf_sft_builders.synthesis.extractive.wording.english import (
    head,
    in_sentence_case,
    is_plural,
    noun_phrase,
    procedure,
)

_POINTING = re.compile(
    r"\b(?:it|its|this|that|these|those|they|them|their|he|she|his|her|here|above|below|following|such|"
    r"former|latter|aforementioned)\b", re.I)
_ASKING = re.compile(r"(?:how|what|why|when|where|which|who|is|are|can|does|do|should)\b", re.I)
_CLAUSE = re.compile(r"[,;!]|^(?:if|because|we|you|i|our|your|my|please|do|don|not|no|let|for|in|with|to|from)\b|"
                     r"\b(?:is|are|was|were|will|must|should|can|has|have|do|does|our|us|we)\b", re.I)
_DAY = re.compile(r"(day (?:\d+|one|two|three|four|five|six|seven))\b", re.I)
_PAIR = re.compile(r"^\w+(?: [a-z]\w*)* (?:and|or) [a-z]")
_ARTICLE = re.compile(r"((?:article|section|clause|§) ?\d+(?:\.\d+)*)\b[.:]?\s*", re.I)
_PRODUCT_GENRES = ("manual", "faq")


def names_something(heading: str) -> bool:
    """Tell whether the heading can be the subject of a question by itself."""
    words = before_subtitle(heading)
    if not words or len(words.split()) > 7 or _ASKING.match(words) or _CLAUSE.search(words):
        return False
    unfit = is_procedure(words) or is_unused(words) or _generic(words) or is_pointing(words)
    unfit = unfit or bool(_PAIR.search(words))
    return not unfit and not _DAY.match(words) and not re.search(r"\w+ing$|^before |^after ", words, re.I)


def owns(heading: str) -> bool:
    """Tell whether the heading can be what a property belongs to."""
    words = before_subtitle(heading)
    plural = is_plural(words) and not re.search(r" [A-Z]", words)
    return names_something(heading) and not plural and not _is_data(words)


def is_transparent(heading: str) -> bool:
    """Tell whether the words below belong to the heading above this one."""
    words = before_subtitle(heading)
    return bool(is_unused(words) or _generic(words) or _is_data(words) or _PAIR.search(words))


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
    if work.genre in _PRODUCT_GENRES:
        name = re.sub("^The ", "", work.name)
        return f"the {name}" if work.genre == "manual" else noun_phrase(name, text)
    return work.name if work.genre == "guide" else f"“{work.title}”"


def is_pointing(question: str) -> bool:
    """Tell whether the words point at something outside themselves."""
    return bool(_POINTING.search(question))


def attribute(owner: str, key: str) -> str:
    """Ask for a named property; nothing where the key is a remark and no property."""
    words = key.strip().lower()
    if distance := re.fullmatch(r"distance (?:to|from) (.+)", words):
        return f"How far is {owner} from {distance[1]}?"
    for pattern, template in tables.ATTRIBUTES:
        if re.fullmatch(pattern, words):
            # Only what has a name has an address, a price or opening hours.
            template = template if re.search(r"[A-Z\d“]", owner) else ""
            return template.format(s=owner, k=words)
    cased = in_sentence_case(key.strip())
    if re.fullmatch(tables.NO_SUBJECT_KEYS, words) or is_pointing(words):
        return ""
    if is_plural(words):
        return f"What are the {cased} of {owner}?"
    return f"What is the {cased} of {owner}?" if re.fullmatch(tables.NOUN_ENDINGS, head(words)) else ""


def measured(owner: str, key: str, value: str) -> str:
    """Ask for a cell: how many, where the cell counts; a key with a unit needs no known noun."""
    name, unit = split_unit(key)
    if is_plural(name) and re.fullmatch(r"(?:up to )?\d+|unlimited", value, re.I):
        return f"How many {in_sentence_case(name)} does {owner} have?"
    known = attribute(owner, name)
    fits = unit and not re.fullmatch(tables.NO_SUBJECT_KEYS, name.lower())
    question = known or (f"What is the {in_sentence_case(name)} of {owner}?" if fits else "")
    return with_unit(question, unit)


def specification(owner: str, key: str) -> str:
    """Ask for a row of a table of specifications, whatever its name is."""
    return attribute(owner, key) or f"What is the {in_sentence_case(key)} specification of {owner}?"


def is_known_attribute(key: str) -> bool:
    """Tell whether the key is in the table, so that even a long value answers the question."""
    words = key.strip().lower()
    return any(re.fullmatch(pattern, words) for pattern, template in tables.ATTRIBUTES if template)


def definition(term: str, quoted: bool, verb: str, work: Work) -> str:
    """Ask what a term is; its article is part of the term."""
    if is_pointing(term):
        return ""
    bare = re.sub(r"^(?:The|A|An) ", "", term)
    where = _scene(work, bare) if quoted or bare.islower() else ""
    if verb == "mean":
        name = f"“{in_sentence_case(term)}”" if quoted else _with_article(term)
        return f"What does {name} mean{where}?"
    if quoted:
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
    if work.genre in _PRODUCT_GENRES and not _shares_words(words, work.name):
        return f"About {work_subject(work)}: {in_sentence_case(words)}?"
    return f"{words[0].upper()}{words[1:]}?"


def topic(about: Topic) -> str:
    """Ask for what stands under a heading."""
    heading = before_subtitle(about.heading)
    if not heading:
        return _work_topic(about)
    if is_unused(heading) or is_pointing(heading):
        return ""
    for make in (_question_topic, _day_topic, _generic_topic, _procedure_topic, _rule_topic):
        if question := make(about):
            return question
    return _nominal_topic(about)


def list_topic(about: Topic, lead: str, items: tuple[str, ...], ordered: bool) -> str:
    """Ask for a list, by the line that leads to it or else by its heading."""
    if question := _lead(lead, about.work):
        return question
    heading = before_subtitle(about.heading)
    if not heading or is_unused(heading):
        return ""
    if not names_something(heading) or about.work.genre == "policy":
        return topic(about)
    name = subject(heading, about.body)
    if ordered and _are_steps(items):
        return f"What are the steps for {name}{_scene(about.work, heading)}?"
    if is_plural(heading):
        return f"What are {_with_the(name)}{_belonging(about)}?"
    return f"What should you know about {name}{_scene(about.work, heading)}?"


def _are_steps(items: tuple[str, ...]) -> bool:
    firsts = [re.sub(r"\W", "", item.split(" ")[0]).lower() for item in items]
    imperative = sum(first in tables.VERBS or first in tables.MORE_IMPERATIVES for first in firsts)
    return imperative * 2 >= len(items)


def _with_article(term: str) -> str:
    article = re.match(r"(?:the|a|an) ", term, re.I)
    bare = term[article.end() :] if article else term
    return f"{article[0].lower() if article else ''}{bare}"


def _with_the(name: str) -> str:
    return name if re.match(r"the |[A-Z]", name) else f"the {name}"


def _generic(heading: str) -> str:
    for pattern, template in tables.GENERIC:
        if re.fullmatch(pattern, heading, re.I):
            return template
    return ""


def _scene(work: Work, words: str) -> str:
    """Say for which place, product or rules the question is asked."""
    if not work.genre or work.genre != "policy" and _shares_words(words, work.name):
        return ""
    place = {"guide": " in ", "manual": " on ", "policy": " under ", "faq": " with "}[work.genre]
    return place + work_subject(work)


def _shares_words(words: str, name: str) -> bool:
    known = {part for part in re.findall(r"\w{2,}", name.casefold()) if part not in ("the", "and", "of")}
    return bool(known & set(re.findall(r"\w{2,}", words.casefold())))


def _owner(about: Topic) -> str:
    above = [name for name in about.above if names_something(name)]
    return subject(above[-1], about.body) if above else work_subject(about.work, about.body)


def _belonging(about: Topic) -> str:
    above = [name for name in about.above if names_something(name)]
    if above and not _shares_words(about.heading, above[-1]) and not about.work.genre:
        return f" of {subject(above[-1], about.body)}"
    return _scene(about.work, about.heading)


def _work_topic(about: Topic) -> str:
    name = work_subject(about.work, about.body)
    if not name:
        return ""
    known = about.work.genre in ("guide", "manual", "faq")
    return f"What should you know about {name}?" if known else f"What is {name} about?"


def _question_topic(about: Topic) -> str:
    heading = about.heading
    if heading.endswith(("?", "？")):
        return asked(heading, about.work)
    scene = _scene(about.work, heading)
    if how := re.match(r"how to (?=\w+ \w)", heading, re.I):
        return f"How do you {heading[how.end() :]}{scene}?"
    if does := re.fullmatch(r"(what|how|why|when) (the [\w -]+?) (does|works)", heading, re.I):
        name = _resolved(does[2], about.work)
        return f"{does[1].capitalize()} does {name} {'do' if does[3] == 'does' else 'work'}?"
    if told := re.fullmatch(r"(what|where|when|who|which \w+) to (.+)", heading, re.I):
        scene = re.sub("^ in ", " for ", scene) if told[2] in ("pack", "bring", "wear") else scene
        return f"{told[1].capitalize()} should you {told[2]}{scene}?"
    if time := re.match(r"(before|after) (?=you |\w+ing )", heading, re.I):
        task = f"hat should you do {time[1].lower()} {heading[time.end() :]}?"
        return f"{scene[1].upper()}{scene[2:]}, w{task}" if scene else f"W{task}"
    return ""


def _resolved(words: str, work: Work) -> str:
    """Name the product where a heading calls it by its kind ("the controller")."""
    bare = re.sub(r"^the ", "", words, flags=re.I)
    kind = work.genre == "manual" and work.name.casefold().endswith(f" {bare.casefold()}")
    return work_subject(work) if kind else words


def _day_topic(about: Topic) -> str:
    found = _DAY.match(about.heading)
    plans = [name for name in about.above if re.search(r"day|itinerar|tour|trip|plan|route", name, re.I)]
    if not found or not plans:
        return ""
    return f"What is planned for {found[1].lower()} of {subject(plans[-1])}{_scene(about.work, plans[-1])}?"


def _generic_topic(about: Topic) -> str:
    template, owner = _generic(before_subtitle(about.heading)), _owner(about)
    if owner.startswith("“") and "should you know" in template:
        template = "What is the background of {x}?"
    return template.format(x=owner, k=about.heading.lower()) if template and owner else ""


def _procedure_topic(about: Topic) -> str:
    task = procedure(before_subtitle(about.heading))
    return f"How do you {task}{_scene(about.work, task)}?" if task else ""


def _rule_topic(about: Topic) -> str:
    if about.work.genre != "policy" or _generic(about.heading):
        return ""
    heading = about.heading
    number = _ARTICLE.match(heading)
    rest = heading[number.end() :] if number else heading
    name = noun_phrase(rest, about.body) if rest else number[1] if number else ""
    fits = name and not _CLAUSE.search(name) and len(name.split()) <= 8
    return f"What does {work_subject(about.work)} say about {name}?" if fits else ""


def _nominal_topic(about: Topic) -> str:
    heading = before_subtitle(about.heading)
    if not names_something(heading):
        return ""
    name = subject(heading, about.body)
    scene = "" if about.is_described and name[:1].isupper() else _scene(about.work, heading)
    return f"What should you know about {name}{scene}?"


_REFUSED = re.compile(
    r"(?P<s>(?:The |Our )?[A-Za-z][\w’-]*(?: [\w’-]+)?) (?P<aux>does|do|must|may|will|can) not (?P<v>(?!include\b)[a-z]+(?: [a-z]+)?)"
)
_LEADS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?P<x>(?:The |An? )?[\w’' -]{3,60}?) (?:includes?|contains?|comprises?|consists? of)"
                r"(?: the following)?(?: [\w-]+){0,3}", re.I), "What does {x} include{scene}?"),
    (re.compile(r"(?P<x>(?:The |An? )?[\w’' -]{3,60}?) (?:requires?|needs?)(?: the following)?(?: [\w-]+){0,2}", re.I),
     "What does {x} require{scene}?"),
    (re.compile(r"(?:The )?(?P<x>[\w’' -]{3,60}s) (?:are|are as follows|are the following)", re.I), "What are the {x}{scene}?"),
    (re.compile(r"(?:to|in order to) (?P<x>(?!do so)\w+ [\w’' -]{3,60}), (?:follow these steps|do the following|"
                r"proceed as follows|follow the steps below|complete these steps)", re.I), "How do you {x}{scene}?"),
)


def _lead(lead: str, work: Work) -> str:
    words = re.split(r"(?<=[.!?;])\s+", " ".join(lead.split()).rstrip(": "))[-1].strip()
    if refused := _REFUSED.fullmatch(words):
        where = f"According to {work_subject(work)}, w" if work.genre == "policy" else "W"
        return f"{where}hat {refused['aux']} {in_sentence_case(refused['s'])} not {refused['v']}?"
    for pattern, template in _LEADS:
        found = pattern.fullmatch(words)
        if not found or is_pointing(found["x"]) or _CLAUSE.search(found["x"]):
            continue
        name = found["x"] if "How" in template or "are the" in template else noun_phrase(found["x"])
        template = re.sub("does", "do", template) if is_plural(name) else template
        cased = in_sentence_case(name)
        return template.format(x=cased, scene=_scene(work, name))
    return ""
