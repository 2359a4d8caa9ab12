"""The stand-in server speaks the protocol: clients that nobody here wrote say so."""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openai
import pytest
from chat_server import running
from pydantic import BaseModel, Field

TESTS = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def process():
    """One server for the module."""
    with running() as server:
        yield server


@pytest.fixture
def server(process):
    """The server with default settings and nothing counted."""
    process.fresh()
    return process


def client_of(server, **options):
    """The unmodified client."""
    options = {"max_retries": 0, "timeout": 5.0} | options
    return openai.OpenAI(base_url=server.base_url, api_key="none", **options)


@pytest.fixture
def client(server):
    """A client that does not retry."""
    with client_of(server) as client:
        yield client


def ask(client, text="Hello", **options):
    """Ask one question."""
    messages = [{"role": "user", "content": text}]
    return client.chat.completions.create(model="test-model", messages=messages, **options)


def said(client, text="Hello", **options):
    """Give the text of the answer."""
    return ask(client, text, **options).choices[0].message.content


# The protocol


def test_a_plain_answer(client):
    """The client reads the answer, its usage and its finish reason; there are no tools in it."""
    completion = ask(client, "你好, world")
    [choice] = completion.choices
    assert choice.message.content == "Echo: 你好, world"
    assert choice.finish_reason == "stop"
    assert choice.message.tool_calls is None
    assert completion.usage.prompt_tokens > 0 < completion.usage.completion_tokens


def test_several_choices(client):
    """n= gives so many choices."""
    assert [choice.index for choice in ask(client, n=3).choices] == [0, 1, 2]


def test_a_stream(client):
    """The deltas of a stream join to the answer; usage comes last, where asked for."""
    text = "One two three four five six seven."
    chunks = list(ask(client, text, stream=True, stream_options={"include_usage": True}))
    parts = [c.choices[0].delta.content or "" for c in chunks if c.choices]
    assert f"Echo: {text}" == "".join(parts)
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.total_tokens > 0
    assert all(chunk.usage is None for chunk in ask(client, text, stream=True))


def test_the_async_client(server):
    """32 requests at once over the asynchronous client all come back with their own answer."""

    async def main():
        async with openai.AsyncOpenAI(base_url=server.base_url, api_key="none") as client:
            replies = await asyncio.gather(*(ask(client, f"Question {i}") for i in range(32)))
        return [reply.choices[0].message.content for reply in replies]

    server.control(latency=1.0)
    assert [f"Echo: Question {i}" for i in range(32)] == asyncio.run(main())
    assert server.stats()["max_in_flight"] == 32


def test_models(server, client):
    """The list of models is the one set, and an unknown model is refused where that is set."""
    server.control(models=["a", "b"], any_model=False)
    assert [model.id for model in client.models.list()] == ["a", "b"]
    assert client.models.retrieve("b").id == "b"
    with pytest.raises(openai.NotFoundError, match="test-model"):
        ask(client)


def test_azure_client(server):
    """The Azure client's paths and key header are understood."""
    server.control(api_key="secret")
    with openai.AzureOpenAI(
        azure_endpoint=server.base_url.removesuffix("/v1"), api_key="secret", api_version="1"
    ) as client:
        assert said(client) == "Echo: Hello"


# Answers


class Pair(BaseModel):
    """A nested shape."""

    question: str = Field(min_length=3)
    tags: list[str] = Field(min_length=3)


class Pairs(BaseModel):
    """A shape with most kinds of fields."""

    pairs: list[Pair]
    score: float = Field(ge=0, le=1)
    rank: int = Field(gt=4)
    note: str | None


def test_schemas(client):
    """A schema in response_format is answered with JSON that fits it, other prompts with other."""
    messages = [{"role": "user", "content": "Ask."}]
    options = {"model": "test-model", "response_format": Pairs}
    parsed = client.chat.completions.parse(messages=messages, **options).choices[0].message.parsed
    assert len(parsed.pairs) == 2
    messages = [{"role": "user", "content": "Ask again."}]
    other = client.chat.completions.parse(messages=messages, **options).choices[0].message.parsed
    assert parsed != other


