"""The same with Xet, the Hub's chunk store: the stock `hf_xet` works on a store on disk."""

import pytest

pytest.importorskip("hf_xet")

XET = "hub.constants.HF_HUB_DISABLE_XET = False\n"
NEW = {"train": {"new": 6}}


@pytest.fixture
def xet(hub):
    """A repository with the old version, published by Xet."""
    hub(XET + "put(rows('old', 4))")
    hub.server.heal()
    return hub


def test_rows_travel_by_xet_both_ways(xet):
    """Nothing goes by LFS; readers with Xet and without see the same; a second publish sends nothing."""
    xet(XET + "put(rows('new'), tag='v2')")
    assert xet.server.requests("xet_token")
    assert not xet.server.requests("lfs_batch", "lfs_put")
    assert NEW == xet(XET + "see(revision='v2')") == xet("see()")
    assert 2 == len(xet.history)
    assert not xet(XET + "put(rows('new'))")["changes"]


@pytest.mark.parametrize(
    ("kind", "do", "options"),
    [
        ("xet_token", "status", {"status": 503}),
        ("commit", "lost", {}),
        ("commit", "race", {}),
        ("commit", "status", {"status": 429, "retry_after": 1}),
    ],
)
def test_what_heals_is_waited_for(kind, do, options, xet):
    """Faults are the same as with LFS."""
    xet.server.fault(kind, do, **options)
    xet(XET + "put(rows('new'))")
    assert xet.server.requests(kind)
    assert NEW == xet(XET + "see()")
    assert 1 == xet.history.count("Publish 6 rows")
    assert not xet(XET + "put(rows('new'))")["changes"]


def test_sixty_shards_become_visible_in_one_step(xet):
    """By way of a branch, with the answer to the last commit lost."""
    xet.server.fault("commit", "lost", skip=2)
    xet(XET + "put(shards('new', 60))")
    assert {"train": {"new": 60}} == xet(XET + "see()") == xet("see()")
    assert ["Publish 60 rows", "Publish 4 rows"] == xet.history
    assert ["main"] == list(xet.server.repository(xet.repo)["branches"])
