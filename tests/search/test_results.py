"""Doubles, order, and the table that is printed."""

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders.sources.catalogues.base import (
    FoundDataset,
    Query,
    day,
    doi_of,
    named_formats,
    paper,
    plain,
    search_words,
    whole,
)
from hf_sft_builders.sources.catalogues.license_terms import terms
from hf_sft_builders.sources.catalogues.matching import share_found, words_of
from hf_sft_builders.sources.catalogues.places import loadable_uri
from hf_sft_builders.sources.searching.filters import reason_to_leave_out
from hf_sft_builders.sources.searching.merging import join_doubles, rank
from hf_sft_builders.sources.searching.results import SearchResults
from hf_sft_builders.terminal import display_width


def one(source="zenodo", id="1", **given):
    """Make a found dataset."""
    page = f"https://{source}.example/{id}"
    told = {"uri": page, "url": page, "loadable": True, "title": id} | given
    return FoundDataset(source=source, id=id, **told)


@pytest.mark.parametrize(
    "twins",
    [
        (one(doi="10.1/a"), one("datacite", "x", doi="10.1/A")),
        (one(doi="10.6084/m9.figshare.1.v2"), one("figshare", "x", doi="10.6084/m9.figshare.1")),
        (one(url="https://www.x.org/d/"), one("awesome", "x", url="http://x.org/d#top")),
        (one("huggingface", "Lab/d"), one("modelscope", "lab/D")),
        (one(uri="hf://datasets/o/d"), one("awesome", "x", uri="hf://datasets/o/d")),
    ],
)
def test_the_same_is_joined(twins):
    """By DOI, version aside; by URL, `www` and scheme aside; by id on a mirror."""
    (joined,) = join_doubles(twins)
    assert twins[0] == replace(joined, also=())
    assert twins[1].uri in (*joined.also, joined.uri)


@pytest.mark.parametrize(
    "others",
    [
        (one("huggingface", "o/d"), one("kaggle", "o/d")),
        (one(url="https://x.org/?id=1"), one("awesome", "x", url="https://x.org/?id=2")),
        (one(url="https://x.org"), one("awesome", "x", url="https://x.org/")),
        (one(doi=""), one("datacite", "x", doi="")),
    ],
)
def test_what_is_not_the_same_stays_apart(others):
    """Equal ids of strangers, one site's home page, and missing DOIs prove nothing."""
    assert list(others) == join_doubles(others)


def test_one_that_links_two_groups_joins_them():
    """A and C have nothing in common but B."""
    a, c = one(doi="10.1/a"), one("kaggle", "c", url="https://c.org/d")
    b = one("datacite", "b", doi="10.1/a", url="https://c.org/d")
    (joined,) = join_doubles([a, c, b])
    assert {c.uri, b.uri} == set(joined.also)


def test_the_one_that_can_be_loaded_tells():
    """A page is told of by the place that has the files; nothing it knew is lost."""
    page = one(doi="10.1/a", loadable=False, papers=("doi:10.1/p",), size=5)
    files = one("zenodo", "2", doi="10.1/a", papers=("arXiv:1",), formats=("csv",), commercial=True)
    (joined,) = join_doubles([page, files])
    assert ("2", ("arXiv:1", "doi:10.1/p"), 5) == (joined.id, joined.papers, joined.size)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "10.1/x", "10.1/y"]))))
def test_nothing_is_lost_by_joining(drawn):
    """Every URI is still told, once."""
    found = [one(source, str(at), doi=doi) for at, (source, doi) in enumerate(drawn)]
    joined = join_doubles(found)
    told = [uri for each in joined for uri in (each.uri, *each.also)]
    assert sorted(each.uri for each in found) == sorted(told)


def test_order():
    """Words in the title first, then their place, then what can be loaded and is licensed."""
    exact = one(id="e", title="胸部CT 影像")
    about = one(id="a", title="scans", description="胸部 CT 影像", license="mit")
    page = one(id="p", title="胸部CT 影像", loadable=False)
    other = one(id="o", title="tides")
    ranked = rank([other, about, page, exact], Query("胸部CT影像"), {})
    assert ["e", "p", "a", "o"] == [each.id for each in ranked]


@pytest.mark.parametrize(
    ("wanted", "license_id", "holds"),
    [
        ("cc-by", "cc-by-4.0", True),
        ("cc-by", "cc-by-nc-4.0", False),
        ("cc-by-4.0", "cc-by-4.0", True),
        ("cc-by-4.0", "cc-by-3.0", False),
        ("mit", "mit", True),
        ("unknown", "unknown", True),
        ("cc-by", "unknown", False),
    ],
)
def test_families_of_licenses(wanted, license_id, holds):
    """`cc-by` is every version of it, and nothing with NC, ND or SA."""
    found = one(license=license_id)
    assert holds == (not reason_to_leave_out(found, Query("x", licenses=(wanted,))))


def test_unknown_never_means_allowed():
    """Nor forbidden: it is left out of both, with that reason."""
    for wanted in (True, False):
        reason = reason_to_leave_out(one(), Query("x", commercial=wanted))
        assert "commercial use not known to be allowed" == reason


