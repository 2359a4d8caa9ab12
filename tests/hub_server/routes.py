"""Which kind of request an address is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_REPO = r"(?P<repo>[^/]+/[^/]+)"
_API = rf"/api/datasets/{_REPO}"
# A slash inside one part of the path comes percent-encoded; it is \0 here.
_ROUTES = [
    (kind, methods.split(), re.compile(pattern))
    for kind, methods, pattern in (
        ("whoami", "GET", r"/api/whoami-v2"),
        ("create_repo", "POST", r"/api/repos/create"),
        ("delete_repo", "DELETE", r"/api/repos/delete"),
        ("validate_yaml", "POST", r"/api/validate-yaml"),
        ("settings", "PUT", rf"{_API}/settings"),
        ("info", "GET", rf"{_API}(?:/revision/(?P<revision>[^/]+))?"),
        ("tree", "GET", rf"{_API}/tree/(?P<revision>[^/]+)(?:/(?P<path>.*))?"),
        ("paths_info", "POST", rf"{_API}/paths-info/(?P<revision>[^/]+)"),
        ("refs", "GET", rf"{_API}/refs"),
        ("commits", "GET", rf"{_API}/commits/(?P<revision>[^/]+)"),
        ("preupload", "POST", rf"{_API}/preupload/(?P<revision>[^/]+)"),
        ("commit", "POST", rf"{_API}/commit/(?P<revision>[^/]+)"),
        ("branch", "POST DELETE", rf"{_API}/branch/(?P<revision>[^/]+)"),
        ("tag", "POST DELETE", rf"{_API}/tag/(?P<revision>[^/]+)"),
        ("discussions", "POST GET", rf"{_API}/discussions(?P<rest>/.*)?"),
        ("xet_token", "GET", rf"{_API}/xet-(?P<what>read|write)-token/(?P<revision>[^/]+)"),
        ("lfs_batch", "POST", rf"/datasets/{_REPO}\.git/info/lfs/objects/batch"),
        ("lfs_put", "PUT", rf"/_cdn/{_REPO}/(?P<sha256>\w+)"),
        ("cdn", "GET HEAD", rf"/_cdn/{_REPO}/(?P<sha256>\w+)"),
        ("lfs_verify", "POST", rf"/datasets/{_REPO}/lfs-verify"),
        ("resolve", "GET HEAD", rf"/datasets/{_REPO}/resolve/(?P<revision>[^/]+)/(?P<path>.+)"),
    )
]


@dataclass(frozen=True)
class Request:
    """What a client asks."""

    method: str
    kind: str
    found: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    token: str
    range: str
    endpoint: str

    def json(self) -> Any:
        """The body."""
        return json.loads(self.body or b"{}")


@dataclass(frozen=True)
class Answer:
    """What it gets."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(
        cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """As JSON."""
        told = {"Content-Type": "application/json", **(headers or {})}
        return cls(status, json.dumps(value).encode(), told)


def kind_of(method: str, path: str) -> tuple[str, dict[str, str]]:
    """The kind of a request, and the parts of its address."""
    for kind, methods, pattern in _ROUTES:
        found = pattern.fullmatch(path)
        if found and method in methods:
            parts = {name: value or "" for name, value in found.groupdict().items()}
            return kind, {name: value.replace("\0", "/") for name, value in parts.items()}
    return "unknown", {}
