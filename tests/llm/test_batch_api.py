"""`mode="batch"` gives the rows that live calls give, and no batch is paid for twice."""

import importlib
import json
import os
import signal
import time
from collections import Counter

import datasets
import openai
import pytest
from pydantic import BaseModel, Field

import hf_sft_builders as sft
from hf_sft_builders.errors import EndpointError, ModelError
from hf_sft_builders.llm import ChatRequest, OpenAIChat, Reply, Runtime, replies
from hf_sft_builders.llm import batch_files as files_module
from hf_sft_builders.llm import batch_rounds as rounds_module
from hf_sft_builders.llm import batch_server as server_module
from hf_sft_builders.llm.batch_api import batch_path
from hf_sft_builders.llm.batch_files import batch_files, read_results
from hf_sft_builders.llm.budget import BudgetReached

BATCH = Runtime(mode="batch", timeout=10, max_retries=2)


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """Nobody waits; the pauses are noted."""
    made = []
    monkeypatch.setattr(rounds_module, "sleep", made.append)
    monkeypatch.setattr(server_module, "sleep", made.append)
    return made


@pytest.fixture
def client(server):
    """The unmodified client, to look at the server's batches."""
    with openai.OpenAI(base_url=server.base_url, api_key="none") as client:
        yield client


def asks(*words, **rest):
    """Some requests."""
    return [ChatRequest.ask(word, **rest) for word in words]


def texts(model, requests, runtime=BATCH):
    """The replies' texts, and the words of errors."""
    answers = model.replies(requests, runtime)
    return [a.text if isinstance(a, Reply) else f"! {a}" for a in answers]


def echoes(words):
    """What the server answers."""
    return [f"Echo: {word}" for word in words]


def created(client):
    """The server's own count of batches."""
    return len(list(client.batches.list()))


def lines_sent(server):
    """How often the server was asked each distinct request, within batches."""
    return sorted(server.stats()["batch_lines"].values())


def seen(server):
    """All requests that the server has seen, of any kind."""
    return sum(server.stats()["endpoints"].values())


# The same rows


class City(BaseModel):
    """A shape."""

    name: str
    sights: list[str] = Field(min_length=2)


@pytest.mark.parametrize("options", [{}, {"schema": City}, {"parameters": {"temperature": 0}}])
def test_live_and_batch_give_the_same_replies(server, model, monkeypatch, tmp_path, options):
    """Texts, shapes, reasoning and what was paid are the same either way."""
    server.control(reasoning="reasoning_content")
    requests = asks("one", "two", "三", **options)
    batch = list(model.replies(requests, BATCH))
    assert 0 == server.stats()["requests"]
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "live.sqlite"))
    assert list(model.replies(requests, Runtime())) == batch
    assert {1} == {reply.usage["calls"] for reply in batch}
    assert "Let me think." == batch[0].reasoning


@pytest.mark.parametrize("way", ["map", "sft.map"])
def test_ops_give_the_same_rows(server, store, way):
    """`sft.generate(..., mode="batch")` fills the same columns, with no live call."""
    ds = datasets.Dataset.from_dict({"text": ["one", "two"], "way": [way, way]})
    op = sft.generate("{way} {text}", model="test-model", base_url=server.base_url, mode="batch")
    rows = ds.map(op, batched=True) if way == "map" else sft.map(ds, op)
    assert echoes([f"{way} one", f"{way} two"]) == list(rows["answer"])
    assert (0, [1, 1]) == (server.stats()["requests"], lines_sent(server))


def test_replies_are_shared_with_live_calls(server, model):
    """What came live is never sent in a batch, and what came in a batch is never asked live."""
    texts(model, asks("a", "b", "c"), Runtime())
    assert echoes("abcde") == texts(model, asks(*"abcde"))
    assert [1, 1] == lines_sent(server)
    server.reset()
    assert echoes("edcba") == texts(model, asks(*"edcba"), Runtime())
    assert 0 == seen(server)


def test_a_second_run_makes_no_call(server, model):
    """When all replies are stored, the server is not even greeted."""
    texts(model, asks(*"abc"))
    server.reset()
    assert echoes("abc") == texts(OpenAIChat("test-model", server.base_url), asks(*"abc"))
    assert [] == texts(model, [])
    assert 0 == seen(server)


