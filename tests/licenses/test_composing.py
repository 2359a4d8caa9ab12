"""What many licenses give together."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.licenses import VERDICTS, all_licenses, evidence, find_license

# Creative Commons' remix chart, https://creativecommons.org/faq/: which works may be mixed.
REMIX_ROWS = ("cc0", "by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd")
REMIX = {
    "cc0": "1111010",
    "by": "1111010",
    "by-sa": "1110000",
    "by-nc": "1101010",
    "by-nd": "0000000",
    "by-nc-sa": "1101010",
    "by-nc-nd": "0000000",
}


def cc(kind, version="4.0"):
    """Name a Creative Commons license."""
    return "cc0-1.0" if kind == "cc0" else f"cc-{kind}-{version}"


@pytest.mark.parametrize("one,other", list(itertools.product(REMIX_ROWS, REMIX_ROWS)))
def test_the_remix_chart_of_creative_commons(one, other):
    """Two works may be mixed and passed on exactly where the chart has a tick."""
    # The chart has no tick for a license with itself where that is ND.
    expected = REMIX[one][REMIX_ROWS.index(other)] == "1"
    assert expected == sft.compose_licenses([cc(one), cc(other)]).publishable


@pytest.mark.parametrize(
    "licenses,expected",
    [
        (["cc0-1.0"], "cc0-1.0"),
        (["mit"], "mit"),
        (["mit", "cc0-1.0"], "mit"),
        (["mit", "apache-2.0"], "cc-by-4.0"),
        (["cc-by-3.0", "cc-by-4.0"], "cc-by-4.0"),
        (["cc-by-4.0", "cc-by-nc-4.0"], "cc-by-nc-4.0"),
        (["cc-by-sa-3.0", "cc-by-sa-4.0"], "cc-by-sa-4.0"),
        (["cc-by-sa-4.0", "mit"], "cc-by-sa-4.0"),
        (["cc-by-nc-4.0", "cc-by-nc-sa-3.0"], "cc-by-nc-sa-3.0"),
        (["cc-by-sa-4.0", "gpl-3.0"], "gpl-3.0"),
        (["apache-2.0", "gpl-3.0"], "gpl-3.0"),
        (["gpl-2.0-or-later", "gpl-3.0"], "gpl-3.0"),
        (["gpl-2.0-or-later", "apache-2.0"], "gpl-3.0"),
        (["gpl-3.0", "agpl-3.0"], "agpl-3.0"),
        (["lgpl-3.0", "mpl-2.0"], "lgpl-3.0"),
        (["odbl", "odc-by"], "odbl"),
        (["odbl", "dbcl-1.0"], "odbl"),
        (["cc-by-sa-4.0", "fal-1.3"], "cc-by-sa-4.0"),
    ],
)
def test_the_license_of_the_result(licenses, expected):
    """Share-alike decides; else NC, credit, or nothing."""
    for order in itertools.permutations(licenses):
        found = sft.compose_licenses(order)
        assert expected == found.license
        assert found.publishable


@pytest.mark.parametrize(
    "licenses",
    [
        ["cc-by-sa-4.0", "cc-by-nc-4.0"],
        ["cc-by-sa-4.0", "cc-by-nc-sa-4.0"],
        ["odbl", "cc-by-sa-4.0"],
        ["odbl", "cc-by-nc-4.0"],
        ["gpl-2.0", "gpl-3.0"],
        ["gpl-2.0", "apache-2.0"],
        ["gpl-3.0", "bsd-4-clause"],
        ["gpl-3.0", "cc-by-nc-4.0"],
        ["cc-by-sa-3.0", "gpl-3.0"],
        ["gfdl", "cc-by-sa-4.0"],
        ["cdla-sharing-1.0", "odbl"],
        ["cc-by-sa-4.0", "openrail"],
        ["cc-by-sa-1.0", "cc-by-sa-4.0"],
    ],
)
def test_clashes(licenses):
    """Licenses that no one work can obey block it, by name, and as a collection stay apart."""
    for order in itertools.permutations(licenses):
        found = sft.compose_licenses(order)
        assert ("block", None) == (found.verdict, found.license)
        assert any(all(name in reason for name in licenses) for reason in found.reasons)
        assert any("mode='collection'" in change for change in found.changes)


def test_a_collection_keeps_clashing_groups_apart():
    """Each group has its own license and sources; permissive ones stand by themselves."""
    sources = {"wiki": "CC BY-SA 4.0", "lab": "CC BY-NC 4.0", "code": "MIT", "map": "ODbL"}
    found = sft.compose_licenses(sources, mode="collection")
    assert "allow-with-obligations" == found.verdict
    groups = {group.license: group.sources for group in found.groups}
    assert {
        "cc-by-sa-4.0": ("wiki",),
        "cc-by-nc-4.0": ("lab",),
        "mit": ("code",),
        "odbl": ("map",),
    } == groups
    assert not found.commercial
    assert found.license is None


def test_a_collection_of_what_meets_is_one_group():
    """Nothing is kept apart without need."""
    found = sft.compose_licenses(["mit", "cc-by-4.0"], mode="collection")
    assert ["cc-by-4.0"] == [group.license for group in found.groups]


@pytest.mark.parametrize("mode", ["adaptation", "collection"])
@pytest.mark.parametrize(
    "license,verdict",
    [
        ("cc-by-nd-4.0", "private-only"),
        ("cc-by-nc-nd-4.0", "private-only"),
        ("cc-by-nd-3.0", "block"),
        ("all-rights-reserved", "block"),
        ("unknown", "block"),
        ("CC-BY", "block"),
        ("public domain", "block"),
        ("", "block"),
    ],
)
def test_what_may_not_be_passed_on(license, verdict, mode):
    """ND, unknown and uncertain names stop the whole, with what would change it."""
    found = sft.compose_licenses(["mit", license], mode=mode)
    assert verdict == found.verdict
    assert not found.publishable
    assert found.changes


def test_public_domain_is_checked_not_believed():
    """The words alone allow nothing; the mark is a label that a person checks."""
    claimed = sft.compose_licenses(["Public Domain"])
    assert "block" == claimed.verdict
    assert "claim" in claimed.reasons[0]
    marked = sft.compose_licenses(["https://creativecommons.org/publicdomain/mark/1.0/"])
    assert "allow-with-obligations" == marked.verdict
    assert "allow" == sft.compose_licenses(["CC0"]).verdict


def test_all_parts_of_an_expression_count():
    """AND joins, OR leaves the least demanding."""
    both = sft.compose_licenses(["CC BY-SA 4.0 AND CC BY-NC 4.0"])
    assert "block" == both.verdict
    choice = sft.compose_licenses(["GPL-3.0 OR MIT", "cc-by-nc-4.0"])
    assert ("allow-with-obligations", "cc-by-nc-4.0") == (choice.verdict, choice.license)


def test_mit_asks_for_its_notice():
    """The notice of MIT is an obligation, also where the result stands under another license."""
    for licenses in (["mit"], ["mit", "cc-by-sa-4.0"]):
        told = sft.compose_licenses(licenses).obligations
        assert any("notice" in line and "mit" in line for line in told)


@pytest.mark.parametrize(
    "model,verdict,word",
    [
        ("extractive", "allow", "free"),
        ("qwen3-32b", "allow", "free"),
        ("Qwen/Qwen2.5-7B-Instruct", "allow", "free"),
        ("deepseek-ai/DeepSeek-R1", "allow", "free"),
        ("gpt-oss-120b", "allow", "free"),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", "allow", "free"),
        ("gpt-4o-mini", "allow-with-obligations", "compete with OpenAI"),
        ("o3-mini", "allow-with-obligations", "compete with OpenAI"),
        ("claude-sonnet-4-5", "allow-with-obligations", "compete with Anthropic"),
        ("gemini-2.5-pro", "allow-with-obligations", "compete with Google"),
        ("meta-llama/Llama-3.1-8B-Instruct", "allow-with-obligations", "Built with Llama"),
        ("llama-4-scout", "allow-with-obligations", "Built with Llama"),
        ("nvidia/Llama-3.3-Nemotron-Super-49B-v1", "allow-with-obligations", "Built with Llama"),
        ("DeepSeek-R1-Distill-Llama-70B", "allow-with-obligations", "Built with Llama"),
        ("deepseek-ai/DeepSeek-V2-Chat", "allow-with-obligations", "DeepSeek License"),
        ("google/gemma-3-27b-it", "allow-with-obligations", "Gemma"),
        ("Qwen/Qwen2.5-72B-Instruct", "allow-with-obligations", "Built with Qwen"),
        ("Qwen/Qwen2.5-3B-Instruct", "allow-with-obligations", "commercial"),
        ("mistral-large-2411", "allow-with-obligations", "commercial"),
        ("command-r-plus", "allow-with-obligations", "commercial"),
        ("meta-llama/Llama-2-7b-chat-hf", "private-only", "Llama 2"),
        ("meta-llama/Meta-Llama-3-8B-Instruct", "private-only", "Llama 3"),
        ("Qwen/Qwen-7B-Chat", "private-only", "Tongyi Qianwen"),
        ("tencent/Hunyuan-A13B-Instruct", "private-only", "Hunyuan"),
        ("qwen-max", "private-only", "not known"),
        ("some-unheard-of-model", "private-only", "not known"),
        ("xai-org/grok-2", "block", "must not be used to train"),
    ],
)
def test_terms_of_the_generator(model, verdict, word):
    """The model that wrote text has terms of its own, whatever the data's license."""
    found = sft.compose_licenses(["cc0-1.0"], generator=model)
    assert verdict == found.verdict
    assert "cc0-1.0" == found.license
    assert any(word in line for line in (*found.reasons, *found.obligations))


