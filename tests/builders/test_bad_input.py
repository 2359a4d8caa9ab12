"""Bad input gets one clear error, and nothing is lost."""

import os
from functools import partial
from pathlib import Path

import pytest
from conftest import GUIDE
from datasets import Dataset, load_dataset
from pdf_samples import empty_pages_pdf, encrypted_pdf, pdf, scanned_pdf, truncated_pdf

import hf_sft_builders as sft
from hf_sft_builders import errors


def test_unknown_builder_says_did_you_mean(load, docs):
    """A misspelt builder names the nearest one instead of looking on the Hub."""
    with pytest.raises(errors.UnknownName, match="Did you mean 'pdf_qa'"):
        load("pdfqa", data_dir=str(docs))


def test_unknown_option_says_did_you_mean(load, docs):
    """A misspelt option names the nearest one."""
    with pytest.raises(errors.UnknownName, match="option 'formt'. Did you mean 'format'"):
        load("pdf_qa", data_dir=str(docs), formt="alpaca")


def test_unknown_format_says_what_there_is(load, docs):
    """A misspelt format names the nearest one and lists all."""
    with pytest.raises(errors.UnknownName, match="Did you mean 'sharegpt'.*alpaca, .*messages, "):
        load("pdf_qa", data_dir=str(docs), format="sharegtp")


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"chunk_size": 100, "min_chunk_size": 200}, "200"),
        ({"chunk_size": 0}, "0"),
        ({"validation_fraction": 1.5}, "1.5"),
        ({"max_failures": 7}, "7"),
        ({"max_concurrency": 0}, "0"),
        ({"chars_per_question": 0}, "0"),
        ({"pdf_engine": "mupdf"}, "pypdf"),
    ],
)
def test_values_out_of_range_are_refused(load, docs, option, words):
    """The message says what was found."""
    with pytest.raises(errors.ConfigurationError, match=words):
        load("pdf_qa", data_dir=str(docs), **option)


def test_of_very_many_names_the_nearest_are_shown(tmp_path):
    """Hundreds of licenses are no help; those that are spelt alike are."""
    with pytest.raises(errors.UnknownName) as found:
        sft.publish(one_row(), tmp_path, license="cc-bx-4.0")
    assert "Did you mean 'cc-by-4.0'" in str(found.value) and "cc-by-sa-4.0" in str(found.value)
    with pytest.raises(errors.UnknownName, match="Did you mean 'apache-2.0'"):
        sft.publish(one_row(), tmp_path, license="APACHE 9.0")
    assert "more." in str(found.value) and len(str(found.value)) < 500


def one_row():
    """Give one row of messages."""
    said = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    return Dataset.from_list([{"messages": said, "id": "a"}])


def test_an_unreachable_endpoint_is_named_with_what_to_do(load, docs):
    """The failure's own words and the way on; nothing about documents, which are all right."""
    away = {"model": "qwen", "base_url": "http://127.0.0.1:9/v1", "api_key": "k", "max_retries": 0}
    with pytest.raises(errors.BuildError) as found:
        load("pdf_qa", data_dir=str(docs), **away)
    told = str(found.value)
    assert "127.0.0.1:9" in told and "run the same call again" in told
    assert "Check what the documents hold" not in told


@pytest.mark.parametrize("op", [sft.rewrite, partial(sft.generate, "say {text}")])
def test_an_op_takes_no_key(op):
    """It is stored and sent to workers; the error says where keys are read."""
    with pytest.raises(errors.ConfigurationError, match="OPENAI_API_KEY"):
        op(model="qwen", api_key="sk-secret")


def test_nothing_named(load):
    """Without documents the error shows how to name them."""
    with pytest.raises(errors.SourceError, match="data_dir="):
        load("pdf_qa")


def test_missing_folder_shows_its_neighbours(load, docs):
    """A wrong path says what stands beside it."""
    with pytest.raises(errors.SourceError, match="nothing there.*docs"):
        load("pdf_qa", data_dir=str(docs.parent / "dosc"))


