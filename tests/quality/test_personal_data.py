"""Personal data and secrets: found where check digits are right, and masked without a trace."""

import json
import string

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.quality.check_digits import is_cn_id, is_credit_code, is_iban, is_luhn
from hf_sft_builders.quality.masking import masked_row
from hf_sft_builders.quality.personal_data import KINDS, SUSPECTS, find_personal_data

FOUND = {
    "邮箱zhang.san@corp.com.cn。": "email",
    "mail me: li+x@gmail.com": "email",
    "身份证11010519491231002X": "cn_id",
    "身份证号码：110105 19491231 002x": "cn_id",
    "手机１３８００１３８０００": "cn_mobile",
    "+86 138-0013-8000": "cn_mobile",
    "电话：138 0013 8000，": "cn_mobile",
    "+8613800138000": "cn_mobile",
    "代码91350100M000100Y43": "credit_code",
    "卡号6222021001116245702": "bank_card",
    "visa 4111 1111 1111 1111": "credit_card",
    "amex 3782-822463-10005": "credit_card",
    "IBAN DE89 3704 0044 0532 0130 00": "iban",
    "GB82WEST12345698765432": "iban",
    "护照号：E12345678": "passport",
    "passport no. 123456789": "passport",
    "SSN 536-90-4399": "us_ssn",
    "call (212) 664-7665": "phone",
    "+44 20 7946 0958": "phone",
}
NOT_FOUND = [
    "订单号 20240101123456789",
    "2024-01-01 12:00:00",
    "版本 1.2.3.4，圆周率 3.14159265358979323846",
    "UUID 550e8400-e29b-41d4-a716-446655440000",
    "ISBN 978-7-111-40701-0",
    "a@b, @property",
    "user@example.com, test@test.example.org",
    "时间戳 1700000000000",
    "电话 0699-5550201",
    "12345678901",
    "价格 1,380,013,800 元，1380013800.50",
    "sha 13800138000abcdef",
    "(212) 555-0123",
    "E12345678 型号",
    "110105194912310021",
    "坐标 +12.3456789",
    "000-12-3456",
]


@pytest.mark.parametrize("text", FOUND)
def test_personal_data_are_found(text):
    """Each kind is found once, for what it is, and the gate drops the row."""
    assert [FOUND[text]] == [found.kind for found in find_personal_data(text)]
    [outcome] = sft.gate_pii().outcomes([{"text": text}])
    assert (f"personal data ({FOUND[text]})",) == outcome.drops


WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@given(
    st.text("ab12 .-+(望：", max_size=3),
    st.sampled_from(sorted(FOUND)),
    st.sets(st.sampled_from("0123456789")),
    st.text("ab12 .-望。", max_size=2),
)
def test_the_first_look_misses_nothing(before, found, wide, after):
    """Every text with a finding has the pattern by which Arrow picks the texts of its kind."""
    for digit in wide:
        found = found.replace(digit, digit.translate(WIDE))
    text = before + found + after
    for finding in find_personal_data(text, KINDS):
        picked = pc.match_substring_regex(pa.array([text]), SUSPECTS[finding.kind])
        assert picked[0].as_py(), finding


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_looks_alike_is_not(text):
    """Numbers without the right check digit, shops' landlines and examples are left alone."""
    assert [] == find_personal_data(text)


