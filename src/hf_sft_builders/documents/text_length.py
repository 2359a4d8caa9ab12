"""How long a stretch of a document is: in characters, or in the tokens of a tokenizer.

Example:
    >>> Characters("Daily 9:00 to 17:00.").reach(0, 5)
    5

The trap: a document's tokens are found once, but the same words cut out and tokenized alone can
make one token more or less. `reach` and `reach_back` go by the document's tokens and are quick;
`size` tokenizes the very stretch, so what a chunk is promised to hold can be kept.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from hf_sft_builders.errors import ConfigurationError, MissingExtra

_WINDOW = 1 << 16
TIKTOKEN = "tiktoken:"
"""Begins the name of a tokenizer of that package."""


class TextLength(Protocol):
    """Measures stretches of one text; positions are code points, counts are of the unit."""

    def size(self, start: int, end: int) -> int:
        """Give the exact length of `text[start:end]`."""
        ...

    def reach(self, start: int, count: int) -> int:
        """Give the furthest end of a stretch from `start` that is at most `count` long."""
        ...

    def reach_back(self, end: int, count: int) -> int:
        """Give the earliest start of a stretch up to `end` that is at most `count` long."""
        ...


class Characters:
    """Counts code points."""

    def __init__(self, text: str) -> None:
        self._length = len(text)

    def size(self, start: int, end: int) -> int:
        """See `TextLength`."""
        return end - start

    def reach(self, start: int, count: int) -> int:
        """See `TextLength`."""
        return min(self._length, start + count)

    def reach_back(self, end: int, count: int) -> int:
        """See `TextLength`."""
        return max(0, end - count)


class Tokens:
    """Counts the tokens of a Hugging Face tokenizer, special tokens left out."""

    def __init__(self, text: str, tokenizer: Any) -> None:
        # A lone surrogate cannot be tokenized; "?" is as long, so all offsets stay true.
        self._text = text.encode("utf-8", "replace").decode()
        self._tokenizer = tokenizer
        self._starts = array("Q", self._token_starts())

    def size(self, start: int, end: int) -> int:
        """See `TextLength`."""
        return len(self._encode(self._text[start:end]).ids)

    def reach(self, start: int, count: int) -> int:
        """See `TextLength`."""
        beyond = bisect_left(self._starts, start) + count
        return self._starts[beyond] if beyond < len(self._starts) else len(self._text)

    def reach_back(self, end: int, count: int) -> int:
        """See `TextLength`."""
        if not count:
            return end
        first = bisect_left(self._starts, end) - count
        return self._starts[first] if first >= 0 else 0

    def _token_starts(self) -> Iterator[int]:
        for start, end in self._windows():
            for token_start, _ in self._encode(self._text[start:end]).offsets:
                yield start + token_start

    def _windows(self) -> Iterator[tuple[int, int]]:
        """Cut the text at line ends: one encoding of a whole book would fill the memory."""
        start = 0
        while start < len(self._text):
            line_end = self._text.find("\n", start + _WINDOW, start + 2 * _WINDOW) + 1
            end = line_end or min(len(self._text), start + 2 * _WINDOW)
            yield start, end
            start = end

    def _encode(self, words: str) -> Any:
        return self._tokenizer.encode(words, add_special_tokens=False)


def text_length(text: str, tokenizer: str | None) -> TextLength:
    """Give what measures this text: by characters, or by the tokens of the named tokenizer."""
    return Characters(text) if tokenizer is None else Tokens(text, load_tokenizer(tokenizer))


@lru_cache(maxsize=4)
def load_tokenizer(name: str) -> Any:
    """Load a tokenizer.

    Args:
        name: A repository of the Hub (`Qwen/Qwen2.5-7B`), a `tokenizer.json`, its folder, or
            `tiktoken:<encoding or model>`.

    Raises:
        MissingExtra: The package `tokenizers`, or `tiktoken`, is not installed.
        ConfigurationError: There is no such tokenizer, or it cannot be reached.
    """
    if name.startswith(TIKTOKEN):
        return _Tiktoken(name.removeprefix(TIKTOKEN))
    try:
        tokenizer_class = import_module("tokenizers").Tokenizer
    except ImportError as error:
        raise MissingExtra("Counting tokens", "tokenizers", "tokenizers") from error
    path = Path(name)
    path = path / "tokenizer.json" if path.is_dir() else path
    load = tokenizer_class.from_file if path.is_file() else tokenizer_class.from_pretrained
    try:
        tokenizer = load(str(path) if path.is_file() else name)
    # The package raises bare Exception for everything, from "no network" to "not JSON".
    except Exception as error:  # noqa: BLE001
        from hf_sft_builders.sources.hub_trouble import hub_trouble, words_of

        told = hub_trouble(error) or words_of(error)
        raise ConfigurationError(
            f"The tokenizer {name!r} cannot be loaded: {told} Expected the name of a repository "
            "on the Hub with a tokenizer.json, or the path of such a file. Check the name and the "
            "connection, or leave `tokenizer` out to count characters."
        ) from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


@dataclass(frozen=True, slots=True)
class _Encoding:
    """Tokens, as the package `tokenizers` gives them."""

    ids: list[int]
    offsets: list[tuple[int, int]]


class _Tiktoken:
    """The tokenizers of OpenAI's models, in the form of those of Hugging Face."""

    def __init__(self, name: str) -> None:
        try:
            tiktoken = import_module("tiktoken")
        except ImportError as error:
            raise MissingExtra("Counting tokens of OpenAI's models", "tiktoken", "tiktoken") from (
                error
            )
        try:
            known = name in tiktoken.list_encoding_names()
            load = tiktoken.get_encoding if known else tiktoken.encoding_for_model
            self._encoding = load(name)
        # Unknown names are KeyError, missing networks whatever `requests` raises.
        except Exception as error:
            raise ConfigurationError(
                f"The tokenizer 'tiktoken:{name}' cannot be loaded: {error}. Expected an encoding "
                f"({', '.join(tiktoken.list_encoding_names())}) or the name of a model. Check the "
                "name and the connection."
            ) from error

    def encode(self, words: str, add_special_tokens: bool = False) -> _Encoding:
        """Give the tokens; special ones in the text are plain text."""
        ids = self._encoding.encode_ordinary(words)
        _, starts = self._encoding.decode_with_offsets(ids) if ids else ("", [])
        return _Encoding(ids, list(zip(starts, [*starts[1:], len(words)], strict=True)))
