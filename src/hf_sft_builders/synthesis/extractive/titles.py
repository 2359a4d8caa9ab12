"""Titles and headings as subjects: numbering and marks off, and what kind of work a title names.

A title such as `云溪古城旅行指南` names the work; what the work is about is `云溪古城`. The genre
decides how questions are anchored: a policy "says" things, a manual is about a product.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Genre = Literal[
    "guide",  # about a place
    "manual",  # about a product
    "policy",  # rules: laws, contracts, handbooks of an employer
    "faq",  # questions about a product or a firm
    "thing",  # named by its title, which the text uses as a name
    "",  # anything else
]

_NUMERAL = "一二三四五六七八九十百零〇两"
_UNITS = "年月日天号路个分小元种条步层楼点级星大岁人万亿公平米%％°"
_NUMBERINGS = (
    re.compile(rf"第\s*[{_NUMERAL}\d]+\s*[章节節部篇编編讲课]分?\s*[:：、.]?\s*"),
    re.compile(rf"[（(]\s*(?:[{_NUMERAL}]+|\d+)\s*[)）]\s*"),
    re.compile(rf"[{_NUMERAL}]+\s*[、.．]\s*"),
    re.compile(
        r"(?:Chapter|Section|Part|Appendix|Step)\s+(?:\d+(?:\.\d+)*|[IVX]+|[A-H])\s*[:.—–-]\s*",
        re.I,
    ),
    re.compile(r"(?:\d+(?:\.\d+)+[.、)]?|\d+[.、)．])(?:\s+|(?=[\u3400-\u9fff“《「]))"),
    re.compile(rf"\d{{1,2}}\s+(?![{_UNITS}\d])(?![a-z])"),
    re.compile(r"[①-⑳]\s*|[IVX]+\.\s+|[A-H]\.\s+"),
)
_MARKS = re.compile(r"[*`]+|(?<!\w)_+|_+(?!\w)|<[^>]*>|\{#[^}]*\}")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_FILE_LIKE = re.compile(
    r"[\w\-]+\.\w{2,4}$|[A-Za-z0-9]*_\w*$|(?:untitled|document|scan|无标题|未命名)\b.*", re.I
)

_GENRES: tuple[tuple[Genre, re.Pattern[str]], ...] = (
    (
        "faq",
        re.compile(r"^(?P<name>.*?)[\s的]*(?:常见问题(?:解答|汇总|与解答)?|问答|FAQs?)$", re.I),
    ),
    ("faq", re.compile(r"^(?P<name>.*?)[:,\s–—-]+(?:FAQs?|Frequently [Aa]sked [Qq]uestions)$")),
    (
        "guide",
        re.compile(
            r"^(?P<name>.*?)(?:旅行|旅游|游玩|观光|自由行|游览|徒步)(?:指南|攻略|手册|导览)$"
        ),
    ),
    (
        "guide",
        re.compile(
            r"^(?:(?:A|The|Your)\s+)?(?:(?:Travel|Visitor|City|Tourist)[’']?s?[’']?\s+)?"
            r"Guide\s+to\s+(?:the\s+)?(?P<name>.+)$",
            re.I,
        ),
    ),
    (
        "guide",
        re.compile(
            r"^(?P<name>.+?)[:,]?\s+(?:Travel|Visitor|City|Tourist|Walking)[’']?s?[’']?\s+Guide$",
            re.I,
        ),
    ),
    (
        "policy",
        re.compile(
            r"^(?P<name>.*(?:员工手册|制度|规定|办法|守则|规范|条例|政策|章程|协议|合同|"
            r"细则|准则|公约|规则|法|须知))$"
        ),
    ),
    (
        "policy",
        re.compile(
            r"^(?:The\s+)?(?P<name>.*\b(?:Policy|Policies|Handbook|Agreement|Act|"
            r"Regulations?|Rules|Code of Conduct|"
            r"Contract|Licen[cs]e|Ordinance|Directive|Terms of \w+|Bylaws|Lease))$"
        ),
    ),
    (
        "manual",
        re.compile(
            r"^(?P<name>.*?)(?:说明书|"
            r"(?:用户|使用|操作|安装|维修|维护|产品|运维|快速入门)+(?:手册|说明书|指南|说明))$"
        ),
    ),
    (
        "manual",
        re.compile(
            r"^(?P<name>.+?)[:,\s–—-]+(?:(?:User|Operator|Owner|Installation|Installer|"
            r"Service|Operating|"
            r"Instruction|Reference|Quick Start|Maintenance|Technical|Administrator|"
            r"Setup|Getting Started)"
            r"[’']?s?[’']?\s*(?:and\s+\w+\s+)?)*(?:Manual|Guide|Instructions|Handbook)$",
            re.I,
        ),
    ),
)
_EDITION = re.compile(
    r"\s*[（(](?:\d{4}\s*年?(?:版|修订.*|修正.*)?|试行|第.版|v?\d[\d.]*|.*(?:edition|"
    r"version).*)[）)]$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Work:
    """The document as a work: what it is called, what it is about, and of which genre."""

    title: str = ""
    name: str = ""
    """What the work is about; for a policy its title."""
    genre: Genre = ""


def plain(words: str) -> str:
    """Give the words of a heading or a cell without Markdown marks."""
    return re.sub(r"\s+", " ", _MARKS.sub("", _LINK.sub(r"\1", words))).strip()


def clean(heading: str) -> str:
    """Give the words of a heading without numbering, Markdown marks and a colon at the end."""
    words = plain(heading)
    for numbering in _NUMBERINGS:
        found = numbering.match(words)
        if found and found.end() < len(words):
            words = words[found.end() :]
            break
    return re.sub(r"\s+", " ", words).strip().rstrip(":：#").strip()


def work_of(title: str) -> Work:
    """Tell what the title names; an empty work where it looks like a file's name."""
    words = _EDITION.sub("", re.sub(r"\s+", " ", _MARKS.sub("", title)).strip(" 《》"))
    if not words or _FILE_LIKE.fullmatch(words) or len(words) > 120:
        return Work()
    for genre, pattern in _GENRES:
        found = pattern.match(words)
        if found and len(found["name"].strip()) >= 2:
            return Work(words, found["name"].strip(" :：—–-·"), genre)
    return Work(words, words)


def before_subtitle(heading: str) -> str:
    """Give the part of a heading before `：` or a dash: `Soak pause — why` names a soak pause."""
    return re.split(r"\s*[:：]\s*|\s*——\s*|\s+[—–-]\s+|\s*[|｜]\s*", heading, maxsplit=1)[0].strip()
