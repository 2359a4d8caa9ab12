"""Questions in English for the cells of a table."""

from __future__ import annotations

import re

from hf_sft_builders.synthesis.extractive.cells import Cell, split_unit
from hf_sft_builders.synthesis.extractive.wording import en
from hf_sft_builders.synthesis.extractive.wording import en_tables as tables
from hf_sft_builders.synthesis.extractive.wording.english import in_sentence_case, noun_phrase

_MEASURE = re.compile(r"[<>≤≥]?\d[\d.,–-]*\s?[^\W\d]{0,8}$|[<>≤≥]?\d[\d.,–-]*\s?[%°€$£].{0,3}$")
_PLAIN_NUMBER = re.compile(r"[\d.,\s:~—–\-/]*")


def first_column(header: str) -> str:
    """Tell what kind of thing the rows of a table are, by the header of the first column."""
    words = split_unit(header)[0].lower()
    kinds = (kind for pattern, kind in tables.FIRST_COLUMNS if re.fullmatch(pattern, words))
    return next(kinds, "entity" if words else "")


def is_empty(cell: str) -> bool:
    """Tell whether the cell says nothing by itself."""
    return cell.strip().lower() in tables.EMPTY_CELLS


def is_unit_column(header: str) -> bool:
    """Tell whether the column holds units."""
    return bool(re.fullmatch(tables.UNIT_COLUMN, header.strip(), re.I))


def cell_question(cell: Cell) -> str:
    """Ask for the cell."""
    makers = {
        "code": _code,
        "command": _command,
        "term": _term, "symptom": _symptom, "parameter": _parameter, "interval": _interval,
        "kind": _kind, "entity": _entity,
    }  # fmt: skip
    make = makers.get(first_column(cell.first))
    if re.fullmatch(tables.SUM_ROWS, cell.name, re.I):
        return ""
    return make(cell) if make else ""


def _is(pattern: str, header: str) -> bool:
    return bool(re.fullmatch(pattern, header.strip(), re.I))


def _code(cell: Cell) -> str:
    noun = in_sentence_case(cell.first).rstrip("s")
    if noun == "code" and re.search(r"error|fault|alarm", cell.heading, re.I):
        noun = "error code"
    name, where = f"{noun} {cell.name}", _product(cell)
    if _is(tables.CAUSE_COLUMN, cell.header):
        return f"What causes {name}{where}?"
    if _is(tables.REMEDY_COLUMN, cell.header):
        return f"What is the remedy for {name}{where}?"
    if _is(tables.MEANING_COLUMN, cell.header):
        return f"What does {name} mean{where}?"
    return "" if _is(tables.REMARK_COLUMN, cell.header) else en.attribute(name, cell.header)


def _command(cell: Cell) -> str:
    if not _is(
        r"(?:.* )?(?:functions?|actions?|meaning|effect|description|use|purpose|what it does)",
        cell.header,
    ):
        return ""
    noun = re.sub(r"s$", "", cell.first.lower())
    where = _product(cell) or en.scene(cell.work, "").replace(" for ", " in ")
    verb = "mean" if _is(r"(?:.* )?meaning", cell.header) else "do"
    return f"What does the {noun} “{cell.name}” {verb}{where}?"


def _term(cell: Cell) -> str:
    if not _is(r"(?:.* )?(?:definition|meaning|description|explanation)", cell.header):
        return ""
    return f"What does the term “{cell.name}” mean{_product(cell)}?"


def _symptom(cell: Cell) -> str:
    if len(cell.name) < 5:
        return ""
    if _is(tables.CAUSE_COLUMN, cell.header):
        return _case(cell, "what are the possible causes", "What are the possible causes")
    if _is(tables.REMEDY_COLUMN, cell.header):
        return _case(cell, "what should you do", "What should you do")
    return ""


