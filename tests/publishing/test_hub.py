"""Publishing to the Hub: one commit with data, card and license; what stands there is respected."""

import datasets
import pytest

from hf_sft_builders.cli import main
from hf_sft_builders.formats import list_formats


@pytest.mark.parametrize("name", list_formats())
def test_every_format_loads_equal_by_revision(name, hub, rows, tmp_path):
    """`load_dataset(repo, revision=…)` gives the rows and features that were published."""
    ds = rows(5, format_name=name)
    ds.save_to_disk(str(tmp_path / "ds"))
    code = """
ds = datasets.load_from_disk(place)
done = publish(ds, repo, license="cc-by-4.0", tag="v1")
for revision in (done.revision, "v1", "main"):
    again = load_dataset(repo, split="train", revision=revision)
    assert ds.features == again.features
    plain = [column for column in ds.column_names if column != "provenance"]
    assert ds.select_columns(plain).to_list() == again.select_columns(plain).to_list()
tell(uris=sorted({row["provenance"][0]["uri"] for row in again}))
"""
    assert {"uris": ["guide.pdf"]} == hub(code, place=str(tmp_path / "ds"))
    assert ["Publish 5 rows"] == hub.history


@pytest.mark.parametrize("name", list_formats())
def test_plain_push_to_hub_works_with_every_format(name, hub, rows, source, tmp_path):
    """`datasets`' own push loads back equal; publish then adds card and license, and no shard."""
    rows(4, format_name=name, sources=(source("https://example.org/guide.pdf"),)).save_to_disk(
        str(tmp_path / "ds")
    )
    code = """
ds = datasets.load_from_disk(place)
ds.push_to_hub(repo)
again = load_dataset(repo, split="train")
assert ds.features == again.features
assert ds.to_list() == again.to_list()
"""
    hub(code, place=str(tmp_path / "ds"))
    shards = {path: sha for path, sha in hub.files.items() if path.endswith(".parquet")}
    hub.server.heal()
    hub("publish(datasets.load_from_disk(place), repo)", place=str(tmp_path / "ds"))
    assert 0 == hub.sent()
    assert shards == {path: sha for path, sha in hub.files.items() if path.endswith(".parquet")}
    assert {"LICENSE", "README.md", "hf_sft_manifest.json"} <= set(hub.files)


def test_one_commit_holds_data_card_and_license(hub):
    """All files come in one step, and the card names the repository."""
    done = hub(
        "put(rows('new'), private=True);"
        "tell(card=Path(hub.hf_hub_download(repo, 'README.md', repo_type='dataset')).read_text())"
    )
    data = "data/train-00000-of-00001.parquet"
    expected = [".gitattributes", "LICENSE", "LICENSES/mit.txt", "NOTICE", "README.md", data]
    more = ["hf_sft_manifest.json", "report/lengths.en.svg"]
    assert [*expected, *more] == sorted(hub.files)
    assert 1 == len(hub.history)
    assert f'load_dataset("{hub.repo}", split="train")' in done["card"]
    assert hub.server.repository(hub.repo)["private"]


def test_configs_of_one_dataset_come_together(hub):
    """One commit, one card; each config keeps its own columns."""
    hub(
        "put(rows('new'), configs={'pairs': DatasetDict(train=Dataset.from_dict({'chosen': ['a']}),"
        " test=Dataset.from_dict({'chosen': ['b']}))})"
    )
    assert 1 == len(hub.history)
    assert {"train": {"new": 6}} == hub("see()")
    told = hub(
        "ds = load_dataset(repo, 'pairs'); tell(**{k: v['chosen'][:] for k, v in ds.items()})"
    )
    assert {"train": ["a"], "test": ["b"]} == told


