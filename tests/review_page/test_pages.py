"""What the page shows and takes, asked for with real requests."""

import hashlib
import json
import re
from pathlib import Path
from urllib.parse import quote

import datasets
import pytest
import review_rows
from conftest import EXAMPLES
from datasets import Dataset, Features, Image, Value
from hypothesis import given
from hypothesis import strategies as st

import hf_sft_builders as sft
from hf_sft_builders.documents import Span
from hf_sft_builders.errors import ConfigurationError, SourceError
from hf_sft_builders.reviewing import Query
from hf_sft_builders.reviewing.key_table import GROUPS
from hf_sft_builders.reviewing.library import Library
from hf_sft_builders.reviewing.markdown_text import LONGEST, formula, rendered
from hf_sft_builders.reviewing.pictures import kind_of, picture
from hf_sft_builders.reviewing.rendering import form_of, invisible, percent, turns
from hf_sft_builders.reviewing.server import start
from hf_sft_builders.reviewing.source_places import folders_of, placed
from hf_sft_builders.reviewing.source_view import SourceNotShown, origin_of, passage, pieces_of
from hf_sft_builders.reviewing.wording import preferred, words


def post(page, where, **told):
    """Send what the script sends; give status and answer."""
    status, _, data = page.ask("POST", f"{page.base}/{where}", json.dumps(told))
    return status, json.loads(data)


# Words


def test_both_languages_have_the_same_words():
    """The same keys, the same places to fill, and nothing left in the other language."""
    english, chinese = words("en"), words("zh")
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", chinese[key])), key
        assert text.strip() and chinese[key].strip()
        assert not re.search(r"[\u4e00-\u9fff]", text), key
    assert [] == [key for key in english if english[key] == chinese[key]]


def test_every_word_has_its_place():
    """No page asks for a word that is not there, and none is left that nothing asks for."""
    from hf_sft_builders.reviewing.desk import HERE

    sources = "".join(
        path.read_text(encoding="utf-8")
        for path in sorted(HERE.rglob("*"))
        if path.suffix in (".py", ".html") and "exchange" not in path.parts
    )
    asked = {key.word for _, keys in GROUPS for key in keys} | {
        f"keys_{name}" for name, _ in GROUPS
    }
    made = (
        "status_",
        "by_",
        "sort_",
        "role_",
        "done_",
        "did_",
        "ask_",
        "choice_",
        "count_",
        "range_",
    )
    for key in words("en"):
        named = re.search(rf"\b{key}\b", sources)
        assert named or key in asked or key.startswith((*made, "theme_", "source_")), key
    for name in re.findall(r"\bw\.(\w+)", sources):
        assert name in words("en") or name == "get", name


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en-GB", "en"), ("de, zh;q=0.5", "zh"), ("", "en")],
)
def test_the_browsers_language_is_taken(accepted, language):
    """The first of those that the page speaks."""
    assert language == preferred(accepted)


# Text


@pytest.mark.parametrize("name", sorted(review_rows.HOSTILE))
def test_no_text_becomes_an_element_that_it_asks_for(name):
    """Whatever a row says, there is no script, no picture, no handler and no address but the web's."""
    html = str(rendered(review_rows.HOSTILE[name]))
    assert not re.search(r"<(script|img|iframe|object|form|svg|style|link|meta|input)\b", html)
    for tag in re.findall(r"<[^>]*>", html):
        bare = re.sub(r'"[^"]*"', '""', tag)
        assert not re.search(r"\s(on\w+|style|src)=", bare), tag
    assert not re.search(r'href="(?!https?://)', html)


@given(st.text(max_size=300))
def test_any_text_is_shown_with_balanced_elements(text):
    """Only elements of Markdown and MathML come out, each closed, in whatever is thrown at it."""
    known = ("a", "p", "br", "hr", "em", "strong", "s", "code", "pre", "span", "blockquote", "math")
    known += ("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td")
    known += ("h1", "h2", "h3", "h4", "h5", "h6")
    opened = []
    for closing, tag in re.findall(r"<(/?)([a-zA-Z0-9]+)[^>]*>", str(rendered(text))):
        assert tag in known or tag.startswith("m")
        if closing:
            assert tag == opened.pop()
        elif tag not in ("br", "hr"):
            opened.append(tag)
    assert [] == opened