def test_schemas_in_words(client):
    """A schema that the prompt spells out, and a bare wish for JSON, are answered with JSON."""
    prompt = f"Reply in JSON of this schema:\n{json.dumps(Pairs.model_json_schema())}"
    assert Pairs.model_validate_json(said(client, prompt))
    answer = said(client, "Hello", response_format={"type": "json_object"})
    assert json.loads(answer) == {"answer": "Echo: Hello"}


@pytest.mark.parametrize("kind", ["json_schema", "json_object"])
def test_response_formats_can_be_unknown(server, client, kind):
    """A kind of response_format can be switched off; the refusal names the parameter."""
    server.control(response_formats=[])
    shape = {"type": kind, "json_schema": {"name": "x", "schema": {}}}
    with pytest.raises(openai.BadRequestError, match="response_format") as caught:
        ask(client, response_format=shape)
    assert caught.value.param == "response_format"


NOISE = {
    "fence": '```json\n{"a": [1, "x"]}\n```',
    "bare_fence": '```\n{"a": [1, "x"]}\n```',
    "prose": 'Sure! Here is what you asked for:\n\n{"a": [1, "x"]}\n\nLet me know if it helps.',
    "single_quotes": "{'a': [1, 'x']}",
    "trailing_commas": '{"a": [1, "x", ], }',
    "numbered_list": "1. 1\n2. x",
}


def test_noise(server, client):
    """Answers are wrapped in the kinds of noise set, one kind after the other."""
    server.control(answer='{"a": [1, "x"]}', noise=list(NOISE))
    assert list(NOISE.values()) == [said(client) for _ in NOISE]


