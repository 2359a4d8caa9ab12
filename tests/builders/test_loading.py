"""`load_dataset("hf_sft_builders/pdf_qa", …)`, as users of `datasets` expect it to behave."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import datasets
import pytest
from conftest import EXAMPLES, GUIDE
from datasets import load_dataset
from packaging.version import Version
from record_shapes import shapes_of

import hf_sft_builders as sft
from hf_sft_builders import errors

ROOT = Path(__file__).parent.parent.parent


def builds(caplog):
    """How often rows were really made."""
    return sum(" document" in record.message for record in caplog.records)


@pytest.fixture(autouse=True)
def summaries(caplog):
    """Record the run's summary, which is logged only when rows are made."""
    caplog.set_level("INFO", logger="hf_sft_builders")
    return caplog


def test_the_line_of_the_readme_gives_typed_rows(load, docs):
    """The documented line works verbatim and gives the format's columns, id and provenance."""
    ds = load("pdf_qa", data_dir=str(docs), split="train", format="sharegpt")
    assert ["conversations", "system", "tools", "id", "provenance"] == ds.column_names
    assert len(ds) > 5
    assert len(set(ds["id"])) == len(ds)


@pytest.mark.parametrize("name", [n for n in sft.list_formats() if "pair" in shapes_of(n)])
def test_every_format_loads_and_checks(load, docs, name):
    """Each registered format is a value of `format=`; its rows pass its own check."""
    from hf_sft_builders.formats import get_format

    ds = load("pdf_qa", data_dir=str(docs), split="train", format=name)
    expected = {**get_format(name).features, "id": None, "provenance": None}
    assert list(expected) == ds.column_names
    get_format(name).require(ds.with_format("arrow")[:])


def test_a_format_that_holds_no_plain_pair_is_refused_first(load, docs):
    """`kto` needs a judgement that no document gives; the error comes before any work."""
    with pytest.raises(errors.ConfigurationError, match="format='kto'.*desirable"):
        load("pdf_qa", data_dir=str(docs), format="kto")


def test_provenance_leads_back_to_the_answer(load, docs):
    """The text at the answer's span is the answer, and the source's hash is the file's."""
    import hashlib

    ds = load("pdf_qa", data_dir=str(docs), split="train")
    text = (docs / "guide.md").read_text(encoding="utf-8")
    for row in ds:
        source, chunk, made = row["provenance"]
        [span] = made["answer_spans"]
        assert row["messages"][1]["content"] == text[span["start"] : span["end"]]
        assert chunk["span"]["start"] <= span["start"] <= span["end"] <= chunk["span"]["end"]
        assert hashlib.sha256((docs / "guide.md").read_bytes()).hexdigest() == source["sha256"]


def test_provenance_can_be_left_out(load, docs):
    """`provenance=False` drops that column and nothing else."""
    ds = load("pdf_qa", data_dir=str(docs), split="train", provenance=False)
    assert ["messages", "id"] == ds.column_names


def test_answer_pages_come_from_the_pdf(load):
    """Rows of a PDF name the pages, counted from 1, that their answers stand on."""
    ds = load("pdf_qa", data_files=str(EXAMPLES / "docs" / "*.pdf"), split="train")
    pages = {page for row in ds for page in row["provenance"][-1]["pages"]}
    assert {1, 2, 3, 4, 5} <= pages
    assert all(row["provenance"][-1]["pages"] for row in ds)


def test_every_file_is_read_or_named_whatever_it_is_called(load, docs):
    """Names that `datasets` takes for splits, and README.md, are read; the rest is counted."""
    for name in ("eval-report 2024.md", "README.md", "test.txt", "train-notes.md", "第[1]章.md"):
        (docs / name).write_text(GUIDE.replace("云溪", name[:2]), encoding="utf-8")
    (docs / "deep" / "er").mkdir(parents=True)
    (docs / "deep" / "er" / "x.MD").write_text(GUIDE.replace("望云", "看云"), encoding="utf-8")
    (docs / "photo.png").write_bytes(b"\x89PNG")
    (docs / ".hidden.md").write_text(GUIDE)
    (docs / "copy.md").write_text(GUIDE, encoding="utf-8")
    ds = load("documents", data_dir=str(docs))
    assert ["train"] == list(ds)
    read = {Path(uri).name for uri in ds["train"]["uri"]}
    ignored = {Path(uri).name: reason for uri, reason in sft.last_run().ignored.items()}
    one_of_two = {"copy.md", "guide.md"}
    assert (
        read | one_of_two
        == {
            "eval-report 2024.md",
            "README.md",
            "test.txt",
            "train-notes.md",
            "第[1]章.md",
            "x.MD",
        }
        | one_of_two
    )
    assert {"photo.png", ".hidden.md"} | (one_of_two - read) == set(ignored)
    assert "no reader for .png" == ignored["photo.png"]


