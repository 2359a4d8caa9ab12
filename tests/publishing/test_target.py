"""Which folders are written to, and what happens to what stands there."""

from pathlib import Path

import pytest

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError, PublishError
from hf_sft_builders.publishing.publish import check_target
from hf_sft_builders.publishing.target import target_folder, target_repository

DATA = "data/train-00000-of-00001.parquet"


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    """Relative targets go to the test's folder."""
    monkeypatch.chdir(tmp_path)


def names_in(folder):
    """Give the names in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir())


def everything(folder):
    """Give the files of a folder with their contents."""
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("target", ["name", "./user/name", "a/b/c", Path("user/name")])
def test_paths_are_folders(target, tmp_path):
    """What begins like a path, has no slash, or is a Path object, means a folder."""
    assert tmp_path / target == target_folder(target)


def test_an_existing_folder_is_a_folder(tmp_path):
    """`user/name` means a folder where there is one."""
    (tmp_path / "user" / "name").mkdir(parents=True)
    assert tmp_path / "user" / "name" == target_folder("user/name")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("s3://bucket/name", "address.*folders.*repositories"),
        ("", "expected a folder"),
        (7, "expected a folder"),
        ("~no-such-user/x", "cannot be a folder"),
        ("./a\0b", "cannot be a folder"),
    ],
)
def test_what_is_no_folder_is_refused_with_the_next_step(target, message, rows):
    """An address says how to get there by way of a folder."""
    with pytest.raises(ConfigurationError, match=message):
        sft.publish(rows(), target)


def test_a_file_in_the_way_is_named_and_kept(rows, tmp_path):
    """A target that is a file, or lies below one, is refused before any work."""
    (tmp_path / "taken").write_text("mine")
    for target in ("./taken", "./taken/below/it"):
        with pytest.raises(
            PublishError, match=r"taken.* is a file.*Expected a folder.*Name another"
        ):
            sft.publish(rows(), target)
    assert (tmp_path / "taken").read_text() == "mine"


def test_an_unwritable_place_is_named(rows):
    """Where the system refuses, its words and the next step are told."""
    with pytest.raises(PublishError, match=r"/proc/no-such-folder was not written: .*Make room"):
        sft.publish(rows(), "/proc/no-such-folder")


def test_a_name_that_is_too_long_is_named(rows):
    """What the system refuses as a name is a PublishError, too."""
    with pytest.raises(PublishError, match="too long"):
        sft.publish(rows(), "x" * 300)


def test_a_target_can_be_checked_before_there_are_rows(tmp_path):
    """The command line asks before it builds; asking changes nothing."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    assert check_target("./new") == tmp_path / "new"
    with pytest.raises(PublishError, match=r"mine\.txt"):
        check_target("./full")
    check_target("./full", overwrite=True)
    assert names_in(tmp_path) == ["full"]


def test_a_mount_point_is_refused_with_a_folder_inside_it(rows):
    """What cannot be replaced in one step is not begun."""
    with pytest.raises(PublishError, match=r"mount point.*inside it: /proc/my-dataset"):
        sft.publish(rows(), "/proc")


def test_a_full_disk_leaves_the_old_output(rows, tmp_path, monkeypatch):
    """An error while writing is a PublishError, and nothing of the attempt stays."""
    folder = sft.publish(rows(), "./out")
    before = everything(folder)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hf_sft_builders.publishing.parquet_files._Shards.write", full)
    with pytest.raises(PublishError, match="No space left on device"):
        sft.publish(rows(4), "./out")
    assert before == everything(folder)
    assert names_in(tmp_path) == ["out"]


def test_an_empty_folder_is_used_and_keeps_its_mode(rows, tmp_path):
    """A folder that was made beforehand needs no overwrite."""
    (tmp_path / "out").mkdir(mode=0o750)
    assert sft.publish(rows(), "./out").stat().st_mode & 0o777 == 0o750


