"""What each turn of a conversation must stand: values from its source, its own voice, nothing twice."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

from hf_sft_builders.synthesis.validators.base import Candidate, Fault
from hf_sft_builders.synthesis.validators.quotes import bare, plain_numbers
from hf_sft_builders.synthesis.validators.slots_numbers import quantities

_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_LIST_MARK = re.compile(r"^\s*[(（]?\d{1,2}[.、)）](?!\d)", re.MULTILINE)
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s，。；、）)】》\"'<>]+|[\w.+-]+@[\w-]+\.[\w.-]*\w")
_ROLE = re.compile(
    r"^\s*[\[【]?(?:user|assistant|system|human|ai|bot|用户|助手|客服|系统|问|答|[qa])[\]】]?\s*[:：]"
    r"|<\|[a-z_]+\|>|\[/?INST\]|</?think(?:ing)?>",
    re.IGNORECASE | re.MULTILINE,
)
_FENCE = re.compile(r"<<<[0-9a-f]{8}|[0-9a-f]{16}>>>")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_WORD = re.compile(r"[^\W\d_\u3400-\u9fff]{4,}")
_SAYS_SOMETHING = 4


def grounded_values(candidate: Candidate) -> Fault | None:
    """Every number and address of the text stands in its source; `1,200`, `1200` and `１２００` are one.

    A source may also say them in words (三十, a dozen, 3.5万). Numbers that only count the items of a list are
    no values.
    """
    text, source = plain_numbers(candidate.text), plain_numbers(candidate.source)
    known = {*_NUMBER.findall(source), *_values(source).values()}
    bare_text = _LIST_MARK.sub("", _ADDRESS.sub(" ", text))
    values = _values(bare_text)
    figures = _NUMBER.finditer(bare_text)
    unknown = next((one[0] for one in figures if not {one[0], values.get(one.start())} & known), "")
    if unknown:
        return Fault(
            "number not in the source",
            f"The number {unknown} does not stand in the material. Use only numbers that it gives.",
        )
    address = next((one for one in _ADDRESS.findall(text) if one not in source), "")
    if address:
        return Fault(
            "address not in the source",
            f"The address {address} does not stand in the material. Leave it out.",
        )
    return None


def rests_on_source(candidate: Candidate) -> Fault | None:
    """A tenth at least of the content of the text is content of its source.

    Content is pairs of Chinese characters, and words of four letters or more by their beginning. A
    reply to a command in the source, or a phrase that fits any question, has none.
    """
    said, known = _content(candidate.text), _content(candidate.source)
    if len(said) < _SAYS_SOMETHING or len(said & known) >= 0.1 * len(said):
        return None
    return Fault(
        "nothing from the source",
        "Your answer has nothing of the material in it. Answer the question from the material.",
    )


def one_voice(candidate: Candidate) -> Fault | None:
    """No name of a role in front, no marks of chat templates or of our own prompts."""
    found = _ROLE.search(candidate.text) or _FENCE.search(candidate.text)
    if found is None:
        return None
    return Fault(
        "role leakage",
        f"Leave out {found[0].strip()!r}: write only what is said, without names of roles or marks.",
    )


def within(candidate: Candidate, least: int, most: int) -> Fault | None:
    """Between so many characters."""
    length = len(candidate.text.strip())
    if least <= length <= most:
        return None
    return Fault(
        "too short" if length < least else "too long",
        f"Write {least} to {most} characters; {candidate.text.strip()[:40]!r} has {length}.",
    )


def no_repeats(texts: Iterable[str]) -> Fault | None:
    """No text says the same as one before it; case, spaces and punctuation aside."""
    seen: set[str] = set()
    for text in texts:
        key = bare(text)
        if key in seen:
            return Fault(
                "repeated turn",
                f"{text[:60]!r} is said twice. Each turn says something new.",
            )
        seen.add(key)
    return None


def _content(text: str) -> set[str]:
    plain = unicodedata.normalize("NFKC", text).casefold()
    pairs = {a + b for run in _HAN.findall(plain) for a, b in pairwise(run)}
    return pairs | {word[:5] for word in _WORD.findall(plain)}


def _values(text: str) -> dict[int, str]:
    """Give where the numbers of a text stand, and their value, as it is written in figures."""
    return {one.start: f"{one.value:f}".rstrip("0").rstrip(".") for one in quantities(text)}
