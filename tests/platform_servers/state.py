"""What the stand-ins hold: versions of datasets, the faults that are on, and what was asked."""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass, field, fields
from urllib.parse import quote


@dataclass
class Faults:
    """Switches. Numbers count down, one for each time; the others stay."""

    torn: int = 0  # a transfer ends in the middle
    expired: int = 0  # storage says 403: the signature is too old
    busy: int = 0  # the API says 429 with Retry-After
    broken: int = 0  # the API says 500
    listing_403: int = 0  # a listing is refused
    success_false: int = 0  # HTTP 200, Success:false
    not_json: int = 0  # HTTP 200 with a page of HTML
    corrupt: int = 0  # a transfer with other bytes than the checksum's
    zipped: bool = False  # Kaggle sends x.csv as x.csv.zip
    other_shape: bool = False  # answers are lists where there were objects
    no_checksums: bool = False
    no_ranges: bool = False
    private: bool = False  # everything needs credentials
    echo: bool = False  # refusals repeat the credentials that were sent
    form: int = 0  # 601 or 602: stays
    form_in_body: bool = False
    no_metadata: bool = False  # GetDatasetMetadata is refused
    page_size: int = 0  # smaller pages than asked for
    extra_paths: list = field(default_factory=list)  # listed beside the others
    # of those who publish
    commit_busy: int = 0  # a commit gets 429 with Retry-After
    commit_broken: int = 0  # a commit gets 500, and nothing happened
    commit_lost: int = 0  # a commit is applied, its answer lost
    commit_race: int = 0  # the branch moved: HTTP 400 and a code that heals
    commit_denied: int = 0  # a commit gets 403
    commit_rejected: int = 0  # HTTP 200, Success:false
    overtaken: int = 0  # somebody else's commit comes right after
    revoked: int = 0  # from this write on, the token is not known any more: stays
    create_lost: int = 0  # a repository is made, the answer lost
    blob_broken: int = 0  # storage says 500
    blob_reset: int = 0  # the connection breaks in mid-PUT
    blob_lost: int = 0  # stored, the answer lost
    blob_stalls: int = 0  # storage never answers
    tag_lost: int = 0


@dataclass
class Dataset:
    """All versions of one dataset, the newest last."""

    versions: list = field(default_factory=list)
    facts: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)
    titles: list = field(default_factory=list)

    @property
    def files(self):
        """Those of the newest version."""
        return self.versions[-1]


class State:
    """Shared by the threads of both hosts."""

    def __init__(self):
        self.lock = threading.Lock()
        self.datasets = {}
        self.faults = Faults()
        self.asked = []
        self.storage_url = ""
        self.signed = {}
        self.blobs = {}
        self.count = 0

    def strikes(self, name):
        """Tell whether a fault is on now; count it."""
        with self.lock:
            value = getattr(self.faults, name)
            if type(value) is int and value > 0:
                setattr(self.faults, name, value - 1)
            return bool(value)

    def control(self, path, body):
        """Do what a test says."""
        if path == "/_put":
            dataset = self.datasets.setdefault(body["dataset"], Dataset())
            dataset.versions.append({k: base64.b64decode(v) for k, v in body["files"].items()})
            dataset.facts.update(body["facts"])
        elif path == "/_faults":
            unknown = set(body) - {each.name for each in fields(Faults)}
            if unknown:
                raise ValueError(f"no such fault: {unknown}")
            self.faults = Faults(**body)
        elif path == "/_forget":
            self.asked.clear()
        elif path == "/_fresh":
            for held in (self.datasets, self.asked, self.signed, self.blobs):
                held.clear()
            self.faults = Faults()
        elif path == "/_dataset":
            found = self.datasets[body["dataset"]]
            sizes = {name: len(data) for name, data in found.files.items()}
            told = {"files": sizes, "facts": found.facts, "titles": found.titles}
            return told | {"tags": found.tags, "blobs": len(self.blobs)}
        return list(self.asked) if path == "/_requests" else {}

    def sign(self, data, name):
        """Give an address on the other host that answers with these bytes."""
        with self.lock:
            self.count += 1
            key = str(self.count)
            self.signed[key] = data
        return f"{self.storage_url}/signed/{key}/{quote(name)}?Signature=s3cr3tsignature"
