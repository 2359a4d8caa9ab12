"""The parts of a card that are numbers: lengths, repeats, labels, steps, and their pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from hf_sft_builders.publishing.card_tables import size, table
from hf_sft_builders.publishing.card_words import Say, english
from hf_sft_builders.publishing.escaping import inline
from hf_sft_builders.publishing.facts import EXTRACTIVE
from hf_sft_builders.publishing.public_names import PublicNames
from hf_sft_builders.publishing.reporting import Report
from hf_sft_builders.publishing.reporting.distribution import Distribution
from hf_sft_builders.publishing.reporting.figures import number, percent
from hf_sft_builders.publishing.reporting.pictures import branch_sums

FOLDER = "report"
"""Where the pictures lie, beside the card."""
_SHOWN = 40
_TITLES = {"domains": "Domains", "label": "Labels", "desirable": "Desirable"}


def numbers(report: Report, say: Say = english) -> str:
    """Lengths and repeats, as a table and a sentence."""
    how = say("counted by {name}", name=inline(report.tokenizer)) if report.tokenizer else ""
    rows = [(say("Tokens per row ({how})", how=how or say("estimated")), report.tokens)]
    if report.question.rows:
        rows.append((say("Question, characters"), report.question))
    rows.append(
        (say("Answer, characters" if report.question.rows else "Text, characters"), report.answer)
    )
    heads = (say("measure"), say("median"), say("95 % are below"), say("longest"))
    told = table(heads, [(name, *_figures(found)) for name, found in rows])
    repeated = {name: f"{rows:,}" for name, rows in report.repeated.items()}
    sentence = (
        "Rows whose words all stood in an earlier row: {row}; whose question did: {question}; whose "
        "answer did: {answer}."
        if "question" in repeated
        else "Rows whose words all stood in an earlier row: {row}."
    )
    return f"{told}\n\n{say(sentence, **repeated)}"


def _figures(found: Distribution) -> tuple[str, str, str]:
    return number(found.median), number(found.p95), f"{found.maximum:,}"


def labels(report: Report, say: Say = english) -> str:
    """A table for each column of labels; branches of the domain tree with their sums."""
    return "\n\n".join(_labels(column, found, say) for column, found in report.labels.items())


def _labels(column: str, found: Mapping[str, int], say: Say) -> str:
    whole = sum(found.values())
    sums = branch_sums(found) if column == "domain" else {(name,): n for name, n in found.items()}
    rows = [
        (f"{'&emsp;' * (len(path) - 1)}{inline(path[-1], 120)}", f"{n:,}", percent(n, whole))
        for path, n in list(sums.items())[:_SHOWN]
    ]
    parts = [
        say("Labels in `{column}`:", column=column),
        table((say("label"), say("rows"), say("share")), rows),
    ]
    if len(sums) > _SHOWN:
        parts.append(say("… and {n} more", n=f"{len(sums) - _SHOWN:,}"))
    return "\n\n".join(parts)


def steps_table(report: Report, names: PublicNames, say: Say = english) -> str:
    """The steps that models took part in, or that have parameters, as a table."""
    rows = [
        (
            inline(step.step, 80),
            inline(names(step.model), 120),
            _prompt(names(step.prompt), step.prompt_sha256),
            inline(_parameters(names.in_text(step.parameters)), 300),
            f"{step.rows:,}",
        )
        for step in report.steps[:_SHOWN]
        if step.prompt or step.parameters or step.model not in ("", EXTRACTIVE)
    ]
    heads = (say("step"), say("model"), say("prompt"), say("parameters"), say("rows"))
    more = len(report.steps) - _SHOWN
    rest = f"\n\n{say('… and {n} more', n=f'{more:,}')}" if more > 0 else ""
    return f"\n\n{table(heads, rows)}{rest}" if rows else ""


def _prompt(name: str, sha256: str) -> str:
    known = sha256.isascii() and sha256.isalnum()
    return inline(name, 120) + (f" `{sha256[:12]}`" if known else "")


def _parameters(text: str) -> str:
    """Give JSON text as `name=value`; what is not JSON as it is."""
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return text
    if not isinstance(found, dict):
        return text
    return ", ".join(
        f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in found.items()
    )


def reviewed(report: Report, say: Say = english) -> str:
    """What the review column says; empty without one."""
    if not report.reviewed:
        return ""
    told = ", ".join(
        f"{inline(name or '-', 40)} {size(rows, 'row', say)}"
        for name, rows in report.reviewed.items()
    )
    return say(
        "Reviewed by people, as the column `{column}` says: {told}.",
        column=report.review_column,
        told=told,
    )


def picture_lines(report: Report, language: str, say: Say = english, folder: str = FOLDER) -> str:
    """The lines of Markdown that show the pictures, which lie in a folder beside the card."""
    shown = [name for name in report.pictures(language) if name == "lengths" or name in _TITLES]
    titles = {"lengths": say("Lengths"), **{name: say(words) for name, words in _TITLES.items()}}
    return "\n\n".join(f"![{titles[name]}]({folder}/{name}.{language}.svg)" for name in shown)


def write_pictures(report: Report, languages: tuple[str, ...], folder: Path) -> None:
    """Write the pictures that `picture_lines` shows into a folder."""
    for language in languages:
        for name, drawn in report.pictures(language).items():
            if name == "lengths" or name in _TITLES:
                place = folder / f"{name}.{language}.svg"
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(drawn, encoding="utf-8", newline="\n")
