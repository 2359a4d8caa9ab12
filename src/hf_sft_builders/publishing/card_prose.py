"""The sentences of a card: what the rows are, what to expect of them, how to cite them."""

from __future__ import annotations

import re

from hf_sft_builders.publishing.card_tables import size
from hf_sft_builders.publishing.card_words import Say, english
from hf_sft_builders.publishing.escaping import fenced, inline, one_line
from hf_sft_builders.publishing.facts import EXTRACTIVE, Facts
from hf_sft_builders.version import __version__


def summary(facts: Facts, say: Say = english) -> str:
    """What the rows are, in a sentence."""
    files = len({source.name for source in facts.sources})
    documents = size(files, "document", say)
    origin = say(", made from {documents}", documents=documents) if files else ""
    by = say(" by `hf_sft_builders/{builder}`", builder=inline(facts.builder))
    by = by if facts.builder else ""
    return say(
        "{rows}{form}{origin}{by}{unknown}.",
        rows=size(facts.total, "row", say),
        form=_form(facts, say),
        origin=origin,
        by=by,
        unknown="" if origin or by else say(". Where they come from is not known"),
    )


def _form(facts: Facts, say: Say) -> str:
    if len(facts.formats) > 1:
        return say(" in the formats {formats}", formats=inline(", ".join(facts.formats)))
    return say(" in the format {format}", format=inline(facts.formats[0])) if facts.formats else ""


def limits(facts: Facts, seen: str, say: Say = english) -> str:
    """What nobody should expect of the rows.

    Args:
        facts: Who wrote them, and from what.
        seen: What is known of people who reviewed them; empty for nothing.
        say: Gives the sentences in the card's language.
    """
    told = [seen or say("Nothing here says that a person checked the rows one by one.")]
    if EXTRACTIVE in facts.models:
        told.append(
            say(
                "Questions are made by rules from headings and wording, so some are stiff. "
                "An answer is as right, and as old, as the document it was copied from."
            )
        )
    if [model for model in facts.models if model != EXTRACTIVE]:
        told.append(say("A language model wrote text in these rows; it can be wrong or made up."))
    told.append(
        say("Personal or confidential passages of the sources were not looked for or removed.")
    )
    return "\n".join(f"- {sentence}" for sentence in told)


def citation(title: str, name: str, facts: Facts, say: Say = english) -> str:
    """An entry for BibTeX, of what is known; whom the sources want named stands at the sources."""
    key = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") or "dataset"
    shown = re.sub(r"[{}\\\\%#$&~^]", " ", one_line(title))
    entry = "\n".join(
        [
            f"@misc{{{key},",
            f"  title = {{{one_line(shown)}}},",
            f"  note = {{Made with hf\\_sft\\_builders {__version__}}},",
            "}",
        ]
    )
    asks = say("Papers and licenses of the sources ask for credit of their own; see above.")
    return fenced(entry, "bibtex") + (f"\n\n{asks}" if facts.sources else "")


def lower_headings(page: str) -> str:
    """Put headings of Markdown one level lower; lines of code stay."""
    parts = re.split(r"(^(`{3,})[^\n]*\n.*?^\2$)", page, flags=re.DOTALL | re.MULTILINE)
    prose, fences = parts[::3], parts[1::3]
    lowered = [re.sub(r"^(#+ )", r"#\1", part, flags=re.MULTILINE) for part in prose]
    return "".join(part for pair in zip(lowered, [*fences, ""], strict=True) for part in pair)
