"""The reply store: keys that tell requests apart, and replies that outlive everything."""

import io
import itertools
import json
import logging
import multiprocessing
import os
import pickle
import random
import shutil
import signal
import sqlite3
import tempfile
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, create_model

from hf_sft_builders.errors import ConfigurationError, FormatError
from hf_sft_builders.llm.replies import ReplyStore, StoredReply, default_path
from hf_sft_builders.llm.reply_keys import KEY_BYTES, public_endpoint, reply_key

fork = multiprocessing.get_context("fork")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")

ENDPOINT = "http://localhost:8000/v1"
QUESTION = [{"role": "user", "content": "望云楼在哪里？"}]


def key_of(number):
    """Give the key of a numbered request."""
    return reply_key(QUESTION, model="m", endpoint=ENDPOINT, sample=number)


def reply_of(number, size=300):
    """Give a reply that names its number."""
    return StoredReply(f'{{"n": {number}, "text": "{"答" * size}"}}', "m", ENDPOINT, created=1.0)


def fill(path, numbers):
    """Put numbered replies; for use in another process."""
    store = ReplyStore(path)
    for number in numbers:
        store.put(key_of(number), reply_of(number))


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    with ReplyStore(tmp_path / "replies.sqlite") as store:
        yield store


@pytest.fixture
def full(store):
    """The file of a closed store with 400 replies."""
    store.put_many((key_of(n), reply_of(n)) for n in range(400))
    store.close()
    return store.path


# --- keys ---------------------------------------------------------------------------------------

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars.filter(lambda value: value not in (float("inf"), float("-inf"))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
parameters = st.dictionaries(st.text(min_size=1), values, max_size=5)
secrets = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=12, max_size=24)


def turned(value):
    """Give the same value with all mappings in reverse order."""
    if isinstance(value, dict):
        return {name: turned(item) for name, item in reversed(value.items())}
    return [turned(item) for item in value] if isinstance(value, list) else value


