"""The engine against a server that speaks the real protocol: order, faults, and who pays what."""

import copy
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time

import pytest
from chat_server import running
from datasets import Dataset
from pydantic import BaseModel

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.llm import ChatRequest, OpenAIChat, Reply, Runtime

QUICK = Runtime(max_concurrency=16, timeout=5, max_retries=4)


def asks(number, words="say {}"):
    """Some requests."""
    return [ChatRequest.ask(words.format(n)) for n in range(number)]


def texts(model, requests, runtime=QUICK):
    """The replies' texts; errors fail."""
    replies = list(model.replies(requests, runtime))
    assert [] == [reply for reply in replies if not isinstance(reply, Reply)]
    return [reply.text for reply in replies]


def test_replies_come_in_order_whatever_the_latency(server, model):
    """A long tail changes nothing about which reply belongs to which request."""
    server.control(latency=0.02, latency_sigma=1.0)
    assert [f"Echo: say {n}" for n in range(200)] == texts(model, asks(200))
    assert 16 >= server.stats()["max_in_flight"] > 8


def test_second_run_asks_nothing(server, model):
    """Replies are kept: another object, another time, no call."""
    first = texts(model, asks(20))
    server.reset()
    assert first == texts(OpenAIChat("test-model", server.base_url), asks(20))
    assert 0 == server.stats()["requests"]


def test_one_more_request_is_one_more_call(server, model):
    """Only what is new is asked."""
    texts(model, asks(20))
    server.reset()
    texts(model, asks(21))
    assert 1 == server.stats()["requests"]


def test_another_server_under_the_same_name_is_asked_again(server, model):
    """A reply belongs to the endpoint that gave it, unless `model_id` names the model."""
    texts(model, asks(5))
    with running() as other:
        texts(OpenAIChat("test-model", other.base_url), asks(5))
        assert 5 == other.stats()["requests"]
        texts(OpenAIChat("test-model", server.base_url, model_id="m-1"), asks(5))
        texts(OpenAIChat("renamed", other.base_url, model_id="m-1"), asks(5))
        assert 5 == other.stats()["requests"]