def test_scripts_and_rules(server, client):
    """Answers come from a script in order, or by what is in the prompt."""
    server.control(script=["one", "two"])
    assert [said(client) for _ in range(3)] == ["one", "two", "one"]
    server.control(script=[], replies={"capital": "Paris"}, answer="else")
    assert [said(client, "The capital?"), said(client, "No.")] == ["Paris", "else"]
    server.fresh(vary=True)
    assert [said(client), said(client)] == ["Echo: Hello #1", "Echo: Hello #2"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_in_a_field(server, client, field, stream):
    """Reasoning comes in the field set, whole or streamed."""
    server.control(reasoning=field)
    reply = ask(client, stream=stream)
    parts = [chunk.choices[0].delta for chunk in reply] if stream else [reply.choices[0].message]
    assert "".join((part.model_extra or {}).get(field, "") for part in parts) == "Let me think."
    assert "".join(part.content or "" for part in parts) == "Echo: Hello"


def test_reasoning_inline(server, client):
    """Reasoning stands before the answer, in tags."""
    server.control(reasoning="think")
    assert said(client) == "<think>\nLet me think.\n</think>\n\nEcho: Hello"


@pytest.mark.parametrize("stream", [False, True])
def test_logprobs(server, client, stream):
    """Tokens with their alternatives join to the answer; servers without refuse the wish."""
    options = {"logprobs": True, "top_logprobs": 2, "stream": stream}
    reply = ask(client, **options)
    found = [chunk.choices[0].logprobs for chunk in (reply if stream else [reply])]
    tokens = [token for part in found if part for token in part.content]
    assert "".join(token.token for token in tokens) == "Echo: Hello"
    assert all(len(token.top_logprobs) == 2 for token in tokens)
    server.control(logprobs=False)
    with pytest.raises(openai.BadRequestError, match="logprobs"):
        ask(client, **options)


def test_cut_off_answers(server, client):
    """Answers are cut off, and say so, until the request allows enough tokens."""
    server.control(needs_max_tokens=500)
    assert ask(client, max_tokens=499).choices[0].finish_reason == "length"
    assert said(client) == "Echo:"
    assert ask(client, max_tokens=500).choices[0].finish_reason == "stop"


def test_streaming_only(server, client):
    """A server that only streams refuses anything else."""
    server.control(streaming_only=True)
    with pytest.raises(openai.BadRequestError, match="stream"):
        ask(client)
    assert list(ask(client, stream=True))


# Faults

ERRORS = {
    "400": openai.BadRequestError,
    "401": openai.AuthenticationError,
    "403": openai.PermissionDeniedError,
    "404": openai.NotFoundError,
    "429": openai.RateLimitError,
    "500": openai.InternalServerError,
    "503": openai.InternalServerError,
    "html_502": openai.InternalServerError,
    "reset": openai.APIConnectionError,
    "hang": openai.APITimeoutError,
    "reset_in_body": openai.APIConnectionError,
    "close_in_body": openai.APIConnectionError,
    "garbage": ValueError,
    "truncated": ValueError,
}


@pytest.mark.parametrize("kind", ERRORS)
def test_errors_have_the_classes_of_openai(server, kind):
    """Each fault is to openai's client what the same fault of a hosted model is."""
    server.control(faults=[{"kind": kind}])
    with client_of(server, timeout=0.5) as client, pytest.raises(ERRORS[kind]):
        ask(client)
    assert {kind: 1} == server.stats()["faults"]
    assert server.stats()["paid"] == {} or kind in ("garbage", "truncated")


@pytest.mark.parametrize(
    ("kind", "text"), [("empty", ""), ("length", "Echo:"), ("wrong_shape", '{"unexpected": true}')]
)
def test_bad_answers(server, client, kind, text):
    """Faults of the answer leave the protocol intact."""
    server.control(faults=[{"kind": kind}])
    assert text == said(client)


@pytest.mark.parametrize("kind", ["reset_in_body", "truncated", "stream_error"])
def test_streams_break(server, client, kind):
    """A stream that breaks has given a part of the answer, and no finish reason."""
    server.control(faults=[{"kind": kind}], stream_seconds=0.1)
    chunks = []
    with contextlib.suppress(Exception):
        chunks.extend(ask(client, "x" * 100, stream=True))
    assert chunks
    assert all(chunk.choices[0].finish_reason is None for chunk in chunks)


def test_a_dribble_is_whole(server, client):
    """A slow body takes its time and is complete."""
    server.control(faults=[{"kind": "dribble", "seconds": 0.3}])
    started = time.monotonic()
    assert said(client) == "Echo: Hello"
    assert 0.25 < time.monotonic() - started < 3


def statuses(client, texts):
    """Ask each, and give the statuses."""
    found = []
    for text in texts:
        try:
            ask(client, text)
            found.append(200)
        except openai.APIStatusError as error:
            found.append(error.status_code)
    return found


def test_rules_choose_requests(server, client):
    """Rules strike every n-th request, first tries, prompts with a text, or so many in all."""
    server.control(faults=[{"kind": "500", "every": 3}])
    assert statuses(client, "abcdef") == [200, 200, 500, 200, 200, 500]
    server.control(faults=[{"kind": "503", "first_tries": 2}])
    assert statuses(client, "ababab") == [503, 503, 503, 503, 200, 200]
    server.control(faults=[{"kind": "400", "containing": "poison"}])
    assert statuses(client, ["a", "some poison", "b"]) == [200, 400, 200]
    server.control(faults=[{"kind": "500", "times": 1}, {"kind": "429", "times": 1}])
    assert statuses(client, "aaa") == [500, 429, 200]


def test_chance_is_seeded(server, client):
    """Rules by probability strike the same requests with the same seed."""
    server.control(faults=[{"kind": "500", "probability": 0.5}], seed=7)
    first = statuses(client, "a" * 20)
    server.control(seed=7)
    assert first == statuses(client, "a" * 20)
    assert {200, 500} == set(first)


def test_other_endpoints_fail_too(server, client):
    """A rule can be for models, files or batches."""
    server.control(faults=[{"kind": "500", "endpoint": "models"}])
    assert said(client) == "Echo: Hello"
    with pytest.raises(openai.InternalServerError):
        client.models.list()


# Limits


@pytest.mark.parametrize(("form", "low", "high"), [("ms", 0.02, 0.35), ("seconds", 1.0, 3.0)])
def test_retry_after_is_honoured(server, form, low, high):
    """The client waits as long as the refusal says; by itself it would wait half a second."""
    server.control(retry_after=form, faults=[{"kind": "429", "times": 1, "retry_after": low}])
    with client_of(server, max_retries=1) as client:
        started = time.monotonic()
        assert said(client) == "Echo: Hello"
    assert low <= time.monotonic() - started < high
    assert server.stats()["statuses"] == {"429": 1, "200": 1}


@pytest.mark.parametrize("form", ["seconds", "fraction", "ms", "date", None])
def test_rate_limit(server, client, form):
    """Above the rate, requests are refused; the header is of the form set, or missing."""
    server.control(requests_per_second=2, burst=3, retry_after=form)
    assert statuses(client, "abcd") == [200, 200, 200, 429]
    with pytest.raises(openai.RateLimitError) as caught:
        ask(client)
    headers = caught.value.response.headers
    value = headers.get("retry-after-ms") if form == "ms" else headers.get("retry-after")
    expected = {"seconds": "1", "date": "GMT", None: "None"}.get(form, "")
    assert str(value).endswith(expected)
    time.sleep(0.6)
    assert said(client) == "Echo: Hello"


def test_rate_limit_headers(server, client):
    """x-ratelimit-* headers say what is left, in the form of OpenAI."""
    server.control(
        requests_per_second=1 / 6, burst=60, tokens_per_minute=60_000, ratelimit_headers=True
    )
    headers = client.chat.completions.with_raw_response.create(
        model="test-model", messages=[{"role": "user", "content": "Hi"}]
    ).headers
    assert headers["x-ratelimit-limit-requests"] == "60"
    assert headers["x-ratelimit-remaining-requests"] == "59"
    assert headers["x-ratelimit-reset-requests"] == "6s"
    assert headers["x-ratelimit-reset-tokens"].endswith("ms")


def test_durations():
    """Durations are written as OpenAI writes them."""
    from chat_server.limits import duration

    given = [360, 1, 8.64, 0.02, 3723]
    assert [duration(x) for x in given] == ["6m0s", "1s", "8.64s", "20ms", "1h2m3s"]


def test_token_limit(server, client):
    """Tokens of prompts and the limits they ask for are counted against a minute."""
    server.control(tokens_per_minute=100)
    ask(client, max_tokens=90)
    with pytest.raises(openai.RateLimitError, match="tokens"):
        ask(client, max_tokens=90)


@pytest.mark.parametrize("status", [429, 503])
def test_limit_in_flight(server, client, status):
    """More requests at once than allowed are refused with the status set."""
    server.control(latency=0.3, max_in_flight=2, in_flight_status=status)
    with ThreadPoolExecutor(4) as pool:
        found = [x for [x] in pool.map(lambda text: statuses(client, [text]), "abcd")]
    assert sorted([200, 200, status, status]) == sorted(found)
    assert server.stats()["max_in_flight"] == 2


def test_workers_queue(server, client):
    """Behind one worker, requests wait for each other."""
    server.control(latency=0.1, workers=1)
    started = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(lambda text: said(client, text), "abcd"))) == 4
    assert time.monotonic() - started >= 0.4