def test_words_that_nest_too_deeply_are_shown_as_they_stand():
    """The parser would drop them; nothing is dropped."""
    assert "the end" in rendered("> " * 3000 + "the end")
    assert "the end" in rendered("- " * 60 + "the end")


def test_formulas_become_mathml_and_money_stays_money():
    """In all four ways to write them; what is no formula is shown as it was written."""
    for text in ("$x^2$", r"\(x^2\)", "$$x^2$$", "\\[x^2\\]", r"\begin{align}x^2\end{align}"):
        assert "<msup>" in rendered(text), text
    assert "<math" not in rendered("between $100 and $200")
    assert '<code class="formula">\\frac{' == str(formula("\\frac{", False)).partition("</code>")[0]


def test_tables_code_and_links_are_laid_out():
    """As a reader expects them; a picture is named, not loaded."""
    html = rendered(
        "|a|b|\n|-|-:|\n|1|2|\n\n```py\nx<1\n```\n[a](https://b.c) ![d](https://e.f/g.png)"
    )
    for part in ('<td class="right">2</td>', "x&lt;1", 'rel="noopener noreferrer nofollow"'):
        assert part in html
    assert "<img" not in html and "https://e.f/g.png" in html


def test_long_texts_say_what_is_left_out(serve):
    """The page shows a beginning, says how much is missing, and gives the whole as plain text."""
    page = serve(review_rows.hostile_rows())
    text = page.get(f"{page.base}/row?id=hostile:huge")
    assert len(text) < 300_000 and "more characters are not shown" in text
    place = "record.messages.0.content"
    status, headers, data = page.ask("GET", f"{page.base}/text?id=hostile:huge&place={place}")
    assert 200 == status and headers["content-type"].startswith("text/plain")
    assert review_rows.HOSTILE["huge"] == data.decode() and len(data) > LONGEST
    assert 404 == page.ask("GET", f"{page.base}/text?id=hostile:huge&place=record.none.1")[0]


def test_what_nobody_sees_is_named():
    """Characters that hide or turn words round are told by name; those of emoji are not."""
    assert "U+200B ZERO WIDTH SPACE ×2, U+202E RIGHT-TO-LEFT OVERRIDE ×1" == invisible(
        ["a\u200bb\u200b", "\u202ec", "👩\u200d👧\n"]
    )


def test_reasoning_and_calls_are_laid_out():
    """Reasoning is folded by itself, calls show their arguments as they are meant."""
    calls = json.dumps([{"function": {"name": "查询", "arguments": '{"城市": "北京"}'}}])
    [turn] = turns([{"role": "assistant", "content": "a", "reasoning": "b", "tool_calls": calls}])
    assert "查询" == turn.calls[0].name and '"城市": "北京"' in turn.calls[0].arguments
    assert 1 == turn.reasoning_length and "b" in turn.reasoning


def test_a_form_has_a_control_for_each_turn():
    """Texts are edited as texts, other values as JSON, numbers and truths as such."""
    fields = {
        "messages": [
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": "a", "thinking": "t"},
        ],
        "score": 3.5,
        "good": True,
        "tags": ["x"],
        "none": None,
    }
    found = [(f.name, f.kind, f.text) for f in form_of(fields, list(fields), "thoughts")]
    assert [
        ("messages.0.content", "text", "q"),
        ("messages.1.thinking", "text", "t"),
        ("messages.1.content", "text", "a"),
        ("score", "number", "3.5"),
        ("good", "bool", "true"),
        ("tags", "json", '[\n  "x"\n]'),
        ("none", "text", ""),
    ] == found


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (1, "100 %"),
        (0.5, "50 %"),
        (0.99999, "99.9 %"),
        (0.00001, "<0.1 %"),
        (1 / 3, "33.3 %"),
    ],
)
def test_shares_do_not_round_to_all_or_nothing(share, text):
    """100 % is all, 0 % is none."""
    assert text == percent(share)