@pytest.mark.parametrize(
    ("raw", "license_id", "commercial"),
    [
        ("CC-BY-NC-4.0", "cc-by-nc-4.0", False),
        ([{"rights": "Open Access"}, {"rightsIdentifier": "cc-by-4.0"}], "cc-by-4.0", True),
        ([{"rightsIdentifier": "cc-by-4.0"}, {"rights": "Academic only"}], "unknown", None),
        (["mit", "mit"], "mit", True),
        ([], "unknown", None),
        (None, "unknown", None),
        ({"name": None}, "unknown", None),
    ],
)
def test_terms(raw, license_id, commercial):
    """Several that differ, or one that is not known, make the whole unknown."""
    told = terms(raw)
    assert (license_id, commercial) == (told["license"], told["commercial"])


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("2023-05-17T10:00:00.123Z", date(2023, 5, 17)),
        ("2023", date(2023, 1, 1)),
        (2023, date(2023, 1, 1)),
        ("1684281600", date(2023, 5, 17)),
        (1684281600000, date(2023, 5, 17)),
        ("2023/5/7", date(2023, 5, 7)),
        ("2023年5月7日", date(2023, 5, 7)),
        ("May 2023", None),
        ("2023-02-31", None),
        (None, None),
        ("", None),
    ],
)
def test_dates(told, read):
    """As catalogues write them; what is no date is none."""
    assert read == day(told)


def test_other_readings():
    """Formats of names and MIME types, DOIs, papers, counts, text."""
    names = [
        "a.CSV",
        "text/csv",
        "application/zip",
        "x.tar.gz",
        "README",
        "application/octet-stream",
    ]
    assert ("csv", "zip", "gz", "readme") == named_formats(names)
    assert "10.1000/x-1" == doi_of("see https://doi.org/10.1000/X-1.")
    assert "arXiv:2001.00001" == paper("https://arxiv.org/pdf/2001.00001v3")
    assert "Sea, 2020" == paper("<i>Sea</i>, 2020".replace("</i>,", ",</i>")).replace(" ,", ",")
    assert (12, None, None, None) == (whole("12.0"), whole("x"), whole(-1), whole(None))
    assert "a & b" == plain("<p>a &amp;\n b</p>")
    assert "COVID-19 chest x" == search_words('COVID-19 "chest" -x')


@pytest.mark.parametrize(
    ("url", "uri", "loadable"),
    [
        ("https://huggingface.co/datasets/o/d/tree/main", "hf://datasets/o/d", True),
        ("https://www.kaggle.com/o/d", "kaggle://o/d", True),
        ("https://www.kaggle.com/c/titanic", "https://www.kaggle.com/c/titanic", False),
        ("https://modelscope.cn/datasets/o/d", "modelscope://o/d", True),
        ("https://x.org/a%20b.csv?download=1", "https://x.org/a%20b.csv?download=1", True),
        ("https://x.org/", "https://x.org/", False),
        ("https://x.org", "https://x.org", False),
        ("no url", "no url", False),
    ],
)
def test_pages_become_uris(url, uri, loadable):
    """Known hosts by their protocol, files as they are, pages as pages."""
    assert (uri, loadable) == loadable_uri(url)


def test_words_of_two_scripts():
    """Chinese by pairs, Latin by words; a short word must stand alone."""
    assert ("胸部", "ct", "影像") == words_of("胸部CT影像")
    assert 1.0 == share_found("胸部CT影像", "影像：胸部 CT")
    assert 0.0 == share_found("ct", "directory")
    assert 1.0 == share_found("covid", "mycoviddata")
    assert 0.0 == share_found("", "x")


@given(st.text(max_size=40))
def test_a_text_holds_its_own_words(text):
    """Whatever the script."""
    assert not words_of(text) or 1.0 == share_found(text, text)


def test_columns_stand_under_each_other():
    """Also where titles and licenses are Chinese: widths are those of the screen."""
    found = (
        one(uri="hf://datasets/o/d", license_raw="仅限学术使用", downloads=5, title="胸部"),
        one(uri="kaggle://o/dd", license="mit", commercial=True, downloads=12_000, title="e" * 300),
    )
    table = SearchResults(Query("x"), found, google="g").table(90)
    head, chinese, latin = table.splitlines()[:3]

    def column(line, word):
        return display_width(line[: line.index(word)])

    assert column(head, "TITLE") == column(chinese, "胸部") == column(latin, "eee")
    assert column(head, "USE") == column(latin, "commercial")
    assert display_width(latin) <= 90
    assert "SIZE" not in head  # nobody told one


def test_nothing_found_is_said():
    """With the account, and without an empty table."""
    results = SearchResults(Query("x"), (), {"zenodo": 0}, {"kaggle": "no."}, {"older": 2}, 0, "g")
    assert str(results).splitlines() == [
        "0 shown. Catalogues that answered: zenodo 0.",
        "Left out: 2 (older 2).",
        "kaggle failed: no.",
        "Google Dataset Search: g",
    ]


def test_results_are_a_sequence_and_json():
    """Indexed, sliced, counted; dates as text."""
    results = SearchResults(Query("x"), (one(updated=date(2023, 5, 17)), one(id="2")))
    assert (2, "2", 1) == (len(results), results[1].id, len(results[:1]))
    assert "2023-05-17" == json.loads(results.to_json())["found"][0]["updated"]
