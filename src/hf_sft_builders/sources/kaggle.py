"""`kaggle://owner/dataset[@version]/path`: datasets of Kaggle, each version of which is fixed.

Spoken is the API that kagglehub speaks (`DatasetApiService`). A file is answered with a redirect to
a signed address of Google's storage, which must not see the token.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import ConfigurationError, SourceError
from hf_sft_builders.sources.http import Call
from hf_sft_builders.sources.pinned import PinnedFileSystem
from hf_sft_builders.sources.platform_asks import ask_json
from hf_sft_builders.sources.platforms import (
    Entry,
    Folders,
    StatedLicense,
    check_path,
)


class Kaggle:
    """What Kaggle is to a filesystem; see `platforms.Platform`."""

    name = "kaggle"
    lists_trees = False
    credentials = (
        "KAGGLE_API_TOKEN, ~/.kaggle/access_token, KAGGLE_USERNAME and KAGGLE_KEY, or "
        "~/.kaggle/kaggle.json (made at https://www.kaggle.com/settings)"
    )

    def endpoint(self) -> str:
        """`HF_SFT_KAGGLE_ENDPOINT`, or Kaggle's own."""
        return os.environ.get("HF_SFT_KAGGLE_ENDPOINT", "https://api.kaggle.com").rstrip("/")

    def page(self, dataset: str) -> str:
        """The dataset's page."""
        return f"https://www.kaggle.com/datasets/{dataset}"

    def has_credentials(self) -> str:
        """Whether any were found."""
        return "some were found" if _credentials() else "none were found"

    def check_address(self, owner: str, name: str, version: str) -> None:
        """Refuse competitions, whose rules a person must accept, and versions that are no number."""
        if owner in ("competitions", "c"):
            raise SourceError(competition_words(name))
        if version and not version.isdecimal():
            raise ConfigurationError(
                f"kaggle://{owner}/{name}@{version}: versions of Kaggle are numbers, such as @3."
            )

    def is_fixed(self, version: str) -> bool:
        """Every numbered version is."""
        return version.isdecimal()

    def newest(self, dataset: str, branch: str) -> tuple[str, Folders]:
        """The current version's number."""
        del branch
        found = self._ask(dataset, "GetDataset")
        number = found.get("currentVersionNumber")
        if not number:
            raise SourceError(
                f"kaggle://{dataset}: Kaggle names no version of it. See {self.page(dataset)}."
            )
        return str(number), {}

    def folders(self, dataset: str, version: str, folder: str) -> Folders:
        """One folder, all its pages."""
        found: dict[str, Entry | None] = {}
        for page in self._pages(dataset, version, folder):
            for each in page.get("directories") or []:
                found[_inside(each, folder, dataset)] = None
            for each in page.get("files") or []:
                path = _inside(each, folder, dataset)
                if path in found:
                    raise SourceError(f"kaggle://{dataset}: Kaggle lists {path!r} twice.")
                size, changed = int(each.get("totalBytes") or 0), str(each.get("creationDate", ""))
                found[path] = Entry(path, size, "", changed)
        return {folder: found}

    def call_for(self, dataset: str, version: str, entry: Entry) -> Call:
        """The request that is redirected to the file's signed address."""
        return self._call(
            dataset,
            "DownloadDataset",
            datasetVersionNumber=int(version),
            fileName=entry.path,
            raw=True,
        )

    def license(self, dataset: str) -> StatedLicense:
        """The metadata's license; where it is refused, the display name of the listing."""
        try:
            info = self._ask(dataset, "GetDatasetMetadata").get("info") or {}
            names = [str(each.get("name")) for each in info.get("licenses") or []]
            if any(names):
                return StatedLicense("; ".join(names), "Kaggle: licenses of the metadata")
        except SourceError:  # asks for an account where the next call does not
            pass
        name = str(self._ask(dataset, "GetDataset").get("licenseName") or "")
        return StatedLicense(name, "Kaggle: licenseName")

    def _pages(self, dataset: str, version: str, folder: str) -> Iterator[dict[str, Any]]:
        token, seen = "", {""}
        while True:
            page = self._ask(
                dataset,
                "ListTreeDatasetFiles",
                datasetVersionNumber=int(version),
                path=folder,
                pageSize=200,
                pageToken=token,
            )
            yield page
            token = str(page.get("nextPageToken") or "")
            if token in seen:
                break
            seen.add(token)

    def _ask(self, dataset: str, method: str, **more: Any) -> dict[str, Any]:
        return dict(ask_json(self, dataset, self._call(dataset, method, **more)))

    def _call(self, dataset: str, method: str, **more: Any) -> Call:
        owner, _, name = dataset.partition("/")
        url = f"{self.endpoint()}/v1/datasets.DatasetApiService/{method}"
        return Call.post(url, {"ownerSlug": owner, "datasetSlug": name, **more}, _credentials())


class KaggleFileSystem(PinnedFileSystem):
    """Kaggle's datasets for `fsspec`."""

    protocol = "kaggle"
    platform = Kaggle()


def competition_words(name: str) -> str:
    """Say why a competition's files are not read, and where its rules are accepted."""
    return (
        f"The files of a Kaggle competition are given to those who accept its rules: "
        f"https://www.kaggle.com/competitions/{name}/rules. Accept them there, download with "
        f"`kaggle competitions download -c {name}`, and name the folder."
    )


def _inside(each: dict[str, Any], folder: str, dataset: str) -> str:
    """Give the path of a listed file or folder, which must lie in the folder that was asked for."""
    path = str(each.get("relativeUrl") or each.get("name") or "").strip("/")
    if folder and not path.startswith(f"{folder}/"):
        path = f"{folder}/{path}"
    check_path(path, f"kaggle://{dataset}")
    if path.rpartition("/")[0] != folder:
        raise SourceError(f"kaggle://{dataset}: Kaggle lists {path!r} in folder {folder!r}.")
    return path


def _credentials() -> dict[str, str]:
    """Find credentials where kagglehub does, in its order; none is anonymous."""
    folder = Path(os.environ.get("KAGGLE_CONFIG_DIR", "~/.kaggle")).expanduser()
    token = os.environ.get("KAGGLE_API_TOKEN", "").strip()
    if token and Path(token).is_file():
        token = Path(token).read_text(encoding="utf-8").strip()
    for name in ("access_token", "access_token.txt"):
        if not token and (folder / name).is_file():
            token = (folder / name).read_text(encoding="utf-8").strip()
    if token:
        return {"Authorization": f"Bearer {token}"}
    user, key = os.environ.get("KAGGLE_USERNAME"), os.environ.get("KAGGLE_KEY")
    if not (user and key) and (folder / "kaggle.json").is_file():
        try:
            known = json.loads((folder / "kaggle.json").read_text(encoding="utf-8"))
            user, key = known["username"], known["key"]
        except (ValueError, KeyError, TypeError):
            raise ConfigurationError(
                f'{folder / "kaggle.json"}: expected {{"username": …, "key": …}}. '
                "Download it again at https://www.kaggle.com/settings."
            ) from None
    if not (user and key):
        return {}
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{key}".encode()).decode()}
