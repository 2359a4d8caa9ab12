"""Which part of a reply is its answer: what is tried, in which order, and what is refused.

1. An object that fits as it stands. Of several the last one: models think first and answer last.
2. For one list of strings: a numbered or bulleted list.
3. What fits once the object around the list is put there: a bare list, one item, an item per line;
   or once an object or list of one is taken off.

Refused, because something could be lost: a reply whose last JSON is broken or cut off; two
different objects of the shape side by side, for neither is the draft of the other; after something
broken, an object in the middle of a line, for it may be a part of what broke.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from hf_sft_builders.errors import ReplyRejected
from hf_sft_builders.llm.json_repair import Attempt, scan
from hf_sft_builders.llm.json_tokens import UnreadableError
from hf_sft_builders.llm.listed_items import AmbiguousListError, ListedItems, list_items
from hf_sft_builders.llm.reply_shape import fit, json_keys, list_field, rejection

Shape = TypeVar("Shape", bound=BaseModel)

CODE_FENCE = "code fence"
PROSE = "prose around"
THINKING = "thinking before"
LISTED = "numbered list"
BARE_LIST = "list without its object"
BARE_ITEM = "item without its list"
ITEM_PER_LINE = "one object per line"
LIST_OF_ONE = "wrapped in a list of one"
OBJECT_OF_ONE = "wrapped in an object of one"
REPEATED = "repeated"
DRAFTS = "earlier candidates"

_FENCE = re.compile(r"(?:`{3,}+|~{3,}+)[\w-]*+")
_SIDE_BY_SIDE = re.compile(
    r"(?:[\s\ufeff,，;；`~-]|json|\b[0-9]{1,5}[.)、．]|[*•])*+", re.IGNORECASE
)
_LIST_LINE = re.compile(r"^[ \t]*(?:[0-9]{1,5}[.)、．]|[（(][0-9]{1,5}[)）]|[-*•]\s)", re.MULTILINE)
_JSON_LINE = re.compile(r"^[ \t]*[{\[]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ParsedReply(Generic[Shape]):
    """A reply as the shape that was asked for."""

    value: Shape
    repairs: tuple[str, ...] = ()
    """What had to be mended, in stable words, sorted."""


@dataclass(frozen=True, slots=True)
class PartialReply(ParsedReply[Shape]):
    """The complete items of a reply that was cut off; `str()` of it goes into the ledger."""

    complete: int = 0
    begun: int = 0
    """Items that the reply began, an incomplete one included."""

    def __str__(self) -> str:
        return f"{self.complete} of {self.begun}, truncated"


class ReplyReading(Generic[Shape]):
    """One reply, its thinking taken off, on its way to becoming `schema`."""

    def __init__(self, text: str, schema: type[Shape], thought: bool) -> None:
        self.schema = schema
        self.list = list_field(schema)
        self._keys = json_keys(schema)
        self.text = text
        try:
            self.attempts, self.after = scan(text)
        except UnreadableError as error:
            raise self.refuse(str(error)) from error
        self.broken = [attempt for attempt in self.attempts if attempt.problem]
        self.text = text[self.after :]
        self.thought = thought or self.after > 0

    def whole(self) -> ParsedReply[Shape]:
        """Read the reply, all of it."""
        return self._as_it_stands() or self._listed() or self._put_right()

    def part(self) -> PartialReply[Shape]:
        """Read the complete items of a reply that was cut off."""
        if self.list is None:
            raise self.refuse("it is cut off, and its shape has no one list to keep a part of")
        last = self.attempts[-1] if self.attempts else None
        if last and last.unfinished:
            return self._cut_off(last)
        if self._looks_listed():
            items = self._list_items().items
            return self._part([json.dumps(item) for item in items[:-1]], len(items), ())
        whole = self.whole()
        count = len(_items(whole.value, self.schema))
        return PartialReply(whole.value, whole.repairs, count, count)

    def refuse(self, problem: str) -> ReplyRejected:
        """Make the error for this reply."""
        return rejection(self.schema, problem, self.text)

    def _as_it_stands(self) -> ParsedReply[Shape] | None:
        fits = list(self._fitting())
        if not fits:
            return None
        chosen, value = fits[-1]
        self._refuse_rivals(chosen)
        mended = {REPEATED if one.json == chosen.json else DRAFTS for one, _ in fits[:-1]}
        return ParsedReply(value, self._repairs([one for one, _ in fits], mended, chosen.repairs))

    def _fitting(self) -> Iterator[tuple[Attempt, Shape]]:
        """Give the candidates that fit and are sure to be no part of something broken."""
        last_broken = self.attempts.index(self.broken[-1]) if self.broken else -1
        for attempt in self.attempts[last_broken + 1 :]:
            before = attempt.start - self.after
            if not self.broken or before == 0 or self.text[before - 1] == "\n":
                with suppress(ReplyRejected):
                    yield attempt, fit(attempt.json, self.schema)

    def _refuse_rivals(self, chosen: Attempt) -> None:
        """Refuse other objects of the shape but drafts: those before, with words between."""
        at = self.attempts.index(chosen)
        side_by_side, after = True, chosen
        for rival in reversed(self.attempts[:at]):
            side_by_side = side_by_side and self._side_by_side([rival, after])
            emptied = self.list and rival.items and not chosen.items
            if (side_by_side or emptied) and self._is_rival(rival, chosen):
                raise self.refuse("it has two different objects of this shape; send only one")
            after = rival
        if any(self._is_rival(rival, chosen) for rival in self.attempts[at + 1 :]):
            raise self.refuse("after one object comes another that does not fit; send only one")

    def _is_rival(self, rival: Attempt, chosen: Attempt) -> bool:
        ours = not rival.problem and not self._keys.isdisjoint(rival.keys)
        return ours and rival.json != chosen.json

    def _listed(self) -> ParsedReply[Shape] | None:
        if not self._looks_listed():
            return None
        found = self._list_items()
        if not found.items or (len(found.items) == 1 and found.prose_around):
            return None
        mended = {LISTED, *([CODE_FENCE] if found.fenced else [])}
        mended |= {*([PROSE] if found.prose_around else []), *([THINKING] if self.thought else [])}
        value = self._around([json.dumps(item) for item in found.items])
        return ParsedReply(value, tuple(sorted(mended)))

    def _looks_listed(self) -> bool:
        if not (self.list and self.list.of_strings) or any(one.quoted for one in self.broken):
            return False
        return bool(_LIST_LINE.search(self.text)) and not _JSON_LINE.search(self.text)

    def _list_items(self) -> ListedItems:
        try:
            return list_items(self.text)
        except AmbiguousListError as error:
            raise self.refuse(str(error)) from error

    def _put_right(self) -> ParsedReply[Shape]:
        if self.broken:
            raise self.refuse(self.broken[-1].problem)
        if not self.attempts:
            raise self.refuse("no JSON was found" if self.text.strip() else "it is empty")
        objects = [attempt for attempt in self.attempts if not attempt.is_list]
        if self.list and len(objects) > 1:
            return self._item_per_line(objects)
        return self._put_around()

    def _item_per_line(self, objects: list[Attempt]) -> ParsedReply[Shape]:
        if not self._side_by_side(objects):
            raise self.refuse("it has several objects, with words between them")
        value = self._around([attempt.json for attempt in objects])
        mended = set().union(*(attempt.repairs for attempt in objects))
        return ParsedReply(value, self._repairs(objects, {ITEM_PER_LINE}, mended))

    def _put_around(self) -> ParsedReply[Shape]:
        fits: dict[str, tuple[Attempt, Shape, str]] = {}
        problem = None
        for attempt in self.attempts:
            try:
                fits[attempt.json] = (attempt, *self._mended(attempt))
            except ReplyRejected as error:
                problem = error
        if len(fits) > 1:
            raise self.refuse("it has two different answers; send only one")
        for attempt, value, word in fits.values():
            return ParsedReply(value, self._repairs([attempt], {word}, attempt.repairs))
        raise problem or self.refuse("no JSON was found")

    def _mended(self, attempt: Attempt) -> tuple[Shape, str]:
        """Read one candidate with the object that it lacks, or without the one that is too much."""
        with suppress(ReplyRejected):
            value = fit(attempt.only_member, self.schema)
            return value, LIST_OF_ONE if attempt.is_list else OBJECT_OF_ONE
        ours = not self._keys.isdisjoint(attempt.keys)
        if self.list is None or ours or self._is_empty_in_prose(attempt):
            return fit(attempt.json, self.schema), ""
        if attempt.is_list:
            return self._around(attempt.items), BARE_LIST
        return self._around([attempt.json]), BARE_ITEM

    def _is_empty_in_prose(self, attempt: Attempt) -> bool:
        """Brackets around nothing are an answer only where they are all of it."""
        empty = attempt.is_list and not attempt.items
        return empty and (len(self.attempts) > 1 or PROSE in self._repairs([attempt], (), ()))

    def _around(self, items: Sequence[str]) -> Shape:
        """Read items as the list of the shape; an item that says nothing known is none."""
        if self.list is None:
            raise self.refuse("it is a list")
        value = fit(self.list.around(",".join(items)), self.schema)
        for item in _items(value, self.schema):
            if isinstance(item, BaseModel) and not item.model_fields_set:
                raise self.refuse("an item has none of the known keys")
        return value

    def _cut_off(self, last: Attempt) -> PartialReply[Shape]:
        before = self.attempts[:-1]
        if last.is_list or (
            self.list and last.list_key == json.dumps(self.list.key, ensure_ascii=False)
        ):
            return self._part(last.items, last.begun, [last])
        if self._side_by_side(self.attempts) and not any(
            one.problem or one.is_list for one in before
        ):
            return self._part([one.json for one in before], len(self.attempts), self.attempts)
        return self._part([], 1, [])

    def _part(
        self, items: Sequence[str], begun: int, used: Sequence[Attempt]
    ) -> PartialReply[Shape]:
        if not items:
            raise self.refuse("it is cut off before its first item is complete")
        mended = set().union(*(attempt.repairs for attempt in used))
        return PartialReply(self._around(items), self._repairs(used, (), mended), len(items), begun)

    def _side_by_side(self, attempts: Sequence[Attempt]) -> bool:
        return all(_SIDE_BY_SIDE.fullmatch(self._gap(*pair)) for pair in pairwise(attempts))

    def _gap(self, before: Attempt | None, after: Attempt | None) -> str:
        start = before.end - self.after if before else 0
        return self.text[start : after.start - self.after if after else None]

    def _repairs(
        self, used: Sequence[Attempt], words: Collection[str], mended: Collection[str]
    ) -> tuple[str, ...]:
        """Name what was mended, with what stands around the candidates that were used."""
        ends = [None, *used, None]
        around = "".join(self._gap(*pair) for pair in pairwise(ends))
        prose = _FENCE.sub("", around)
        found = {CODE_FENCE: prose != around, PROSE: prose.strip("\ufeff \t\r\n,;")}
        found[THINKING] = self.thought
        return tuple(sorted({*words, *mended, *(word for word, true in found.items() if true)}))


def _items(value: BaseModel, schema: type[BaseModel]) -> Sequence[Any]:
    """Give the members of the one list of a value."""
    field = list_field(schema)
    return tuple(getattr(value, field.name)) if field else ()
