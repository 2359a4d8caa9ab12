"""`code`: whole functions, classes and statements, by small rules for each language.

A rule says how the first line of a definition looks: at the left margin (`outer`), and inside
another definition (`inner`), where one that is too long is cut. Comments, decorators and
attributes right above belong to it. A rule that takes too much or too little moves a cut, and
loses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hf_sft_builders.documents.base import Document
from hf_sft_builders.documents.breakpoints import Rank
from hf_sft_builders.documents.file_kinds import suffix_of
from hf_sft_builders.documents.splitters.base import Plan
from hf_sft_builders.errors import UnknownName

if TYPE_CHECKING:
    from hf_sft_builders.documents.chunk_options import Chunking

name = "code"

_RANKS = (Rank.BLANK_LINE, Rank.LINE, Rank.SPACE, Rank.IN_SPACE, Rank.CHARACTER)
_NEVER = r"(?!)"


@dataclass(frozen=True, slots=True)
class _Rules:
    suffixes: tuple[str, ...]
    outer: str
    inner: str = _NEVER
    belongs: str = r"//|/\*|\*|@"
    """How lines begin that belong to the definition below them."""
    any_case: bool = False


_JAVA_WORDS = r"(?:(?:public|private|protected|abstract|final|static|sealed|synchronized)\s+)*"
_SCRIPT = (
    r"(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?"
    r"(?:function\b|class\b|interface\b|enum\b|namespace\b|type\s+\w+|(?:const|let|var)\s+\w+)"
)
_SCRIPT_METHOD = (
    r"[ \t]+(?:(?:public|private|protected|static|async|get|set|readonly)\s+)*"
    r"(?!if\b|for\b|while\b|switch\b|catch\b|return\b)[#\w]+\s*\([^;]*\)[^;]*\{\s*$"
)
_RUST_WORDS = r"(?:pub(?:\([^)]*\))?\s+)?(?:(?:async|unsafe|const|extern(?:\s+\"[^\"]*\")?)\s+)*"
_C_BODY = r"(?!if\b|for\b|while\b|switch\b|return\b|else\b)[A-Za-z_][\w:<>,*&~ \t]*\([^;]*$"
_C_TYPES = r"(?:typedef|struct|union|enum|static|extern|#define)\b"

LANGUAGES: dict[str, _Rules] = {
    "python": _Rules(
        (".py", ".pyi"),
        r"(?:async\s+def|def|class)\b",
        r"[ \t]+(?:async\s+def|def|class)\b",
        r"#|@",
    ),
    "javascript": _Rules((".js", ".jsx", ".mjs", ".cjs"), _SCRIPT, _SCRIPT_METHOD),
    "typescript": _Rules((".ts", ".tsx", ".mts"), _SCRIPT, _SCRIPT_METHOD),
    "java": _Rules(
        (".java",),
        _JAVA_WORDS + r"(?:class|interface|enum|record|@interface)\b",
        r"[ \t]+(?:(?:public|private|protected|static)\s|class\b|interface\b|enum\b|record\b)",
    ),
    "go": _Rules((".go",), r"(?:func|type|var|const|import)\b"),
    "rust": _Rules(
        (".rs",),
        _RUST_WORDS
        + r"(?:fn|struct|enum|union|trait|impl|mod|type|static|const|macro_rules!)(?!\w)",
        r"[ \t]+" + _RUST_WORDS + r"fn\b",
        r"//|#\[|/\*|\*",
    ),
    "c": _Rules((".c", ".h"), rf"{_C_TYPES}|{_C_BODY}"),
    "cpp": _Rules(
        (".cpp", ".cc", ".cxx", ".hpp", ".hh"),
        rf"(?:template|class|namespace)\b|{_C_TYPES}|{_C_BODY}",
        r"[ \t]+(?:template\b|class\b|struct\b|(?:public|private|protected):)",
    ),
    "sql": _Rules(
        (".sql",),
        r"(?:CREATE|ALTER|DROP|INSERT|UPDATE|DELETE|MERGE|SELECT|WITH|GRANT|REVOKE|BEGIN|COMMIT|SET|"
        r"USE|TRUNCATE|DECLARE|CALL|EXPLAIN|COPY)\b",
        belongs="--|/\\*|\\*",
        any_case=True,
    ),
    "markdown": _Rules((".md", ".markdown"), r"#{1,6}\s", belongs=_NEVER),
}
_SUFFIXES = {suffix: language for language, r in LANGUAGES.items() for suffix in r.suffixes}


def check(chunking: Chunking) -> None:
    """The language has to be a known one, where it is named."""
    if chunking.code_language is not None and chunking.code_language not in LANGUAGES:
        raise UnknownName("code language", chunking.code_language, LANGUAGES)


def plan(document: Document, chunking: Chunking) -> Plan:
    """Say where definitions begin; a file of an unknown language is cut between its lines."""
    language = chunking.code_language or _SUFFIXES.get(suffix_of(document.uri))
    if language is None:
        return Plan(ranks=_RANKS)
    if language == "markdown" and document.headings:  # `#` in a fence is no heading
        return Plan([heading.start for heading in document.headings])
    rules = LANGUAGES[language]
    outer = list(_starts(document.text, rules.outer, rules))
    return Plan(outer, inner=list(_starts(document.text, rules.inner, rules)), ranks=_RANKS)


def _starts(text: str, pattern: str, rules: _Rules) -> Iterator[int]:
    flags = re.MULTILINE | (re.IGNORECASE if rules.any_case else 0)
    belongs, before = re.compile(rf"[ \t]*(?:{rules.belongs})"), -1
    for match in re.finditer(rf"^(?:{pattern})", text, flags):
        start = match.start()
        while start:
            above = text.rfind("\n", 0, start - 1) + 1
            if not belongs.match(text, above, start) or above <= before:
                break
            start = above
        before = match.start()
        yield start