def _case(cell: Cell, asked: str, capital: str) -> str:
    link = "of" if "cause" in asked else "in case of"
    if cell.work.genre in ("", "thing") and cell.work.title:
        return f"According to “{cell.work.title}”, {asked} {link} “{cell.name}”?"
    return f"{capital} {link} “{cell.name}”{_product(cell)}?"


def _parameter(cell: Cell) -> str:
    name, unit = split_unit(cell.name)
    is_value = _is(tables.VALUE_COLUMN, cell.header)
    if _is(tables.REMARK_COLUMN, cell.header) and not is_value:
        return ""
    unit = cell.unit or unit
    if is_value:
        named = cell.owner and len(name.split()) <= 3
        return en.with_unit(en.specification(cell.owner, name) if named else "", unit)
    # Only models of a product have columns of their own; "Insured" and "Self-paying" are none.
    is_model = bool(re.search(r"\d|[A-Z]{2}", cell.header))
    return en.with_unit(en.attribute(noun_phrase(cell.header), name) if is_model else "", unit)


def _interval(cell: Cell) -> str:
    if not _is(tables.TASK_COLUMN, cell.header) or not re.match(r"every |\w+ly$", cell.name, re.I):
        return ""
    return f"What maintenance is due {cell.name.lower()}{_product(cell)}?"


def _kind(cell: Cell) -> str:
    if not cell.owner or _is(tables.REMARK_COLUMN, cell.header):
        return ""
    noun = cell.first.split()[-1].lower()
    name = in_sentence_case(cell.name)
    if (
        noun in ("plan", "package", "tier", "ticket", "class", "membership")
        and noun not in name.lower()
    ):
        name = f"{cell.name} {noun}"
    bare, owner = re.sub("^the ", "", name, flags=re.I), re.sub("^the ", "", cell.owner)
    if cell.work.genre == "policy":
        return _according(cell, en.measured(f"the {bare}", cell.header, cell.value))
    return en.measured(f"the {owner} {bare}", cell.header, cell.value) if owner[0].isupper() else ""


def _entity(cell: Cell) -> str:
    if len(cell.name) < 2 or _PLAIN_NUMBER.fullmatch(cell.name) or en.is_pointing(cell.name):
        return ""
    if _is(tables.REMARK_COLUMN, cell.header) or len(cell.name.split()) > 7:
        return ""
    if cell.work.genre == "policy":
        name = f"{cell.name} ({cell.first.lower()})" if cell.name[:1].isdigit() else cell.name
        return en.with_unit(_according(cell, en.measured(name, cell.header, cell.value)), cell.unit)
    if _MEASURE.match(cell.name):
        what = f"{'an' if cell.first[:1].lower() in 'aeiou' else 'a'} {cell.first.lower()} of {cell.name}"
        return _in_source(
            cell, en.measured(what, cell.header, cell.value).replace(" of ", " for ", 1)
        )
    named = bool(re.search(r"[A-Z]\S* [A-Z\d]|\d|^[A-Z]{2}", cell.name))
    if named or re.fullmatch(tables.NAMING_COLUMN, cell.first, re.I):
        name = noun_phrase(cell.name) if " " in cell.name else cell.name
        return en.measured(name, cell.header, cell.value)
    if cell.work.genre == "manual":
        asked = en.measured(noun_phrase(cell.name), cell.header, cell.value)
        return f"{asked.rstrip('?')}{_product(cell)}?" if asked else ""
    asked = en.measured(f"“{cell.name}”", cell.header, cell.value)
    return _in_source(cell, asked)


def _in_source(cell: Cell, asked: str) -> str:
    source = en.work_subject(cell.work)
    return f"In {source}, {asked[0].lower()}{asked[1:]}" if asked and source else ""


def _according(cell: Cell, asked: str) -> str:
    work = en.work_subject(cell.work)
    return (
        f"According to {work}, {asked[0].lower()}{asked[1:].replace(' of ', ' for ', 1)}"
        if asked
        else ""
    )


def _product(cell: Cell) -> str:
    return f" on {en.work_subject(cell.work)}" if cell.work.genre == "manual" else ""
