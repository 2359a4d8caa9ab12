"""Dataset pages: JSON-LD as it is really written, and what can be loaded of it."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError, MissingExtra, SourceError
from hf_sft_builders.sources.croissant import _addresses
from hf_sft_builders.sources.json_ld import bare, datasets_in

TIDES = {
    "@context": "https://schema.org/",
    "@type": "Dataset",
    "name": "Tide tables",
    "description": "Heights &amp; times, <b>hourly</b>.",
    "license": "https://creativecommons.org/licenses/by/4.0/",
    "sdLicense": "https://creativecommons.org/publicdomain/zero/1.0/",
    "citation": [
        "Sea (2020), https://doi.org/10.1000/TIDES.1",
        "https://arxiv.org/abs/2001.00001v2",
    ],
    "creator": [{"@type": "Person", "name": "Ann"}, "Harbour Office"],
    "isBasedOn": {"@id": "https://example.org/raw"},
    "usageInfo": {"@type": "CreativeWork", "name": "Not for navigation"},
    "distribution": [
        {"@type": "DataDownload", "contentUrl": "data/tides.csv", "encodingFormat": "text/csv"}
    ],
}


def html(*scripts):
    """Make a page of scripts."""
    told = "".join(f'<script type="application/ld+json">{script}</script>' for script in scripts)
    return f"<!doctype html><html><head><title>x</title>{told}</head><body>&lt;p></body></html>"


def prefixed(value, prefix):
    """Write all names with a prefix."""
    if isinstance(value, dict):
        return {
            key if key.startswith("@") else prefix + key: (
                prefix + inner if key == "@type" else prefixed(inner, prefix)
            )
            for key, inner in value.items()
        }
    return [prefixed(inner, prefix) for inner in value] if isinstance(value, list) else value


def test_a_page_says_what_it_has(servers):
    """Name, files, papers; the license of the data, never that of the description."""
    servers.pages["tides"] = html(json.dumps(TIDES))
    url = f"{servers.base}/pages/tides"
    page = sft.dataset_page(url)
    assert ("Tide tables", "Heights & times, hourly .") == (page.name, page.description)
    assert ("cc-by-4.0", "declared", url) == (
        page.license.id,
        page.license.confidence,
        page.license.found_in,
    )
    assert [f"{servers.base}/pages/data/tides.csv"] == page.data_files
    assert ("csv",) == page.files[0].formats
    assert ("doi:10.1000/tides.1", "arXiv:2001.00001") == page.papers
    assert ("Ann", "Harbour Office") == page.creators
    assert ("https://example.org/raw",) == page.derived_from
    assert "Not for navigation" == page.usage_info
    assert page == sft.dataset_page(f"croissant+{url}")


def test_the_license_of_the_description_is_not_that_of_the_data():
    """With `sdLicense` alone, nothing is known."""
    page = sft.dataset_page({key: value for key, value in TIDES.items() if key != "license"})
    assert ("unknown", "") == (page.license.id, page.license.raw)


@pytest.mark.parametrize(
    ("told", "license_id", "raw"),
    [
        ("https://choosealicense.com/licenses/mit/", "mit", "https://choosealicense.com/licenses/mit/"),
        ({"@type": "sc:CreativeWork", "name": "CC0: Public Domain",
          "url": "https://creativecommons.org/publicdomain/zero/1.0/"}, "cc0-1.0", "CC0: Public Domain"),
        (["apache-2.0", "mit"], "unknown", "apache-2.0; mit"),
        (["mit", "Academic use only"], "unknown", "mit; Academic use only"),
        ("Public", "unknown", "Public"),
        ("CC BY", "unknown", "CC BY"),
    ],
)  # fmt: skip
def test_licenses_as_pages_write_them(told, license_id, raw):
    """What is not certain stays unknown, and is kept as it was written."""
    page = sft.dataset_page({**TIDES, "license": told})
    assert (license_id, raw) == (page.license.id, page.license.raw)


@pytest.mark.parametrize(
    "text",
    [
        html(json.dumps({"@context": "x", "@graph": [{"@type": "WebSite"}, TIDES]})),
        html("no json", json.dumps([{"@type": "Organization"}, TIDES])),
        html(json.dumps({"@type": "WebPage", "mainEntity": TIDES})),
        html(json.dumps({**TIDES, "@type": ["Thing", "schema:Dataset"]})),
        html(f"<!-- {json.dumps(TIDES)} -->"),
        html(json.dumps(TIDES) + ";"),
        html(json.dumps(TIDES).replace("Tide tables", "Tide\n tables")),
        html(json.dumps(prefixed(TIDES, "sc:"))),
        html(json.dumps(prefixed(TIDES, "https://schema.org/"))),
        html(json.dumps(prefixed(TIDES, "http://schema.org/"))).replace(
            "application/ld+json", "application/ld+json; charset=utf-8"
        ),
        "\ufeff" + json.dumps(TIDES),
        html(json.dumps({**TIDES, "name": {"@value": "Tide tables", "@language": "en"}})),
        html(
            json.dumps(
                {
                    "@graph": [
                        {**TIDES, "distribution": {"@id": "#f"}},
                        {"@id": "#f", "@type": "DataDownload", "contentUrl": "data/tides.csv"},
                    ]
                }
            )
        ),
    ],
)
def test_sloppy_pages_say_the_same(text):
    """Graphs, lists, prefixes, comments, pointers: it is the same dataset."""
    node = datasets_in(text)[0]
    page = sft.dataset_page(node)
    assert "Tide tables" == page.name
    assert "cc-by-4.0" == page.license.id
    assert ["tides.csv"] == [file.name for file in page.files]


CROISSANT = {
    "@type": "sc:Dataset",
    "name": "many",
    "distribution": [
        {"@type": "cr:FileObject", "@id": "repo", "name": "repo", "encodingFormat": "git+https",
         "contentUrl": "https://huggingface.co/datasets/o/d/tree/refs%2Fconvert%2Fparquet",
         "sha256": "https://github.com/mlcommons/croissant/issues/80"},
        {"@type": "cr:FileSet", "@id": "parquet", "containedIn": {"@id": "repo"},
         "encodingFormat": "application/x-parquet", "includes": "default/*/*.parquet"},
        {"@type": "cr:FileObject", "@id": "all.zip", "contentUrl": "https://x.example/all.zip",
         "encodingFormat": "application/zip", "contentSize": "2.5 MB",
         "md5": base64.b64encode(bytes(range(16))).decode(), "sha256": "AB" * 32},
        {"@type": "cr:FileObject", "@id": "a", "name": "a.csv", "contentUrl": "in/a.csv",
         "containedIn": {"@id": "all.zip"}, "encodingFormat": "text/csv"},
        {"@type": "cr:FileSet", "@id": "texts", "containedIn": [{"@id": "all.zip"}],
         "includes": ["t/*.txt", "u/*.txt"]},
        {"@type": "cr:FileObject", "@id": "b.tar.gz", "contentUrl": "https://x.example/b.tar.gz",
         "encodingFormat": "application/x-tar"},
        {"@type": "cr:FileObject", "@id": "c", "contentUrl": "c.json", "containedIn": "b.tar.gz"},
        {"@type": "cr:FileObject", "@id": "git", "encodingFormat": "git+https",
         "contentUrl": "https://github.com/x/y"},
        {"@type": "cr:FileSet", "@id": "lost", "containedIn": {"@id": "git"}, "includes": "*.md"},
        {"contentUrl": "https://zenodo.example/api/records/12/files/f.csv/content"},
    ],
    "recordSet": [{"@type": "cr:RecordSet", "@id": "rows", "field": []}],
}  # fmt: skip


def test_archives_repositories_and_sets_become_uris():
    """`containedIn` is a chained URL, a Hub repository `hf://`, a set its globs."""
    page = sft.dataset_page(CROISSANT)
    assert [
        "hf://datasets/o/d@refs%2Fconvert%2Fparquet/default/*/*.parquet",
        "zip://in/a.csv::https://x.example/all.zip",
        "zip://t/*.txt::https://x.example/all.zip",
        "zip://u/*.txt::https://x.example/all.zip",
        "tar://c.json::https://x.example/b.tar.gz",
        "https://zenodo.example/records/12/files/f.csv",
    ] == page.data_files
    whole = next(file for file in page.files if file.name == "all.zip")
    assert (2_500_000, bytes(range(16)).hex(), "ab" * 32) == (whole.size, whole.md5, whole.sha256)
    assert ["zip://in/a.csv::https://x.example/all.zip"] == page.matching("a.csv")
    with pytest.raises(SourceError, match=r"no file fits '\*\.pdf'.*a\.csv"):
        page.matching("*.pdf")


@pytest.mark.parametrize("told", ["file:///etc/passwd", "/etc/passwd", "hf://x", "data:,x", "::"])
def test_a_page_cannot_make_us_read_this_machine(servers, told):
    """A page on the web names files on the web."""
    page_node = {**TIDES, "distribution": [{"contentUrl": told}]}
    servers.pages["evil"] = html(json.dumps(page_node))
    (file,) = sft.dataset_page(f"{servers.base}/pages/evil").files
    assert file.uri == "" or file.uri.startswith(servers.base)


def test_record_sets_are_read_with_mlcroissant(monkeypatch):
    """Where it is missing, what to install; where the name is wrong, which there are."""
    page = sft.dataset_page(CROISSANT)
    assert ("rows",) == page.record_sets
    with pytest.raises(ConfigurationError, match="no record set 'row'. There are: rows"):
        next(page.records("row"))
    monkeypatch.setitem(__import__("sys").modules, "mlcroissant", None)
    with pytest.raises(MissingExtra, match="pip install mlcroissant"):
        next(page.records("rows"))


def test_record_sets_in_earnest(tmp_path):
    """The real `mlcroissant`, where it is installed: rows typed as the record set says."""
    pytest.importorskip("mlcroissant")
    import hashlib

    data = "place,height\n厦门,3.2\nKeelung,1.1\n".encode()
    (tmp_path / "t.csv").write_bytes(data)
    (tmp_path / "croissant.json").write_text(
        json.dumps(_record_set_page(hashlib.sha256(data).hexdigest())), encoding="utf-8"
    )
    rows = list(sft.dataset_page(tmp_path / "croissant.json").records("rows"))
    assert [{"place": "厦门", "height": 3.2}, {"place": "Keelung", "height": 1.1}] == rows


def _record_set_page(sha256):
    return {
        "@context": {
            "@language": "en",
            "@vocab": "https://schema.org/",
            "sc": "https://schema.org/",
            "cr": "http://mlcommons.org/croissant/",
            "citeAs": "cr:citeAs",
            "column": "cr:column",
            "conformsTo": "dct:conformsTo",
            "data": {"@id": "cr:data", "@type": "@json"},
            "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
            "dct": "http://purl.org/dc/terms/",
            "extract": "cr:extract",
            "field": "cr:field",
            "fileObject": "cr:fileObject",
            "recordSet": "cr:recordSet",
            "source": "cr:source",
        },
        "@type": "sc:Dataset",
        "name": "tides",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "t.csv",
                "name": "t.csv",
                "contentUrl": "t.csv",
                "encodingFormat": "text/csv",
                "sha256": sha256,
            }
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "rows",
                "field": [
                    {
                        "@type": "cr:Field",
                        "@id": f"rows/{name}",
                        "dataType": kind,
                        "source": {"fileObject": {"@id": "t.csv"}, "extract": {"column": name}},
                    }
                    for name, kind in (("place", "sc:Text"), ("height", "sc:Float"))
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("path", "found_at"),
    [
        ("datasets/7", "datasets/7"),
        ("records/12", "records/12/export/json-ld"),
        ("record/12", "records/12/export/json-ld"),
        ("linked", "meta/tides.jsonld"),
    ],
)
def test_where_pages_keep_their_json_ld(servers, path, found_at):
    """In the page, at a repository's export, or where a link leads."""
    link = '<link rel="alternate" type="application/ld+json" href="/pages/meta/tides.jsonld">'
    servers.pages |= {path: f"<html><head>{link if path == 'linked' else ''}</head></html>"}
    servers.pages[found_at] = html(json.dumps(TIDES))
    assert "Tide tables" == sft.dataset_page(f"{servers.base}/pages/{path}").name