def test_pictures_of_a_report_come_along(hub):
    """More files are part of the one commit, and go when they are not given again."""
    hub("put(rows('new'), files={'pictures/lengths.svg': '<svg>长度</svg>'})")
    assert 1 == len(hub.history)
    assert "pictures/lengths.svg" in hub.files
    hub("put(rows('new'))")
    assert "pictures/lengths.svg" not in hub.files


def test_a_repository_that_should_be_private_stops_it(hub):
    """A public one is not published to with private=True, nor a private one with private=False."""
    hub("put(rows('old'))")
    hub.server.heal()
    assert "is public on the Hub" in hub.refused("put(rows('new'), private=True)")
    assert not hub.server.requests("preupload", "commit")
    hub("hub.HfApi().update_repo_settings(repo, repo_type='dataset', private=True)")
    assert "is private on the Hub" in hub.refused("put(rows('new'), private=False)")
    hub("put(rows('new'))")
    assert 2 == len(hub.history)


FORBIDDEN = """
step = {"step": "source", "uri": "/docs/a.pdf", "sha256": "0", "title": "", "license": {"id": license}}
ds = rows("new", 2).add_column("provenance", [[step], [step]])
"""


@pytest.mark.parametrize("license", ["cc-by-nc-nd-4.0", "unknown"])
def test_the_license_gates_a_public_repository(license, hub):
    """What may not be passed on is refused with the reasons, unless it is private or forced."""
    told = hub.refused(FORBIDDEN + "publish(ds, repo)", license=license)
    assert "The license forbids publishing" in told
    assert "force=" in told
    assert hub.server.repository(hub.repo) is None
    hub(FORBIDDEN + "publish(ds, repo, private=True)", license=license)
    assert 1 == len(hub.history)
    hub.repo += "-forced"
    code = FORBIDDEN + (
        "publish(ds, repo, force='Permission of Yunxi Travel, on file');"
        "tell(card=Path(hub.hf_hub_download(repo, 'README.md', repo_type='dataset')).read_text())"
    )
    assert "Permission of Yunxi Travel, on file" in hub(code, license=license)["card"]


def test_a_declared_license_does_not_silence_the_sources(hub):
    """Sources that forbid it forbid it, whatever is declared."""
    told = hub.refused(FORBIDDEN + "publish(ds, repo, license='mit')", license="cc-by-nc-nd-4.0")
    assert "The license forbids publishing" in told


def test_a_policy_is_judged_source_by_source(hub):
    """`policy=` stops what the license would let through."""
    told = hub.refused(FORBIDDEN + "publish(ds, repo, policy='commercial')", license="cc-by-nc-4.0")
    assert "policy='commercial' is not met: no commercial use" in told
    assert "a.pdf" in told
    hub(FORBIDDEN + "publish(ds, repo, policy='publish')", license="cc-by-nc-4.0")


def test_after_push_to_hub_only_words_are_sent(hub):
    """Card and license are added to the shards that are there."""
    hub("rows('new').push_to_hub(repo, num_shards=3)")
    hub.server.heal()
    told = hub("put(rows('new'), overwrite=False)")["told"]
    assert 0 == hub.sent()
    assert "+ LICENSE" in told
    assert "parquet" not in told
    assert {"train": {"new": 6}} == hub("see()")
    assert not hub("put(rows('new'), overwrite=False)")["changes"]


def test_other_rows_of_push_to_hub_are_not_replaced_unasked(hub):
    """Same number of rows, other words: named, and replaced only when told so."""
    hub("rows('old').push_to_hub(repo)")
    told = hub.refused("put(rows('new'), overwrite=False)")
    assert "rows that publish did not write (data/train-00000-of-00001.parquet)" in told
    hub("put(rows('new'))")
    assert {"train": {"new": 6}} == hub("see()")


def test_an_old_split_with_other_columns(hub):
    """It would go, so it is named; with overwrite=True the new version loads, by itself."""
    hub(
        "Dataset.from_dict({'other': [1, 2]}).push_to_hub(repo, split='train');"
        "Dataset.from_dict({'other': [1, 2]}).push_to_hub(repo, split='test')"
    )
    assert "test of config default, which would go" in hub.refused(
        "put(rows('new'), overwrite=False)"
    )
    hub("put(rows('new'))")
    assert {"train": {"new": 6}} == hub("see()")


