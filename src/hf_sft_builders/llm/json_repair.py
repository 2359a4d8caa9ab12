r"""JSON as models write it: found between prose, mended where only one reading is possible.

An `Attempt` reads one stretch of text that begins with a bracket and writes it again as strict
JSON, token by token: numbers and clean strings are copied, never converted, nothing is evaluated.
What has two readings is refused, so an attempt either ends with its own closing bracket or says
why not. All of it is linear in the text and without recursion.

Example:
    >>> [attempt], _ = scan("Sure! {'name': 'Ada', 'alive': False,}")
    >>> attempt.json, sorted(attempt.repairs)
    ('{"name":"Ada","alive":false}', ['Python literals', 'single quotes', 'trailing comma'])

The trap: what follows a spot that cannot be read may be half of something. It is passed over up to
the bracket that closes the attempt, so that an inner fragment is never taken for an answer.
"""

from __future__ import annotations

from hf_sft_builders.llm.json_tokens import (
    ANCHOR,
    COMMENTS,
    EXPECTED,
    FULL_WIDTH,
    LITERALS,
    PASSED_OVER,
    PYTHON,
    PYTHON_LITERALS,
    SINGLE_QUOTES,
    SMART_QUOTES,
    TOKEN,
    TRAILING_COMMA,
    UNQUOTED_KEYS,
    UnreadableError,
    mended_string,
)

MAX_DEPTH, MAX_BRACKETS = 100, 10_000

# Tokens that may be the first half of what a cut-off reply would have said.
_CUT_SHORT = frozenset({"word", "ellipsis", "other"})


def scan(text: str) -> tuple[list[Attempt], int]:
    """Find and read every outermost stretch of JSON; brackets of prose are passed over.

    Gives also where the answer begins: candidates before a closing thinking tag were thoughts.

    Raises:
        UnreadableError: for more brackets than a reply can have.
    """
    attempts: list[Attempt] = []
    at = after = brackets = 0
    while anchor := ANCHOR.search(text, at):
        at = anchor.end()
        if anchor["tag"]:
            attempts, after = [], at
            continue
        brackets += 1
        if brackets > MAX_BRACKETS:
            raise UnreadableError(f"it has more than {MAX_BRACKETS} brackets side by side")
        attempt = Attempt(text, anchor.start())
        at = attempt.end
        if not attempt.is_prose:
            attempts.append(attempt)
    return attempts, after


