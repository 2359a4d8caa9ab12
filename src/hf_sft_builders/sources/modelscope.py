"""`modelscope://owner/dataset[@revision]/path`: datasets of ModelScope (魔搭).

A branch moves, and the API names no commit for it: the hash of the listing stands for a version
(`@master~3f2a90c1b7de4455`). A full commit id as revision is fixed as it is.

The traps: HTTP 200 may carry a failure, a listing may be refused for a moment, and files that are
not in large storage are sent whole whatever range is asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from hf_sft_builders.sources.http import TRIES, Call, TryAgain, redact, retrying, send
from hf_sft_builders.sources.pinned import PinnedFileSystem, refusal
from hf_sft_builders.sources.platforms import (
    Entry,
    Folders,
    StatedLicense,
    listing_hash,
    parse_json,
    require_same,
    tree,
)

PAGE_SIZE = 200
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PINNED = re.compile(r"(.+)~([0-9a-f]{16})")


class ModelScope:
    """What ModelScope is to a filesystem; see `platforms.Platform`.

    Args:
        token: Who asks; by default what `MODELSCOPE_API_TOKEN` says when a request is made.
    """

    name = "modelscope"
    lists_trees = True
    credentials = "MODELSCOPE_API_TOKEN (made at https://modelscope.cn/my/myaccesstoken)"

    def __init__(self, token: str = "") -> None:
        self._token = token

    def endpoint(self) -> str:
        """`HF_SFT_MODELSCOPE_ENDPOINT`, `MODELSCOPE_ENDPOINT`, or modelscope.cn."""
        named = os.environ.get("HF_SFT_MODELSCOPE_ENDPOINT") or os.environ.get(
            "MODELSCOPE_ENDPOINT"
        )
        address = (named or "https://modelscope.cn").rstrip("/")
        return address if "://" in address else f"https://{address}"

    def page(self, dataset: str) -> str:
        """The dataset's page."""
        return f"https://modelscope.cn/datasets/{dataset}"

    def has_credentials(self) -> str:
        """Whether any were found."""
        return "a token was found" if _credentials(self._token) else "none were found"

    def check_address(self, owner: str, name: str, version: str) -> None:
        """Every address may be one."""

    def is_fixed(self, version: str) -> bool:
        """Whether it is a commit, or the hash of a listing."""
        return bool(_COMMIT.fullmatch(version) or _PINNED.fullmatch(version))

    def newest(self, dataset: str, branch: str) -> tuple[str, Folders]:
        """The branch as it is listed now."""
        branch = branch or "master"
        folders = self._tree(dataset, branch)
        return f"{branch}~{listing_hash(folders)}", folders

    def folders(self, dataset: str, version: str, folder: str) -> Folders:
        """The whole tree; what was pinned must still be what is there."""
        del folder
        folders = self._tree(dataset, _revision(version))
        if pinned := _PINNED.fullmatch(version):
            require_same(pinned[2], listing_hash(folders), f"modelscope://{dataset}@{version}")
        return folders

    def call_for(self, dataset: str, version: str, entry: Entry) -> Call:
        """The request for the file, which may be redirected to a content network."""
        asked = urlencode({"Revision": _revision(version), "FilePath": entry.path}, quote_via=quote)
        return self._call(f"/api/v1/datasets/{dataset}/repo?{asked}")

    def license(self, dataset: str) -> StatedLicense:
        """The license field. Apache-2.0 is what an upload gets when nobody chooses: weak."""
        data = self._ask(dataset, self._call(f"/openapi/v1/datasets/{dataset}")).get("data") or {}
        raw = str(data.get("license") or "")
        weak = "apache" in raw.lower()
        note = " (Apache-2.0 is its default where nobody chose)" if weak else ""
        return StatedLicense(raw, f"ModelScope: license{note}", weak)

    def _tree(self, dataset: str, revision: str) -> Folders:
        entries = (
            Entry(
                str(each["Path"]),
                int(each.get("Size") or 0),
                f"sha256:{each['Sha256'].lower()}" if each.get("Sha256") else "",
                f"{each.get('Revision') or ''} {each.get('CommittedDate') or ''}".strip(),
            )
            for page in self._pages(dataset, revision)
            for each in page
            if each.get("Type") != "tree"
        )
        return tree(entries, f"modelscope://{dataset}")

    def _pages(self, dataset: str, revision: str) -> Iterator[list[dict[str, Any]]]:
        for number in range(1, 10_001):
            asked = urlencode(
                {
                    "Revision": revision,
                    "Recursive": "True",
                    "PageNumber": number,
                    "PageSize": PAGE_SIZE,
                }
            )
            call = self._call(f"/api/v1/datasets/{dataset}/repo/tree?{asked}")
            files = (self._ask(dataset, call, moody=True).get("Data") or {}).get("Files") or []
            yield files
            if len(files) < PAGE_SIZE:
                return

    def _ask(self, dataset: str, call: Call, moody: bool = False) -> dict[str, Any]:
        """Ask for JSON; `moody` calls are refused at times on datasets that can be read."""
        refusals = 0

        def once() -> dict[str, Any]:
            nonlocal refusals
            with send(call) as response:
                words = response.read() if response.status < 400 else b""
                code, told = response.status, "" if words else response.text()
            answer = parse_json(words, call) if words else {}
            if answer:
                code, told = _judge(answer)
                told = redact(told, call)
            if code == 403 and moody and (refusals := refusals + 1) < TRIES // 2:
                raise TryAgain(f"{call}: {code} {told}")
            if code == 429 or code >= 500:
                raise TryAgain(f"{call}: {code} {told}")
            if code >= 400:
                raise refusal(self, dataset, code, told)
            return answer

        return retrying(once)

    def _call(self, path: str) -> Call:
        return Call(self.endpoint() + path, secrets=_credentials(self._token))


class ModelScopeFileSystem(PinnedFileSystem):
    """ModelScope's datasets for `fsspec`."""

    protocol = "modelscope"
    platform = ModelScope()


def _revision(version: str) -> str:
    pinned = _PINNED.fullmatch(version)
    return pinned[1] if pinned else version


def _judge(answer: dict[str, Any]) -> tuple[int, str]:
    """Read the code that an answer with HTTP 200 carries; 200 where all is well."""
    told = str(answer.get("Message") or answer.get("message") or "")
    code = answer.get("Code", answer.get("code", 200))
    failed = answer.get("Success") is False or answer.get("success") is False
    number = int(code) if str(code).isdecimal() else 200
    if not failed and number == 200:
        return 200, ""
    # Its own codes (10010205001 …) say nothing by their number; the words do.
    if 400 <= number < 600:
        return number, told
    words = told.lower()
    absent = any(word in words for word in ("not exist", "not found", "不存在"))
    return (404 if absent else 400), f"{told} (code {code})"


def _credentials(token: str) -> dict[str, str]:
    token = token or os.environ.get("MODELSCOPE_API_TOKEN", "").strip()
    if not token:
        return {}
    return {"Authorization": f"Bearer {token}", "Cookie": f"m_session_id={token}"}
