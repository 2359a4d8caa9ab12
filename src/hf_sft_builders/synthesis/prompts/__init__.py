"""The prompts: one Markdown file per op and language, `<language>/<op>.md`.

A file has two parts, under `# system` and `# user`; `{name}` stands for a variable. Braces around
anything but a variable are plain text, so JSON examples need no escaping.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.llm import ChatRequest
from hf_sft_builders.llm.content import words_in
from hf_sft_builders.llm.prompt_files import VARIABLE, Prompt, prompt_in, read_prompt

__all__ = ["Prompt", "Prompts", "fenced", "fenced_text", "load_prompt", "read_prompt", "unfenced"]

_FENCED = re.compile(r"<<<([0-9a-f]{16})\n(.*?)\n\1>>>", re.DOTALL)


@functools.cache
def load_prompt(op: str, language: str) -> Prompt:
    """Load the prompt of an op: Chinese for Chinese documents, English for all others."""
    return prompt_in(Path(__file__).parent, op, language)


@dataclass(frozen=True)
class Prompts:
    """Which prompts an op uses: the package's, or a user's own in their place.

    The texts are part of the value, so another text is another hash.
    """

    own: tuple[tuple[str, str], ...] = ()
    """(op or `<language>/<op>`, text of the file)."""

    @classmethod
    def of(cls, given: str | Path | Mapping[str, str | Path] | None) -> Prompts:
        """Read a user's prompts: a folder of `<op>.md` or `<language>/<op>.md`, or op → file.

        Raises:
            ConfigurationError: for a file that is not there.
            UnknownName: for the name of no prompt, which would be asked by nobody.
        """
        if given is None:
            return cls()
        if not isinstance(given, Mapping):
            folder = Path(given)
            files = {path.relative_to(folder).with_suffix("").as_posix(): path
                     for path in sorted(folder.rglob("*.md"))}  # fmt: skip
            if not files:
                raise ConfigurationError(f"prompts={str(given)!r}: no .md file is there.")
            given = files
        elif unknown := [name for name in given if str(name).rpartition("/")[2] not in _names()]:
            raise UnknownName("prompt", unknown[0], _names())
        return cls(tuple((name, _text_of(name, Path(path))) for name, path in given.items()))

    def load(self, op: str, language: str, variables: Iterable[str] | None) -> Prompt:
        """Give the prompt of an op in a language.

        Args:
            op: Name of the op.
            language: ISO 639-1 code; Chinese has prompts of its own, all others the English ones.
            variables: The variables that the op fills in; None where they have been checked.

        Raises:
            ConfigurationError: if the prompt has a variable that the op does not know.
        """
        prompt = self._find(op, language)
        known = set(variables or ())
        for name in VARIABLE.findall(prompt.user) if variables is not None else ():
            if name not in known:
                raise ConfigurationError(
                    f"Prompt {prompt.name} has the variable {{{name}}}; known here: "
                    f"{', '.join(sorted(known))}."
                )
        return prompt

    def check(self, op: str, variables: Iterable[str]) -> None:
        """Try an op's prompts in both languages.

        Raises:
            ConfigurationError: if one has a variable that the op does not know.
        """
        for language in ("zh", "en"):
            self.load(op, language, variables)

    def hashes(self, *ops: str) -> dict[str, str]:
        """Name the prompts of ops, in both languages, each with its hash."""
        found = [self._find(op, language) for op in ops for language in ("zh", "en")]
        return {prompt.name: prompt.sha256 for prompt in found}

    def _find(self, op: str, language: str) -> Prompt:
        if not self.own:
            return load_prompt(op, language)
        folder, own = ("zh" if language == "zh" else "en"), dict(self.own)
        for key, name in ((f"{folder}/{op}", f"{op}.{folder}.own"), (op, f"{op}.own")):
            if key in own:
                return read_prompt(own[key], name)
        return load_prompt(op, language)


def _text_of(name: str, path: Path) -> str:
    if not path.is_file():
        raise ConfigurationError(f"prompts: the file of {name!r} is not there: {path.name}.")
    return path.read_text(encoding="utf-8-sig")


@functools.cache
def _names() -> frozenset[str]:
    """Name the prompts that there are."""
    return frozenset(path.stem for path in Path(__file__).parent.glob("*/*.md"))


def fenced(text: str) -> str:
    """Put a document's text between two lines that it cannot know, so that it cannot end them.

    Prompts say that what stands between is material, whatever it says. The lines depend on the text
    alone, so the same question stays the same request.
    """
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"<<<{mark}\n{text}\n{mark}>>>"


def unfenced(reply: str, text: str) -> str:
    """Take off the lines that `fenced(text)` put around a text, where a reply gives them back."""
    first, *_, last = fenced(text).splitlines()
    bare = reply.strip()
    if not (bare.startswith(first) or bare.endswith(last)):
        return reply
    return bare.removeprefix(first).removesuffix(last).strip("\n")


def fenced_text(request: ChatRequest) -> str:
    """Give the first fenced text of a request: for scripted models.

    Raises:
        ConfigurationError: where none is fenced.
    """
    for message in request.messages:
        if found := _FENCED.search(words_in(message["content"])):
            return found[2]
    raise ConfigurationError("No text of the request is fenced; see `fenced`.")
