"""ModelScope's calls that write, as modelscope-hub speaks them: repository, blobs, commit, tag.

Known users are those of TOKENS. A new repository gets a card of ModelScope's own, and the license
Apache-2.0 where none is told. A commit names no parent.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from email import message_from_bytes

ROUTE = re.compile(
    r"/api/v1/(datasets|repos/datasets/[^/]+/[^/]+/(commit/[^/]+|info/lfs/objects/batch)"
    r"|datasets/[^/]+/[^/]+/repo/tag)"
)
TOKENS = {"good-token": "mei", "token-of-li": "li"}
MOST_ACTIONS = 2000
CARD = """---
license: {license}
---
数据集文件元信息以及数据文件，请浏览“数据集文件”页面获取。

当前数据集卡片使用的是默认模版，数据集的贡献者未提供更加详细的数据集介绍，\
但是您可以通过如下GIT Clone命令，或者ModelScope SDK来下载数据集

#### 下载方法 
:modelscope-code[]{{type="sdk"}}
:modelscope-code[]{{type="git"}}
"""  # noqa: W291  (as it stands there)
DISPLAY = {"apache-2.0": "Apache License 2.0", "mit": "MIT License"}


def answer(request, state):
    """Answer one call."""
    user = _user(request, state)
    path = request.url.path
    if user is None:
        _refuse(request, 401, 10010202000, "token is invalid or expired")
    elif path == "/api/v1/datasets":
        _create(request, state, user)
    else:
        found = re.search(r"/datasets/([^/]+)/([^/]+)/(.+)", path)
        dataset = state.datasets.get(f"{found[1]}/{found[2]}")
        if dataset is None:
            _refuse(request, 404, 10010205001, "dataset not exist")
        elif user != found[1]:
            _refuse(request, 403, 10010205002, "no permission to write")
        elif found[3].endswith("objects/batch"):
            _batch(request, state)
        elif found[3] == "repo/tag":
            _tag(request, state, dataset)
        else:
            _commit(request, state, dataset)


def _user(request, state):
    told = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return None if state.faults.revoked else TOKENS.get(told)


def _refuse(request, status, code, told, headers=None):
    body = {"Code": code, "Message": told, "Success": False, "RequestId": "r"}
    request.send_json(status, body, headers)


def _grant(request, data):
    request.send_json(200, {"Code": 200, "Data": data, "Success": True, "RequestId": "r"})


def _create(request, state, user):
    from platform_servers.state import Dataset

    kind = request.headers["Content-Type"].encode()
    form = message_from_bytes(b"Content-Type: " + kind + b"\r\n\r\n" + request.content)
    told = {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True).decode()
        for part in form.get_payload()
    }
    name = f"{told['Owner']}/{told['Name']}"
    if told["Owner"] != user:
        _refuse(request, 403, 10010205002, "not the owner")
        return
    if name in state.datasets:
        _refuse(request, 400, 10020101001, f"{name} already exists")
        return
    license_id = told.get("License") or "apache-2.0"
    shown = DISPLAY.get(license_id.lower(), license_id)
    made = Dataset([{".gitattributes": b"*.parquet filter=lfs\n"}])
    made.versions[0]["README.md"] = CARD.format(license=shown).encode()
    made.facts |= {"license": shown, "private": told["Visibility"] == "1"}
    state.datasets[name] = made
    if state.strikes("create_lost"):
        request.reset()
        return
    _grant(request, {"Id": 7, "Owner": user, "Name": told["Name"], "License": shown})


def _batch(request, state):
    objects = []
    for asked in request.json["objects"]:
        held = asked["oid"] in state.blobs
        href = f"{state.storage_url}/upload/{asked['oid']}?Signature=s3cr3tsignature"
        objects.append(asked | ({} if held else {"actions": {"upload": {"href": href}}}))
    _grant(request, {"objects": objects})


def store(request, state):
    """Take a blob."""
    if state.strikes("blob_stalls"):
        time.sleep(600)
    if state.strikes("blob_broken"):
        request.send_bytes(500, b"<Error/>")
        return
    if state.strikes("blob_reset"):
        request.reset()
        return
    oid = request.url.path.rpartition("/")[2]
    if hashlib.sha256(request.content).hexdigest() != oid:
        request.send_bytes(400, b"<Error><Code>BadDigest</Code></Error>")
        return
    state.blobs[oid] = request.content
    if state.strikes("blob_lost"):
        request.reset()
        return
    request.send_bytes(200, b"")


def _commit(request, state, dataset):
    if state.strikes("commit_busy"):
        _refuse(request, 429, 10010299999, "too many commits", {"Retry-After": "1"})
    elif state.strikes("commit_broken"):
        _refuse(request, 500, 10010200002, "internal error")
    elif state.strikes("commit_race"):
        _refuse(request, 400, RACE_CODE, "branch was updated")
    elif state.strikes("commit_denied"):
        _refuse(request, 403, 10010205002, "no permission to write")
    elif state.strikes("commit_rejected"):
        _refuse(request, 200, 10010205003, "content was rejected by review")
    elif len(request.json["actions"]) > MOST_ACTIONS:
        _refuse(request, 422, 10010205004, "commit request exceeds actions limit")
    else:
        _apply(request, state, dataset)


RACE_CODE = 10030000001  # the client knows that this one heals


def _apply(request, state, dataset):
    files = dict(dataset.files)
    for action in request.json["actions"]:
        path = action["path"]
        if action["action"] == "delete":
            files.pop(path, None)
        elif action["type"] == "lfs":
            if len(state.blobs.get(action["sha256"], b"")) != action["size"]:
                _refuse(request, 400, 10010205006, f"blob of {path} is missing")
                return
            files[path] = state.blobs[action["sha256"]]
        else:
            files[path] = base64.b64decode(action["content"])
    dataset.versions.append(files)
    dataset.titles.append(request.json["commit_message"])
    if state.strikes("overtaken"):
        dataset.versions.append({**files, "README.md": b"---\nlicense: mit\n---\n# theirs\n"})
        dataset.titles.append("by somebody else")
    if state.strikes("commit_lost"):
        request.reset()
        return
    _grant(request, {"CommitId": hashlib.sha1(repr(len(dataset.versions)).encode()).hexdigest()})


def _tag(request, state, dataset):
    name = request.json["TagName"]
    if name in dataset.tags:
        _refuse(request, 400, 10010205007, "tag already exists")
        return
    dataset.tags[name] = len(dataset.versions) - 1
    if state.strikes("tag_lost"):
        request.reset()
        return
    _grant(request, {"Tag": name})