def test_equal_requests_are_sent_once(server, model):
    """Two rows that ask the same are one line, and one of them counts as the call."""
    answers = list(model.replies(asks("a", "a"), BATCH))
    assert [1] == lines_sent(server)
    assert [{"calls": 1}, {"cached": 1}] == [
        {name: count for name, count in answer.usage.items() if not name.startswith("tokens")}
        for answer in answers
    ]


# What goes wrong with a row


def test_a_row_that_is_refused_leaves_the_others(server, model):
    """A 400 in the error file is the error of its row, in the server's words."""
    server.control(faults=[{"kind": "400", "containing": "poison"}])
    good, bad, more = texts(model, asks("a", "poison", "c"))
    assert echoes("ac") == [good, more]
    assert "400: Invalid request." in bad


def test_a_row_that_broke_is_sent_again_once(server, client, model):
    """Statuses that pass (500) get one more batch; those that do not pass fail their row."""
    server.control(
        faults=[
            {"kind": "500", "containing": "flaky", "times": 1},
            {"kind": "503", "containing": "down"},
            {"kind": "garbage", "containing": "noise", "times": 1},
        ]
    )
    *good, bad = texts(model, asks("a", "flaky", "noise", "down"))
    assert echoes(["a", "flaky", "noise"]) == good
    assert "503" in bad
    assert (2, [1, 2, 2, 2]) == (created(client), lines_sent(server))


def test_failed_rows_alone_are_tried_again(server, client, model):
    """The next run of the same call sends what failed, and nothing else."""
    server.control(faults=[{"kind": "400", "containing": "poison"}])
    texts(model, asks("a", "poison"))
    texts(model, asks("a", "poison"))
    server.control(faults=[])
    assert echoes(["a", "poison"]) == texts(model, asks("a", "poison"))
    assert (3, [1, 3]) == (created(client), lines_sent(server))


def test_a_server_that_serves_nothing_is_said_so(server, model):
    """Where every line is refused for good, the run stops with the server's words."""
    server.control(any_model=False, models=["other"])
    with pytest.raises(EndpointError, match="404: The model `test-model` does not exist"):
        texts(model, asks("a", "b"))


# Further rounds


def test_repairs_take_another_round(server, client, model):
    """A reply of the wrong shape goes back with the error in the next batch, only that one."""
    server.control(faults=[{"kind": "wrong_shape", "times": 1}])
    answers = list(model.replies(asks("a", "b", schema=City), BATCH))
    assert all(isinstance(answer.parsed, City) for answer in answers)
    assert [1, 2] == sorted(answer.usage["calls"] for answer in answers)
    assert (2, [1, 1, 1]) == (created(client), lines_sent(server))


def test_repairs_end(server, client, model):
    """After `max_repairs` the row fails, as live, with what was paid."""
    server.control(faults=[{"kind": "wrong_shape"}])
    [answer] = model.replies(asks("a", schema=City), Runtime(mode="batch", max_repairs=1))
    assert isinstance(answer, ModelError)
    assert (2, 2) == (answer.usage["calls"], created(client))


def test_replies_that_were_cut_off_take_another_round(server, client, model):
    """`finish_reason="length"` is asked for again with a larger limit."""
    server.control(needs_max_tokens=1000)
    assert echoes("ab") == texts(model, asks("a", "b"))
    assert (2, [1, 1, 1, 1]) == (created(client), lines_sent(server))


@pytest.mark.parametrize(("known", "batches"), [(["json_object"], 2), ([], 3)])
def test_the_way_to_ask_for_a_shape_is_found_out(server, client, model, known, batches):
    """A server that knows no schema is asked by other means in the next round."""
    server.control(response_formats=known)
    assert all(reply.parsed for reply in model.replies(asks("a", "b", schema=City), BATCH))
    assert batches == created(client)


# The input


