"""Numbers are read by value, by every reader alike: validators, slots, turns, and the gate for numbers."""

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hf_sft_builders as sft
from hf_sft_builders.synthesis.validators import Candidate, numbers_in_source
from hf_sft_builders.synthesis.validators.number_words import english_value, han_value
from hf_sft_builders.synthesis.validators.numerals import numbers_in
from hf_sft_builders.synthesis.validators.slots_numbers import quantities
from hf_sft_builders.synthesis.validators.turns import grounded_values

SAME = [
    ("九十元", "90 元"),
    ("１２３ 间", "123 间"),
    ("1,234.50 元", "1234.5 元"),
    ("3.5万人", "35,000 人"),
    ("三万五千人", "3.5 万人"),
    ("二〇二四年", "2024 年"),
    ("二零二四年", "2024年"),
    ("百分之五十", "50%"),
    ("百分之十二", "12％"),
    ("壹佰贰拾叁元", "123 元"),
    ("一亿二千万元", "120,000,000 元"),
    ("三万亿元", "3,000,000,000,000 元"),
    ("两千零五米", "2.005 公里"),
    ("三百五十米", "0.35 km"),
    ("十八点六米", "18.6 米"),
    ("一千二百公斤", "1.2 吨"),
    ("九十分钟", "1.5 小时"),
    ("三十分钟", "半小时"),
    ("a dozen rooms", "12 rooms"),
    ("two dozen rooms", "24 rooms"),
    ("twenty-four rooms", "24 rooms"),
    ("half a million people", "500,000 people"),
    ("one hundred and five rooms", "105 rooms"),
    ("two million three hundred thousand", "2,300,000"),
    ("twelve hundred yuan", "1,200 yuan"),
    ("twenty point five metres", "20.5 m"),
]
OTHER = [
    ("九十元", "91 元"),
    ("１２３ 间", "132 间"),
    ("1,234.50 元", "1234.05 元"),
    ("3.5万人", "3.5 人"),
    ("二〇二四年", "2023 年"),
    ("百分之五十", "15%"),
    ("一亿二千万元", "12 亿元"),
    ("28 公里", "28 米"),
    ("two dozen rooms", "12 rooms"),
    ("one hundred and fifty", "115"),
    ("half a million people", "five million people"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_ways_to_write_a_number_are_one(one, other):
    """What an answer says in one way stands in a source that says it in the other."""
    for said, source in ((one, f"这里写着{other}。"), (other, f"It says {one}, and more.")):
        assert numbers_in_source(Candidate(said, source)) is None
        assert gate_lets_through(said, source)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_other_numbers_are_other(one, other):
    """A digit, a unit or a scale makes another number, whichever side says which."""
    for said, source in ((one, f"这里写着{other}。"), (other, f"It says {one}, and more.")):
        assert numbers_in_source(Candidate(said, source)) is not None
        assert not gate_lets_through(said, source)


def gate_lets_through(said, source):
    """Tell whether the gate keeps an answer."""
    row = {"instruction": ["?"], "input": [""], "output": [said], "context": [source]}
    (reason,) = sft.gate_numbers("context").judge(pa.table(row)).reasons
    return not reason


@pytest.mark.parametrize(
    "text",
    [
        "万一下雨，十分方便，三三两两，四周都是，千万别忘，一样，一一说明，五五开",
        "one of them, for one, the second, twenty-first century, dozens of people, hundreds of rooms",
        "半天说不出话，一半一半",
    ],
)
def test_what_only_looks_like_a_number_is_none(text):
    """Idioms and ordinals need no proof."""
    assert [] == list(numbers_in(text))
    assert gate_lets_through(text, "")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("between one hundred and two hundred yuan", [100, 200]),
        ("five thousand and ten thousand", [5000, 10_000]),
        ("two or three dozen", [2, 36]),
        ("一百到二百五", [100, 250]),
        ("3 千米外，5千克", [3, 5]),
        ("三四百元", []),
    ],
)
def test_numbers_side_by_side_stay_apart(text, values):
    """They are not run together, and a thousand that belongs to a unit is none."""
    assert values == [number.value for number in quantities(text)]


def chinese(number):
    """Write a number below 10 ** 12 in Chinese, the long way."""
    digits, found = "零一二三四五六七八九", ""
    for scale, sign in ((10**8, "亿"), (10**4, "万"), (1, "")):
        part, number = divmod(number, scale)
        if not part:
            continue
        text = "".join(
            digits[d] + place if (d := part // unit % 10) else "零"
            for unit, place in ((1000, "千"), (100, "百"), (10, "十"), (1, ""))
        )
        text = text.rstrip("零")
        while "零零" in text:
            text = text.replace("零零", "零")
        found += (text if found else text.lstrip("零")) + sign
    return found


def english(number):
    """Write a number below 10 ** 12 in English."""
    ones = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    ones = [*ones.split(), "sixteen", "seventeen", "eighteen", "nineteen"]
    tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    for scale, name in (
        (10**9, "billion"),
        (10**6, "million"),
        (1000, "thousand"),
        (100, "hundred"),
    ):
        if number >= scale:
            whole, rest = divmod(number, scale)
            joint = " and " if name == "hundred" else " "
            return f"{english(whole)} {name}" + (joint + english(rest) if rest else "")
    if number < 20:
        return ones[number]
    return tens[number // 10] + (f"-{ones[number % 10]}" if number % 10 else "")


@given(st.integers(1, 10**12 - 1) | st.integers(1, 20_000))
def test_all_numbers_are_read_as_they_are_written(number):
    """In Chinese and in English, alone and in a sentence."""
    assert Decimal(number) == han_value(chinese(number))
    assert Decimal(number) == english_value(english(number))
    assert [number] == [found.value for found in quantities(f"共{chinese(number)}元")]
    assert [number] == [found.value for found in quantities(f"about {english(number)} yuan.")]
    said = [*numbers_in(f"共{chinese(number)}"), *numbers_in(f"about {english(number)} yuan.")]
    if number > 10:  # smaller ones mostly count what is listed
        assert [number, number] == [found.value for found in said]


@given(st.text("零一二两三十百千万亿点半0123456789,.%元 ahundredtwozilmf-"))
def test_no_text_breaks_a_reader(text):
    """Any run of signs is numbers or none."""
    assert all(found.value >= 0 for found in numbers_in(text, lenient=True))
    assert all(found.value >= 0 for found in quantities(text))
    assert grounded_values(Candidate(text, text)) is None


TURNS = [
    *[("1200 元", "一千二百元"), ("12 间", "a dozen rooms"), ("3.5万", "35000")],
    *[("35000", "3.5万"), ("80.0", "八十")],
]


@pytest.mark.parametrize(("one", "other"), TURNS)
def test_turns_are_read_alike(one, other):
    """The check of conversations knows the same numbers."""
    assert grounded_values(Candidate(one, other)) is None
    assert grounded_values(Candidate("13 间", other)) is not None
