"""The Hub's dataset calls that `HfApi` and `HfFileSystem` make."""

from __future__ import annotations

import hashlib
import re


def answer(request, state):
    """Answer one call."""
    path = request.url.path
    if found := re.fullmatch(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
        _file(request, state, *found.groups())
        return
    found = re.fullmatch(
        r"/api/datasets/([^/]+/[^/]+?)(?:/(revision|tree|paths-info)/([^/]+))?(/.*)?", path
    )
    dataset = state.datasets.get(found[1])
    commit = dataset and _commit(dataset, found[3] or "main")
    if not commit:
        headers = {"X-Error-Code": "RevisionNotFound" if dataset else "RepoNotFound"}
        request.send_json(404, {"error": "not found"}, headers)
    elif found[2] == "tree":
        request.send_json(200, _tree(dataset.versions[commit[1]], (found[4] or "").strip("/")))
    elif found[2] == "paths-info":
        asked = request.form.get("paths") or request.json.get("paths") or []
        files = dataset.versions[commit[1]]
        request.send_json(200, [_entry(p, files[p]) for p in asked if p in files])
    else:
        card = {"license": dataset.facts["license"]} if dataset.facts.get("license") else {}
        names = [{"rfilename": name} for name in dataset.files]
        known = {"id": found[1], "sha": commit[0], "private": False, "gated": False, "tags": []}
        request.send_json(200, {**known, "cardData": card, "siblings": names, "downloads": 0})


def _commit(dataset, revision):
    """Give the commit's id and its place among the versions."""
    ids = [hashlib.sha1(str(n).encode()).hexdigest() for n in range(len(dataset.versions))]
    if revision == "main":
        return ids[-1], len(ids) - 1
    return (revision, ids.index(revision)) if revision in ids else None


def _entry(path, data):
    oid = hashlib.sha1(data).hexdigest()
    return {"type": "file", "path": path, "size": len(data), "oid": oid}


def _tree(files, folder):
    inside = f"{folder}/" if folder else ""
    return [_entry(path, data) for path, data in files.items() if path.startswith(inside)]


def _file(request, state, name, revision, path):
    dataset = state.datasets[name]
    commit = _commit(dataset, revision)
    data = dataset.versions[commit[1]].get(path)
    if data is None:
        request.send_json(404, {"error": "no"}, {"X-Error-Code": "EntryNotFound"})
        return
    request.send_file(data, {"X-Repo-Commit": commit[0]})
