"""All catalogues on this machine, with a cache of their own."""

import pytest
from catalogue_servers import running


@pytest.fixture(scope="module")
def stand_ins():
    """One server for a module's tests."""
    with running() as server:
        yield server


@pytest.fixture
def servers(stand_ins, monkeypatch, tmp_path):
    """The server, without faults and memories; no credentials of this machine are read."""
    stand_ins.faults.clear()
    stand_ins.requests.clear()
    stand_ins.pages.clear()
    stand_ins.struck.clear()
    for name, value in stand_ins.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    return stand_ins
