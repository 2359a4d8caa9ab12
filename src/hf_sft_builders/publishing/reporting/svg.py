"""Plots as plain SVG: text stays text, with fonts that have Chinese, in light and dark.

A picture has its own ground, so it can be read on a page of either kind. Nothing is fetched, and no
script runs.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from hf_sft_builders.publishing.escaping import in_html, one_line

FONTS = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans CJK SC', "
    "'Noto Sans SC', 'Source Han Sans SC', 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', "
    "'WenQuanYi Micro Hei', SimHei, sans-serif"
)
"""Latin first, then the Chinese fonts of Linux, macOS and Windows."""

LIGHT = {
    "ground": "#ffffff",
    "ink": "#1f2933",
    "soft": "#5b6773",
    "line": "#e3e7eb",
    "bar": "#3b73af",
    "rest": "#aebfd0",
    "mark": "#b4530a",
}
DARK = {
    "ground": "#14181d",
    "ink": "#e6eaee",
    "soft": "#9aa6b2",
    "line": "#2c333b",
    "bar": "#6ea3dc",
    "rest": "#45556a",
    "mark": "#f0a35e",
}
WIDTH = 640
_LABELS = 190
_VALUES = 110
_PAD = 20


def variables(colors: dict[str, str]) -> str:
    """Give colors as CSS variables."""
    return "".join(f"--{name}:{color};" for name, color in colors.items())


RULES = (
    ".plot text{fill:var(--ink);font-size:13px}"
    ".plot .head{font-size:16px;font-weight:600}"
    ".plot .soft{fill:var(--soft);font-size:12px}"
    ".plot .num{font-variant-numeric:tabular-nums}"
    ".plot .ground{fill:var(--ground)}"
    ".plot .bar{fill:var(--bar)}.plot .rest{fill:var(--rest)}"
    ".plot .line{stroke:var(--line);stroke-width:1}"
    ".plot .mark{stroke:var(--mark);stroke-width:1.5;stroke-dasharray:4 3}"
    ".plot .told{fill:var(--mark);font-size:12px}"
)
STYLE = (
    f".plot{{{variables(LIGHT)}font-family:{FONTS}}}"
    f"@media (prefers-color-scheme:dark){{.plot{{{variables(DARK)}}}}}" + RULES
)


@dataclass(frozen=True)
class Bar:
    """One bar."""

    name: str
    value: int
    told: str
    """What stands behind it."""
    depth: int = 0
    """How far the name is moved in, for trees."""
    rest: bool = False
    """Whether it sums up what is not shown."""


def as_file(plot: str) -> str:
    """Make a picture that stands alone of a plot."""
    start, rest = plot.split(">", 1)
    return f'{start} xmlns="http://www.w3.org/2000/svg"><style>{STYLE}</style>{rest}\n'


def columns(
    title: str, note: str, values: Sequence[int], step: int, open_end: bool, words: tuple[str, str]
) -> list[str]:
    """Draw upright bars over a scale of numbers; parts of a plot that is 214 high.

    Args:
        title: Heading.
        note: A line below it.
        values: Height of each bar.
        step: Width of a bar on the scale.
        open_end: Whether the last bar also holds what is longer.
        words: What the heights count, and what stands behind an open end.
    """
    left, right, top, bottom = 56, WIDTH - _PAD, 86, 184
    most = max(values, default=1) or 1
    ticks = _ticks(most)
    scale = (bottom - top) / max(ticks[-1], most)
    wide = (right - left) / max(1, len(values))
    parts = [*_heading(title, note), _text(words[0], left - 8, 69, "soft", "end")]
    for tick in ticks:
        y = bottom - tick * scale
        parts.append(f'<line class="line" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(f"{tick:,}", left - 8, y + 4, "soft num", "end"))
    for place, value in enumerate(values):
        last = place == len(values) - 1
        kind = "rest" if last and open_end else "bar"
        low = f"{place * step:,}"
        span = f"{low} {words[1]}" if last and open_end else f"{low}-{(place + 1) * step - 1:,}"
        parts.append(
            f'<rect class="{kind}" x="{left + place * wide + 1:.1f}" y="{bottom - value * scale:.1f}" '
            f'width="{max(1.0, wide - 2):.1f}" height="{value * scale:.1f}" rx="1.5">'
            f"<title>{in_html(span)}: {value:,} {in_html(words[0])}</title></rect>"
        )
    every = -(-len(values) // 6)
    for place in range(0, len(values) + 1, every):
        x = left + place * wide
        anchor = "end" if x > right - 20 else "start" if place == 0 else "middle"
        parts.append(_text(f"{place * step:,}", x, bottom + 18, "soft num", anchor))
    return parts


def mark(value: float, told: str, step: int, bars: int) -> list[str]:
    """Draw a line at one place of the scale of `columns`."""
    left, right = 56, WIDTH - _PAD
    x = left + min(1.0, value / (step * max(1, bars))) * (right - left)
    anchor, shift = ("end", -5) if x > WIDTH * 0.6 else ("start", 5)
    return [
        f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="66" y2="184"/>',
        _text(told, x + shift, 70, "told num", anchor),
    ]


def bars(title: str, note: str, found: Sequence[Bar]) -> str:
    """Draw lying bars with a name before and a number behind each."""
    top = 62 if note else 46
    height = top + 26 * len(found) + 10
    most = max((bar.value for bar in found if not bar.rest), default=1) or 1
    room = WIDTH - 2 * _PAD - _LABELS - _VALUES
    parts = _heading(title, note)
    for place, bar in enumerate(found):
        y, x = top + 26 * place, _PAD + 14 * bar.depth
        size = max(2.0, room * min(bar.value, most) / most) if bar.value else 0.0
        name = one_line(bar.name, 200)
        shown = _fitting(name, _LABELS - 12 - 14 * bar.depth)
        parts.append(f"<g><title>{in_html(name)}: {in_html(bar.told)}</title>")
        parts.append(_text(shown, x, y + 13, "soft" if bar.rest else "", "start"))
        parts.append(
            f'<rect class="{"rest" if bar.rest else "bar"}" x="{_PAD + _LABELS}" y="{y}" '
            f'width="{size:.1f}" height="17" rx="2"/>'
        )
        parts.append(
            _text(bar.told, _PAD + _LABELS + size + 8, y + 13, "soft num", "start") + "</g>"
        )
    return plot(parts, height, title)


def plot(parts: Sequence[str], height: int, title: str) -> str:
    """Put the parts of a plot on its ground."""
    return (
        f'<svg class="plot" role="img" aria-label="{in_html(title)}" '
        f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="8"/>{"".join(parts)}</svg>'
    )


def below(parts: Sequence[str], y: int) -> str:
    """Move parts of a plot down."""
    return f'<g transform="translate(0 {y})">{"".join(parts)}</g>'


def _heading(title: str, note: str) -> list[str]:
    return [
        _text(title, _PAD, 30, "head", "start"),
        *([_text(_fitting(note, WIDTH - 2 * _PAD), _PAD, 49, "soft", "start")] if note else []),
    ]


def _text(words: str, x: float, y: float, kind: str, anchor: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{in_html(words)}</text>'


def _fitting(text: str, width: float) -> str:
    """Cut a text to a width in pixels, by guess: 13 for Chinese characters, 7.2 for others."""
    if _wide(text) <= width:
        return text
    while text and _wide(text) > width - 11:
        text = text[:-1]
    return text.rstrip() + "…"


def _wide(text: str) -> float:
    return sum(13.0 if unicodedata.east_asian_width(mark) in "WF" else 7.2 for mark in text)


def _ticks(most: int) -> list[int]:
    """Give two to five round numbers from 0 up to the largest or a little above."""
    scale = 10 ** (len(str(most)) - 1)
    steps = (scale // 2 or 1, scale, 2 * scale, 5 * scale)
    step = next(step for step in steps if most / step <= 4.5)
    return list(range(0, -(-most // step) * step + 1, step))
