"""Questions in Chinese for the cells of a table."""

from __future__ import annotations

import re

from hf_sft_builders.synthesis.extractive.cells import Cell, split_unit
from hf_sft_builders.synthesis.extractive.wording import zh
from hf_sft_builders.synthesis.extractive.wording import zh_tables as tables

_AMOUNT = re.compile(r"[约≥≤<>~±+−-]?\s*\d")
_PLAIN_NUMBER = re.compile(r"[\d.,\s:：～~—–\-/年月日]*")


def first_column(header: str) -> str:
    """Tell what kind of thing the rows of a table are, by the header of the first column."""
    words = split_unit(header)[0]
    kinds = (kind for pattern, kind in tables.FIRST_COLUMNS if re.fullmatch(pattern, words))
    return next(kinds, "entity" if words else "")


def is_empty(cell: str) -> bool:
    """Tell whether the cell says nothing by itself."""
    return cell.strip() in tables.EMPTY_CELLS


def is_unit_column(header: str) -> bool:
    """Tell whether the column holds units."""
    return header.strip() in ("单位", "计量单位", "币种", "货币")


def cell_question(cell: Cell) -> str:
    """Ask for the cell."""
    makers = {
        "code": _code,
        "command": _command, "symptom": _symptom, "parameter": _parameter, "interval": _interval,
        "kind": _kind, "entity": _entity,
    }  # fmt: skip
    make = makers.get(first_column(cell.first))
    if re.fullmatch(tables.SUM_ROWS, cell.name):
        return ""
    return make(cell) if make else ""


def _code(cell: Cell) -> str:
    noun = (
        cell.first
        if len(cell.first) > 2
        else ("故障代码" if re.search("故障|错误|报警", cell.heading) else "代码")
    )
    name = f"{_product(cell)}{noun}{cell.name}"
    if re.fullmatch(tables.CAUSE_COLUMN, cell.header):
        return f"{name}的{cell.header}是什么？"
    if re.fullmatch(tables.REMEDY_COLUMN, cell.header):
        return f"{_product(cell)}出现{noun}{cell.name}时应该怎么处理？"
    if re.fullmatch(tables.MEANING_COLUMN, cell.header):
        return f"{name}是什么意思？"
    return zh.attribute(name, cell.header, cell.value)


def _command(cell: Cell) -> str:
    if not re.fullmatch(r".{0,4}(?:功能|作用|含义|说明|用途|意义|操作|描述|意思)", cell.header):
        return ""
    where = f"{cell.work.name}的" if cell.work.genre in ("manual", "faq", "thing") else ""
    name = cell.name if cell.name.startswith(cell.first) else f"{cell.first}{cell.name}"
    return f"{where}{name}有什么作用？"


def _symptom(cell: Cell) -> str:
    if len(cell.name) < 3:
        return ""
    where = _product(cell)
    if cell.work.genre in ("", "thing") and cell.work.title:
        where = f"根据《{cell.work.title}》，"
    if re.fullmatch(tables.CAUSE_COLUMN, cell.header):
        return f"{where}出现“{cell.name}”的原因是什么？"
    if re.fullmatch(tables.REMEDY_COLUMN, cell.header):
        return f"{where}出现“{cell.name}”时应该怎么处理？"
    return ""


def _parameter(cell: Cell) -> str:
    name, unit = split_unit(cell.name)
    unit = cell.unit or unit
    if re.fullmatch(tables.REMARK_COLUMN, cell.header) and not re.fullmatch(
        tables.VALUE_COLUMN, cell.header
    ):
        return ""
    is_value = re.fullmatch(tables.VALUE_COLUMN, cell.header)
    is_model = re.search(r"[A-Za-z\d]|[型版款机]$", cell.header)
    owner = cell.owner if is_value else (zh.subject(cell.header) if is_model else "")
    if not owner or len(name) < 2:
        return ""
    return zh.with_unit(zh.attribute(owner, name, cell.value), unit)


def _interval(cell: Cell) -> str:
    if not re.fullmatch(tables.TASK_COLUMN, cell.header) or not re.match(r"每|\d", cell.name):
        return ""
    return f"{cell.owner}{cell.name}需要做哪些{cell.header}？" if cell.owner else ""


def _kind(cell: Cell) -> str:
    if not cell.owner or (
        re.fullmatch(tables.REMARK_COLUMN, cell.header) and cell.first != tables.SEASON
    ):
        return ""
    name = f"{cell.name}季" if cell.first == tables.SEASON and len(cell.name) == 1 else cell.name
    name = f"{cell.first}{name}" if re.fullmatch(tables.MEASURED_ROWS, cell.first) else name
    if cell.work.genre == "policy":
        return _property(f"按照《{cell.work.title}》，{name}", cell)
    link = "的" if _PLAIN_NUMBER.match(name) and name[:1].isdigit() else ""
    whole = cell.work.genre != "" and cell.owner.startswith(cell.work.name)
    return _property(f"{cell.work.name if whole else cell.owner}{link}{name}", cell)


def _entity(cell: Cell) -> str:
    if len(cell.name) < 2 or _PLAIN_NUMBER.fullmatch(cell.name) or zh.is_pointing(cell.name):
        return ""
    if re.fullmatch(tables.REMARK_COLUMN, cell.header):
        return ""
    return _property(f"{_source(cell)}{zh.subject(cell.name)}", cell)


def _source(cell: Cell) -> str:
    """Say where the row's name is at home, unless the column holds names that stand alone."""
    if cell.work.genre == "policy":
        return f"按照《{cell.work.title}》，"
    if re.fullmatch(tables.NAMING_COLUMN, cell.first) or not cell.work.title:
        return ""
    if cell.work.genre in ("manual", "faq", "thing") and cell.work.name not in cell.name:
        return f"对于{cell.work.name}，"
    return f"《{cell.work.title}》中，" if not cell.work.genre else ""


def _property(name: str, cell: Cell) -> str:
    header, unit = split_unit(cell.header)
    if re.fullmatch(r"提醒|温馨提示|注意事项|注意", header):
        return f"{name}有什么需要注意的？"
    question = zh.attribute(name, header, cell.value)
    if not re.search(r"[、，；,;]", cell.value):
        question = question.replace("有哪些？", "是什么？")
    if _AMOUNT.match(cell.value) and not re.search(
        r"[时日]间?|日期|年份|[质料型号牌色段]$", header
    ):
        question = question.replace("是什么？", "是多少？")
    return zh.with_unit(question, unit)


def _product(cell: Cell) -> str:
    return f"{cell.work.name}" if cell.work.genre == "manual" else ""