def test_long_input_is_several_batches(server, client, model, monkeypatch):
    """More lines than a file may have make several batches, all under way at the same time."""
    monkeypatch.setattr(files_module, "MAX_LINES", 2)
    statuses = []
    monkeypatch.setattr(
        rounds_module, "sleep", lambda _: statuses.append([b.status for b in client.batches.list()])
    )
    assert echoes("abcde") == texts(model, asks(*"abcde"))
    assert ["in_progress"] * 3 == statuses[0]
    assert (3, [1] * 5) == (created(client), lines_sent(server))


def test_large_input_is_several_files(monkeypatch):
    """No file has more bytes than allowed, and none is empty."""
    calls = {f"{n:032x}": b'{"n":%d}' % n for n in range(10)}
    size = len(batch_files(calls, "/v1/chat/completions")[0].content) // 10
    monkeypatch.setattr(files_module, "MAX_BYTES", 3 * size)
    files = batch_files(calls, "/v1/chat/completions")
    assert [3, 3, 3, 1] == [len(file.keys) for file in files]
    assert max(len(file.content) for file in files) <= 3 * size
    assert sorted(calls) == [key for file in files for key in file.keys]


def test_the_input_has_one_form():
    """The order of requests changes no byte, and no separator of lines is inside a line."""
    calls = {"b" * 32: '{"x":"二\u2028\x85\u2029"}'.encode(), "a" * 32: b'{"y":1}'}
    [file] = batch_files(calls, "/v1/chat/completions")
    assert [file] == batch_files(dict(reversed(calls.items())), "/v1/chat/completions")
    lines = [json.loads(line) for line in file.content.decode().splitlines()]
    assert [{"y": 1}, {"x": "二\u2028\x85\u2029"}] == [line["body"] for line in lines]
    assert list(file.keys) == [line["custom_id"] for line in lines]


def test_lines_that_are_no_results_are_left_out():
    """A damaged line of an output file costs its own row, no other."""
    content = (
        b'{"custom_id": "aa", "response": {"status_code": 200, "body": {"n": 1}}}\n{"cust\n[]\n'
    )
    [result] = read_results(content)
    assert ("aa", 200, b'{"n":1}') == (result.key, result.status, result.body)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://api.example.com/v1/chat/completions", "/v1/chat/completions"),
        ("https://api.example.com/api/paas/v4/chat/completions", "/v4/chat/completions"),
        ("https://x.example.com/openai/deployments/m/chat/completions?api-version=1",
         "/v1/chat/completions"),
    ],
)  # fmt: skip
def test_lines_name_the_path_that_the_server_has(url, path):
    """Version numbers other than OpenAI's are kept."""
    assert path == batch_path(url)


# What goes wrong with a batch


def test_what_expired_is_sent_again_once(server, client, model, monkeypatch):
    """What came in time is kept, the rest gets one more batch."""
    server.control(batch_outcome="expired")
    monkeypatch.setattr(rounds_module, "sleep", lambda _: server.control(batch_outcome="completed"))
    assert echoes("abcd") == texts(model, asks(*"abcd"))
    assert (2, [1, 1, 2, 2]) == (created(client), lines_sent(server))


def test_what_expires_twice_fails(server, client, model):
    """Rows that two batches had no time for are errors, the others are kept."""
    server.control(batch_outcome="expired")
    answers = Counter(text[:6] for text in texts(model, asks(*"abcd")))
    assert (Counter({"Echo: ": 3, "! http": 1}), 2) == (answers, created(client))
    assert 1 == sum("batch_expired" in text for text in texts(model, asks(*"abcd")))


def test_nothing_in_time_is_sent_again_once(server, client, model, monkeypatch):
    """A batch that expired with no reply at all is followed by one of the very same bytes."""
    server.control(batch_outcome="expired")
    monkeypatch.setattr(rounds_module, "sleep", lambda _: server.control(batch_outcome="completed"))
    assert echoes("a") == texts(model, asks("a"))
    first, second = client.batches.list()
    assert first.metadata == second.metadata
    assert [2] == lines_sent(server)


def test_a_batch_that_fails_stops_the_run(server, client, model, monkeypatch):
    """The server's words about the input are in the error; the same call tries anew."""

    def twice(calls, path):
        [file] = batch_files(calls, path)
        return [files_module.BatchFile(2 * file.content, file.keys)]

    monkeypatch.setattr(rounds_module, "batch_files", twice)
    with pytest.raises(EndpointError, match=r"batch_1 failed: line 2: custom_id '\w+' is there"):
        texts(model, asks("a"))
    monkeypatch.setattr(rounds_module, "batch_files", batch_files)
    assert echoes("a") == texts(model, asks("a"))
    assert 2 == created(client)


