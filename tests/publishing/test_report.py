"""A report says what is there: its numbers are those of a plain count, its pictures are safe and readable."""

import json
import re
from collections import Counter
from html.parser import HTMLParser
from xml.etree import ElementTree

import datasets
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hf_sft_builders as sft
from hf_sft_builders.cli import main
from hf_sft_builders.errors import ConfigurationError, SourceError, UnknownName
from hf_sft_builders.formats import FORMATS
from hf_sft_builders.ledger import Ledger
from hf_sft_builders.publishing.reporting import svg
from hf_sft_builders.publishing.reporting.distribution import Distribution
from hf_sft_builders.publishing.reporting.pictures import branch_sums
from hf_sft_builders.publishing.reporting.wording import LANGUAGES

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
TALKS = st.lists(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=3), min_size=1, max_size=8)
HOSTILE = "</text></svg><script>alert(1)</script>\"'&{}<b>\x00]]>"


def dataset(talks, **more):
    """Conversations of (question, answer) pairs."""
    said = [
        [
            {"role": role, "content": words}
            for pair in talk
            for role, words in zip(("user", "assistant"), pair, strict=True)
        ]
        for talk in talks
    ]
    return datasets.Dataset.from_dict({"messages": said, **more})


class Tags(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self):
        super().__init__()
        self.seen = Counter()
        self.attributes = set()

    def handle_starttag(self, tag, attrs):
        """Count a tag and its attributes."""
        self.seen[tag] += 1
        self.attributes |= {name for name, _ in attrs}


@settings(max_examples=60, deadline=None)
@given(TALKS)
def test_numbers_are_those_of_a_plain_count(talks):
    """Rows, turns, and characters of questions and answers, whatever is said."""
    report = sft.report(dataset(talks), format="messages")
    questions = [len("\n".join(q for q, _ in talk)) for talk in talks]
    answers = [len("\n".join(a for _, a in talk)) for talk in talks]
    assert len(talks) == report.rows
    assert (sum(questions), max(questions)) == (report.question.total, report.question.maximum)
    assert (sum(answers), min(answers)) == (report.answer.total, report.answer.minimum)
    assert Counter(map(len, talks)) == report.turns


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 5000), min_size=1, max_size=200))
def test_bars_hold_every_row(values):
    """No row falls out of a plot, and the figures are numpy's."""
    found = Distribution.of(values)
    assert len(values) == sum(found.bars) == found.rows
    assert 24 >= len(found.bars)
    inside = Counter(min(value // found.step, len(found.bars) - 1) for value in values)
    assert [inside[place] for place in range(len(found.bars))] == list(found.bars)
    assert float(np.median(values)) == found.median
    assert (max(values) >= found.step * len(found.bars)) == found.open_end


def test_repeats_are_counted_apart():
    """A repeated question with another answer is told from a repeated row; case and width do not count."""
    talks = [
        [("多高？", "28 米")],
        [("多高？", "28 米")],
        [("多高?", "30 米")],
        [("几楼？", "28  米")],
    ]
    assert {"row": 1, "question": 2, "answer": 2} == sft.report(dataset(talks)).repeated


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from("ab"), min_size=1, max_size=9))
def test_repeats_are_what_is_not_distinct(words):
    """Rows less distinct rows."""
    report = sft.report(dataset([[(word, word)] for word in words]))
    assert len(words) - len(set(words)) == report.repeated["row"]


def nearly_alike(pairs=12):
    """Make conversations of two rows each that nearly say the same, and one that stands alone."""
    places = "东西南北中上下左右前后内外大小"[:pairs]
    lines = [f"{place}楼的开放时间与门票价格，以及团体预约的办法" for place in places]
    talks = [
        [(line + end, f"第{n}问，" + line)]
        for n, line in enumerate(lines)
        for end in ("是什么", "是什么？", "是甚么呢")
    ]
    return [*talks, [("几点关门？", "晚上九点")]]


def test_near_repeats_are_what_deduplicate_leaves_out():
    """Whole rows, questions and answers; in a file, a stream and over splits the same."""
    ds = dataset(nearly_alike())
    report = sft.report(ds)
    for name, by in (("row", "both"), ("question", "question"), ("answer", "answer")):
        left_out = sft.deduplicate(ds, by=by, method="near").rejected
        assert 0 < len(left_out) == report.nearly_repeated[name] >= report.repeated[name]
    assert len(ds) == report.nearly_seen
    parts = datasets.DatasetDict(train=ds.select(range(20)), test=ds.select(range(20, len(ds))))
    for way in (ds.to_iterable_dataset(), parts):
        assert report.nearly_repeated == sft.report(way).nearly_repeated


def test_near_repeats_of_what_is_no_conversation():
    """Plain text is compared, too, and other pictures are other rows."""
    long = "望云楼在古城的北面，楼高四层，登楼可以望见全城。"
    texts = datasets.Dataset.from_dict({"text": [long, long + "好", "别的一段话，与之无关"]})
    assert {"row": 1} == sft.report(texts).nearly_repeated
    said = [{"role": "user", "content": "<image>"}, {"role": "assistant", "content": long}]
    pictures = datasets.Dataset.from_dict(
        {
            "messages": [said, said],
            "images": [[{"bytes": b"a", "path": None}], [{"bytes": b"b", "path": None}]],
        }
    )
    assert {"row": 0, "question": 0, "answer": 1} == sft.report(pictures).nearly_repeated


