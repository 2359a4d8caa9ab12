"""Bytes become text in the encoding that they are in, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders.documents.encoding import decode, encoding_of
from hf_sft_builders.errors import DocumentError

SIMPLIFIED = [
    "你好",
    "开放时间：8:00—18:00",
    "云溪古城旅行指南",
    "门票80元，学生半价。",
    "人工智能是研究、开发用于模拟、延伸和扩展人的智能的理论、方法、技术及应用系统的一门新的技术科学。",
    "Python 是一种解释型语言",
    "第一章 总则",
    "患者应当在餐后半小时服用本品，每日三次，每次两片。",
]
TRADITIONAL = [
    "你好",
    "開放時間：每日上午九時至下午五時",
    "臺北市立圖書館借閱須知",
    "門票八十元，學生半價。",
    "人工智慧是研究、開發用於模擬、延伸和擴展人的智慧的理論、方法、技術及應用系統的一門新的技術科學。",
    "Python 是一種直譯式語言",
    "第一章 總則",
    "病人應於飯後半小時服用本藥，每日三次，每次兩片。",
]


@pytest.mark.parametrize("text", SIMPLIFIED)
def test_simplified_text_is_read_as_gb18030(text):
    """GB18030 is recognised, in long texts and in two characters."""
    assert (text, "gb18030") == decode(text.encode("gb18030"), "a.txt")


@pytest.mark.parametrize("text", TRADITIONAL)
def test_traditional_text_is_read_as_big5(text):
    """Big5 is recognised, in long texts and in two characters."""
    assert (text, "big5") == decode(text.encode("big5"), "a.txt")


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("café 茶".encode(), "utf-8"),
        ("茶".encode("utf-8-sig"), "utf-8"),
        ("\ufeff茶馆".encode("utf-16-le"), "utf-16"),
        ("\ufeff茶馆".encode("utf-16-be"), "utf-16"),
    ],
)
def test_marks_are_believed_and_taken_off(data, encoding):
    """A byte order mark says the encoding, and is no part of the text."""
    text, found = decode(data, "a.txt")
    assert encoding == found
    assert not text.startswith("\ufeff")
    assert "茶" in text


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02\x03binary",
        bytes(range(256)),
        "résumé, déjà vu".encode("latin-1"),
        "Grüße aus Köln".encode("latin-1"),
        b"text \x00 text",
        "茶".encode() + b"\xff\xfe rest",
    ],
)
def test_what_is_no_text_is_refused(data):
    """Binary data and Western encodings end as an error, never as replacement characters."""
    with pytest.raises(DocumentError) as error:
        decode(data, "a.txt")
    assert "not text" == error.value.reason


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))))
def test_utf8_is_read_without_loss(text):
    """Every UTF-8 text comes back as it was."""
    assert text.removeprefix("\ufeff") == decode(text.encode(), "a.txt")[0]


@given(st.binary(max_size=200))
def test_no_bytes_break_it(data):
    """Any bytes give a text without replacement characters of ours, or a DocumentError."""
    try:
        text, encoding = decode(data, "a.txt")
    except DocumentError:
        return
    assert (
        text.encode(encoding if encoding != "utf-8" else "utf-8-sig")[-1:] == data[-1:] or not data
    )


@given(
    st.lists(st.sampled_from([*SIMPLIFIED, "say \U00020000 😀"]), min_size=1),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
    st.sampled_from(["\n", ",", "\r\n"]),
    st.data(),
)
def test_a_beginning_tells_the_encoding_wherever_it_is_cut(parts, encoding, between, data):
    """What is cut off, a character among it, does not change what is found."""
    raw = between.join(SIMPLIFIED + parts).encode(encoding)
    head = raw[: data.draw(st.integers(len(SIMPLIFIED[0].encode("utf-16")) + 200, len(raw)))]
    found = encoding_of(head, "a.csv", whole=len(head) == len(raw))
    assert encoding.removesuffix("-sig") == found
