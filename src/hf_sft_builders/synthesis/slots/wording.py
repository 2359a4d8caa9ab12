"""The words for slots and records without a model: templates, drawn by what they say, never by chance.

Every sentence made here stands the same validators as a model's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, Protocol, TypeVar

from hf_sft_builders.ledger import Row
from hf_sft_builders.synthesis.asked_model import AskedModel
from hf_sft_builders.synthesis.augmenting import draw
from hf_sft_builders.synthesis.prompts import Prompt, Prompts
from hf_sft_builders.synthesis.slots import wording_en, wording_zh
from hf_sft_builders.synthesis.slots.table import Result, listed, names_of
from hf_sft_builders.synthesis.slots.tool import RecordField, Slot, Tool

T = TypeVar("T")


def templates(language: str) -> ModuleType:
    """Give the templates of a language."""
    return wording_zh if language == "zh" else wording_en


@lru_cache(maxsize=2)
def templates_prompt(language: str) -> Prompt:
    """Name the templates as provenance names a prompt: by language and hash."""
    digest = hashlib.sha256()
    for path in (Path(str(templates(language).__file__)), Path(__file__)):
        digest.update(path.read_bytes())
    return Prompt(f"templates.{language}", "", "", digest.hexdigest())


class _Worded(Protocol):
    name: str

    @property
    def asked(self) -> AskedModel: ...
    @property
    def prompts(self) -> Prompts: ...


def prompt_of(op: _Worded, language: str) -> Prompt:
    """Give the prompt of an op, or the templates that stand for it without a model."""
    if op.asked.is_extractive:
        return templates_prompt(language)
    return op.prompts.load(op.name, language, None)


def hashes_of(op: _Worded) -> dict[str, str]:
    """Name the prompts of an op, or its templates, each with its hash."""
    both = [prompt_of(op, language) for language in ("zh", "en")]
    return {prompt.name: prompt.sha256 for prompt in both}


def pick(options: Sequence[T], *what: object) -> T:
    """Pick one, by what it is picked for alone."""
    return options[int(draw(0, *what) * len(options))]


def utterance(tool: Tool, arguments: Mapping[str, Any], variant: object) -> str:
    """Say slots as a user would. Another variant, most likely other words."""
    words, key = templates(tool.language), (str(dict(arguments)), variant)
    named = [name for name in arguments if tool.slots[name].match == "name"]
    conditions = _conditions(tool, arguments, key)
    shape = (words.NAMES_WITH if conditions else words.NAMES) if named else words.ASKS
    shape = pick(shape, *key, "shape")
    asking = words.ASKING_OPENERS if shape.endswith(("?", "？")) else ()
    openers = (*words.OPENERS, *asking, *tool.record.get("openers", ()))
    opener = pick(openers, *key, "opener")
    some = "几" + str(tool.record["measure"])
    said = shape.format(
        value=arguments[named[0]] if named else "",
        noun=tool.noun,
        measure=tool.record["measure"],
        measure_some=some,
        conditions=("，" if tool.language == "zh" else ", ").join(conditions),
        together=("、" if tool.language == "zh" else ", ").join(conditions),
    )
    if tool.language == "zh":
        return f"{opener}{said}"
    return f"{opener}{said if opener else said[0].upper() + said[1:]}"


def _conditions(tool: Tool, arguments: Mapping[str, Any], key: tuple[object, ...]) -> list[str]:
    bounded: dict[str, dict[str, Any]] = {}
    said: list[str] = []
    for name, value in arguments.items():
        slot = tool.slots[name]
        if slot.is_bound:
            bounded.setdefault(slot.field.name, {})[slot.match] = value
        elif slot.match != "name":
            said.append(_word_condition(tool, slot, value, key))
    said += [_bound(tool, tool_field(tool, name), ends, key) for name, ends in bounded.items()]
    return sorted(said, key=lambda part: draw(0, *key, part))


def tool_field(tool: Tool, name: str) -> RecordField:
    """Give a column with its words."""
    slots = (slot.field for slot in tool.slots.values() if slot.field.name == name)
    return tool.fields.get(name) or next(slots, RecordField(name, name))


def _word_condition(tool: Tool, slot: Slot, value: Any, key: tuple[object, ...]) -> str:
    words = templates(tool.language)
    default = words.HAS_ALL if slot.match == "has_all" else words.EQUALS
    shape = pick(slot.say or default, *key, slot.name)
    several = listed(value) if slot.match == "has_all" else [str(value)]
    told = pick(words.AND, *key, slot.name, "and").join(several)
    return str(shape.format(value=told, title=slot.field.title, unit=unit_of(slot.field)))


def _bound(tool: Tool, field: RecordField, ends: Mapping[str, Any], key: tuple[object, ...]) -> str:
    words = templates(tool.language)
    own = f"{field.name}-bound"
    low, high = ends.get("at_least"), ends.get("at_most")
    shapes = words.RANGE if None not in (low, high) else words.UPPER if low is None else words.LOWER
    given = [value for value in (low, high) if value is not None]
    can = tool.language == "zh" and not any(number_words(value, True).isascii() for value in given)
    in_words = can and draw(0, *key, own, "han") < 0.15
    written = {
        part: number_words(value, in_words)
        for part, value in (("low", low), ("high", high), ("value", high if low is None else low))
        if value is not None
    }
    title = pick((field.title, *field.also), *key, own, "title")
    return str(pick(shapes, *key, own).format(title=title, unit=unit_of(field), **written))


def unit_of(field: RecordField) -> str:
    """Give the unit as it follows a number: Latin ones after a space."""
    return f" {field.unit}" if field.unit.isascii() and field.unit.isalpha() else field.unit


_HAN = "零一二三四五六七八九"


def number_words(value: Any, in_words: bool = False) -> str:
    """Write a number: `300`, `4.5`, or 三百 where it is whole, round and asked for."""
    number = float(value)
    if not in_words or not number.is_integer() or number % 100 or not 100 <= number < 10_000:
        return f"{number:g}" if number < 100_000 else f"{number:.0f}"
    thousands, hundreds = divmod(int(number) // 100, 10)
    told = f"{_HAN[thousands]}千" * bool(thousands) + f"{_HAN[hundreds]}百" * bool(hundreds)
    return "两" + told[1:] if told[0] == "二" else told


def reply(tool: Tool, arguments: Mapping[str, Any], result: Result, variant: object) -> str:
    """Answer with what a query returned, and nothing else."""
    words, key = templates(tool.language), (str(dict(arguments)), variant, "reply")
    asked = [tool.slots[name].field.title for name in arguments if tool.slots[name].match != "name"]
    shared = {"noun": tool.noun, "measure": tool.record["measure"]}
    if not result.records:
        titles = in_a_row(tool, list(dict.fromkeys(asked)), "or") or tool.noun
        return str(pick(words.FOUND_NONE, *key).format(titles=titles, **shared))
    facts = [_facts(tool, record) for record in result.records]
    if result.total == 1:
        return str(pick(words.FOUND_ONE, *key).format(facts=facts[0], **shared))
    shape = words.FOUND_MANY if result.total > len(facts) else words.FOUND_SOME
    told = {"total": result.total, "count": len(facts), "list": words.LISTED.join(facts)}
    return str(pick(shape, *key).format(**told, **shared))


def _facts(tool: Tool, record: Row) -> str:
    words = templates(tool.language)
    shown = tool.record.get("reply") or [
        slot.field.name for slot in tool.slots.values() if slot.is_bound
    ]
    told = [
        words.FACT.format(title=field.title, value=value_words(record[name], tool), unit=unit_of(field))
        for name in dict.fromkeys(shown)
        if record.get(name) not in (None, "", [])
        for field in [tool_field(tool, name)]
    ]  # fmt: skip
    return str(words.FACTS.join([names_of(tool, record)[0], *told]))


def value_words(value: Any, tool: Tool) -> str:
    """Write a record's value: numbers plainly, lists joined."""
    if isinstance(value, bool):
        return {"zh": ("否", "是"), "en": ("no", "yes")}[tool.language][value]
    if isinstance(value, (int, float)):
        return number_words(value)
    if isinstance(value, (list, tuple)):
        return in_a_row(tool, list(map(str, value)), "and")
    return str(value)


def in_a_row(tool: Tool, parts: Sequence[str], last: Literal["and", "or"]) -> str:
    """Write a list in the tool's language: `a, b and c`, 甲、乙、丙."""
    if len(parts) < 2:
        return "".join(parts)
    words = templates(tool.language)
    joint = words.LAST_AND if last == "and" else words.LAST_OR
    return f"{words.COMMA.join(parts[:-1])}{joint}{parts[-1]}"
