"""Named properties, in lines and in lists, and cells of tables."""

from __future__ import annotations

import pytest

from hf_sft_builders.synthesis.extractive import find_pairs


def _pairs(text, kind, **options):
    found = find_pairs(text, **options)
    return [(pair.question, pair.answer) for pair in found if pair.kind == kind]


@pytest.mark.parametrize(
    ("line", "question", "answer"),
    [
        ("门票：80元／人", "云溪塔的门票是多少钱？", "80元／人"),
        ("地址：长庆街1号", "云溪塔在哪里？", "长庆街1号"),
        ("开放时间：8:00—18:00", "云溪塔的开放时间是什么？", "8:00—18:00"),
        ("电话：0699-5550111", "云溪塔的电话是多少？", "0699-5550111"),
        ("建议游览时长：1.5小时", "游览云溪塔建议安排多长时间？", "1.5小时"),
        ("高度（米）：28.6", "云溪塔的高度是多少（单位：米）？", "28.6"),
        ("建筑风格：明代楼阁", "云溪塔的建筑风格是什么？", "明代楼阁"),
        ("> 门票：免费", "云溪塔的门票是多少钱？", "免费"),
        ("- **门票**：80元", "云溪塔的门票是多少钱？", "80元"),
    ],
)
def test_chinese_lines(line, question, answer):
    """The nearest heading owns the property, and each key has its natural question."""
    assert _pairs(f"# 云溪旅行指南\n\n## 云溪塔\n\n{line}\n", "attribute") == [(question, answer)]


@pytest.mark.parametrize(
    ("line", "question", "answer"),
    [
        ("Address: Quay Street 1", "Where is Gull Tower located?", "Quay Street 1"),
        ("Opening hours: daily 9–17", "What are the opening hours of Gull Tower?", "daily 9–17"),
        ("Admission: €7", "How much is admission to Gull Tower?", "€7"),
        ("- **Height:** 31 m", "What is the height of Gull Tower?", "31 m"),
        ("Building Materials: oak", "What are the building materials of Gull Tower?", "oak"),
        ("Built: 1862", "When was Gull Tower built?", "1862"),
    ],
)  # fmt: skip
def test_english_lines(line, question, answer):
    """Articles, plurals and case are those of a sentence."""
    assert _pairs(f"# Gull Tower\n\n{line}\n", "attribute") == [(question, answer)]


@pytest.mark.parametrize(
    "text",
    [
        "门票：80元\n",
        "# 注意事项\n\n提示：山路湿滑\n",
        "# 云溪塔\n\n备注：无\n",
        "# 云溪塔\n\n门票：—\n",
        "# 行李清单\n\n- 身份证件：购票时要查验。\n- 雨具：夏天多阵雨。\n",
        "# 相关活动\n\n开茶节每年三月举行。\n\n地址：茶园路18号\n",
        "# Emergency numbers\n\nPolice: 110\n",
        "# Shipping\n\nStandard: 3–5 days\n",
        "# Gull Tower\n\nNote: the stairs are steep\n",
        "# 云溪塔\n\n预约：<https://example.org>\n",
    ],
)
def test_no_lines(text):
    """Remarks, empty values, and lines without a certain owner are not asked for."""
    assert _pairs(text, "attribute") == []


def test_a_name_line_owns_what_follows():
    """Under one heading several names each own the lines up to the next name."""
    text = "# 住宿\n\n名称：听泉小院\n电话：111\n名称：望云山居\n电话：222\n"
    assert _pairs(text, "attribute") == [
        ("听泉小院的电话是多少？", "111"), ("望云山居的电话是多少？", "222"),
    ]  # fmt: skip


def test_a_key_twice_without_a_name_is_nobodys():
    """Two prices under one heading belong to things that are not named."""
    assert _pairs("# 云溪塔\n\n门票：80元\n\n门票：40元\n", "attribute") == []


def test_generic_headings_are_looked_through():
    """A heading such as 基本信息 belongs to the heading above it."""
    text = "# 云溪旅行指南\n\n## 云溪塔\n\n### 基本信息\n\n门票：80元\n"
    assert _pairs(text, "attribute") == [("云溪塔的门票是多少钱？", "80元")]


def _table(head, *rows, title="# Acme 40 Pump: User Manual\n\n## Data\n\n"):
    lines = [head, "|".join("-" * (head.count("|") - 1)).join("||"), *rows]
    return title + "\n".join(lines) + "\n"


def test_rows_of_things():
    """The first column names the row; empty cells are skipped and units kept."""
    text = _table(
        "| 酒店 | 价格（元） | 距南门 | 备注 |", "| 听泉小院 | 360 | — | 近河 |", title="# 住宿\n\n"
    )
    assert _pairs(text, "table") == [("听泉小院的价格是多少钱（单位：元）？", "360")]
    text = _table(
        "| Hotel | Price per night | Stars |", "| Harbour View Hotel | €145 | 4 |", title=""
    )
    assert _pairs(text, "table") == [
        ("What is the price per night of the Harbour View Hotel?", "€145"),
        ("How many stars does the Harbour View Hotel have?", "4"),
    ]


