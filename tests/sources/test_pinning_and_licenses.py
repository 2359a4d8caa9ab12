"""Addresses that mean the same bytes tomorrow, the license of each source, and `hf-sft show`."""

import io
import json
import zipfile

import pytest

import hf_sft_builders as sft
from hf_sft_builders import cli, errors
from hf_sft_builders.sources import LicenseLookup
from hf_sft_builders.sources.license_evidence import dataset_license


def zip_of(files):
    """Pack files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def test_every_hop_is_pinned(server):
    """Archives on a platform get their version; what has none stays."""
    server.put("o/d", {"a.zip": zip_of({"x.csv": b"x\n1\n"})})
    assert "zip://*.csv::kaggle://o/d@1/a.zip" == sft.resolve_uri("zip://*.csv::kaggle://o/d/a.zip")
    for same in ("docs/a.pdf", "https://example.org/a.pdf", "memory://a", "kaggle://o/d@1/a.zip"):
        assert same == sft.resolve_uri(same)


def test_pages_are_addresses(server):
    """The page of a dataset, as copied from a browser, is its address."""
    server.put("o/d", {"a.csv": b"x\n1\n"})
    assert "kaggle://o/d@1" == sft.resolve_uri("https://www.kaggle.com/datasets/o/d")
    assert sft.resolve_uri("https://modelscope.cn/datasets/o/d/").startswith("modelscope://o/d@")
    assert sft.resolve_uri("https://opendatalab.com/o/d").startswith("opendatalab://o/d@main~")


@pytest.mark.parametrize(
    "place",
    [
        "kaggle://competitions/titanic/train.csv",
        "https://www.kaggle.com/competitions/titanic",
        "https://www.kaggle.com/c/titanic/data",
    ],
)
def test_competitions_show_where_the_rules_are_accepted(server, load, place):
    """A competition's address is an error with the page, before any request."""
    with pytest.raises(errors.SourceError, match="kaggle.com/competitions/titanic/rules"):
        load("source", data_files=place)
    assert [] == server.requests()


def test_the_hub_is_pinned_to_a_commit(server, load):
    """A new commit under the same address gives new rows; a commit is left as it is."""
    options = {"endpoint": server.url}
    server.put("o/d", {"guide.md": b"# One\n\nThe tower is old."}, license="cc-by-4.0")
    first = sft.resolve_uri("hf://datasets/o/d/guide.md", options)
    assert first == sft.resolve_uri(first, options)
    assert 40 == len(first.partition("@")[2].partition("/")[0])
    place = "hf://datasets/o/d/guide.md"
    before = load("documents", data_files=place, storage_options=options, split="train")
    server.put("o/d", {"guide.md": b"# Two\n\nThe tower is new."})
    after = load("documents", data_files=place, storage_options=options, split="train")
    assert ("old" in before["text"][0], "new" in after["text"][0]) == (True, True)
    assert first == before[0]["uri"]
    license = after[0]["provenance"][0]["license"]
    assert ("cc-by-4.0", "hf:o/d: license") == (
        license["id"],
        license["found_in"],
    )


def test_the_hub_refuses_in_its_own_words(server):
    """A repository that is not there is one error."""
    with pytest.raises(errors.SourceError, match="hf://datasets/o/none: the Hub refused"):
        sft.resolve_uri("hf://datasets/o/none/a.csv", {"endpoint": server.url})


def test_a_hub_that_cannot_be_reached_is_one_error():
    """Whatever client the Hub's library has, a lost connection is a `SourceError`."""
    with pytest.raises(
        errors.SourceError,
        match=r"hf://datasets/o/d: the Hub \(http://127.0.0.1:9\) cannot be reached.*HF_ENDPOINT",
    ):
        sft.resolve_uri("hf://datasets/o/d/a.csv", {"endpoint": "http://127.0.0.1:9"})


def test_a_name_that_would_part_an_address_is_counted(server, load):
    """`a::b.md` cannot be told from a chain: it is named as left out."""
    server.put("o/d", {"a.md": b"# A", "b::c.md": b"# B"})
    load("documents", data_files="modelscope://o/d")
    [reason] = [why for uri, why in sft.last_run().ignored.items() if "b::c.md" in uri]
    assert "'::'" in reason


def test_archives_on_a_platform_follow_its_versions(server, load):
    """`zip://…::kaggle://…` without a version: the new archive's rows, not the old ones'."""
    place = "zip://*.md::modelscope://o/d/all.zip"
    server.put("o/d", {"all.zip": zip_of({"a.md": "# 一\n\n旧。"})})
    assert "旧" in load("documents", data_files=place, split="train")["text"][0]
    server.put("o/d", {"all.zip": zip_of({"a.md": "# 一\n\n新。"})})
    assert "新" in load("documents", data_files=place, split="train")["text"][0]


@pytest.mark.parametrize(
    ("place", "raw", "expected"),
    [
        ("kaggle", "CC-BY-SA-4.0", ("cc-by-sa-4.0", "declared", "Kaggle")),
        ("opendatalab", "CC BY 4.0", ("cc-by-4.0", "declared", "OpenDataLab")),
        ("modelscope", "MIT", ("mit", "declared", "ModelScope")),
        ("modelscope", "Apache-2.0", ("apache-2.0", "inferred", "default where nobody chose")),
        ("kaggle", "Other (specified in description)", ("unknown", "declared", "Kaggle")),
        ("kaggle", "", ("unknown", "none", "empty")),
    ],
)
def test_each_platforms_license_is_found(server, place, raw, expected):
    """Raw string, meaning, place and confidence; a platform's default is weak."""
    server.put("o/d", {"a.csv": b"x\n1\n"}, license=raw)
    found = dataset_license(
        f"{place}://o/d@1/a.csv" if place == "kaggle" else f"{place}://o/d/a.csv"
    )
    assert (raw, expected[:2]) == (found.raw, (found.id, found.confidence))
    assert expected[2] in found.found_in


