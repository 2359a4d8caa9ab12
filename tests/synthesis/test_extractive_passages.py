"""Lists and headed paragraphs."""

from __future__ import annotations

import pytest

from hf_sft_builders.synthesis.extractive import find_pairs

ZH = "云溪塔建在城北的山上，登上塔顶可以看到全城的屋顶和远处的雪山。"
EN = "Water the young plants every second day, and every day in the first week of a dry summer."


def _asked(text, kind="passage", **options):
    return [pair.question for pair in find_pairs(text, **options) if pair.kind == kind]


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (f"# 云溪塔\n\n{ZH}\n", "能介绍一下云溪塔吗？"),
        (f"# 云溪旅行指南\n\n## 云溪塔\n\n### 注意事项\n\n{ZH}\n", "云溪塔的注意事项有哪些？"),
        (f"# 云溪旅行指南\n\n## 自驾与停车\n\n{ZH}\n", "去云溪旅行，自驾与停车方面需要了解什么？"),
        (f"# 云溪旅行指南\n\n## 怎样到达\n\n{ZH}\n", "怎样到达云溪？"),
        (f"# 海川泵使用说明书\n\n## 3.1 清洗过滤网\n\n{ZH}\n", "使用海川泵时，怎么清洗过滤网？"),
        (f"# 员工休假管理制度\n\n## 年休假\n\n{ZH}\n", "《员工休假管理制度》对年休假是怎么规定的？"),
        (f"## Installing the controller\n\n{EN}\n", "How do you install the controller?"),
        (f"## How to prune roses\n\n{EN}\n", "How do you prune roses?"),
        (f"## What do plants need in summer?\n\n{EN}\n", "What do plants need in summer?"),
        (f"# Acme Travel Policy\n\n## Annual leave\n\n{EN}\n",
         "What does the Acme Travel Policy say about annual leave?"),
        (f"# Acme 40 Pump: User Manual\n\n## Remote access\n\n{EN}\n",
         "What should you know about remote access on the Acme 40 Pump?"),
        (f"# Guide to Gull Bay\n\n## Getting there\n\n{EN}\n", "How do you get to Gull Bay?"),
        (f"# Guide to Gull Bay\n\n## Overview\n\n{EN}\n", "What should you know about Gull Bay?"),
        (f"# Soil and water in dry vineyards\n\n## Abstract\n\n{EN}\n",
         "What is “Soil and water in dry vineyards” about?"),
    ],
)  # fmt: skip
def test_headed_paragraphs(text, question):
    """A heading asks for its first paragraph, with the subject that it belongs to."""
    assert _asked(text) == [question]


@pytest.mark.parametrize(
    "text",
    [
        f"## Introduction\n\n{EN}\n",
        f"## 概述\n\n{ZH}\n",
        f"## References\n\n{EN}\n",
        f"## Why it matters\n\n{EN}\n",
        f"## Can I use it here?\n\n{EN}\n",
        f"## Roses\n\nHowever, {EN[0].lower()}{EN[1:]}\n",
        f"## Roses\n\n{EN[:-1]}\n",
        f"## Roses\n\nand {EN}\n",
        "## Roses\n\nSee section 4 for everything that is known about the roses of this garden.\n",
        "## Roses\n\nShort.\n",
        "## Roses\n\n```\nprint('This is a long line of code that could be taken for words.')\n```\n",
    ],
)
def test_no_headed_paragraphs(text):
    """Generic headings alone, pointing words, cut paragraphs and code give no question."""
    assert _asked(text) == []


def test_a_chunk_without_the_heading_is_not_its_beginning():
    """The words below a heading that stands in the chunk before do not answer for it."""
    assert _asked(EN, headings=("Roses",)) == []


def test_passages_are_whole_and_not_long():
    """A passage ends with a sentence, and further paragraphs are taken whole or not at all."""
    long = " ".join(f"Sentence number {n} is about the roses of the old garden." for n in range(20))
    (found,) = (p for p in find_pairs(f"## Roses\n\n{EN}\n\n{long}\n") if p.kind == "passage")
    assert found.answer == EN
    (found,) = (p for p in find_pairs(f"## Roses\n\n{long}\n") if p.kind == "passage")
    assert found.answer.endswith("garden.") and 500 < len(found.answer) <= 600


