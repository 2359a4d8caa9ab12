"""Card templates: where they lie, and how `{{ name }}` in them is filled.

The folder `dataset_cards` is at the top of a checkout and inside the installed package. Values are
put in once and never looked at again, so `{{ … }}` in a value stays as it is. A placeholder alone
on its line whose value is empty goes away together with the blank line after it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path

from hf_sft_builders.errors import ConfigurationError

_PLACEHOLDER = re.compile(
    r"^\{\{ (?P<block>\w+) \}\}\n(?P<blank>\n?)|\{\{ (?P<word>\w+) \}\}", re.MULTILINE
)


@functools.cache
def card_folder() -> Path:
    """Give the folder of templates: the installed package's, else the checkout's."""
    package = Path(__file__).resolve().parents[1]
    found = [package / "dataset_cards", package.parents[1] / "dataset_cards"]
    return next((folder for folder in found if folder.is_dir()), found[0])


def has_template(name: str) -> bool:
    """Say whether there is a template of this name."""
    return (card_folder() / f"{name}.md").is_file()


def render(name: str, values: Mapping[str, str]) -> str:
    """Fill a template.

    Raises:
        ConfigurationError: if the template is not there or asks for a value that is not given.
    """
    path = card_folder() / f"{name}.md"
    if not path.is_file():
        raise ConfigurationError(f"No card template {path}. Install the package again.")

    def fill(found: re.Match[str]) -> str:
        key = found["block"] or found["word"]
        if key not in values:
            known = ", ".join(sorted(values))
            raise ConfigurationError(f"{path.name} asks for {key!r}; known: {known}.")
        if found["word"]:
            return values[key]
        return f"{values[key]}\n{found['blank']}" if values[key] else ""

    return _PLACEHOLDER.sub(fill, path.read_text(encoding="utf-8"))
