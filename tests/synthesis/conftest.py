"""A server and a store for ops that ask over the wire."""

import pytest
from chat_server import running


@pytest.fixture
def server():
    """A stand-in for a hosted model, in a process of its own."""
    with running() as server:
        yield server


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A reply store of the test's own."""
    path = tmp_path / "replies.sqlite"
    monkeypatch.setenv("HF_SFT_REPLIES", str(path))
    return path