# Lists and actions


def test_a_list_filters_sorts_and_pages(serve):
    """By what the address says; what is chosen can be taken away one by one."""
    page = serve(review_rows.rows(120))
    text = page.get(f"{page.base}/?page=3&sort=length&descending=1")
    assert 20 == len(re.findall(r'<li class="item', text)) and "Page 3 of 3" in text
    post(page, "act", kind="confirm", query="text=ticket+7")
    text = page.get(f"{page.base}/?status=confirmed&text=ticket+7")
    assert "12 found" in text or f"{sum('7' in str(n) for n in range(120))} found" in text
    assert f'href="{page.base}/?text=ticket+7"' in text


def test_an_unknown_filter_is_told(page):
    """A wrong value in the address says what may stand there."""
    status, _, data = page.ask("GET", f"{page.base}/?status=maybe")
    assert 404 == status and b"Known:" in data


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"kind": "dance", "ids": ["row:1"]}, "dance"),
        ({"kind": "confirm", "ids": []}, "names no row"),
        ({"kind": "confirm", "ids": ["row:99"]}, "row:99"),
        ({"kind": "score", "ids": ["row:1"], "value": 9}, "0 to 5"),
        ({"kind": "label", "ids": ["row:1"], "value": "none"}, "none"),
        ({"kind": "edit", "ids": ["row:1"], "edits": [["label", "x"]]}, "label"),
        ({"kind": "edit", "ids": ["row:1", "row:2"], "edits": []}, "one row"),
    ],
)
def test_what_cannot_be_done_is_told_and_not_done(page, told, words):
    """With the reason, in one message, and no trace in the review."""
    status, answer = post(page, "act", **told)
    assert 422 == status and words in answer["message"]
    assert [] == page.session.row("row:1").history


def test_an_edit_that_is_refused_names_its_field(page):
    """Nothing of the form is saved then, as the page says."""
    edits = [["messages.1.content", "new"], ["label", "x"]]
    status, answer = post(page, "act", kind="edit", ids=["row:1"], edits=edits)
    assert (422, "label") == (status, answer["field"])
    assert [] == page.session.row("row:1").history


def test_a_form_is_saved_and_undone_in_one_step(page):
    """Two turns and a number: one entry of the history, and one undo brings all of them back."""
    before = page.session.row("row:1").fields
    edits = [["messages.0.content", "a"], ["messages.1.content", "b"], ["quality", "4.5"]]
    status, answer = post(page, "act", kind="edit", ids=["row:1"], edits=edits)
    row = page.session.row("row:1")
    assert (200, 3, ["edit"]) == (status, answer["done"], [event.kind for event in row.history])
    assert (["a", "b"], 4.5) == (
        [message["content"] for message in row.fields["messages"]],
        row.fields["quality"],
    )
    post(page, "undo")
    assert before == page.session.row("row:1").fields
    assert (
        "nothing" in post(page, "act", kind="edit", ids=["row:1"], edits=[])[1]["message"].lower()
    )


def test_an_edit_keeps_the_line_ends_of_the_text(serve):
    """A form gives back plain line feeds; a text of Windows keeps its own."""
    page = serve(Dataset.from_dict({"text": ["one\r\ntwo", "one\ntwo"], "id": ["dos", "unix"]}))
    for row, expected in (("dos", "one\r\nthree"), ("unix", "one\nthree")):
        assert 200 == post(page, "act", kind="edit", ids=[row], edits=[["text", "one\nthree"]])[0]
        assert expected == page.session.row(row).fields["text"]


@pytest.mark.parametrize("body", ["", "[]", "nonsense", '{"kind": 1}'])
def test_nonsense_is_refused(page, body):
    """A request of no sense gets an answer of sense."""
    status, _, data = page.ask("POST", f"{page.base}/act", body)
    assert 422 == status and json.loads(data)["message"]


