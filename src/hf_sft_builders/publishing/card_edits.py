"""A person's edits of a card survive the next publish. Pure.

The manifest keeps a digest of every metadata key and every section as publish generated it. What
still has that digest is ours and written anew; everything else is a person's, and stays: changed
and added sections and keys, also those that were taken out. `configs`, `dataset_info`, the license
and the size are always ours, because they must fit the files; configs of others stay listed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml  # type: ignore[import-untyped]

from hf_sft_builders.errors import PublishError

Metadata = dict[str, Any]
OURS = (*("configs", "dataset_info", "license", "license_name", "license_link", "size_categories"),)
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*\n?", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")


@dataclass(frozen=True)
class EarlierCard:
    """The card that stands there, and what is known of how it was written."""

    text: str
    record: Mapping[str, Any] = field(default_factory=dict)
    """From the manifest (`card_record`); empty where publish did not write it."""
    where: str = "README.md"

    @property
    def metadata(self) -> Metadata:
        """Its YAML.

        Raises:
            PublishError: if it cannot be read.
        """
        return _parts(self.text, self.where)[0]

    def is_ours(self, key: str) -> bool:
        """Whether a key of the metadata is as publish wrote it."""
        known = self.record.get("metadata", {})
        return key in known and known[key] == _digest(self.metadata.get(key))

    def kept_configs(self, new: Metadata) -> list[dict[str, Any]]:
        """Configs that are neither in the new card nor were ours."""
        ours = {*self.record.get("configs", ()), *(c["config_name"] for c in new["configs"])}
        listed = self.metadata.get("configs") or []
        return [
            dict(entry)
            for entry in listed
            if isinstance(entry, Mapping) and entry.get("config_name", "default") not in ours
        ]


def card_record(generated: str) -> dict[str, Any]:
    """Give what the manifest keeps of a generated card."""
    metadata, sections = _parts(generated, "")
    return {
        "metadata": {key: _digest(value) for key, value in metadata.items()},
        "sections": {heading: _digest(text) for heading, text in sections.items()},
        "configs": [config["config_name"] for config in metadata["configs"]],
    }


def merged_card(earlier: EarlierCard | None, generated: str) -> str:
    """Give the new card with a person's edits of the earlier one.

    Raises:
        PublishError: if the earlier card's YAML cannot be read.
    """
    if earlier is None:
        return generated
    old_metadata, old_sections = _parts(earlier.text, earlier.where)
    metadata, sections = _parts(generated, "")
    record = earlier.record
    head = _merged_metadata(old_metadata, metadata, record.get("metadata", {}))
    _keep_configs(head, old_metadata, earlier.kept_configs(metadata))
    if any(text.strip() for text in old_sections.values()):
        sections = _merged_sections(old_sections, sections, record.get("sections"))
    text = yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=10**9)
    return f"---\n{text}---\n{''.join(sections.values())}"


def _parts(text: str, where: str) -> tuple[Metadata, dict[str, str]]:
    text = text.replace("\r\n", "\n")
    found = _FRONT.match(text)
    if not found:
        return {}, _sections(text)
    try:
        metadata = yaml.safe_load(found[1]) or {}
        if not isinstance(metadata, dict):
            raise yaml.YAMLError("it is no mapping")
    except yaml.YAMLError as error:
        raise PublishError(
            f"{where}: its metadata cannot be read as YAML ({str(error).splitlines()[0]}). "
            "Nothing was changed. Mend it there, or pass overwrite=True to write the card anew."
        ) from error
    return metadata, _sections(text[found.end() :])


def _sections(body: str) -> dict[str, str]:
    """Split at headings of the second level, outside of code; the first part has the key ''."""
    sections, heading, fence = {"": ""}, "", ""
    for line in body.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        elif not fence and line.startswith("## "):
            heading = line.strip()
            while heading in sections:
                heading += " "
            sections[heading] = ""
        sections[heading] += line
    return sections


def _merged_metadata(old: Metadata, new: Metadata, record: Mapping[str, str]) -> Metadata:
    merged: Metadata = {}
    for key, value in new.items():
        removed = key in record and key not in old
        if key in OURS:
            merged[key] = value
        elif key in old and record.get(key) != _digest(old[key]):
            merged[key] = _with_ours(old[key], value) if key == "tags" else old[key]
        elif not removed:
            merged[key] = value
    for key, value in old.items():
        if key not in new and key not in OURS and record.get(key) != _digest(value):
            merged[key] = value
    return merged


def _with_ours(theirs: Any, ours: list[str]) -> list[str]:
    listed = theirs if isinstance(theirs, list) else [theirs]
    return list(dict.fromkeys([*listed, *ours]))


def _keep_configs(head: Metadata, old: Metadata, kept: list[dict[str, Any]]) -> None:
    if not kept:
        return
    head["configs"] = [*head["configs"], *kept]
    names = {entry.get("config_name") for entry in kept}
    told, before = head["dataset_info"], old.get("dataset_info") or []
    before = before if isinstance(before, list) else [before]
    mine = told if isinstance(told, list) else [{"config_name": "default", **told}]
    head["dataset_info"] = [*mine, *(info for info in before if info.get("config_name") in names)]


def _merged_sections(
    old: Mapping[str, str], new: Mapping[str, str], record: Mapping[str, str] | None
) -> dict[str, str]:
    known = record or {}
    merged: dict[str, str] = {}
    for heading, text in old.items():
        ours = known.get(heading) == _digest(text)
        if not ours:
            merged[heading] = text
        elif heading in new:
            merged[heading] = new[heading]
    before = ""
    for heading, text in new.items():
        if heading in merged:
            before = heading
        elif heading and heading not in known:
            merged = _inserted(merged, before or None, heading, text)
            before = heading
    return _apart(merged)


def _inserted(merged: dict[str, str], after: str | None, heading: str, text: str) -> dict[str, str]:
    if after is None:
        return {**merged, heading: text}
    result = {}
    for name, part in merged.items():
        result[name] = part
        if name == after:
            result[heading] = text
    return result


def _apart(sections: dict[str, str]) -> dict[str, str]:
    """Put an empty line between sections."""
    last = list(sections)[-1]
    return {
        name: text.rstrip("\n") + ("\n" if name == last else "\n\n") if text.strip() else text
        for name, text in sections.items()
    }


def _digest(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else value
    plain = json.dumps(text, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]
