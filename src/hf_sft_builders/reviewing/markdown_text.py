r"""Text of a row as safe HTML: Markdown, code, tables, and formulas as MathML.

A row may hold anything, so nothing in it becomes an element that it asks for: HTML stays text, pictures
are named and never fetched, links lead only to the web, and formulas are built anew from a closed list
of MathML elements (the converter itself would pass `\text{<script>}` on as a script).

Example:
    >>> rendered("The **tower** is $h = 28.6$ m high.")
    Markup('<p>The <strong>tower</strong> is <math …')
"""

from __future__ import annotations

import functools
import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from markupsafe import Markup, escape

from hf_sft_builders.errors import MissingExtra

LONGEST = 60_000
"""Characters of a text that are laid out; of a longer one the first `SHOWN` stand as they are."""
SHOWN = 20_000
_LONGEST_FORMULA = 2_000
_DEEPEST = 40
_MATHML = frozenset(
    (
        *(
            "math",
            "maction",
            "menclose",
            "merror",
            "mfenced",
            "mfrac",
            "mi",
            "mmultiscripts",
            "mn",
            "mo",
        ),
        *("mover", "mpadded", "mphantom", "mprescripts", "mroot", "mrow", "ms", "mspace", "msqrt"),
        *(
            "mstyle",
            "msub",
            "msubsup",
            "msup",
            "mtable",
            "mtd",
            "mtext",
            "mtr",
            "munder",
            "munderover",
        ),
    )
)
_ATTRIBUTES = frozenset(
    (
        *(
            "accent",
            "accentunder",
            "columnalign",
            "columnlines",
            "columnspacing",
            "depth",
            "display",
        ),
        *(
            "displaystyle",
            "fence",
            "form",
            "height",
            "largeop",
            "linethickness",
            "lspace",
            "mathcolor",
        ),
        *("mathsize", "mathvariant", "maxsize", "minsize", "movablelimits", "notation", "rowlines"),
        *("rowspacing", "rspace", "scriptlevel", "separator", "stretchy", "symmetric", "voffset"),
        "width",
    )
)


def rendered(text: str) -> Markup:
    """Give the text as HTML that is safe to show, whatever it holds."""
    if len(text) > LONGEST:
        return plain(text)
    parser, links = _parser(), {"open": list[str]()}
    try:
        tokens = parser.parse(text, links)
        if any(token.level >= _DEEPEST - 1 for token in tokens):  # deeper, it drops what it reads
            return plain(text)
        return Markup(parser.renderer.render(tokens, parser.options, links))  # its rules escape
    except RecursionError:
        return plain(text)


def plain(text: str) -> Markup:
    """Give the text as it stands, with its line breaks; the first part of one beyond `LONGEST`."""
    shown = text[:SHOWN] if len(text) > LONGEST else text
    return Markup('<pre class="plain">{}</pre>').format(shown)


def left_out(text: str) -> int:
    """Give how many characters `rendered` does not show."""
    return len(text) - SHOWN if len(text) > LONGEST else 0


@functools.cache
def _parser() -> Any:
    try:
        from markdown_it import MarkdownIt
        from mdit_py_plugins.amsmath import amsmath_plugin
        from mdit_py_plugins.dollarmath import dollarmath_plugin
        from mdit_py_plugins.texmath import texmath_plugin
    except ImportError as error:
        packages = "markdown-it-py mdit-py-plugins latex2mathml"
        raise MissingExtra("The review page", packages, "review") from error
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": _DEEPEST})
    parser.enable(["table", "strikethrough"])
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False)
    parser.use(texmath_plugin, delimiters="brackets").use(amsmath_plugin)
    for name, rule in _RULES.items():
        parser.add_render_rule(name, rule)
    return parser


def _formula(_: Any, tokens: Sequence[Any], index: int, *__: Any) -> str:
    token = tokens[index]
    return str(formula(token.content, display=token.type != "math_inline"))


def _picture(_: Any, tokens: Sequence[Any], index: int, *__: Any) -> str:
    token = tokens[index]
    return str(
        Markup('<span class="remote" title="{}">▨ {} <code>{}</code></span>').format(
            token.attrs.get("src", ""), token.content, token.attrs.get("src", "")
        )
    )


def _link_open(_: Any, tokens: Sequence[Any], index: int, __: Any, env: Any) -> str:
    address = str(tokens[index].attrs.get("href", ""))
    tag = "a" if address.startswith(("https://", "http://")) else "span"
    env["open"].append(tag)
    if tag == "span":
        return f'<span class="remote" title="{escape(address)}">'
    return f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer nofollow">'


def _link_close(_: Any, __: Any, ___: int, ____: Any, env: Any) -> str:
    return f"</{env['open'].pop()}>"


def _cell(tag: str) -> Any:
    """A cell's alignment as a class: the page's policy allows no style of its own."""

    def opened(_: Any, tokens: Sequence[Any], index: int, *__: Any) -> str:
        style = str(tokens[index].attrs.get("style", ""))
        side = style.removeprefix("text-align:")
        return f'<{tag} class="{side}">' if side in ("left", "right", "center") else f"<{tag}>"

    return opened


_FORMULAS = ("math_inline", "math_inline_double", "math_block", "math_block_label", "amsmath")
_RULES: Mapping[str, Any] = {
    **dict.fromkeys(_FORMULAS, _formula),
    "image": _picture,
    "link_open": _link_open,
    "link_close": _link_close,
    "th_open": _cell("th"),
    "td_open": _cell("td"),
}


def formula(latex: str, display: bool) -> Markup:
    """Give a formula as MathML, or as code where it is none that can be read."""
    from latex2mathml.converter import convert_to_element

    as_written = Markup('<code class="formula">{}</code>').format(latex)
    if len(latex) <= _LONGEST_FORMULA:
        try:
            element = convert_to_element(latex, display="block" if display else "inline")
            return Markup("").join(_written(element))
        except Exception:  # noqa: BLE001 - the converter raises whatever it meets
            return as_written
    return as_written


def _written(element: Element) -> Iterator[Markup]:
    """Write an element of MathML anew; of what is no MathML only the words stay."""
    known = element.tag in _MATHML
    if known:
        attributes = Markup("").join(
            Markup(' {}="{}"').format(Markup(name), html.unescape(value))
            for name, value in element.attrib.items()
            if name in _ATTRIBUTES
        )
        yield Markup("<{}{}>").format(Markup(element.tag), attributes)
    yield escape(html.unescape(element.text or ""))
    for child in element:
        yield from _written(child)
        yield escape(html.unescape(child.tail or ""))
    if known:
        yield Markup("</{}>").format(Markup(element.tag))
