"""The card tells what is known, in words that no document can turn into something else."""

import os
import re
from pathlib import Path

import datasets
import pytest
import yaml
from huggingface_hub import DatasetCard

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError, PublishError
from hf_sft_builders.ledger import Source
from hf_sft_builders.publishing.card import Card
from hf_sft_builders.publishing.card_metadata import validate
from hf_sft_builders.publishing.escaping import fenced, inline, one_line
from hf_sft_builders.publishing.facts import gather_facts
from hf_sft_builders.publishing.license_verdict import judge
from hf_sft_builders.publishing.parquet_files import SplitFiles
from hf_sft_builders.publishing.provenance_column import publish_names
from hf_sft_builders.publishing.reporting.gathering import report_of
from hf_sft_builders.publishing.templates import render
from hf_sft_builders.version import __version__

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = (
    "---\nlicense: mit\n---\n# x | y <script>alert(1)</script> [a](http://evil.org) "
    "![i](http://evil.org/i) `c` {{ title }} www.evil.org @you"
)


def card_of(folder):
    """Give metadata and body of a published card."""
    card = DatasetCard.load(folder / "README.md")
    return card.data.to_dict(), card.text


@pytest.mark.parametrize("language", ["auto", "zh"])
def test_the_card_is_the_golden_one(language, built):
    """Every word of the card of a Chinese dataset, with losses, is as reviewed."""
    ds = built()
    report = report_of({"train": ds}, "messages")
    facts = gather_facts({"train": ds})
    files = ("data/train-00000-of-00001.parquet",)
    splits = [SplitFiles("train", 3, 1234, files, 5678)]
    row = publish_names(ds.with_format("arrow")[:1], facts.names).to_pylist()[0]
    verdict = judge(facts, None)
    text = Card(facts, verdict, "云溪问答", "yunxi-qa", splits, row, report, language).text()
    text = text.replace(__version__, "VERSION")
    golden = GOLDEN / {"auto": "messages.zh.md", "zh": "messages.chinese.md"}[language]
    if os.environ.get("HF_SFT_WRITE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == text


def test_the_metadata_of_generated_rows(built, tmp_path):
    """Language, license, size, tasks and tags are what the facts say."""
    data, _ = card_of(sft.publish(built(format_name="alpaca"), tmp_path / "out", title="T"))
    expected = {
        "pretty_name": "T",
        "language": ["zh"],
        "license": "cc-by-4.0",
        "annotations_creators": ["machine-generated"],
        "language_creators": ["found", "machine-generated"],
        "source_datasets": ["original"],
        "size_categories": ["n<1K"],
        "task_categories": ["question-answering", "text-generation"],
        "tags": ["synthetic", "sft", "alpaca", "hf_sft_builders"],
    }
    assert expected == {key: data[key] for key in expected}


def test_words_of_a_model_are_not_found(rows, tmp_path):
    """Only extractive answers are words that were found; a model's are generated."""
    ds = rows(model="qwen3-32b", language="en")
    data, text = card_of(sft.publish(ds, tmp_path / "out"))
    assert data["language_creators"] == ["machine-generated"]
    assert data["language"] == ["en"]
    assert "- Model: qwen3-32b\n" in text
    assert "it can be wrong" in text
    assert "No language model" not in text
    assert "中文" not in text


def test_rows_of_unknown_origin_claim_nothing(rows, tmp_path):
    """Without manifest and provenance the card says unknown, and tags nothing synthetic."""
    data, text = card_of(sft.publish(rows().remove_columns("provenance"), tmp_path / "out"))
    assert data["license"] == "unknown"
    assert not {"annotations_creators", "language_creators", "source_datasets"} & set(data)
    assert "synthetic" not in data["tags"]
    assert "- Model: not known" in text
    assert "Nothing says which sources 3 of 3 rows come from" in text
    assert "Not known: the rows carry no provenance" in text


def test_the_manifest_speaks_where_rows_do_not(built, ledger, tmp_path):
    """With `provenance=False` the run's own account gives sources, model and license."""
    ds = built().map(lambda row: row, remove_columns="provenance")
    data, text = card_of(sft.publish(ds, tmp_path / "out"))
    assert data["license"] == "cc-by-4.0"
    assert "| guide.pdf | 云溪古城旅行指南 |" in text
    assert "No language model was used" in text


def test_more_rows_than_were_made_are_of_unknown_origin(built, tmp_path):
    """Rows that were added to a builder's, without provenance, take its license away."""
    ds = built().map(lambda row: row, remove_columns="provenance")
    more = datasets.concatenate_datasets([ds, ds])
    assert card_of(sft.publish(more, tmp_path / "out"))[0]["license"] == "unknown"


def test_licenses_are_what_all_sources_say(rows, source, tmp_path):
    """One for all is that one; several make one; one that lacks makes it unknown."""
    by = [
        source(f"/home/mei/docs/{n}.pdf", license_id)
        for n, license_id in enumerate(("mit", "cc-by-4.0", "unknown"))
    ]
    cases = {"a": (by[0],), "b": (by[0], by[1]), "c": tuple(by)}
    found = {
        name: card_of(sft.publish(rows(sources=s), tmp_path / name)) for name, s in cases.items()
    }
    assert [data["license"] for data, _ in found.values()] == [
        "mit",
        "cc-by-4.0",
        "unknown",
    ]
    assert "No license is known for 2.pdf." in (tmp_path / "c" / "LICENSE").read_text()
    assert "nobody may assume" in (tmp_path / "c" / "LICENSE").read_text()


def test_a_source_that_gave_no_row_has_no_say(built, ledger, source, tmp_path):
    """The license is that of the rows that are published, not of files that were only read."""
    told = ledger()
    told.sources.append(Source("/home/mei/docs/x.pdf", "0" * 64, "x", "unknown"))
    ds = built(manifest=told)
    assert card_of(sft.publish(ds, tmp_path / "out"))[0]["license"] == "cc-by-4.0"


def test_a_declared_license_is_recorded_as_declared(rows, source, tmp_path):
    """The publisher's word stands, and so does what the sources say."""
    ds = rows(sources=(source("/home/mei/docs/a.pdf", "cc-by-nc-4.0"),))
    data, text = card_of(sft.publish(ds, tmp_path / "out", license="CC-BY-4.0"))
    assert data["license"] == "cc-by-4.0"
    assert "declared by the publisher" in text
    assert "The sources themselves name: cc-by-nc-4.0" in text


def test_terms_of_ones_own(rows, tmp_path):
    """`other` names the LICENSE file, as the Hub wants."""
    data, _ = card_of(sft.publish(rows(), tmp_path / "out", license="other"))
    assert (data["license"], data["license_link"]) == ("other", "LICENSE")
    assert data["license_name"]


def test_hostile_words_stay_words(rows, source, ledger, tmp_path):
    """Titles, file names, answers and options cannot inject YAML, HTML, links, tables or fences."""
    markdown_it = pytest.importorskip("markdown_it", reason="markdown-it-py renders the card")
    name = "a|b`<i>](http://evil.org).pdf"
    ds = rows(
        sources=(source(f"/home/mei/docs/{name}", title=HOSTILE),),
        model="<b>`m`</b>|x",
        answer="```\n</pre><script>alert(1)</script>\n````\n# no heading",
    )
    folder = sft.publish(ds, tmp_path / "out", title=HOSTILE)
    data, text = card_of(folder)
    assert data["license"] == "cc-by-4.0"
    assert one_line(HOSTILE) == data["pretty_name"]
    html = markdown_it.MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert not re.search(r"<script|<i>|<b>|<img src=\"(?!report/)|href=\"http", html)
    assert html.count("<h1>") == 1
    table = html.partition("<h2>Sources")[2].partition("</table>")[0]
    assert table.count("<tr>") == 2
    assert table.count("<td>") == 5
    assert "{{ title }}" in html


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("travel_guide.md", "travel_guide.md"),
        ("a|b", "a&#124;b"),
        ("a\nb\tc\u202e", "a b c"),
        ("<x> & `y`", "&#60;x&#62; &#38; &#96;y&#96;"),
        ("_x_ *y*", "\\_x\\_ \\*y\\*"),
        ("\\|", "&#92;&#124;"),
    ],
)
def test_inline_words(words, expected):
    """Marks are written as what they look like; plain names stay readable."""
    assert expected == inline(words)


