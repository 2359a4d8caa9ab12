"""The table agrees with lists that others keep."""

import subprocess
import sys

import pytest

import hf_sft_builders as sft
from hf_sft_builders.licenses import all_licenses, find_license, hub_ids

# The Hub's list, https://huggingface.co/docs/hub/repositories-licenses. Families ("bsd", "cc",
# "gpl", "lgpl") are candidates, so no license of the table has them.
HUB_LIST = """
    apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0
    bigcode-openrail-m afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear
    c-uda cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0
    cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0
    cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 wtfpl
    ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0 lgpl
    lgpl-2.1 lgpl-3.0 isc h-research intel-research lppl-1.3c ms-pl apple-amlr mpl-2.0 odc-by odbl
    openmdw-1.0 openrail++ osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib pddl lgpl-lr
    deepfloyd-if-license fair-noncommercial-research-license llama2 llama3 llama3.1 llama3.2
    llama3.3 llama4 grok2-community gemma unknown other
"""
HUB = set(HUB_LIST.split())


def test_the_table_is_large():
    """At least 60 licenses, each with a name and the address of its text."""
    assert len(all_licenses()) >= 60
    for known in all_licenses().values():
        assert known.name
        assert known.source.startswith("http")


def test_cards_name_only_ids_of_the_hub():
    """`hub` is on the Hub's list, and every license of that list is in the table."""
    assert hub_ids() <= HUB
    assert HUB - hub_ids() == {"bsd", "cc", "gpl", "lgpl"}


def test_spdx_ids_are_those_of_the_list():
    """Each SPDX id is one that ScanCode's license database knows."""
    license_expression = pytest.importorskip(
        "license_expression", reason="license-expression is not installed; it holds the SPDX list"
    )
    known = license_expression.get_spdx_licensing().known_symbols
    lower = {name.lower() for name in known}
    spdx = {license.spdx for license in all_licenses().values() if license.spdx}
    assert not {name for name in spdx if name.lower() not in lower}


def test_scancode_agrees_on_what_is_free():
    """What ScanCode calls permissive, copyleft or restricted, we do not call something else."""
    license_expression = pytest.importorskip(
        "license_expression", reason="license-expression is not installed; it holds the SPDX list"
    )
    categories = {
        entry["spdx_license_key"]: entry["category"]
        for entry in license_expression.get_license_index()
        if entry.get("spdx_license_key")
    }
    for known in all_licenses().values():
        category = categories.get(known.spdx, "")
        if category in ("Permissive", "Public Domain"):
            assert not known.share_alike, known.id
            assert known.commercial, known.id
        if category == "Public Domain":
            assert not known.attribution or known.id == "wtfpl", known.id
        if category == "Copyleft":  # the LPPL asks for new names, not for the same license
            assert known.share_alike or known.id == "lppl-1.3c", known.id


# From the front matter of choosealicense.com's texts: do they ask to include the copyright notice,
# and to keep adaptations under the same license?
CHOOSEALICENSE = {
    "0bsd": (False, False),
    "afl-3.0": (True, False),
    "agpl-3.0": (True, True),
    "apache-2.0": (True, False),
    "artistic-2.0": (True, False),
    "bsd-2-clause": (True, False),
    "bsd-3-clause": (True, False),
    "bsd-3-clause-clear": (True, False),
    "bsd-4-clause": (True, False),
    "bsl-1.0": (True, False),
    "cc-by-sa-4.0": (False, True),
    "cc0-1.0": (False, False),
    "ecl-2.0": (True, False),
    "epl-2.0": (True, True),
    "eupl-1.2": (True, True),
    "gfdl-1.3": (True, True),
    "gpl-2.0": (True, True),
    "gpl-3.0": (True, True),
    "isc": (True, False),
    "lgpl-3.0": (True, True),
    "mit": (True, False),
    "mit-0": (False, False),
    "mpl-2.0": (True, True),
    "ms-pl": (True, False),
    "mulanpsl-2.0": (True, False),
    "ncsa": (True, False),
    "odbl": (False, True),
    "ofl-1.1": (True, True),
    "osl-3.0": (True, True),
    "postgresql": (True, False),
    "unlicense": (False, False),
    "wtfpl": (False, False),
    "zlib": (True, False),
}


@pytest.mark.parametrize("license_id", CHOOSEALICENSE)
def test_conditions_are_those_of_choosealicense(license_id):
    """Notice and share-alike are as that site, written by others, has them."""
    known = all_licenses()[license_id]
    assert CHOOSEALICENSE[license_id] == (known.notice, bool(known.share_alike))


@pytest.mark.parametrize(
    "name,commercial,share,attribution,notice",
    [
        ("CC BY-NC-ND 4.0", False, False, True, False),
        ("CC BY 4.0", True, True, True, False),
        ("Apache-2.0", True, True, True, True),
        ("MIT", True, True, True, True),  # its notice has to be kept
        ("CC0", True, True, False, False),
    ],
)
def test_the_best_known_licenses(name, commercial, share, attribution, notice):
    """What most data comes under allows and asks what its text says."""
    known = sft.license(name)
    expected = (commercial, share, attribution, notice)
    assert expected == (
        known.commercial,
        known.share_adaptations,
        known.attribution,
        known.notice,
    )


def test_older_no_derivatives_licenses_forbid_even_making_them():
    """Before 4.0, ND licenses allow no adaptations at all, private ones neither."""
    assert sft.license("CC BY-ND 4.0").make_adaptations
    assert not sft.license("CC BY-ND 3.0").make_adaptations


def test_a_license_is_looked_up_by_hub_and_spdx_id():
    """Both spellings lead to one license, in any case."""
    assert find_license("odbl") == find_license("ODbL-1.0") == find_license("ODBL")
    assert find_license("no-such-license") is None


def test_the_table_is_read_only_when_asked_for():
    """Importing the package reads no table, and asking for a license imports no `datasets` code."""
    code = (
        "import hf_sft_builders.licenses.table as t, sys;"
        "assert t._table.cache_info().misses == 0;"
        "t.find_license('mit'); assert t._table.cache_info().misses == 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