def test_how_many_rows_were_compared_is_said():
    """A limit bounds what it costs, by rows or by characters; nothing is said where nothing was done."""
    ds = dataset(nearly_alike())
    some = sft.report(ds, near_rows=10)
    assert 10 == some.nearly_seen
    assert (
        len(sft.deduplicate(ds.select(range(10)), method="near").rejected)
        == (some.nearly_repeated["row"])
    )
    assert "of the first 10)" in some.text() and "占前 10 行的" in some.text("zh")
    assert "of the first" not in sft.report(ds).text()
    none = sft.report(ds, near_rows=0)
    assert ({}, 0) == (none.nearly_repeated, none.nearly_seen)
    assert "nearly" not in none.html() and "相同或近似" in sft.report(ds).html("zh")
    with pytest.raises(ConfigurationError, match="near_rows is -1; expected 0 or more"):
        sft.report(ds, near_rows=-1)


def test_long_rows_are_compared_up_to_so_many_characters(monkeypatch):
    """Memory is bounded for documents, too."""
    monkeypatch.setattr("hf_sft_builders.publishing.reporting.near_repeats._CHARACTERS", 300)
    monkeypatch.setattr("hf_sft_builders.publishing.reporting.near_repeats._BATCH_ROWS", 2)
    report = sft.report(dataset(nearly_alike()))
    assert 0 < report.nearly_seen < report.rows


def test_cost_is_that_of_the_tokens_in_the_manifest(rows, tmp_path, capsys):
    """Where prices are given; nothing is said where nothing is known."""
    ledger = Ledger(usage=Counter(tokens_in=3_000_000, tokens_out=500_000, calls=20))
    rows(3).save_to_disk(tmp_path / "made")
    ledger.save(tmp_path / "made")
    report = sft.report(tmp_path / "made", prices=(2.0, 8.0))
    assert 10.0 == report.cost == report.to_dict()["cost"]
    assert "10.00" in report.text() and "费用（按所给单价）" in report.html("zh")
    assert sft.report(tmp_path / "made").cost is None is sft.report(rows(3), prices=(2, 8)).cost
    assert 0 == main(["report", str(tmp_path / "made"), "--prices", "2", "8"])
    assert "Cost, by the prices given 10.00" in capsys.readouterr().out
    with pytest.raises(ConfigurationError, match="expected two numbers"):
        sft.report(rows(3), prices=3)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_has_a_report(name, rows):
    """Rows of each format are measured, in both languages, as text, JSON, page and pictures."""
    report = sft.report(rows(format_name=name), format=name)
    assert 3 == report.rows == report.tokens.rows
    assert report.tokens.total > 0
    assert {"cc-by-4.0": 3} == report.licenses
    for language in LANGUAGES:
        assert report.text(language)
        assert report.html(language)
        assert all(
            ElementTree.fromstring(drawn) is not None
            for drawn in report.pictures(language).values()
        )
    json.dumps(report.to_dict())


def test_all_ways_in_give_the_same(rows, tmp_path, read):
    """A dataset, a stream, a file, a saved and a published folder."""
    ds = rows(7)
    expected = sft.report(ds).tokens
    ds.to_parquet(tmp_path / "rows.parquet")
    ds.save_to_disk(tmp_path / "saved")
    sft.publish(ds, tmp_path / "out")
    ways = [ds.to_iterable_dataset(), tmp_path / "rows.parquet", tmp_path / "saved"]
    for way in (*ways, str(tmp_path / "out"), ds.with_format("arrow")[:]):
        assert expected == sft.report(way).tokens
    parts = sft.report(datasets.DatasetDict(train=ds, test=ds.select([0])))
    assert {"train": 7, "test": 1} == parts.splits


def test_the_manifest_tells_what_is_not_in_the_rows(built, tmp_path):
    """Drops, unread files and counts come from the run; no path of the machine with them."""
    report = sft.report(built())
    assert {"no question found": 2} == report.manifest["drops"]
    assert {"encrypted": 1} == report.manifest["unreadable"]
    assert "/home/mei" not in json.dumps(report.to_dict())
    folder = sft.publish(built("again"), tmp_path / "out")
    assert report.manifest["drops"] == sft.report(folder).manifest["drops"]
    assert "no question found" in report.html("zh")


def test_labels_and_the_domain_tree():
    """Paths are summed up to their branches, and class numbers have their names."""
    domains = ["旅行/住宿", "旅行/住宿", "旅行/美食", "other"]
    report = sft.report(dataset([[("a", "b")]] * 4, domain=domains))
    assert {"旅行/住宿": 2, "旅行/美食": 1, "other": 1} == report.labels["domain"]
    tree = branch_sums(report.labels["domain"])
    assert {("旅行",): 3, ("旅行", "住宿"): 2, ("旅行", "美食"): 1, ("other",): 1} == tree
    assert ">其他<" in report.pictures("zh")["domains"]
    classes = datasets.Dataset.from_dict({"text": ["好", "坏"], "label": [1, 0]})
    classes = classes.cast_column("label", datasets.ClassLabel(names=["负面", "正面"]))
    assert {"正面": 1, "负面": 1} == sft.report(classes).labels["label"]


