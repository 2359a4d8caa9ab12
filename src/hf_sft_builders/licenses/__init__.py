"""Licenses: names read, evidence kept, many composed into a verdict. Pure: no network, no `datasets`.

table.toml, generators.toml   facts: what licenses allow, what models' terms say of training
names.py                      what platforms write → ids, candidates, or unknown; never a guess
evidence.py                   raw string, where found, how certain
composing.py                  many sources and the generator → verdict, license, obligations
"""

from __future__ import annotations

from hf_sft_builders.licenses.composing import Composition, Group, compose_licenses
from hf_sft_builders.licenses.evidence import UNKNOWN, Evidence, SourceLicenses, evidence
from hf_sft_builders.licenses.names import read_name
from hf_sft_builders.licenses.reading import license, licenses_of
from hf_sft_builders.licenses.table import License, all_licenses, find_license, hub_ids
from hf_sft_builders.licenses.texts import identify
from hf_sft_builders.licenses.verdicts import VERDICTS, Verdict

__all__ = [
    "UNKNOWN",
    "VERDICTS",
    "Composition",
    "Evidence",
    "Group",
    "License",
    "SourceLicenses",
    "Verdict",
    "all_licenses",
    "compose_licenses",
    "evidence",
    "find_license",
    "hub_ids",
    "identify",
    "license",
    "licenses_of",
    "read_name",
]
