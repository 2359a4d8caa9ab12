"""The platforms' own clients against the stand-ins, so that these are known to be true."""

from pathlib import Path

import pytest

FILES = {"a.csv": b"x\n1\n", "in/b.csv": bytes(range(256)) * 9000}


def test_kagglehub_reads_from_the_stand_in(server, tmp_path, monkeypatch):
    """The client lists, resolves the version, downloads whole and single files, and checks the md5."""
    kagglehub = pytest.importorskip("kagglehub")
    from kagglesdk import kaggle_env

    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(
        kaggle_env,
        "_env_to_endpoint",
        {**kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.PROD: server.url},
    )
    server.put("o/d", FILES)
    single = kagglehub.dataset_download("o/d", path="in/b.csv")
    assert FILES["in/b.csv"] == Path(single).read_bytes()
    server.put("o/d", {**FILES, "a.csv": b"x\n2\n"})
    folder = kagglehub.dataset_download("o/d")
    assert folder.endswith("versions/2")


def test_kagglesdk_parses_the_stand_ins_answers(server, monkeypatch):
    """The typed client of Kaggle finds every field where it should be."""
    pytest.importorskip("kagglesdk")
    from kagglesdk import KaggleClient, kaggle_env
    from kagglesdk.datasets.types import dataset_api_service as calls

    monkeypatch.setattr(
        kaggle_env,
        "_env_to_endpoint",
        {**kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.PROD: server.url},
    )
    server.put("o/d", FILES, license="CC0-1.0", display="CC0: Public Domain")
    with KaggleClient() as client:
        api = client.datasets.dataset_api_client
        asked = calls.ApiGetDatasetRequest()
        asked.owner_slug, asked.dataset_slug = "o", "d"
        found = api.get_dataset(asked)
        assert (1, "CC0: Public Domain") == (found.current_version_number, found.license_name)
        asked = calls.ApiListTreeDatasetFilesRequest()
        asked.owner_slug, asked.dataset_slug, asked.dataset_version_number = "o", "d", 1
        asked.page_size = 200
        tree = api.list_tree_dataset_files(asked)
        assert (["a.csv"], ["in"]) == (
            [each.relative_url for each in tree.files],
            [each.relative_url for each in tree.directories],
        )
        asked = calls.ApiGetDatasetMetadataRequest()
        asked.owner_slug, asked.dataset_slug = "o", "d"
        assert ["CC0-1.0"] == [each.name for each in api.get_dataset_metadata(asked).info.licenses]


def test_modelscope_hub_reads_from_the_stand_in(server, tmp_path):
    """modelscope-hub finds the license, lists and downloads with its checksum."""
    modelscope_hub = pytest.importorskip("modelscope_hub")
    server.put("o/d", FILES, license="Apache License 2.0")
    api = modelscope_hub.HubApi(endpoint=server.url, token="good-token")
    listed = {
        each.path: each for each in api.list_repo_files("o/d", "dataset") if each.path in FILES
    }
    assert set(FILES) == set(listed)
    place = api.download_file("o/d", "dataset", "in/b.csv", local_dir=str(tmp_path))
    assert FILES["in/b.csv"] == Path(place).read_bytes()
    assert "apache" in str(api.get_repo("o/d", "dataset").license).lower()
