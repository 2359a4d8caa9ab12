"""Units of measure, in Chinese and English: which dimension, and how much of its base unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Unit:
    """What a number counts."""

    dimension: str
    factor: Decimal


_TABLE = """
yuan 1: 元 块 块钱 人民币 rmb cny yuan
dollar 1: 美元 美金 usd dollars dollar
euro 1: 欧元 eur euros euro
metre 0.001: 毫米 mm millimetres millimeters
metre 0.01: 厘米 公分 cm centimetres centimeters
metre 1: 米 m metres metre meters meter
metre 1000: 公里 千米 km kilometres kilometers kilometre kilometer
square_metre 1: 平方米 平米 m2 square metres square meters
square_metre 1000000: 平方公里 平方千米 km2
gram 0.001: 毫克 mg
gram 1: 克 g grams gram
gram 500: 斤
gram 1000: 千克 公斤 kg kilograms kilogram
gram 1000000: 吨 tonnes tonne tons
litre 0.001: 毫升 ml millilitres milliliters
litre 1: 升 l litres liters litre liter
second 0.001: 毫秒 ms
second 1: 秒 秒钟 s sec seconds second
second 60: 分钟 min mins minutes minute
second 3600: 小时 个小时 钟头 h hr hrs hours hour
day 1: 天 days day
day 7: 星期 个星期 weeks week
month 1: 个月 months
year 1: 年 years
hour 1: 点 点钟 时 am pm
percent 1: % 个百分点 percent per cent
percent 10: 成
degree 1: 度 ℃ °C degrees
volt 1: 伏 v volts
watt 1: 瓦 w watts
watt 1000: 千瓦 kw kilowatts
byte 1024: kb
byte 1048576: mb
byte 1073741824: gb
"""


def _table() -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for line in _TABLE.strip().splitlines():
        head, _, names = line.partition(": ")
        dimension, factor = head.split()
        for name in re.split(r"(?<!square)(?<!per) ", names):
            units[name.lower()] = Unit(dimension, Decimal(factor))
    return units


_UNITS = _table()


def _alternatives() -> str:
    longest_first = sorted(_UNITS, key=len, reverse=True)
    return "|".join(
        re.escape(name) + (r"(?![A-Za-z])" if name.isascii() and name[-1].isalnum() else "")
        for name in longest_first
    )


UNIT = re.compile(rf"\s*(?P<unit>{_alternatives()})", re.IGNORECASE)
"""A unit right after a number."""


def unit_of(word: str) -> Unit | None:
    """Look a unit up by any of its names."""
    return _UNITS.get(word.lower())
