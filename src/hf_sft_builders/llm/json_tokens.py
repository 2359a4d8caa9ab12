"""The tokens of JSON as models write it, and the words for what was mended in them.

Every pattern is possessive where it repeats, so that no input makes it try twice.
"""

from __future__ import annotations

import json
import re

SINGLE_QUOTES = "single quotes"
SMART_QUOTES = "smart quotes as delimiters"
FULL_WIDTH = "full-width punctuation"
TRAILING_COMMA = "trailing comma"
PYTHON_LITERALS = "Python literals"
UNQUOTED_KEYS = "unquoted keys"
COMMENTS = "comments"
RAW_CONTROLS = "raw line breaks in strings"

TOKEN = re.compile(
    r"""
    (?P<space>[\s\ufeff]+)
  | (?P<string>"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+")
  | (?P<loose>"[^"\\]*+(?:\\.[^"\\]*+)*+")
  # An apostrophe between two letters cannot end a string: no value is followed by a letter.
  | (?P<single>'[^'\\]*+(?:(?:\\.|(?<=\w)'(?=\w))[^'\\]*+)*+')
  | (?P<smart>“(?:[^”\\]++|\\.)*+”|‘(?:[^’\\]++|\\.)*+’|＂(?:[^＂\\]++|\\.)*+＂)
  | (?P<comment>//[^\n]*+|\#[^\n]*+|/\*(?s:.*?)\*/)
  | (?P<unclosed>["'“‘＂]|/\*)
  | (?P<open>[{\[])
  | (?P<close>[}\]])
  | (?P<colon>[:：])
  | (?P<comma>[,，])
  | (?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?(?![\w.]))
  | (?P<ellipsis>\.{2,}|…)
  | (?P<word>[^\W\d][\w-]*+)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_CLOSING_TAG = r"</think(?:ing)?\s*>"
# What a bracket is followed by tells most brackets of prose from those of JSON.
ANCHOR = re.compile(
    rf"""
    \[ (?= \s*+ [\[{{\]"'“‘＂\w/\#-] )
  | \{{ (?= \s*+ (?: ["'“‘＂}}/\#] | [^\W\d][\w-]*+ \s*+ [:：] ) )
  | (?P<tag>{_CLOSING_TAG})
    """,
    re.IGNORECASE | re.VERBOSE,
)
PASSED_OVER = re.compile(
    rf'"(?:[^"\\\n]|\\[^\n])*+"|\\.|(?P<open>[{{\[])|(?P<close>[}}\]])'
    rf"|(?P<stop>^[ \t]*```|{_CLOSING_TAG})",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_IN_STRING = re.compile(r'\\u[0-9a-fA-F]{4}|\\.|["\x00-\x1f]', re.DOTALL)
LITERALS = {"true": "true", "false": "false", "null": "null", "NaN": "NaN", "Infinity": "Infinity"}
PYTHON = {"True": "true", "False": "false", "None": "null"}
EXPECTED = {
    "item": "a value or ]",
    "key": "a key in double quotes or }",
    "colon": "a colon",
    "member": "a value",
    "next": "a comma or a closing bracket",
}


class UnreadableError(ValueError):
    """The text stops being JSON; says what was found and what was expected."""


def mended_string(words: str, repairs: set[str]) -> str:
    """Write a string in any quotes as a JSON string; `repairs` gets what was mended.

    Raises:
        UnreadableError: for a backslash before a character that JSON does not escape.
    """

    def mended(match: re.Match[str]) -> str:
        found = match.group()
        if found == '"':
            return r"\""
        if found < " ":
            repairs.add(RAW_CONTROLS)
            return json.dumps(found)[1:-1]
        if found == r"\'":
            repairs.add(SINGLE_QUOTES)
            return "'"
        if len(found) == 2 and found[1] not in '"\\/bfnrt':
            raise UnreadableError(rf"found {found} in a string; a backslash is written \\ in JSON")
        return found

    return f'"{_IN_STRING.sub(mended, words[1:-1])}"'