def test_an_own_split_or_config_does_not_vanish_unasked(hub):
    """What an earlier publish put there is named before it goes."""
    hub("put(DatasetDict(train=rows('a'), test=rows('a')), configs={'more': rows('b')})")
    told = hub.refused(
        "from hf_sft_builders.publishing import hub_existing;"
        "hub_existing.Existing.require_same = lambda *a, **k: None;"
        "put(rows('a'), overwrite=False)"
    )
    assert "test of config default, train of config more, which would go" in told
    hub("put(rows('a'))")
    assert {"train": {"a": 6}} == hub("see()")
    assert not [path for path in hub.files if path.startswith("more/")]


def test_files_and_configs_of_others_stay(hub):
    """Pictures, notes and a config of somebody else are as they were."""
    hub(
        "rows('en').push_to_hub(repo, config_name='en');"
        "hub.HfApi().upload_file(path_or_fileobj=b'mine', path_in_repo='data/NOTES.txt',"
        " repo_id=repo, repo_type='dataset')"
    )
    before = hub.files
    hub("put(rows('new'), overwrite=False)")
    assert before.items() <= (hub.files | {"README.md": before["README.md"]}).items()
    assert {"train": {"en": 6}} == hub("see(name='en')")
    assert {"train": {"new": 6}} == hub("see(name='default')")


def test_the_edits_of_a_card_survive(hub):
    """Words and keys that a person added on the Hub are there after the next publish."""
    hub("put(rows('old'))")
    hub(
        "card = hub.DatasetCard.load(repo); card.data['extra_gated_prompt'] = '请登录';"
        "card.text += '\\n## 致谢\\n\\n感谢云溪古城。\\n'; save(card)"
    )
    hub("put(rows('new', 9))")
    told = hub("card = hub.DatasetCard.load(repo); tell(text=card.text, data=card.data.to_dict())")
    assert "感谢云溪古城。" in told["text"]
    assert "请登录" == told["data"]["extra_gated_prompt"]
    assert {"train": {"new": 9}} == hub("see()")


def test_a_license_on_the_card_is_not_replaced_unasked(hub):
    """A person's word on the license is named, with the way to declare it."""
    hub(
        "rows('new').push_to_hub(repo); card = hub.DatasetCard.load(repo);"
        "card.data['license'] = 'apache-2.0'; save(card)"
    )
    told = hub.refused("put(rows('new'), overwrite=False)")
    assert "its card says license apache-2.0, these rows mit" in told
    hub("put(rows('new'), overwrite=False, license='apache-2.0')")


def test_a_tag_stays_where_it_is(hub):
    """A tag that marks another version stops the publish before the commit."""
    hub("put(rows('old'), tag='v1')")
    assert "the tag 'v1' marks another version" in hub.refused("put(rows('new'), tag='v1')")
    assert {"train": {"old": 6}} == hub("see()")


def test_a_dry_run_sends_nothing(hub):
    """The folder is written, the diff is shown, the Hub only read."""
    hub("put(rows('old'))")
    hub.server.heal()
    told = hub(
        "done = publish(rows('new', 8), repo, license='mit', overwrite=True, dry_run=True);"
        "tell(told=str(done), rows=len(load_dataset(str(done.folder), split='train')))"
    )
    assert 8 == told["rows"]
    assert "~ data/train-00000-of-00001.parquet" in told["told"]
    assert {"GET", "HEAD"} == {r["method"] for r in hub.server.requests() if r["kind"] != "unknown"}
    assert (
        "+ LICENSE"
        in hub("tell(told=str(publish(rows('new'), repo + '-new', license='mit', dry_run=True)))")[
            "told"
        ]
    )