def test_a_full_queue_waits_for_the_others(server, client, model, monkeypatch):
    """A batch that had no room beside the run's other batches is sent when those are done."""
    monkeypatch.setattr(files_module, "MAX_LINES", 2)
    look = server_module.BatchServer.look

    def crowded(self, name, noted):
        batch = look(self, name, noted)
        if name == "batch_2":
            error = {"code": "token_limit_exceeded", "message": "Enqueued token limit reached."}
            batch = batch.model_copy(update={"status": "failed", "output_file_id": None})
            batch.errors = openai.types.batch.Errors.model_validate({"data": [error]})
        return batch

    monkeypatch.setattr(server_module.BatchServer, "look", crowded)
    assert echoes("abcd") == texts(model, asks(*"abcd"))
    assert 3 == created(client)


def test_a_cancelled_batch_stops_the_run(server, client, model, monkeypatch):
    """What came before is kept, and the same call sends the rest."""

    def cancel(_):
        if client.batches.list().data[0].status == "in_progress" and 1 == created(client):
            client.batches.cancel("batch_1")

    monkeypatch.setattr(rounds_module, "sleep", cancel)
    with pytest.raises(EndpointError, match="batch_1 cancelled.* 2 replies arrived and are kept"):
        texts(model, asks(*"abcd"))
    assert echoes("abcd") == texts(model, asks(*"abcd"))
    assert (2, [1, 1, 2, 2]) == (created(client), lines_sent(server))


def test_a_server_without_a_batch_api(server, model):
    """The error says what to do instead."""
    server.control(faults=[{"kind": "404", "endpoint": name} for name in ("files", "batches")])
    with pytest.raises(EndpointError, match="upload of a batch's requests: 404.*mode='live'"):
        texts(model, asks("a"))


def test_a_wrong_key_is_said_so(server, model):
    """The server's own words, and no state that claims anything was sent."""
    server.control(api_key="right")
    with pytest.raises(EndpointError, match="401: Incorrect API key provided"):
        texts(model, asks("a"), Runtime(mode="batch", api_key="wrong"))
    assert echoes("a") == texts(model, asks("a"), Runtime(mode="batch", api_key="right"))


def test_looks_that_fail_are_passed_over(server, model):
    """A server that cannot be reached for a while does not end a run that waits for a day."""
    server.control(faults=[{"kind": "503", "endpoint": "batches", "every": 4}])
    assert echoes("a") == texts(model, asks("a"), Runtime(mode="batch", max_retries=0))


def test_a_batch_that_nobody_knows_is_not_paid_again(server, client, model):
    """Where the server does not know a batch that was created, the user decides."""
    killed(model, "before", "BatchServer.look")
    server.control(faults=[{"kind": "404", "endpoint": "batches"}])
    with pytest.raises(EndpointError, match=r"Use the key .* or delete .*\.json to pay"):
        texts(model, asks(*ROWS))
    server.control(faults=[])
    assert echoes(ROWS) == texts(model, asks(*ROWS))
    assert 1 == created(client)


def test_a_budget_stops_before_anything_is_sent(server, client, model):
    """Only what fits is sent; raising the limit goes on from there."""
    limited = Runtime(mode="batch", max_tokens_total=30)
    with pytest.raises(BudgetReached):
        texts(model, asks(*"abcdef"), limited)
    assert 0 == created(client)
    some = asks(*"abcdef", parameters={"max_tokens": 10})
    with pytest.raises(BudgetReached):
        texts(model, some, limited)
    assert 0 < sum(lines_sent(server)) < 6
    assert echoes("abcdef") == texts(model, some)
    assert [1] * 6 == lines_sent(server)


# Nothing is paid twice

ROWS = ("a", "b", "c", "d")