def test_terms_of_several_generators_add_up():
    """The worst of all models decides, and each is named."""
    found = sft.compose_licenses(["mit"], generator=["qwen3-8b", "gpt-4o", "llama-2-7b"])
    assert "private-only" == found.verdict
    assert all(any(name in line for line in found.reasons) for name in ("gpt-4o", "llama-2-7b"))


@pytest.mark.parametrize("about", [["病历与临床记录"], ["chest X-ray"], ["physionet.org/mimic-iv"]])
def test_medical_data_asks_for_ethics_review(about):
    """A license is not consent."""
    assert "Medical data" in sft.compose_licenses(["cc0-1.0"], about=about).notes[0]


def test_other_data_asks_for_none():
    """Travel guides and biology in one word of a long text raise no note."""
    long = "云溪古城旅行指南。" * 100 + "医院"
    assert () == sft.compose_licenses(["cc0-1.0"], about=["云溪古城旅行指南", long]).notes
    assert "Biological" in sft.compose_licenses(["mit"], about=["genome sequences"]).notes[0]


def test_wrong_arguments_are_explained():
    """No license, or another mode, is one clear error."""
    with pytest.raises(ConfigurationError, match="No license to compose"):
        sft.compose_licenses([])
    with pytest.raises(ConfigurationError, match="'adaptation' or 'collection'"):
        sft.compose_licenses(["mit"], mode="remix")


