"""Whatever goes wrong on the way to the Hub: readers see the old version or the new one, whole.

Every reader has a cache of its own; every client is the real one. After each fault, a second publish
finishes the work without sending anything twice.
"""

import json
import re
import time

import datasets
import pytest
from hub_server.clients import Failed

OLD, NEW = {"train": {"old": 4}}, {"train": {"new": 6}}

HEALING = {
    "500 on whoami": ("whoami", "status", {}),
    "503 on repo_info": ("info", "status", {"status": 503}),
    "500 on the tree": ("tree", "status", {}),
    "500 on reading the old card": ("resolve", "status", {"skip": 1}),
    "500 on preupload": ("preupload", "status", {}),
    "429 with Retry-After on preupload": ("preupload", "status", {"status": 429, "retry_after": 1}),
    "500 on the LFS batch": ("lfs_batch", "status", {}),
    "500 on PUT": ("lfs_put", "status", {}),
    "connection reset in mid-PUT": ("lfs_put", "reset", {}),
    "PUT stored, answer lost": ("lfs_put", "lost", {}),
    "500 on LFS verify": ("lfs_verify", "status", {}),
    "500 on validate-yaml": ("validate_yaml", "status", {}),
    "500 on commit": ("commit", "status", {}),
    "502 on commit, twice": ("commit", "status", {"status": 502, "times": 2}),
    "429 with Retry-After on commit": ("commit", "status", {"status": 429, "retry_after": 1}),
    "409 on commit": ("commit", "status", {"status": 409}),
    "connection reset on commit": ("commit", "reset", {}),
    "commit applied, answer lost": ("commit", "lost", {}),
    "500 on the tag": ("tag", "status", {}),
    "tag set, answer lost": ("tag", "lost", {}),
}
FINAL = {
    "500 on every commit": ("commit", {"times": 99}, "did not take it in 7 tries"),
    "401, revoked, on commit": ("commit", {"status": 401, "message": "revoked"}, "hf auth login"),
    "403 on commit": ("commit", {"status": 403, "message": "no rights"}, "write access"),
    "400 on commit": ("commit", {"status": 400, "message": "your push was rejected"}, "rejected"),
    "403 on preupload": ("preupload", {"status": 403}, "write access"),
}


@pytest.fixture
def published(hub):
    """A repository with the old version."""
    hub("put(rows('old', 4))")
    hub.server.heal()
    return hub


@pytest.mark.parametrize("fault", HEALING)
def test_what_heals_is_waited_for(fault, published):
    """Publish goes on by itself; there is one new commit, and every byte was stored once."""
    kind, do, options = HEALING[fault]
    published.server.fault(kind, do, **options)
    done = published("put(rows('new'), tag='v2')")
    assert published.server.requests(kind), "the fault met no request"
    assert NEW == published("see()") == published("see(revision='v2')")
    assert 2 == len(published.history)
    assert {"v2": done["revision"]} == published.server.repository(published.repo)["tags"]
    again = published("put(rows('new'), tag='v2')")
    assert (done["revision"], False) == (again["revision"], again["changes"])
    assert 2 == len(published.history) == len(published.server.repository(published.repo)["large"])


@pytest.mark.parametrize("fault", FINAL)
def test_what_does_not_heal_leaves_the_old_version(fault, published):
    """One clear error; readers see the old rows; the next publish sends nothing twice."""
    kind, options, words = FINAL[fault]
    published.server.fault(kind, **options)
    told = published.refused("put(rows('new'))")
    assert words in told
    assert published.repo in told
    assert OLD == published("see()")
    sent = published.sent()
    published.server.heal()
    published("put(rows('new'))")
    assert 1 == sent + published.sent()
    assert NEW == published("see()")
    assert 2 == len(published.history)


def test_a_first_publish_that_fails_shows_nothing(hub):
    """An empty repository is left, as private as it was asked for; a second publish fills it."""
    hub.server.fault("commit", status=403)
    hub.refused("put(rows('new'), private=True)")
    assert hub.server.repository(hub.repo)["private"]
    assert [".gitattributes"] == list(hub.files)
    hub("put(rows('new'), private=True)")
    assert NEW == hub("see()")


def test_a_token_that_may_only_read_is_told_before_any_work(published):
    """Nothing is written or sent."""
    told = published.refused("put(rows('new'), token='hf_mei_reads')")
    assert "may only read" in told
    assert ["whoami"] == [request["kind"] for request in published.server.requests()]


def test_a_repository_of_somebody_else_is_refused(published):
    """Another user's token cannot publish here."""
    told = published.refused("put(rows('new'), token='hf_li')")
    assert "don't have the rights to write" in told
    assert OLD == published("see()")


def test_kill_in_mid_upload_leaves_the_old_version(published, tmp_path):
    """After kill -9 the next publish finishes, and clears what was left on the disk."""
    published.server.fault("lfs_put", "stall")
    home = tmp_path / "home"
    job = published.start("put(rows('new'))", home=home)
    for _ in range(3_000):
        if published.server.requests("stalled"):
            break
        time.sleep(0.02)
    job.kill()
    assert published.server.requests("stalled")
    assert OLD == published("see()")
    left = list(home.rglob(".hf_sft_publish-*"))
    assert left
    published.start("put(rows('new'))", home=home).result()
    assert NEW == published("see()")
    assert not list(home.rglob(".hf_sft_publish-*"))
    assert 2 == len(published.history)