def test_bare_addresses_do_not_become_links():
    """An invisible space keeps renderers from linking what a document says."""
    assert (
        inline("http://x.org www.x.org a@b.org")
        == "http:\u200b//x.org www\u200b.x.org a\u200b@b.org"
    )


def test_a_fence_is_longer_than_any_run_inside():
    """Back-ticks in a value do not close its fence."""
    assert fenced("````") == "`````\n````\n`````"


def test_long_lists_are_cut_and_counted(rows, source, tmp_path):
    """A card of a thousand sources stays readable; the manifest has them all."""
    sources = tuple(source(f"/home/mei/docs/{n:04}.pdf") for n in range(150))
    _, text = card_of(sft.publish(rows(150, sources=sources), tmp_path / "out"))
    assert "… and 50 more" in text


def test_wrong_metadata_is_refused_offline():
    """What the Hub would refuse is an error that names every key."""
    info = {"splits": [{"name": "train"}]}
    configs = [{"config_name": "default", "data_files": [{"split": "train", "path": "data/*"}]}]
    good = {"pretty_name": "x", "license": "mit", "dataset_info": info, "configs": configs}
    validate(good)
    with pytest.raises(PublishError, match=r"configs \['default'\] beside dataset_info of \['x'\]"):
        validate({**good, "dataset_info": [{"config_name": "x", **info}]})
    with pytest.raises(PublishError, match="config 'default' with data_files"):
        validate({**good, "configs": [{**configs[0], "data_files": [{"split": "train"}]}]})
    with pytest.raises(PublishError, match=r"license 'gpl'.*language 'zh-CN'.*tags holds None"):
        validate({**good, "license": "gpl", "language": ["zh-CN"], "tags": [None]})


