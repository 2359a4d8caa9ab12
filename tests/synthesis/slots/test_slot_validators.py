"""What is said and labelled agree; a reply holds what the query gave and nothing else."""

import pytest
from hotel_records import RECORDS, TOOL

from hf_sft_builders.synthesis.slots import RecordTable, Tool
from hf_sft_builders.synthesis.validators.slots import slot_fault
from hf_sft_builders.synthesis.validators.slots_replies import reply_fault

tool = Tool.of(TOOL)
table = RecordTable.of(RECORDS).typed(tool)
UPPER, LOWER = {"price_range_upper": 300}, {"price_range_lower": 300}


@pytest.mark.parametrize(
    ("text", "slots", "reason"),
    [
        ("找一家不超过300元的", UPPER, None),
        ("三百块以内的酒店", UPPER, None),
        ("预算 300 元", UPPER, None),
        ("under 300 yuan, please", UPPER, None),
        ("三百元以上的", UPPER, "bound inverted"),
        ("别低于300元", UPPER, "bound inverted"),
        ("not under 300 yuan", UPPER, "bound inverted"),
        ("below 300", LOWER, "bound inverted"),
        ("300元左右", UPPER, "bound not said"),
        ("300元的酒店", UPPER, "bound not said"),
        ("不超过400元", UPPER, "bound not said"),
        ("便宜点的酒店", UPPER, "bound not said"),
        ("不超过300分的", UPPER, "bound not said"),
        ("不超过300元，评分4分以上", UPPER, "number not in the slots"),
        ("200元以上300元以下", UPPER, "number not in the slots"),
        ("200到300元", {"price_range_lower": 200, "price_range_upper": 300}, None),
        ("200元以上300元以下", {"price_range_lower": 200, "price_range_upper": 300}, None),
        ("300到200元之间", {"price_range_lower": 200, "price_range_upper": 300}, None),
        ("评分至少4.5，价格300以内", {**UPPER, "rating_range_lower": 4.5}, None),
        ("价格至少4.5，评分300以内", {**UPPER, "rating_range_lower": 4.5}, "bound not said"),
        ("有健身房和早餐的", {"facilities": ["健身房", "早餐"]}, None),
        ("有健身房的", {"facilities": ["健身房", "早餐"]}, "slot not said"),
        ("在望江区、有健身房的", {"facilities": ["健身房"]}, "value not in the slots"),
        ("云溪怎么样", {"name": "云溪"}, None),
        ("云西怎么样", {"name": "云溪"}, "slot not said"),
        ("如家8号店怎么样", {"name": "如家8号店"}, None),
    ],
)
def test_text_and_slots_agree_or_it_is_said_why(text, slots, reason):
    """Catches what is wrong, and lets what is right pass."""
    fault = slot_fault(
        text, slots, tool, {"district": ("望江区",), "facilities": ("健身房", "早餐")}
    )
    assert reason == (fault and fault.reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("有两家：云溪客栈，320元；荷风旅馆，180元。", None),
        ("云溪客栈比荷风旅馆贵140元。", None),
        ("云溪客栈的电话是0000-5550201。", None),
        ("云溪客栈三百二十元一晚。", None),
        ("推荐沈家重院。", "record not returned"),
        ("推荐半山，环境不错。", "record not returned"),
        ("云溪客栈只要299元。", "number not in the records"),
        ("云溪客栈的电话是0000-5550299。", "number not in the records"),
        ("云溪客栈180元，荷风旅馆320元。", "number of another record"),
    ],
)
def test_a_reply_rests_on_the_records(text, reason):
    """Names, numbers, and which number is whose."""
    returned = [table.rows[0], table.rows[2]]
    fault = reply_fault(text, returned, table, tool, [2.0])
    assert reason == (fault and fault.reason)


@pytest.mark.parametrize(
    ("slots", "names"),
    [
        ({"name": "云溪"}, ["云溪客栈"]),
        ({"name": "云栈"}, []),
        ({"price_range_upper": 320}, ["云溪客栈", "荷风旅馆"]),
        ({"facilities": ["能锻炼的地方"], "price_range_lower": 200}, ["云溪客栈"]),
        ({"district": "望江区", "rating_range_lower": 4.5}, ["云溪客栈"]),
        ({"district": "望江区", "rating_range_lower": 4.9}, []),
    ],
)
def test_queries_are_computed(slots, names):
    """Exact: bounds include their end, a name is no bag of characters, a phrase is its value."""
    found = table.find(tool, slots)
    assert names == [record["name"] for record in found.records]
    assert len(names) == found.total