FAULTS = {
    "500": {"kind": "500", "first_tries": 2},
    "503": {"kind": "503", "every": 3},
    "429": {"kind": "429", "every": 3, "retry_after": 0.05},
    "reset before": {"kind": "reset", "first_tries": 1},
    "reset inside": {"kind": "reset_in_body", "every": 4},
    "closed inside": {"kind": "close_in_body", "every": 4},
    "garbage": {"kind": "garbage", "every": 4},
    "truncated": {"kind": "truncated", "every": 4},
    "proxy page with 200": {"kind": "html_200", "every": 4},
    "proxy page with 502": {"kind": "html_502", "every": 4},
    "slow body": {"kind": "dribble", "every": 4, "seconds": 0.3},
    "empty": {"kind": "empty", "first_tries": 1, "per": "opening"},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_heals_is_healed_and_nothing_is_lost(server, model, fault):
    """Refusals, breaks and nonsense are asked again; all rows come, in order."""
    server.control(latency=0.01, faults=[FAULTS[fault]])
    assert 30 == len(texts(model, asks(30)))


def test_a_request_that_never_answers_times_out_and_is_asked_again(server, model):
    """A hanging connection costs its timeout, not the run."""
    server.control(faults=[{"kind": "hang", "first_tries": 1, "containing": "say 7"}])
    assert 10 == len(texts(model, asks(10), Runtime(timeout=1.0)))


HOPELESS = {
    "wrong key": ({"kind": "401", "message": "bad key"}, "bad key"),
    "forbidden": ({"kind": "403", "message": "not for you"}, "not for you"),
    "wrong model": ({"kind": "404", "message": "no such model"}, "no such model"),
    "bad request": ({"kind": "400", "message": "temperature too hot"}, "temperature too hot"),
    "no money": ({"kind": "429", "message": "insufficient_quota: pay"}, "insufficient_quota"),
}


@pytest.mark.parametrize("fault", HOPELESS)
def test_what_will_not_heal_stops_at_once_with_the_servers_words(server, model, fault):
    """No retry, no flood: an error that says what the server said."""
    rule, words = HOPELESS[fault]
    server.control(latency=0.02, faults=[rule])
    with pytest.raises(errors.EndpointError, match=words):
        list(model.replies(asks(200), QUICK))
    assert server.stats()["requests"] <= 2 * QUICK.max_concurrency


def test_no_server_says_where_and_soon(store):
    """A wrong address stops the run with that address, not row by row."""
    model = OpenAIChat("m", "http://127.0.0.1:9/v1")
    with pytest.raises(errors.EndpointError, match=r"127\.0\.0\.1:9/v1.*cannot be reached"):
        list(model.replies(asks(100), Runtime()))


def test_missing_key_names_the_variable(store):
    """Without key and address the error says what to set."""
    with pytest.raises(errors.EndpointError, match="OPENAI_API_KEY"):
        list(OpenAIChat("gpt-x").replies(asks(1), QUICK))


def test_one_bad_row_takes_no_other_with_it(server, model):
    """A request that always fails is an error in its place, every other one a reply."""
    server.control(faults=[{"kind": "500", "containing": "say 7 "}])
    replies = list(model.replies(asks(20, "say {} !"), Runtime(max_retries=1)))
    bad = [n for n, reply in enumerate(replies) if isinstance(reply, errors.ModelError)]
    assert [7] == bad
    server.reset()
    server.control(faults=[])
    assert 20 == len(texts(model, asks(20, "say {} !")))
    assert 1 == server.stats()["requests"]


class Fact(BaseModel):
    """A shape to ask for."""

    name: str
    height: float


def test_shapes_are_asked_as_the_server_can(server, model):
    """json_schema, then json_object, then words; found out once per endpoint."""
    request = [ChatRequest.ask(f"fact {n}", schema=Fact) for n in range(8)]
    for known in (["json_schema", "json_object"], ["json_object"], []):
        with running(response_formats=known) as other:
            replies = list(
                OpenAIChat("m", other.base_url).replies(request, Runtime(max_concurrency=1))
            )
            assert all(isinstance(reply.parsed, Fact) for reply in replies)
            assert other.stats()["requests"] <= 8 + 2


def test_a_server_that_only_streams_is_streamed(server, model):
    """The pieces are put together, reasoning apart from the answer."""
    server.control(streaming_only=True, reasoning="reasoning_content", reasoning_text="Hm.")
    [reply] = model.replies(asks(1), QUICK)
    assert ("Hm.", "stop") == (reply.reasoning, reply.finish_reason)
    assert "Hm." not in reply.text
    assert reply.usage["tokens_out"] > 0


@pytest.mark.parametrize("kind", ["reasoning_content", "reasoning", "think", "thinking"])
def test_reasoning_is_captured_and_never_leaks(server, model, kind):
    """However a server says what it thought, the answer is free of it."""
    server.control(reasoning=kind, reasoning_text="Deep thought.")
    [reply] = model.replies(asks(1), QUICK)
    assert "Deep thought." == reply.reasoning
    assert "Deep thought." not in reply.text


def test_noise_around_json_is_taken_off_and_named(server, model):
    """Fences, prose, quotes and commas do not cost a second call."""
    server.control(noise=["fence", "prose", "single_quotes", "trailing_commas"])
    requests = [ChatRequest.ask(f"fact {n}", schema=Fact) for n in range(4)]
    replies = list(model.replies(requests, Runtime(max_concurrency=1)))
    assert all(isinstance(reply.parsed, Fact) for reply in replies)
    assert {"code fence", "single quotes", "trailing comma"} <= {
        repair for reply in replies for repair in reply.repairs
    }
    assert 4 == server.stats()["requests"]


def test_wrong_shapes_go_back_with_the_error(server, model):
    """A reply that does not fit is asked for again, at most `max_repairs` times, and all is kept."""
    rule = {"kind": "wrong_shape", "first_tries": 1, "per": "opening"}
    server.control(faults=[rule])
    [reply] = model.replies([ChatRequest.ask("fact", schema=Fact)], QUICK)
    assert isinstance(reply.parsed, Fact)
    assert 2 == reply.usage["calls"]
    server.reset()
    [again] = model.replies([ChatRequest.ask("fact", schema=Fact)], QUICK)
    assert reply.parsed == again.parsed
    assert 0 == server.stats()["requests"]
    server.control(faults=[{"kind": "wrong_shape"}])
    [error] = model.replies([ChatRequest.ask("other", schema=Fact)], Runtime(max_repairs=1))
    assert isinstance(error, errors.ReplyRejected)
    assert 2 == error.usage["calls"]


def test_cut_off_replies_are_asked_again_with_more_room(server, model):
    """finish_reason=length is never accepted as whole."""
    server.control(needs_max_tokens=1500)
    request = ChatRequest.ask("fact", schema=Fact, parameters={"max_tokens": 400})
    [reply] = model.replies([request], QUICK)
    assert isinstance(reply.parsed, Fact)
    assert "stop" == reply.finish_reason
    server.control(needs_max_tokens=10**9)
    [error] = model.replies([ChatRequest.ask("endless")], QUICK)
    assert isinstance(error, errors.ReplyRejected)
    assert "length" in str(error)


def test_pacing_settles_under_a_rate_limit(server, model):
    """Every row comes, with fewer refusals than rows."""
    server.control(latency=0.05, requests_per_second=100, burst=20)
    assert 200 == len(texts(model, asks(200), Runtime(max_concurrency=64)))
    # Sixty-four at a time without pacing are refused more than three times for each row.
    assert server.stats()["statuses"].get("429", 0) <= 200


def test_budgets_stop_before_they_are_exceeded(server, model):
    """What was paid is kept, and a higher limit goes on from there."""
    with pytest.raises(errors.BuildError, match="max_tokens_total=3,000"):
        list(model.replies(asks(500), Runtime(max_concurrency=4, max_tokens_total=3000)))
    paid = server.stats()["requests"]
    assert 0 < paid < 500
    texts(model, asks(500), Runtime(max_tokens_total=10**7))
    assert 500 == server.stats()["requests"]
    with pytest.raises(errors.ConfigurationError, match="prices"):
        Runtime(max_cost=1.0)
    with pytest.raises(errors.BuildError, match="max_cost"):
        list(model.replies(asks(9, "cost {}"), Runtime(max_cost=1e-9, prices=(1.0, 1.0))))


def test_a_budget_that_suffices_is_enough_at_any_concurrency(server, model):
    """What is under way is waited for, before what it might cost at most stops the job."""
    server.control(latency=0.02)
    limited = Runtime(max_concurrency=64, max_tokens_total=3000)
    assert 100 == len(texts(model, asks(100), limited))
    assert 100 == server.stats()["requests"]


def test_a_budget_says_what_it_assumed(model):
    """The guess for a reply without a limit is in the message, so that it can be bettered."""
    with pytest.raises(errors.BuildError, match=r"Without max_tokens=, 1,024 are assumed"):
        list(model.replies(asks(1), Runtime(max_tokens_total=100)))
    with pytest.raises(errors.BuildError, match="about 0.00") as stopped:
        list(model.replies(asks(1), Runtime(max_cost=1e-9, prices=(1.0, 1.0))))
    assert "1,024 are assumed" in str(stopped.value)


def test_the_same_question_on_its_way_is_not_paid_again(server, model):
    """Duplicates in one run wait for the first one's reply, and share its failure."""
    server.control(latency=0.05)
    assert ["Echo: same"] * 30 == texts(model, asks(30, "same"))
    assert 1 == server.stats()["requests"]
    other = [ChatRequest.ask("same", sample=n % 2) for n in range(6)]
    texts(model, other)
    assert 2 == server.stats()["requests"]
    server.fresh(latency=0.05, faults=[{"kind": "400", "containing": "bad"}])
    replies = list(model.replies([*asks(20), *asks(9, "bad")], QUICK))
    assert 9 == sum(isinstance(reply, errors.ModelError) for reply in replies)
    assert 21 >= server.stats()["requests"]


def test_a_wrong_request_that_is_refused_first_ends_no_run(server, model):
    """A refusal is quicker than any reply; whose fault it is shows when the others come back."""
    server.control(latency=0.3, faults=[{"kind": "400", "containing": "say 0", "after": 0.0}])
    first, *others = model.replies(asks(8), QUICK)
    assert isinstance(first, errors.ModelError)
    assert all(isinstance(reply, Reply) for reply in others)
    server.fresh(faults=[{"kind": "400"}])
    with pytest.raises(errors.EndpointError, match="400"):
        list(model.replies(asks(500, "wrong {}"), Runtime(max_concurrency=64)))
    assert server.stats()["requests"] <= 2 * 64


def test_an_abandoned_stream_stops_spending(server, model):
    """Closing the iterator cancels what has not been sent."""
    server.control(latency=0.05)
    replies = model.replies(iter(asks(500)), Runtime(max_concurrency=8, ahead=8))
    next(replies)
    replies.close()
    time.sleep(0.3)
    sent = server.stats()["requests"]
    assert sent <= 3 * 8
    time.sleep(0.3)
    assert sent == server.stats()["requests"]


def ask_in_child(base_url, answers):
    """Ask from a forked child."""
    answers.put(texts(OpenAIChat("test-model", base_url), asks(10, "child says {}")))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_asks_after_its_parent_has(server, model):
    """`num_proc` forks: the child's engine is its own and does not hang."""
    texts(model, asks(10))
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=ask_in_child, args=(server.base_url, answers))
    child.start()
    assert 10 == len(answers.get(timeout=30))
    child.join(10)


