"""Publishing to ModelScope: its own client writes, our `modelscope://` and its client read.

Whatever goes wrong on the way: readers see the old version or the new one, whole, and a second
publish finishes the work.
"""

import itertools
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import datasets
import pytest
import yaml
from huggingface_hub import constants
from platform_servers import running

import hf_sft_builders as sft
from hf_sft_builders.cli import main
from hf_sft_builders.errors import ConfigurationError, MissingExtra, PublishError
from hf_sft_builders.formats import list_formats
from hf_sft_builders.publishing import hub_patience, modelscope_card
from hf_sft_builders.publishing.target import target_modelscope
from hf_sft_builders.sources.http import POOL
from hf_sft_builders.sources.known_listings import KNOWN, storage_folder

modelscope_hub = pytest.importorskip("modelscope_hub", reason="modelscope-hub is not installed")

numbers = itertools.count()
REPO, TARGET = "mei/guide", "modelscope://mei/guide"


@pytest.fixture(scope="module")
def one_server():
    """Start the stand-in once."""
    with running() as server:
        yield server


@pytest.fixture
def place(one_server, monkeypatch, tmp_path):
    """Give the stand-in without faults, and an environment that knows only this ModelScope."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_SFT_MODELSCOPE_ENDPOINT", one_server.url)
    monkeypatch.setenv("MODELSCOPE_API_TOKEN", "good-token")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr("hf_sft_builders.sources.http.PAUSE", 0.001)
    monkeypatch.setattr("hf_sft_builders.sources.known_listings.BURST", 0.0)
    monkeypatch.setattr(hub_patience, "FIRST_WAIT", 0.02)
    one_server.fresh()
    forget()
    return one_server


def forget():
    """Be as a new process on a new machine."""
    KNOWN.forget()
    POOL.restart()
    for name in ("listings", "parts", "publishing"):
        shutil.rmtree(storage_folder(name), ignore_errors=True)


def words(word, count=6):
    """Make rows that say which version they are."""
    return datasets.Dataset.from_dict({"word": [word] * count, "n": list(range(count))})


def put(word="new", count=6, **options):
    """Publish them."""
    return sft.publish(
        words(word, count), TARGET, **{"license": "mit", "overwrite": True} | options
    )


def see(version=""):
    """Read as a stranger does, with nothing cached: the card's files, by our `modelscope://`."""
    forget()
    at = f"@{version}" if version else ""
    card = text_of("README.md", at)
    pattern = yaml.safe_load(card.split("---")[1])["configs"][0]["data_files"][0]["path"]
    home = Path(os.environ["HF_HOME"]) / f"reader-{next(numbers)}"
    ds = datasets.load_dataset(
        "parquet",
        data_files=f"modelscope://{REPO}{at}/{pattern}",
        split="train",
        cache_dir=str(home),
    )
    return {(word, len(ds)) for word in ds["word"]}


def text_of(path, at=""):
    """Read one file of the repository."""
    import fsspec

    with fsspec.open(f"modelscope://{REPO}{at}/{path}", "rt", encoding="utf-8") as stream:
        return stream.read()


OLD, NEW = {("old", 4)}, {("new", 6)}


@pytest.fixture
def published(place):
    """A repository with the old version."""
    put("old", 4)
    place.forget()
    return place


def test_one_commit_holds_data_card_and_license(place):
    """All files come in one step; the repository has the license of the rows, not Apache's."""
    done = put(tag="v1", private=True)
    told = place.dataset(REPO)
    data = "data/train-00000-of-00001.parquet"
    expected = [".gitattributes", "LICENSE", "LICENSES/mit.txt", "NOTICE", "README.md", data]
    assert [*expected, "hf_sft_manifest.json", "report/lengths.en.svg"] == sorted(told["files"])
    assert ["Publish 6 rows"] == told["titles"]
    assert ("MIT License", True) == (told["facts"]["license"], told["facts"]["private"])
    assert {"v1": 1} == told["tags"]
    assert f"{place.url}/datasets/{REPO}" == done.url
    assert NEW == see() == see("v1") == see(done.revision)


@pytest.mark.parametrize("name", list_formats())
def test_every_format_reads_back_equal(name, place, rows):
    """Rows and features of each format come back by `modelscope://`, pinned to the version."""
    ds = rows(5, format_name=name)
    done = sft.publish(ds, TARGET, license="cc-by-4.0")
    forget()
    pattern = f"modelscope://{REPO}@{done.revision}/data/train-*.parquet"
    again = datasets.load_dataset("parquet", data_files=pattern, split="train")
    assert ds.features == again.features
    plain = [column for column in ds.column_names if column != "provenance"]
    assert ds.select_columns(plain).to_list() == again.select_columns(plain).to_list()
    assert {"guide.pdf"} == {row["provenance"][0]["uri"] for row in again}