def test_actions_are_kept_under_the_reviewers_name(page):
    """The name that a browser keeps is the one in the history; undo takes back one's own."""
    page.cookies["hf_sft_reviewer"] = quote("李雷")
    assert (200, 1) == (
        (told := post(page, "act", kind="confirm", ids=["row:1"]))[0],
        told[1]["done"],
    )
    page.cookies["hf_sft_reviewer"] = "bo"
    assert 422 == post(page, "undo")[0]
    page.cookies["hf_sft_reviewer"] = quote("李雷")
    assert (200, "Undone: confirmed") == ((told := post(page, "undo"))[0], told[1]["message"])
    assert "李雷" in page.get(f"{page.base}/row?id=row:1")


def test_rows_of_any_id_have_an_address(serve):
    """Slashes, spaces, Chinese, quotes and dots in an id are no trouble."""
    ids = ["a/b", "../x", "空 格", 'q"<', "a&b=c#d", "%2F"]
    page = serve(Dataset.from_dict({"text": [f"text {n}" for n in range(6)], "id": ids}))
    listed = page.get(f"{page.base}/")
    for number, row in enumerate(ids):
        assert f"text {number}" in page.get(f"{page.base}/row?id={quote(row, safe='')}")
        assert quote(row, safe="").replace("%20", "+") in listed


# Pictures


def test_pictures_of_a_row_are_shown_and_nothing_else_is(serve, tmp_path):
    """Bytes in the row, with a policy of their own; a file that is no picture is not given out."""
    secret = tmp_path / "secret.txt"
    secret.write_text("s3cr3t")
    features = Features(
        {
            "messages": [{"role": Value("string"), "content": Value("string")}],
            "images": [Image(decode=False)],
            "id": Value("string"),
        }
    )
    said = [{"role": "user", "content": "<image>what?"}, {"role": "assistant", "content": "grey"}]
    images = [
        {"bytes": review_rows.png(), "path": None},
        {"bytes": b"<svg onload=x>", "path": "a.svg"},
    ]
    images.append({"bytes": None, "path": str(secret)})
    rows = Dataset.from_list([{"messages": said, "images": images, "id": "p"}], features=features)
    page = serve(rows)
    assert f'src="{page.base}/image?id=p&amp;number=0"' in page.get(f"{page.base}/row?id=p")
    status, headers, data = page.ask("GET", f"{page.base}/image?id=p&number=0")
    assert (200, "image/png", review_rows.png()) == (status, headers["content-type"], data)
    assert "sandbox" in headers["content-security-policy"]
    for number in (1, 2, 3, -1):
        status, _, data = page.ask("GET", f"{page.base}/image?id=p&number={number}")
        assert 404 == status and b"onload" not in data and b"s3cr3t" not in data


