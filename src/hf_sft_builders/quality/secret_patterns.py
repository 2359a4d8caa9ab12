"""Where keys and passwords stand in a text, told from examples by their entropy. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections import Counter
from collections.abc import Callable
from functools import partial

from hf_sft_builders.quality.personal_data import Finding

_KEYS: dict[str, tuple[re.Pattern[str], float]] = {
    name: (re.compile(pattern, re.ASCII), entropy)
    for name, pattern, entropy in (
        (
            "private_key",
            r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----[\s\S]{40,}?(?:-----END [A-Z ]*-----|\Z)",
            3.5,
        ),
        ("aws_key", r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])", 2.8),
        ("aliyun_key", r"(?<![A-Za-z0-9])LTAI[A-Za-z0-9]{12,26}(?![A-Za-z0-9])", 3.0),
        ("tencent_key", r"(?<![A-Za-z0-9])AKID[A-Za-z0-9]{32}(?![A-Za-z0-9])", 3.5),
        ("github_token", r"(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{60,})", 3.5),
        ("gitlab_token", r"(?<!\w)glpat-[\w-]{20,}", 3.0),
        ("huggingface_token", r"(?<!\w)hf_[A-Za-z0-9]{30,}", 3.5),
        ("google_key", r"(?<!\w)AIza[\w-]{35}", 3.5),
        ("slack_token", r"(?<!\w)xox[abposr]-[\w-]{20,}", 3.0),
        ("stripe_key", r"(?<!\w)[rs]k_live_[A-Za-z0-9]{20,}", 3.3),
        ("npm_token", r"(?<!\w)npm_[A-Za-z0-9]{36}", 3.5),
        ("api_key", r"(?<![\w-])sk-(?=[\w-]*\d)(?=[\w-]*[A-Za-z0-9]{16})[\w-]{20,}", 3.3),
        ("jwt", r"(?<![\w.-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}", 3.5),
    )
}
_ASSIGNED = re.compile(
    r"(?:api[_-]?key|access[_-]?key|secret(?:[_-]?key)?|auth[_-]?token|access[_-]?token|token|passwd"
    r"|password|密钥|秘钥|密码|口令|令牌)[\"']?\s*(?:[:=：]|=>|(?:是|为)[:：]?)\s*[\"'“]?([\w+/.~!@#$%^&*-]{12,})",
    re.IGNORECASE | re.ASCII,
)
_ASSIGNED_ENTROPY = 3.4
_EXAMPLE = re.compile(
    r"example|sample|your|placeholder|xxxx|\*{3}|\.{3}|12345678|abcdef|changeme|dummy|fake|redacted"
    r"|os\.environ|getenv|process\.env",
    re.IGNORECASE,
)
_KINDS_OF_SIGNS = (str.islower, str.isupper, str.isdigit)
SUSPECT = (
    r"(?i)-----BEGIN|akia|asia[a-z0-9]{16}|ltai|akid|gh[pousr]_|github_pat|glpat-|hf_|aiza|xox|k_live_"
    r"|npm_|sk-|eyj|key|secret|token|passw|密钥|秘钥|密码|口令|令牌"
)
"""A pattern of RE2 that every text with a secret has."""


def find_secrets(text: str) -> list[Finding]:
    """Find keys, tokens and passwords; places do not overlap.

    A name like `password=` counts only with a value that looks drawn: of high entropy, digits and
    letters mixed. Examples of manuals ("YOUR_API_KEY", "…EXAMPLE", "sk-xxxx") do not count.
    """
    taken: list[Finding] = []
    for kind, (pattern, entropy) in _KEYS.items():
        _take(kind, pattern, taken, text, partial(_has_bits, entropy))
    _take("password", _ASSIGNED, taken, text, _looks_drawn)
    return sorted(taken, key=lambda found: found.start)


def _take(
    kind: str,
    pattern: re.Pattern[str],
    taken: list[Finding],
    text: str,
    is_drawn: Callable[[str], bool],
) -> None:
    for match in pattern.finditer(text):
        start, end = match.span(match.lastindex or 0)
        apart = all(end <= one.start or start >= one.end for one in taken)
        if apart and is_drawn(text[start:end]) and _is_real(kind, text[start:end]):
            taken.append(Finding(kind, start, end))


def _is_real(kind: str, found: str) -> bool:
    if kind == "jwt":
        return _is_jwt(found)
    return kind == "private_key" or not _EXAMPLE.search(found)


def _is_jwt(found: str) -> bool:
    """Say whether the first part is the header of a token."""
    head = found.partition(".")[0]
    try:
        return "alg" in json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, binascii.Error, TypeError):
        return False


def _has_bits(least: float, found: str) -> bool:
    return bits(found) >= least


def _looks_drawn(found: str) -> bool:
    mixed = sum(any(map(kind, found)) for kind in _KINDS_OF_SIGNS) >= 2
    return mixed and any(map(str.isdigit, found)) and bits(found) >= _ASSIGNED_ENTROPY


def bits(text: str) -> float:
    """Give the entropy of a text's characters, in bits a character (Shannon)."""
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares)
