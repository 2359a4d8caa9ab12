"""What is said, and what is not, of a server that gives no reply; and time-outs of any length."""

import asyncio

import pytest

from hf_sft_builders import errors
from hf_sft_builders.llm import ChatRequest, OpenAIChat, Reply, Runtime
from hf_sft_builders.llm.endpoint import find_endpoint
from hf_sft_builders.llm.protocol import read_completion
from hf_sft_builders.llm.transport import _OpenAIStack


def asked(model, runtime, number=1, words="say {}"):
    """The replies to some requests."""
    requests = [ChatRequest.ask(words.format(n)) for n in range(number)]
    return list(model.replies(requests, runtime))


@pytest.mark.parametrize("timeout", [1e9, 1e20, 1e300])
def test_a_time_out_longer_than_any_timer_is_a_long_one(model, timeout):
    """Nobody waits for the end of the world; nothing breaks for asking to."""
    [reply] = asked(model, Runtime(timeout=timeout))
    assert isinstance(reply, Reply)


def test_a_time_out_names_itself_and_what_to_do(server, model):
    """Not the words of the HTTP stack, which say neither how long it was nor what to turn."""
    server.control(latency=0.5)
    [reply] = asked(model, Runtime(timeout=0.05, max_retries=0))
    assert "did not answer model 'test-model': no reply within 0.05 s. Give it longer" in str(reply)


def test_the_stack_of_workers_times_a_whole_request(server):
    """A server that sends a byte now and then does not begin the time-out anew."""
    server.control(faults=[{"kind": "dribble", "seconds": 30.0}])
    endpoint = find_endpoint("m", server.base_url, None)

    async def post():
        body = b'{"model": "m", "messages": [{"role": "user", "content": "x"}]}'
        await _OpenAIStack(4).post(endpoint.url, endpoint.headers, body, 0.3)

    with pytest.raises(TimeoutError):
        asyncio.run(post())


PROXIES = {
    "a proxy": ({"HTTP_PROXY": "http://127.0.0.1:9"}, "HTTP_PROXY names.*NO_PROXY=127.0.0.1"),
    "any proxy": ({"all_proxy": "http://127.0.0.1:9"}, "ALL_PROXY names.*NO_PROXY=127.0.0.1"),
    "past it": ({"http_proxy": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}, "Is it running"),
}


@pytest.mark.parametrize("case", PROXIES)
def test_a_proxy_in_between_is_named(case, store, monkeypatch):
    """Whoever has a proxy set and a server of their own is not sent to look at the server."""
    variables, words = PROXIES[case]
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OPENAI_API_KEY", f"an engine for {case}".replace(" ", "-"))
    with pytest.raises(errors.EndpointError, match=words) as told:
        asked(OpenAIChat("m", "http://127.0.0.1:8/v1"), Runtime(max_retries=0), 3)
    assert ("PROXY" in str(told.value)) == (case != "past it")


def test_a_wrong_scheme_is_suspected(store):
    """https:// to a port that is closed, or speaks plain HTTP, says what else it could be."""
    with pytest.raises(errors.EndpointError, match=r"plain HTTP, write http://"):
        asked(OpenAIChat("m", "https://127.0.0.1:9/v1"), Runtime(), 3)


def test_a_key_out_of_a_file_may_end_in_a_line_break(server, store, monkeypatch):
    """It is taken off; a key that cannot be sent is refused, and not shown."""
    server.control(api_key="key-of-a-file")
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-a-file\r\n")
    [reply] = asked(OpenAIChat("test-model", server.base_url), Runtime())
    assert isinstance(reply, Reply)
    for key in ("key-of\na-file", "key-of-a-密钥"):
        with pytest.raises(errors.ConfigurationError, match="OPENAI_API_KEY") as told:
            find_endpoint("m", server.base_url, key)
        assert "key-of" not in str(told.value)


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c"])
def test_a_stream_breaks_at_its_line_ends_only(mark):
    """What Python takes for the end of a line is a character like others within a word."""
    body = (
        f'data: {{"choices": [{{"delta": {{"content": "甲{mark}乙"}}, "finish_reason": "stop"}}]}}'
    )
    if mark < " ":
        body = body.replace(mark, f"\\u{ord(mark):04x}")
    assert f"甲{mark}乙" == read_completion(f"{body}\r\n\r\ndata: [DONE]\r\n".encode()).text


def test_a_budget_holds_where_a_server_does_not_count(server, model):
    """Tokens are estimated then, in a first run and out of the store, and the limit is kept."""
    server.control(usage=False)
    limits = Runtime(max_concurrency=2, max_tokens_total=400, max_failures=1.0)
    for _ in range(2):
        with pytest.raises(errors.BuildError, match="max_tokens_total=400"):
            list(
                model.replies(
                    [ChatRequest.ask(f"say {n}", parameters={"max_tokens": 20}) for n in range(99)],
                    limits,
                )
            )
        assert 5 < server.stats()["requests"] < 40
