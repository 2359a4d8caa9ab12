"""Builder name → module, for `datasets`, for `list_builders` and for third-party packages.

`register_with_datasets` makes `load_dataset("hf_sft_builders/pdf_qa", data_dir=…)` work verbatim:
* each builder joins the packaged modules of `datasets`;
* the factory for packaged modules is told to leave our file arguments alone, because the pattern
  guessing of `datasets` takes `eval-report 2024.pdf` for a test split, drops all other files, skips
  README.md and refuses `data_dir="s3://…"`. Builders list the files themselves (`sources/files.py`);
* an unknown name of ours is an error with the nearest name, not a look-up on the Hub.

Third parties add a builder with an entry point of group `hf_sft_builders.builders`:
`their_name = "their_package.their_module"`.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from hf_sft_builders.errors import UnknownName

T = TypeVar("T")

PREFIX = "hf_sft_builders/"

BUILDERS = {
    "classification": "hf_sft_builders.builders.classification",
    "convert": "hf_sft_builders.builders.convert",
    "dialogue": "hf_sft_builders.builders.dialogue",
    "distillation": "hf_sft_builders.builders.distillation",
    "documents": "hf_sft_builders.builders.documents",
    "domain": "hf_sft_builders.builders.domain",
    "exam": "hf_sft_builders.builders.exam",
    "pdf_qa": "hf_sft_builders.builders.pdf_qa",
    "preference": "hf_sft_builders.builders.preference",
    "reasoning": "hf_sft_builders.builders.reasoning",
    "source": "hf_sft_builders.builders.source",
    "tool_dialogue": "hf_sft_builders.builders.tool_dialogue",
    "transcript": "hf_sft_builders.builders.transcript",
    "vision_qa": "hf_sft_builders.builders.vision_qa",
}

PROTOCOLS = {
    "kaggle": "hf_sft_builders.sources.kaggle.KaggleFileSystem",
    "modelscope": "hf_sft_builders.sources.modelscope.ModelScopeFileSystem",
    "opendatalab": "hf_sft_builders.sources.opendatalab.OpenDataLabFileSystem",
}
"""Filesystems of ours. An installed package has them as entry points of `fsspec.specs`, which every
process finds that imports `fsspec`; from an uninstalled tree, importing this package registers them."""


class Components(Mapping[str, type[T]]):
    """Classes by name, imported when they are asked for: who uses one op waits for one.

    Example:
        >>> OPS = Components({"rewrite": "synthesis.rewrite.Rewrite"})  # below this package
        >>> OPS["rewrite"].example()
    """

    def __init__(self, homes: Mapping[str, str]) -> None:
        self._homes = dict(homes)

    def __getitem__(self, name: str) -> type[T]:
        module, _, kind = self._homes[name].rpartition(".")
        found: type[T] = getattr(import_module(f"{__package__}.{module}"), kind)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)


@functools.cache
def builder_modules() -> dict[str, str]:
    """Give the module of every builder, ours and those of installed packages, by name."""
    found = entry_points(group="hf_sft_builders.builders")
    return {**{entry.name: entry.value for entry in found}, **BUILDERS}


def list_builders() -> list[str]:
    """List the names that `load_dataset("hf_sft_builders/<name>")` knows.

    Example:
        >>> sft.list_builders()
        ['classification', 'documents', …]
    """
    return sorted(builder_modules())


def builder_module(name: str) -> str:
    """Give the module of a builder.

    Raises:
        UnknownName: with the nearest name.
    """
    short = name.removeprefix(PREFIX)
    if short not in builder_modules():
        raise UnknownName("builder", short, builder_modules(), "See sft.list_builders().")
    return builder_modules()[short]


@functools.cache
def code_hash(module: str) -> str:
    """Hash the code that makes a builder's rows: this package's files and the builder's module.

    It is part of the cache key, so neither an upgrade nor an edit is served stale rows.
    """
    package = Path(__file__).parent
    files = {path for path in package.rglob("*") if path.suffix in (".py", ".md", ".toml")}
    spec = find_spec(module)
    if spec and spec.origin:
        files.add(Path(spec.origin))
    digest = hashlib.sha256()
    for path in sorted(files, key=str):  # paths compare twenty times as slowly
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:32]


def register_protocols() -> None:
    """Teach `fsspec` our protocols, by name; calling it again changes nothing."""
    import fsspec

    for name, place in PROTOCOLS.items():
        fsspec.register_implementation(name, place, clobber=True)


def options_for(uri: str, storage_options: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give the options for opening an address.

    `datasets` puts those of the Hub beside the user's, by protocol and for any file; other
    protocols break at them.

    Args:
        uri: Where the file is; links of a chain are joined by `::`.
        storage_options: For fsspec.
    """
    from fsspec.registry import known_implementations

    def is_of_another(name: str, value: Any) -> bool:
        is_of_protocol = isinstance(value, Mapping) and name in known_implementations
        return is_of_protocol and f"{name}://" not in uri

    given = storage_options or {}
    return {name: value for name, value in given.items() if not is_of_another(name, value)}


def register_with_datasets() -> None:
    """Teach `datasets` the builders' names; calling it again changes nothing."""
    import datasets.load
    from datasets.packaged_modules import _PACKAGED_DATASETS_MODULES

    for name, module in builder_modules().items():
        # The hash is computed when a builder is made: it reads every file of the package.
        _PACKAGED_DATASETS_MODULES[PREFIX + name] = (module, "")
    if not getattr(datasets.load, "_knows_hf_sft_builders", False):
        datasets.load._knows_hf_sft_builders = True
        _keep_file_arguments(datasets.load)
        _explain_unknown_names(datasets.load)


def _keep_file_arguments(load: Any) -> None:
    class PackagedDatasetModuleFactory(load.PackagedDatasetModuleFactory):
        def get_module(self) -> Any:
            if not self.name.startswith(PREFIX):
                return super().get_module()
            module = builder_module(self.name)
            # `load_dataset` refuses a packaged module without data files before the builder can
            # say what is missing; an empty mapping gets past it.
            arguments = {"data_files": self.data_files or {}, "dataset_name": self.name}
            return load.DatasetModule(module, code_hash(module), arguments)

    load.PackagedDatasetModuleFactory = PackagedDatasetModuleFactory


def _explain_unknown_names(load: Any) -> None:
    original = load.dataset_module_factory

    @functools.wraps(original)
    def dataset_module_factory(path: str, *args: Any, **kwargs: Any) -> Any:
        if str(path).startswith(PREFIX) and not Path(path).exists():
            builder_module(path)
        return original(path, *args, **kwargs)

    load.dataset_module_factory = dataset_module_factory
