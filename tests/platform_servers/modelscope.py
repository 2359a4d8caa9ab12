"""ModelScope's dataset calls, as modelscope-hub speaks them."""

from __future__ import annotations

import hashlib
import re


def answer(request, state):
    """Answer one call."""
    _, owner, name, rest = re.fullmatch(
        r"/(openapi/v1|api/v1)/datasets/([^/]+)/([^/]+)(/.*)?", request.url.path
    ).groups()
    dataset = state.datasets.get(f"{owner}/{name}")
    if dataset is None:
        told = {"Code": 10010205001, "Message": "dataset not exist", "Success": False}
        request.send_json(404, told | {"success": False, "message": "dataset not exist"})
    elif request.url.path.startswith("/openapi/"):
        data = {
            "id": f"{owner}/{name}",
            "license": dataset.facts.get("license", ""),
            "private": dataset.facts.get("private", False),
            "gated": False,
        }
        request.send_json(200, {"success": True, "request_id": "r", "data": data})
    elif rest == "/repo/tree":
        _tree(request, state, dataset)
    elif rest == "/repo":
        _file(request, state, dataset)
    elif rest == "/revisions":
        tags = [{"Revision": name, "CreatedAt": 1_780_000_000} for name in dataset.tags]
        branches = {"Branches": [{"Revision": "master"}], "Tags": tags}
        request.send_json(200, {"Code": 200, "Data": {"RevisionMap": branches}, "Success": True})
    else:
        data = {"Id": 7, "Name": name, "Namespace": owner, "License": dataset.facts.get("license")}
        request.send_json(200, {"Code": 200, "Data": data, "Success": True})


def _tree(request, state, dataset):
    if state.strikes("listing_403"):
        request.send_json(403, {"Code": 403, "Message": "no permission", "Success": False})
        return
    if state.strikes("success_false"):
        request.send_json(200, {"Code": 500, "Message": "try later", "Success": False})
        return
    files = _files(request, dataset)
    listed = [_entry(path, data, state) for path, data in sorted(files.items())]
    folders = sorted({path.rpartition("/")[0] for path in files} - {""})
    listed += [{"Path": path, "Name": path, "Type": "tree", "Size": 0} for path in folders]
    listed += [
        {"Path": path, "Name": path, "Type": "blob", "Size": 1} for path in state.faults.extra_paths
    ]
    number, size = int(request.query["PageNumber"]), int(request.query["PageSize"])
    page = listed[(number - 1) * size : number * size]
    request.send_json(200, {"Code": 200, "Data": {"Files": page}, "Success": True})


def _entry(path, data, state):
    known = {
        "Path": path,
        "Name": path.rpartition("/")[2],
        "Type": "blob",
        "Size": len(data),
        "Revision": hashlib.sha1(data).hexdigest(),
        "CommittedDate": 1_780_000_000,
    }
    digest = hashlib.sha256(data).hexdigest()
    return known if state.faults.no_checksums else known | {"Sha256": digest}


def _files(request, dataset):
    """Give the files of a branch, which moves, or of a tag."""
    return dataset.versions[dataset.tags.get(request.query.get("Revision"), -1)]


def _file(request, state, dataset):
    path, files = request.query["FilePath"], _files(request, dataset)
    if path not in files:
        request.send_json(404, {"Code": 404, "Message": f"{path} not exist", "Success": False})
    elif dataset.facts.get("large", True):
        request.redirect(state.sign(files[path], path.rpartition("/")[2]))
    else:
        request.send_file(files[path])
