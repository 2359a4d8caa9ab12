"""What of the making must not stay in a text: marked lines, roles, announcements of a label or flaw."""

from __future__ import annotations

import re

from hf_sft_builders.synthesis.validators.base import Candidate, Fault, Validator

_ROLE = re.compile(
    r"<\|[a-z_]+\|>|^\s*(?:user|assistant|system|human|用户|助手|系统)\s*[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_MARKS = re.compile(r"<<<[0-9a-f]{16}|[0-9a-f]{16}>>>")


def no_wrapping(candidate: Candidate) -> Fault | None:
    """No marked lines, no role in front, no tokens of a chat template, unless the original has them."""
    for pattern in (_MARKS, _ROLE):
        found = pattern.search(candidate.text)
        if found and found[0] not in candidate.original:
            return Fault(
                "wrapping left in",
                f"Leave out {found[0].strip()!r}: write the text itself and nothing around it.",
            )
    return None


def length_within(least: float, most: float, slack: int = 20) -> Validator:
    """Make a check of the length, as shares of the original's; `slack` characters are free."""

    def fits(candidate: Candidate) -> Fault | None:
        length, original = len(candidate.text.strip()), len(candidate.original)
        if length < least * original - slack or not length:
            return Fault("too short", f"That is too short: write about {original} characters.")
        if length > most * original + slack:
            return Fault("too long", f"That is too long: write about {original} characters.")
        return None

    return fits


_ANNOUNCED = re.compile(
    r"(?:以下|下面)(?:是|为)?[^。\n]{0,12}(?:错误|有缺陷|较差|不完整|啰嗦)的?(?:回答|答案|版本)"
    r"|(?:故意|刻意)(?:写错|改错|出错|遗漏)|(?:错误|有缺陷)的(?:答案|回答)[:：]"
    r"|(?:flawed|incorrect|degraded|worse|wrong) (?:answer|version|response)\s*(?::|follows|below)"
    r"|here is (?:a|the) (?:flawed|incorrect|degraded|worse|wrong|incomplete)"
    r"|(?:deliberate|intentional)(?:ly)? (?:wrong|incorrect|error|mistake|flaw)",
    re.IGNORECASE,
)


def no_announcement(candidate: Candidate) -> Fault | None:
    """No word about the flaw that was asked for: a model would learn to announce its errors."""
    found = _ANNOUNCED.search(candidate.text)
    if found is None or found[0] in candidate.original:
        return None
    return Fault(
        "announces the flaw", f"Leave out {found[0]!r}; the answer must not comment on it."
    )
