"""`opendatalab://Owner/Name/path`: datasets of OpenDataLab.

There are no versions: the hash of the listing stands for one (`@main~3f2a90c1b7de4455`). Listing needs
no account, downloading does: AK and SK are exchanged for a token that lives some hours.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from hf_sft_builders.errors import ConfigurationError, SourceError
from hf_sft_builders.sources.http import Call, TryAgain, retrying, send
from hf_sft_builders.sources.openxlab_sign_in import TOKENS, keys
from hf_sft_builders.sources.pinned import PinnedFileSystem, refusal
from hf_sft_builders.sources.platform_asks import ask_json
from hf_sft_builders.sources.platforms import (
    Entry,
    Folders,
    StatedLicense,
    listing_hash,
    require_same,
    tree,
)

_PINNED = re.compile(r"main~([0-9a-f]{16})")
_FORM = (601, 602)


class OpenDataLab:
    """What OpenDataLab is to a filesystem; see `platforms.Platform`."""

    name = "opendatalab"
    lists_trees = True
    credentials = "OPENXLAB_AK and OPENXLAB_SK, or ~/.openxlab/config.json (made at https://sso.openxlab.org.cn)"

    def __init__(self) -> None:
        self._facts: dict[tuple[str, str], dict[str, Any]] = {}
        self._allowed: set[tuple[str, str]] = set()

    def forget(self) -> None:
        """Ask again for facts and consent."""
        self._facts.clear()
        self._allowed.clear()

    def endpoint(self) -> str:
        """`HF_SFT_OPENDATALAB_ENDPOINT`, or openxlab.org.cn."""
        named = os.environ.get("HF_SFT_OPENDATALAB_ENDPOINT", "https://openxlab.org.cn")
        return named.rstrip("/")

    def page(self, dataset: str) -> str:
        """The dataset's page."""
        return f"https://opendatalab.com/{dataset}"

    def has_credentials(self) -> str:
        """Whether any were found."""
        return "AK and SK were found" if keys() else "none were found"

    def check_address(self, owner: str, name: str, version: str) -> None:
        """Refuse versions, of which there are none but ours."""
        if version not in ("", "main") and not _PINNED.fullmatch(version):
            raise ConfigurationError(
                f"opendatalab://{owner}/{name}@{version}: OpenDataLab keeps no versions. "
                "Leave out what stands after @."
            )

    def is_fixed(self, version: str) -> bool:
        """Whether it is the hash of a listing."""
        return bool(_PINNED.fullmatch(version))

    def newest(self, dataset: str, branch: str) -> tuple[str, Folders]:
        """The dataset as it is listed now."""
        del branch
        self._facts.pop((self.endpoint(), dataset), None)
        commit, folders = self._listed(dataset)
        return f"main~{listing_hash(folders, commit)}", folders

    def folders(self, dataset: str, version: str, folder: str) -> Folders:
        """The whole tree; what was pinned must still be what is there."""
        del folder
        commit, folders = self._listed(dataset)
        found = listing_hash(folders, commit)
        require_same(version.removeprefix("main~"), found, f"opendatalab://{dataset}@{version}")
        return folders

    def call_for(self, dataset: str, version: str, entry: Entry) -> Call:
        """The request that is redirected to the file's signed address."""
        del version
        place = f"{self._info(dataset)['id']}/main/{quote(entry.path)}"
        self._require_consent(dataset, place)
        url = f"{self.endpoint()}/datasets/resolve/{place}"
        return Call(url, secrets={"Authorization": TOKENS.get()})

    def license(self, dataset: str) -> StatedLicense:
        """The names in `attrs.license`; often of the site's own making."""
        stated = (self._info(dataset).get("attrs") or {}).get("license") or []
        names = [_name(each) for each in (stated if isinstance(stated, list) else [stated])]
        return StatedLicense("; ".join(filter(None, names)), "OpenDataLab: attrs.license")

    def _listed(self, dataset: str) -> tuple[str, Folders]:
        commit = str(self._info(dataset).get("publicCommit") or "")
        return commit, tree(self._entries(dataset), f"opendatalab://{dataset}")

    def _entries(self, dataset: str) -> Iterator[Entry]:
        asked = {"recursive": "true", "needContent": "true", "limit": "500"}
        seen = set()
        while True:
            data = self._ask(dataset, f"/{_slug(dataset)}/r/main?{urlencode(asked)}")
            for each in data.get("list") or []:
                path, digest = str(each["path"]).lstrip("/"), str(each.get("sha256") or "").lower()
                yield Entry(path, int(each.get("size") or 0), digest and f"sha256:{digest}")
            after = str(data.get("after") or "")
            if not data.get("hasNext") or not after or after in seen:
                return
            seen.add(after)
            asked["after"] = after

    def _info(self, dataset: str) -> dict[str, Any]:
        key = (self.endpoint(), dataset)
        if key not in self._facts:
            found = self._ask(dataset, f"/{_slug(dataset)}")
            if not found.get("id"):
                raise refusal(self, dataset, 404, "")
            self._facts[key] = found
        return self._facts[key]

    def _ask(self, dataset: str, path: str) -> dict[str, Any]:
        call = Call(f"{self.endpoint()}/datasets/api/v2/datasets{path}")
        return dict(ask_json(self, dataset, call).get("data") or {})

    def _require_consent(self, dataset: str, place: str) -> None:
        """Ask, once for a dataset, whether a person must fill in a form first."""
        key = (self.endpoint(), dataset)
        if key in self._allowed:
            return
        renewed = False

        def once() -> int:
            nonlocal renewed
            url = f"{self.endpoint()}/datasets/api/v2/downloadCheck/{place}"
            with send(Call(url, secrets={"Authorization": TOKENS.get()})) as response:
                words = response.read(4096).decode("utf-8", "replace")
                if response.status == 401 and not renewed:
                    renewed = True
                    TOKENS.forget()
                    raise TryAgain(f"opendatalab://{dataset}: the token is no longer valid")
                return _code(words) or response.status

        status = retrying(once)
        if status in _FORM:
            raise SourceError(
                f"opendatalab://{dataset}: its owner asks for a form to be filled in first. Open "
                f"{self.page(dataset)}, press Download, fill it in, and run the same call again."
            )
        if status >= 400:
            raise refusal(self, dataset, status, "")
        self._allowed.add(key)


class OpenDataLabFileSystem(PinnedFileSystem):
    """OpenDataLab's datasets for `fsspec`."""

    protocol = "opendatalab"
    platform = OpenDataLab()


def _slug(dataset: str) -> str:
    return quote(dataset.replace("/", ","), safe="")


def _name(stated: Any) -> str:
    name = stated.get("name") if isinstance(stated, dict) else stated
    if isinstance(name, dict):
        name = name.get("en") or name.get("zh")
    return str(name or "")


def _code(words: str) -> int:
    """Find the form's code in the body of an answer, where some answers have it."""
    try:
        answer = json.loads(words)
    except ValueError:
        return 0
    code: Any = answer.get("code", answer.get("msgCode")) if isinstance(answer, dict) else 0
    return int(code) if str(code) in map(str, _FORM) else 0
