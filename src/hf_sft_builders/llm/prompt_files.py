"""Prompts as Markdown files: one per purpose and language.

A file has two parts, under `# system` and `# user`; `{name}` stands for a variable. Braces around
anything but a variable are plain text, so JSON examples need no escaping.
"""

from __future__ import annotations

import functools
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from hf_sft_builders.errors import ConfigurationError

VARIABLE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt in one language."""

    name: str
    """`<op>.<language>`."""
    system: str
    user: str
    sha256: str
    """Of the whole file: rows say by it which words made them."""

    @property
    def template(self) -> str:
        """Both parts as they are written: what must not be found in a row."""
        return f"{self.system}\n{self.user}"

    def fill(self, **values: object) -> str:
        """Put values into the user part.

        Raises:
            ConfigurationError: if the prompt has a variable that no value is given for.
        """

        def value(match: re.Match[str]) -> str:
            if match.group(1) not in values:
                raise ConfigurationError(
                    f"Prompt {self.name} has the variable {{{match.group(1)}}}; "
                    f"known here: {', '.join(sorted(values))}."
                )
            return str(values[match.group(1)])

        return VARIABLE.sub(value, self.user)


def read_prompt(raw: str, name: str) -> Prompt:
    """Read the text of a prompt file.

    Raises:
        ConfigurationError: where it has no part `# user`.
    """
    before, mark, user = f"\n{raw}".partition("\n# user\n")
    if not mark:
        raise ConfigurationError(
            f"Prompt {name} has no line '# user'. Expected two parts: '# system', then '# user'."
        )
    system = before.strip().removeprefix("# system")
    digest = hashlib.sha256(raw.encode()).hexdigest()
    return Prompt(name, system.strip(), user.strip(), digest)


@functools.cache
def prompt_in(folder: Path, name: str, language: str) -> Prompt:
    """Read `<folder>/<language>/<name>.md`: Chinese for Chinese, English for all other languages."""
    spoken = "zh" if language == "zh" else "en"
    raw = (folder / spoken / f"{name}.md").read_text(encoding="utf-8")
    return read_prompt(raw, f"{name}.{spoken}")
