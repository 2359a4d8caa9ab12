"""What platforms write is read without guessing."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hf_sft_builders as sft
from hf_sft_builders.licenses import all_licenses, find_license, identify, read_name

CORPUS = [
    line.split("\t")
    for line in (Path(__file__).parent / "raw_strings.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def test_the_corpus_is_large():
    """The corpus has at least 150 strings, none twice for one place."""
    assert len(CORPUS) >= 150
    assert len({(where, raw) for where, raw, _ in CORPUS}) == len(CORPUS)


@pytest.mark.parametrize("where,raw,expected", CORPUS, ids=[f"{w}-{r}"[:60] for w, r, _ in CORPUS])
def test_raw_strings(where, raw, expected):
    """Each string gives its license, its candidates, or unknown."""
    read = read_name(raw)
    if expected.startswith("?"):
        assert "candidates" == read.kind
        assert set(expected[1:].split()) <= set(read.ids)
    else:
        assert expected == read.expression
        assert expected != "unknown" or read.kind == "unknown"


@pytest.mark.parametrize("known", all_licenses().values(), ids=lambda known: known.id)
def test_every_license_is_read_by_its_own_names(known):
    """Id, SPDX id, name and address of the legal text all lead to the license."""
    assert known == find_license(known.id) == sft.license(known.id)
    assert known.id == read_name(known.name).expression
    if known.spdx:
        assert known.id == read_name(known.spdx).expression
    for alias in known.aliases:
        assert known.id == read_name(alias).expression


@pytest.mark.parametrize(
    "known",
    [known for known in all_licenses().values() if known.id.startswith("cc")],
    ids=lambda known: known.id,
)
def test_creative_commons_addresses_lead_back(known):
    """The address in the table is that of this very license."""
    if "creativecommons.org" in known.source:
        assert known.id == read_name(known.source).expression


SAID = (
    "cc by nc sa nd 4.0 3.0 mit apache 2.0 bsd gpl license public domain not only except and or "
    "署名 非商业性使用 许可证 data the for text images international"
)
WORDS = st.sampled_from(SAID.split())


@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=7).map(" ".join)))
def test_reading_never_fails_and_never_says_more_than_it_knows(raw):
    """Any text gives an answer; ids exist, and what is not certain allows nothing."""
    read = read_name(raw)
    assert all(find_license(license_id) for license_id in read.ids)
    assert ("unknown" == read.kind) == (not read.ids)
    known = sft.license(raw)
    if not read.certain and identify(raw) is None:
        assert "unknown" == known.id
        assert not (known.commercial or known.share_adaptations or known.make_adaptations)


@given(
    st.sampled_from([raw for _, raw, _ in CORPUS]), st.sampled_from(["{}", " {} ", "{}.", '"{}"'])
)
def test_case_spaces_and_quotes_do_not_matter(raw, frame):
    """The same name in capitals, with spaces or in quotes is the same license."""
    for changed in (raw.upper(), raw.lower(), frame.format(raw)):
        assert read_name(raw).expression == read_name(changed).expression


@given(st.sampled_from([raw for _, raw, _ in CORPUS]))
def test_expressions_read_back_to_themselves(raw):
    """What is stored as evidence is read again as the same."""
    once = read_name(raw).expression
    assert once == read_name(once).expression


VERSIONS = ("4.0", "3.0", "2.0")
KINDS = ("by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd")
ENGLISH = {"by": "Attribution", "nc": "NonCommercial", "sa": "ShareAlike", "nd": "NoDerivatives"}
CHINESE = {"by": "署名", "nc": "非商业性使用", "sa": "相同方式共享", "nd": "禁止演绎"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_all_creative_commons_names_mean_the_same(kind, version):
    """Short, long, Chinese and addressed names of one license are one license."""
    parts = kind.split("-")
    for name in (
        f"CC {kind.upper()} {version}",
        f"cc-{kind}-{version}",
        f"CC{kind.upper().replace('-', '')}{version}",
        f"Creative Commons {'-'.join(ENGLISH[part] for part in parts)} {version}",
        f"Creative Commons {' '.join(ENGLISH[part] for part in parts)} {version} License",
        f"知识共享 {'-'.join(CHINESE[part] for part in parts)} {version}",
        f"{'—'.join(CHINESE[part] for part in parts)} {version} 国际许可协议",
        f"http://creativecommons.org/licenses/{kind}/{version}",
        f"https://www.creativecommons.org/licenses/{kind}/{version}/legalcode",
    ):
        assert f"cc-{kind}-{version}" == read_name(name).expression, name


def test_a_port_is_never_the_unported_license():
    """`cc-by-3.0-de` is a text of its own, off the Hub's list."""
    port = sft.license("https://creativecommons.org/licenses/by/3.0/de/")
    assert ("cc-by-3.0-de", "CC-BY-3.0-DE", "other") == (port.id, port.spdx, port.hub)
    assert "https://creativecommons.org/licenses/by/3.0/de/" == port.source
    assert "cc-by-4.0" == sft.license("https://creativecommons.org/licenses/by/4.0/de/").id
