"""How a document is cut: the one place that holds the defaults, and checks them together."""

from __future__ import annotations

from dataclasses import dataclass

from hf_sft_builders.errors import ConfigurationError

_BELONGS_TO = {
    "separator": "separator",
    "code_language": "code",
    "embedding_model": "semantic",
    "embedding_url": "semantic",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunking:
    r"""How a document is cut into chunks.

    Example:
        >>> Chunking(splitter="sentence", min_size=0)  # one sentence, one chunk
        >>> Chunking(splitter="separator", separator="\n---\n")

    Raises:
        UnknownName: There is no such splitter.
        ConfigurationError: Sizes that contradict each other, or an option of another splitter.
    """

    min_size: int = 300
    """A shorter section is joined with those after it."""
    max_size: int = 1500
    """A longer section is cut."""
    overlap: int = 0
    """At most how much of the chunk before is repeated where a section had to be cut."""
    tokenizer: str | None = None
    """Counts sizes in this tokenizer's tokens: a repository of the Hub, a tokenizer.json, or
    `tiktoken:<encoding or model>`. Characters are counted where it is `None`."""
    splitter: str = "headings"
    """Which places are looked for: `documents.splitters.SPLITTERS` names them."""
    separator: str | None = None
    """Of the splitter `separator`: the text after which a chunk ends."""
    code_language: str | None = None
    """Of the splitter `code`; by the file's suffix where it is `None`."""
    embedding_model: str | None = None
    """Of the splitter `semantic`: a model behind an OpenAI-compatible endpoint."""
    embedding_url: str | None = None
    """Address of that endpoint; `OPENAI_BASE_URL` where it is `None`."""

    def __post_init__(self) -> None:
        for name in ("min_size", "max_size", "overlap"):
            _check_count(name, getattr(self, name), at_least=int(name == "max_size"))
        if self.min_size > self.max_size:
            raise ConfigurationError(
                f"Chunking: min_size is {self.min_size} and max_size is {self.max_size}; expected "
                "min_size <= max_size (of a builder: min_chunk_size <= chunk_size). Lower the first "
                "or raise the second."
            )
        if self.overlap >= self.max_size:
            raise ConfigurationError(
                f"Chunking: overlap is {self.overlap} and max_size is {self.max_size}; expected "
                "overlap < max_size (of a builder: chunk_overlap < chunk_size), or no chunk would "
                "hold anything new. Lower the first."
            )
        self._check_splitter()

    def _check_splitter(self) -> None:
        from hf_sft_builders.documents.splitters import get_splitter

        for option, splitter in _BELONGS_TO.items():
            if getattr(self, option) is not None and self.splitter != splitter:
                raise ConfigurationError(
                    f"Chunking: {option}={getattr(self, option)!r} is an option of the splitter "
                    f"{splitter!r}, but splitter={self.splitter!r}. Pass splitter={splitter!r}, or "
                    f"leave {option} out."
                )
        get_splitter(self.splitter).check(self)


def _check_count(name: str, value: object, at_least: int) -> None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= at_least:
        return
    raise ConfigurationError(
        f"Chunking: {name} is {value!r}; expected a whole number of at least {at_least}. "
        f"Give {name}={at_least} or more, or leave it out."
    )