def test_long_tail():
    """Lognormal latencies have the median set, a long tail, and repeat with their seed."""
    from chat_server.limits import Pace
    from chat_server.settings import Settings

    settings = Settings(latency=0.3, latency_sigma=0.8)
    first, again = (
        [pace.delay(0) for _ in range(2000)] for pace in (Pace(settings), Pace(settings))
    )
    assert first == again
    assert 0.27 < sorted(first)[1000] < 0.33
    assert max(first) > 2


# Bare sockets


def raw(text, **headers):
    """Give the bytes of a chat request."""
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}).encode()
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = ["POST /v1/chat/completions HTTP/1.1", f"content-length: {len(body)}", *lines]
    return "\r\n".join([*head, "", ""]).encode() + body


@contextlib.contextmanager
def wire(server):
    """A socket to the server, and a file to read its answers from."""
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection,
        connection.makefile("rb") as file,
    ):
        yield connection, file


def read_answer(file):
    """Read one response: status, headers, body."""
    status = int(file.readline().split()[1])
    lines = iter(file.readline, b"\r\n")
    headers = dict(line.decode().strip().split(": ", 1) for line in lines)
    return status, headers, file.read(int(headers["content-length"]))


def text_of(body):
    """Give the text of an answer."""
    return json.loads(body)["choices"][0]["message"]["content"]