def killed(model, when, what, nth=1, rows=ROWS):
    """Run a job in a child that is killed, as by `kill -9`, before or after the n-th `what`."""
    child = os.fork()
    if child == 0:
        try:
            _die_at(when, what, nth)
            texts(model, asks(*rows))
        finally:
            os._exit(0)
    assert signal.SIGKILL == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) * -1


def _die_at(when, what, nth):
    owner = _owners()[what.partition(".")[0]]
    name = what.partition(".")[2]
    real, calls = getattr(owner, name), []

    def dying(*args, **options):
        calls.append(1)
        if when == "before" and len(calls) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        value = real(*args, **options)
        if when == "after" and len(calls) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return value

    setattr(owner, name, dying)


def _owners():
    states = importlib.import_module("hf_sft_builders.llm.batch_states")
    owners = (server_module.BatchServer, states.BatchStates, replies.ReplyStore)
    resources = (openai.resources.Files, openai.resources.Batches)
    return {owner.__name__: owner for owner in (*owners, *resources)}


STEPS = [
    ("before", "BatchStates.save", 1),
    ("after", "BatchStates.save", 1),
    ("before", "Files.create", 1),
    ("after", "Files.create", 1),
    ("after", "BatchStates.save", 2),
    ("before", "Batches.create", 1),
    ("after", "Batches.create", 1),
    ("after", "BatchStates.save", 3),
    ("before", "Batches.retrieve", 2),
    ("after", "Batches.retrieve", 3),
    ("before", "Files.content", 1),
    ("after", "Files.content", 1),
    ("after", "ReplyStore._commit", 1),
    ("after", "ReplyStore.put_many", 1),
    ("after", "Files.content", 2),
    ("before", "BatchStates.save", 4),
    ("after", "BatchStates.save", 4),
]


@pytest.mark.parametrize(("when", "what", "nth"), STEPS)
def test_killed_between_any_two_steps(server, client, model, monkeypatch, when, what, nth):
    """The same call goes on: one batch in all, the rows of an undisturbed run."""
    # Commits of two, so that a kill can fall between two of one download.
    monkeypatch.setattr(replies, "_BATCH", 2)
    server.control(faults=[{"kind": "400", "containing": "poison", "times": 1}])
    killed(model, when, what, nth, rows=(*ROWS, "poison"))
    *good, last = texts(model, asks(*ROWS, "poison"))
    assert echoes(ROWS) == good
    assert sorted(ROWS) == sorted(word for batch in sent(client) for word in batch if word in ROWS)
    # A run that came to its end leaves nothing open: the refused row is tried anew, alone.
    ended = (when, what, nth) == ("after", "BatchStates.save", 4)
    assert (("Echo", 2) if ended else ("! ht", 1)) == (last[:4], created(client))


def sent(client):
    """The questions of each batch."""
    found = []
    for batch in client.batches.list():
        lines = client.files.content(batch.input_file_id).content.splitlines()
        found.append([json.loads(line)["body"]["messages"][-1]["content"] for line in lines])
    return found


def test_an_upload_is_not_repeated(server, client, model):
    """An input that was uploaded before the kill is used."""
    killed(model, "after", "Files.create")
    assert echoes(ROWS) == texts(model, asks(*ROWS))
    assert 1 == sum(file.filename.startswith("hf_sft_") for file in client.files.list())


def test_rows_added_while_a_batch_is_under_way(server, client, model):
    """Only the new row is sent; the others are waited for."""
    killed(model, "before", "Batches.retrieve")
    assert echoes([*ROWS, "new"]) == texts(model, asks(*ROWS, "new"))
    assert [["new"], sorted(ROWS)] == [sorted(batch) for batch in sent(client)]


def test_a_kill_in_a_later_round(server, client, model):
    """A repair that is under way is found again, too."""
    server.control(needs_max_tokens=1000)
    killed(model, "before", "BatchStates.save", 8)
    assert echoes(ROWS) == texts(model, asks(*ROWS))
    assert (2, [1] * 8) == (created(client), lines_sent(server))


def test_the_way_to_ask_is_remembered_over_a_kill(server, client, model):
    """A run that was killed in its second way of asking goes on in the second."""
    server.control(response_formats=["json_object"])
    requests = asks("a", schema=City)
    child = os.fork()
    if child == 0:
        try:
            _die_at("before", "Batches.create", 2)
            list(model.replies(requests, BATCH))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    [reply] = model.replies(requests, BATCH)
    assert (2, City) == (created(client), type(reply.parsed))


