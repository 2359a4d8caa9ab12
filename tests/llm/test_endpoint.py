"""Where requests go, and how the limits of one endpoint are shared out."""

import subprocess
import sys

import pytest

from hf_sft_builders import errors
from hf_sft_builders.llm import ChatRequest, OpenAIChat, Runtime
from hf_sft_builders.llm.endpoint import find_endpoint
from hf_sft_builders.llm.sharing import Share


def test_environment_of_openai_is_honoured(monkeypatch):
    """Address, key, organisation and project are read from `openai`'s own variables."""
    monkeypatch.setenv("OPENAI_BASE_URL", "https://models.example/v1/")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    endpoint = find_endpoint("m", None, None)
    assert "https://models.example/v1/chat/completions" == endpoint.url
    assert "Bearer sk-1" == endpoint.headers["authorization"]
    assert "org-1" == endpoint.headers["openai-organization"]
    assert "sk-1" not in repr(endpoint)


def test_credentials_in_an_address_are_not_told():
    """What is shown and keyed by has neither user, password nor query."""
    endpoint = find_endpoint("m", "http://me:secret@localhost:1/v1?key=hidden", None)
    assert "http://localhost:1/v1/chat/completions" == endpoint.address
    assert "secret" not in endpoint.redact(f"cannot reach {endpoint.url}")


def test_what_is_no_address_is_refused():
    """A base_url without a scheme says what is expected."""
    with pytest.raises(errors.ConfigurationError, match="http://localhost:8000/v1"):
        find_endpoint("m", "localhost:8000", None)


def test_azure_is_asked_as_azure_wants(server, store, monkeypatch):
    """With `AZURE_OPENAI_ENDPOINT` the deployment is in the path and the key in its own header."""
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.base_url.removesuffix("/v1"))
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key-1")
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-06-01")
    [reply] = OpenAIChat("my-deployment").replies([ChatRequest.ask("hello")], Runtime())
    assert "hello" in reply.text
    [seen] = server.requests()
    assert "/openai/deployments/my-deployment/chat/completions" in str(seen)


def test_limits_are_divided_among_living_processes(tmp_path, monkeypatch):
    """Each process that uses an endpoint counts, for as long as it lives."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code = (
        "from hf_sft_builders.llm.sharing import Share; import sys;"
        "Share('http://x'); print('ready', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline()
        assert 2 == Share("http://x").users()
        assert 1 == Share("http://y").users()
        other.kill()
    assert 1 == Share("http://x").users()
