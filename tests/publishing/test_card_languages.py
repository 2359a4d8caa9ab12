"""The card in English, Chinese or both, and its words against what documents may hold."""

import ast
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.publishing import card_words
from hf_sft_builders.publishing.card import Card
from hf_sft_builders.publishing.card_prose import lower_headings
from hf_sft_builders.publishing.card_words_zh import WORDS_ZH
from hf_sft_builders.publishing.escaping import one_line
from hf_sft_builders.publishing.facts import gather_facts
from hf_sft_builders.publishing.license_verdict import judge
from hf_sft_builders.publishing.parquet_files import SplitFiles
from hf_sft_builders.publishing.provenance_column import publish_names
from hf_sft_builders.publishing.reporting.gathering import report_of
from hf_sft_builders.publishing.templates import card_folder
from hf_sft_builders.records import provenance_step

PUBLISHING = Path(card_words.__file__).parent
NASTY = st.sampled_from(
    [
        "---\nlicense: mit\n---\n",
        "```\n# x\n```",
        "````",
        "</td></table><script>x</script>",
        "![i](http://evil.org/i.png)",
        "[a](javascript:x)",
        "| a | b |\n|---|---|",
        "# heading\n## heading",
        "&lt;b&gt; <b> \\| `c` $x$ {{ title }} {n}",
        "- item\n1. item\n> quote",
        "a\u2028b\u202ec\x00d\x1be",
        "http://evil.org www.evil.org @you",
    ]
)
WORDS = st.one_of(
    NASTY,
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40),
    st.text("|`<>[]()#*_~$\\\n-:!&{}\"' a", min_size=1, max_size=40),
)


class Shape(HTMLParser):
    """The elements of a page, without their words."""

    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attrs):
        """Keep tag and targets."""
        self.tags.append((tag, *(value for name, value in attrs if name in ("href", "src"))))


def card_of(ds, title, language, labels=("x", "y")):
    """The card of rows in memory."""
    ds = ds.add_column("domain", [labels[n % len(labels)] for n in range(len(ds))])
    facts = gather_facts({"train": ds})
    files = ("data/train-00000-of-00001.parquet",)
    splits = [SplitFiles("train", len(ds), 1234, files, 5678)]
    row = publish_names(ds.with_format("arrow")[:1], facts.names).to_pylist()[0]
    report = report_of({"train": ds}, "messages")
    return Card(
        facts, judge(facts, None), one_line(title), "out", splits, row, report, language
    ).text()


def shape_of(text):
    """YAML keys and elements of a card."""
    markdown_it = pytest.importorskip("markdown_it", reason="markdown-it-py renders the card")
    head, _, body = text.removeprefix("---\n").partition("\n---\n")
    parser = Shape()
    renderer = markdown_it.MarkdownIt("commonmark", {"html": True}).enable("table")
    parser.feed(renderer.render(body))
    return sorted(yaml.safe_load(head)), yaml.safe_load(head)["license"], parser.tags


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data(), st.sampled_from(["en", "zh", "both"]))
def test_words_of_documents_change_no_card(rows, source, data, language):
    """Titles, files, models, prompts, parameters, labels and answers add no element and no key."""

    def card(words):
        ds = rows(2, sources=(source("/home/mei/docs/a.pdf", title=words()),), answer=words())
        step = provenance_step(
            step="op", model=words(), prompt=words(), parameters=json.dumps({words(): words()})
        )
        lists = [[*steps[:2], step] for steps in ds["provenance"]]
        ds = ds.remove_columns("provenance").add_column(
            "provenance", lists, feature=ds.features["provenance"]
        )
        return card_of(ds, words(), language, (words(), "y"))

    plain = shape_of(card(iter(f"word{n}" for n in range(9)).__next__))
    # A word before each keeps two of them from being equal, or a path in the tree of labels.
    numbers = iter(range(9))
    found = shape_of(
        card(lambda: f"word{next(numbers)} {data.draw(WORDS)}".replace("/", "").replace("\x00", ""))
    )
    assert plain == found


