"""One small Ray on this machine for all tests of a worker process."""

import os

import pytest

os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")


@pytest.fixture(scope="session")
def one_ray():
    """Ray with two workers on loopback, started once."""
    ray = pytest.importorskip("ray", reason="needs ray: pip install 'ray[data]'")
    from hf_sft_builders.ray.joining import own_sigterm

    with own_sigterm():
        ray.init(
            address="local",
            num_cpus=2,
            object_store_memory=80 * 2**20,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
            _node_ip_address="127.0.0.1",
        )
    yield ray
    ray.shutdown()