@pytest.mark.parametrize("latency", [0, 0.01])
def test_pipelining(server, latency):
    """Requests sent in one go are answered in their order, also far more than a stack is deep."""
    server.control(latency=latency)
    count = 3000 if not latency else 20
    with wire(server) as (connection, file):
        connection.sendall(b"".join(raw(str(i)) for i in range(count)))
        found = [text_of(read_answer(file)[2]) for _ in range(count)]
    assert [f"Echo: {i}" for i in range(count)] == found
    assert server.stats()["max_in_flight"] == 1


def test_requests_in_pieces(server):
    """A request that comes byte by byte, and one in chunks, are read like any other."""
    with wire(server) as (connection, file):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in raw("slow"):
            connection.send(bytes([byte]))
        assert text_of(read_answer(file)[2]) == "Echo: slow"
        _, _, body = raw("chunks").partition(b"\r\n\r\n")
        head = b"POST /v1/chat/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        parts = b"5\r\n%b\r\n%x;x=y\r\n%b\r\n0\r\n\r\n" % (body[:5], len(body) - 5, body[5:])
        connection.sendall(head + parts + raw("next"))
        assert text_of(read_answer(file)[2]) == "Echo: chunks"
        assert text_of(read_answer(file)[2]) == "Echo: next"


def test_ends_of_connections(server):
    """A wish to close is met after the answer; bytes that are no HTTP get 400 and the end."""
    with wire(server) as (connection, file):
        connection.sendall(raw("bye", connection="close"))
        status, headers, _ = read_answer(file)
        assert (status, headers["connection"], file.read()) == (200, "close", b"")
    with wire(server) as (connection, file):
        connection.sendall(b"nonsense\r\n\r\n")
        assert (read_answer(file)[0], file.read()) == (400, b"")


def test_expect_continue(server):
    """A client that asks before it sends a body is told to go on."""
    head, gap, body = raw("later", expect="100-continue").partition(b"\r\n\r\n")
    with wire(server) as (connection, file):
        connection.sendall(head + gap)
        assert file.readline() + file.readline() == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert text_of(read_answer(file)[2]) == "Echo: later"


def test_reset_before_any_byte(server):
    """The connection is reset, not closed, and nothing came before."""
    server.control(faults=[{"kind": "reset"}])
    with wire(server) as (connection, _):
        connection.sendall(raw("x"))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


@pytest.mark.parametrize(
    ("kind", "end"), [("reset_in_body", ConnectionResetError), ("close_in_body", None)]
)
def test_ends_in_the_body(server, kind, end):
    """The head promises more than comes before the reset, or the orderly end."""
    server.control(faults=[{"kind": kind}], answer="x" * 1000)
    with wire(server) as (connection, _):
        connection.sendall(raw("x"))
        got = connection.recv(65536)
        with pytest.raises(end) if end else contextlib.nullcontext():
            assert connection.recv(65536) == b""
    head, _, body = got.partition(b"\r\n\r\n")
    promised = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
    assert 0 < len(body) == promised // 2


def test_pages_where_json_was_expected(server):
    """A proxy's page comes as HTML with 200 or 502."""
    for status in (200, 502):
        server.control(faults=[{"kind": f"html_{status}"}])
        with wire(server) as (connection, file):
            connection.sendall(raw("x"))
            found, headers, body = read_answer(file)
        assert (found, headers["content-type"], body[:9]) == (status, "text/html", b"<!DOCTYPE")


# Steering and counting


def test_statistics(server, client):
    """Requests are counted by status, body and connection, and forgotten by a reset."""
    before = time.time()
    assert statuses(client, "aab") == [200, 200, 200]
    stats = server.stats()
    assert (stats["requests"], stats["distinct"], stats["statuses"]) == (3, 2, {"200": 3})
    assert sorted(stats["bodies"].values()) == [1, 2]
    assert stats["paid"] == stats["bodies"]
    assert before <= stats["first_request"] <= stats["last_request"] <= time.time()
    assert (stats["max_in_flight"], stats["in_flight"], stats["abandoned"]) == (1, 0, 0)
    assert (stats["connections"], stats["open"]) == (1, 1)
    server.reset()
    assert server.stats()["requests"] == 0


