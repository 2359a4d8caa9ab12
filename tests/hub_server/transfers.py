"""Bytes up and down: LFS, and files by address, with ranges."""

from __future__ import annotations

import hashlib
import re

from hub_server.routes import Answer, Request
from hub_server.store import Refused, Repo, Store
from hub_server.xet import rebuilt


def answer_transfer(store: Store, request: Request) -> Answer:
    """Answer one request."""
    if request.kind == "lfs_put":
        return _put(store, request)
    if request.kind == "cdn":
        return _cdn(store, request)
    if request.kind == "resolve":
        return _resolve(store, request)
    repo = store.writable(request.found["repo"], request.token)
    return _batch(repo, request) if request.kind == "lfs_batch" else _verify(repo, request)


def _batch(repo: Repo, request: Request) -> Answer:
    objects = []
    for asked in request.json()["objects"]:
        told = {"oid": asked["oid"], "size": asked["size"]}
        if not repo.has(asked["oid"]):
            upload = {"href": _content_address(repo, request, asked["oid"]), "header": {}}
            verify = {"href": f"{request.endpoint}/datasets/{repo.name}/lfs-verify"}
            told["actions"] = {"upload": upload, "verify": verify}
        objects.append(told)
    return Answer.json({"transfer": "basic", "objects": objects, "hash_algo": "sha256"})


def _content_address(repo: Repo, request: Request, sha256: str) -> str:
    """On another host, as the Hub's; a client must not send its token there."""
    host = request.endpoint.replace("127.0.0.1", "localhost")
    return f"{host}/_cdn/{repo.name}/{sha256}"


def _put(store: Store, request: Request) -> Answer:
    repo, sha256 = store.repos[request.found["repo"]], request.found["sha256"]
    if hashlib.sha256(request.body).hexdigest() != sha256:
        raise Refused(400, "", "these bytes have another hash")
    part = repo.folder.parent / f"{sha256}.part"
    part.write_bytes(request.body)
    part.replace(repo.folder / sha256)
    return Answer()


def _verify(repo: Repo, request: Request) -> Answer:
    if not repo.has(request.json()["oid"]):
        raise Refused(404, "", "no such object")
    return Answer.json({})


def _resolve(store: Store, request: Request) -> Answer:
    repo = store.readable(request.found["repo"], request.token)
    commit = repo.at(request.found["revision"])
    file = commit.files.get(request.found["path"])
    if file is None:
        raise Refused(404, "EntryNotFound", f"no file {request.found['path']}")
    told = {"X-Repo-Commit": commit.oid, "Accept-Ranges": "bytes"}
    if file.data is None:
        location = _content_address(repo, request, file.sha256)
        linked = {"X-Linked-Etag": f'"{file.sha256}"', "X-Linked-Size": str(file.size)}
        if file.xet_hash:
            token = f"{request.endpoint}/api/datasets/{repo.name}/xet-read-token/{commit.oid}"
            linked |= {"X-Xet-Hash": file.xet_hash, "Link": f'<{token}>; rel="xet-auth"'}
        return Answer(302, b"", {**told, **linked, "Location": location})
    return _ranged(file.data, request, {**told, "ETag": f'"{file.oid}"'})


def _cdn(store: Store, request: Request) -> Answer:
    repo, sha256 = store.repos[request.found["repo"]], request.found["sha256"]
    if request.token:
        raise Refused(400, "", "a token was sent to the content server")
    path = repo.folder / sha256 if repo.has(sha256) else rebuilt(repo, sha256)
    if path is None:
        raise Refused(404, "EntryNotFound", "no such object")
    return _ranged(path.read_bytes(), request, {"ETag": f'"{sha256}"'})


def _ranged(data: bytes, request: Request, headers: dict[str, str]) -> Answer:
    told = {**headers, "Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", request.range)
    if request.method == "HEAD":
        return Answer(200, data, told)
    if not found:
        return Answer(200, data, told)
    first, last = found[1], found[2]
    start = int(first) if first else max(0, len(data) - int(last))
    end = min(int(last), len(data) - 1) if first and last else len(data) - 1
    if start >= len(data):
        return Answer(416, b"", {**told, "Content-Range": f"bytes */{len(data)}"})
    part = data[start : end + 1]
    return Answer(206, part, {**told, "Content-Range": f"bytes {start}-{end}/{len(data)}"})