def test_glob_without_match(load, docs):
    """A pattern that matches nothing is an error, not an empty dataset."""
    with pytest.raises(errors.SourceError, match=r"\*\.pdf: nothing there"):
        load("pdf_qa", data_files=str(docs / "*.pdf"))


def test_no_readable_file_says_what_was_found(load, tmp_path):
    """A folder of pictures says so."""
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"\x89PNG")
    with pytest.raises(errors.SourceError, match=r"no reader for \.png: a\.png.*Expected.*\.pdf"):
        load("pdf_qa", data_dir=str(tmp_path / "pictures"))


def test_empty_split_is_named(load, docs):
    """A split of `data_files` without a readable file is an error."""
    (docs / "a.png").write_bytes(b"\x89PNG")
    with pytest.raises(errors.SourceError, match="test"):
        load("pdf_qa", data_files={"train": str(docs / "*.md"), "test": str(docs / "*.png")})


HOPELESS = {
    "encrypted.pdf": (encrypted_pdf("Secret words.", "s3cret"), "encrypted"),
    "truncated.pdf": (truncated_pdf(), "damaged"),
    "nothing.pdf": (b"", "empty file"),
    "scan.pdf": (scanned_pdf(), "no text layer"),
    "blank.pdf": (empty_pages_pdf(), "no text"),
    "picture.md": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not what its suffix says"),
    "paper.txt": (pdf(["Words."]), "not what its suffix says"),
}


@pytest.mark.parametrize("streaming", [False, True])
def test_each_hopeless_file_has_its_counted_reason(load, docs, streaming):
    """One readable file among hopeless ones: its rows come, the others are named with reasons."""
    for name, (content, _) in HOPELESS.items():
        (docs / name).write_bytes(content)
    ds = load("documents", data_dir=str(docs), split="train", streaming=streaming)
    assert GUIDE == "".join(row["text"] for row in ds)
    found = {Path(uri).name: reason for uri, reason in sft.last_run().unreadable.items()}
    assert {name: reason for name, (_, reason) in HOPELESS.items()} == found


@pytest.mark.parametrize("name", HOPELESS)
def test_a_hopeless_file_alone_is_an_error(load, tmp_path, name):
    """Where no file can be read there is no dataset, and the error says why."""
    (tmp_path / name).write_bytes(HOPELESS[name][0])
    with pytest.raises(errors.SourceError, match=HOPELESS[name][1]):
        load("pdf_qa", data_files=str(tmp_path / name))


def test_password_opens_and_leaves_no_trace(load, tmp_path, caplog):
    """The password reaches the reader, and neither config, cache nor log."""
    caplog.set_level("DEBUG")
    (tmp_path / "s.pdf").write_bytes(encrypted_pdf("Secret words about pumps.", "s3cret-pass"))
    where = {"data_files": str(tmp_path / "s.pdf"), "split": "train"}
    with pytest.raises(errors.SourceError, match="encrypted"):
        load("documents", **where)
    with pytest.raises(errors.SourceError, match="wrong password"):
        load("documents", password="guess-pass", **where)
    ds = load("documents", password="s3cret-pass", **where)
    assert "Secret words about pumps." in ds["text"][0]
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        assert b"s3cret-pass" not in path.read_bytes() + str(path).encode()
    assert not any("s3cret-pass" in record.getMessage() for record in caplog.records)


def test_a_file_over_the_limit_is_not_opened(load, docs):
    """A 2 GB file is counted as too large, without reading it."""
    with (docs / "huge.txt").open("wb") as stream:
        stream.truncate(2 * 2**30)
    load("documents", data_dir=str(docs), split="train")
    assert ["too large"] == list(sft.last_run().unreadable.values())


def test_single_row_call_shows_the_right_line(docs, load):
    """An op in an unbatched map says how it is written."""
    ds = load("documents", data_dir=str(docs), split="train")
    with pytest.raises(errors.ConfigurationError, match="batched=True"):
        ds.map(sft.generate_qa())


