"""Evidence: from texts, from the files beside the data, for content, annotations and metadata."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders.licenses import all_licenses, evidence, identify
from hf_sft_builders.licenses.evidence import overriding
from hf_sft_builders.licenses.sidecars import from_metadata, read_sidecar, sidecar_rank
from hf_sft_builders.licenses.texts import short_text
from hf_sft_builders.sources import LicenseLookup

APACHE = "Apache License\nVersion 2.0, January 2004\nhttp://www.apache.org/licenses/\n" + "x " * 300
GPL = "GNU GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007\n" + "see the GNU Affero license " * 30
LGPL = (
    "GNU LESSER GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007\n"
    + "version 3 of the GNU GPL " * 30
)
BY_NC = "Creative Commons Attribution-NonCommercial 4.0 International Public License\n" + "x " * 300


@pytest.mark.parametrize(
    "text,expected",
    [
        (APACHE, "apache-2.0"),
        (GPL, "gpl-3.0"),
        (LGPL, "lgpl-3.0"),
        (BY_NC, "cc-by-nc-4.0"),
        (short_text("mit"), "mit"),
        (short_text("isc"), "isc"),
        (short_text("bsd-2-clause"), "bsd-2-clause"),
        (short_text("bsd-3-clause"), "bsd-3-clause"),
        ("Licensed under CC BY 4.0.", "cc-by-4.0"),
        ("本数据集采用知识共享署名-非商业性使用 4.0 国际许可协议进行许可。", "cc-by-nc-4.0"),
        ("See https://creativecommons.org/licenses/by-sa/3.0/igo/.", "cc-by-sa-3.0-igo"),
        ("Code: MIT License. Data: CC BY 4.0.", "unknown"),
        ("Copyright 2020 Mei. Ask before use.", "unknown"),
        ("All rights reserved.", "all-rights-reserved"),
        ("", "unknown"),
    ],
)
def test_texts_and_notices(text, expected):
    """A license text is known by its title and phrases; a notice by the one license it names."""
    assert expected == evidence(text, "LICENSE", "inferred").id


@given(st.sampled_from([short_text(name) for name in ("mit", "isc", "bsd-2-clause")]), st.data())
def test_texts_are_known_however_they_are_wrapped(text, data):
    """Line breaks, capitals and a copyright line of one's own change nothing."""
    words = text.split()
    seams = data.draw(st.lists(st.sampled_from([" ", "\n", "\r\n", "  "]), min_size=9, max_size=9))
    wrapped = "".join(word + seams[n % 9] for n, word in enumerate(words))
    assert identify(text) == identify(wrapped) == identify(f"Copyright (c) 2024 梅\n\n{wrapped}")


def test_evidence_keeps_what_was_found():
    """Raw string, place, SPDX and a hash of the whole stay, also where nothing is certain."""
    found = evidence("CC-BY", "README.md: license", "declared")
    assert ("CC-BY", "unknown", "README.md: license") == (found.raw, found.id, found.found_in)
    assert 64 == len(found.sha256)
    both = evidence("CC BY 4.0 and MIT", "x", "declared")
    assert ("cc-by-4.0 AND mit", "CC-BY-4.0 AND MIT") == (both.id, both.spdx)


def test_an_option_that_contradicts_is_an_override():
    """What the user says beats the file, and is marked so."""
    given_by_user = evidence("mit", "license= option", "declared")
    found = evidence("CC BY-NC 4.0", "LICENSE", "inferred")
    assert "override" == overriding(given_by_user, found).confidence
    assert "declared" == overriding(given_by_user, evidence("MIT", "LICENSE", "x")).confidence


CROISSANT = {
    "@type": "sc:Dataset",
    "license": "https://creativecommons.org/licenses/by-nc/4.0/",
    "sdLicense": "https://creativecommons.org/publicdomain/zero/1.0/",
    "annotations_license": "CC BY 4.0",
}


@pytest.mark.parametrize(
    "name,content,expected",
    [
        ("croissant.json", CROISSANT, "cc-by-nc-4.0"),
        ("croissant.json", {"license": ["CC BY 4.0", "MIT"]}, "cc-by-4.0 AND mit"),
        ("data.jsonld", {"@graph": [{"@type": "Dataset", "license": "MIT"}]}, "mit"),
        (
            "croissant.json",
            {
                "license": {
                    "@type": "CreativeWork",
                    "name": "BY",
                    "url": "https://spdx.org/licenses/MIT",
                }
            },
            "mit",
        ),
        ("dataset-metadata.json", {"licenses": [{"name": "CC-BY-SA-4.0"}]}, "cc-by-sa-4.0"),
        (
            "datapackage.json",
            {
                "licenses": [
                    {"name": "ODC-PDDL-1.0", "path": "http://opendatacommons.org/licenses/pddl/"}
                ]
            },
            "pddl",
        ),
        ("croissant.json", {"sdLicense": "CC0"}, "unknown"),
        ("croissant.json", {"license": 7}, "unknown"),
        ("croissant.json", "not an object", "unknown"),
    ],
)
def test_metadata_files(name, content, expected):
    """Croissant, JSON-LD, Kaggle's and Frictionless' metadata say the license of the data."""
    said = read_sidecar(name, json.dumps(content).encode())
    assert expected == said.content.id
    assert not said.content.raw or "declared" == said.content.confidence


