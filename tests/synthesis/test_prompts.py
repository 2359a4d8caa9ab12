"""A user's prompts: found, named apart, part of what an op is known by."""

import pytest

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.synthesis.prompts import Prompts

ASKS = "# system\nBe brief.\n# user\n{style}\n{text}"


def test_own_prompts_of_both_languages_are_named_apart(tmp_path):
    """So a card names both, and a change in either is another hash."""
    for language in ("zh", "en"):
        (tmp_path / language).mkdir()
        (tmp_path / language / "rewrite.md").write_text(ASKS + language, encoding="utf-8")
    hashes = Prompts.of(tmp_path).hashes("rewrite")
    assert ["rewrite.en.own", "rewrite.zh.own"] == sorted(hashes)
    assert 2 == len(set(hashes.values()))


@pytest.mark.parametrize("changed", ["zh", "en"])
def test_a_changed_prompt_changes_what_the_op_is_known_by(tmp_path, changed):
    """Whatever the language of the rows."""
    for language in ("zh", "en"):
        (tmp_path / language).mkdir()
        (tmp_path / language / "rewrite.md").write_text(ASKS, encoding="utf-8")
    before = sft.rewrite(model="m", prompts=tmp_path).fingerprint()
    (tmp_path / changed / "rewrite.md").write_text(ASKS + " ", encoding="utf-8")
    after = sft.rewrite(model="m", prompts=tmp_path).fingerprint()
    assert before["prompt_hashes"] != after["prompt_hashes"]


def test_an_unknown_variable_is_refused_when_the_op_is_made(tmp_path):
    """Not after the first thousand rows."""
    (tmp_path / "rewrite.md").write_text("# system\nx\n# user\n{topic}", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"rewrite\.own has the variable \{topic\}"):
        sft.rewrite(model="m", prompts=tmp_path)


def test_a_prompt_that_nobody_asks_is_refused(tmp_path):
    """A mistyped name would leave the package's own words in use."""
    (tmp_path / "mine.md").write_text("# system\n改写。\n# user\n{text}\n", encoding="utf-8-sig")
    assert (
        "改写。"
        == Prompts.of({"zh/rewrite": tmp_path / "mine.md"}).load("rewrite", "zh", None).system
    )
    with pytest.raises(UnknownName, match="generate_qa"):
        Prompts.of({"generate_qas": tmp_path / "mine.md"})
