"""Questions in English for a list, from the line that leads to it or its heading."""

from __future__ import annotations

import re

from hf_sft_builders.synthesis.extractive.titles import Work, before_subtitle
from hf_sft_builders.synthesis.extractive.topics import Topic
from hf_sft_builders.synthesis.extractive.wording import en, en_topics
from hf_sft_builders.synthesis.extractive.wording import en_verbs as verbs
from hf_sft_builders.synthesis.extractive.wording.english import (
    base_form,
    in_sentence_case,
    is_plural,
    noun_phrase,
)


def list_topic(about: Topic, lead: str, items: tuple[str, ...], ordered: bool) -> str:
    """Ask for a list, by the line that leads to it or else by its heading."""
    if question := _lead(lead, about.work):
        return question
    heading = before_subtitle(about.heading)
    if not heading or en.is_unused(heading):
        return ""
    if not en.is_nominal(heading) or about.work.genre == "policy":
        return en_topics.topic(about)
    name = en.subject(heading, about.text)
    if ordered and _are_steps(items):
        return f"What are the steps for {name}{en.scene(about.work, heading)}?"
    if is_plural(heading) and _is_listable(heading):
        return f"What are {_with_the(name)}{_belonging(about)}?"
    if en_topics.is_ambiguous(heading) or not _say_something(items):
        return ""
    return f"What should you know about {name}{en_topics.setting(about)}?"


def _say_something(items: tuple[str, ...]) -> bool:
    """Tell whether most items are words of a person and not a list of parameters."""
    said = sum(
        len(item.split()) > 4 and not item.startswith(("`", "{", "[", "<")) for item in items
    )
    return said * 2 > len(items)


def _is_listable(heading: str) -> bool:
    return not re.search(r"[()_`\d]|[A-Z]{3}", heading)


def _are_steps(items: tuple[str, ...]) -> bool:
    firsts = [re.sub(r"\W", "", item.split(" ")[0]).lower() for item in items]
    imperative = sum(first in verbs.VERBS or first in verbs.MORE_IMPERATIVES for first in firsts)
    return imperative * 2 >= len(items)


def _with_the(name: str) -> str:
    return name if re.match(r"the |[A-Z]", name) else f"the {name}"


def _belonging(about: Topic) -> str:
    above = [name for name in about.above if en.names_something(name)]
    if above and not en.shares_words(about.heading, above[-1]) and not about.work.genre:
        return f" of {en.subject(above[-1], about.text)}"
    return en_topics.setting(about)


def _rules(work: Work) -> str:
    return f"According to {en.work_subject(work)}, w" if work.genre == "policy" else "W"


_NO_LEAD = re.compile(r"(?:examples?|steps|options|some|others?|reasons?|the \w+ steps?)\b", re.I)
_LISTED = re.compile(
    r"(?P<x>[A-Z][\w’-]*(?: [A-Z\d][\w’-]*){0,4}|The [a-z]+) (?P<v>[a-z]+s) "
    r"the following (?P<n>[a-z][\w -]*s)"
)


_REFUSED = re.compile(
    r"(?P<s>(?:The |Our )?[A-Za-z][\w’-]*(?: [\w’-]+)?) (?P<aux>does|do|must|may|will|"
    r"can) not (?P<v>(?!include\b)[a-z]+(?: [a-z]+)?)"
)


_LEADS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"(?P<x>(?:The |An? )?[\w’' -]{3,60}?) (?:includes?|contains?|comprises?|consists? of)"
            r"(?: the following)?(?: [\w-]+){0,3}",
            re.I,
        ),
        "What does {x} include{scene}?",
    ),
    (
        re.compile(
            r"(?P<x>(?:The |An? )?[\w’' -]{3,60}?) (?:requires?|"
            r"needs?)(?: the following)?(?: [\w-]+){0,2}",
            re.I,
        ),
        "What does {x} require{scene}?",
    ),
    (
        re.compile(
            r"(?:The )?(?P<x>[\w’' -]{3,60}s) (?:are|are as follows|are the following)", re.I
        ),
        "What are the {x}{scene}?",
    ),
    (
        re.compile(
            r"(?:to|in order to) (?P<x>(?!do so)\w+ [\w’' -]{3,60}), "
            r"(?:follow these steps|do the following|"
            r"proceed as follows|follow the steps below|complete these steps)",
            re.I,
        ),
        "How do you {x}{scene}?",
    ),
)


def _lead(lead: str, work: Work) -> str:
    words = re.split(r"(?<=[.!?;])\s+", " ".join(lead.split()).rstrip(": "))[-1].strip()
    if refused := _REFUSED.fullmatch(words):
        who = in_sentence_case(refused["s"])
        return f"{_rules(work)}hat {refused['aux']} {who} not {refused['v']}?"
    if listed := _LISTED.fullmatch(words):
        does = "do" if is_plural(listed["x"]) else "does"
        return f"{_rules(work)}hich {listed['n']} {does} {listed['x']} {base_form(listed['v'])}?"
    for pattern, template in _LEADS:
        found = pattern.fullmatch(words)
        if (
            not found
            or _NO_LEAD.match(found["x"])
            or en.is_pointing(found["x"])
            or en.CLAUSE.search(found["x"])
        ):
            continue
        name = found["x"] if "How" in template or "are the" in template else noun_phrase(found["x"])
        question = template.format(x=in_sentence_case(name), scene=en.scene(work, name))
        return question.replace("What does", "What do", 1) if is_plural(name) else question
    return ""