def test_known_hosts_are_asked_for_their_croissant(monkeypatch):
    """The Hub, also behind a mirror that `HF_ENDPOINT` names, and Kaggle; then the page itself."""
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    page = "https://huggingface.co/datasets/o/d"
    api = "/api/datasets/o/d/croissant"
    assert [f"https://huggingface.co{api}", page] == list(_addresses(page))
    monkeypatch.setenv("HF_ENDPOINT", "https://hub-mirror.example/")
    assert [f"https://hub-mirror.example{api}", page] == list(_addresses(page))
    mirrored = "https://hub-mirror.example/datasets/o/d"
    assert [f"https://hub-mirror.example{api}", mirrored] == list(_addresses(mirrored))
    page = "https://www.kaggle.com/datasets/o/d"
    assert [f"{page}/croissant/download", page] == list(_addresses(page))


def test_pages_that_describe_nothing(servers, tmp_path):
    """One error each, with the next step."""
    servers.pages["plain"] = "<html>hello</html>"
    with pytest.raises(SourceError, match="describes no dataset.*Name its files themselves"):
        sft.dataset_page(f"{servers.base}/pages/plain")
    servers.faults["pages"] = "404"
    with pytest.raises(SourceError, match="HTTP 404"):
        sft.dataset_page(f"{servers.base}/pages/plain")
    with pytest.raises(SourceError, match="cannot be read"):
        sft.dataset_page(tmp_path / "none.json")
    with pytest.raises(SourceError, match="no file fits"):
        _ = sft.dataset_page({"@type": "Dataset", "name": "x"}).data_files


