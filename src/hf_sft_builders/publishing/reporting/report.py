"""What a report holds, and the forms it is given in: text, JSON, a page, pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import ConfigurationError, PublishError
from hf_sft_builders.publishing.reporting.distribution import Distribution

LIMITS = (1024, 2048, 4096, 8192, 32768)
"""Tokens at which trainers are commonly told to cut."""


@dataclass(frozen=True)
class SourceRows:
    """One source, and how many rows come from it."""

    name: str
    title: str
    license: str
    """License id, or `unknown`."""
    rows: int | None
    """None where only the manifest names it."""


@dataclass(frozen=True)
class StepRows:
    """One step that rows went through, and how many did."""

    step: str
    model: str
    prompt: str
    prompt_sha256: str
    parameters: str
    """JSON text, as the op wrote it."""
    rows: int


@dataclass(frozen=True)
class Report:
    """What a dataset holds; `str(report)` is a table for people.

    Example:
        >>> report = sft.report(ds)
        >>> print(report)
        >>> report.save("report.html", language="zh")
    """

    title: str
    rows: int
    splits: dict[str, int]
    format: str
    """Name of the format the rows have; empty where they are of none."""
    tokenizer: str
    """Who counted tokens; empty where they are estimated."""
    tokens: Distribution
    question: Distribution
    """Characters of what the model reads; of no rows where these are no conversations."""
    answer: Distribution
    """Characters of what the model learns to say; else of the text."""
    turns: dict[int, int]
    """Questions in a row → rows."""
    over: dict[int, int]
    """Tokens → rows that are longer."""
    languages: dict[str, int]
    """ISO 639 code, "" where it cannot be told → rows of those looked at."""
    languages_seen: int
    """Rows whose language was looked at."""
    labels: dict[str, dict[str, int]]
    """Column → label → rows; labels of the domain tree are paths."""
    repeated: dict[str, int]
    """`row`, `question`, `answer` → rows in which it stood before."""
    nearly_repeated: dict[str, int]
    """`row`, `question`, `answer` → rows of those looked at that repeat an earlier one, exactly or
    nearly (Jaccard 0.8): what `sft.deduplicate(method="near")` leaves out."""
    nearly_seen: int
    """Rows that were compared for that."""
    sources: tuple[SourceRows, ...]
    licenses: dict[str, int]
    """License → rows."""
    rows_without_source: int
    models: dict[str, int]
    """Model → rows that it wrote in."""
    steps: tuple[StepRows, ...]
    review_column: str
    """Name of the column that `reviewed` counts; empty without one."""
    reviewed: dict[str, int]
    """What a review column says → rows; empty without one."""
    cost: float | None = None
    """Of the tokens that the manifest counts, in the currency of `prices`; None without these."""
    manifest: dict[str, Any] = field(default_factory=dict)
    """Of the run, where one was found: `builder`, `counts`, `drops`, `failures`, `ignored`,
    `unreadable`, `usage`; lists of files as reason → count."""

    def to_dict(self) -> dict[str, Any]:
        """Give the report as JSON can say it."""
        found = asdict(self)
        return {**found, "turns": _text_keys(self.turns), "over": _text_keys(self.over)}

    def __str__(self) -> str:
        return self.text()

    def text(self, language: str = "en") -> str:
        """Give the report as lines for a terminal; `language` is `en` or `zh`."""
        from hf_sft_builders.publishing.reporting.text_page import text_page

        return text_page(self, language)

    def html(self, language: str = "en") -> str:
        """Give the report as one page that needs nothing else; `language` is `en` or `zh`."""
        from hf_sft_builders.publishing.reporting.html_page import html_page

        return html_page(self, language)

    def pictures(self, language: str = "en") -> dict[str, str]:
        """Give the plots as SVG by name; `language` is `en` or `zh`.

        `lengths` is always there; `turns`, `languages`, `domains`, `label`, `desirable` and `drops`
        where they show something.
        """
        from hf_sft_builders.publishing.reporting.pictures import pictures

        return pictures(self, language)

    def save(self, path: str | Path, language: str = "en") -> Path:
        """Write the report to a file, as its suffix says, or pictures into a folder.

        Args:
            path: `.html`, `.json`, `.txt`, `.md`; without a suffix a folder for the SVG files.
            language: `en` or `zh`.

        Returns:
            The path.

        Raises:
            ConfigurationError: for another suffix.
            PublishError: if it cannot be written.
        """
        path = Path(path)
        files = _files(self, path, language)
        try:
            for place, text in files.items():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise PublishError(f"{path}: cannot be written: {error}. Name another path.") from error
        return path


def _files(report: Report, path: Path, language: str) -> dict[Path, str]:
    if not path.suffix:
        drawn = report.pictures(language)
        return {path / f"{name}.svg": svg for name, svg in drawn.items()}
    kinds = {
        ".html": lambda: report.html(language),
        ".json": lambda: json.dumps(report.to_dict(), ensure_ascii=False, indent=2) + "\n",
        ".txt": lambda: report.text(language) + "\n",
        ".md": lambda: f"```text\n{report.text(language)}\n```\n",
    }
    if path.suffix not in kinds:
        raise ConfigurationError(
            f"{path}: a report is {', '.join(kinds)}, or a folder of pictures; got {path.suffix!r}."
        )
    return {path: kinds[path.suffix]()}


def _text_keys(numbers: Mapping[int, int]) -> dict[str, int]:
    return {str(key): value for key, value in numbers.items()}