def test_a_link_to_a_folder_stays_a_link(rows, tmp_path):
    """The folder behind a link is replaced, not the link."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    sft.publish(rows(), "./link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / DATA).is_file()


def test_the_same_dataset_replaces_itself(built, tmp_path):
    """A second run of the same builder needs no overwrite; new rows win."""
    sft.publish(built(), "./out")
    before = (tmp_path / "out" / DATA).read_bytes()
    sft.publish(built("again", count=5), "./out")
    assert before != (tmp_path / "out" / DATA).read_bytes()
    assert names_in(tmp_path) == ["again", "cache", "out"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format_name": "alpaca"}, "format messages, now alpaca"),
        ({"model": "qwen3-32b"}, "models extractive, now qwen3-32b"),
        ({"options": {"chunk_size": 900}}, "chunk_size=1500, now 900"),
        ({"builder": "documents"}, "builder pdf_qa, now documents"),
        (
            {"uri": "/home/mei/other/manual.pdf", "sha256": "0" * 64},
            "made from guide.pdf, now from manual.pdf",
        ),
    ],
)
def test_another_dataset_is_not_replaced_unasked(change, message, built, ledger, source, tmp_path):
    """Another builder, option, format, model or set of documents stops, and says which."""
    folder = sft.publish(built(), "./out")
    before = everything(folder)
    told = ledger(**({"builder": change["builder"]} if "builder" in change else {}))
    told.made = {**told.made, "options": change.get("options", told.made["options"])}
    if "uri" in change:
        told.sources, told.ignored, told.unreadable = [], {}, {}
    step = source(change.get("uri", "/home/mei/docs/guide.pdf"))
    step["sha256"] = change.get("sha256", step["sha256"])
    wanted = {name: change[name] for name in ("format_name", "model") if name in change}
    other = built("other", manifest=told, sources=(step,), **wanted)
    with pytest.raises(PublishError, match=f"{message}.*overwrite=True"):
        sft.publish(other, "./out")
    assert before == everything(folder)
    sft.publish(other, "./out", overwrite=True)
    assert before != everything(folder)


def test_an_option_of_another_version_is_not_compared(built, ledger):
    """A new option of a new package version does not make it another dataset."""
    sft.publish(built(), "./out")
    told = ledger()
    told.made["options"] = {**told.made["options"], "brand_new": True}
    sft.publish(built("newer", manifest=told), "./out")


def test_rows_of_unknown_origin_replace_only_their_equals(rows):
    """Without a manifest and provenance, the rows themselves are the identity."""
    plain = rows().remove_columns("provenance")
    sft.publish(plain, "./out")
    sft.publish(plain, "./out")
    with pytest.raises(PublishError, match="other rows, and nothing says where they came from"):
        sft.publish(rows(5).remove_columns("provenance"), "./out")


def test_foreign_files_stop_and_are_never_deleted(rows, tmp_path):
    """What publish did not write is named; with overwrite=True it stays beside the dataset."""
    folder = sft.publish(rows(), "./out")
    (folder / "notes").mkdir()
    (folder / "notes" / "mine.txt").write_text("mine")
    (folder / "link").symlink_to("notes")
    with pytest.raises(PublishError, match=r"did not write: link, notes/mine\.txt.*overwrite=True"):
        sft.publish(rows(), "./out")
    sft.publish(rows(4), "./out", overwrite=True)
    assert (folder / "notes" / "mine.txt").read_text() == "mine"
    assert (folder / "link").is_symlink()
    with pytest.raises(PublishError, match="did not write"):
        sft.publish(rows(4), "./out")


def test_a_foreign_card_is_not_replaced_even_with_overwrite(rows, tmp_path):
    """overwrite=True replaces only files that publish wrote."""
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "README.md").write_text("my project")
    with pytest.raises(PublishError, match=r"README\.md would be replaced"):
        sft.publish(rows(), "./repo", overwrite=True)
    assert (tmp_path / "repo" / "README.md").read_text() == "my project"


def test_foreign_data_of_the_same_name_is_not_replaced(rows, tmp_path):
    """A Parquet file of somebody else stops, also one that only turns up at the end."""
    (tmp_path / "out" / "data").mkdir(parents=True)
    (tmp_path / "out" / DATA).write_text("theirs")
    with pytest.raises(PublishError, match="would be replaced"):
        sft.publish(rows(), "./out", overwrite=True)
    assert (tmp_path / "out" / DATA).read_text() == "theirs"


def test_the_edits_of_a_card_survive(built):
    """What a person wrote into the card stays; the rest is written anew."""
    folder = sft.publish(built(), "./out")
    with (folder / "README.md").open("a") as card:
        card.write("\n## From us\n\nMy own words.\n")
    sft.publish(built("again", count=5), "./out")
    card = (folder / "README.md").read_text()
    assert "My own words." in card
    assert "num_examples: 5" in card
    sft.publish(built("again", count=6), "./out")
    assert 1 == (folder / "README.md").read_text().count("My own words.")


def test_an_edited_license_is_not_lost_unasked(rows):
    """A license file that a person changed stops the next publish."""
    folder = sft.publish(rows(), "./out")
    (folder / "LICENSE").write_text("My own terms.")
    with pytest.raises(PublishError, match=r"LICENSE changed since publish wrote it"):
        sft.publish(rows(), "./out")
    sft.publish(rows(), "./out", overwrite=True)
    assert "My own terms" not in (folder / "LICENSE").read_text()


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("mei/guide", "mei/guide"),
        ("hf://datasets/mei/guide", "mei/guide"),
        ("./mei/guide", ""),
        ("guide", ""),
        (Path("mei/guide"), ""),
        ("mei/guide/more", ""),
        ("梅/指南", ""),
        ("../x", ""),
    ],
)
def test_user_and_name_are_a_repository(target, name):
    """`user/name` means the Hub, unless it looks like a path."""
    assert name == target_repository(target)


@pytest.mark.parametrize("option", [{"private": True}, {"tag": "v1"}])
def test_what_only_the_hub_knows_is_refused_for_a_folder(option, rows):
    """Nobody believes that a folder is private because it was asked to be."""
    with pytest.raises(ConfigurationError, match=r"private= and tag= are for repositories"):
        sft.publish(rows(), "./out", **option)


def test_a_repository_asks_to_log_in(rows):
    """Without a token nothing is asked of the Hub."""
    with pytest.raises(PublishError, match=r"hf auth login.*'\./user/name'"):
        sft.publish(rows(), "user/name")