def plain(value):
    """Give a form in which only values of the same meaning are equal."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return (isinstance(value, bool), value)


@given(parameters)
def test_the_order_of_names_does_not_count(given_parameters):
    """The same parameters in another order have the same key."""
    first = reply_key(QUESTION, model="m", parameters=given_parameters)
    second = [dict(reversed(message.items())) for message in QUESTION]
    assert first == reply_key(second, model="m", parameters=turned(given_parameters))
    assert len(first) == KEY_BYTES


@given(parameters, parameters)
def test_keys_are_equal_only_where_parameters_are(one, other):
    """Two requests share a key if and only if they ask the same."""
    same = reply_key([], model="m", parameters=one) == reply_key([], model="m", parameters=other)
    assert (plain(one) == plain(other)) == same


@given(st.text(), st.text())
def test_keys_are_equal_only_where_texts_are(one, other):
    """Texts are told apart to the last code point."""
    keys = {reply_key([{"role": "user", "content": text}], model="m") for text in (one, other)}
    assert len({one, other}) == len(keys)


class Pair(BaseModel):
    """A shape."""

    question: str
    answer: str


CHANGES = {
    "nothing": {},
    "a message": {"messages": [{"role": "user", "content": "望云楼有多高？"}]},
    "a role": {"messages": [{"role": "system", "content": "望云楼在哪里？"}]},
    "a message more": {"messages": [*QUESTION, *QUESTION]},
    "the model": {"model": "m2"},
    "the host": {"endpoint": "http://other:8000/v1"},
    "the port": {"endpoint": "http://localhost:8001/v1"},
    "the scheme": {"endpoint": "https://localhost:8000/v1"},
    "the path": {"endpoint": "http://localhost:8000/v2"},
    "the API version": {"endpoint": "http://localhost:8000/v1?api-version=2024-10-21"},
    "a model id": {"model_id": "m"},
    "the temperature": {"parameters": {"temperature": 0.8, "max_tokens": 9, "seed": 1}},
    "the length": {"parameters": {"temperature": 0.7, "max_tokens": 10, "seed": 1}},
    "the seed": {"parameters": {"temperature": 0.7, "max_tokens": 9, "seed": 2}},
    "a parameter less": {"parameters": {"temperature": 0.7, "max_tokens": 9}},
    "the sample": {"sample": 1},
    "no schema": {"schema": None},
    "a field": {"schema": create_model("Pair", question=(str, ...), answer=(int, ...))},
    "the order of fields": {"schema": create_model("Pair", answer=(str, ""), question=(str, ""))},
    "that order again": {"schema": create_model("Pair", question=(str, ""), answer=(str, ""))},
}


def test_every_change_changes_the_key():
    """What a reply depends on is in its key, each thing for itself."""
    request = {
        "messages": QUESTION, "model": "m", "endpoint": ENDPOINT, "schema": Pair,
        "parameters": {"temperature": 0.7, "max_tokens": 9, "seed": 1},
    }  # fmt: skip
    keys = {reply_key(**(request | change)): what for what, change in CHANGES.items()}
    assert list(CHANGES) == list(keys.values())


def test_keys_are_the_same_for_ever():
    """A golden key, whatever the process: if it changes, every stored reply is paid for again."""
    parameters = {"temperature": 1.0, "stop": ["。", "\n"], "logit_bias": {50256: -100}}
    key = reply_key(
        QUESTION, model="m", endpoint=ENDPOINT, parameters=parameters,
        schema={"properties": {"b": {"type": "string"}, "a": {"type": "integer"}}}, sample=3,
    )  # fmt: skip
    assert key.hex() == GOLDEN_KEY
    parameters["temperature"] = 1
    assert reply_key(QUESTION, model="m", parameters=parameters) == reply_key(
        tuple(QUESTION), model="m", parameters=dict(parameters, temperature=1.0)
    )


GOLDEN_KEY = "a590b13406173f0e0e67dd13791e3cb7"


def test_a_model_id_stands_for_model_and_endpoint():
    """Another name behind another address has the same key, if it is said to be the same model."""
    one = reply_key(QUESTION, model="a", endpoint="http://a/v1", model_id="qwen3-8b")
    assert one == reply_key(QUESTION, model="b", endpoint="http://b/v1", model_id="qwen3-8b")


@given(secrets, secrets, st.sampled_from(["api_key", "key", "token", "code", "sig", "Signature"]))
def test_credentials_in_an_address_never_count_nor_show(user, password, name):
    """User, password, secret query fields and key-like segments are neither hashed nor kept."""
    for plain, secret in (
        ("https://h.example/v1", f"https://{user}:{password}@H.example:443/v1/?{name}={password}"),
        ("http://[::1]:8000/v1", f"http://{user}@[::1]:8000/v1/?a={user}#{password}"),
        ("https://h/sk-000000000000000000/v1", f"https://h/sk-{user}0000{password}/v1"),
    ):
        shown = public_endpoint(secret)
        assert user not in shown and password not in shown
        assert shown == public_endpoint(shown) == public_endpoint(plain)
        assert reply_key([], model="m", endpoint=plain) == reply_key([], model="m", endpoint=secret)


@pytest.mark.parametrize(
    "address",
    ["localhost:8000", "me:geheim@host/v1", "ftp://me:geheim@h", "https://me:ge/heim@h/v1",
     "https://me:geheim@[h", "https://me:geheim@"],
)  # fmt: skip
def test_a_bad_address_is_refused_without_being_shown(address):
    """An address that cannot be parted safely is an error, which does not repeat it."""
    with pytest.raises(ConfigurationError, match="base_url") as refused:
        reply_key([], model="m", endpoint=address)
    assert "heim" not in str(refused.value)


@pytest.mark.parametrize(
    "bad", [{"parameters": {"x": float("nan")}}, {"parameters": {"x": object()}}, {"model": ""}]
)
def test_what_cannot_be_hashed_is_refused(bad):
    """No key is better than a key that other requests share."""
    with pytest.raises(ConfigurationError):
        reply_key(**({"messages": QUESTION, "model": "m"} | bad))


# --- putting and getting -------------------------------------------------------------------------

replies = st.builds(
    StoredReply,
    raw=st.text(),
    model=st.text(),
    endpoint=st.sampled_from(["", ENDPOINT, "https://h.example/v1?api-version=1"]),
    tokens_in=st.integers(0, 2**40),
    tokens_out=st.integers(0, 2**40),
    tokens_reasoning=st.integers(0, 2**40),
    finish_reason=st.text(),
    created=st.floats(0, 1e11),
    label=st.text(),
)
keys = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)
texts = [
    "", "\0", "a\0b", "\ufeff{}", "👨‍👩‍👧‍👦 e\u0301 \u2028\x85\r\n", "\ud800", "\x7f\x80\uffff"
]  # fmt: skip


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(keys, replies, max_size=8))
def test_what_was_put_comes_back(content):
    """Any text comes back to the last code point, from the file and through an export."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ReplyStore(Path(folder) / "a") as store,
        ReplyStore(Path(folder) / "b") as copy,
    ):
        assert [True] * len(content) == [store.put(*item) for item in content.items()]
        lines = io.StringIO(newline="")
        assert len(content) == store.export(lines)
        assert len(content) == copy.import_lines(io.StringIO(lines.getvalue(), newline="\n"))
        store.close()
        for each in (store, copy):
            assert content == each.get_many(content)


