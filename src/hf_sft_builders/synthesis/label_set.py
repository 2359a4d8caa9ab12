"""A closed set of labels with a line about each, in a small file that people edit and version.

labels:
  正面: 对住宿或服务满意；建议里带着夸奖也算。
  负面: 不满、投诉、要求退款。
  中性: ''                       # not described yet: describe_labels fills it in
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, create_model

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.synthesis.domain_choice import literal_of
from hf_sft_builders.synthesis.edited_files import write_edited

_HEAD = """\
# What belongs to each label, in one line. Change, add and delete; what is written here stays, and
# describe_labels fills in only what is empty.
"""


@dataclass(frozen=True)
class LabelSet:
    """Labels, and what belongs to each.

    Example:
        >>> labels = sft.describe_labels(rows, model="qwen3-32b")
        >>> labels.save("labels.yaml")  # edit it, put it under version control
        >>> ds = ds.map(sft.label("labels.yaml", model="qwen3-32b"), batched=True)
    """

    entries: tuple[tuple[str, str], ...]
    """(label, description), the description "" where there is none."""

    def __post_init__(self) -> None:
        names = [name for name, _ in self.entries]
        wrong = next((name for name in names if not name.strip() or names.count(name) > 1), None)
        if wrong is not None or len(names) < 2:
            found = f"{wrong!r}, empty or twice" if wrong is not None else f"{len(names)}"
            raise ConfigurationError(
                f"Labels: found {found}; expected two or more, each once: "
                "labels=['正面', '负面'], a dict of label → description, or the path of a file."
            )

    @classmethod
    def of(cls, given: LabelSet | Mapping[str, str] | Sequence[str] | str | Path) -> LabelSet:
        """Take labels as people give them: names, names with descriptions, or a file's path.

        Raises:
            ConfigurationError: fewer than two, one twice, or a file that holds none.
        """
        if isinstance(given, LabelSet):
            return given
        if isinstance(given, (str, Path)):
            return cls.load(given)
        if isinstance(given, Mapping):
            return cls(tuple((str(name), str(about or "")) for name, about in given.items()))
        if not isinstance(given, Iterable):
            raise ConfigurationError(f"labels={given!r}; expected names, a dict, or a file's path.")
        return cls(tuple((str(name), "") for name in given))

    @property
    def names(self) -> tuple[str, ...]:
        """The labels, in order."""
        return tuple(name for name, _ in self.entries)

    @property
    def descriptions(self) -> dict[str, str]:
        """Label → description."""
        return dict(self.entries)

    def listed(self, order: Iterable[str] | None = None) -> str:
        """Give the labels as a prompt shows them, one on a line."""
        about = self.descriptions
        lines = ((name, about[name]) for name in order or self.names)
        return "\n".join(f"- {name}: {said}" if said else f"- {name}" for name, said in lines)

    def shape(self) -> type[BaseModel]:
        """Give the shape of a reply that is one of these labels."""
        return _choice(self.names)

    def save(self, path: str | Path) -> None:
        """Write a YAML file, or JSON where the name ends so."""
        raw = {"labels": self.descriptions}
        write_edited(path, raw, _HEAD)

    @classmethod
    def load(cls, path: str | Path) -> LabelSet:
        """Read a file that `save` wrote, whoever edited it since; a list of names will do.

        Raises:
            ConfigurationError: it cannot be read, or holds no labels.
        """
        import yaml  # type: ignore[import-untyped,unused-ignore]

        try:
            raw: Any = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ConfigurationError(
                f"The labels {path} cannot be read: {error}. Expected a YAML or JSON file with "
                "`labels:`, such as LabelSet.save writes."
            ) from error
        labels = raw.get("labels") if isinstance(raw, dict) else None
        if not isinstance(labels, (dict, list)):
            raise ConfigurationError(
                f"The labels {path} have no `labels:`; expected label → description below it, or a "
                "list of labels."
            )
        return cls.of(labels)


@lru_cache(maxsize=64)
def _choice(names: tuple[str, ...]) -> type[BaseModel]:
    return create_model("LabelChoice", label=(literal_of(names), ...))
