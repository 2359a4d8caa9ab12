"""Cleaning takes boilerplate and nothing else, and the original stays beside it."""

from __future__ import annotations

import pytest
from hypothesis import given
from strategies import documents

import hf_sft_builders as sft
from hf_sft_builders.documents.markdown import markdown_parts
from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.synthesis.boilerplate import clean_by_rules

BODY = "望云楼高 28.6 米，共四层。\n\n门票：80 元／人\n"


def clean(text, reply=None, **options):
    """Clean one chunk, by rules or with a model that gives this reply."""
    if reply is not None:
        options["model"] = sft.ScriptedModel([reply])
    [outcome] = sft.clean_chunks(**options).outcomes([{"text": text, "language": "zh"}])
    return outcome


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("— 12 —", "page number"),
        ("第 3 页 共 20 页", "page number"),
        ("Page 4 of 9", "page number"),
        ("3.2 Daily operation ........ 17", "table of contents"),
        ("第二章 交通……………………12", "table of contents"),
        ("We use cookies to improve this site. Accept all cookies", "web page's furniture"),
        ("扫码关注公众号，获取更多资料", "web page's furniture"),
        ("【广告】", "web page's furniture"),
    ],
)
def test_rules_take_whole_lines(line, rule):
    """A line in the middle of words goes, the words stay as they are."""
    text = BODY.replace("\n\n", f"\n\n{line}\n\n")
    assert (BODY, [rule]) == clean_by_rules(text)


@pytest.mark.parametrize(
    "line",
    [
        "第 3 页的图说明了这一点。",
        "12",
        "共 20 页",
        "Wait ... and see",
        "| Page 4 of 9 | 12 |",
        "- 同一个列表项\n- 同一个列表项\n- 同一个列表项",
        "本店版权所有权的转让，见合同第 12 条。" * 12,
    ],
)
def test_rules_leave_what_may_mean_something(line):
    """Numbers that may be data, sentences about pages, lists, long paragraphs."""
    text = f"{BODY}\n{line}\n"
    assert (text, []) == clean_by_rules(text)


def test_a_bare_number_goes_where_it_is_the_page():
    """The chunk's pages decide."""
    assert BODY == clean_by_rules(f"{BODY}\n12\n", pages=(12,))[0]


def test_soft_hyphens_go_and_repeated_lines_stand_once():
    """Invisible marks go wherever they are."""
    text = "岚州旅游\n甲\n岚州旅游\n乙\n岚州旅游\nhyphen\u00adation\n"
    expected = "岚州旅游\n甲\n乙\nhyphenation\n"
    assert (expected, ["invisible characters", "repeated line"]) == clean_by_rules(text)


@given(documents())
def test_what_rules_leave_is_made_of_the_text_s_own_lines(document):
    """Nothing is added or reordered, and blocks stay whole."""
    cleaned, _ = clean_by_rules(document.text)
    left = iter(line.strip() for line in document.text.splitlines())
    assert all(line.strip() in left for line in cleaned.splitlines() if line.strip())
    for block in markdown_parts(document.text)[1]:
        assert document.text[block.start : block.end].strip() in cleaned or not cleaned


def test_lines_that_come_again_over_chunks_are_found_and_taken():
    """`repeated_lines` looks at all chunks, the op at one."""
    rows = [{"uri": "a", "text": f"岚州旅游手册\n\n第{n}天的行程很满。\n"} for n in range(5)]
    lines = sft.repeated_lines(rows)
    assert ["岚州旅游手册"] == lines
    outcomes = sft.clean_chunks(lines=lines).outcomes(rows)
    assert ["第0天的行程很满。\n"] == [next(outcomes).rows[0]["text"]]


def test_the_original_stays_beside_it_and_cleaning_twice_keeps_the_first():
    """Nothing is overwritten."""
    text = BODY + "\n— 12 —\n"
    row = clean(text).rows[0]
    assert (BODY, text, "page number") == (row["text"], row["text_original"], row["cleaned"])
    [again] = sft.clean_chunks().outcomes([row])
    assert text == again.rows[0]["text_original"]


def test_a_chunk_of_boilerplate_is_dropped_and_counted():
    """Not an empty row."""
    assert ("nothing but boilerplate",) == clean("1 总则 ........ 2\n2 交通 ........ 7\n").drops


@pytest.mark.parametrize(
    ("text", "reply", "reason"),
    [
        (BODY, BODY.replace("80", "八十"), "numbers would be lost"),
        (BODY, BODY + "电话 12345\n", "numbers would be added"),
        (
            "《云溪志》记载了这座塔的来历。\n",
            "记载了这座塔的来历，很可信。\n",
            "names would be lost",
        ),
        ("Ask Jane Porter about it today.\n", "Ask about it today.\n", "names would be lost"),
        ("塔很高。" * 20, "塔很高。", "more than 50% would be lost"),
        ("塔很高。", "塔很高，也很美，值得一看。", "words would be added"),
    ],
)
def test_a_model_that_loses_something_is_refused(text, reply, reason):
    """The text stays as it was, and the reason is counted."""
    outcome = clean(text, reply)
    assert (f"kept as it was: {reason}",) == outcome.notes
    assert (text, text, "") == tuple(
        outcome.rows[0][name] for name in ("text", "text_original", "cleaned")
    )


def test_a_model_s_good_work_is_taken():
    """Rules first, then the model; a fence around its reply is taken off."""
    text = "点我领取优惠券\n" + BODY + "\n— 12 —\n"
    outcome = clean(text, f"```\n{BODY}```")
    assert BODY.strip() == outcome.rows[0]["text"].strip()
    assert "page number, model" == outcome.rows[0]["cleaned"]
    assert () == outcome.notes


def test_spans_of_answers_are_places_in_the_original(load, docs):
    """Evidence that was found in a cleaned chunk is where the document has it."""
    text = (docs / "guide.md").read_text(encoding="utf-8")
    (docs / "guide.md").write_text(
        text.replace("## 望云楼", "— 7 —\n\n## 望云楼"), encoding="utf-8"
    )
    document = (docs / "guide.md").read_text(encoding="utf-8")
    chunks = load("documents", data_dir=str(docs), split="train")
    rows = chunks.map(sft.clean_chunks(), batched=True).map(sft.generate_qa(), batched=True)
    for row in rows:
        [span] = row["provenance"][-1]["answer_spans"]
        answer = row["messages"][-1]["content"]
        assert answer.split() == document[span["start"] : span["end"]].split()


def test_a_share_that_makes_no_sense_is_refused():
    """Before any row is looked at."""
    with pytest.raises(ConfigurationError, match="max_removed=0"):
        sft.clean_chunks(max_removed=0)