@pytest.mark.parametrize("text", texts)
def test_odd_texts_come_back(store, text):
    """NUL, half surrogate pairs and line ends of all kinds are only text."""
    store.put(key_of(1), StoredReply(text, "m"))
    lines = io.StringIO()
    store.export(lines)
    assert text == store.get(key_of(1)).raw == json.loads(lines.getvalue())["raw"]


def test_the_first_reply_stays(store):
    """A second reply to the same request is refused without an error."""
    assert store.put(key_of(1), reply_of(1))
    assert not store.put(key_of(1), reply_of(2))
    assert store.put_many([(key_of(1), reply_of(3)), (key_of(2), reply_of(2))]) == 1
    assert reply_of(1) == store.get(key_of(1))
    assert store.get(key_of(3)) is None
    assert {key_of(1), key_of(2)} == set(store.get_many(map(key_of, range(2000))))


def test_no_credential_is_stored(store):
    """Of an endpoint, what is secret does not reach the file."""
    store.put(key_of(1), StoredReply("{}", "m", "https://me:geheim@h/v1?key=geheim&token=geheim"))
    assert store.get(key_of(1)).endpoint == "https://h/v1"
    store.close()
    assert b"geheim" not in store.path.read_bytes()


def test_a_store_travels_by_its_path(store):
    """A pickled store opens the same file."""
    store.put(key_of(1), reply_of(1))
    assert reply_of(1) == pickle.loads(pickle.dumps(store)).get(key_of(1))


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"HF_SFT_REPLIES": "/r/s.db", "HF_HOME": "/h"}, "/r/s.db"),
        ({"HF_SFT_REPLIES": "~/s.db"}, "/home/me/s.db"),
        ({"HF_HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/h/hf_sft_builders/replies.sqlite"),
        ({"HF_HOME": "$XDG_CACHE_HOME/y", "XDG_CACHE_HOME": "/x"},
         "/x/y/hf_sft_builders/replies.sqlite"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/huggingface/hf_sft_builders/replies.sqlite"),
        ({}, "/home/me/.cache/huggingface/hf_sft_builders/replies.sqlite"),
    ],
)  # fmt: skip
def test_the_environment_says_where(monkeypatch, variables, expected):
    """`HF_SFT_REPLIES` comes first, then `HF_HOME` as `huggingface_hub` reads it."""
    for name in ("HF_SFT_REPLIES", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/me", **variables}.items():
        monkeypatch.setenv(name, value)
    assert Path(expected) == default_path() == ReplyStore().path


# --- kills, processes, threads, forks ------------------------------------------------------------


def put_and_say(path, many, out):
    """Put replies for ever and write the number of each that was acknowledged."""
    store = ReplyStore(path)
    for number in itertools.count(step=7 if many else 1):
        group = range(number, number + 7) if many else [number]
        if many:
            store.put_many([(key_of(n), reply_of(n)) for n in group])
        else:
            store.put(key_of(number), reply_of(number))
        os.write(out, b"".join(b"%d\n" % n for n in group))


@needs_fork
@pytest.mark.parametrize("many", [False, True], ids=["put", "put_many"])
def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path, many):
    """After `kill -9` at 30 random moments, every acknowledged reply is there and whole."""
    chance, acknowledged = random.Random(1), 0
    for trial in range(30):
        path = tmp_path / f"{trial % 3}.sqlite"
        reading, writing = os.pipe()
        child = fork.Process(target=put_and_say, args=(path, many, writing))
        child.start()
        os.close(writing)
        time.sleep(chance.uniform(0, 0.12))
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        with os.fdopen(reading, "rb") as pipe:
            told = [int(line) for line in pipe.read().split(b"\n")[:-1]]
        with ReplyStore(path) as store:
            kept = store.get_many(map(key_of, told))
            assert {key_of(n): reply_of(n) for n in told} == kept
        acknowledged += len(told)
    assert acknowledged > 1000


