"""OpenDataLab's and its sign-in's calls, as openxlab speaks them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from urllib.parse import unquote

ACCESS, SECRET, NONCE = "good-ak", "good-sk", "a nonce"


def answer(request, state):
    """Answer one call."""
    path = unquote(request.url.path)
    if "/sso-be/" in path:
        _sign_in(request, path.rpartition("/")[2])
    elif found := re.fullmatch(
        r"/datasets/(?:api/v2/(downloadCheck)|(resolve))/(\d+)/main/(.+)", path
    ):
        _file(request, state, list(state.datasets.values())[int(found[3]) - 1], found)
    else:
        slug = path.removeprefix("/datasets/api/v2/datasets/")
        name, _, listing = slug.partition("/")
        _facts(request, state, name.replace(",", "/"), listing)


def _sign_in(request, step):
    fine = request.json["ak"] == ACCESS
    if step == "auth" and fine:
        data = {"nonce": NONCE, "algorithm": "HmacSHA256"}
    elif step == "getJwt" and fine and request.json["d"] == _signature():
        data = {"jwt": "good-jwt", "expiration": "2099-01-01 00:00:00", "sso_uid": "1"}
    else:
        request.send_json(
            200, {"msgCode": "A0401", "msg": f"bad keys {request.json}", "data": None}
        )
        return
    inner = {"msgCode": "10000", "msg": "ok", "data": data}
    request.send_json(200, {"msgCode": "10000", "msg": "ok", "data": inner})


def _signature():
    digest = hmac.new(SECRET.encode(), NONCE.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _facts(request, state, name, listing):
    dataset = state.datasets.get(name)
    if dataset is None:
        request.send_json(200, {"data": {"id": 0}})
    elif listing:
        _listing(request, state, name, dataset)
    else:
        attrs = {"license": [{"name": {"en": dataset.facts.get("license", "")}}]}
        number = list(state.datasets).index(name) + 1
        commit = f"c{len(dataset.versions)}"
        data = {"id": number, "name": name, "attrs": attrs, "publicCommit": commit}
        request.send_json(200, {"data": data})


def _listing(request, state, name, dataset):
    listed = []
    for path, data in sorted(dataset.files.items()):
        known = {"path": f"/{path}", "size": len(data), "dataset_id": 1}
        digest = hashlib.sha256(data).hexdigest()
        listed.append(known if state.faults.no_checksums else known | {"sha256": digest})
    listed += [{"path": path, "size": 1} for path in state.faults.extra_paths]
    start = int(request.query.get("after") or 0)
    size = state.faults.page_size or int(request.query["limit"])
    more = start + size < len(listed)
    page = {"list": listed[start : start + size], "hasNext": more, "after": str(start + size)}
    request.send_json(200, {"data": page})


def _file(request, state, dataset, found):
    if request.headers.get("Authorization") != "good-jwt":
        request.send_json(401, {"msg": "sign in"})
    elif found[1]:
        form = state.faults.form
        status = form if form and not state.faults.form_in_body else 200
        request.send_json(status, {"code": form, "msg": "form"} if form else {"code": 0})
    elif found[4] not in dataset.files:
        request.send_json(404, {"msg": f"{found[4]}: not found"})
    else:
        request.redirect(state.sign(dataset.files[found[4]], found[4].rpartition("/")[2]))