def test_what_stands_before_steps_is_no_procedure():
    """The paragraph before the steps is not given as the way to do it."""
    text = f"## Installing the controller\n\n{EN}\n\n1. Open it.\n2. Close it.\n\nDone.\n"
    assert _asked(text) == []
    assert _asked(text, "list") == ["How do you install the controller?"]


def test_articles_of_rules():
    """An article asks what it says; the plainest ones ask for the matter itself."""
    text = (
        "# 临江市档案管理办法\n\n第一条　为了加强档案管理，制定本办法。\n\n"
        "第四条　建设单位可以委托他人保管档案。\n\n第八条　本办法自2024年9月1日起施行。\n"
    )
    assert _asked(text) == [
        "制定《临江市档案管理办法》的目的是什么？",
        "《临江市档案管理办法》第四条规定了什么？",
        "《临江市档案管理办法》从什么时候起施行？",
    ]


def test_questions_of_the_text_itself():
    """Questions and answers marked as such are taken over, with the product named."""
    text = (
        "# Acme Cloud FAQ\n\n**Q: How long are files kept?**\n**A:** Files are kept for a year.\n"
    )
    (found,) = (p for p in find_pairs(text) if p.kind == "passage")
    assert found.question == "About Acme Cloud: how long are files kept?"
    assert found.answer == "Files are kept for a year."
    assert _asked("问：保修期是多久？\n答：两年。\n") == ["保修期是多久？"]


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("## 行前准备\n\n- 办好证件\n- 买好车票\n\n好。\n", "行前准备需要做哪些事？"),
        ("## 控制器安装步骤\n\n1. 固定底座\n2. 接通电源\n\n好。\n", "控制器安装步骤是什么？"),
        ("申请病假需要提交以下材料：\n\n- 证明\n- 病历\n\n好。\n", "申请病假需要提交什么？"),
        ("以下情况不属于保修范围：\n\n- 进水\n- 摔坏\n\n好。\n", "哪些情况不属于保修范围？"),
        ("鹿鸣茶分为以下四类：\n\n- 银针\n- 牡丹\n\n好。\n", "鹿鸣茶分为哪几类？"),
        ("## Replacing the filter\n\n1. Stop it.\n2. Open it.\n\nDone.\n",
         "How do you replace the filter?"),
        ("The starter kit includes:\n\n- a pump\n- a hose\n\nDone.\n",
         "What does the starter kit include?"),
        ("The company does not reimburse:\n\n- fines\n- upgrades\n\nDone.\n",
         "What does the company not reimburse?"),
        ("To reset the pump, follow these steps:\n\n1. Stop.\n2. Start.\n\nDone.\n",
         "How do you reset the pump?"),
    ],
)  # fmt: skip
def test_lists(text, question):
    """A heading or the line before a list asks for all of it."""
    (found,) = (pair for pair in find_pairs(text) if pair.kind == "list")
    assert found.question == question
    assert found.answer.count("\n") == 1


@pytest.mark.parametrize(
    "text",
    [
        "- a\n- b\n\nDone.\n",
        "## Packing list\n\n- only one\n\nDone.\n",
        "## 景点\n\n- 望云楼 ........ 3\n- 双虹桥 ........ 5\n\n好。\n",
        "## Links\n\n- <https://a.example>\n- <https://b.example>\n\nDone.\n",
        "3. Third.\n4. Fourth.\n\nDone.\n",
        "## First start\n\n1. Open it.\n2. Close it.\n",
        "## 云溪塔\n\n- 门票：80元\n- 地址：长庆街1号\n\n好。\n",
        "## Warranty\n\nWe cannot accept these things for reasons of law:\n\n- a\n- b\n\nDone.\n",
    ],
)
def test_no_lists(text):
    """Tables of contents, links, cut lists and lists under an unclear lead are not asked for."""
    assert _asked(text, "list") == []