def test_values_are_put_in_once(tmp_path, monkeypatch):
    """A placeholder inside a value stays as it is; one without a value is an error."""
    (tmp_path / "t.md").write_text("# {{ a }}\n\n{{ b }}\n\nend {{ a }}\n")
    monkeypatch.setattr("hf_sft_builders.publishing.templates.card_folder", lambda: tmp_path)
    assert render("t", {"a": "{{ b }}", "b": ""}) == "# {{ b }}\n\nend {{ b }}\n"
    with pytest.raises(ConfigurationError, match="asks for 'b'"):
        render("t", {"a": ""})


@pytest.mark.parametrize("name", ["alpaca", "sharegpt", "messages"])
def test_the_training_lines_work(name, rows, tmp_path, monkeypatch):
    """The lines of the card turn the rows into conversations, up to the trainer's own call."""
    folder = sft.publish(rows(format_name=name), tmp_path / "out")
    code = (folder / "README.md").read_text().split("## Train on it")[1]
    python = re.search(r"```python\n(.*?)```", code, re.DOTALL)[1]
    lines = [line for line in python.splitlines() if "trl" not in line and "SFTTrainer" not in line]
    monkeypatch.chdir(tmp_path)
    names = {}
    exec("\n".join(lines), names)
    assert names["ds"].column_names == ["messages"]
    assert [m["role"] for m in names["ds"][0]["messages"]] == ["user", "assistant"]
    entry = yaml.safe_load(re.search(r"```json\n(.*?)```", code, re.DOTALL)[1])
    assert (folder / entry["out"]["file_name"]).is_file()


def test_every_format_says_how_to_train_on_it():
    """Each format of ours has a card template, with values that publishing fills in."""
    from hf_sft_builders.formats import FORMATS
    from hf_sft_builders.publishing.templates import has_template

    names = ("entry", "place", "folder", "split", "directory")
    for name in FORMATS:
        assert has_template(f"training/{name}"), name
        text = render(f"training/{name}", dict.fromkeys(names, '"x"'))
        for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
            compile(code, name, "exec")
        for entry in re.findall(r"```json\n(.*?)```", text, re.DOTALL):
            yaml.safe_load(entry.replace('"x",', '"file_name": "x",', 1))


