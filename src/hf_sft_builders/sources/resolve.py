"""`resolve_uri`: an address that means the same bytes tomorrow.

`datasets` hashes `hf://…/x.csv` by its branch's name and gives the old rows after a new commit; and of
`zip://…::kaggle://…` nobody pins the archive. So each hop of a chain is pinned before it is listed.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from hf_sft_builders.errors import SourceError
from hf_sft_builders.registry import PROTOCOLS
from hf_sft_builders.sources.http import require_network
from hf_sft_builders.sources.hub_trouble import hub_trouble, words_of

_COMMIT = re.compile(r"[0-9a-f]{40}")
_HF = re.compile(
    r"hf://(datasets/|spaces/)?([^/@]+/[^/@]+)(?:@(refs/(?:pr|convert)/[^/]+|[^/]+))?(/.*)?"
)
_KINDS = {"datasets/": "dataset", "spaces/": "space", None: "model"}
_PAGES = (
    (re.compile(r"(?:www\.)?kaggle\.com"), r"/datasets/([^/]+/[^/]+)", "kaggle://"),
    (re.compile(r"(?:www\.)?modelscope\.(?:cn|ai)"), r"/datasets/([^/]+/[^/]+)", "modelscope://"),
    (re.compile(r"(?:www\.)?opendatalab\.(?:com|org\.cn)"), r"/([^/]+/[^/]+)", "opendatalab://"),
    (re.compile(r"huggingface\.co"), r"/datasets/([^/]+/[^/]+)", "hf://datasets/"),
)


def resolve_uri(uri: str, storage_options: Mapping[str, Any] | None = None) -> str:
    """Put the version that is newest now into an address, hop by hop.

    Args:
        uri: A path, a URL of any protocol, a chain of them (`zip://*.csv::kaggle://…`), or the page of
            a dataset on Kaggle, ModelScope, OpenDataLab or Hugging Face.
        storage_options: For fsspec; a Hugging Face token may be in it.

    Returns:
        The same address with a version where the protocol has versions: a commit for `hf://`, a
        number for `kaggle://`, the hash of the listing for `modelscope://` and `opendatalab://`.

    Raises:
        SourceError: The dataset cannot be asked for.

    Example:
        >>> sft.resolve_uri("zip://*.csv::kaggle://owner/dataset/all.zip")
        'zip://*.csv::kaggle://owner/dataset@7/all.zip'
    """
    return "::".join(_pinned(_from_page(hop), storage_options or {}) for hop in uri.split("::"))


def _pinned(hop: str, options: Mapping[str, Any]) -> str:
    scheme = hop.partition("://")[0]
    if scheme in PROTOCOLS:
        fs = platform_of(hop)
        return str(fs.unstrip_protocol(fs.pin(hop)))
    return _pinned_hf(hop, options) if scheme == "hf" else hop


def platform_of(uri: str) -> Any:
    """Give the filesystem of one of our protocols."""
    import fsspec

    return fsspec.filesystem(uri.partition("://")[0])


def _pinned_hf(hop: str, options: Mapping[str, Any]) -> str:
    found = _HF.fullmatch(hop)
    if not found or (found[3] and _COMMIT.fullmatch(found[3])):
        return hop
    kind, repository, revision, rest = found.groups()
    info = hub_info(repository, _KINDS[kind], revision and unquote(revision), options)
    return f"hf://{kind or ''}{repository}@{info.sha}{rest or ''}"


def hub_info(repository: str, kind: str, revision: str | None, options: Mapping[str, Any]) -> Any:
    """Ask the Hub about a repository.

    Raises:
        SourceError: in the Hub's own words.
    """
    from huggingface_hub import HfApi

    own = options.get("hf")
    given = own if isinstance(own, Mapping) else options
    where = f"hf://{kind}s/{repository}"
    require_network(where)
    endpoint = given.get("endpoint") or os.environ.get("HF_ENDPOINT")
    try:
        api = HfApi(endpoint=endpoint, token=given.get("token"))
        return api.repo_info(repository, repo_type=kind, revision=revision)
    except _hub_errors() as error:
        said = hub_trouble(error, endpoint or "") or (
            f"the Hub refused: {words_of(error)} Check the name; a private or gated one needs "
            "`hf auth login`, or HF_TOKEN."
        )
        raise SourceError(f"{where}: {said}") from None


def _hub_errors() -> tuple[type[Exception], ...]:
    """Give what the Hub's client raises: answers are OSError, and so are lost connections to requests."""
    import huggingface_hub.errors
    import huggingface_hub.utils

    refused = (OSError, huggingface_hub.errors.HFValidationError)
    client = getattr(huggingface_hub.utils, "httpx", None) or sys.modules.get("httpx")
    return (*refused, client.HTTPError) if client else refused


def parse_hub_uri(uri: str) -> tuple[str, str, str | None] | None:
    """Give repository, kind and revision of an `hf://` address; None for another."""
    found = _HF.fullmatch(uri)
    if not found:
        return None
    return found[2], _KINDS[found[1]], found[3] and unquote(found[3])


def _from_page(hop: str) -> str:
    """Turn the page of a dataset into its address."""
    if not hop.startswith(("https://", "http://")):
        return hop
    parts = urlsplit(hop)
    contest = re.fullmatch(r"/(?:competitions|c)/([^/]+)(?:/.*)?", parts.path)
    if contest and re.fullmatch(r"(?:www\.)?kaggle\.com", parts.netloc):
        from hf_sft_builders.sources.kaggle import competition_words

        raise SourceError(f"{hop}: {competition_words(contest[1])}")
    for host, path, protocol in _PAGES:
        found = re.fullmatch(path + "/?", parts.path)
        if host.fullmatch(parts.netloc) and found:
            return protocol + unquote(found[1])
    return hop