def test_num_proc_maps_with_an_engine_in_each_worker(server, store):
    """Workers have settings that are in no hash, and share the store."""
    ds = Dataset.from_dict({"text": [f"row {n}" for n in range(40)]})
    op = sft.generate("Say {text}", model="test-model", base_url=server.base_url, max_concurrency=3)
    list(OpenAIChat("test-model", server.base_url).replies(asks(2), QUICK))
    mapped = ds.map(op, batched=True, batch_size=10, num_proc=2)
    assert 40 == len(mapped)
    server.reset()
    assert mapped.to_list() == sft.map(ds, op).to_list()
    assert 0 == server.stats()["requests"]


def test_the_account_of_workers_is_the_last_run(server, store):
    """`sft.last_run()` adds up what the workers of `num_proc` did, failures and tokens too."""
    server.control(faults=[{"kind": "400", "containing": "row 7 "}])
    ds = Dataset.from_dict({"text": [f"row {n} !" for n in range(40)]})
    op = sft.generate("Say {text}", "said", model="m", base_url=server.base_url)
    mapped = ds.map(op, batched=True, batch_size=10, num_proc=2)
    run = sft.last_run()
    assert (40, 39, 39) == (run.counts["inputs"], run.counts["rows"], len(mapped))
    assert ["model error"] == [failure.reason for failure in run.failures]
    assert server.stats()["statuses"]["200"] == run.usage["calls"]
    assert run.usage["tokens_out"] > 0


