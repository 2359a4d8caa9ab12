"""Options of a builder: what changes rows is config, what does not is kept out of the cache key.

`datasets` hashes every config value into the cache key, and even writes short ones into the cache
path. So a builder parts its keyword arguments first: `RUNTIME_OPTIONS` (how to talk to the endpoint,
secrets, limits) stay on the builder object, which is what reaches the workers of `num_proc`; the
rest become fields of the config.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar

import datasets

from hf_sft_builders.builders.option_types import check_types
from hf_sft_builders.documents import Chunking, ReaderOptions, ReadingLimits, as_page_reader
from hf_sft_builders.errors import ConfigurationError, FormatError, UnknownName
from hf_sft_builders.formats import get_format
from hf_sft_builders.ledger import MAX_FAILURES
from hf_sft_builders.llm import Limits, Runtime
from hf_sft_builders.quality.choosing import as_gates
from hf_sft_builders.records import record_table
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE
from hf_sft_builders.synthesis.json_fields import JsonFields
from hf_sft_builders.synthesis.judge import read_rubric
from hf_sft_builders.synthesis.label_domains import as_tree
from hf_sft_builders.synthesis.label_set import LabelSet
from hf_sft_builders.synthesis.prompts import Prompts

RUNTIME_OPTIONS = (*Limits.__annotations__, "api_key", "password")

_ENGINES = ("pdfium", "pypdf")
_PAGES = ("text", "auto", "vision")


@dataclass
class ReadingConfig(datasets.BuilderConfig):
    """Options of every builder that reads documents."""

    chunk_size: int = 1500
    """Longest chunk, in characters, or in tokens of `tokenizer`."""
    min_chunk_size: int = 300
    """Sections shorter than this are put together."""
    chunk_overlap: int = 0
    """How much of the chunk before a chunk repeats."""
    tokenizer: str | None = None
    """Name of a Hugging Face tokenizer, path of a tokenizer.json, or `tiktoken:…`; sizes are then
    tokens."""
    splitter: str = "headings"
    """Which places chunks end at: `headings`, `sentence`, `pages`, …"""
    separator: str | None = None
    """Of the splitter `separator`: the text after which a chunk ends."""
    code_language: str | None = None
    """Of the splitter `code`; by the file's suffix where it is not named."""
    embedding_model: str | None = None
    """Of the splitter `semantic`."""
    embedding_url: str | None = None
    """Address of its endpoint; `OPENAI_BASE_URL` by default."""
    pdf_engine: str = "pdfium"
    """`pdfium` (fast, reads Chinese well) or `pypdf`."""
    pages: str = "text"
    """`text`: the text layer; `auto`: pages without a good one are read as pictures; `vision`:
    all are."""
    vision_model: Any = None
    """Who reads pictures of pages: a model's name, a `ChatModel`, `mineru`, or a `PageReader`."""
    vision_url: str | None = None
    """Address of its endpoint, or of the MinerU server; `OPENAI_BASE_URL` by default."""
    max_file_mb: int = 1024
    """Larger files are not opened, and counted as too large."""
    text_field: str = ""
    """Where objects of JSON and JSONL hold their text; found by its name if not given."""
    sandbox: bool = True
    """Read files in a process of its own, so that a hostile one cannot take the run down."""
    max_seconds: int = 300
    """A file that takes longer is given up, and counted."""
    max_memory_mb: int = 4096
    """A file that needs more memory is given up, and counted."""
    domain_tree: Any = None
    """A `sft.DomainTree`, or the path of its file: rows get one of its labels in `domain`."""
    license: str | None = None
    """License of the documents, where you know it (`cc-by-4.0`); beats what files say."""
    validation_fraction: float = 0.0
    """Share of the documents that become the `validation` split, decided by their content."""
    preview: int | None = None
    """Make only so many rows of each split, to look at them."""
    provenance: bool = True
    """Whether rows carry their provenance beside the id."""
    unlocked: tuple[str, ...] = field(default=())
    """Set by the builder: which protected files the password opened (content hashes)."""
    license_stamps: tuple[tuple[str, str], ...] = field(default=())
    """Set by the builder: the LICENSE files beside the documents, and when they changed."""
    attempt: int = 0
    """Set by the builder: counts up after a run that left failures, so they are tried again."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.chunking()
        _one_of("pdf_engine", self.pdf_engine, _ENGINES)
        _one_of("pages", self.pages, _PAGES)
        _check_vision(self.pages, self.vision_model, self.vision_url)
        if self.preview is not None and self.preview < 1:
            raise ConfigurationError(f"preview={self.preview}; expected 1 or more rows, or None.")
        if not 0 <= self.validation_fraction < 1:
            raise ConfigurationError(
                f"validation_fraction={self.validation_fraction}; expected a share of the documents "
                "from 0 up to, not including, 1."
            )

    def reader_options(self, run: RunOptions) -> ReaderOptions:
        """Give what readers are told."""
        reader = None
        if self.vision_model is not None:
            reader = as_page_reader(self.vision_model, self.vision_url, run.runtime)
        return ReaderOptions(self.pdf_engine, run.passwords, self.text_field, self.pages, reader)

    def limits(self) -> ReadingLimits | None:
        """Give what one file may use, None without a sandbox."""
        return ReadingLimits(float(self.max_seconds), self.max_memory_mb) if self.sandbox else None

    def chunking(self) -> Chunking:
        """Give the chunking that these options ask for."""
        return Chunking(
            min_size=min(self.min_chunk_size, self.chunk_size)
            if self.min_chunk_size == ReadingConfig.min_chunk_size
            else self.min_chunk_size,
            max_size=self.chunk_size,
            overlap=self.chunk_overlap,
            tokenizer=self.tokenizer,
            splitter=self.splitter,
            separator=self.separator,
            code_language=self.code_language,
            embedding_model=self.embedding_model,
            embedding_url=self.embedding_url,
        )


@dataclass
class ConversationConfig(ReadingConfig):
    """Options of builders that make conversations."""

    format: str = "messages"
    """`sft.list_formats()` names them."""
    model: Any = EXTRACTIVE
    """`extractive` (no language model), a model's name, or a `ChatModel`."""
    base_url: str | None = None
    """Address of an OpenAI-compatible endpoint; `OPENAI_BASE_URL` by default."""
    model_id: str | None = None
    """Name of the model's identity where its address changes but it does not."""
    language: str = ""
    """Language of the prompts (`zh`, `en`); the document's by default."""
    chars_per_question: int = 240
    """A model is asked for one pair per so many characters."""
    temperature: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    gates: Any = ()
    """Gates that rows pass, or names of gates; what they drop is counted."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _refuse_format(self.format, self.smallest_record(), self.makes)

    makes: ClassVar[str] = "questions and answers"

    def smallest_record(self) -> dict[str, Any]:
        """Give what every row says at least; a format without a place for it is refused."""
        return {"messages": QUESTION_AND_ANSWER}


QUESTION_AND_ANSWER = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]


def _refuse_format(name: str, record: dict[str, Any], makes: str) -> None:
    """What a builder makes must have a place in the format, and be all that it asks for."""
    columns = {column: [value] for column, value in record.items()}
    try:
        get_format(name).from_records(record_table(columns, 1))
    except FormatError as error:
        raise ConfigurationError(f"format={name!r} does not fit {makes}: {error}") from error


@dataclass(frozen=True)
class RunOptions:
    """What a run needs and its rows do not depend on."""

    runtime: Runtime = field(default_factory=Runtime)
    passwords: tuple[str, ...] = field(default=(), repr=False)
    max_failures: float = MAX_FAILURES
    """Largest share of failed inputs, after 20 of them."""
    endpoint: tuple[Any, str | None] | None = None
    """Model and address, where `model_id` stands for both in the cache key."""


def part_options(
    given: dict[str, Any], config_class: type[datasets.BuilderConfig]
) -> tuple[dict[str, Any], dict[str, Any], RunOptions]:
    """Part keyword arguments into those of `datasets`, those of the config, and those of the run.

    Config values that equal the default are left out, so that writing the default changes no key.

    Raises:
        UnknownName: for an option that nobody knows, with the nearest one.
    """
    ours = set(inspect.signature(datasets.DatasetBuilder.__init__).parameters) - {"self"}
    defaults = {f.name: f.default for f in fields(config_class) if f.name not in INTERNAL_FIELDS}
    library = {name: value for name, value in given.items() if name in ours}
    rest = {name: value for name, value in given.items() if name not in ours}
    own = getattr(config_class, "own_readers", {})
    check_types({name: value for name, value in rest.items() if name not in own})
    for name, as_value in {**AS_VALUES, **own}.items():  # a file's words are the key, not its path
        if rest.get(name) is not None:
            rest[name] = as_value(rest[name])
    run = {name: rest.pop(name) for name in RUNTIME_OPTIONS if name in rest}
    for name in rest:
        if name not in defaults:
            raise UnknownName(
                "option", name, {*defaults, *RUNTIME_OPTIONS, "data_dir", "data_files"}
            )
    config = {name: value for name, value in rest.items() if _differs(value, defaults[name])}
    if config.get("model_id"):
        run["endpoint"] = (config.pop("model", EXTRACTIVE), config.pop("base_url", None))
    return library, config, _run_options(run)


AS_VALUES: dict[str, Callable[[Any], Any]] = {
    "domain_tree": as_tree,
    "gates": as_gates,
    "labels": LabelSet.of,
    "prompts": Prompts.of,
    "rubric": read_rubric,
    "schema": JsonFields.of,
}
"""Options that may name a file, and how the value that they stand for is read."""

INTERNAL_FIELDS = {
    "name",
    "version",
    "data_dir",
    "data_files",
    "description",
    "unlocked",
    "license_stamps",
    "attempt",
}


def _differs(value: Any, default: Any) -> bool:
    return type(value) is not type(default) or bool(value != default)


def _run_options(run: dict[str, Any]) -> RunOptions:
    password = run.pop("password", None) or ()
    endpoint = run.pop("endpoint", None)
    limit = run.pop("max_failures", RunOptions.max_failures)
    if not 0 <= limit <= 1:
        raise ConfigurationError(
            f"max_failures={limit}; expected a share from 0 to 1, such as 0.05."
        )
    passwords = (password,) if isinstance(password, str) else tuple(password)
    runtime = Runtime(**run)
    runtime = replace(runtime, budget=runtime.new_budget())  # one for all splits and shards
    return RunOptions(runtime, passwords, limit, endpoint)


def _check_vision(pages: str, model: Any, url: str | None) -> None:
    if pages == "text" and (model is not None or url is not None):
        raise ConfigurationError(
            "vision_model= and vision_url= say who reads pictures of pages, and pages='text' takes "
            "none. Pass pages='auto', or 'vision' for every page."
        )
    if pages != "text" and model is None:
        raise ConfigurationError(
            f"pages={pages!r} needs somebody who reads pictures. Pass vision_model=: the name of a "
            "vision model (and vision_url= for a server of your own), or 'mineru'."
        )


def _one_of(option: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UnknownName(option, value, known)