def test_every_sentence_of_a_card_has_its_chinese():
    """What the code says, and what the training pages say, stands in the Chinese table."""
    said = set()
    for path in [*PUBLISHING.glob("card*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
                first = node.args[0]
                said |= {
                    c.value for c in ast.walk(first) if isinstance(c, ast.Constant) and c.value
                }
    from hf_sft_builders.publishing.card_fields import MEANINGS

    said |= MEANINGS
    for unit in ("row", "document", "page", "chunk"):
        said |= {f"{{n}} {unit}", f"{{n}} {unit}s"}
    said = {words for words in said if isinstance(words, str) and " {" not in words[:1]}
    missing = {words for words in said - set(WORDS_ZH) if words not in ("{n} ", "s", "")}
    assert not {words for words in missing if not words.isidentifier()}
    for page in sorted((card_folder() / "training").glob("*.md")):
        assert (
            "如何用于训练"
            in card_words.in_chinese(page.read_text(encoding="utf-8")).splitlines()[0]
        )
    with pytest.raises(ConfigurationError, match="No Chinese for 'never said'"):
        card_words.chinese("never said")


def test_a_chinese_card_is_chinese(rows, tmp_path):
    """Headings, tables and sentences are Chinese; only names and code are Latin."""
    text = (sft.publish(rows(), tmp_path / "out", card_language="zh") / "README.md").read_text()
    body = re.sub(r"```.*?```", "", text.partition("\n---\n")[2], flags=re.DOTALL)
    left = re.sub(r"`[^`]*`|\([^)]*\)|<[^>]*>", "", body)
    assert not re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", left), left
    assert (tmp_path / "out" / "report" / "lengths.zh.svg").is_file()


def test_both_languages_stand_on_one_card(rows, tmp_path):
    """The Chinese card is a part of the English one, a level lower, with pictures of its own."""
    folder = sft.publish(rows(), tmp_path / "out", card_language="both")
    text = (folder / "README.md").read_text()
    assert 1 == len(
        re.findall(r"^# ", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    )
    assert text.index("## Data") < text.index("## 中文说明") < text.index("### 数据")
    for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text):
        assert (folder / picture).is_file()


def test_a_language_that_is_not_there(rows, tmp_path):
    """It is refused before anything is written."""
    with pytest.raises(UnknownName, match="card_language 'de'"):
        sft.publish(rows(), tmp_path / "out", card_language="de")
    assert not (tmp_path / "out").exists()


def test_headings_in_code_stay():
    """Only headings of the page go one level down."""
    assert "## a\n````\n# b\n```\n# c\n````\n### d" == lower_headings(
        "# a\n````\n# b\n```\n# c\n````\n## d"
    )


def test_steps_tell_model_prompt_and_parameters(rows, tmp_path):
    """What an op wrote into the rows stands on the card, with how many rows went through it."""
    ds = rows()
    step = provenance_step(
        step="rewrite",
        model="qwen3-32b",
        prompt="rewrite.zh",
        prompt_sha256="ab" * 32,
        parameters='{"temperature": 0.7, "seed": 3}',
    )
    ds = ds.map(lambda row: {"provenance": [*row["provenance"], step]}, features=ds.features)
    text = (sft.publish(ds, tmp_path / "out") / "README.md").read_text()
    assert (
        "| rewrite | qwen3-32b | rewrite.zh `abababababab` | temperature=0.7, seed=3 | 3 |" in text
    )


def test_reviewed_rows_are_told(rows, tmp_path):
    """A review column takes the place of the sentence that nobody looked."""
    ds = rows().add_column("reviewed", [True, True, False])
    text = (sft.publish(ds, tmp_path / "out") / "README.md").read_text()
    assert "as the column `reviewed` says: true 2 rows, false 1 row." in text
    assert "Nothing here says that a person checked" not in text


def test_rows_that_are_not_what_their_columns_say_are_published_all_the_same(tmp_path):
    """Lengths are then those of the text, and the log says where to look."""
    from datasets import Dataset

    ds = Dataset.from_dict({"prompt": [1], "completion": [2], "label": [True], "note": ["words"]})
    text = (sft.publish(ds, tmp_path / "out") / "README.md").read_text()
    assert "Text, characters" in text
