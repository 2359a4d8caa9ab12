"""Files that people edit between two runs: YAML with a word of explanation, or JSON by its name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def write_edited(path: str | Path, raw: Any, head: str) -> None:
    """Write plain values for people to edit: JSON where the file's name ends so, else YAML."""
    is_json = str(path).endswith(".json")
    Path(path).write_text(edited_text(raw, head, json_text=is_json), encoding="utf-8")


def edited_text(raw: Any, head: str, *, json_text: bool = False) -> str:
    """Give the text of such a file.

    Args:
        raw: Mappings, lists and texts.
        head: Comment lines of the YAML, which say what may be changed.
        json_text: JSON in place of YAML.
    """
    import yaml  # type: ignore[import-untyped,unused-ignore]

    if json_text:
        return json.dumps(raw, ensure_ascii=False, indent=2) + "\n"
    return head + str(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False, width=1000))