def test_requests_are_kept(server, client):
    """What was sent can be read back."""
    ask(client, "look", temperature=0.5)
    [request] = server.requests()
    assert request["path"] == "/v1/chat/completions"
    assert request["headers"]["authorization"] == "Bearer none"
    assert request["body"]["temperature"] == 0.5


def test_clients_that_leave(server):
    """A request whose client left is no longer in flight, and nobody paid for an answer."""
    server.control(faults=[{"kind": "hang"}])
    with wire(server) as (connection, _):
        connection.sendall(raw("x"))
        time.sleep(0.1)
        assert server.stats()["in_flight"] == 1
    time.sleep(0.1)
    stats = server.stats()
    assert (stats["in_flight"], stats["abandoned"], stats["paid"]) == (0, 1, {})


@pytest.mark.parametrize(
    "settings",
    [{"latancy": 1}, {"noise": "loud"}, {"faults": [{"kind": "600"}]}, {"retry_after": "soon"}],
)
def test_unknown_switches(server, settings):
    """A switch or value that does not exist is an error, and nothing changes."""
    with pytest.raises(ValueError, match=r"latancy|loud|600|soon"):
        server.control(**settings)
    assert server.control()["faults"] == []


def test_servers_side_by_side():
    """Two servers know nothing of each other, and end with their block, whatever happens in it."""
    with pytest.raises(KeyError), running(answer="a") as a, running(answer="b") as b:
        with client_of(a) as one, client_of(b) as two:
            assert (said(one), said(two)) == ("a", "b")
        raise KeyError
    assert None not in (a.process.poll(), b.process.poll())
    with pytest.raises(ConnectionRefusedError), wire(a):
        pass


def test_a_server_comes_back_on_its_port():
    """A server that was stopped can be started again under the same address."""
    with running() as first, client_of(first) as client:
        assert said(client) == "Echo: Hello"
        first.stop()
        with pytest.raises(openai.APIConnectionError):
            ask(client)
        with running(port=first.port):
            assert said(client) == "Echo: Hello"


def test_the_server_by_hand():
    """It can be started from the command line with its settings."""
    command = [sys.executable, "-m", "chat_server", "--set", '{"answer": "by hand"}']
    with subprocess.Popen(command, cwd=TESTS, stdout=subprocess.PIPE) as process:
        url = f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        with openai.OpenAI(base_url=url, api_key="none") as client:
            answer = said(client)
        process.terminate()
    assert answer == "by hand"


def test_the_server_dies_with_its_parent():
    """A parent that is killed leaves no server behind."""
    code = (
        "import time; from chat_server import ChatServer; "
        "print(ChatServer().port, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], cwd=TESTS, stdout=subprocess.PIPE, text=True
    )
    port = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    with pytest.raises(ConnectionRefusedError):
        while time.monotonic() < deadline:
            socket.create_connection(("127.0.0.1", port)).close()
            time.sleep(0.05)


# The Batch API


def upload(client, texts, **changes):
    """Upload the input of a batch and create it."""
    lines = [
        {
            "custom_id": f"row-{i}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": "test-model", "messages": [{"role": "user", "content": text}]},
        }
        | changes
        for i, text in enumerate(texts)
    ]
    content = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
    file = client.files.create(file=("in.jsonl", content), purpose="batch")
    assert content == client.files.content(file.id).read()
    return client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h",
        metadata={"job": "test"},
    )  # fmt: skip


def walk(client, batch):
    """Look at the batch until its status stays; give all statuses and the last look."""
    found = [batch.status]
    while (batch := client.batches.retrieve(batch.id)).status != found[-1]:
        found.append(batch.status)
    return found, batch


def lines_of(client, name):
    """Read a file of results: custom_id → line."""
    lines = map(json.loads, client.files.content(name).read().splitlines())
    return {line["custom_id"]: line for line in lines}


