"""What dies on a cluster costs the requests that were in flight, and no row.

Each job runs in a process of its own on two nodes and a head, all on this machine;
`benchmarks/ray_kills.py` prints what each kind of kill costs.
"""

import pytest

pytest.importorskip("ray.data", reason="needs ray: pip install 'ray[data]'")
pytest.importorskip("psutil", reason="needs psutil, to find a worker")

from cluster import job, kills


@pytest.mark.parametrize(
    ("work", "kinds"),
    [
        ("map", ["worker", "service"]),
        ("build", ["node"]),
        ("build", ["head"]),
        ("build", ["everything"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value),
)
def test_a_kill_costs_the_requests_in_flight(work, kinds, tmp_path):
    """SIGKILL while requests are on their way; what ends the job is made good by running it again.

    Without its head node a driver ends by itself. Shards that were finished are not worked on again.
    """
    found = kills.trial(work, kinds, tmp_path / "trial")
    assert found.expected == found.rows
    assert job.ROWS == found.inputs
    assert 0 <= found.repeated <= found.allowed
    assert found.in_flight <= 2 * kills.IN_FLIGHT
    if kinds[0] in kills.ENDS_THE_JOB:
        assert found.finished > 0
        assert job.FILES - found.finished == found.shards
