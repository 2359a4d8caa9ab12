"""A report as one page: no script, nothing fetched, light and dark by the reader's own setting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hf_sft_builders.publishing.escaping import in_html
from hf_sft_builders.publishing.reporting import figures, svg
from hf_sft_builders.publishing.reporting.pictures import plots
from hf_sft_builders.publishing.reporting.report import Report
from hf_sft_builders.publishing.reporting.wording import Words
from hf_sft_builders.version import __version__

_SHOWN = 200
_STYLE = (
    f":root{{color-scheme:light dark;{svg.variables(svg.LIGHT)}--page:#f4f6f8}}"
    f"@media (prefers-color-scheme:dark){{:root{{{svg.variables(svg.DARK)}--page:#0c0f12}}}}"
    f"body{{margin:0;background:var(--page);color:var(--ink);font:15px/1.55 {svg.FONTS}}}"
    "main{max-width:1336px;margin:0 auto;padding:28px 20px 48px}"
    "h1{font-size:26px;margin:0 0 2px;overflow-wrap:anywhere}"
    "h2{font-size:16px;margin:0 0 8px}p{margin:0 0 20px;color:var(--soft)}"
    "section{background:var(--ground);border-radius:8px;padding:16px 20px;overflow-x:auto}"
    ".grid{columns:2 480px;column-gap:16px}"
    ".grid>*{break-inside:avoid;margin:0 0 16px}"
    "svg.plot{display:block;width:100%;height:auto}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{padding:5px 12px 5px 0;text-align:left;vertical-align:top;"
    "border-bottom:1px solid var(--line);overflow-wrap:break-word}"
    "tr:last-child td{border-bottom:0}th{color:var(--soft);font-weight:500;white-space:nowrap}"
    "td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}"
    "td.k{color:var(--soft);white-space:nowrap}footer{color:var(--soft);margin-top:20px}"
    "@media print{body{background:#fff}section{break-inside:avoid}}" + svg.RULES
)


def html_page(report: Report, language: str) -> str:
    """Write the page; `language` is `en` or `zh`."""
    words = Words(language)
    title = report.title or words("report")
    drawn = plots(report, words)
    blocks = [
        _pairs("", figures.overview(report, words)),
        _pairs(words("concerns"), figures.quality(report, words)),
        *drawn.values(),
        *_tables(report, words, set(drawn)),
    ]
    return (
        f'<!doctype html>\n<html lang="{"zh-CN" if language == "zh" else "en"}">\n<head>\n'
        '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{in_html(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{in_html(title)}</h1>\n<p>{in_html(words.count(report.rows))}</p>\n"
        f'<div class="grid">\n{chr(10).join(filter(None, blocks))}\n</div>\n'
        f"<footer>{in_html(words('made with', version=__version__))}</footer>\n"
        "</main>\n</body>\n</html>\n"
    )


def _tables(report: Report, words: Words, drawn: set[str]) -> Iterator[str]:
    if "languages" not in drawn and report.languages:
        spoken = {words.of_language(code): n for code, n in report.languages.items()}
        note = words("looked at", n=f"{report.languages_seen:,}")
        yield _counts(f"{words('languages')} ({note})", spoken)
    for heading, reasons in figures.losses(report, words):
        if heading != words("drops") or "drops" not in drawn:
            yield _counts(heading, reasons)
    if not report.manifest:
        yield _pairs("", [(words("left out"), words("no manifest"))])
    named = {figures.license_name(one, words): rows for one, rows in report.licenses.items()}
    if report.rows_without_source:
        named[words("without source")] = report.rows_without_source
    yield _counts(words("licenses"), named)
    yield _sources(report, words)


def _sources(report: Report, words: Words) -> str:
    if not report.sources:
        return ""
    heads = (words("file"), words("title"), words("license"), words("rows"))
    rows = [
        f"<tr><td>{in_html(one.name)}</td><td>{in_html(one.title)}</td>"
        f'<td class="k">{in_html(figures.license_name(one.license, words))}</td>'
        f'<td class="n">{"" if one.rows is None else f"{one.rows:,}"}</td></tr>'
        for one in report.sources[:_SHOWN]
    ]
    head = "".join(f"<th>{in_html(one)}</th>" for one in heads)
    more = len(report.sources) - _SHOWN
    told = f"<p>{in_html(words('more', n=f'{more:,}'))}</p>" if more > 0 else ""
    table = f"<table><tr>{head}</tr>{''.join(rows)}</table>{told}"
    return f"<section><h2>{in_html(words('sources'))}</h2>{table}</section>"


def _pairs(heading: str, lines: Iterable[figures.Line]) -> str:
    rows = [
        f'<tr><td class="k">{in_html(name)}</td><td>{in_html(told)}</td></tr>'
        for name, told in lines
    ]
    return _section(heading, rows)


def _counts(heading: str, found: Mapping[str, int]) -> str:
    whole = sum(found.values())
    rows = [
        f'<tr><td>{in_html(name)}</td><td class="n">{count:,}</td>'
        f'<td class="n">{figures.percent(count, whole)}</td></tr>'
        for name, count in list(found.items())[:_SHOWN]
    ]
    return _section(heading, rows)


def _section(heading: str, rows: list[str]) -> str:
    if not rows:
        return ""
    head = f"<h2>{in_html(heading)}</h2>" if heading else ""
    return f"<section>{head}<table>{''.join(rows)}</table></section>"