def test_a_batch(server, client):
    """A batch goes through its statuses; results and failures come in files, in any order."""
    server.control(faults=[{"kind": "400", "containing": "poison"}])
    found, batch = walk(client, upload(client, ["你好", "poison", "c"]))
    assert found == ["validating", "in_progress", "finalizing", "completed"]
    counts = batch.request_counts
    assert (counts.total, counts.completed, counts.failed) == (3, 2, 1)
    output = lines_of(client, batch.output_file_id)
    assert list(output) == ["row-2", "row-0"]
    assert text_of(json.dumps(output["row-0"]["response"]["body"])) == "Echo: 你好"
    [failed] = lines_of(client, batch.error_file_id).values()
    assert (failed["custom_id"], failed["response"]["status_code"]) == ("row-1", 400)
    assert [batch.id] == [b.id for b in client.batches.list(limit=1).data]
    assert batch.metadata == {"job": "test"}
    assert batch.completed_at >= batch.created_at
    assert list(server.stats()["batch_lines"].values()) == [1, 1, 1]


def test_a_batch_takes_its_time(server, client):
    """With a time set, statuses change by the clock, not by looking."""
    server.control(batch_seconds=0.4)
    batch = upload(client, "a")
    started = time.monotonic()
    while client.batches.retrieve(batch.id).status != "completed":
        assert time.monotonic() - started < 10
        time.sleep(0.05)
    assert time.monotonic() - started > 1


def test_a_batch_fails(client):
    """Input that is wrong fails the batch with the lines that are wrong."""
    found, batch = walk(client, upload(client, "ab", custom_id="same"))
    assert found == ["validating", "failed"]
    [problem] = batch.errors.data
    assert (problem.code, problem.line) == ("duplicate_custom_id", 2)
    assert batch.output_file_id is None


def test_a_batch_expires(server, client):
    """What was not done in time is named in the error file; what was done is kept."""
    server.control(batch_outcome="expired")
    found, batch = walk(client, upload(client, "abcd"))
    assert found == ["validating", "in_progress", "expired"]
    assert {"row-0", "row-1"} == set(lines_of(client, batch.output_file_id))
    errors = lines_of(client, batch.error_file_id)
    assert [line["error"]["code"] for line in errors.values()] == ["batch_expired"] * 2


def test_a_batch_is_cancelled(client):
    """A batch can be cancelled once, and ends as cancelled."""
    batch = client.batches.cancel(upload(client, "ab").id)
    found, batch = walk(client, batch)
    assert found == ["cancelling", "cancelled"]
    assert {"row-0", "row-1"} == set(lines_of(client, batch.error_file_id))
    with pytest.raises(openai.ConflictError):
        client.batches.cancel(batch.id)


def test_files(client):
    """Files are listed, looked up and deleted; what is not there is 404."""
    file = client.files.create(file=("x.jsonl", b"{}\r\n--\r\n"), purpose="batch")
    assert (client.files.retrieve(file.id).bytes, file.filename) == (8, "x.jsonl")
    assert file.id in [f.id for f in client.files.list()]
    assert client.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.content(file.id)


# A second client


@pytest.mark.filterwarnings("ignore")
def test_litellm(server, monkeypatch):
    """Plain answers, streams and refusals are the same to litellm."""
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    litellm = pytest.importorskip("litellm")
    options = {
        "model": "openai/test-model", "api_base": server.base_url, "api_key": "none",
        "messages": [{"role": "user", "content": "Hello"}], "max_retries": 0,
    }  # fmt: skip
    reply = litellm.completion(**options)
    assert reply.choices[0].message.content == "Echo: Hello"
    assert reply.usage.prompt_tokens > 0
    parts = litellm.completion(**options, stream=True)
    assert "".join(part.choices[0].delta.content or "" for part in parts) == "Echo: Hello"
    server.control(reasoning="reasoning_content")
    assert litellm.completion(**options).choices[0].message.reasoning_content == "Let me think."
    server.control(reasoning=None, faults=[{"kind": "429"}])
    with pytest.raises(litellm.RateLimitError):
        litellm.completion(**options)