def with_id_check(body):
    """The 17 digits of an identity number with their check digit, worked out here once more."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


IDS = st.builds(
    lambda area, year, month, day, order: with_id_check(
        f"{area}0105{year}{month:02}{day:02}{order:03}"
    ),
    st.sampled_from(["11", "31", "44", "51", "65"]),
    st.integers(1900, 2020),
    st.integers(1, 12),
    st.integers(1, 28),
    st.integers(0, 999),
)


@given(IDS, st.integers(0, 16), st.integers(1, 9))
def test_identity_numbers_have_check_digits(number, place, shift):
    """Every right number is one, and none with a single wrong digit (GB 11643)."""
    assert is_cn_id(number)
    wrong = str((int(number[place]) + shift) % 10)
    assert not is_cn_id(number[:place] + wrong + number[place + 1 :])


@given(st.text("0123456789", min_size=12, max_size=18), st.integers(0, 11), st.integers(1, 9))
def test_card_numbers_have_check_digits(body, place, shift):
    """One check digit is right, and a single wrong digit never goes unseen (Luhn)."""
    [number] = [body + digit for digit in string.digits if is_luhn(body + digit)]
    wrong = str((int(number[place]) + shift) % 10)
    assert not is_luhn(number[:place] + wrong + number[place + 1 :])


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9))
def test_credit_codes_have_check_digits(body):
    """One of 31 signs is right (GB 32100)."""
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    assert 1 == sum(is_credit_code("91350100" + body + sign) for sign in signs)


@given(st.text("0123456789", min_size=18, max_size=18))
def test_ibans_have_check_digits(body):
    """One of the 97 pairs is right, and the length is that of the country."""
    pairs = [f"{pair:02}" for pair in range(2, 99)]
    assert 1 == sum(is_iban(f"DE{pair}{body}") for pair in pairs)
    assert not any(is_iban(f"DE{pair}{body}1") for pair in pairs)


@given(
    st.text("abc12 @.-，望", max_size=20),
    st.sampled_from(sorted(FOUND)),
    st.text("。望 \n", max_size=8),
)
def test_masks_leave_nothing_to_find(before, found, after):
    """After masking nothing is found any more, and all other text is as it was."""
    text = before + "\n" + found + after
    row, kinds = masked_row({"text": text}, find_personal_data)
    assert FOUND[found] in kinds
    assert [] == find_personal_data(row["text"])
    assert row["text"].endswith(after)


def test_masks_reach_every_column_and_json_stays_json():
    """Calls, nested values and columns of one's own are masked; lineage, roles and paths are not."""
    call = json.dumps([{"name": "sms", "arguments": {"to": 13800138000, "cc": "li@corp.cn"}}])
    row = {
        "messages": [{"role": "assistant", "content": "好", "tool_calls": call}],
        "notes": ["打 13800138000", {"deep": "li@corp.cn"}],
        "images": [{"bytes": b"13800138000", "path": "li@corp.cn.png"}],
        "n": 13800138000,
        "id": "13800138000",
    }
    [outcome] = sft.gate_pii("mask").outcomes([row])
    [made] = outcome.rows
    [called] = json.loads(made["messages"][0]["tool_calls"])
    assert {"to": "[CN_MOBILE]", "cc": "[EMAIL]"} == called["arguments"]
    assert ["打 [CN_MOBILE]", {"deep": "[EMAIL]"}] == made["notes"]
    assert (row["images"], row["n"], row["id"]) == (made["images"], made["n"], made["id"])
    assert {"masked cn_mobile", "masked email"} == set(outcome.notes)


def test_kinds_are_chosen():
    """Only the kinds that are named are looked for; landlines only then."""
    row = {"text": "0571-88888888，li@corp.cn"}
    [by_default] = sft.gate_pii("mask").outcomes([row])
    assert "0571-88888888，[EMAIL]" == by_default.rows[0]["text"]
    [chosen] = sft.gate_pii("mask", kinds=["landline"]).outcomes([row])
    assert "[LANDLINE]，li@corp.cn" == chosen.rows[0]["text"]
    assert "landline" in KINDS
    with pytest.raises(UnknownName, match="cn_mobile"):
        sft.gate_pii(kinds=["mobile"])
    with pytest.raises(UnknownName, match="mask"):
        sft.gate_pii("hide")
    with pytest.raises(ConfigurationError, match="no kind"):
        sft.gate_pii(kinds=[])


def test_secrets_are_masked():
    """What is masked is the secret, not its name."""
    row = {"text": "password: tR7#kP2$mQ9z!Lx，请保密"}
    [outcome] = sft.gate_secrets("mask").outcomes([row])
    assert "password: [PASSWORD]，请保密" == outcome.rows[0]["text"]
    assert ("masked password",) == outcome.notes
