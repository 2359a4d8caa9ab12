"""The domain tree: labels for a field, in a plain file that people edit and version.

    levels: 2
    domains:
    - id: '1'
      label: 云溪古城旅行
      children:
      - {id: '1.1', label: 住宿}
      - 美食              # added by a person: a bare label will do
    made: {'1': 云溪古城旅行, '1.1': 住宿}

`made` is what the program wrote. A label that differs from it, or is not in it, is a person's; an
entry whose id is gone was deleted by a person, and does not come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.synthesis.edited_files import edited_text

if TYPE_CHECKING:
    from hf_sft_builders.ledger import Row
    from hf_sft_builders.llm import ChatModel
    from hf_sft_builders.synthesis.domain_building import TreeOptions

OTHER = "other"
"""The domain of what fits no label."""

SEPARATOR = "/"
"""Between the labels of a path."""

_HEAD = """\
# Labels may be changed, added (an id is not needed) and deleted. Leave `made` as it is: by it the
# program tells your labels from its own, and keeps yours when the tree is revised.
"""


@dataclass(frozen=True, slots=True)
class Domain:
    """One label, and those below it."""

    label: str
    children: tuple[Domain, ...] = ()
    id: str = ""
    """`1.2` is the second below `1`; never given to another label."""


@dataclass(frozen=True)
class DomainTree:
    """Labels for a field.

    Example:
        >>> tree = sft.build_domain_tree(chunks, model="qwen3-32b")
        >>> tree.save("domains.yaml")  # edit it, put it under version control
        >>> tree = sft.DomainTree.load("domains.yaml").revise(more_chunks, model="qwen3-32b")
    """

    domains: tuple[Domain, ...]
    levels: int = 2
    made: Mapping[str, str] = field(default_factory=dict)
    """Id → label, as the program wrote it."""
    dropped: Mapping[str, str] = field(default_factory=dict)
    """Id → path of labels that lost their support; they keep their id for when it comes back."""

    def __post_init__(self) -> None:
        _check(self.domains, "", self.levels)
        object.__setattr__(self, "domains", _with_ids(self.domains, "", self._taken()))
        ids = [domain.id for _, domain in self.walk()]
        if twice := {one for one in ids if ids.count(one) > 1}:
            raise ConfigurationError(
                f"Domain tree: the id {min(twice)!r} stands twice. Each label has an id of its own; "
                "take it off the one you added, and it gets a new one."
            )

    def walk(self) -> Iterator[tuple[tuple[str, ...], Domain]]:
        """Give each label with its path, from the top down."""
        yield from _walk(self.domains, ())

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path as the column `domain` has it: `旅行/住宿`."""
        return tuple(SEPARATOR.join(path) for path, _ in self.walk())

    def fingerprint(self) -> tuple[str, ...]:
        """Give what rows depend on: the paths, not who wrote them."""
        return self.paths

    def is_edited(self, domain: Domain) -> bool:
        """Whether a person wrote this label, or changed it."""
        return self.made.get(domain.id) != domain.label

    @property
    def deleted(self) -> dict[str, str]:
        """Ids and labels that the program wrote and a person deleted."""
        present = {domain.id for _, domain in self.walk()}
        return {one: label for one, label in self.made.items() if one not in present}

    def revise(
        self, chunks: Iterable[Row], model: str | ChatModel = "extractive", **o: Unpack[TreeOptions]
    ) -> DomainTree:
        """Bring the tree up to date with documents.

        A label stays where any document supports it, or where a person wrote, changed or moved it;
        a label that a person deleted does not come back. Ids stay.

        Args:
            chunks: *All* documents' rows, not only those of new ones.
            model: As for `build_domain_tree`.
            **o: As for `build_domain_tree`.

        Raises:
            ModelError: the model gave no usable reply; what was paid for is kept.
        """
        from hf_sft_builders.synthesis.domain_building import revised

        return revised(self, chunks, model, o)

    def save(self, path: str | Path) -> None:
        """Write a YAML file, or JSON where the name ends so."""
        Path(path).write_text(self.to_text(json_text=str(path).endswith(".json")), encoding="utf-8")

    def to_text(self, json_text: bool = False) -> str:
        """Give what `save` writes."""
        raw: dict[str, Any] = {"levels": self.levels, "domains": [_raw(d) for d in self.domains]}
        raw |= {"made": dict(self.made)} | ({"dropped": dict(self.dropped)} if self.dropped else {})
        return edited_text(raw, _HEAD, json_text=json_text)

    @classmethod
    def load(cls, path: str | Path) -> DomainTree:
        """Read a file that `save` wrote, whoever edited it since.

        Raises:
            ConfigurationError: it is no tree; says where.
        """
        import yaml  # type: ignore[import-untyped,unused-ignore]

        try:
            raw = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ConfigurationError(
                f"The domain tree {path} cannot be read: {error}. Expected a file of "
                "sft.build_domain_tree(...).save(path)."
            ) from error
        if not isinstance(raw, dict) or not isinstance(raw.get("domains"), list):
            raise ConfigurationError(
                f"The domain tree {path} has no list `domains`. Expected a file of "
                "sft.build_domain_tree(...).save(path), or a list of labels under `domains:`."
            )
        known = {name: _texts(raw.get(name)) for name in ("made", "dropped")}
        domains = tuple(_domain(item, str(path)) for item in raw["domains"])
        return cls(domains, int(raw.get("levels") or 2), **known)

    def __str__(self) -> str:
        lines = [f"{'  ' * (len(path) - 1)}{d.id} {d.label}" for path, d in self.walk()]
        return "\n".join(lines)

    def _taken(self) -> set[str]:
        return {*self.made, *self.dropped, *(domain.id for _, domain in self.walk())}


