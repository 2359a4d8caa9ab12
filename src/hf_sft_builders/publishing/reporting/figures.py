"""What a report shows, put in order once: the facts that text and page share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hf_sft_builders.publishing.reporting.distribution import Distribution
from hf_sft_builders.publishing.reporting.report import Report
from hf_sft_builders.publishing.reporting.wording import Words

Line = tuple[str, str]
"""Its name and what it says."""


def percent(part: int, whole: int) -> str:
    """Give a share: `12.5 %`; what is there is never shown as 0."""
    share = 100 * part / whole if whole else 0.0
    return "< 0.1 %" if 0 < share < 0.1 else f"{share:.1f} %"


def number(value: float) -> str:
    """Give a number without a needless fraction."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.1f}"


def overview(report: Report, words: Words) -> Iterator[Line]:
    """What the rows are."""
    splits = {name: rows for name, rows in report.splits.items() if name}
    if splits:
        yield words("splits"), ", ".join(f"{name} {rows:,}" for name, rows in splits.items())
    yield words("format"), report.format or words("no format")
    counts = report.manifest.get("counts", {})
    units = [(words(unit), counts.get(f"{unit}s", 0)) for unit in ("document", "page", "chunk")]
    made = " → ".join(f"{count:,} {unit}" for unit, count in units if count)
    if made:
        yield words("made"), f"{made} → {words.count(counts.get('rows', report.rows))}"
    if report.models:
        yield words("models"), ", ".join(_model(name, words) for name in report.models)
    used = {name: n for name, n in report.manifest.get("usage", {}).items() if n}
    known = [f"{n:,} {words(name)}" for name, n in used.items() if name in _USAGE]
    if known:
        yield words("usage"), ", ".join(known)
    if report.cost is not None:
        yield words("cost"), f"{report.cost:,.2f}"
    if report.reviewed:
        told = ", ".join(f"{words.of_label(k)} {n:,}" for k, n in report.reviewed.items())
        yield words("reviewed"), told


def quality(report: Report, words: Words) -> Iterator[Line]:
    """What may be wrong with the rows."""
    for name, rows in report.repeated.items():
        told = f"{words.count(rows)} ({percent(rows, report.rows)})"
        yield words(f"repeated {name}"), told + _nearly(report, name, words)
    reached = [(limit, rows) for limit, rows in report.over.items() if rows]
    for limit, rows in reached:
        told = f"{words.count(rows)} ({percent(rows, report.rows)})"
        yield words("over", limit=f"{limit:,}"), told
    if not reached:
        yield words("over", limit=f"{min(report.over):,}"), words("over none")


def _nearly(report: Report, name: str, words: Words) -> str:
    """Say how many rows repeat another nearly, and of how many that were compared."""
    if name not in report.nearly_repeated:
        return ""
    rows, seen = report.nearly_repeated[name], report.nearly_seen
    share = percent(rows, seen)
    if seen < report.rows:
        share = words("of the first", share=share, n=f"{seen:,}")
    return words("or nearly", rows=words.count(rows), share=share)


def lengths(report: Report, words: Words) -> Iterator[tuple[str, Distribution]]:
    """The distributions that there are, with their headings."""
    yield words("tokens"), report.tokens
    if report.question.rows:
        yield words("question"), report.question
    yield words("answer" if report.question.rows else "text"), report.answer


def spread(found: Distribution, words: Words) -> str:
    """Sum a distribution up in one line."""
    named = {"median": found.median, "p95": found.p95, "maximum": float(found.maximum)}
    return " · ".join(f"{words(name)} {number(value)}" for name, value in named.items())


def counting(report: Report, words: Words) -> str:
    """Say who counted the tokens."""
    if report.tokenizer:
        return words("counted by", name=report.tokenizer)
    return words("estimated")


def losses(report: Report, words: Words) -> Iterator[tuple[str, Mapping[str, int]]]:
    """What did not become rows: heading, and reason → count."""
    for name in ("drops", "failures", "ignored", "unreadable", "noted"):
        reasons = report.manifest.get(name)
        if reasons:
            yield words(name), reasons


def license_name(license_id: str, words: Words) -> str:
    """Name a license; `unknown` in the reader's language."""
    return words("unknown") if license_id == "unknown" else license_id


_USAGE = ("calls", "cached", "refused", "tokens_in", "tokens_out", "tokens_reasoning")


def _model(name: str, words: Words) -> str:
    return words("extractive") if name == "extractive" else name
