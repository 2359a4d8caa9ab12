"""One small Ray on this machine for all tests of a worker process."""

import os

import pytest

os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

ray = pytest.importorskip("ray", reason="needs ray: pip install 'ray[data]'")

OBJECTS = 80 * 2**20


def start(**options):
    """Start Ray on loopback, quietly."""
    ray.init(
        address="local",
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        _node_ip_address="127.0.0.1",
        **options,
    )


@pytest.fixture(scope="session")
def one_ray():
    """Ray with two workers, started once."""
    if not ray.is_initialized():
        start(num_cpus=2, object_store_memory=OBJECTS)
    yield ray
    ray.shutdown()
