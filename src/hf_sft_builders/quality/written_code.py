"""Text without its code: what looks odd in prose may be right in a program."""

from __future__ import annotations

import re

_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]+`", re.DOTALL)


def without_code(text: str) -> str:
    """Take out fenced blocks and inline code; an unclosed fence reaches to the end.

    Example:
        >>> without_code("use `<br>` here")
        'use   here'
    """
    return _CODE.sub(" ", text) if "`" in text or "~~~" in text else text
