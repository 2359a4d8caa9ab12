"""NOTICE and LICENSES/: what the licenses of the sources ask to be passed on with the rows.

Short texts (MIT, BSD, ISC) are written out; long ones are named with the address they stand at.
Of the copyright line, what the source's own license file said is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from hf_sft_builders.licenses import License
from hf_sft_builders.licenses.texts import short_text
from hf_sft_builders.publishing.escaping import one_line
from hf_sft_builders.publishing.facts import SourceFact
from hf_sft_builders.publishing.license_verdict import Verdict, source_line

NOTICE_FILE, TEXTS_FOLDER = "NOTICE", "LICENSES"
_COPYRIGHT = re.compile(
    r"copyright (?:\(c\)|©)?.{3,100}?(?=\s+(?:permission|redistribution|all rights|licensed|$))",
    re.IGNORECASE,
)


def write_notices(folder: Path, verdict: Verdict, sources: Sequence[SourceFact]) -> None:
    """Write NOTICE and the license texts, where any license asks for credit or notice."""
    asking = [known for known in _licenses(verdict) if known.attribution or known.notice]
    if not asking:
        return
    text = _notice(verdict, asking, sources)
    (folder / NOTICE_FILE).write_text(text, encoding="utf-8", newline="\n")
    for known in asking:
        if body := short_text(known.id) if known.notice else "":
            file = folder / TEXTS_FOLDER / f"{known.id}.txt"
            file.parent.mkdir(exist_ok=True)
            file.write_text(body, encoding="utf-8", newline="\n")


def _licenses(verdict: Verdict) -> tuple[License, ...]:
    return verdict.composed.licenses if verdict.composed else ()


def _notice(verdict: Verdict, asking: Iterable[License], sources: Sequence[SourceFact]) -> str:
    parts = [
        "These rows are adaptations of the sources below; questions, answers and layout are new."
    ]
    if sources:
        parts.append("\n".join(["Sources:", *(line for s in sources for line in _credit(s))]))
    parts.append("\n".join(["Licenses:", *(_named(known) for known in asking)]))
    lines = (f"- {one_line(line, 500)}" for line in verdict.obligations)
    parts.append("\n".join(["What they and the models ask:", *lines]))
    return "\n\n".join(parts) + "\n"


def _credit(source: SourceFact) -> Iterable[str]:
    yield source_line(source)
    if found := _COPYRIGHT.search(source.raw):
        yield f"  {one_line(found[0], 200)}"


def _named(known: License) -> str:
    shipped = known.notice and short_text(known.id)
    where = f"{TEXTS_FOLDER}/{known.id}.txt" if shipped else known.source
    return f"- {known.name} ({known.id}): {where}"