def test_the_card_is_modelscopes(place, rows):
    """License, task and language as ModelScope names them; nothing of its template is left."""
    sft.publish(rows(), TARGET, license="apache-2.0", card_language="both")
    card = text_of("README.md")
    head = yaml.safe_load(card.split("---")[1])
    assert ("Apache License 2.0", ["zh"]) == (head["license"], head["language"])
    assert {"text-generation": {"language": ["zh"]}} == head["text"]
    assert {"synthetic", "sft", "messages"} <= set(head["tags"])
    assert "默认模版" not in card
    assert f"modelscope download --dataset {REPO} --local_dir ./guide" in card
    assert f'"ms_hub_url": "{REPO}"' in card


def test_the_cards_own_lines_load_it(place, tmp_path, monkeypatch):
    """ModelScope's client downloads what was published, and `load_dataset` reads it, as told."""
    put()
    lines = [line for line in text_of("README.md").splitlines() if "load_dataset(" in line]
    api = modelscope_hub.HubApi(endpoint=place.url, token="good-token")
    api.download_repo(REPO, "dataset", local_dir=str(tmp_path / "guide"))
    monkeypatch.chdir(tmp_path)
    given = {"load_dataset": datasets.load_dataset}
    exec(lines[0], given)
    assert ["new"] * 6 == given["ds"]["word"][:]


def test_what_its_own_client_publishes_is_read(place, tmp_path):
    """The stand-in takes the uploads of the unmodified client, so it speaks the protocol."""
    sft.publish(words("client"), tmp_path / "out", license="mit")
    api = modelscope_hub.HubApi(endpoint=place.url, token="good-token")
    api.upload_folder(REPO, "dataset", str(tmp_path / "out"), disable_tqdm=True, use_cache=False)
    assert {("client", 6)} == see()


def test_a_second_publish_sends_nothing(published):
    """Equal rows make no commit; changed ones send only what ModelScope does not hold."""
    done = put("old", 4)
    assert not done.changes
    assert 1 == len(published.dataset(REPO)["titles"])
    assert not published.requests(method="PUT")


def test_a_persons_edits_of_the_card_stay(published):
    """A section that a person added on ModelScope's page is there after the next publish."""
    files = {"README.md": (text_of("README.md") + "\n## 致谢\n\n感谢云溪古城。\n").encode()}
    kept = {name: raw_bytes(name) for name in published.dataset(REPO)["files"]}
    published.put(REPO, kept | files)
    forget()
    put()
    assert "感谢云溪古城。" in text_of("README.md")
    assert NEW == see()


def raw_bytes(path):
    """Read one file's bytes."""
    import fsspec

    with fsspec.open(f"modelscope://{REPO}/{path}", "rb") as stream:
        return stream.read()


def test_a_repository_that_should_be_private_stops_it(published):
    """A public one is not published to with private=True."""
    with pytest.raises(PublishError, match="is public on ModelScope, and private=True"):
        put(private=True)
    assert OLD == see()


def test_the_license_verdict_is_enforced(place, rows, source):
    """What may not be passed on does not go to a public repository, but to a private one."""
    ds = rows(sources=(source("/home/mei/a.pdf", "cc-by-nc-nd-4.0"),))
    with pytest.raises(PublishError, match="forbids publishing"):
        sft.publish(ds, TARGET)
    assert not place.requests(method="POST")
    sft.publish(ds, TARGET, private=True)
    assert place.dataset(REPO)["facts"]["private"]


def test_another_dataset_is_not_replaced_unasked(published):
    """As on the Hub."""
    with pytest.raises(PublishError, match="holds another dataset"):
        put(overwrite=False)
    assert OLD == see()


def test_a_dry_run_sends_nothing(published, tmp_path, monkeypatch):
    """The folder is written, the diff shown, ModelScope only read."""
    monkeypatch.chdir(tmp_path)
    done = put(dry_run=True)
    assert "~ data/train-00000-of-00001.parquet" in str(done)
    assert {"GET"} == {request["method"] for request in published.requests()}
    assert 6 == len(datasets.load_dataset(str(done.folder), split="train"))


