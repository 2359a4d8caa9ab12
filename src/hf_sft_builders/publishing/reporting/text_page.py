"""A report as lines for a terminal, with bars of block characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hf_sft_builders.publishing.escaping import one_line
from hf_sft_builders.publishing.reporting import figures
from hf_sft_builders.publishing.reporting.report import Report
from hf_sft_builders.publishing.reporting.wording import Words
from hf_sft_builders.terminal import display_width

_NAMES = 30
_BAR = 24
_SHOWN = 12
_LEVELS = " ▁▂▃▄▅▆▇█"


def text_page(report: Report, language: str) -> str:
    """Write the report as text; `language` is `en` or `zh`."""
    words = Words(language)
    head = f"{one_line(report.title)}: " if report.title else ""
    parts = [f"{head}{words.count(report.rows)}"]
    parts += _lines(figures.overview(report, words))
    parts += ["", *_lengths(report, words), "", words("concerns")]
    parts += _lines(figures.quality(report, words), "  ")
    if len(report.turns) > 1:
        turns = {words("turn" if n == 1 else "turns n", n=n): r for n, r in report.turns.items()}
        parts += _bars(words("turns"), turns, words)
    spoken = {words.of_language(code): n for code, n in report.languages.items()}
    seen = words("looked at", n=f"{report.languages_seen:,}")
    parts += _bars(f"{words('languages')} ({seen})", spoken, words)
    for column, found in report.labels.items():
        named = {words.of_label(label): n for label, n in found.items()}
        parts += _bars(words.of_column(column), named, words)
    parts += _origin(report, words)
    return "\n".join(line.rstrip() for line in parts)


def _lengths(report: Report, words: Words) -> Iterator[str]:
    for place, (name, found) in enumerate(figures.lengths(report, words)):
        by = f" ({figures.counting(report, words)})" if place == 0 else ""
        yield f"{name}{by}: {figures.spread(found, words)}"
        most = max(found.bars, default=1)
        drawn = "".join(_LEVELS[-(-8 * bar // most)] for bar in found.bars)
        last = found.step * len(found.bars)
        more = "+" if found.open_end else ""
        yield f"  0 {drawn} {last:,}{more}"


def _origin(report: Report, words: Words) -> Iterator[str]:
    if not report.manifest:
        yield ""
        yield f"{words('left out')}: {words('no manifest')}"
    for heading, reasons in figures.losses(report, words):
        yield from _bars(heading, reasons, words)
    named = {figures.license_name(one, words): rows for one, rows in report.licenses.items()}
    if report.rows_without_source:
        named[words("without source")] = report.rows_without_source
    yield from _bars(words("licenses"), named, words)
    sources = {one.name: one.rows for one in report.sources if one.rows is not None}
    yield from _bars(words("sources"), sources, words)


def _bars(heading: str, found: Mapping[str, int], words: Words) -> Iterator[str]:
    if not found:
        return
    yield ""
    yield heading
    most, whole = max(found.values()), sum(found.values())
    for name, count in list(found.items())[:_SHOWN]:
        bar = "█" * max(1, round(_BAR * count / most)) if count else ""
        told = f"{count:>9,}  {figures.percent(count, whole):>7}  {bar}"
        yield f"  {_padded(one_line(name, 80))} {told}"
    if len(found) > _SHOWN:
        yield f"  {words('more', n=f'{len(found) - _SHOWN:,}')}"


def _lines(lines: Iterable[figures.Line], before: str = "") -> Iterator[str]:
    """Write names and what they say below each other."""
    found = list(lines)
    wide = max([18, *(min(_NAMES, display_width(before + name)) for name, _ in found)])
    for name, told in found:
        yield f"{_padded(before + name, wide)} {one_line(told, 400)}"


def _padded(text: str, columns: int = _NAMES) -> str:
    """Cut and fill a text to a number of columns; Chinese characters take two."""
    if display_width(text) > columns:
        while display_width(text) > columns - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (columns - display_width(text))