@needs_fork
def test_processes_share_a_store(tmp_path):
    """Two processes write at once, each also what the other writes; all of it is there once."""
    path = tmp_path / "replies.sqlite"
    shares = (range(600), range(599, 300, -1), range(300, 900))
    children = [fork.Process(target=fill, args=(path, share)) for share in shares]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0, 0]
    with ReplyStore(path) as store:
        assert 900 == store.summary().replies == len(store.get_many(map(key_of, range(900))))


@needs_fork
def test_a_fork_while_open_loses_nothing(store):
    """Parent and children use an open store on; the parent may close it first."""
    store.put(key_of(0), reply_of(0))
    done, go_on = fork.Event(), fork.Event()

    def child(first):
        store.put(key_of(first), reply_of(first))
        done.set()
        go_on.wait(20)
        for number in range(first + 1, first + 50):
            store.put(key_of(number), reply_of(number))

    children = [fork.Process(target=child, args=(first,)) for first in (100, 200)]
    for process in children:
        process.start()
        store.put(key_of(process.pid), reply_of(process.pid))
    done.wait(20)
    store.close()
    go_on.set()
    for process in children:
        process.join()
        assert process.exitcode == 0
    assert store.summary().replies == 103


@needs_fork
def test_forks_among_threads(store):
    """A fork in the midst of other threads' puts hangs neither side and loses nothing."""
    ended = threading.Event()
    numbers = {thread: iter(range(thread * 10**6, (thread + 1) * 10**6)) for thread in (1, 2)}
    put = []

    def write(thread):
        while not ended.is_set():
            number = next(numbers[thread])
            store.put(key_of(number), reply_of(number, 10))
            put.append(number)

    threads = [threading.Thread(target=write, args=(thread,)) for thread in numbers]
    for thread in threads:
        thread.start()
    for first in range(0, 80, 10):
        process = fork.Process(target=fill_open, args=(store, range(first, first + 10)))
        process.start()
        process.join(30)
        assert process.exitcode == 0
    ended.set()
    for thread in threads:
        thread.join()
    assert len(put) + 80 == len(store.get_many(map(key_of, [*put, *range(80)])))


def fill_open(store, numbers):
    """Put into a store that came through the fork."""
    for number in numbers:
        store.put(key_of(number), reply_of(number))


@needs_fork
def test_a_fork_behind_pythons_back_is_refused(store):
    """Where SQLite's locks cannot be trusted, an error comes instead of a loss."""
    store.put(key_of(1), reply_of(1))
    store._file._process -= 1
    with pytest.raises(ConfigurationError, match="forked"):
        store.put(key_of(2), reply_of(2))