def test_second_call_is_a_cache_hit(load, docs, caplog):
    """The same call again makes no rows, and `last_run` still tells about them."""
    first = load("pdf_qa", data_dir=str(docs), split="train")
    told = sft.last_run().summary()
    second = load("pdf_qa", data_dir=str(docs), split="train")
    assert 1 == builds(caplog)
    assert told == sft.last_run().summary()
    assert first[:] == second[:]


@pytest.mark.parametrize(
    "option",
    [
        {"max_concurrency": 3},
        {"timeout": 9.0},
        {"api_key": "sk-secret"},
        {"max_failures": 1},
        {"format": "messages"},
    ],
)
def test_options_that_change_no_row_keep_the_cache(load, docs, caplog, option):
    """Concurrency, timeouts, credentials and defaults written out are not in the cache key."""
    load("pdf_qa", data_dir=str(docs), split="train")
    load("pdf_qa", data_dir=str(docs), split="train", **option)
    assert 1 == builds(caplog)


@pytest.mark.parametrize("option", [{"chunk_size": 400}, {"format": "alpaca"}, {"license": "mit"}])
def test_options_that_change_rows_make_new_rows(load, docs, caplog, option):
    """Chunking, format and license are in the cache key."""
    load("pdf_qa", data_dir=str(docs), split="train")
    load("pdf_qa", data_dir=str(docs), split="train", **option)
    assert 2 == builds(caplog)


def test_a_changed_file_makes_new_rows(load, docs, caplog):
    """A file of the same size with other words is seen."""
    before = load("pdf_qa", data_dir=str(docs), split="train")
    time.sleep(0.01)
    (docs / "guide.md").write_text(GUIDE.replace("80 元", "95 元"), encoding="utf-8")
    after = load("pdf_qa", data_dir=str(docs), split="train")
    assert 2 == builds(caplog)
    assert any("95 元" in row["messages"][1]["content"] for row in after)
    assert not any("95 元" in row["messages"][1]["content"] for row in before)


def test_a_new_package_version_makes_new_rows(load, docs, caplog, monkeypatch):
    """The hash of the package's code is in the cache key."""
    load("pdf_qa", data_dir=str(docs), split="train")
    monkeypatch.setattr("hf_sft_builders.builders.base.code_hash", lambda module: "another")
    load("pdf_qa", data_dir=str(docs), split="train")
    assert 2 == builds(caplog)


def test_force_redownload_makes_new_rows(load, docs, caplog):
    """`download_mode` of `datasets` is obeyed."""
    load("pdf_qa", data_dir=str(docs), split="train")
    load("pdf_qa", data_dir=str(docs), split="train", download_mode="force_redownload")
    assert 2 == builds(caplog)


def test_streaming_gives_the_same_rows_lazily(load, docs):
    """`streaming=True` yields equal rows, the first before the last document is opened."""
    (docs / "z.pdf").write_bytes(b"%PDF-1.7 cut off")
    rows = load("pdf_qa", data_dir=str(docs), split="train")[:]
    stream = load("pdf_qa", data_dir=str(docs), split="train", streaming=True)
    assert rows["id"] == [row["id"] for row in stream]
    assert {"damaged"} == set(sft.last_run().unreadable.values())