def test_kinds_of_pictures_are_told_by_their_bytes():
    """Whatever their names say; SVG, which may run script, is none."""
    assert "image/png" == kind_of(review_rows.png())
    assert "image/webp" == kind_of(b"RIFF\0\0\0\0WEBPVP8 ")
    assert "" == kind_of(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    with pytest.raises(SourceError, match="2 pictures|1 pictures|0 pictures"):
        picture([], 0)


# Sources


@given(
    st.text(min_size=1, max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=4),
)
def test_pieces_of_a_passage_are_the_passage(text, spans):
    """Cut wherever marks begin and end, nothing is lost, and what is marked is what was asked for."""
    marked = [Span(min(a, b, len(text)), min(max(a, b), len(text))) for a, b in spans]
    pieces = pieces_of(text, Span(0, len(text)), marked)
    assert text == "".join(piece for piece, _ in pieces)
    place = 0
    for piece, is_marked in pieces:
        inside = any(
            m.start <= place and place + len(piece) <= m.end for m in marked if m.end > m.start
        )
        assert inside == is_marked
        place += len(piece)


@pytest.fixture
def from_pdf(serve, load):
    """A page over rows made from the sample documents."""
    return serve(load("pdf_qa", data_dir="examples/docs", split="train"))


def test_the_source_stands_beside_the_row(from_pdf):
    """The page of the PDF with the answer marked on it, and the passage with the same words marked."""
    view = next(
        row
        for summary in from_pdf.session.page(Query(), 0, 190).rows
        if (row := from_pdf.session.row(summary.id)).record["messages"][1]["content"] == "白水温泉"
    )
    text = from_pdf.get(f"{from_pdf.base}/source?id={quote(view.id)}")
    assert "<mark>白水温泉</mark>" in text and "<rect " in text
    picture = re.search(r'src="([^"]+)"', text.partition('id="part"')[2])[1].replace("&amp;", "&")
    status, headers, data = from_pdf.ask("GET", picture)
    assert (200, "image/png", b"\x89PNG") == (status, headers["content-type"], data[:4])
    assert 404 == from_pdf.ask("GET", re.sub(r"page=\d+", "page=77", picture))[0]


def step(path, **told):
    """Give the provenance of a row that says it came from a file."""
    digest = told.pop(
        "sha256", hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "0"
    )
    source = {"step": "source", "uri": str(path), "sha256": digest, "title": "t"}
    return [source, {"step": "chunk", "span": {"start": 0, "end": 3}, **told}]


def test_a_file_is_shown_only_where_the_row_knows_its_hash(tmp_path):
    """So a row cannot name another file and have it shown; a changed one is said to be changed."""
    path = tmp_path / "guide.md"
    path.write_text("望云楼高 28.6 米。", encoding="utf-8")
    assert (("望云楼", False),) == passage(origin_of(step(path))).pieces
    for provenance, reason in (
        (step(path, sha256="0" * 64), "source_changed"),
        (step(tmp_path / "none.md"), "source_gone"),
        (step(path, span={"start": 0, "end": 999}), "source_read_otherwise"),
        (step(path, span=None), "source_no_span"),
    ):
        with pytest.raises(SourceNotShown) as caught:
            passage(origin_of(provenance))
        assert reason == caught.value.reason


def test_published_rows_find_their_documents_in_the_folder_that_is_named(serve, load, tmp_path):
    """They name files only; `sources=` says where these lie, by name or below."""
    sft.publish(load("pdf_qa", data_dir="examples/docs", split="train"), str(tmp_path / "out"))
    client = serve(datasets.load_dataset(str(tmp_path / "out"), split="train"))
    first = client.session.page(Query(), 0, 1).rows[0].id
    assert "<mark>" not in client.get(f"{client.base}/source?id={quote(first)}")
    client.session.sources = folders_of(EXAMPLES / "docs")
    assert "<mark>" in client.get(f"{client.base}/source?id={quote(first)}")


def test_a_folder_of_sources_shows_no_other_file(tmp_path):
    """Neither outside of it, nor one of the same name with other bytes."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("other words", encoding="utf-8")
    (tmp_path / "secret.md").write_text("secret", encoding="utf-8")
    folders = folders_of([tmp_path / "docs"])
    found = placed(origin_of(step(Path("x/a.md"), sha256="0" * 64)), folders)
    assert str(tmp_path / "docs" / "a.md") == found.uri
    with pytest.raises(SourceNotShown) as caught:
        passage(found)
    assert "source_changed" == caught.value.reason
    outside = origin_of(step(Path("../secret.md"), sha256="0" * 64))
    assert "../secret.md" == placed(outside, folders).uri
    with pytest.raises(ConfigurationError, match="is no folder"):
        folders_of(tmp_path / "none")


@pytest.mark.parametrize("uri", ["https://a.b/c.md", "hf://datasets/a/b/c.md", "s3://a/b.md"])
def test_nothing_is_fetched_for_a_source(uri):
    """What is elsewhere is named and left there."""
    provenance = [
        {"step": "source", "uri": uri, "sha256": "0"},
        {"step": "chunk", "span": {"start": 0, "end": 1}},
    ]
    with pytest.raises(SourceNotShown) as caught:
        passage(origin_of(provenance))
    assert "source_elsewhere" == caught.value.reason


# The manual


@pytest.mark.parametrize("manual", ["review.md", "review.zh-CN.md"])
def test_every_key_stands_in_the_manual(manual):
    """What the help of the page names, the manual names too."""
    text = (EXAMPLES.parent / "docs" / manual).read_text(encoding="utf-8")
    for key in {key for _, keys in GROUPS for one in keys for key in one.keys} - {
        "…",
        "Shift+0",
        "9",
    }:
        assert f"`{key}`" in text or key in ("o", "Enter"), key


def test_looking_for_repeats_makes_a_filter(serve):
    """The button of the list finds rows that say the same; the filter then shows them."""
    texts = [
        "the tower is 28 metres high, they say",
        "the tower is 28 metres high, they say",
        "other",
    ]
    page = serve(Dataset.from_dict({"text": texts, "id": ["a", "b", "c"]}))
    assert "0 found" in page.get(f"{page.base}/?group=any")
    status, answer = post(page, "repeats", method="exact")
    assert (200, 1) == (status, answer["done"])
    assert "2 found" in page.get(f"{page.base}/?group=any")
    assert "Rows that say the same" in page.get(f"{page.base}/row?id=a")


def test_a_model_is_asked_and_its_proposal_stands_beside(serve):
    """What comes is shown as the model's, changes nothing, and says so where it cannot be asked."""
    import hf_sft_builders as sft
    from hf_sft_builders.reviewing.asking import Asking

    page = serve(review_rows.rows(2))
    assert 422 == post(page, "ask", id="row:1", kind="answer", advice="")[0]
    page.session.asking = Asking(sft.ScriptedModel(lambda request: "It costs 80 yuan."))
    before = page.session.row("row:1").fields
    assert 200 == post(page, "ask", id="row:1", kind="answer", advice="say the price")[0]
    text = page.get(f"{page.base}/row?id=row:1")
    assert "It costs 80 yuan." in text and "Take this" in text
    assert before == page.session.row("row:1").fields


def test_datasets_that_were_built_here_are_listed_and_open(tmp_path, load):
    """The page without a name: builder, rows, license; each opens by its link, and nothing else does."""
    from hf_sft_builders.reviewing.built_here import datasets_built_here

    docs = str(EXAMPLES / "docs")
    rows = load("documents", data_dir=docs, split="train")
    running = start(
        Library((), lambda: datasets_built_here(tmp_path / "cache")), port=0, language="en"
    )
    try:
        client = review_rows.Client(running.url)
        text = client.get("/")
        [link] = re.findall(r'class="pick" href="([^"]+)"', text)
        assert "documents" in text and f"{len(rows)} rows" in text and "License:" in text
        assert f"{len(rows)} found" in client.get(link)
        assert 404 == client.ask("GET", "/d/built-0123456789/")[0]
    finally:
        running.stop()


def test_the_domain_tree_is_changed_and_takes_its_rows_along(serve):
    """Rename, add, delete; a label that cannot be is refused with the reason."""
    from hf_sft_builders.synthesis.domain_tree import Domain, DomainTree

    rows = Dataset.from_dict(
        {
            "text": ["a", "b", "c"],
            "domain": ["旅行/住宿", "旅行/门票", "other"],
            "id": ["a", "b", "c"],
        }
    )
    page = serve(rows)
    assert "No domain tree was named" in page.get(f"{page.base}/tree")
    assert 422 == post(page, "tree", kind="rename", path="旅行", label="出行")[0]
    page.session.tree = DomainTree((Domain("旅行", (Domain("住宿"), Domain("门票"))),))
    assert "/tree" in page.get(f"{page.base}/")
    status, answer = post(page, "tree", kind="rename", path="旅行", label="出行")
    assert (200, 2) == (status, answer["done"])
    assert 200 == post(page, "tree", kind="add", path="出行", label="交通")[0]
    text = page.get(f"{page.base}/tree")
    assert all(f"<bdi>{label}</bdi>" in text for label in ("出行", "住宿", "门票", "交通"))
    assert "2 found" in page.get(f"{page.base}/?domain={quote('出行')}")
    assert 422 == post(page, "tree", kind="delete", path="none", label="")[0]