def test_threads_share_a_store(store):
    """Eight threads put and get through one store."""
    failures = []

    def work(first):
        try:
            for number in range(first, first + 100):
                store.put(key_of(number), reply_of(number))
                assert reply_of(number) == store.get(key_of(number))
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work, args=(first,)) for first in range(0, 800, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert store.summary().replies == 800


# --- damage --------------------------------------------------------------------------------------


def overwritten(path, at, content):
    """Write over a part of a file."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def aside(path):
    """Give what was set aside beside a store."""
    return sorted(path.parent.glob(f"{path.name}.damaged-*"))


def random_bytes(size, seed=0):
    """Give bytes that are the same in every run."""
    return random.Random(seed).randbytes(size)


DAMAGES = {
    "random bytes": lambda path: path.write_bytes(random_bytes(5000)),
    "a few bytes": lambda path: path.write_bytes(b"{}"),
    "a header only": lambda path: os.truncate(path, 100),
    "cut in a page": lambda path: os.truncate(path, 4096 * 9 + 17),
    "cut at a page": lambda path: os.truncate(path, 4096 * 9),
    "another header": lambda path: overwritten(path, 0, random_bytes(100)),
    "first page": lambda path: overwritten(path, 0, random_bytes(4096)),
    "root page": lambda path: overwritten(path, 4096, random_bytes(4096)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_set_aside(full, caplog, damage):
    """What is damaged keeps its bytes under another name, one warning says which; work goes on."""
    DAMAGES[damage](full)
    before = full.read_bytes()
    with ReplyStore(full) as store:
        assert store.put(key_of(1), reply_of(1))
        assert reply_of(1) == store.get(key_of(1))
    [kept] = aside(full)
    assert before == kept.read_bytes()
    [warning] = caplog.records
    assert str(kept) in warning.getMessage() and "merge" in warning.getMessage()


def test_no_bytes_are_a_new_store(tmp_path, caplog):
    """An empty file is no damage."""
    path = tmp_path / "replies.sqlite"
    path.touch()
    fill(path, [1])
    assert [] == aside(path) == caplog.records


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 300), st.integers(1, 6000), st.booleans(), st.integers(0, 9))
def test_no_damage_gives_a_wrong_reply(at, size, zeros, seed):
    """Wherever bytes are overwritten, a reply comes back whole, or is asked for anew."""
    logging.getLogger("hf_sft_builders").disabled = True
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "replies.sqlite"
        with ReplyStore(path) as store:
            store.put_many((key_of(n), reply_of(n, 5 ** (n % 5))) for n in range(200))
        place = path.stat().st_size * at // 301
        overwritten(path, place, bytes(size) if zeros else random_bytes(size, seed))
        with ReplyStore(path) as store:
            for number in range(200):
                found = store.get(key_of(number))
                assert found in (None, reply_of(number, 5 ** (number % 5)))
                assert found or store.put(key_of(number), reply_of(number, 5 ** (number % 5)))
    logging.getLogger("hf_sft_builders").disabled = False


def test_what_is_whole_in_a_damaged_store_is_taken_over(full, caplog):
    """One bad page costs the replies on it, not the others."""
    overwritten(full, 4096 * 100 + 50, random_bytes(2000))
    with ReplyStore(full) as store:
        kept = store.get_many(map(key_of, range(400)))
        assert kept == {}
        [old] = aside(full)
        assert 390 <= store.merge(old) < 400
        for key, reply in store.get_many(map(key_of, range(400))).items():
            assert reply_of(json.loads(reply.raw)["n"]) == reply
            assert key_of(json.loads(reply.raw)["n"]) == key
        assert store.merge(old) == 0
    assert "replies could be read" in caplog.messages[-1]


def find_damage(path, numbers, started):
    """Come upon a damaged store together with others."""
    started.wait()
    fill(path, numbers)


@needs_fork
def test_processes_find_the_same_damage(full):
    """Four processes set a file aside at once: it is kept once, and no new reply is lost."""
    overwritten(full, 4096, random_bytes(4096))
    started = fork.Event()
    shares = [range(first, first + 50) for first in (1000, 2000, 3000, 4000)]
    children = [fork.Process(target=find_damage, args=(full, share, started)) for share in shares]
    for child in children:
        child.start()
    started.set()
    for child in children:
        child.join()
        assert child.exitcode == 0
    assert len(aside(full)) == 1
    with ReplyStore(full) as store:
        assert store.summary().replies == 200


def test_a_file_that_is_replaced_while_open_takes_no_reply_along(store):
    """Who has the old file open when it is renamed or deleted goes on in the new one."""
    store.put(key_of(1), reply_of(1))
    for part in ("-wal", "-shm", ""):
        Path(f"{store.path}{part}").rename(store.path.with_name(f"old{part}"))
    fill(store.path, [2])
    assert store.put(key_of(3), reply_of(3))
    shutil.rmtree(store.path.parent)
    assert store.put(key_of(4), reply_of(4))
    store.close()
    with ReplyStore(store.path) as again:
        assert {key_of(4)} == set(again.get_many(map(key_of, range(5))))


# --- files that cannot be used -------------------------------------------------------------------


def test_another_programs_database_is_left_alone(tmp_path):
    """A database that is not ours is neither used nor set aside."""
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE notes (text)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="another program"):
        ReplyStore(path).get(key_of(1))
    assert before == path.read_bytes()


def test_a_later_layout_is_refused(full):
    """A store of a later version is left alone, with the way out in the error."""
    with sqlite3.connect(full) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    for use in (lambda: ReplyStore(full).get(key_of(1)), lambda: ReplyStore().merge(full)):
        with pytest.raises(ConfigurationError, match="Upgrade hf_sft_builders"):
            use()


@pytest.fixture
def unprivileged():
    """Give up the rights of root for a test, so that modes of files count."""
    if not hasattr(os, "geteuid"):
        pytest.skip("no modes of files on this system")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            if root:
                os.seteuid(0)


@pytest.mark.parametrize("existing", [False, True])
def test_a_folder_without_the_right_to_write(unprivileged, existing):
    """The error names the file and the way out."""
    folder = unprivileged / "home"
    folder.mkdir()
    if existing:
        fill(folder / "replies.sqlite", [1])
        (folder / "replies.sqlite").chmod(0o444)
    folder.chmod(0o555)
    with pytest.raises(ConfigurationError, match=r"replies\.sqlite.*HF_SFT_REPLIES"):
        ReplyStore(folder / "replies.sqlite").put(key_of(2), reply_of(2))
    folder.chmod(0o777)


def test_a_path_that_is_a_folder(tmp_path):
    """A folder in the file's place is named."""
    with pytest.raises(ConfigurationError, match="HF_SFT_REPLIES"):
        ReplyStore(tmp_path).put(key_of(1), reply_of(1))


def test_a_full_disk_is_named(store):
    """Without space the put fails, with what to do; what was there stays and puts go on after."""
    store.put(key_of(1), reply_of(1))
    limit = store._file.run(lambda file: file.execute("PRAGMA max_page_count = 9").fetchone())
    assert limit == (9,)
    with pytest.raises(ConfigurationError, match=r"disk is full.*Free some space"):
        store.put_many((key_of(n), reply_of(n)) for n in range(2, 50))
    assert store.summary().replies == 1
    store.close()
    assert store.put_many((key_of(n), reply_of(n)) for n in range(2, 50)) == 48


@needs_fork
def test_a_limit_of_the_system_is_named(tmp_path):
    """A write that the system refuses is an error, never an acknowledged put."""
    resource = pytest.importorskip("resource")
    told, telling = os.pipe()

    def child():
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        try:
            put_and_say(tmp_path / "replies.sqlite", False, telling)
        except ConfigurationError:
            os._exit(3)

    process = fork.Process(target=child)
    process.start()
    os.close(telling)
    with os.fdopen(told, "rb") as pipe:
        numbers = [int(line) for line in pipe.read().split()]
    process.join()
    assert process.exitcode == 3 and numbers
    with ReplyStore(tmp_path / "replies.sqlite") as store:
        assert len(numbers) == len(store.get_many(map(key_of, numbers)))


# --- management ----------------------------------------------------------------------------------


def some(model, days, tokens):
    """Give a reply of a model, some days old."""
    return StoredReply("{}", model, "", tokens, tokens, created=time.time() - days * 86_400)


@pytest.fixture
def mixed(store):
    """A store with three replies of one model and one of another."""
    for number, reply in enumerate(
        [some("a", 9, 1), some("a", 5, 2), some("a", 0, 3), some("b", 9, 4)]
    ):
        store.put(key_of(number), reply)
    return store


def test_the_summary_counts_by_model(mixed):
    """Replies, bytes, tokens and times of each model, the largest first."""
    summary = mixed.summary()
    assert summary.replies == 4 and summary.bytes > 4096 and mixed.path == summary.path
    first, second = summary.models
    assert (
        first.model, first.replies, first.bytes, first.tokens_in, first.tokens_out,
        first.tokens_reasoning,
    ) == ("a", 3, 6, 6, 6, 0)  # fmt: skip
    assert second.model == "b" and first.newest - first.oldest == pytest.approx(9 * 86_400, abs=9)
    with ReplyStore(mixed.path.with_name("new")) as new:
        assert new.summary().models == ()


@pytest.mark.parametrize(
    ("which", "left"),
    [
        ({"older_than_days": 7}, {1, 2}),
        ({"model": "a"}, {3}),
        ({"older_than_days": 7, "model": "a"}, {1, 2, 3}),
        ({"older_than_days": 0}, set()),
        ({"model": "none such"}, {0, 1, 2, 3}),
    ],
)
def test_pruning_takes_what_is_both_old_and_of_the_model(mixed, which, left):
    """A dry run counts what a real one deletes."""
    assert 4 - len(left) == mixed.prune(**which, dry_run=True)
    assert mixed.summary().replies == 4
    assert 4 - len(left) == mixed.prune(**which)
    assert {key_of(n) for n in left} == set(mixed.get_many(map(key_of, range(4))))


def test_pruning_everything_has_to_be_said(mixed):
    """Without a choice nothing is deleted."""
    with pytest.raises(ConfigurationError, match="older_than_days"):
        mixed.prune()


def test_pruning_makes_the_file_smaller(full):
    """The room of deleted replies is given back."""
    before = full.stat().st_size
    with ReplyStore(full) as store:
        assert store.prune(older_than_days=1) == 400
        assert store.summary().bytes < before / 10


def test_an_export_is_lines_of_json_of_one_model(mixed):
    """Each line is one reply, readable as it is."""
    mixed.put(key_of(9), StoredReply("望云楼", "c", label="问答"))
    stream = io.StringIO()
    assert mixed.export(stream, model="c") == 1
    assert "望云楼" in stream.getvalue() and "问答" in stream.getvalue()
    assert key_of(9).hex() == json.loads(stream.getvalue())["key"]


@pytest.mark.parametrize(
    "line", ["{", "[]", "{}", '{"key": "00", "raw": "", "model": "m"}',
             '{"key": "' + "00" * 16 + '", "raw": 1, "model": "m"}',
             '{"key": "' + "00" * 16 + '", "raw": "", "model": "m", "tokens_in": "1"}']
)  # fmt: skip
def test_a_line_that_is_no_reply_is_named(mixed, line):
    """An import stops at the line, by number, and keeps what came before."""
    stream = io.StringIO()
    mixed.export(stream)
    with ReplyStore(mixed.path.with_name("new")) as new:
        with pytest.raises(FormatError, match="Line 6 "):
            new.import_lines([*stream.getvalue().splitlines(), "\n", line])
        assert new.summary().replies == 4


def test_stores_are_merged(mixed):
    """Replies of a worker's store are taken over, first wins, and the other stays as it is."""
    with ReplyStore(mixed.path.with_name("worker")) as worker:
        worker.put(key_of(0), reply_of(0))
        worker.put(key_of(7), reply_of(7))
        assert mixed.merge(worker.path) == 1
        assert worker.summary().replies == 2
    assert reply_of(7) == mixed.get(key_of(7)) and mixed.get(key_of(0)).model == "a"
    assert mixed.merge(mixed.path) == 0


def test_what_cannot_be_merged_is_named(store, tmp_path):
    """No file, and no database, are told apart from an empty store."""
    (tmp_path / "text").write_text("no database" * 100)
    with pytest.raises(ConfigurationError, match="no reply store"):
        store.merge(tmp_path / "none")
    with pytest.raises(ConfigurationError, match="damaged beyond reading"):
        store.merge(tmp_path / "text")
