"""A server and a store for each test of the engine."""

import pytest
from chat_server import running

from hf_sft_builders.llm import OpenAIChat


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


@pytest.fixture
def model(server, store):
    """The model that the server serves."""
    return OpenAIChat("test-model", server.base_url)