def test_a_copy_of_an_op_is_no_run(server, store):
    """Copying or pickling an op leaves `last_run` as it was."""
    op = sft.generate("Say {text}", "said", model=sft.ScriptedModel(["yes"]))
    Dataset.from_dict({"text": ["a"]}).map(op, batched=True)
    before = sft.last_run()
    assert pickle.loads(pickle.dumps(copy.deepcopy(op))) == op
    assert before is sft.last_run()


def test_works_inside_a_running_event_loop(server, model):
    """A notebook's loop does not get in the way."""
    import asyncio

    async def cell():
        return texts(model, asks(5))

    assert 5 == len(asyncio.run(cell()))


def test_secrets_reach_neither_store_nor_words(server, model, store):
    """The key is sent, and found nowhere else."""
    server.control(api_key="sk-very-secret-123456789")
    runtime = Runtime(api_key="sk-very-secret-123456789")
    texts(model, asks(3), runtime)
    kept = b"".join(path.read_bytes() for path in store.parent.glob("replies*"))
    assert b"sk-very-secret" not in kept
    with pytest.raises(errors.EndpointError) as caught:
        list(model.replies(asks(1, "else {}"), Runtime(api_key="sk-other-secret-123456789")))
    assert "sk-other" not in str(caught.value)
    assert "sk-very" not in repr(runtime)


