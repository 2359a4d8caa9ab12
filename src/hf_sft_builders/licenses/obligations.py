"""What a license asks of whoever passes the result on, in plain sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hf_sft_builders.licenses.table import License


def obligations_of(licenses: Sequence[License]) -> Iterable[str]:
    """Say what all these licenses ask, each thing once."""
    yield from _credit(licenses)
    if ids := _ids(known for known in licenses if known.notice):
        yield f"Pass on the copyright notice and the license text of: {ids}."
    if ids := _ids(known for known in licenses if known.share_alike):
        yield f"Pass adaptations on under the same license only: {ids}."
    if ids := _ids(known for known in licenses if known.known and not known.commercial):
        yield f"No commercial use: {ids}."
    for known in licenses:
        if known.use_restrictions:
            yield f"{known.name}: {known.use_restrictions}."
    if ids := _ids(known for known in licenses if known.covers in ("database", "contents")):
        yield f"For the database or its contents only, so look at the rights in the other: {ids}."
    for known in licenses:
        if known.review:
            yield f"Read the terms of the source itself: {known.name}, {known.source}"


def _credit(licenses: Sequence[License]) -> Iterable[str]:
    if ids := _ids(known for known in licenses if known.attribution):
        yield f"Name the authors and the license, and say what was changed: {ids}."


def _ids(licenses: Iterable[License]) -> str:
    return ", ".join(sorted({known.id for known in licenses}))
