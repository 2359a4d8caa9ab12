"""Whether a text uses some words outside its headings: what it uses as a name is one."""

from __future__ import annotations


def is_used(name: str, text: str) -> bool:
    """Tell whether a line that is no heading has the name."""
    bare = name.casefold().removeprefix("the ")
    return bool(bare) and any(
        bare in line.casefold() for line in text.splitlines() if not _is_heading(line)
    )


def _is_heading(line: str) -> bool:
    bare = line.strip()
    return bare.startswith("#") or (bare.startswith("**") and bare.endswith("**"))
