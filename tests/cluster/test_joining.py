"""Which cluster a call works on."""

from types import SimpleNamespace

import pytest

from hf_sft_builders.ray import joining


@pytest.mark.parametrize(
    ("address", "environment", "expected"),
    [
        (None, "", "local"),
        (None, "10.0.0.1:6379", "10.0.0.1:6379"),
        ("auto", "10.0.0.1:6379", "auto"),
    ],
)
def test_no_cluster_of_somebody_else_is_joined(address, environment, expected, monkeypatch):
    """Without an address, and without RAY_ADDRESS, there is a cluster of one's own, for that time."""
    calls = []
    ray = SimpleNamespace(
        is_initialized=lambda: False,
        init=lambda address, **_: calls.append(address),
        shutdown=lambda: calls.append("shutdown"),
    )
    monkeypatch.setattr(joining, "the_ray", lambda: ray)
    monkeypatch.setenv("RAY_ADDRESS", environment)
    with joining.connected(address):
        assert [expected] == calls
    assert [expected, "shutdown"] == calls
