"""What every test stands on: a cache of its own, no network but loopback, no telemetry."""

import os
import socket
import tempfile

_home = tempfile.mkdtemp(prefix="hf_sft_tests_")
os.environ["HF_HOME"] = _home
os.environ["HF_UPDATE_DOWNLOAD_COUNTS"] = "0"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_UPDATE_CHECK"] = "1"
for secret in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HF_TOKEN", "HF_DATASETS_CACHE"):
    os.environ.pop(secret, None)

import shutil  # noqa: E402
from pathlib import Path  # noqa: E402

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

import hf_sft_builders as sft  # noqa: E402

# Machines differ in speed, and a test must not fail for that.
settings.register_profile(
    "steady",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("steady")

EXAMPLES = Path(__file__).parent.parent / "examples"

_connect = socket.socket.connect


def _refuse(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(
        ("127.", "::1", "localhost")
    ):
        raise PermissionError(f"A test reached for {address}; tests have no network but loopback.")
    return _connect(self, address)


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Refuse every address that is not this machine."""
    monkeypatch.setattr(socket.socket, "connect", _refuse)


@pytest.fixture
def docs(tmp_path):
    """A folder with one small Markdown document."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "guide.md").write_text(GUIDE, encoding="utf-8")
    return folder


@pytest.fixture
def load(tmp_path):
    """`load_dataset` of one of our builders, with a cache of its own."""
    from datasets import load_dataset

    def load(name, **options):
        options.setdefault("cache_dir", str(tmp_path / "cache"))
        return load_dataset(f"hf_sft_builders/{name}", **options)

    return load


def pytest_collection_modifyitems(items):
    """Tests inside a Ray of their own process come last: a process with Ray's threads is not fit to fork."""
    items.sort(key=lambda item: "one_ray" in item.fixturenames)


def pytest_sessionfinish(session):
    """Leave nothing behind."""
    shutil.rmtree(_home, ignore_errors=True)


assert sft.__version__

GUIDE = """# 云溪古城旅行指南

云溪古城是岚州市云溪县的一座山水古城，位于岚江上游、云顶山南麓。

## 望云楼

望云楼是古城的标志，建于明正统六年（1441 年），高 28.6 米，共四层。

地址：长庆街北端 1 号
门票：80 元／人
开放时间：8:00—18:00

## 酒店

| 酒店 | 房价 | 电话 |
| --- | --- | --- |
| 云溪客栈 | 320 元 | 0699-5550201 |
| 沈家重院 | 580 元 | 0699-5550202 |
"""
