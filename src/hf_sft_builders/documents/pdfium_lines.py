"""The lines of one page, as pdfium tells them.

Each call costs about a microsecond and a page has thousands of characters: what is asked for is
asked once per line, and per word only where a line may hold the cells of a table.

The trap: where a line ends in a hyphen, pdfium writes U+FFFE (older: U+0002) and goes on in the
same line of text. Such lines are cut there again, because they stand in two places on the page.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2.raw as pdfium

from hf_sft_builders.documents.glyphs import is_plain, plain
from hf_sft_builders.documents.pdf_lines import LETTER_WIDTH, WIDE_GAP, Line, is_marker
from hf_sft_builders.documents.pdfium_rules import page_frame, shown
from hf_sft_builders.documents.word_joining import HYPHEN

_NEW_LINE = "\r\n"
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_FIXED_PITCH = 1
_MONOSPACED = (b"mono", b"courier", b"consol", b"menlo")
_BOLD = (b"bold", b"black", b"heavy")

_Box = tuple[float, float, float, float]
"""Left, top, right and bottom, on the page as it is shown."""


class PageText:
    """Asks pdfium about one page; holds the structures that its answers are written to."""

    def __init__(self, page: Any, handle: Any, number: int) -> None:
        self._handle, self._number = handle, number
        self._box, self._matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
        self._box_at, self._matrix_at = ctypes.byref(self._box), ctypes.byref(self._matrix)
        self._edges = [ctypes.c_double() for _ in range(4)]
        self._edges_at = [ctypes.byref(edge) for edge in self._edges]
        self._name, self._flags = ctypes.create_string_buffer(96), ctypes.c_int()
        self._flags_at = ctypes.byref(self._flags)
        self._styles: dict[tuple[bytes, int], tuple[bool, bool]] = {}
        self._frame = page_frame(page)
        self._rotation = pdfium.FPDFPage_GetRotation(page)
        if self._rotation:
            self._bounds = self._rotated_bounds  # type: ignore[method-assign]

    def lines(self) -> list[Line]:
        """Give the lines in the order in which they are drawn."""
        text, start = self._text(), 0
        lines: list[Line] = []
        broken, clean = "\ufffe" in text or HYPHEN in text, is_plain(text)
        for stretch in text.split(_NEW_LINE):
            if broken and ("\ufffe" in stretch or HYPHEN in stretch):
                lines += self._hyphenated(stretch, start)
            elif " " in stretch:
                lines += self._pieces(stretch, start)
            elif stretch:
                lines.append(self._line(stretch, start))
            start += len(stretch) + 2
        if not clean:
            for line in lines:
                line.text = plain(line.text)
        return lines

    def characters(self) -> list[tuple[str, _Box]]:
        """Give each character with its place, in the order in which they are drawn."""
        return [(character, self._bounds(index)) for index, character in enumerate(self._text())]

    def _text(self) -> str:
        count = pdfium.FPDFText_CountChars(self._handle)
        if count <= 0:
            return ""
        if pdfium.FPDFText_GetTextIndexFromCharIndex(self._handle, count - 1) != count - 1:
            return self._text_by_character(count)
        buffer = (ctypes.c_ushort * (count + 1))()
        pdfium.FPDFText_GetText(self._handle, 0, count, buffer)
        text = bytes(buffer)[:-2].decode("utf-16-le", "surrogatepass")
        return text if len(text) == count else self._text_by_character(count)

    def _text_by_character(self, count: int) -> str:
        """Slower, but right where the text leaves characters out, so that positions would shift."""
        codes = (pdfium.FPDFText_GetUnicode(self._handle, index) for index in range(count))
        return "".join(chr(code) if code else "\ufffd" for code in codes)

    def _hyphenated(self, stretch: str, start: int) -> list[Line]:
        found: list[Line] = []
        parts = stretch.replace("\ufffe", HYPHEN).split(HYPHEN)
        for index, part in enumerate(parts):
            pieces = self._pieces(part, start)
            if pieces and index < len(parts) - 1:
                pieces[-1].text += HYPHEN
            found += pieces
            start += len(part) + 1
        return found

    def _pieces(self, stretch: str, start: int) -> list[Line]:
        """Cut where the gap between two words is wide."""
        words = stretch.strip()
        if not words:
            return []
        first = start + len(stretch) - len(stretch.lstrip())
        cuts = self._cuts(words, first)
        if not cuts:
            return [self._line(words, first)]
        ends = [*cuts, len(words)]
        begins = [0, *(cut + 1 for cut in cuts)]
        parts = [(words[begin:end], begin) for begin, end in zip(begins, ends, strict=True)]
        return [self._line(part.strip(), first + begin) for part, begin in parts if part.strip()]

    def _cuts(self, words: str, first: int) -> list[int]:
        # One text object means one run without jumps: most lines end here.
        runs = pdfium.FPDFText_CountRects(self._handle, first, len(words))
        if runs < 2:
            return []
        least = WIDE_GAP * self._size(first)
        spaces = _spaces(words)
        if runs < 2 * len(spaces) and not self._jumps(runs, least):
            return []
        found = [index for index in spaces if self._is_wide(first + index, least)]
        cut_off_marker = len(found) == 1 and is_marker(words[: found[0]])
        return [] if cut_off_marker else found

    def _jumps(self, runs: int, least: float) -> bool:
        """Whether there is a wide gap between the text objects that were counted last."""
        if self._rotation:
            return True
        edges, right = self._edges, None
        for index in range(runs):
            pdfium.FPDFText_GetRect(self._handle, index, *self._edges_at)
            if right is not None and edges[0].value - right > 0.7 * least:
                return True
            right = edges[2].value
        return False

    def _is_wide(self, space: int, least: float) -> bool:
        """Whether the words on both sides of a space are far apart, or the space is a jump."""
        left, right = self._bounds(space - 1)[2], self._bounds(space + 1)[0]
        if right - left <= least:
            return False
        if pdfium.FPDFText_IsGenerated(self._handle, space):
            return True
        return right - self._bounds(space)[2] > least

    def _line(self, text: str, first: int) -> Line:
        left, top, right, bottom = self._edges_of(first, first + len(text) - 1)
        middle = len(text) // 2
        middle = first + middle + (text[middle] == " ")
        size = self._size(middle)
        if not 0.7 < (bottom - top) / size < 1.8:
            size = self._scaled(size, middle)
            bottom = max(bottom, top + 0.5 * size)
        mono, bold = self._style(middle)
        if mono:
            text, mono = self._code(text, first, size)
        elif text[-1].isdecimal():
            text = self._with_raised_digits(text, first, size)
        return Line(text, left, right, top, bottom, size, self._number, mono, bold)

    def _edges_of(self, first: int, last: int) -> _Box:
        """Give the left, top and bottom of the first character, and the right of the last."""
        if self._rotation:
            left, top, _, bottom = self._bounds(first)
            return left, top, self._bounds(last)[2], bottom
        box, frame = self._box, self._frame
        pdfium.FPDFText_GetLooseCharBox(self._handle, first, self._box_at)
        left, top, bottom = box.left - frame[0], frame[3] - box.top, frame[3] - box.bottom
        pdfium.FPDFText_GetLooseCharBox(self._handle, last, self._box_at)
        return left, top, box.right - frame[0], bottom

    def _size(self, index: int) -> float:
        return pdfium.FPDFText_GetFontSize(self._handle, index) or 1.0

    def _scaled(self, size: float, index: int) -> float:
        """Multiply by the text matrix: some programs set fonts of size 1 and stretch them."""
        if not pdfium.FPDFText_GetMatrix(self._handle, index, self._matrix_at):
            return size
        scale = (self._matrix.c**2 + self._matrix.d**2) ** 0.5
        return float(size * scale) or size

    def _style(self, index: int) -> tuple[bool, bool]:
        """Whether the font is monospaced, and whether it is bold."""
        pdfium.FPDFText_GetFontInfo(self._handle, index, self._name, 96, self._flags_at)
        key = self._name.value, self._flags.value
        found = self._styles.get(key)
        if found is None:
            name = key[0].lower()
            mono = bool(key[1] & _FIXED_PITCH) or any(word in name for word in _MONOSPACED)
            found = self._styles[key] = mono, any(word in name for word in _BOLD)
        return found

    def _code(self, text: str, first: int, size: float) -> tuple[str, bool]:
        """Give code its spaces back (pdfium writes one, however many there are).

        Also whether it is code to both ends: a name in a sentence may be in its middle.
        """
        if not (self._style(first)[0] and self._style(first + len(text) - 1)[0]):
            return text, False
        letter = self._bounds(first)
        width = (letter[2] - letter[0]) or LETTER_WIDTH * size
        parts, start = [], 0
        for space in _spaces(text):
            gap = self._bounds(first + space + 1)[0] - self._bounds(first + space - 1)[2]
            parts += [text[start:space], " " * max(1, round(gap / width))]
            start = space + 1
        return "".join([*parts, text[start:]]), True

    def _with_raised_digits(self, text: str, first: int, size: float) -> str:
        """Write small raised digits at the end as such: a note's mark, or the 2 of m²."""
        bare = text.rstrip("0123456789")
        index = first + len(bare)
        if not bare or self._size(index) > 0.85 * size:
            return text
        letter, digit = self._bounds(index - 1), self._bounds(index)
        raised = digit[1] + digit[3] < letter[1] + letter[3] - 0.1 * size
        return bare + text[len(bare) :].translate(_RAISED) if raised else text

    def _bounds(self, index: int) -> _Box:
        box, frame = self._box, self._frame
        pdfium.FPDFText_GetLooseCharBox(self._handle, index, self._box_at)
        return box.left - frame[0], frame[3] - box.top, box.right - frame[0], frame[3] - box.bottom

    def _rotated_bounds(self, index: int) -> _Box:
        pdfium.FPDFText_GetCharBox(self._handle, index, *self._edges_at)
        x0, x1, y0, y1 = (edge.value for edge in self._edges)
        return shown((x0, y0, x1, y1), self._frame, self._rotation)


def _spaces(words: str) -> list[int]:
    """Give the places of spaces that a word follows."""
    return [
        index
        for index, character in enumerate(words)
        if character == " " and words[index + 1 : index + 2] not in (" ", "")
    ]