def test_num_proc_gives_the_same_rows(load, docs):
    """Files are shared out to workers; rows, order and account are those of one process."""
    for number in range(4):
        (docs / f"{number}.md").write_text(GUIDE.replace("云溪", f"云溪{number}"), encoding="utf-8")
    one = load("pdf_qa", data_dir=str(docs), split="train")
    told = sft.last_run().summary()
    two = load(
        "pdf_qa", data_dir=str(docs), split="train", num_proc=2, download_mode="force_redownload"
    )
    assert one[:] == two[:]
    assert told == sft.last_run().summary()


def test_data_files_take_globs_lists_and_splits(load, docs, tmp_path):
    """Every shape of `data_files` that `datasets` has works, absolute or below `data_dir`."""
    (docs / "more.md").write_text(GUIDE.replace("云溪", "青石"), encoding="utf-8")
    shapes = {
        "glob": {"data_files": str(docs / "*.md")},
        "list": {"data_files": [str(docs / "guide.md"), str(docs / "more.md")]},
        "below": {"data_dir": str(docs), "data_files": "*.md"},
    }
    counts = {
        name: len(load("documents", split="train", **shape)) for name, shape in shapes.items()
    }
    assert 1 == len(set(counts.values()))
    by_split = {"train": str(docs / "guide.md"), "test": [str(docs / "more.md")]}
    ds = load("documents", data_files=by_split)
    assert {"train", "test"} == set(ds)
    assert {"more.md"} == {Path(uri).name for uri in ds["test"]["uri"]}


def test_any_fsspec_protocol_is_a_source(load, docs, tmp_path):
    """Files in memory and inside a ZIP are read like local ones, and changes are seen."""
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe("/shelf/guide.md", GUIDE.encode())
    ds = load("documents", data_dir="memory://shelf", split="train")
    assert GUIDE == "".join(ds["text"])
    assert {"memory:///shelf/guide.md", "memory://shelf/guide.md"} & set(ds["uri"])
    memory.pipe("/shelf/guide.md", GUIDE.replace("80", "90").encode())
    again = load("documents", data_files="memory://shelf/*.md", split="train")
    assert GUIDE.replace("80", "90") == "".join(again["text"])
    archive = shutil.make_archive(str(tmp_path / "shelf"), "zip", docs)
    zipped = load("documents", data_files=f"zip://*.md::{archive}", split="train")
    assert GUIDE == "".join(zipped["text"])


def test_validation_is_split_by_document(load, docs):
    """No document is in two splits, and the same documents are chosen again."""
    for number in range(30):
        (docs / f"{number}.md").write_text(GUIDE.replace("云溪", f"云溪{number}"), encoding="utf-8")
    ds = load("documents", data_dir=str(docs), validation_fraction=0.3)
    train, validation = set(ds["train"]["uri"]), set(ds["validation"]["uri"])
    assert not train & validation
    assert 31 == len(train | validation)
    assert 3 <= len(validation) <= 18
    (docs / "new.md").write_text("# 新\n\n新的一页。", encoding="utf-8")
    more = load("documents", data_dir=str(docs), validation_fraction=0.3)
    assert validation <= set(more["validation"]["uri"])


def test_the_op_makes_the_builders_rows(load, docs):
    """`documents` and `map(generate_qa)` give what `pdf_qa` gives."""
    chunks = load("documents", data_dir=str(docs), split="train")
    mapped = chunks.map(sft.generate_qa(), batched=True)
    built = load("pdf_qa", data_dir=str(docs), split="train")
    assert built["messages"][:] == mapped["messages"][:]
    assert built["id"][:] == mapped["id"][:]
    assert built["provenance"][:] == mapped["provenance"][:]


def test_a_scripted_model_writes_the_rows(load, docs):
    """A model's pairs are kept where their evidence stands in the text, dropped where not."""
    model = sft.ScriptedModel(
        [
            '{"pairs": [{"question": "望云楼有多高？", "answer": "望云楼高 28.6 米。",'
            ' "evidence": "高 28.6 米，共四层"},'
            ' {"question": "望云楼有几部电梯？", "answer": "两部。", "evidence": "设电梯两部"},'
            ' {"question": "本文讲了什么？", "answer": "古城。", "evidence": "云溪古城"}]}'
        ]
    )
    ds = load("pdf_qa", data_dir=str(docs), split="train", model=model)
    assert ["望云楼有多高？"] == [row["messages"][0]["content"] for row in ds]
    assert {"evidence not in the text": 1, "question points at the text": 1} == sft.last_run().drops
    made = ds[0]["provenance"][-1]
    assert ("scripted", "generate_qa.zh") == (made["model"], made["prompt"])
    [span] = made["answer_spans"]
    assert "高 28.6 米，共四层" == GUIDE[span["start"] : span["end"]]


