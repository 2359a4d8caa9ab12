"""Definitions and properties that sentences state."""

from __future__ import annotations

import pytest

from hf_sft_builders.synthesis.extractive import find_pairs


def _asked(text, **options):
    return [
        pair.question
        for pair in find_pairs(text, **options)
        if pair.kind in ("definition", "attribute")
    ]


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("缺水保护是指水泵在没有水时自动停机的功能。", "什么是缺水保护？"),
        ("所谓自吸高度，是指水泵能够吸水的最大垂直高度。", "什么是自吸高度？"),
        ("“马店”是旧时供马帮住宿的客栈，楼上住人。", "什么是“马店”？"),
        ("鹿鸣茶（Luming Tea）是一种微发酵茶。", "鹿鸣茶是什么？"),
        ("海川HC-200是一款自吸式水泵，适用于家庭。", "海川HC-200是什么？"),
        ("Cavitation is the formation of bubbles in a liquid.", ""),
        ("Cavitation refers to the formation of bubbles.", "What is cavitation?"),
        ("A foot valve is a non-return valve at the end of the pipe.", "What is a foot valve?"),
        ("Cover crops are plants that protect the soil.", "What are cover crops?"),
        ("The Mackerel Fair is a festival in August.", "What is the Mackerel Fair?"),
        ("A red light means the battery is low.", "What does a red light mean?"),
        ("**Zone** means a group of sprinklers.", "What does “zone” mean?"),
        ("Volumetric content (VC) is the ratio of two volumes.", "What is volumetric content?"),
    ],
)  # fmt: skip
def test_definitions(sentence, question):
    """A sentence that says what something is asks for it."""
    assert [question] * bool(question) == _asked(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "这是一个很好的地方。",
        "它是一种水泵。",
        "春天是最好的季节。",
        "步行是一个不错的选择。",
        "最大的问题是一种误解。",
        "他伸出手指向远方的山峰。",
        "This is a pump.",
        "It is a town on the coast.",
        "The main reason is a lack of water.",
        "The pump is a single-stage machine.",
        "Walking is a good way to see the town.",
        "This means that the pump stops.",
        "There is a pump in the cellar.",
        "A second call is a cache hit.",
        "Is a pump a machine?",
        "and a valve is a device that closes a pipe.",
        "A valve is a device that",
    ],
)
def test_no_definitions(sentence):
    """Judgements, pronouns, relative names, questions and half sentences define nothing."""
    assert _asked(sentence) == []


def test_terms_of_rules_name_the_rules():
    """A term that is defined for one text only is asked for with that text's title."""
    text = "# 临江市档案管理办法\n\n第二条　本办法所称档案，是指具有保存价值的文件材料。\n"
    assert _asked(text) == ["《临江市档案管理办法》所称的“档案”是指什么？"]
    text = '# Acme Travel Policy\n\n"Per diem" means a daily allowance for meals.\n'
    assert _asked(text) == ["What does “per diem” mean under the Acme Travel Policy?"]


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("# 登云步道\n\n登云步道始建于1982年，两侧种有松树。\n", "登云步道建于什么时候？"),
        ("# 云溪旅行指南\n\n## 登云步道\n\n全程约3.5公里，平缓好走。\n", "登云步道全程有多长？"),
        ("# 登云步道\n\n登云步道位于城西的山上。\n", "登云步道位于哪里？"),
        ("# Acme 40 Pump: User Manual\n\nThe pump draws 4.2 A at full load.\n",
         "How much current does the Acme 40 Pump draw?"),
        ("The Acme 40 weighs 12 kg without oil.", "How much does the Acme 40 weigh?"),
        ("# Gull Tower\n\nGull Tower was built in 1862 by sailors.\n", "When was Gull Tower built?"),
    ],
)  # fmt: skip
def test_facts(text, question):
    """A certain pattern with a named subject asks for the property."""
    assert question in _asked(text)


@pytest.mark.parametrize(
    "text",
    [
        "# 云溪古城\n\n古城依河而建，主街与河道平行，全长1260米。\n",
        "# 云溪古城\n\n云溪古城依河而建，主街与河道平行，全长1260米。\n",
        "The pump draws 4.2 A.",
        "It weighs 12 kg.",
        "The trip there and back takes 3 hours.",
        "If it rains, the walk takes 3 hours.",
    ],
)
def test_no_facts(text):
    """Where the subject may be another, or none is named, nothing is asked."""
    assert _asked(text) == []
