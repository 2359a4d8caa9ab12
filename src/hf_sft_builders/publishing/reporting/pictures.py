"""The plots of a report, each a picture by itself."""

from __future__ import annotations

from collections.abc import Mapping

from hf_sft_builders.publishing.reporting import figures, svg
from hf_sft_builders.publishing.reporting.report import Report
from hf_sft_builders.publishing.reporting.wording import Words

_SHOWN = 16
_PANEL = 214
_SEPARATOR = "/"


def pictures(report: Report, language: str) -> dict[str, str]:
    """Give the plots as SVG files by name; `language` is `en` or `zh`."""
    return {name: svg.as_file(plot) for name, plot in plots(report, Words(language)).items()}


def plots(report: Report, words: Words) -> dict[str, str]:
    """Give the plots as SVG elements by name; only those that show something."""
    drawn = {"lengths": _lengths(report, words)}
    if len(report.turns) > 1:
        turns = {words("turn" if n == 1 else "turns n", n=n): r for n, r in report.turns.items()}
        drawn["turns"] = _bars(words("turns"), "", turns, words)
    if len(report.languages) > 1:
        spoken = {words.of_language(code): n for code, n in report.languages.items()}
        note = words("looked at", n=f"{report.languages_seen:,}")
        drawn["languages"] = _bars(words("languages"), note, spoken, words)
    for column, found in report.labels.items():
        named = {words.of_label(label): n for label, n in found.items()}
        if column == "domain":
            drawn["domains"] = _tree(words.of_column(column), named, words)
        else:
            drawn[column] = _bars(words.of_column(column), "", named, words)
    if report.manifest.get("drops"):
        drawn["drops"] = _bars(words("drops"), "", report.manifest["drops"], words)
    return drawn


def _lengths(report: Report, words: Words) -> str:
    parts, found = [], list(figures.lengths(report, words))
    for place, (title, spread) in enumerate(found):
        note = figures.spread(spread, words)
        if place == 0:
            note = f"{note} · {figures.counting(report, words)}"
        names = (words("row axis"), words("and longer"))
        panel = svg.columns(title, note, spread.bars, spread.step, spread.open_end, names)
        told = f"{words('median')} {figures.number(spread.median)}"
        panel += svg.mark(spread.median, told, spread.step, len(spread.bars))
        parts.append(svg.below(panel, place * _PANEL))
    return svg.plot(parts, _PANEL * len(found) + 6, words("tokens"))


def _bars(title: str, note: str, found: Mapping[str, int], words: Words) -> str:
    whole = sum(found.values())
    shown = [
        svg.Bar(name or words("unknown"), count, _told(count, whole))
        for name, count in list(found.items())[:_SHOWN]
    ]
    rest = list(found.values())[_SHOWN:]
    if rest:
        name = words("others", n=f"{len(rest):,}")
        shown.append(svg.Bar(name, sum(rest), _told(sum(rest), whole), rest=True))
    return svg.bars(title, note, shown)


def _tree(title: str, found: Mapping[str, int], words: Words) -> str:
    """Draw paths of labels as a tree: each branch with the sum of what stands below it."""
    whole = sum(found.values())
    branches = [(path, count) for path, count in branch_sums(found).items()]
    shown = [
        svg.Bar(path[-1] or words("unknown"), count, _told(count, whole), len(path) - 1)
        for path, count in branches[: 2 * _SHOWN]
    ]
    rest = len(branches) - len(shown)
    if rest > 0:
        shown.append(svg.Bar(words("others", n=f"{rest:,}"), 0, "", rest=True))
    return svg.bars(title, "", shown)


def branch_sums(found: Mapping[str, int]) -> dict[tuple[str, ...], int]:
    """Sum labels that are paths (`旅行/住宿`) up to their branches, larger branches first.

    Example:
        >>> branch_sums({"a/x": 1, "b": 2, "a/y": 3})
        {('a',): 4, ('a', 'y'): 3, ('a', 'x'): 1, ('b',): 2}
    """
    sums: dict[tuple[str, ...], int] = {}
    for label, count in found.items():
        path = tuple(label.split(_SEPARATOR))
        for depth in range(1, len(path) + 1):
            sums[path[:depth]] = sums.get(path[:depth], 0) + count

    def place(path: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
        return tuple((-sums[path[: n + 1]], path[n]) for n in range(len(path)))

    return {path: sums[path] for path in sorted(sums, key=place)}


def _told(count: int, whole: int) -> str:
    return f"{count:,} ({figures.percent(count, whole)})"