def test_without_its_client_the_package_is_named(place, monkeypatch):
    """One clear error before any work."""
    monkeypatch.setitem(sys.modules, "modelscope_hub", None)
    with pytest.raises(MissingExtra, match="pip install modelscope-hub"):
        put()
    assert not place.requests()


def test_without_a_token_nothing_is_done(place, monkeypatch):
    """The way to log in is told."""
    monkeypatch.delenv("MODELSCOPE_API_TOKEN")
    with pytest.raises(PublishError, match="not logged in to ModelScope"):
        put()
    assert not place.requests()


def test_a_token_that_is_given_reads_back_too(place, monkeypatch):
    """`token=` is enough where everything needs credentials, and it is in no file or message."""
    monkeypatch.delenv("MODELSCOPE_API_TOKEN")
    place.faults(private=True)
    done = put(token="good-token")
    assert "good-token" not in str(done)
    monkeypatch.setenv("MODELSCOPE_API_TOKEN", "good-token")
    assert NEW == see()


HEALING = {
    "429 with Retry-After on commit": {"commit_busy": 1},
    "500 on commit, twice": {"commit_broken": 2},
    "the branch moved": {"commit_race": 1},
    "commit applied, answer lost": {"commit_lost": 1},
    "500 on PUT": {"blob_broken": 1},
    "connection reset in mid-PUT": {"blob_reset": 1},
    "PUT stored, answer lost": {"blob_lost": 1},
    "429 on any call": {"busy": 1},
    "500 on any call, twice": {"broken": 2},
    "a listing that is refused once": {"listing_403": 1},
    "HTTP 200 with a failure": {"success_false": 1},
    "tag set, answer lost": {"tag_lost": 1},
}
FINAL = {
    "403 on commit": ({"commit_denied": 1}, "write access"),
    "rejected by review": ({"commit_rejected": 1}, "rejected by review"),
    "revoked token": ({"revoked": 1}, "modelscope login"),
    "500 on every commit": ({"commit_broken": 99}, "did not take it in 7 tries"),
}


@pytest.mark.parametrize("fault", HEALING)
def test_what_heals_is_waited_for(fault, published):
    """Publish goes on by itself; there is one new commit, and every byte was stored once."""
    published.faults(**HEALING[fault])
    done = put(tag="v2")
    published.faults()
    assert NEW == see() == see("v2")
    told = published.dataset(REPO)
    assert (["Publish 4 rows", "Publish 6 rows"], 2) == (told["titles"], told["blobs"])
    assert not put(tag="v2").changes
    assert done.revision == put(tag="v2").revision


@pytest.mark.parametrize("fault", FINAL)
def test_what_does_not_heal_leaves_the_old_version(fault, published):
    """One clear error without the token; readers see the old rows; the next publish finishes."""
    faults, expected = FINAL[fault]
    published.faults(**faults)
    with pytest.raises(PublishError, match=expected) as caught:
        put()
    assert "good-token" not in str(caught.value)
    published.faults()
    assert OLD == see()
    put()
    assert NEW == see()
    told = published.dataset(REPO)
    assert (["Publish 4 rows", "Publish 6 rows"], 2) == (told["titles"], told["blobs"])


def test_a_repository_that_was_made_though_the_answer_was_lost(place):
    """It is filled; what ModelScope wrote on its card is nobody's word."""
    place.faults(create_lost=1)
    put()
    assert NEW == see()
    assert "默认模版" not in text_of("README.md")


def test_somebody_elses_commit_right_after_ours(published):
    """Their card on our rows is no version of ours: all is put there again, with their words."""
    published.faults(overtaken=1)
    put()
    titles = published.dataset(REPO)["titles"]
    assert ["Publish 6 rows", "by somebody else", "Publish 6 rows"] == titles[1:]
    assert NEW == see()
    assert "# theirs" in text_of("README.md")


def test_kill_in_mid_upload_leaves_the_old_version(published):
    """After kill -9 the next publish finishes, and clears what was left on the disk."""
    on_the_way = Path(constants.HF_HOME) / "hf_sft_builders" / "publishing"
    published.faults(blob_stalls=1)
    code = (
        "import datasets, hf_sft_builders as sft; sft.publish(datasets.Dataset.from_dict("
        "{'word': ['new'] * 6, 'n': list(range(6))}), 'modelscope://mei/guide', license='mit',"
        " overwrite=True)"
    )
    job = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "HF_HOME": constants.HF_HOME}
    )
    for _ in range(3_000):
        if published.requests(method="PUT") or job.poll() is not None:
            break
        time.sleep(0.02)
    job.kill()
    job.wait()
    assert published.requests(method="PUT")
    assert list(on_the_way.glob(".hf_sft_publish-*"))
    assert OLD == see()
    put()
    assert NEW == see()
    assert 2 == len(published.dataset(REPO)["titles"])
    assert not list(on_the_way.glob(".hf_sft_publish-*"))


