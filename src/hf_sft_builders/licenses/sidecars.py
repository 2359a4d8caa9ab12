"""Files that say under which license the data beside them is: what each kind holds, and where. Pure.

    croissant.json, *.jsonld, JSON-LD   `license`; `sdLicense` is that of the metadata alone
    dataset-metadata.json (Kaggle)      `licenses[].name`
    datapackage.json (Frictionless)     `licenses[].name`, `licenses[].path`
    README.md                           front matter: `license`, `license_name`, `license_link`
    LICENSE, COPYING                    the text, recognised by its phrases
    LICENSE-annotations, …              the same, for the annotations

Annotations may have one of their own in each of the first four: `annotations_license` (or
`license_annotations`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import yaml  # type: ignore[import-untyped]

from hf_sft_builders.licenses.evidence import UNKNOWN, Evidence, SourceLicenses, evidence
from hf_sft_builders.licenses.names import read_name
from hf_sft_builders.licenses.table import OTHER

_LICENSE_TEXT = re.compile(r"(?:LICEN[SC]E|COPYING|许可证|许可协议)([._-].*)?", re.IGNORECASE)
_ANNOTATIONS = re.compile(r"annotation|label|caption|标注", re.IGNORECASE)
_README = re.compile(r"README(?:[._-]\w+)*\.(?:md|markdown)", re.IGNORECASE)
_JSON_LD = re.compile(r"croissant\.json|.*\.jsonld|.*croissant.*\.json", re.IGNORECASE)
_ANNOTATION_KEYS = ("annotations_license", "license_annotations", "annotation_license")
_LONGEST = 100_000


def sidecar_rank(name: str) -> int | None:
    """Say how much a file's word counts: 0 is heard first; None for no sidecar at all.

    Args:
        name: The file's name, without its folder.
    """
    if _JSON_LD.fullmatch(name):
        return 0
    if name in ("dataset-metadata.json", "datapackage.json"):
        return 1
    if _README.fullmatch(name):
        return 2
    return 3 if _LICENSE_TEXT.fullmatch(name) else None


def is_document(name: str) -> bool:
    """Say whether a sidecar is a document, too: a README is read as one."""
    return bool(_README.fullmatch(name))


def read_sidecar(name: str, data: bytes) -> SourceLicenses:
    r"""Read what one file says; nothing known where it says nothing, or cannot be read.

    Args:
        name: The file's name, without its folder.
        data: Its bytes.

    Example:
        >>> read_sidecar("README.md", b"---\nlicense: cc-by-4.0\n---\n").content.id
        'cc-by-4.0'
    """
    text = data[:_LONGEST].decode("utf-8-sig", errors="replace")
    if _README.fullmatch(name):
        return _from_mapping(_front_matter(text), name)
    if _LICENSE_TEXT.fullmatch(name):
        said = evidence(text, name, "inferred")
        return (
            SourceLicenses(annotations=said) if _ANNOTATIONS.search(name) else SourceLicenses(said)
        )
    return from_metadata(_json(data), name)


def from_metadata(metadata: Any, found_in: str) -> SourceLicenses:
    """Read the metadata of a dataset: JSON-LD (Croissant, schema.org), Kaggle's, Frictionless'.

    Args:
        metadata: The parsed JSON.
        found_in: File or address that it comes from.
    """
    if isinstance(metadata, list):
        metadata = next((m for m in metadata if isinstance(m, Mapping) and _said(m)), {})
    if not isinstance(metadata, Mapping):
        return SourceLicenses()
    graph = metadata.get("@graph")
    if isinstance(graph, list) and "license" not in metadata:
        metadata = next((m for m in graph if isinstance(m, Mapping) and _is_dataset(m)), {})
    return _from_mapping(metadata, found_in)


def _is_dataset(node: Mapping[str, Any]) -> bool:
    kinds = node.get("@type", ())
    return "Dataset" in str(kinds)


def _said(metadata: Mapping[str, Any]) -> bool:
    return any(key in metadata for key in ("license", "schema:license", "licenses"))


def _from_mapping(metadata: Mapping[str, Any], found_in: str) -> SourceLicenses:
    keys = ("license", "schema:license", "sc:license", "licenses", "info.licenses")
    return SourceLicenses(
        _declared(metadata, keys, found_in),
        _declared(metadata, _ANNOTATION_KEYS, found_in),
        _declared(metadata, ("sdLicense", "sc:sdLicense", "schema:sdLicense"), found_in),
    )


def _declared(metadata: Mapping[str, Any], keys: Iterable[str], found_in: str) -> Evidence:
    for key in keys:
        names = [name for name in _names(metadata.get(key)) if name]
        if names == [OTHER] and (
            own := metadata.get("license_name") or metadata.get("license_link")
        ):
            names = [str(own) if read_name(str(own)).certain else f"{OTHER} ({own})"]
        if names:
            where = f"{found_in}: {key}"
            return evidence(" AND ".join(names) if len(names) > 1 else names[0], where, "declared")
    return UNKNOWN


def _names(value: Any) -> list[str]:
    """Give the licenses in a value: text, a list, an object of schema.org, Kaggle or Frictionless."""
    if isinstance(value, str):
        return [" ".join(value.split())]
    if isinstance(value, Mapping):
        keys = ("url", "@id", "identifier", "name", "path", "title")
        told = [str(value[key]).strip() for key in keys if isinstance(value.get(key), str)]
        return [_clearest(told)] if told else []
    if isinstance(value, list):
        return list(dict.fromkeys(name for inner in value for name in _names(inner)))
    return []


def _clearest(told: list[str]) -> str:
    """Choose, among the names that one object gives for one license, the first that is certain."""
    return next((name for name in told if read_name(name).certain), told[0])


def _front_matter(text: str) -> Mapping[str, Any]:
    found = re.match(r"---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)", text, re.DOTALL)
    return _mapping(yaml.safe_load, found[1]) if found else {}


def _json(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except ValueError:  # a file that is no JSON says nothing about licenses
        return {}


def _mapping(load: Callable[[str], Any], text: str) -> Mapping[str, Any]:
    try:
        found = load(text)
    except (ValueError, yaml.YAMLError):  # broken front matter says nothing about licenses
        return {}
    return found if isinstance(found, Mapping) else {}