class Attempt:
    """One stretch of text that begins like JSON, and how far it could be read.

    Attributes:
        start: Where it begins in the text.
        end: Where it ends, or where it was given up.
        repairs: What was mended, in stable words.
        problem: Why it cannot be read to its end; empty where it can.
        unfinished: The text ends before its brackets do.
        quoted: A string in quotes was read in it.
        is_prose: It failed at once: the bracket belongs to prose.
        keys: The keys of the outermost object, as JSON.
        list_key: The outermost key that holds the list of `items`, as JSON; empty for a bare list.
        items: Complete members of the outermost list, or of the last list of the outermost object.
    """

    def __init__(self, text: str, start: int) -> None:
        self.start = self.end = start
        self.repairs: set[str] = set()
        self.problem = ""
        self.unfinished = self.quoted = False
        self.keys: list[str] = []
        self.list_key = ""
        self._text = text
        self._pieces: list[str] = []
        self._stack: list[str] = []
        self._expect = "member"
        self._comma = False
        self._list_at = 0
        self._marks: list[int] = []
        self._read()
        self.is_prose = bool(self.problem) and not self.unfinished and self._failed_at_once()
        if self.problem and not self.unfinished and not self.is_prose:
            self._pass_over()

    @property
    def json(self) -> str:
        """The stretch as strict JSON; only where there is no `problem`."""
        return "".join(self._pieces)

    @property
    def is_list(self) -> bool:
        """A list, not an object."""
        return self._pieces[0] == "["

    @property
    def items(self) -> list[str]:
        """See the class."""
        starts = [self._list_at, *self._marks]
        return [
            "".join(self._pieces[start:end]).removeprefix(",")
            for start, end in zip(starts, self._marks, strict=False)
        ]

    @property
    def begun(self) -> int:
        """How many members the list of `items` has, with the one that is incomplete."""
        is_open = "[" in self._stack[:2]
        goes_on = self._comma or len(self._pieces) > (self._marks or [self._list_at])[-1]
        return len(self._marks) + (is_open and goes_on)

    @property
    def only_member(self) -> str:
        """The object that alone is in this list or object; empty where there is none such."""
        inner = self._pieces[1:-1] if self.is_list else self._pieces[3:-1]
        alone = len(self._marks if self.is_list else self.keys) == 1
        return "".join(inner) if alone and inner[:1] == ["{"] else ""

    def _read(self) -> None:
        for token in TOKEN.finditer(self._text, self.start):
            kind, words = str(token.lastgroup), token.group()
            self.end = token.start()
            try:
                _HANDLERS[kind](self, words)
            except UnreadableError as problem:
                self.problem = str(problem)
                at_end = token.end() == len(self._text)
                self.unfinished = kind == "unclosed" or (at_end and kind in _CUT_SHORT)
                break
            self.end = token.end()
            if not self._stack and kind == "close":
                return
        else:
            self.unfinished = True
        if self.unfinished:
            self.end = len(self._text)
            self.problem = f"it ends before it is complete ({self._open()} not closed)"

    def _open(self) -> str:
        return f"{len(self._stack)} brackets: {' '.join(self._stack[:8])}"

    def _failed_at_once(self) -> bool:
        read = len(self._pieces)
        return not self.quoted and (read == 1 or (read == 2 and self._expect == "colon"))

    def _pass_over(self) -> None:
        depth = len(self._stack)
        for token in PASSED_OVER.finditer(self._text, self.end):
            depth += bool(token["open"]) - bool(token["close"])
            if token["stop"] or not depth:
                self.end = token.start() if token["stop"] else token.end()
                return
        self.end = len(self._text)

    def _ignore(self, _words: str) -> None: ...

    def _comment(self, _words: str) -> None:
        self.repairs.add(COMMENTS)

    def _opened(self, bracket: str) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise UnreadableError(f"more than {MAX_DEPTH} brackets inside each other")
        self._need("item", "member", found=bracket)
        self._emit(bracket)
        self._stack.append(bracket)
        self._expect = "item" if bracket == "[" else "key"
        if self._stack in (["["], ["{", "["]):
            self.list_key = self.keys[-1] if self.keys else ""
            self._list_at, self._marks = len(self._pieces), []

    def _closed(self, bracket: str) -> None:
        self._need("item", "key", "next", found=bracket)
        if (self._stack[-1] == "[") != (bracket == "]"):
            raise UnreadableError(f"{bracket} closes {self._stack[-1]}")
        if self._comma:
            self.repairs.add(TRAILING_COMMA)
            self._comma = False
        elif self._expect == "next":
            self._mark()
        self._pieces.append(bracket)
        self._stack.pop()
        self._expect = "next"
        self._mark()

    def _mark(self) -> None:
        """Note that a member of the list is complete."""
        done = len(self._pieces)
        if self._stack in (["["], ["{", "["]) and done > (self._marks or [self._list_at])[-1]:
            self._marks.append(done)

    def _comma_read(self, comma: str) -> None:
        self._need("next", found=comma)
        self._mark()
        self._full_width(comma, ",")
        self._comma = True
        self._expect = "item" if self._stack[-1] == "[" else "key"

    def _colon_read(self, colon: str) -> None:
        self._need("colon", found=colon)
        self._full_width(colon, ":")
        self._pieces.append(":")
        self._expect = "member"

    def _full_width(self, found: str, wanted: str) -> None:
        if found != wanted:
            self.repairs.add(FULL_WIDTH)

    def _string(self, words: str, clean: bool = False) -> None:
        self.quoted = True
        self._need("item", "key", "member", found=words)
        self._value_or_key(words if clean else mended_string(words, self.repairs))

    def _clean_string(self, words: str) -> None:
        self._string(words, clean=True)

    def _single_string(self, words: str) -> None:
        self.repairs.add(SINGLE_QUOTES)
        self._string(words)

    def _smart_string(self, words: str) -> None:
        self.repairs.add(SMART_QUOTES)
        self._string(words)

    def _number(self, words: str) -> None:
        self._need("item", "member", found=words)
        self._value_or_key(words)

    def _word(self, word: str) -> None:
        self._need("item", "key", "member", found=word)
        if self._expect == "key":
            self.repairs.add(UNQUOTED_KEYS)
            self._value_or_key(f'"{word}"')
        elif word in PYTHON:
            self.repairs.add(PYTHON_LITERALS)
            self._value_or_key(PYTHON[word])
        elif word in LITERALS:
            self._value_or_key(LITERALS[word])
        else:
            self._need(found=word)

    def _value_or_key(self, as_json: str) -> None:
        self._emit(as_json)
        if self._expect == "key":
            if len(self._stack) == 1:
                self.keys.append(as_json)
            self._expect = "colon"
        else:
            self._expect = "next"

    def _emit(self, piece: str) -> None:
        if self._comma:
            self._pieces.append(",")
            self._comma = False
        self._pieces.append(piece)

    def _need(self, *states: str, found: str) -> None:
        if self._expect not in states:
            raise UnreadableError(f"expected {EXPECTED[self._expect]}, found {found[:40]!r}")

    def _placeholder(self, dots: str) -> None:
        raise UnreadableError(f"the placeholder {dots[:3]} stands for something that was left out")

    def _foreign(self, words: str) -> None:
        self._need(found=words)


_HANDLERS = {
    "space": Attempt._ignore,
    "comment": Attempt._comment,
    "open": Attempt._opened,
    "close": Attempt._closed,
    "comma": Attempt._comma_read,
    "colon": Attempt._colon_read,
    "string": Attempt._clean_string,
    "loose": Attempt._string,
    "single": Attempt._single_string,
    "smart": Attempt._smart_string,
    "number": Attempt._number,
    "word": Attempt._word,
    "ellipsis": Attempt._placeholder,
    "unclosed": Attempt._foreign,
    "other": Attempt._foreign,
}