def test_more_files_than_one_commit_takes(published, monkeypatch):
    """Sixty shards are one commit; what exceeds ModelScope's limit is refused before any change."""
    monkeypatch.setattr("hf_sft_builders.publishing.parquet_files.SHARD_BYTES", 1)
    monkeypatch.setattr("hf_sft_builders.publishing.parquet_files.ROW_GROUP_BYTES", 1)
    put("new", 60)
    assert {("new", 60)} == see()
    assert 2 == len(published.dataset(REPO)["titles"])
    monkeypatch.setattr("modelscope_hub.constants.COMMIT_MAX_ACTIONS_PER_REQUEST", 50)
    with pytest.raises(PublishError, match="ModelScope takes 50 in one step"):
        put("newer", 61)
    assert {("new", 60)} == see()


def test_configs_and_pictures_beside_the_rows(place, rows, tmp_path, monkeypatch):
    """One commit; ModelScope's client downloads the folder, and `load_dataset` gives all back."""
    pictures = pytest.importorskip("PIL.Image", reason="pillow is not installed")
    for n in range(3):
        pictures.new("RGB", (4, 3), (n, 0, 0)).save(tmp_path / f"{n}.png")
    album = datasets.Dataset.from_dict({"image": [str(tmp_path / f"{n}.png") for n in range(3)]})
    album = album.cast_column("image", datasets.Image())
    again = {"again": album.select([2])}
    with pytest.raises(ConfigurationError, match="'default' of Image beside 'pairs' of no media"):
        sft.publish(album, TARGET, configs={"pairs": rows(2)}, media="files", license="mit")
    done = sft.publish(album, TARGET, configs=again, media="files", license="mit")
    assert ["Publish 4 rows"] == place.dataset(REPO)["titles"]
    assert done.revision.startswith("master~")
    api = modelscope_hub.HubApi(endpoint=place.url, token="good-token")
    api.download_repo(REPO, "dataset", local_dir=str(tmp_path / "guide"))
    monkeypatch.chdir(tmp_path)
    told = text_of("README.md").partition("## Load it")[2].partition("## ")[0]
    given = {"load_dataset": datasets.load_dataset}
    exec("\n".join(line for line in told.splitlines() if "= load_dataset(" in line), given)
    assert [(n, 0, 0) for n in range(3)] == [row["image"].getpixel((0, 0)) for row in given["ds"]]
    assert [(2, 0, 0)] == [row["image"].getpixel((0, 0)) for row in given["again"]]


def test_from_a_shell(place, tmp_path, capsys):
    """`hf-sft publish folder modelscope://owner/name`."""
    sft.publish(words("new"), tmp_path / "out", license="mit")
    assert 0 == main(["publish", str(tmp_path / "out"), TARGET, "--license", "mit", "--tag", "v1"])
    assert f"datasets/{REPO} at master~" in capsys.readouterr().out
    assert NEW == see("v1")


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("modelscope://mei/guide", "mei/guide"),
        ("modelscope://datasets/mei/guide/", "mei/guide"),
        ("modelscope://mei", ""),
        ("modelscope://mei/guide/data", ""),
        ("mei/guide", ""),
        ("./mei/guide", ""),
    ],
)
def test_which_targets_are_repositories_on_modelscope(target, name):
    """The address that `data_files=` knows, without a path."""
    assert name == target_modelscope(target)


def test_an_address_with_a_path_is_refused(place):
    """One clear error that shows what is expected."""
    with pytest.raises(ConfigurationError, match="modelscope://user/name"):
        sft.publish(words("new"), "modelscope://mei/guide/data", license="mit")


def test_a_card_with_a_persons_words_is_no_template():
    """ModelScope's own card is recognised; one sentence more makes it a person's."""
    from platform_servers.modelscope_writes import CARD

    text = CARD.format(license="MIT License")
    assert modelscope_card.is_template(text)
    assert not modelscope_card.is_template(text + "\n本数据集由云溪古城提供。\n")
    assert not modelscope_card.is_template("---\nlicense: mit\n---\n")
