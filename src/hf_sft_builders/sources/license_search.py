"""The licenses behind anything a person may name: a license, a folder, a URL, a dataset's id."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import ConfigurationError, MissingSource
from hf_sft_builders.licenses import Evidence, SourceLicenses, evidence, read_name
from hf_sft_builders.licenses.sidecars import sidecar_rank
from hf_sft_builders.sources.croissant import PAGE_SCHEME
from hf_sft_builders.sources.files import list_files
from hf_sft_builders.sources.hub_license import hub_dataset_license
from hf_sft_builders.sources.license_evidence import LicenseLookup

_HUB = re.compile(
    r"(?:hf:(?!//)|hf://datasets/|https?://huggingface\.co/datasets/)([\w.-]+(?:/[\w.-]+)?)/?(?:@[\w.-]+)?"
)
_DATASET_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


def evidence_for(what: str) -> dict[str, Evidence]:
    """Find the evidence for one argument of `hf-sft license`.

    Tried in this order: a path that exists; the name or address of a license; a dataset of the
    Hub (`hf:user/name`, its address, `user/name`); any other URL, as a folder of data.

    Returns:
        Name of each source, or of its annotations → evidence.

    Raises:
        SourceError: if a dataset, URL or path gives nothing that can be read.
        ConfigurationError: if nothing is named.
    """
    if not what.strip():
        raise ConfigurationError("Nothing is named: give a license, a folder, a URL or a dataset.")
    if Path(what).expanduser().exists():
        return _of_place(str(Path(what).expanduser()))
    if read_name(what).kind != "unknown":
        return {what: evidence(what, "", "declared")}
    if found := _HUB.fullmatch(what) or _DATASET_ID.fullmatch(what):
        dataset_id = found[1] if found.re is _HUB else found[0]
        return _parts(what, hub_dataset_license(dataset_id))
    if "://" in what or what.startswith(PAGE_SCHEME):
        return _of_place(what)
    if what.startswith(("/", "./", "../", "~")):
        raise MissingSource(f"{what}: no such file or folder. Check the name.")
    return {what: evidence(what, "", "declared")}


def _of_place(what: str) -> dict[str, Evidence]:
    """Read the sidecars of a folder; each different answer once, with the file that it is for."""
    if sidecar_rank(Path(what).name) is not None and Path(what).is_file():
        return _parts(what, LicenseLookup(None, [what]).licenses_of(what))
    listing = list_files(what, None, ("",))
    lookup = LicenseLookup(None, listing.license_files, pages=listing.pages)
    found: dict[str, Evidence] = {}
    seen: set[Any] = set()
    for file in listing.splits["train"]:
        said = lookup.licenses_of(file.uri)
        if said not in seen:
            seen.add(said)
            found.update(_parts(file.uri, said))
    return found


def _parts(name: str, said: SourceLicenses) -> dict[str, Evidence]:
    found = {name: said.content}
    if said.annotations.raw:
        found[f"{name} (annotations)"] = said.annotations
    return found
