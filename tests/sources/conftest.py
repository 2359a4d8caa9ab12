"""A server for each test, and an environment that knows no other platform."""

import os
import shutil

import pytest
from platform_servers import running

from hf_sft_builders.sources.http import POOL
from hf_sft_builders.sources.known_listings import KNOWN, storage_folder
from hf_sft_builders.sources.openxlab_sign_in import TOKENS

NAMES = ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY", "MODELSCOPE_API_TOKEN")


@pytest.fixture(scope="session")
def one_server():
    """Start the stand-ins once for all tests of a worker."""
    with running() as server:
        yield server


@pytest.fixture
def server(one_server, monkeypatch, tmp_path):
    """Give the stand-ins, with no fault on and nothing known of them."""
    for name in (*NAMES, "HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("KAGGLE", "MODELSCOPE", "OPENDATALAB", "OPENDATALAB_AUTH"):
        monkeypatch.setenv(f"HF_SFT_{name}_ENDPOINT", one_server.url)
    monkeypatch.setenv("OPENXLAB_AK", "good-ak")
    monkeypatch.setenv("OPENXLAB_SK", "good-sk")
    monkeypatch.setattr("hf_sft_builders.sources.http.PAUSE", 0.001)
    monkeypatch.setattr("hf_sft_builders.sources.known_listings.BURST", 0.0)
    one_server.fresh()
    forget()
    return one_server


def forget():
    """Be as a new process on a new machine."""
    from hf_sft_builders.sources.opendatalab import OpenDataLabFileSystem

    KNOWN.forget()
    TOKENS.forget()
    OpenDataLabFileSystem.platform.forget()
    POOL.restart()
    for name in ("listings", "parts"):
        shutil.rmtree(storage_folder(name), ignore_errors=True)


@pytest.fixture(params=["kaggle", "modelscope", "opendatalab"])
def platform(request):
    """Each of our protocols."""
    return request.param


assert os.environ["HF_HOME"]
