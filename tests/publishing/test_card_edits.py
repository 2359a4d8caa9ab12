"""A person's edits of a card survive, and publish's own words do not pile up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders.errors import PublishError
from hf_sft_builders.publishing.card_edits import EarlierCard, card_record, merged_card

HEAD = """---
pretty_name: {title}
license: mit
tags:
- sft
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train-*-of-00001.parquet
dataset_info:
  features: []
  splits:
  - name: train
    num_examples: {rows}
---
"""


def generated(rows=3, title="Guide", **sections):
    """Make a card as publish generates it."""
    told = {"Data": f"{rows} rows.", "License": "mit", **sections}
    body = "".join(f"\n## {name}\n\n{text}\n" for name, text in told.items())
    return HEAD.format(rows=rows, title=title) + f"\n# {title}\n\nSummary.\n" + body


def again(old, **changes):
    """Publish anew over a card that was edited since `generated()`."""
    return merged_card(EarlierCard(old, card_record(generated())), generated(5, **changes))


def test_an_unedited_card_is_written_anew():
    """Nothing of the old one stays."""
    assert generated(5) == again(generated())
    assert generated(5, Limits="new") == again(generated(), Limits="new")


def test_sections_changed_added_and_taken_out_stay_so():
    """What a person did to the body is done to the new one."""
    old = generated().replace("3 rows.", "3 rows, all read by Mei.")
    old = old.replace(
        "\n## License\n\nmit\n", "\n## 致谢\n\n感谢云溪古城。\n\n```md\n## no heading\n```\n"
    )
    new = again(old)
    assert "3 rows, all read by Mei." in new
    assert "## 致谢\n\n感谢云溪古城。\n\n```md\n## no heading\n```" in new
    assert "## License" not in new
    assert "num_examples: 5" in new


def test_metadata_changed_added_and_taken_out_stays_so():
    """Keys of a person win, except where they must fit the files."""
    old = generated().replace("pretty_name: Guide", "pretty_name: 指南\nextra_gated_prompt: 请登录")
    old = old.replace("- sft\n", "- sft\n- travel\n").replace("license: mit", "license: gpl")
    new = again(old)
    for line in ("pretty_name: 指南", "extra_gated_prompt: 请登录", "- travel", "license: mit"):
        assert line in new
    assert "gpl" not in new


def test_a_card_of_somebody_else_is_kept_whole():
    """Where publish did not write the card, its own sections come after the person's words."""
    theirs = "---\nlanguage: zh\nsize: big\n---\n# 我的数据\n\n手写。\n\n## Data\n\nmine\n"
    new = merged_card(EarlierCard(theirs), generated())
    assert new.endswith("# 我的数据\n\n手写。\n\n## Data\n\nmine\n\n## License\n\nmit\n")
    assert "language: zh\nsize: big\n" in new
    assert new == merged_card(EarlierCard(new, card_record(generated())), generated())


def test_a_card_of_metadata_alone_gets_our_page():
    """`push_to_hub` writes no body."""
    theirs = "---\ndataset_info:\n  features: [a]\n---\n"
    assert generated() == merged_card(EarlierCard(theirs), generated())


def test_configs_of_others_stay_listed():
    """A config that publish does not know keeps its files and its features."""
    theirs = """---
configs:
- config_name: en
  data_files: [{split: train, path: en/*.parquet}]
dataset_info:
- config_name: en
  features: [b]
---
"""
    new = EarlierCard(merged_card(EarlierCard(theirs), generated())).metadata
    assert ["default", "en"] == [config["config_name"] for config in new["configs"]]
    assert ["default", "en"] == [info["config_name"] for info in new["dataset_info"]]


def test_metadata_that_cannot_be_read_is_named():
    """A broken card is nobody's to guess."""
    with pytest.raises(PublishError, match=r"README\.md: its metadata cannot be read.*overwrite"):
        merged_card(EarlierCard("---\na: [\n---\n"), generated())


WORDS = st.text(
    st.sampled_from("a 中`~#-\n:*|"),
    max_size=60,
)


@given(WORDS, WORDS)
def test_words_of_a_person_are_never_lost_and_never_doubled(preface, section):
    """Any text before and after: it is there after each of two more publishes, once."""
    words = f"Summary.\n«{preface}»\n", f"## Mine\n\n‹{section}›\n"
    old = generated().replace("Summary.\n", words[0]) + f"\n{words[1]}"
    once = again(old)
    twice = merged_card(EarlierCard(once, card_record(generated(5))), generated(5))
    assert once == twice
    for part in words:
        assert 1 == once.count(part), once