def test_strings_licenses_and_evidence_compose_alike():
    """One string, a `License` and `Evidence` of the same license give the same."""
    expected = sft.compose_licenses(["cc-by-4.0"]).license
    for given_as in ("cc-by-4.0", [find_license("cc-by-4.0")], [evidence("CC BY 4.0", "", "x")]):
        assert expected == sft.compose_licenses(given_as).license


ALL = st.lists(st.sampled_from([*all_licenses(), "unknown", "CC-BY"]), min_size=1, max_size=5)


@given(ALL, st.randoms())
def test_order_does_not_matter(licenses, random):
    """Sources in any order give the same verdict, license and obligations."""
    shuffled = random.sample(licenses, len(licenses))
    one, other = sft.compose_licenses(licenses), sft.compose_licenses(shuffled)
    assert (one.verdict, one.license, one.commercial) == (
        other.verdict,
        other.license,
        other.commercial,
    )


@given(ALL, st.sampled_from([*all_licenses(), "unknown"]))
def test_one_more_source_never_makes_it_better(licenses, more):
    """More sources never allow more."""
    before, after = sft.compose_licenses(licenses), sft.compose_licenses([*licenses, more])
    assert VERDICTS.index(before.verdict) <= VERDICTS.index(after.verdict)
    assert before.commercial or not after.commercial


@given(ALL)
def test_a_result_is_never_freer_than_its_sources(licenses):
    """NC stays NC, share-alike stays in a group, credit stays credit, nothing unknown is shared."""
    found = sft.compose_licenses(licenses)
    if not found.publishable:
        assert found.license is None
        assert found.reasons
        assert found.changes
        return
    result = find_license(found.license)
    for known in map(find_license, licenses):
        assert known.share_adaptations
        assert result is None or known.commercial or not result.commercial
        assert result is None or not known.share_alike or result.share_alike
    assert found.commercial == all(find_license(name).commercial for name in licenses)


@given(ALL)
def test_groups_of_a_collection_hold_every_source_once(licenses):
    """No source is lost, and no group clashes with itself."""
    found = sft.compose_licenses(licenses, mode="collection")
    named = [source for group in found.groups for source in group.sources]
    assert sorted(set(licenses)) == sorted(named)
