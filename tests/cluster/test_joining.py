"""Which cluster a call works on."""

import signal
import socket
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError
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
    monkeypatch.setattr(joining, "_knock", lambda _: None)
    monkeypatch.setenv("RAY_ADDRESS", environment)
    with joining.connected(address):
        assert [expected] == calls
    assert [expected, "shutdown"] == calls


def test_the_end_of_a_cluster_of_ones_own_leaves_no_handler(monkeypatch):
    """Ray handles SIGTERM in the program's process, and forgets to stop; forks would be deaf to it."""

    def init(_, **__):
        signal.signal(signal.SIGTERM, lambda *_: None)

    ray = SimpleNamespace(is_initialized=lambda: False, init=init, shutdown=lambda: None)
    monkeypatch.setattr(joining, "the_ray", lambda: ray)
    before = signal.getsignal(signal.SIGTERM)
    with joining.connected(None):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("address", ["127.0.0.1:{port}", "auto", "nonsense"])
def test_an_address_where_no_cluster_is_ends_the_call_at_once(address, monkeypatch):
    """Ray would try a port where nobody listens for many minutes, without a word of ours."""

    def init(address, **_):
        if address == "auto":
            raise ConnectionError("Could not find any running Ray instance.")
        if address == "nonsense":
            raise ValueError("Invalid address format: nonsense")
        pytest.fail("Ray was asked to join a port where nobody listens")

    ray = SimpleNamespace(is_initialized=lambda: False, init=init)
    monkeypatch.setattr(joining, "the_ray", lambda: ray)
    with socket.socket() as closed:  # bound, so that nobody else listens there either
        closed.bind(("127.0.0.1", 0))
        address = address.format(port=closed.getsockname()[1])
        with (
            pytest.raises(ConfigurationError, match=f"No Ray cluster is at address='{address}'"),
            joining.connected(address),
        ):
            pytest.fail("connected")


HERE = "192.0.2.7"


@pytest.fixture
def joined(monkeypatch):
    """A connection that the program made before, to a cluster whose head is this machine."""
    client = SimpleNamespace(ray=SimpleNamespace(is_connected=lambda: False))
    ray = SimpleNamespace(
        is_initialized=lambda: True,
        get_runtime_context=lambda: SimpleNamespace(gcs_address=f"{HERE}:6379"),
        util=SimpleNamespace(get_node_ip_address=lambda: HERE, client=client),
    )
    monkeypatch.setattr(joining, "the_ray", lambda: ray)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.mark.parametrize("address", [None, "auto", f"{HERE}:6379", "127.0.0.1:6379"])
def test_the_cluster_that_a_program_is_connected_to_is_used(address, joined):
    """By no name, or by any of its own."""
    with joining.connected(address):
        pass


@pytest.mark.parametrize(
    "address", ["192.0.2.8:6379", "127.0.0.1:6380", "local", f"ray://{HERE}:10001"]
)
def test_another_address_than_that_of_the_connection_is_refused(address, joined):
    """It would be passed over: the error names both."""
    with pytest.raises(ConfigurationError) as found, joining.connected(address):
        pass
    assert repr(address) in str(found.value)
    assert f"{HERE}:6379. Leave address= out" in str(found.value)


def test_auto_is_what_the_environment_says(joined, monkeypatch):
    """`RAY_ADDRESS` names the cluster of `auto`, as for Ray."""
    monkeypatch.setenv("RAY_ADDRESS", "192.0.2.8:6379")
    with pytest.raises(ConfigurationError, match="RAY_ADDRESS='192"), joining.connected("auto"):
        pass


def test_a_real_connection_is_known_by_its_address(one_ray, tmp_path):
    """Before any work is done, by every call that takes an address."""
    joined = one_ray.get_runtime_context().gcs_address
    with joining.connected(joined), joining.connected("auto"):
        pass
    folders = (str(tmp_path), str(tmp_path / "out"))
    pq.write_table(pa.table({"t": ["a"]}), tmp_path / "rows.parquet")
    known = {"address": "192.0.2.8:6379"}
    for call in (
        lambda: sft.ray.build("documents", data_dir=str(tmp_path), **known),
        lambda: sft.ray.deduplicate(*folders, by="t", **known),
        lambda: sft.ray.decontaminate(*folders, {"x": pa.table({"t": ["b"]})}, by="t", **known),
    ):
        with pytest.raises(ConfigurationError, match=f"at {joined}"):
            call()