@settings(max_examples=60, deadline=None)
@given(WORDS | st.just(HOSTILE), WORDS | st.just(HOSTILE))
def test_words_of_the_data_stay_words(label, title):
    """Labels and titles add no element to page or picture, whatever is in them."""
    plain = sft.report(dataset([[("a", "b")]] * 2, domain=["x", "y"]), title="t")
    found = sft.report(dataset([[("a", "b")]] * 2, domain=[f"l{label}", "y"]), title=f"t{title}")
    pages = [Tags(), Tags()]
    for page, report in zip(pages, (plain, found), strict=True):
        page.feed(report.html())
    assert not {"script", "b", "img", "a", "link"} & set(pages[1].seen)
    assert pages[0].attributes == pages[1].attributes
    for drawn in found.pictures("zh").values():
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(drawn).iter()}
        assert tags <= {"svg", "style", "rect", "text", "line", "g", "title"}


def test_nothing_is_fetched(rows):
    """Page and pictures name no address but that of SVG itself, and hold no script."""
    report = sft.report(rows())
    for text in (report.html("zh"), *report.pictures("zh").values()):
        assert set(re.findall(r"\w+://[^\s\"'<]+", text)) <= {"http://www.w3.org/2000/svg"}
        assert "@import" not in text
        assert "url(" not in text
        assert "prefers-color-scheme:dark" in text


def test_chinese_has_fonts_on_every_system():
    """The text of pictures names a Chinese font of Linux, macOS and Windows, before the last resort."""
    for font in ("Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei"):
        assert font in svg.FONTS
    assert svg.FONTS.endswith("sans-serif")


def test_text_can_be_read_on_its_ground():
    """Contrast of words is at least 4.5 to 1, of bars 3 to 1, in light and dark (WCAG 2)."""

    def light(color):
        parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for colors in (svg.LIGHT, svg.DARK):
        for name, least in {"ink": 4.5, "soft": 4.5, "mark": 4.5, "bar": 3.0}.items():
            low, high = sorted((light(colors[name]), light(colors["ground"])))
            assert (high + 0.05) / (low + 0.05) >= least, name


def test_both_languages_say_everything():
    """No word is missing in one of them, and no English is left in the Chinese page."""
    assert LANGUAGES["en"].keys() == LANGUAGES["zh"].keys()
    with pytest.raises(UnknownName, match="language 'fr'"):
        sft.report(dataset([[("a", "b")]])).text("fr")


def test_reviews_show_when_there_are_any():
    """A review column is counted."""
    report = sft.report(dataset([[("a", "b")]] * 3, reviewed=[True, True, False]))
    assert {"true": 2, "false": 1} == report.reviewed
    assert "人工审核" in report.text("zh")


def test_tokens_say_who_counted_them(tmp_path):
    """Estimates are called so; a tokenizer is named and counts exactly."""
    tokenizers = pytest.importorskip("tokenizers", reason="counts tokens")
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    words.save(str(tmp_path / "tokenizer.json"))
    ds = dataset([[("one two", "three four five")]])
    exact = sft.report(ds, tokenizer=str(tmp_path / "tokenizer.json"))
    assert 5 == exact.tokens.total
    assert "tokenizer.json" in exact.text()
    assert "estimated" in sft.report(ds).text()


def test_a_report_is_saved_as_its_name_says(rows, tmp_path):
    """Page, JSON, text, or a folder of pictures; another suffix is an error."""
    report = sft.report(rows())
    assert report.save(tmp_path / "a.html", "zh").read_text().startswith("<!doctype html>")
    assert 3 == json.loads(report.save(tmp_path / "a.json").read_text())["rows"]
    assert (report.save(tmp_path / "pictures") / "lengths.svg").is_file()
    with pytest.raises(ConfigurationError, match=r"got '\.pdf'"):
        report.save(tmp_path / "a.pdf")


def test_nothing_to_report_is_an_error(tmp_path):
    """No rows, no file: one sentence that says so."""
    with pytest.raises(ConfigurationError, match="no rows"):
        sft.report(datasets.Dataset.from_dict({"messages": []}))
    with pytest.raises(SourceError, match=r"nowhere\.jsonl"):
        sft.report(tmp_path / "nowhere.jsonl")


def test_from_a_shell(rows, tmp_path, capsys):
    """`hf-sft report` prints, or writes what the suffix says."""
    rows().to_parquet(tmp_path / "rows.parquet")
    assert 0 == main(["report", str(tmp_path / "rows.parquet"), "--language", "zh"])
    assert "提问字数" in capsys.readouterr().out
    page = tmp_path / "r.html"
    assert 0 == main(["report", str(tmp_path / "rows.parquet"), "--output", str(page)])
    assert page.is_file()