def test_the_license_of_metadata_never_counts():
    """`sdLicense` is kept apart; annotations have their own, which counts."""
    said = read_sidecar("croissant.json", json.dumps(CROISSANT).encode())
    assert ("cc0-1.0", "cc-by-4.0") == (said.metadata.id, said.annotations.id)
    assert ["cc-by-nc-4.0", "cc-by-4.0"] == [part.id for part in said.counted]


@pytest.mark.parametrize(
    "front_matter,expected",
    [
        ("license: cc-by-4.0", "cc-by-4.0"),
        ("license:\n- mit\n- cc-by-4.0", "cc-by-4.0 AND mit"),
        ("license: other\nlicense_name: cc-by-3.0-igo", "cc-by-3.0-igo"),
        ("license: other\nlicense_name: our-terms", "unknown"),
        ("title: x", "unknown"),
        ("license: [", "unknown"),
    ],
)
def test_front_matter_of_a_readme(front_matter, expected):
    """A README's YAML says the license as on the Hub."""
    text = f"---\n{front_matter}\n---\n# Data\n"
    assert expected == read_sidecar("README.md", text.encode()).content.id


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"{", b"---\n", "许可".encode("gb18030")])
@pytest.mark.parametrize("name", ["croissant.json", "README.md", "LICENSE", "datapackage.json"])
def test_damaged_files_say_nothing(name, data):
    """Broken JSON, YAML or encoding is no evidence, and no crash."""
    assert "unknown" == read_sidecar(name, data).content.id


@pytest.mark.parametrize(
    "name,rank",
    [
        ("LICENSE", 3),
        ("license.txt", 3),
        ("COPYING", 3),
        ("LICENCE-annotations.md", 3),
        ("许可证.txt", 3),
        ("README.md", 2),
        ("README.zh-CN.md", 2),
        ("datapackage.json", 1),
        ("croissant.json", 0),
        ("licensed.pdf", None),
        ("data.json", None),
        ("licenses_overview.csv", None),
    ],
)
def test_which_files_are_heard(name, rank):
    """Only names that mean it are sidecars."""
    assert rank == sidecar_rank(name)


def test_the_nearest_file_and_the_clearest_kind_count(tmp_path):
    """Inner folders beat outer ones; metadata beats README beats LICENSE; the option beats all."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "LICENSE").write_text(short_text("mit"))
    (tmp_path / "LICENSE-annotations").write_text("Annotations: CC BY-NC 4.0")
    (inner / "README.md").write_text("---\nlicense: cc-by-4.0\n---\n")
    (inner / "LICENSE").write_text("Licensed under CC BY-SA 4.0")
    files = [str(p) for p in tmp_path.rglob("*") if p.is_file()]
    lookup = LicenseLookup(None, files)
    assert ("mit", "inferred") == (
        lookup(f"{tmp_path}/x.pdf").id,
        lookup(f"{tmp_path}/x.pdf").confidence,
    )
    assert "cc-by-4.0" == lookup(f"{inner}/x.pdf").id
    assert "cc-by-nc-4.0" == lookup.licenses_of(f"{inner}/x.pdf").annotations.id
    (inner / "dataset-metadata.json").write_text('{"licenses": [{"name": "CC0-1.0"}]}')
    files.append(str(inner / "dataset-metadata.json"))
    assert "cc0-1.0" == LicenseLookup(None, files)(f"{inner}/x.pdf").id
    option = LicenseLookup("Apache 2.0", files)(f"{inner}/x.pdf")
    assert ("apache-2.0", "override") == (option.id, option.confidence)


def test_rows_carry_the_evidence_of_content_and_annotations(load, docs):
    """A builder puts both into the provenance of every row."""
    (docs / "croissant.json").write_text(json.dumps(CROISSANT))
    row = load("documents", data_dir=str(docs), split="train")[0]
    source = row["provenance"][0]
    assert "cc-by-nc-4.0" == source["license"]["id"]
    assert "croissant.json: license" == source["license"]["found_in"]
    assert "cc-by-4.0" == source["annotations_license"]["id"]


def test_metadata_of_a_list():
    """A page with several JSON-LD objects is heard where it names a license."""
    assert "mit" == from_metadata([{"@type": "Person"}, {"license": "MIT"}], "page").content.id
    assert len(all_licenses()) == len({known.id for known in all_licenses().values()})