def test_open_failures_are_tried_again_by_the_same_call(load, docs, caplog):
    """A run with failures is not served from the cache as if it were whole."""
    (docs / "more.md").write_text(GUIDE.replace("云溪", "青石"), encoding="utf-8")
    good = (
        '{"pairs": [{"question": "门票多少钱？", "answer": "80 元／人", "evidence": "80 元／人"}]}'
    )
    failing = sft.ScriptedModel([good, errors.ModelError("server on fire")], name="m")
    mended = sft.ScriptedModel([good, good], name="m")
    options = {"data_dir": str(docs), "split": "train", "model_id": "m"}
    assert 1 == len(load("pdf_qa", model=failing, **options))
    assert ["server on fire"] == [failure.detail for failure in sft.last_run().failures]
    assert 2 == len(load("pdf_qa", model=mended, **options))
    assert [] == sft.last_run().failures
    assert 2 == len(load("pdf_qa", model=failing, **options))
    assert 2 == builds(caplog)


def test_no_rows_at_all_is_an_error_with_the_account(load, docs):
    """`datasets` cannot hold an empty split, so the error says what became of the inputs."""
    model = sft.ScriptedModel([errors.ModelError("server on fire")])
    with pytest.raises(errors.BuildError, match="1 chunk; failed 1.*server on fire"):
        load("pdf_qa", data_dir=str(docs), model=model)


def test_a_run_that_goes_wrong_stops(load, docs):
    """More failures than `max_failures` end the run with the first one's words."""
    for number in range(25):
        (docs / f"{number}.md").write_text(GUIDE.replace("云溪", f"云溪{number}"), encoding="utf-8")
    model = sft.ScriptedModel(always_fails)
    with pytest.raises(errors.TooManyFailures, match="20 of 20 inputs failed.*server on fire"):
        load("pdf_qa", data_dir=str(docs), model=model)


def always_fails(request):
    """Answer nothing."""
    return errors.ModelError("server on fire")


def test_the_shared_tree_is_left_as_it_was(load, docs, tmp_path):
    """Neither the documents' folder nor the temporary folder keeps anything of a run."""
    before = sorted(path.name for path in docs.iterdir())
    load("pdf_qa", data_dir=str(docs), split="train")
    assert before == sorted(path.name for path in docs.iterdir())


@pytest.mark.parametrize("name", ["documents", "exam", "pdf_qa", "preference"])
def test_builder_scripts_run_as_programs(docs, tmp_path, name):
    """`python builders/<name>.py` writes a dataset on every version."""
    command = [sys.executable, str(ROOT / "builders" / f"{name}.py"), "--data-dir", str(docs)]
    done = subprocess.run(
        [*command, "--output", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        env={**os.environ, "HF_HOME": str(tmp_path / "home")},
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    assert " row" in done.stderr
    assert len(load_dataset(str(tmp_path / "out"), split="train")) > 0


@pytest.mark.skipif(
    Version(datasets.__version__) >= Version("4"), reason="scripts ended with datasets 4"
)
def test_builder_files_are_loading_scripts(docs, tmp_path):
    """On `datasets` < 4 the file is a loading script."""
    ds = load_dataset(
        str(ROOT / "builders" / "pdf_qa.py"),
        data_dir=str(docs),
        split="train",
        trust_remote_code=True,
        cache_dir=str(tmp_path / "cache"),
    )
    assert len(ds) > 5


def test_registration_survives_a_second_import():
    """Registering again changes nothing."""
    from hf_sft_builders.registry import register_with_datasets

    before = datasets.load.dataset_module_factory
    register_with_datasets()
    assert before is datasets.load.dataset_module_factory
