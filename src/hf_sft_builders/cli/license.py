"""`hf-sft license`: what a license, a folder or a dataset allows, and what several give together."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import Any


def add(commands: Any, given: Sequence[str]) -> None:
    """Add the command to the parser."""
    license = commands.add_parser(
        "license", help="explain a license, or what the licenses of sources give together"
    )
    license.add_argument(
        "of",
        nargs="+",
        help="name, id, address of a license; folder, file or data URL; hf:user/dataset",
    )
    license.add_argument("--generator", action="append", help="model that wrote text; repeatable")
    license.add_argument("--mode", choices=("adaptation", "collection"), default="adaptation")
    license.add_argument("--json", action="store_true", help="print JSON")
    license.set_defaults(run=_explain)


def _explain(options: argparse.Namespace) -> int:
    from hf_sft_builders.licenses import compose_licenses
    from hf_sft_builders.sources.license_search import evidence_for

    found = {name: said for of in options.of for name, said in evidence_for(of).items()}
    composed = compose_licenses(found, generator=options.generator, mode=options.mode)
    if options.json:
        print(json.dumps(_as_json(found, composed), ensure_ascii=False, indent=2))
    else:
        for name, said in found.items():
            _print_one(name, said)
        print(composed)
    return 0 if composed.publishable else 1


def _as_json(found: Mapping[str, Any], composed: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "sources": {name: asdict(said) for name, said in found.items()},
        "composition": asdict(composed),
    }


def _print_one(name: str, said: Any) -> None:
    from hf_sft_builders.licenses import licenses_of

    where = f" ({said.confidence}, {said.found_in})" if said.found_in else ""
    print(f"{name}: {said.id}{where}")
    for known in licenses_of(said):
        print(f"  {known}")
        if known.known:
            print(f"  {_words(known)}")
            print(f"  {known.source}")
        if known.note:
            print(f"  {known.note}")
    print()


def _words(known: Any) -> str:
    told = [
        "commercial use" if known.commercial else "no commercial use",
        "adaptations may be shared" if known.share_adaptations else "no sharing of adaptations",
        "attribution" if known.attribution else "no attribution needed",
        *(["notice must be kept"] if known.notice else []),
        *([f"share-alike ({known.share_alike})"] if known.share_alike else []),
        *([known.use_restrictions] if known.use_restrictions else []),
    ]
    return "; ".join(told)