def test_builders_read_what_a_page_names(tmp_path, load):
    """`data_files="croissant+…"` reads the page's files, with the page's license in each row."""
    (tmp_path / "tower.md").write_text("# 望云楼\n\n高 28.6 米，共四层。\n", encoding="utf-8")
    (tmp_path / "LICENSE").write_text("Permission is hereby granted, free of charge, to any person "
                                      "obtaining a copy", encoding="utf-8")  # fmt: skip
    page = tmp_path / "page.json"
    node = {**TIDES, "distribution": [{"contentUrl": "tower.md"}]}
    page.write_text(json.dumps(node), encoding="utf-8")
    rows = load("documents", data_files=f"croissant+{page}", split="train")
    source = rows[0]["provenance"][0]
    assert "望云楼" in rows[0]["text"]
    assert ("cc-by-4.0", str(page)) == (source["license"]["id"], source["license"]["found_in"])
    sft.publish(rows, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "- <https://doi.org/10.1000/tides.1>\n- <https://arxiv.org/abs/2001.00001>" in card
    # Another license of the same files is another dataset.
    page.write_text(json.dumps({**node, "license": "mit"}), encoding="utf-8")
    again = load("documents", data_files=f"croissant+{page}", split="train")
    assert "mit" == again[0]["provenance"][0]["license"]["id"]
    told = load("documents", data_files=f"croissant+{page}", split="train", license="cc0-1.0")
    assert "cc0-1.0" == told[0]["provenance"][0]["license"]["id"]


_names = st.sampled_from(
    [
        *("@type", "@id", "@graph", "@list", "sc:name", "license", "distribution", "includes"),
        *("contentUrl", "containedIn", "encodingFormat", "contentSize", "md5", "citation"),
    ]
)
_leaves = (
    *(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=9)),
    st.sampled_from(["Dataset", "sc:Dataset", "a", "#a", "x.zip", "git+https", "1.5 kB"]),
)
_json = st.recursive(
    st.one_of(_leaves),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(_names | st.text(max_size=4), inner, max_size=5),
    ),
    max_leaves=25,
)


@given(_json)
def test_no_json_breaks_the_reader(value):
    """Whatever stands in a page, it is a page or one error of ours."""
    try:
        page = sft.dataset_page(
            {"@type": "Dataset", "distribution": value, "license": value, "x": value}
        )
    except SourceError:
        return
    assert all(isinstance(file.uri, str) for file in page.files)


@given(st.text())
def test_no_text_breaks_the_reader(text):
    """Nor does any text, in a script or bare."""
    assert all("Dataset" in str(node) for node in datasets_in(text))
    assert isinstance(datasets_in(html(text)), list)


@given(st.text(st.characters(exclude_characters=":/"), min_size=1))
def test_names_without_prefix_stay(name):
    """Only known prefixes are taken off."""
    assert name == bare(name) == bare(bare(f"sc:{name}")) or not name[0].isalnum()