def test_a_commit_in_between_is_kept(published):
    """412: somebody else's file and our version are both there afterwards."""
    published.server.fault("commit", "race", files={"NOTES.txt": "theirs"})
    published("put(rows('new'))")
    assert ["Publish 6 rows", "by somebody else", "Publish 4 rows"] == published.history
    assert "NOTES.txt" in published.files
    assert NEW == published("see()")


def test_another_dataset_in_between_is_not_replaced_unasked(hub):
    """Who was first wins; the second is told in what the two differ."""
    theirs = {"published": {"identity": {"format": "alpaca"}, "files": {"theirs.txt": {}}}}
    files = {"hf_sft_manifest.json": json.dumps(theirs), "theirs.txt": "theirs"}
    hub.server.fault("commit", "race", files=files)
    told = hub.refused("put(rows('new'), overwrite=False)")
    assert "holds another dataset" in told
    assert ["by somebody else"] == hub.history


def test_two_publishers_at_once(published):
    """Both end well; readers see the rows of one of them, whole; and nothing is sent twice."""
    jobs = [published.start(f"put(rows('{word}', {n}))") for word, n in (("one", 7), ("two", 9))]
    for job in jobs:
        job.result()
    assert published("see()") in ({"train": {"one": 7}}, {"train": {"two": 9}})
    assert 3 == len(published.history) == len(published.server.repository(published.repo)["large"])


def test_sixty_shards_become_visible_in_one_step(published):
    """They travel on a branch; the branch is gone afterwards."""
    published("put(shards('new', 60), tag='v2')")
    assert {"train": {"new": 60}} == published("see(revision='v2')") == published("see()")
    assert ["Publish 60 rows", "Publish 4 rows"] == published.history
    assert 60 == published.sent()
    assert ["main"] == list(published.server.repository(published.repo)["branches"])
    again = published("put(shards('new', 60))")
    assert not again["changes"]


@pytest.mark.parametrize(("skip", "where"), [(1, "on the branch"), (2, "on main")])
@pytest.mark.parametrize("first", [True, False], ids=["first publication", "update"])
def test_a_later_commit_of_sixty_shards_fails(skip, where, first, hub):
    """Readers see nothing of it; the next publish goes on where this one stopped."""
    if not first:
        hub("put(rows('old', 4))")
        hub.server.heal()
    hub.server.fault("commit", status=403, skip=skip)
    hub.refused("put(shards('new', 60))")
    if first:
        assert [".gitattributes"] == list(hub.files)
    else:
        assert OLD == hub("see()")
    commits = len(hub.server.requests("commit"))
    assert skip + 1 == commits, where
    hub("put(shards('new', 60))")
    assert {"train": {"new": 60}} == hub("see()")
    assert 60 == hub.sent()
    assert 3 - skip == len(hub.server.requests("commit")) - commits
    assert ["main"] == list(hub.server.repository(hub.repo)["branches"])


@pytest.mark.skipif(
    int(datasets.__version__.split(".")[0]) < 4, reason="datasets 3 reads what the card lists"
)
def test_readers_here_can_see_a_mixture(hub):
    """What plain `push_to_hub` leaves after such a fault is seen, so the tests above can fail."""
    hub("rows('old', 4).push_to_hub(repo)")
    hub.server.fault("commit", status=403, skip=1)
    with pytest.raises(Failed):
        hub("rows('new', 60).push_to_hub(repo, num_shards=60)")
    told = hub(
        "from collections import Counter\n"
        "tell(**Counter(r['word'] for r in load_dataset(repo, split='train', streaming=True)))"
    )
    assert {"old": 4, "new": 50} == told


def test_sixty_shards_heal_by_themselves(published):
    """The answer to each of the three commits is lost once; all the same, all is there once."""
    for skip in (0, 0, 0):
        published.server.fault("commit", "lost", skip=skip)
    published("put(shards('new', 60))")
    assert {"train": {"new": 60}} == published("see()")
    assert 60 == published.sent()
    assert 2 == len(published.history)
    assert ["main"] == list(published.server.repository(published.repo)["branches"])


def test_a_hub_out_of_reach_and_a_wrong_token_are_one_error_each(hub):
    """What the client raised underneath is in the words, not in a chain of tracebacks."""
    away = "import huggingface_hub; huggingface_hub.constants.ENDPOINT = 'http://127.0.0.1:9'; "
    for code, words in {
        away + "put(rows('new'))": "(http://127.0.0.1:9/datasets/",
        "put(rows('new'), token='hf_wrong')": "hf auth login",
    }.items():
        with pytest.raises(Failed, match=re.escape(words)) as caught:
            hub(code)
        assert "PublishError" == caught.value.kind
        assert 1 == caught.value.trace.count("Traceback")
    with pytest.raises(Failed, match=r"does not know the token \(401\).*hf auth login") as caught:
        hub("sft.resolve_uri('hf://datasets/mei/x/a.csv', {'token': 'hf_wrong'})")
    assert "SourceError" == caught.value.kind