def test_a_lost_answer_to_creating_pays_once(server, client, model):
    """Where the batch was created but the answer got lost, the batch is found, not made again."""
    server.control(
        faults=[{"kind": "reset_in_body", "endpoint": "batches", "every": 2, "times": 1}]
    )
    assert echoes(ROWS) == texts(model, asks(*ROWS))
    assert (1, {"reset_in_body": 1}) == (created(client), server.stats()["faults"])


def test_a_lost_folder_pays_once(server, client, model, monkeypatch, tmp_path):
    """Even without its cache, the same call finds what it had on the server."""
    texts(model, asks(*ROWS))
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "elsewhere" / "replies.sqlite"))
    assert echoes(ROWS) == texts(model, asks(*ROWS))
    assert 1 == created(client)


def test_two_processes_send_one_batch(server, client, model):
    """The same call at the same time in two processes: one creates, both get their rows."""
    children = []
    for _ in range(2):
        if (child := os.fork()) == 0:
            try:
                os._exit(0 if echoes(ROWS) == texts(model, asks(*ROWS)) else 1)
            finally:
                os._exit(2)
        children.append(child)
    assert [0, 0] == [os.waitpid(child, 0)[1] for child in children]
    assert (1, [1] * 4) == (created(client), lines_sent(server))


@pytest.fixture
def hears_ctrl_c():
    """A run in a shell's background is deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("hears_ctrl_c")
def test_ctrl_c_leaves_the_batch_running(server, client, model, monkeypatch):
    """The message names the batch; the same call picks it up."""
    monkeypatch.setattr(rounds_module, "sleep", lambda _: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt, match="batch_1 goes on at .* The same call takes it up"):
        texts(model, asks(*ROWS))
    monkeypatch.setattr(rounds_module, "sleep", lambda _: None)
    assert echoes(ROWS) == texts(model, asks(*ROWS))
    assert 1 == created(client)


def test_states_hold_no_secret(server, model, store):
    """Neither key nor question is in a state, whatever step it is at."""
    secret = "sk-very-secret-key-0123456789"
    server.control(api_key=secret)
    texts(model, asks("question"), Runtime(mode="batch", api_key=secret))
    server.control(api_key=None)
    address = server.base_url.replace("//", "//user:password@")
    killed(OpenAIChat("test-model", address), "before", "Batches.create", rows=["question 2"])
    told = "".join(path.read_text() for path in (store.parent / "batches").iterdir())
    assert '"done"' in told and '"uploaded"' in told
    assert not [word for word in ("secret", "password", "question") if word in told]


def test_old_states_are_forgotten(server, model, store):
    """What no server knows any more takes no room."""
    texts(model, asks("a"))
    folder = store.parent / "batches"
    month_ago = time.time() - 31 * 86_400
    for path in folder.iterdir():
        os.utime(path, (month_ago, month_ago))
    before = set(folder.glob("*.json"))
    texts(model, asks("b"))
    assert not before & set(folder.glob("*.json"))


# Waiting


def test_pauses_grow(server, model, monkeypatch):
    """Looks begin a second apart and end half a minute apart."""
    made = []

    def note(seconds):
        made.append(seconds)
        if len(made) == 12:
            server.control(batch_seconds=None)

    monkeypatch.setattr(rounds_module, "sleep", note)
    server.control(batch_seconds=1000)
    texts(model, asks("a"))
    assert [1.0, 1.5, 2.25] == made[:3]
    assert (30.0, made) == (made[-1], sorted(made))


def test_progress_obeys_the_switch(server, model, capsys):
    """One line says how far the batch is; where `datasets` is told to be silent, nothing."""
    texts(model, asks("a", "b"))
    shown = capsys.readouterr().err
    assert "test-model (batch): 100%" in shown
    assert "2/2" in shown and "batch_1 completed" in shown
    datasets.disable_progress_bars()
    try:
        texts(model, asks("c"))
    finally:
        datasets.enable_progress_bars()
    assert "" == capsys.readouterr().err
