"""Questions in English for what stands under a heading."""

from __future__ import annotations

import re

from hf_sft_builders.synthesis.extractive.titles import Work, before_subtitle
from hf_sft_builders.synthesis.extractive.topics import Topic
from hf_sft_builders.synthesis.extractive.wording import en
from hf_sft_builders.synthesis.extractive.wording import en_verbs as verbs
from hf_sft_builders.synthesis.extractive.wording.english import (
    is_plural,
    noun_phrase,
    procedure,
)

ARTICLE = re.compile(r"((?:article|section|clause|§) ?\d+(?:\.\d+)*)\b[.:]?\s*", re.I)


def topic(about: Topic) -> str:
    """Ask for what stands under a heading."""
    heading = before_subtitle(about.heading)
    if not heading:
        return _work_topic(about)
    if en.is_unused(heading) or en.is_pointing(heading):
        return ""
    for make in (_question_topic, _day_topic, _generic_topic, _procedure_topic, _rule_topic):
        if question := make(about):
            return question
    return _nominal_topic(about)


def owner_above(about: Topic) -> str:
    """Give the subject that a heading without one of its own belongs to."""
    above = [name for name in about.above if en.names_something(name)]
    return en.subject(above[-1], about.text) if above else en.work_subject(about.work, about.text)


def _work_topic(about: Topic) -> str:
    name = en.work_subject(about.work, about.text)
    if not name:
        return ""
    known = about.work.genre in ("guide", "manual", "faq", "thing")
    return f"What should you know about {name}?" if known else f"What is {name} about?"


def _question_topic(about: Topic) -> str:
    heading = about.heading
    if heading.endswith(("?", "？")):
        return en.asked(heading, about.work)
    scene = en.scene(about.work, heading)
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
    return en.work_subject(work) if kind else words


def _day_topic(about: Topic) -> str:
    found = en.DAY.match(about.heading)
    plans = [
        name for name in about.above if re.search(r"day|itinerar|tour|trip|plan|route", name, re.I)
    ]
    if not found or not plans:
        return ""
    plan = f"{en.subject(plans[-1])}{en.scene(about.work, plans[-1])}"
    return f"What is planned for {found[1].lower()} of {plan}?"


def _generic_topic(about: Topic) -> str:
    template, owner = en.generic(before_subtitle(about.heading)), owner_above(about)
    if not template or not owner:
        return ""
    if "should you know" in template and owner == en.work_subject(about.work, about.text):
        template = {"": "What is the background of {x}?", "policy": "What is {x} about?"}.get(
            about.work.genre, template
        )
    if owner.startswith("“") and not _ABOUT_A_TEXT.search(template):
        template = _according(about, re.sub(r" (?:of|for) \{x\}\?$", "?", template))
    asked = template.format(x=owner, k=about.heading.lower())
    ruled = about.work.genre == "policy" and en.work_subject(about.work) not in asked
    return f"{asked.rstrip('?')}{en.scene(about.work, owner)}?" if ruled else asked


_ABOUT_A_TEXT = re.compile(r"(?:background of|in) \{x\}\?$|\{x\} about")


def _according(about: Topic, question: str) -> str:
    """Say by which text, where it names nothing else; a place for the subject must be gone."""
    if "{x}" in question:
        return ""
    said = not about.work.genre and about.work.title
    return (
        f"According to “{about.work.title}”, {question[0].lower()}{question[1:]}"
        if said
        else question
    )


def _procedure_topic(about: Topic) -> str:
    task = procedure(before_subtitle(about.heading))
    if not task:
        return ""
    return _according(about, f"How do you {task}{en.scene(about.work, task)}?")


def _rule_topic(about: Topic) -> str:
    if about.work.genre != "policy" or en.generic(about.heading):
        return ""
    heading = about.heading
    number = ARTICLE.match(heading)
    rest = heading[number.end() :] if number else heading
    name = noun_phrase(rest, about.text) if rest else number[1] if number else ""
    if len(rest.split()) == 1 and about.above and en.names_something(about.above[-1]):
        name = f"{name} in connection with {en.subject(about.above[-1], about.text)}"
    fits = name and not en.CLAUSE.search(name) and len(name.split()) <= 10
    return f"What does {en.work_subject(about.work)} say about {name}?" if fits else ""


def _nominal_topic(about: Topic) -> str:
    heading = before_subtitle(about.heading)
    if not en.is_nominal(heading):
        return ""
    name = en.subject(heading, about.text)
    if is_ambiguous(heading) and (
        is_plural(heading) or heading.casefold() not in about.body.casefold()
    ):
        return ""
    scene = "" if about.is_described and name[:1].isupper() else setting(about)
    return f"What should you know about {name}{scene}?"


def is_ambiguous(heading: str) -> bool:
    """Tell whether the first word may be a verb ("install dependencies") or part of a noun."""
    first, _, rest = heading.partition(" ")
    return bool(rest) and first.lower() in verbs.VERBS


def setting(about: Topic) -> str:
    """Say in which work the heading stands, where no place, product or rules can be named."""
    work = about.work
    if work.genre == "thing" and not en.shares_words(about.heading, work.name):
        return f" of {en.work_subject(work, about.text)}"
    known = work.genre or not work.title or en.shares_words(about.heading, work.title)
    return en.scene(work, about.heading) if known else f" in “{work.title}”"
