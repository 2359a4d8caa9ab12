"""A release: what is published, before it is known where to. Writes data and words to a folder.

README.md               card: what the rows are, how they were made, under which license
LICENSE                 the license, and what it asks of whoever uses the rows
NOTICE, LICENSES/       credits and license texts, where the sources ask for them
data/train-00000-of-00001.parquet
hf_sft_manifest.json    counts of the run, and which files of the folder are ours
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import MANIFEST_NAME
from hf_sft_builders.publishing.card import Card
from hf_sft_builders.publishing.card_edits import EarlierCard, card_record, merged_card
from hf_sft_builders.publishing.card_metadata import front_matter, validate
from hf_sft_builders.publishing.card_numbers import write_pictures
from hf_sft_builders.publishing.card_parts import Part, picture_folder
from hf_sft_builders.publishing.card_words import require_language
from hf_sft_builders.publishing.escaping import one_line
from hf_sft_builders.publishing.existing import CARD, LICENSE_FILE, published_part
from hf_sft_builders.publishing.facts import Facts, gather_facts
from hf_sft_builders.publishing.given_datasets import Configs
from hf_sft_builders.publishing.identity import Identity, identity_of
from hf_sft_builders.publishing.known_losses import with_losses
from hf_sft_builders.publishing.license_notices import NOTICE_FILE, TEXTS_FOLDER, write_notices
from hf_sft_builders.publishing.license_verdict import (
    Verdict,
    declared_license,
    judge,
    license_text,
    require_publishable,
)
from hf_sft_builders.publishing.media_cells import published_media, require_mode, without_folders
from hf_sft_builders.publishing.media_folder import require_one_layout
from hf_sft_builders.publishing.parquet_files import DEFAULT, FOLDER, SplitFiles, write_split
from hf_sft_builders.publishing.policy import require_policy
from hf_sft_builders.publishing.provenance_column import publish_names, row_batches
from hf_sft_builders.publishing.reporting import Report
from hf_sft_builders.publishing.reporting.gathering import report_of
from hf_sft_builders.publishing.trainers.media import FOLDER as MEDIA_FOLDER
from hf_sft_builders.quality.applying import Gated
from hf_sft_builders.quality.cleaned import Cleaned


@dataclass(frozen=True)
class Release:
    """What is published."""

    configs: Configs
    facts: Facts
    """Of all configs; its features are those of the first."""
    verdict: Verdict
    identity: Identity
    title: str
    repository: str = ""
    """`user/name` on a hub; empty for a folder."""
    site: str = "hub"
    """Which hub: `hub` or `modelscope`."""
    media: str = "embedded"
    """Whether media go into the rows or to files beside them (`media_cells.MODES`)."""
    declared: str | None = None
    """The license that the publisher declares."""
    left_out: tuple[Gated | Cleaned, ...] = ()
    """What took rows out before, of the first config."""
    folder_name: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """More to put beside the rows, by path."""
    card_language: str = "auto"

    @classmethod
    def prepare(
        cls,
        configs: Configs,
        *,
        license: str | None = None,
        policy: str | None = None,
        force: str | None = None,
        files: Mapping[str, str | bytes] | None = None,
        card_language: str = "auto",
        media: str = "embedded",
        left_out: Sequence[Gated | Cleaned] = (),
    ) -> Release:
        """Find out all that is known of the rows, and whether a policy forbids them.

        Raises:
            ConfigurationError: for an unknown license or policy, or a `force` without words.
            PublishError: where the policy is not met.
        """
        if require_mode(media) == "files":
            require_one_layout(
                {name: next(iter(p.values())).features for name, p in configs.items()}
            )
        declared = declared_license(license)
        splits = _by_name(configs)
        facts = with_losses(gather_facts(splits), left_out)
        verdict = _overruled(judge(facts, declared), force)
        if policy is not None and not verdict.forced:
            require_policy(facts, policy, declared)
        return cls(
            configs,
            facts,
            verdict,
            identity_of(facts, splits),
            "",
            files=_checked(files or {}),
            card_language=require_language(card_language),
            media=media,
            declared=declared,
            left_out=tuple(left_out),
        )

    def at(
        self, title: str | None, *, repository: str = "", folder_name: str = "", site: str = "hub"
    ) -> Release:
        """Give this release for one place.

        Raises:
            PublishError: if the Hub would refuse the metadata.
        """
        fallback = repository.partition("/")[2] or folder_name
        name = one_line(title or fallback) or "dataset"
        validate(front_matter(self.facts, self.verdict, name, []))
        return replace(self, title=name, repository=repository, folder_name=fallback, site=site)

    def require_license(self, *, public: bool) -> None:
        """Stop what the licenses forbid.

        Raises:
            PublishError: with the reasons, and what would change it.
        """
        require_publishable(self.verdict, public=public)

    def write_data(self, folder: Path) -> list[SplitFiles]:
        """Write the rows of all configs."""
        names = self.facts.names
        return [
            write_split(
                ds, split, folder, lambda table: publish_names(table, names), config, self.media
            )
            for config, splits in self.configs.items()
            for split, ds in splits.items()
        ]

    def write_words(
        self, folder: Path, written: Sequence[SplitFiles], earlier: EarlierCard | None = None
    ) -> None:
        """Write card, license, notices and manifest; a person's edits of an earlier card stay."""
        card = Card(
            self.facts,
            self.verdict,
            self.title,
            self.folder_name,
            written,
            self._first_row(next(iter(self.configs))),
            self._report if len(self.configs) == 1 else None,
            self.card_language,
            self.repository,
            self.site,
            self._parts(written) if len(self.configs) > 1 else (),
        )
        for part in card.parts:
            if part.report:
                place = folder / picture_folder(part)
                write_pictures(part.report, card.picture_languages, place)
        text = card.text()
        _write(folder / CARD, merged_card(earlier, text))
        _write(folder / LICENSE_FILE, license_text(self.verdict, self.facts.sources))
        write_notices(folder, self.verdict, self.facts.sources)
        for name, content in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        adopted = [path for split in written if split.adopted for path in split.files]
        self._write_manifest(folder, {"card": card_record(text), "adopted": adopted})

    def _parts(self, written: Sequence[SplitFiles]) -> list[Part]:
        """Give what the card tells of each config."""
        return [
            Part(
                facts,
                judge(facts, self.declared),
                [split for split in written if split.config == config],
                self._first_row(config),
                report_of(self.configs[config], facts.format),
            )
            for config, facts in self._facts_of_configs.items()
        ]

    @cached_property
    def _facts_of_configs(self) -> dict[str, Facts]:
        names, first = self.facts.names, next(iter(self.configs))
        return {
            config: with_losses(
                gather_facts(splits, names), self.left_out if config == first else ()
            )
            for config, splits in self.configs.items()
        }

    @cached_property
    def _report(self) -> Report:
        return report_of(_by_name(self.configs), self.facts.format)

    def _first_row(self, config: str) -> dict[str, Any]:
        first = next(iter(self.configs[config].values()))
        table = published_media(next(row_batches(first, 1)), first.features, self.media)
        row: dict[str, Any] = publish_names(table, self.facts.names).to_pylist()[0]
        return {name: without_folders(row[name]) for name in first.features}

    def _write_manifest(self, folder: Path, told: dict[str, Any]) -> None:
        (folder / MANIFEST_NAME).unlink(missing_ok=True)  # of an earlier try
        published = published_part(folder, self.identity) | told
        manifest = {**json.loads(self.facts.ledger.to_json()), "published": published}
        manifest["splits"] = self.facts.rows
        text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True)
        _write(folder / MANIFEST_NAME, text + "\n")