def test_a_header_of_two_rows():
    """Merged headers are asked for with those below them, and are no row of their own."""
    text = _table(
        "| 景点 | 票价 | 票价 | 开放时间 |", "| 景点 | 成人 | 儿童 | 开放时间 |",
        "| 望云楼 | 80 | 40 | 9:00 |", title="",
    )  # fmt: skip
    assert _pairs(text, "table") == [
        ("望云楼的票价·成人是多少？", "80"), ("望云楼的票价·儿童是多少？", "40"),
        ("望云楼的开放时间是什么？", "9:00"),
    ]  # fmt: skip
    text = _table("| Model | Rated | Rated |", "| Model | Flow | Head |", "| P1 | 12 | 30 |")
    assert [answer for _, answer in _pairs(text, "table")] == ["12", "30"]
    text = _table("| Model | Rated | Rated |", "| P1 | 12 | 30 |", "| P2 | 24 | 45 |")
    assert [answer for _, answer in _pairs(text, "table")] == []


def test_a_name_that_is_merged_over_other_columns():
    """The name of a row is no value of it."""
    text = _table(
        "| 酒店 | 备注 | 价格（元） |", "| 听泉小院 | 听泉小院 | 360 |", title="# 住宿\n\n"
    )
    assert [answer for _, answer in _pairs(text, "table")] == ["360"]


def test_rows_of_codes():
    """A code is asked for its meaning and its remedy, with the product's name."""
    text = _table("| Error code | Meaning | Remedy |", "| E07 | Tank empty | Fill the tank. |")
    assert _pairs(text, "table") == [
        ("What does error code E07 mean on the Acme 40 Pump?", "Tank empty"),
        ("What is the remedy for error code E07 on the Acme 40 Pump?", "Fill the tank."),
    ]
    text = _table(
        "| 故障代码 | 含义 | 处理方法 |", "| E1 | 缺水 | 检查水源 |", title="# 海川泵使用说明书\n\n"
    )
    assert _pairs(text, "table") == [
        ("海川泵故障代码E1是什么意思？", "缺水"), ("海川泵出现故障代码E1时应该怎么处理？", "检查水源"),
    ]  # fmt: skip


def test_rows_of_specifications():
    """A table of values belongs to the product; columns of models name the model."""
    text = _table("| Property | Value | Remarks |", "| Rated voltage | 230 V | 50 Hz |")
    assert _pairs(text, "table") == [("What is the rated voltage of the Acme 40 Pump?", "230 V")]
    text = _table("| 项目 | 单位 | HC-200 | HC-300 |", "| 净重 | kg | 8.6 | 9.9 |", title="")
    assert [question for question, _ in _pairs(text, "table")] == [
        "HC-200的净重是多少（单位：kg）？", "HC-300的净重是多少（单位：kg）？",
    ]  # fmt: skip


def test_rows_of_symptoms_and_intervals():
    """Faults are asked for cause and help, intervals for the work that is due."""
    text = _table("| Symptom | Cause | Remedy |", "| No water comes | Air in the line | Prime it |")
    assert [question for question, _ in _pairs(text, "table")] == [
        "What are the possible causes of “No water comes” on the Acme 40 Pump?",
        "What should you do in case of “No water comes” on the Acme 40 Pump?",
    ]
    text = _table("| Interval | Work |", "| Every week | Clean the strainer |")
    assert [question for question, _ in _pairs(text, "table")] == [
        "What maintenance is due every week on the Acme 40 Pump?"
    ]


def test_a_table_of_properties_without_a_header():
    """A two-column table whose first column holds keys describes one thing."""
    text = "# 鹿鸣茶\n\n| 中文名 | 鹿鸣茶 |\n|---|---|\n| 产地 | 鹿鸣县 |\n"
    assert _pairs(text, "table") == [("鹿鸣茶的产地是哪里？", "鹿鸣县")]


@pytest.mark.parametrize(
    "text",
    [
        "| 听泉小院 | 360 元 |\n| 望云山居 | 780 元 |\n",
        "| 时间 | 活动 |\n|---|---|\n| 9:00 | 集合 |\n",
        "| 位置 | 编号 |\n|---|---|\n| 入口 | R-01 |\n",
        "| 酒店 | 价格 |\n|---|---|\n| 听泉 | 3元 |\n| 听泉 | 4元 |\n",
        "| 酒店 | 价格 |\n|---|---|\n| 合计 | 9元 |\n",
        "| Item | Insured |\n|---|---|\n| Examination with sedation | $45 |\n",
        "| Plan | Yes |\n|---|---|\n| Solo | ✓ |\n",
        "| a | b |\n|---|---|\n",
    ],
)
def test_no_rows(text):
    """Rows without header, without a name of their own, or named twice are not asked for."""
    assert _pairs(text, "table") == []