def _walk(
    domains: tuple[Domain, ...], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Domain]]:
    for domain in domains:
        path = (*above, domain.label)
        yield path, domain
        yield from _walk(domain.children, path)


def _with_ids(domains: tuple[Domain, ...], above: str, taken: set[str]) -> tuple[Domain, ...]:
    """Give every label an id; those that have one keep it."""
    done = []
    for domain in domains:
        one = domain.id or next_id(above, taken)
        taken.add(one)
        done.append(Domain(domain.label, _with_ids(domain.children, one, taken), one))
    return tuple(done)


def next_id(above: str, taken: Iterable[str]) -> str:
    """Give the next number below a label, larger than any that was ever given."""
    siblings = [one.rpartition(".") for one in taken]
    numbers = [int(last) for parent, _, last in siblings if parent == above and last.isdigit()]
    return f"{above}{'.' if above else ''}{max(numbers, default=0) + 1}"


def _check(domains: tuple[Domain, ...], above: str, levels: int) -> None:
    if levels not in (1, 2, 3):
        raise ConfigurationError(f"Domain tree: levels={levels!r}; expected 1, 2 or 3.")
    labels = [domain.label for domain in domains]
    for domain in domains:
        here, label = f"{above}{SEPARATOR}{domain.label}".lstrip(SEPARATOR), domain.label
        if not label.strip() or SEPARATOR in label or label == OTHER:
            raise ConfigurationError(
                f"Domain tree: the label {label!r} at {above or 'the top'}; expected words without "
                f"{SEPARATOR!r}, and not {OTHER!r}, which is what fits no label."
            )
        if labels.count(label) > 1:
            raise ConfigurationError(
                f"Domain tree: {here!r} stands twice. Put the two together, or rename one."
            )
        _check(domain.children, here, levels)


def _raw(domain: Domain) -> dict[str, Any]:
    below = {"children": [_raw(child) for child in domain.children]} if domain.children else {}
    return {"id": domain.id, "label": domain.label, **below}


def _domain(raw: Any, path: str) -> Domain:
    if isinstance(raw, str):
        return Domain(raw.strip())
    if not isinstance(raw, dict) or not isinstance(raw.get("label"), str):
        raise ConfigurationError(
            f"The domain tree {path} holds {str(raw)[:80]!r}; expected a label, or a mapping with "
            "`label` and perhaps `children`."
        )
    children = tuple(_domain(item, path) for item in raw.get("children") or ())
    return Domain(raw["label"].strip(), children, str(raw.get("id") or ""))


def _texts(raw: Any) -> dict[str, str]:
    return {str(one): str(label) for one, label in (raw or {}).items()}
