"""Which of the found datasets hold every filter, and why the others do not."""

from __future__ import annotations

import re

from hf_sft_builders.licenses import read_name
from hf_sft_builders.sources.catalogues.base import FoundDataset, Query
from hf_sft_builders.sources.catalogues.matching import words_of

_FIELDS = (
    "medicine medical health healthcare clinical biomedical radiology 医学 医疗 临床 健康",
    "biology bioinformatics genomics protein 生物 基因",
    "chemistry chemical molecule materials 化学 材料",
    "physics physical particle 物理",
    "law legal court contract 法律 司法 法规",
    "finance financial economics economy stock 金融 财经 经济",
    "education educational exam school 教育 考试 学校",
    "code programming software 代码 编程",
    "mathematics math maths 数学",
    "climate weather environment 气候 天气 环境",
    "agriculture crop plant 农业 作物",
    "transport transportation traffic 交通 运输",
    "tourism travel hotel 旅游 旅行 酒店",
    "government policy public 政府 政务 政策",
    "news media journalism 新闻 媒体",
    "science scientific research 科学 科研",
)


def reason_to_leave_out(found: FoundDataset, query: Query) -> str:
    """Give why a dataset does not hold the filters, in a few stable words; "" where it does."""
    checks = (
        (query.formats, _format),
        (query.licenses, _license),
        (query.commercial is not None, _commercial),
        (query.share_adaptations is not None, _adaptations),
        (query.updated_since, _updated),
        (query.fields, _field),
    )
    return next((why for given, check in checks if given and (why := check(found, query))), "")


def _format(found: FoundDataset, query: Query) -> str:
    if not found.formats:
        return "format not told"
    return "" if set(found.formats) & set(query.formats) else "another format"


def _license(found: FoundDataset, query: Query) -> str:
    if found.license == "unknown":
        return "" if "unknown" in query.licenses else "license unknown"
    if found.license_is_default:
        return "license is the platform's default"
    return "" if any(_is_of(found.license, name) for name in query.licenses) else "another license"


def _is_of(license_id: str, wanted: str) -> bool:
    """Say whether an id is the wanted one, or a version of that family (`cc-by`, not `cc-by-nc`)."""
    if license_id == wanted:
        return True
    if re.fullmatch(rf"{re.escape(wanted)}-?v?\d[\d.]*", license_id):
        return True
    read = read_name(wanted)
    return read.kind == "candidates" and license_id in read.ids


def _commercial(found: FoundDataset, query: Query) -> str:
    return _term(found.commercial, query.commercial, "commercial use")


def _adaptations(found: FoundDataset, query: Query) -> str:
    return _term(found.share_adaptations, query.share_adaptations, "sharing adaptations")


def _term(told: bool | None, wanted: bool | None, what: str) -> str:
    if told is None:
        return f"{what} not known to be allowed"
    if told == wanted:
        return ""
    return f"{what} {'allowed' if told else 'not allowed'}"


def _updated(found: FoundDataset, query: Query) -> str:
    if found.updated is None:
        return "date not told"
    return "" if query.updated_since and found.updated >= query.updated_since else "older"


def _field(found: FoundDataset, query: Query) -> str:
    held = set(words_of(" ".join([*found.fields, found.title, found.description])))
    return "" if any(_words_of_field(name) & held for name in query.fields) else "another field"


def _words_of_field(name: str) -> set[str]:
    for line in _FIELDS:
        if name in line.split():
            return {word for part in line.split() for word in words_of(part)}
    return set(words_of(name))
