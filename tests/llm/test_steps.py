"""Generators of requests: the same results live, scripted, in waves and in batches."""

import pytest

from hf_sft_builders import errors
from hf_sft_builders.llm import ChatRequest, OpenAIChat, Runtime, ScriptedModel, work_through


def echo(request):
    """Say what was asked."""
    return f"Echo: {request.messages[-1]['content']}"


class Foreign:
    """A third party's model: answers all it is given, in order."""

    name = "foreign"

    def replies(self, requests, runtime):
        """Take all requests before the first reply."""
        yield from ScriptedModel(echo).replies(list(requests), runtime)


def chain(number):
    """Ask, ask about the reply, then two side by side."""
    first = yield ChatRequest.ask(f"row {number}")
    second = yield ChatRequest.ask(f"again {first.text}")
    pair = yield [ChatRequest.ask(f"{side} {second.text}") for side in ("left", "right")]
    return [reply.text for reply in pair]


def expected(number):
    """What `chain` gives from an echo."""
    deep = f"Echo: again Echo: row {number}"
    return [f"Echo: left {deep}", f"Echo: right {deep}"]


@pytest.mark.parametrize("model", [ScriptedModel(echo), Foreign()])
def test_steps_without_an_endpoint(model):
    """Scripted, and in waves."""
    found = list(work_through(map(chain, range(5)), model, Runtime()))
    assert [expected(number) for number in range(5)] == found


def test_steps_through_the_protocol(server, model):
    """Over the socket, in order, and nothing is asked twice by a second run."""
    runtime = Runtime(max_concurrency=8)
    found = list(work_through(map(chain, range(50)), model, runtime))
    assert [expected(number) for number in range(50)] == found
    assert 200 == server.stats()["requests"]
    assert found == list(work_through(map(chain, range(50)), model, runtime))
    assert 200 == server.stats()["requests"]


def test_steps_by_the_batch_api(server, store):
    """A wave per step: the same results for half the price."""
    model = OpenAIChat("m", server.base_url)
    found = list(work_through(map(chain, range(3)), model, Runtime(mode="batch")))
    assert [expected(number) for number in range(3)] == found


def test_a_script_goes_on_through_all_steps():
    """Lines are taken in the order in which they are asked for."""
    model = ScriptedModel(["one", "two", "left", "right"] * 2)
    found = list(work_through(map(chain, range(2)), model, Runtime()))
    assert [["left", "right"]] * 2 == found


@pytest.mark.parametrize("kind", ["live", "scripted", "waves"])
def test_an_error_is_raised_where_it_was_asked(server, model, kind):
    """Caught, the row goes on; not caught, it is the row's result; in a list it stands in its place."""
    server.control(faults=[{"kind": "400", "containing": "bad"}])

    def fails(request):
        bad = "bad" in request.messages[-1]["content"]
        return errors.ModelError("refused") if bad else echo(request)

    class Waves(Foreign):
        def replies(self, requests, runtime):
            yield from ScriptedModel(fails).replies(list(requests), runtime)

    def careful():
        try:
            yield ChatRequest.ask("bad 1")
        except errors.ModelError:
            reply = yield ChatRequest.ask("good")
            return reply.text

    def careless():
        yield ChatRequest.ask("fine")
        yield ChatRequest.ask("bad 2")

    def several():
        replies = yield [ChatRequest.ask("good too"), ChatRequest.ask("bad 3")]
        return [isinstance(reply, errors.ModelError) for reply in replies]

    chosen = {"live": model, "scripted": ScriptedModel(fails), "waves": Waves()}[kind]
    works = [careless(), careful(), several()]  # a 400 to the very first request ends a run
    second, first, third = work_through(works, chosen, Runtime(max_concurrency=1))
    assert "Echo: good" == first
    assert isinstance(second, errors.ModelError)
    assert [False, True] == third


def test_a_generator_that_asks_nothing():
    """Its result comes in its place."""

    def quiet(number):
        if number % 2:
            reply = yield ChatRequest.ask(f"row {number}")
            return reply.text
        return "nothing asked"

    found = list(work_through(map(quiet, range(4)), ScriptedModel(echo), Runtime()))
    assert ["nothing asked", "Echo: row 1", "nothing asked", "Echo: row 3"] == found