JOB = """
import sys
from datasets import Dataset
import hf_sft_builders as sft
ds = Dataset.from_dict({"text": [f"row {n}" for n in range(150)]})
op = sft.generate("Say {text}", model="test-model", base_url=sys.argv[1], max_concurrency=8)
print(sft.map(ds, op)["answer"][:])
"""


def test_kill_9_costs_at_most_what_was_in_flight(store):
    """Killed at random moments, the job is finished by further runs with no reply paid twice."""
    with running(latency=0.02) as server:
        command = [sys.executable, "-c", JOB, server.base_url]
        environment = {**os.environ, "HF_HOME": str(store.parent / "home")}
        killed = 0
        for moment in (0.15, 0.3, 0.45):
            child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
            before = server.stats()["requests"]
            while server.stats()["requests"] < before + 10 and child.poll() is None:
                time.sleep(0.005)
            time.sleep(moment / 4)
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
                killed += 1
            child.wait()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert killed
        assert str([f"Echo: Say row {n}" for n in range(150)]) == done.stdout.strip()
        assert 150 <= server.stats()["requests"] <= 150 + 8 * killed


def test_the_same_rows_byte_for_byte_whatever_the_order_of_replies(store, tmp_path):
    """A long tail shuffles arrival; the published data files are equal."""
    ds = Dataset.from_dict({"text": [f"row {n}" for n in range(60)]})
    files = []
    for seed in (1, 2):
        with running(latency=0.01, latency_sigma=1.5, seed=seed) as server:
            op = sft.generate("Say {text}", model="m", base_url=server.base_url)
            folder = sft.publish(sft.map(ds, op), tmp_path / str(seed))
            files.append((folder / "data" / "train-00000-of-00001.parquet").read_bytes())
    assert files[0] == files[1]


def test_logprobs_are_kept_where_asked_for(server, store):
    """`top_logprobs` becomes a column of JSON text."""
    ds = Dataset.from_dict({"text": ["a"]})
    op = sft.generate("Say {text}", model="m", base_url=server.base_url, top_logprobs=2)
    [row] = sft.map(ds, op)
    assert "content" in row["logprobs"]


def test_the_account_says_what_was_paid(server, store, capsys):
    """Calls, stored replies and tokens stand in the summary, on screen and in `last_run`."""
    ds = Dataset.from_dict({"text": ["a", "b"]})
    op = sft.generate("Say {text}", model="m", base_url=server.base_url)
    sft.map(ds, op)
    assert "2 calls" in capsys.readouterr().err
    sft.map(ds.select([0, 1, 1]), op)
    assert "3 stored replies" in sft.last_run().summary()


def test_a_budget_is_the_whole_jobs(server, store):
    """Batches of one map and splits of one dataset share a limit; a reply counts once."""
    ds = Dataset.from_dict({"text": [f"row {n}" for n in range(40)]})

    def op(prompt):
        return sft.generate(
            prompt, model="m", base_url=server.base_url, max_tokens_total=3000, max_concurrency=1
        )

    with pytest.raises(errors.BuildError, match="max_tokens_total"):
        ds.map(op("Say {text} " + "word " * 80), batched=True, batch_size=2)
    assert server.stats()["requests"] < 40
    small = op("Say {text}")
    for _ in range(20):
        assert 40 == len(list(small.outcomes([{"text": "row 1"}] * 40)))
    assert 40 == len(ds.map(small, batched=True, batch_size=2))
