"""What publish does with the licenses of the sources and the terms of the models."""

import pytest
from huggingface_hub import DatasetCard

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError, PublishError, UnknownName
from hf_sft_builders.publishing.facts import gather_facts
from hf_sft_builders.publishing.license_verdict import judge, require_publishable


def published(ds, folder, **options):
    """Publish, and give the card's metadata with the words of LICENSE and NOTICE."""
    sft.publish(ds, folder, **options)
    notice = folder / "NOTICE"
    words = (folder / "LICENSE").read_text() + (notice.read_text() if notice.exists() else "")
    return DatasetCard.load(folder / "README.md").data.to_dict(), words


@pytest.fixture
def of(rows, source):
    """Make rows from sources under these licenses."""

    def make(*licenses, **wanted):
        steps = tuple(source(f"/docs/{n}.pdf", name) for n, name in enumerate(licenses))
        return rows(6, sources=steps, **wanted)

    return make


def test_the_notice_of_mit_travels_with_the_rows(of, tmp_path):
    """MIT rows bring the license text, the credit, and the obligation on the card."""
    data, words = published(of("mit"), tmp_path / "out")
    assert "mit" == data["license"]
    text = (tmp_path / "out" / "LICENSES" / "mit.txt").read_text()
    assert "The above copyright notice and this permission notice shall be included" in text
    assert "LICENSES/mit.txt" in words
    assert "Pass on the copyright notice" in (tmp_path / "out" / "README.md").read_text()


def test_the_copyright_line_of_the_source_is_kept(of, source, rows, tmp_path):
    """What the source's own LICENSE said stands in NOTICE."""
    step = source("/docs/a.pdf", "mit")
    step["license"]["raw"] = "MIT License Copyright (c) 2021 梅 and friends Permission is hereby"
    _, words = published(rows(sources=(step,)), tmp_path / "out")
    assert "Copyright (c) 2021 梅 and friends" in words


def test_long_texts_are_named_by_address(of, tmp_path):
    """Apache's text is not copied; NOTICE says where it stands."""
    _, words = published(of("apache-2.0"), tmp_path / "out")
    assert not (tmp_path / "out" / "LICENSES").exists()
    assert "https://www.apache.org/licenses/LICENSE-2.0" in words


def test_what_asks_for_nothing_brings_no_notice(of, tmp_path):
    """CC0 rows have no NOTICE."""
    published(of("cc0-1.0"), tmp_path / "out")
    assert not (tmp_path / "out" / "NOTICE").exists()


def test_share_alike_decides_for_all(of, tmp_path):
    """One license for the whole where the sources meet."""
    data, words = published(of("mit", "cc-by-sa-4.0"), tmp_path / "out")
    assert "cc-by-sa-4.0" == data["license"]
    assert "together they stand under cc-by-sa-4.0" in words


def test_clashing_licenses_stay_with_their_rows(of, tmp_path):
    """BY-SA beside NC: each row under its own, the card lists both."""
    data, words = published(of("cc-by-nc-4.0", "cc-by-sa-4.0"), tmp_path / "out")
    assert ["cc-by-nc-4.0", "cc-by-sa-4.0"] == data["license"]
    assert "each row's provenance names the one" in words
    assert "No commercial use: cc-by-nc-4.0" in words


def test_a_license_off_the_hubs_list_is_other_by_name(of, tmp_path):
    """`license: other` with name and link, so that the Hub takes the card."""
    data, _ = published(of("cc-by-3.0-igo"), tmp_path / "out")
    link = "https://creativecommons.org/licenses/by/3.0/igo/"
    assert ("other", "cc-by-3.0-igo", link) == tuple(
        data[key] for key in ("license", "license_name", "license_link")
    )


def test_adaptations_that_may_not_be_shared_are_for_private_use(of, tmp_path, caplog):
    """ND 4.0: a folder of one's own is written and says so; a public place is refused."""
    ds = of("cc-by-nd-4.0")
    data, words = published(ds, tmp_path / "out")
    assert "cc-by-nd-4.0" == data["license"]
    assert "not to be passed on (private-only)" in words
    assert "private use only" in caplog.text
    verdict = judge(gather_facts({"train": ds}), None)
    require_publishable(verdict, public=False)
    with pytest.raises(PublishError, match=r"not to be passed on.*gate_license"):
        require_publishable(verdict, public=True)


@pytest.mark.parametrize("license_id", ["cc-by-nd-3.0", "all-rights-reserved"])
def test_adaptations_that_may_not_be_made_are_refused(of, license_id, tmp_path):
    """Nothing is written, and the error says what would change it."""
    with pytest.raises(PublishError, match=r"no adaptations to be made.*Nothing was written"):
        sft.publish(of(license_id), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    data, words = published(of(license_id), tmp_path / "out", license="other")
    assert "other" == data["license"]
    assert license_id in words


def test_unknown_is_never_public(of, rows, source, tmp_path):
    """A folder may hold rows of unknown license, named so; a public repository may not."""
    ds = of("mit", "unknown")
    data, _ = published(ds, tmp_path / "out")
    assert "unknown" == data["license"]
    with pytest.raises(PublishError):
        require_publishable(judge(gather_facts({"train": ds}), None), public=True)


def test_terms_of_the_model_stand_on_the_card(of, tmp_path):
    """Who trains on the rows learns what the model's maker forbids."""
    data, words = published(of("cc-by-4.0", model="gpt-4o"), tmp_path / "out")
    assert "cc-by-4.0" == data["license"]
    assert "Do not train models that compete with OpenAI" in words
    assert "model-terms:no-competing" in data["tags"]


def test_annotations_compose_too(rows, source, tmp_path):
    """CC BY text with NC labels is NC."""
    step = source("/docs/a.pdf", "cc-by-4.0")
    step["annotations_license"] = {**step["license"], "id": "cc-by-nc-4.0", "raw": "CC BY-NC 4.0"}
    data, words = published(rows(sources=(step,)), tmp_path / "out")
    assert "cc-by-nc-4.0" == data["license"]
    assert "annotations: cc-by-nc-4.0" in words


def test_a_declared_name_that_is_not_certain_lists_what_it_may_mean(of, tmp_path):
    """`license="CC-BY"` is refused with its versions."""
    with pytest.raises(UnknownName, match=r"cc-by-3\.0, cc-by-4\.0"):
        sft.publish(of("mit"), tmp_path / "out", license="CC-BY")
    data, _ = published(of("mit"), tmp_path / "out", license="署名-相同方式共享 4.0")
    assert "cc-by-sa-4.0" == data["license"]


@pytest.mark.parametrize("force", ["", "ok", "  ", 7])
def test_force_needs_a_written_reason(force, of, tmp_path):
    """A word is no reason."""
    with pytest.raises(ConfigurationError, match=r"force=.*written reason"):
        sft.publish(of("mit"), tmp_path / "out", force=force)


def test_the_reason_of_force_stands_in_card_and_license(of, tmp_path):
    """Who reads the rows reads why they are there, in any language."""
    reason = "云溪文旅二〇二六年三月书面许可"
    _, words = published(of("cc-by-nc-nd-4.0"), tmp_path / "out", force=reason)
    assert reason in words
    assert reason in (tmp_path / "out" / "README.md").read_text()
