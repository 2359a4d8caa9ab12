"""Workers of a cluster are one client: of one budget, one pace, one store, one account."""

import pytest
from chat_server import running

import hf_sft_builders as sft

data = pytest.importorskip("ray.data", reason="needs ray: pip install 'ray[data]'")


@pytest.fixture(autouse=True)
def store(one_ray, tmp_path):
    """The service's store is that of the tests; each test has questions of its own."""
    return tmp_path.name


@pytest.fixture
def server():
    """A model that takes its time."""
    with running(latency=0.05) as server:
        yield server


def asked(server, rows, template="Say {text}", **limits):
    """Map an op over rows in eight blocks, on two workers."""
    op = sft.generate(template, model="m", base_url=server.base_url, **limits)
    spread = data.from_items([{"text": text} for text in rows], override_num_blocks=8)
    return spread.map_batches(op, batch_format="pyarrow").take_all()


def words(store, count):
    """Questions that no other test asks."""
    return [f"{store} row {n}" for n in range(count)]


def test_requests_in_flight_are_those_of_all_workers(server, store):
    """`max_concurrency` is the cluster's."""
    made = asked(server, words(store, 120), max_concurrency=5)
    assert 120 == len(made)
    assert 5 >= server.stats()["max_in_flight"] > 2


def test_the_rate_is_that_of_all_workers(server, store):
    """`requests_per_minute` is the cluster's: sixty requests at twenty a second take three seconds."""
    asked(server, words(store, 60), requests_per_minute=1200)
    stats = server.stats()
    assert stats["last_request"] - stats["first_request"] > 59 / 20 * 0.95


def test_one_refusal_teaches_all_workers(server, store):
    """A server that bears six at a time refuses hardly more than one client would make it."""
    server.control(max_in_flight=6)
    made = asked(server, words(store, 200), max_concurrency=64)
    stats = server.stats()
    assert 200 == len(made) == stats["statuses"]["200"]
    # Without a shared view each worker floods the server anew, once per answered request.
    assert stats["statuses"].get("429", 0) < 200
    assert {"calls": 200} == {"calls": sft.last_run().usage["calls"]}


def test_a_question_of_many_workers_is_paid_once(server, store):
    """Who comes second waits for the reply that the first will get."""
    made = asked(server, words(store, 1) * 40)
    assert 40 == len(made)
    assert 1 == server.stats()["requests"]


def test_a_question_that_fails_fails_for_all_and_hangs_nobody(server, store):
    """Those who wait are told that no reply will come, and fail the same way."""
    server.control(faults=[{"kind": "400", "containing": "bad"}])
    rows = [*words(store, 30), *["bad"] * 8]
    made = asked(server, rows, max_failures=1.0)
    assert 30 == len(made)
    assert 8 == len(sft.last_run().failures)


def test_tokens_are_limited_over_all_workers(server, store):
    """A job stops before it costs more, and goes on with what it has when the limit is raised."""
    rows = words(store, 80)
    with pytest.raises(Exception, match="max_tokens_total=900"):
        asked(server, rows, max_tokens=64, max_tokens_total=900, max_concurrency=4)
    spent = server.stats()["usage"]
    assert 0 < spent["prompt_tokens"] + spent["completion_tokens"] <= 900
    asked(server, rows, max_tokens=64)
    assert 80 == server.stats()["requests"]


def test_failures_are_limited_over_all_workers(server, store):
    """The share of failed rows is that of the job, not of one block."""
    server.control(faults=[{"kind": "400", "containing": "bad"}])
    rows = [text + (" bad" if n % 10 == 0 else "") for n, text in enumerate(words(store, 160))]
    assert 144 == len(asked(server, rows, max_failures=0.3))
    assert (160, 16) == (sft.last_run().counts["inputs"], len(sft.last_run().failures))
    with pytest.raises(Exception, match="more than max_failures=0.02 allows"):
        asked(server, rows, template="Tell {text}", max_failures=0.02)


def test_workers_are_given_how_to_reach_a_model(server, store, monkeypatch):
    """Address and key of the driver's environment; never written, so only asked of the service."""
    server.control(api_key="sk-of-the-driver")
    with pytest.raises(Exception, match="401"):
        asked(server, words(store, 4))
    op = sft.generate("Say {text}", model="m", base_url=server.base_url)
    assert "sk-of" not in repr(vars(op))
