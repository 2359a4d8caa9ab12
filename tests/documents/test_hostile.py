"""Files that want to do harm are counted with a reason, and the others go on."""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hostile_samples import HOSTILE

import hf_sft_builders as sft
from hf_sft_builders.documents import (
    Document,
    ReaderOptions,
    ReadingLimits,
    documents_in,
    read_document,
    sandbox,
)
from hf_sft_builders.errors import DocumentError

LIMITS = ReadingLimits(seconds=120, memory_mb=2048)


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_files_have_a_reason(name):
    """In the worker, whatever they do; the next file is read all the same."""
    uri, data, reasons = HOSTILE[name]
    try:
        found = list(documents_in(data, uri, limits=LIMITS))
    except DocumentError as error:
        found = [error]
    assert reasons >= {one.reason for one in found if isinstance(one, DocumentError)}
    assert bool(reasons) != any(isinstance(one, Document) for one in found)
    assert ["A"] == [one.title for one in documents_in(b"<h1>A</h1>", "a.html", limits=LIMITS)]


@pytest.fixture
def stuck(monkeypatch):
    """A worker that reads nothing: its Python runs what the test says."""

    def set_program(program):
        sandbox.stop_workers()
        popen = sandbox.subprocess.Popen
        monkeypatch.setattr(
            sandbox.subprocess,
            "Popen",
            lambda command, **given: popen([sys.executable, "-c", program], **given),
        )

    yield set_program
    monkeypatch.undo()
    sandbox.stop_workers()


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import time; time.sleep(600)", "took too long"),
        ("import os; os.abort()", "crashed the reader"),
        ("import sys; sys.exit(77)", "needs too much memory"),
    ],
)
def test_a_worker_that_hangs_or_dies(stuck, program, reason):
    """The file is given up with its reason; the next one has a new worker."""
    stuck(program)
    with pytest.raises(DocumentError) as error:
        list(documents_in(b"<p>x", "a.html", limits=ReadingLimits(seconds=0.5)))
    assert reason == error.value.reason


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux")
def test_memory_is_limited():
    """A file that needs more than it may is given up."""
    page = b"<p>" + b"x " * (40 << 20)
    with pytest.raises(DocumentError) as error:
        list(documents_in(page, "a.html", limits=ReadingLimits(memory_mb=512)))
    assert error.value.reason in ("needs too much memory", "crashed the reader")


def test_one_worker_reads_many_files():
    """What a file costs more is a message, not a process."""
    sandbox.stop_workers()
    list(documents_in(b"<p>x", "a.html", limits=LIMITS))
    [worker] = sandbox._idle
    for _ in range(5):
        list(documents_in(b"<p>x", "a.html", limits=LIMITS))
    with pytest.raises(DocumentError):
        list(documents_in(b"%PDF-", "a.html", limits=LIMITS))
    assert [worker] == sandbox._idle


def test_readings_that_overlap_do_not_wait_for_each_other():
    """Two archives read in turns, and by threads."""
    lines = b'{"text": "one"}\n{"text": "two"}\n'
    first, second = (documents_in(lines, "a.jsonl", limits=LIMITS) for _ in range(2))
    assert ["one", "one", "two", "two"] == [next(x).text for x in (first, second, first, second)]
    with ThreadPoolExecutor(4) as pool:
        read = pool.map(lambda i: list(documents_in(lines, "a.jsonl", limits=LIMITS)), range(8))
        assert 8 == len(list(read))


def test_a_reading_that_is_left_leaves_nothing_behind():
    """What was not taken is not the next file's."""
    lines = b'{"text": "one"}\n{"text": "two"}\n'
    next(left := documents_in(lines, "a.jsonl", limits=LIMITS))
    left.close()
    assert ["x\n"] == [one.text for one in documents_in(b"<p>x", "a.html", limits=LIMITS)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_fork_has_a_worker_of_its_own():
    """Workers of `num_proc` are forks of a process that may have read files before."""
    list(documents_in(b"<p>x", "a.html", limits=LIMITS))
    child = os.fork()
    if not child:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(60)
        found = list(documents_in(b"<p>y", "a.html", limits=LIMITS))
        os._exit(0 if found[0].text == "y\n" else 1)
    assert 0 == os.waitpid(child, 0)[1]
    assert threading.active_count() >= 1
    assert ["z\n"] == [one.text for one in documents_in(b"<p>z", "a.html", limits=LIMITS)]


def test_the_worker_is_light():
    """It starts without `datasets`."""
    code = "import sys, hf_sft_builders.documents.worker; print('datasets' in sys.modules)"
    done = sandbox.subprocess.run(
        [sys.executable, "-c", code], env=sandbox._environment(), capture_output=True, check=True
    )
    assert b"False" == done.stdout.strip()


def test_the_worker_knows_no_credentials(monkeypatch):
    """A file that takes the worker over finds no key."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert "sk-secret" not in str(sandbox._environment())


def test_a_builder_goes_on(load, tmp_path):
    """One good file among the hostile: its rows, and a reason for each of the others."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "good.md").write_text("# Good\n\nText of the good file.")
    named = {name: name.replace(" ", "-").replace(",", "") for name in HOSTILE}
    for name in ("zip bomb", "billion laughs", "cyclic form", "deep HTML", "path traversal"):
        uri, data, _ = HOSTILE[name]
        (folder / (named[name] + "." + uri.rpartition(".")[2])).write_bytes(data)
    rows = load("documents", data_dir=str(folder), split="train")
    assert ["Good"] == rows["title"]
    assert 5 == len(sft.last_run().unreadable)


def test_passwords_reach_the_worker():
    """And no message tells them."""
    import pdf_samples

    data = pdf_samples.encrypted_pdf("Secret words.", "open sesame")
    options = ReaderOptions(passwords=("open sesame",))
    [found] = documents_in(data, "a.pdf", options, LIMITS)
    assert found == read_document(data, "a.pdf", options)
