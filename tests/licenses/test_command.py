"""`hf-sft license` and the look-up on the Hub, over a real socket."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hf_sft_builders.cli import main
from hf_sft_builders.errors import SourceError
from hf_sft_builders.sources.hub_license import hub_dataset_license
from hf_sft_builders.sources.license_search import evidence_for

DATASETS = {
    "mei/guide": {"cardData": {"license": "cc-by-sa-4.0"}, "tags": []},
    "mei/tags": {"tags": ["language:zh", "license:mit"]},
    "mei/terms": {"cardData": {"license": "other", "license_name": "our-terms"}, "tags": []},
    "mei/bare": {"tags": []},
}


class Hub(BaseHTTPRequestHandler):
    """The one answer of the Hub that is asked for."""

    def do_GET(self):
        """Give what is known of one dataset."""
        name = "/".join(self.path.split("?")[0].split("/")[3:5])
        known = DATASETS.get(name)
        body = json.dumps({"id": name, "sha": "0" * 40, **(known or {"error": "not found"})})
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture
def hub(monkeypatch):
    """Run a stand-in of the Hub."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield
    server.shutdown()
    server.server_close()


def test_a_dataset_of_the_hub(hub):
    """Card first, tags where it says nothing; own terms and silence are unknown."""
    found = {name: hub_dataset_license(name).content for name in DATASETS}
    assert ["cc-by-sa-4.0", "mit", "unknown", "unknown"] == [said.id for said in found.values()]
    assert "other (our-terms)" == found["mei/terms"].raw
    assert "hf:mei/guide: license" == found["mei/guide"].found_in
    with pytest.raises(SourceError, match="mei/nothing"):
        hub_dataset_license("mei/nothing")


@pytest.mark.parametrize(
    "name",
    [
        "mei/guide",
        "hf:mei/guide",
        "hf://datasets/mei/guide",
        "https://huggingface.co/datasets/mei/guide",
    ],
)
def test_all_names_of_a_dataset(hub, name):
    """Id, `hf:`, URL and address are one dataset."""
    assert "cc-by-sa-4.0" == evidence_for(name)[name].id


def test_a_name_is_explained(capsys):
    """What it allows, where the text stands, and the verdict."""
    assert 1 == main(["license", "CC BY-NC-ND 4.0"])
    told = capsys.readouterr().out
    for words in (
        "cc-by-nc-nd-4.0",
        "no commercial use; no sharing of adaptations; attribution",
        "https://creativecommons.org/licenses/by-nc-nd/4.0/",
        "private-only",
    ):
        assert words in told


def test_candidates_are_shown(capsys):
    """A name that is not certain gives what it may mean, and no permission."""
    assert 1 == main(["license", "CC-BY"])
    assert "one of cc-by-4.0, cc-by-3.0" in capsys.readouterr().out


def test_several_compose(hub, capsys):
    """Names, datasets and a generator give one verdict; the exit code says whether to share."""
    assert 0 == main(["license", "MIT", "mei/guide", "--generator", "gpt-4o"])
    told = capsys.readouterr().out
    assert "allow-with-obligations: cc-by-sa-4.0" in told
    assert "compete with OpenAI" in told
    assert 1 == main(["license", "CC BY-NC 4.0", "mei/guide"])
    assert "clash" in capsys.readouterr().out
    assert 0 == main(["license", "CC BY-NC 4.0", "mei/guide", "--mode", "collection"])


def test_a_folder_and_json(tmp_path, capsys):
    """The files of a folder are heard; JSON is for programs."""
    (tmp_path / "LICENSE").write_text("Licensed under CC BY 4.0")
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    assert 0 == main(["license", str(tmp_path), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert "cc-by-4.0" == told["composition"]["license"]
    assert [("inferred", "LICENSE")] == [
        (said["confidence"], said["found_in"]) for said in told["sources"].values()
    ]
    assert 0 == main(["license", str(tmp_path / "LICENSE")])


def test_what_is_not_there_is_an_error(hub, capsys):
    """A dataset that the Hub does not know ends with exit code 2 and the next step."""
    assert 2 == main(["license", "mei/nothing"])
    assert "Check the name" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("hf:mei/guide", "hf://datasets/mei/guide: the Hub (http://127.0.0.1:9) cannot be reached"),
        ("hf:mei--x/guide", "hf://datasets/mei--x/guide: the Hub refused"),
        ("/no/such/folder", "/no/such/folder: no such file or folder"),
        (" ", "Nothing is named"),
    ],
)
def test_what_cannot_be_asked_is_one_line(monkeypatch, capsys, named, told):
    """A Hub that is out of reach, a name that it never had, a path with a slip: no traceback."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert 2 == main(["license", named])
    assert told in capsys.readouterr().err


def test_offline_nobody_is_asked(hub, monkeypatch):
    """The variable that says so is named, and what to do."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(SourceError, match="HF_HUB_OFFLINE is set"):
        hub_dataset_license("mei/never-asked")