def test_missing_column_says_what_there_is(docs, load):
    """An op without its column names those that the rows have."""
    ds = load("documents", data_dir=str(docs), split="train")
    with pytest.raises(errors.ConfigurationError, match="'body'.*text"):
        ds.map(sft.generate_qa(column="body"), batched=True)


def test_nothing_below_a_folder_vanishes(load, docs):
    """Broken links, links to folders, pipes and tool folders are named; none stops the build."""
    (docs / "broken.pdf").symlink_to("nowhere")
    (docs / "elsewhere").symlink_to(docs.parent, target_is_directory=True)
    os.mkfifo(docs / "pipe.md")
    (docs / ".git").mkdir()
    (docs / ".git" / "a.md").write_text(GUIDE)
    load("documents", data_dir=str(docs), split="train")
    found = {Path(uri).name: reason for uri, reason in sft.last_run().ignored.items()}
    assert {
        "broken.pdf": "broken link",
        "elsewhere": "link to a folder, not followed",
        "pipe.md": "no regular file",
        ".git": "hidden or tool folder",
    } == found


def test_a_changed_license_is_seen(load, docs):
    """The LICENSE beside the documents is evidence, and so part of the cache key."""
    said = []
    for text in (None, "Licensed under CC BY 4.0", "All rights reserved."):
        if text:
            (docs / "LICENSE").write_text(text)
        row = load("pdf_qa", data_dir=str(docs), split="train")[0]
        said.append(row["provenance"][0]["license"]["id"])
    assert ["unknown", "cc-by-4.0", "all-rights-reserved"] == said


def test_a_failed_build_is_the_last_run(load, docs, tmp_path):
    """The account of a run that stopped is that run's, not the one before."""
    load("pdf_qa", data_dir=str(docs), split="train")
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "a.md").write_text("Hm.")
    with pytest.raises(errors.BuildError):
        load("pdf_qa", data_dir=str(tmp_path / "bare"))
    assert 0 == sft.last_run().counts["rows"]


@pytest.mark.parametrize(
    "option",
    [
        {"chunk_size": "big"},
        {"preview": True},
        {"license": ["mit"]},
        {"model": None},
        {"format": None},
        {"password": 5},
        {"prices": 3},
        {"max_tokens_total": -5},
        {"max_retries": -1},
        {"provenance": "no"},
        {"base_url": "http://localhost:1/v1"},
    ],
)
def test_options_of_the_wrong_type_are_named(load, docs, option):
    """The error names the option before any work is done."""
    with pytest.raises(errors.ConfigurationError, match=next(iter(option))):
        load("pdf_qa", data_dir=str(docs), **option)


def test_a_configuration_name_is_no_format(load, docs):
    """`load_dataset(builder, "alpaca")` says how options are given."""
    with pytest.raises(errors.ConfigurationError, match="format='alpaca'"):
        load_dataset("hf_sft_builders/pdf_qa", "alpaca", data_dir=str(docs))


def test_copies_across_splits_are_told(load, docs, caplog):
    """The same content in train and test is a leak that is said."""
    (docs / "copy.md").write_text(GUIDE, encoding="utf-8")
    load("documents", data_files={"train": str(docs / "guide.md"), "test": str(docs / "copy.md")})
    assert any("copy of 'train'" in record.getMessage() for record in caplog.records)


def test_a_protocol_without_its_packages_names_them(load, monkeypatch):
    """`https://` needs more than `datasets` brings; the error says what to install."""

    def missing(url, **options):
        raise ImportError('HTTPFileSystem requires "requests" and "aiohttp" to be installed')

    monkeypatch.setattr("hf_sft_builders.sources.files.url_to_fs", missing)
    with pytest.raises(errors.MissingExtra, match=r"aiohttp requests.*hf_sft_builders\[http\]"):
        load("documents", data_files="https://localhost/a.pdf")