def sections_of(text):
    """Give the card's sections of the second level, by heading."""
    parts = re.split(r"^## (.*)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_each_config_is_described_in_full(built, rows, source, tmp_path):
    """Fields, first row, making, license and training of every config, under its own heading."""
    licensed = (source("/home/mei/docs/faq.pdf", "cc-by-sa-4.0", "常见问题"),)
    pairs = rows(2, "alpaca", licensed, model="qwen3-32b", language="en")
    labels = datasets.Dataset.from_dict({"text": ["a", "b"], "label": ["good", "bad"]})
    configs = {"pairs": pairs, "labels": labels}
    folder = sft.publish(built(), tmp_path / "out", configs=configs, license="cc-by-sa-4.0")
    data, text = card_of(folder)
    told = sections_of(text)
    for heading in ("Data", "How it was made", "Sources", "Train on it"):
        names = re.findall(r"^### `(\w+)`$", told[heading], flags=re.MULTILINE)
        assert ["default", "pairs", "labels"] == names, heading
    of = dict(zip(names, told["Data"].split("\n### ")[1:], strict=True))
    assert "`instruction`" not in of["default"] and "| instruction |" in of["pairs"]
    assert "| label |" in of["labels"] and '"label": "good"' in of["labels"]
    assert "3 rows in the format messages" in of["default"]
    assert '"instruction": "How much is a ticket' in of["pairs"]
    assert "report/pairs/lengths.en.svg" in of["pairs"]
    assert (folder / "report" / "pairs" / "lengths.en.svg").is_file()
    made = dict(zip(names, told["How it was made"].split("\n### ")[1:], strict=True))
    assert "- Builder: `hf_sft_builders/pdf_qa`" in made["default"]
    assert "qwen3-32b" in made["pairs"] and "qwen3-32b" not in made["default"]
    assert "not known" in made["labels"]
    assert 'load_dataset("./out", "labels", split="train")' in told["Load it"]
    infos = {info["config_name"]: info for info in data["dataset_info"]}
    assert {"default", "pairs", "labels"} == set(infos)
    assert ["text", "label"] == [column["name"] for column in infos["labels"]["features"]]
    assert {"messages", "alpaca", "classification"} <= set(data["tags"])


def test_licenses_of_configs_are_told_apart(rows, source, tmp_path):
    """Where the sources of two configs differ, the card says which has which."""
    share = (source("/home/mei/docs/faq.pdf", "cc-by-sa-4.0"),)
    folder = sft.publish(rows(), tmp_path / "out", configs={"faq": rows(sources=share)})
    told = sections_of(card_of(folder)[1])["License"]
    assert "- Config `default`: `cc-by-4.0`\n- Config `faq`: `cc-by-sa-4.0`" in told


def test_what_is_the_same_of_all_configs_is_said_once(rows, tmp_path):
    """Two configs from one source have one table of sources, without headings."""
    folder = sft.publish(rows(), tmp_path / "out", configs={"more": rows(5)})
    told = sections_of(card_of(folder)[1])
    assert "###" not in told["Sources"]
    assert 2 == told["Data"].count("\n### `")


def test_a_card_of_configs_in_chinese(rows, tmp_path):
    """Both languages describe every config; the same headings stand in each."""
    configs = {"pairs": rows(2, "alpaca")}
    folder = sft.publish(rows(), tmp_path / "out", configs=configs, card_language="both")
    text = card_of(folder)[1]
    assert ["default", "pairs"] == re.findall(r"^### `(\w+)`$", sections_of(text)["Data"], re.M)
    chinese = [part.partition("\n")[0] for part in text.split("\n### ") if "\n#### `pairs`" in part]
    assert ["数据", "制作过程", "如何用于训练"] == chinese
    assert "2 行，格式为 alpaca" in text


def test_gates_of_the_run_stand_on_the_card(docs, load, tmp_path):
    """Each with its settings, not cut off among the options."""
    gates = ["structure", sft.gate_length(2, 4000), "repetition", "pii"]
    ds = load("pdf_qa", data_dir=str(docs), split="train", gates=gates)
    told = sections_of(card_of(sft.publish(ds, tmp_path / "out"))[1])["How it was made"]
    line = next(line for line in told.splitlines() if line.startswith("- Gates: "))
    for name in ("GateStructure()", "GateLength(least=2, most=4000", "GateRepetition(", "GatePII("):
        assert name in line, name
    assert "gates=" not in told


def test_what_was_taken_out_later_stands_on_the_card(built, tmp_path):
    """Gates, repeats and contamination after the build: every reason with its count."""
    ds = datasets.concatenate_datasets([built(), built("again")])
    gated = sft.apply_gates(ds, [sft.gate_length(1, 14)])
    single = sft.deduplicate(ds, by="question")
    assert (3, 3) == (len(single.kept), len(single.rejected))
    losses = [gated, single]
    text = card_of(sft.publish(single.kept, tmp_path / "out", left_out=losses))[1]
    told = sections_of(text)["What was left out"]
    (reason,) = single.counts
    assert f"{reason} (3)" in told
    assert all(f"{gate}: " in told for gate in gated.counts)
    assert "no question found (" in told
    with pytest.raises(ConfigurationError, match="left_out= has Dataset"):
        sft.publish(ds, tmp_path / "other", left_out=[ds])


def test_every_column_of_every_format_is_explained(rows, tmp_path):
    """No column of a format is left without a word on what it holds."""
    from hf_sft_builders.formats import FORMATS
    from hf_sft_builders.publishing.card_fields import fields_table

    for name, known in FORMATS.items():
        for line in fields_table(known.features).splitlines()[2:]:
            assert line.split(" | ")[2].strip(" |"), f"{name}: {line}"
