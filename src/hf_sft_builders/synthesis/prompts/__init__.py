"""The prompts: one Markdown file per op and language, `<language>/<op>.md`.

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

_VARIABLE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt in one language."""

    name: str
    """`<op>.<language>`."""
    system: str
    user: str
    sha256: str
    """Of the whole file: rows say by it which words made them."""

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

        return _VARIABLE.sub(value, self.user)


@functools.cache
def load_prompt(op: str, language: str) -> Prompt:
    """Load the prompt of an op: Chinese for Chinese documents, English for all others."""
    folder = "zh" if language == "zh" else "en"
    raw = (Path(__file__).parent / folder / f"{op}.md").read_text(encoding="utf-8")
    system, user = raw.removeprefix("# system\n").split("\n# user\n")
    digest = hashlib.sha256(raw.encode()).hexdigest()
    return Prompt(f"{op}.{folder}", system.strip(), user.strip(), digest)