def test_kaggles_display_name_where_metadata_is_refused(server):
    """The second place is asked where the first needs an account."""
    server.put("o/d", {"a.csv": b"x\n1\n"}, license="CC0-1.0", display="CC BY-SA 4.0")
    server.faults(no_metadata=True)
    found = dataset_license("kaggle://o/d")
    assert ("CC BY-SA 4.0", "Kaggle: licenseName") == (found.raw, found.found_in)


def test_a_refused_license_is_unknown_and_says_so(server, caplog):
    """Where the platform refuses, nothing is guessed and the reason is logged."""
    found = dataset_license("modelscope://o/none")
    assert ("unknown", "modelscope: could not be asked") == (found.id, found.found_in)
    assert "The license stays unknown" in caplog.text


def test_a_license_file_beats_what_nobody_chose(server, load):
    """The weak default of a platform counts only where no file says more; the option beats both."""
    files = {"a.md": b"# A\n\nThe tower.", "LICENSE": b"Licensed under CC BY-NC 4.0."}
    server.put("o/d", files, license="Apache License 2.0")
    ds = load("documents", data_files="modelscope://o/d", split="train")
    assert "cc-by-nc-4.0" == ds[0]["provenance"][0]["license"]["id"]
    assert "mit" == LicenseLookup("mit", [])("modelscope://o/d/a.md").id


def test_a_changed_license_makes_new_rows(server, load):
    """The license is part of the cache key, also where no file changed."""
    server.put("o/d", {"a.csv": b"x\n1\n"}, license="CC0-1.0")
    place = "kaggle://o/d@1/a.csv"
    assert (
        "cc0-1.0" == load("source", data_files=place)["train"][0]["provenance"][0]["license"]["id"]
    )
    server.put("o/d", {"a.csv": b"x\n1\n"}, license="MIT")
    import fsspec

    fsspec.filesystem("kaggle").invalidate_cache()
    assert "mit" == load("source", data_files=place)["train"][0]["provenance"][0]["license"]["id"]


def test_show_prints_files_license_and_rows(server, capsys):
    """Without fetching the whole: of a large file only its beginning is read."""
    big = b"x,y\n" + b"".join(b"%d,text\n" % number for number in range(900_000))
    server.put("o/d", {"a.csv": big, "README.md": b"# About"}, license="CC0-1.0")
    assert 0 == cli.main(["show", "kaggle://o/d", "-n", "2"])
    told = capsys.readouterr().out
    assert told.startswith(
        "kaggle://o/d@1\nlicense: CC0-1.0 → cc0-1.0 (Kaggle: licenses of the metadata, declared)\n"
        "2 files, "
    )
    assert told.endswith(
        'rows of kaggle://o/d@1/a.csv:\n{"x": 0, "y": "text"}\n{"x": 1, "y": "text"}\n'
    )
    ranges = [each["headers"]["Range"] for each in server.requests(host="storage")]
    assert (
        sum(1 - eval(each.removeprefix("bytes=").replace("-", "-", 1)) for each in ranges)
        < len(big) / 2
    )


def test_show_and_license_of_a_dataset_page(tmp_path, capsys):
    """What `data_files=` takes is shown, too: the page's files, and its license."""
    about = {"@type": "Dataset", "license": "CC BY-NC-SA 4.0"}
    about |= {"distribution": [{"contentUrl": "潮汐.csv"}], "@context": "https://schema.org/"}
    (tmp_path / "page.json").write_text(json.dumps(about), encoding="utf-8")
    (tmp_path / "潮汐.csv").write_text("高度\n3\n", encoding="utf-8")
    page = f"croissant+{tmp_path}/page.json"
    assert 0 == cli.main(["show", page])
    shown = capsys.readouterr().out
    assert "CC BY-NC-SA 4.0 → cc-by-nc-sa-4.0" in shown
    assert "\n1 file, " in shown
    assert 0 == cli.main(["license", page])
    assert "潮汐.csv: cc-by-nc-sa-4.0" in capsys.readouterr().out
    assert 0 == cli.main(["show", str(tmp_path)])
    assert "B  潮汐.csv\n" in capsys.readouterr().out


def test_show_documents_and_what_has_no_reader(server, capsys, docs):
    """Chunks of a local document; a picture is named, and that nothing reads it."""
    assert 0 == cli.main(["show", str(docs), "-n", "1"])
    assert "云溪古城" in capsys.readouterr().out
    server.put("o/d", {"a.png": b"\x89PNG"})
    assert 0 == cli.main(["show", "modelscope://o/d"])
    assert "No file here has a reader." in capsys.readouterr().out
    assert 2 == cli.main(["show", "modelscope://o/none"])


def test_platforms_behind_one_address_are_told_apart(server):
    """A mirror may serve several: what one says of `owner/ds` is not what another does."""
    server.put("owner/ds", {"a.csv": b"x\n1\n"}, license="CC0-1.0", display="CC0")
    found = {name: dataset_license(f"{name}://owner/ds").found_in for name in PLATFORMS}
    assert [True] * 3 == [PLATFORMS[name] in said for name, said in found.items()]
    assert 3 == len({sft.resolve_uri(f"{name}://owner/ds").partition("@")[2] for name in PLATFORMS})


PLATFORMS = {"kaggle": "Kaggle", "modelscope": "ModelScope", "opendatalab": "OpenDataLab"}