def test_a_dry_run_of_what_would_be_refused_is_refused(hub):
    """It shows what publish would do, refusals too."""
    hub("put(rows('old'))")
    told = hub.refused("publish(rows('new'), repo, license='mit', dry_run=True)")
    assert "holds another dataset" in told


def test_pictures_travel_in_the_rows(hub, tmp_path):
    """Media are embedded, and load back as they were."""
    pictures = pytest.importorskip("PIL.Image")
    pictures.new("RGB", (4, 3), (200, 10, 10)).save(tmp_path / "a.png")
    told = hub(
        "ds = Dataset.from_dict({'image': [place]}).cast_column('image', datasets.Image());"
        "put(ds); Path(place).unlink(); again = load_dataset(repo, split='train');"
        "tell(size=list(again[0]['image'].size), pixel=list(again[0]['image'].getpixel((0, 0))))",
        place=str(tmp_path / "a.png"),
    )
    assert ([4, 3], [200, 10, 10]) == (told["size"], told["pixel"])


def test_offline_is_told_at_once(hub):
    """HF_HUB_OFFLINE needs no patience."""
    told = hub.refused("hub.constants.HF_HUB_OFFLINE = True; put(rows('new'))")
    assert "offline" in told.lower()


def test_a_stream_is_read_afresh(hub, tmp_path):
    """Rows of a file that changed are the new ones, on a second publish too."""
    code = (
        "Path(place).write_text('word\\n' + word);"
        "put(load_dataset('csv', data_files=place, streaming=True, split='train').map(lambda r: r));"
        "again = load_dataset(repo, split='train', revision='main', cache_dir=word);"
        "tell(words=again['word'][:], left=[str(p) for p in Path('datasets').glob('hf_sft_stream-*')])"
    )
    home, place = tmp_path / "home", str(tmp_path / "a.csv")
    for word in ("old", "new"):
        told = hub.start(code, home=home, place=place, word=word).result()
        assert ([word], []) == (told["words"], told["left"])


def test_a_folder_goes_to_the_hub_from_a_shell(hub, rows, built, tmp_path):
    """`hf-sft publish folder user/name` sends what was published to a folder, manifest included."""
    import hf_sft_builders as sft

    folder = sft.publish(built(), tmp_path / "guide")
    told = hub(
        "import contextlib, io\nfrom hf_sft_builders.cli import main\n"
        "out = io.StringIO()\n"
        "with contextlib.redirect_stdout(out):\n"
        "    code = main(['publish', place, repo, '--private', '--tag', 'v1'])\n"
        "tell(code=code, out=out.getvalue(), n=len(load_dataset(repo, split='train')),"
        " made=Path(hub.hf_hub_download(repo, 'hf_sft_manifest.json', repo_type='dataset')).read_text())",
        place=str(folder),
    )
    assert (0, 3) == (told["code"], told["n"])
    assert f"datasets/{hub.repo} at " in told["out"]
    assert '"builder": "pdf_qa"' in told["made"]
    assert {"v1"} == set(hub.server.repository(hub.repo)["tags"])


def test_rows_of_many_kinds_are_opened_by_the_shell(rows, tmp_path, capsys):
    """A saved dataset, a Parquet and a JSONL file; what is none of them is one clear line."""
    rows().save_to_disk(str(tmp_path / "saved"))
    rows().to_parquet(str(tmp_path / "a.parquet"))
    datasets.Dataset.from_dict({"a": [1]}).to_json(str(tmp_path / "a.jsonl"))
    for name in ("saved", "a.parquet", "a.jsonl"):
        target = str(tmp_path / f"out-{name}")
        assert 0 == main(["publish", str(tmp_path / name), target, "--license", "mit"])
        assert target in capsys.readouterr().out
    assert 2 == main(["publish", str(tmp_path / "nothing"), "./x"])
    assert "nothing" in capsys.readouterr().err