def _by_name(configs: Configs) -> dict[str, Any]:
    return {
        split if config == DEFAULT else f"{config}/{split}": ds
        for config, parts in configs.items()
        for split, ds in parts.items()
    }


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _checked(files: Mapping[str, str | bytes]) -> dict[str, bytes]:
    """Give more files as bytes; their paths may not leave the folder, nor stand for ours."""
    ours = {CARD, LICENSE_FILE, NOTICE_FILE, TEXTS_FOLDER, FOLDER, MEDIA_FOLDER, MANIFEST_NAME}
    ours |= {".gitattributes"}
    checked = {}
    for name, content in files.items():
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts or "\\" in name or parts[0] in ours:
            raise ConfigurationError(
                f"files= has the path {name!r}; expected a relative one of your own, such as "
                "'pictures/lengths.svg'."
            )
        checked[PurePosixPath(name).as_posix()] = (
            content.encode() if isinstance(content, str) else bytes(content)
        )
    return checked


def _overruled(verdict: Verdict, force: str | None) -> Verdict:
    """Write down that the publisher overrules the licenses, and why."""
    if force is None:
        return verdict
    reason = one_line(force, 500) if isinstance(force, str) else ""
    if len(reason.split()) < 2 and len(reason) < 6:
        raise ConfigurationError(
            f"force={force!r}; expected the written reason why these rows may be published, such "
            "as force='Permission of Yunxi Travel of 2026-03-01, on file'. It goes into the card."
        )
    told = f"The publisher overrules what the licenses say, for this reason: {reason}"
    return replace(verdict, sentences=(*verdict.sentences, told), forced=reason)
