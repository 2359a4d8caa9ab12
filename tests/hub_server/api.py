"""The API under `/api`: repositories, trees, commits, branches, tags, pull requests."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import yaml

from hub_server.pulls import answer_discussion, open_pull
from hub_server.routes import Answer, Request
from hub_server.store import File, Refused, Repo, Store
from hub_server.xet import answer_xet, xet_hash

_LARGE = 10_000_000


def answer_api(store: Store, request: Request) -> Answer:
    """Answer one request."""
    answer = _ANSWERS.get(request.kind)
    if answer is None:
        raise Refused(404, "", f"the stand-in knows no such address ({request.kind})")
    return answer(store, request)


def _whoami(store: Store, request: Request) -> Answer:
    user, role = store.who(request.token)
    if not user:
        raise Refused(401, "", "Invalid username or password.")
    told = {"name": user, "type": "user", "orgs": []}
    return Answer.json({**told, "auth": {"accessToken": {"role": role, "displayName": "test"}}})


def _create_repo(store: Store, request: Request) -> Answer:
    asked = request.json()
    user, _ = store.who(request.token)
    name = f"{asked.get('organization') or user}/{asked['name']}"
    private = asked.get("visibility") == "private" or bool(asked.get("private"))
    url = {"url": f"{request.endpoint}/datasets/{name}", "name": name}
    try:
        store.create(name, private, request.token)
    except Refused as refused:
        if refused.status != 409:
            raise
        return Answer.json({**url, "error": refused.message}, 409)
    return Answer.json(url)


def _delete_repo(store: Store, request: Request) -> Answer:
    asked = request.json()
    name = f"{asked.get('organization')}/{asked['name']}"
    store.writable(name, request.token)
    del store.repos[name]
    return Answer.json({})


def _settings(store: Store, request: Request) -> Answer:
    repo, asked = store.writable(request.found["repo"], request.token), request.json()
    repo.private = asked.get("visibility") == "private" or bool(asked.get("private"))
    return Answer.json({"private": repo.private})


def _info(store: Store, request: Request) -> Answer:
    repo = store.readable(request.found["repo"], request.token)
    commit = repo.at(request.found["revision"] or "main")
    told = {
        "id": repo.name,
        "author": repo.name.partition("/")[0],
        "sha": commit.oid,
        "private": repo.private,
        "gated": False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": [],
        "cardData": {},
        "lastModified": "2026-01-02T03:04:05.000Z",
        "createdAt": "2026-01-02T03:04:05.000Z",
        "siblings": [{"rfilename": path} for path in sorted(commit.files)],
    }
    return Answer.json(told)


def _entry(path: str, file: File) -> dict[str, Any]:
    told: dict[str, Any] = {"type": "file", "path": path, "size": file.size, "oid": file.oid}
    if file.sha256:
        told |= {"xetHash": file.xet_hash} if file.xet_hash else {}
        told["lfs"] = {"oid": file.sha256, "size": file.size, "pointerSize": 134}
    return told


def _tree(store: Store, request: Request) -> Answer:
    repo = store.readable(request.found["repo"], request.token)
    files = repo.at(request.found["revision"]).files
    below = request.found["path"].strip("/")
    inside = {
        path: file for path, file in files.items() if path.startswith(f"{below}/" * (below != ""))
    }
    if below and not inside:
        raise Refused(404, "EntryNotFound", f"no folder {below}")
    recursive = request.query.get("recursive", "").lower() in ("true", "1")
    entries: dict[str, dict[str, Any]] = {}
    for path, file in sorted(inside.items()):
        parts = path.removeprefix(f"{below}/" * (below != "")).split("/")
        for depth in range(1, len(parts) if recursive else min(2, len(parts))):
            folder = "/".join([*([below] if below else []), *parts[:depth]])
            entries[folder] = {"type": "directory", "path": folder, "size": 0, "oid": "0" * 40}
        if recursive or len(parts) == 1:
            entries[path] = _entry(path, file)
    return Answer.json(list(entries.values()))


def _paths_info(store: Store, request: Request) -> Answer:
    repo = store.readable(request.found["repo"], request.token)
    files = repo.at(request.found["revision"]).files
    if request.body[:1] == b"{":
        paths = request.json()["paths"]
    else:
        paths = parse_qs(request.body.decode()).get("paths", [])
    told = [_entry(path, files[path]) for path in paths if path in files]
    for path in paths:
        if path not in files and any(name.startswith(f"{path}/") for name in files):
            told.append({"type": "directory", "path": path, "size": 0, "oid": "0" * 40})
    return Answer.json(told)


def _refs(store: Store, request: Request) -> Answer:
    repo = store.readable(request.found["repo"], request.token)
    heads = {name: oid for name, oid in repo.branches.items() if not name.startswith("refs/")}

    def told(names: dict[str, str], kind: str) -> list[dict[str, str]]:
        return [
            {"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": oid}
            for name, oid in names.items()
        ]

    return Answer.json(
        {"branches": told(heads, "heads"), "tags": told(repo.tags, "tags"), "converts": []}
    )


def _commits(store: Store, request: Request) -> Answer:
    repo = store.readable(request.found["repo"], request.token)
    told, oid = [], repo.at(request.found["revision"]).oid
    while oid:
        commit = repo.commits[oid]
        when = "2026-01-02T03:04:05.000Z"
        told.append({"id": oid, "title": commit.title, "message": "", "date": when, "authors": []})
        oid = commit.parent
    return Answer.json(told)


def _preupload(store: Store, request: Request) -> Answer:
    repo = store.writable(request.found["repo"], request.token)
    files = repo.at(request.found["revision"]).files
    told = []
    for asked in request.json()["files"]:
        path, sample = asked["path"], base64.b64decode(asked["sample"])
        large = path.endswith((".parquet", ".arrow")) or asked["size"] > _LARGE or b"\0" in sample
        mode = "lfs" if large else "regular"
        entry = {"path": path, "uploadMode": mode, "shouldIgnore": False}
        if path in files:
            entry["oid"] = files[path].sha256 or files[path].oid
        told.append(entry)
    return Answer.json({"files": told})


def _validate_yaml(store: Store, request: Request) -> Answer:
    text = request.json()["content"]
    if not text.startswith("---"):
        warning = {"message": "empty or missing yaml metadata in repo card"}
        return Answer.json({"errors": [], "warnings": [warning]})
    try:
        found = yaml.safe_load(text.split("---\n")[1])
        faults = [] if isinstance(found, dict) else ["metadata should be a mapping"]
    except yaml.YAMLError as error:
        faults = [str(error)]
    told = {"errors": [{"message": fault} for fault in faults], "warnings": []}
    return Answer.json(told, 400 if faults else 200)


def _commit(store: Store, request: Request) -> Answer:
    repo = store.writable(request.found["repo"], request.token)
    lines = [json.loads(line) for line in request.body.splitlines() if line.strip()]
    header, branch = lines[0]["value"], request.found["revision"]
    pull = open_pull(repo, header, branch) if request.query.get("create_pr") else None
    if pull:
        branch = f"refs/pr/{pull}"
    changes = _changes(repo, branch, lines[1:])
    oid = repo.commit(branch, header["summary"], header.get("parentCommit", ""), changes)
    url = f"{request.endpoint}/datasets/{repo.name}"
    told = {"success": True, "commitOid": oid, "commitUrl": f"{url}/commit/{oid}"}
    if pull:
        told["pullRequestUrl"] = f"{url}/discussions/{pull}"
    return Answer.json(told)


def _changes(repo: Repo, branch: str, lines: list[dict[str, Any]]) -> dict[str, File | None]:
    changes: dict[str, File | None] = {}
    for line in lines:
        value = line["value"]
        if line["key"] == "file":
            changes[value["path"]] = File.regular(base64.b64decode(value["content"]))
        elif line["key"] == "lfsFile":
            changes[value["path"]] = _pointer(repo, value)
        elif line["key"] == "deletedFile":
            changes[value["path"]] = None
        elif line["key"] == "deletedFolder":
            below = value["path"].rstrip("/") + "/"
            changes |= {path: None for path in repo.at(branch).files if path.startswith(below)}
    return changes


def _pointer(repo: Repo, value: dict[str, Any]) -> File:
    if repo.has(value["oid"]):
        return File.large(value["oid"], (repo.folder / value["oid"]).stat().st_size)
    by_xet = xet_hash(repo, value["oid"])
    if by_xet is None:
        raise Refused(400, "", f"LFS pointer to a file that is not there: {value['path']}")
    return File.large(value["oid"], by_xet[1], by_xet[0])


def _branch(store: Store, request: Request) -> Answer:
    repo, name = store.writable(request.found["repo"], request.token), request.found["revision"]
    if request.method == "DELETE":
        if repo.branches.pop(name, None) is None:
            raise Refused(404, "RevisionNotFound", f"no branch {name}")
        return Answer.json({})
    if name in repo.branches:
        raise Refused(409, "", f"Reference already exists: {name}")
    repo.branches[name] = repo.at(request.json().get("startingPoint") or "main").oid
    return Answer.json({})


def _tag(store: Store, request: Request) -> Answer:
    repo, name = store.writable(request.found["repo"], request.token), request.found["revision"]
    if request.method == "DELETE":
        repo.tags.pop(name, None)
        return Answer.json({})
    tag = request.json()["tag"]
    if tag in repo.tags:
        raise Refused(409, "", f"Tag reference exists already: {tag}")
    repo.tags[tag] = repo.at(name).oid
    return Answer.json({})


_ANSWERS: dict[str, Callable[[Store, Request], Answer]] = {
    "whoami": _whoami,
    "create_repo": _create_repo,
    "delete_repo": _delete_repo,
    "settings": _settings,
    "info": _info,
    "tree": _tree,
    "paths_info": _paths_info,
    "refs": _refs,
    "commits": _commits,
    "preupload": _preupload,
    "validate_yaml": _validate_yaml,
    "commit": _commit,
    "branch": _branch,
    "tag": _tag,
    "discussions": answer_discussion,
    "xet_token": answer_xet,
}
