"""Clients of the stand-in: each job is a process of its own with a fresh `HF_HOME`.

`HF_ENDPOINT` is read when the client's modules are imported, and importing them takes seconds. So one
process imports them, asks nothing of anybody, and forks for each job; the clients stay as they are.

    with clients(hub.endpoint, folder) as run:
        told = run("ds = load_dataset('mei/x'); tell(rows=len(ds['train']))")
        job = run.start("publish(...)")      # runs meanwhile
        job.kill()
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TOKEN = "hf_mei"
_PATIENCE = 240.0
_numbers = itertools.count()


class Failed(Exception):
    """A job that raised; carries the exception's own type, message and all bases."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__(told["error"])
        self.kind, self.trace = told["kind"], told["trace"]
        self.kinds: list[str] = told["kinds"]


class Job:
    """One process at work."""

    def __init__(self, pid: int, out: Path) -> None:
        self.pid, self._out = pid, out

    def result(self) -> dict[str, Any]:
        """Wait for the end; give what it told.

        Raises:
            Failed: if it raised, or was killed.
        """
        deadline = time.monotonic() + _PATIENCE
        while self.alive():
            if time.monotonic() > deadline:
                self.kill()
                raise TimeoutError(f"job {self.pid}")
            time.sleep(0.02)
        if not self._out.exists():
            raise Failed({"error": "killed", "kind": "Killed", "kinds": [], "trace": ""})
        told = json.loads(self._out.read_text())
        if "error" in told:
            raise Failed(told)
        return dict(told)

    def alive(self) -> bool:
        """Whether it is still at work."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def kill(self) -> None:
        """End it as a power cut would."""
        os.kill(self.pid, signal.SIGKILL)
        while self.alive():
            time.sleep(0.01)


class Clients:
    """The process that forks."""

    def __init__(self, endpoint: str, folder: Path, python: str = sys.executable) -> None:
        self._folder = folder
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))}
        tests = str(Path(__file__).parent.parent)
        self._process = subprocess.Popen(
            [python, "-m", "hub_server.clients"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **kept,
                "HF_ENDPOINT": endpoint,
                "HF_HOME": str(folder / "home"),
                "HF_TOKEN": TOKEN,
                "HF_UPDATE_DOWNLOAD_COUNTS": "0",
                "HF_HUB_DISABLE_TELEMETRY": "1",
                "HF_HUB_DISABLE_UPDATE_CHECK": "1",
                "HF_HUB_DISABLE_XET": "1",
                "HF_HUB_DISABLE_PROGRESS_BARS": "1",
                "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
                "PYTHONPATH": os.pathsep.join(filter(None, [tests, kept.get("PYTHONPATH", "")])),
            },
        )

    def __call__(self, code: str, **values: Any) -> dict[str, Any]:
        """Run a job to its end."""
        return self.start(code, **values).result()

    def start(self, code: str, home: Path | None = None, **values: Any) -> Job:
        """Begin a job; `values` are names that the code can use."""
        number = next(_numbers)
        out = self._folder / f"job-{number}.json"
        asked = {
            "code": code,
            "values": values,
            "out": str(out),
            "home": str(home or self._folder / f"home-{number}"),
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return Job(int(self._process.stdout.readline()), out)

    def stop(self) -> None:
        """End the process that forks."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()


@contextmanager
def clients(endpoint: str, folder: Path) -> Iterator[Clients]:
    """Start, and stop after the block."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Clients(endpoint, folder)
    try:
        yield made
    finally:
        made.stop()


def _serve() -> None:
    import datasets
    import huggingface_hub

    import hf_sft_builders as sft
    from hf_sft_builders.publishing import publish

    given = {"datasets": datasets, "hub": huggingface_hub, "sft": sft, "publish": publish}
    given |= {"load_dataset": datasets.load_dataset, "Dataset": datasets.Dataset, "Path": Path}
    given["DatasetDict"] = datasets.DatasetDict
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the jobs
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _work(asked, given)
        print(pid, flush=True)


def _work(asked: dict[str, Any], given: dict[str, Any]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(2, 1)  # what a job prints is no answer
    told: dict[str, Any] = {}
    try:
        _move_in(Path(asked["home"]))
        exec(asked["code"], {**given, **asked["values"], "tell": told.update})
    except BaseException as error:  # noqa: BLE001  (told to the test)
        kinds = [kind.__name__ for kind in type(error).__mro__]
        trace = traceback.format_exc()
        told = {"error": str(error), "kind": kinds[0], "kinds": kinds, "trace": trace}
    part = Path(asked["out"] + ".part")
    part.write_text(json.dumps(told, default=str))
    part.rename(asked["out"])
    os._exit(0)


def _move_in(home: Path) -> None:
    """Give every cache of the clients a place below a home of its own."""
    import datasets
    from huggingface_hub import constants

    home.mkdir(parents=True, exist_ok=True)
    os.environ["HF_HOME"] = str(home)
    os.chdir(home)
    old = constants.HF_HOME
    for module in (constants, datasets.config):
        for name, value in list(vars(module).items()):
            if isinstance(value, (str, Path)) and str(value).startswith(old):
                moved = str(home) + str(value)[len(old) :]
                setattr(module, name, type(value)(moved) if isinstance(value, str) else Path(moved))


if __name__ == "__main__":
    _serve()
