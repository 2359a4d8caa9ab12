"""Addresses of legal texts, read as the licenses that stand there. Pure."""

from __future__ import annotations

import re

from hf_sft_builders.licenses.table import find_license

_CC = re.compile(
    r"creativecommons\.org/licen[sc]es/(by(?:-nc)?(?:-sa|-nd)?|by-nd-nc)/(\d\.\d)(?:/([a-z]{2,3}|scotland))?(?=$|[/#?.])"
)
_CC_FREE = re.compile(r"creativecommons\.org/publicdomain/(zero|mark)/1\.0")
_ODC = re.compile(
    r"opendatacommons\.org/licen[sc]es/(by|odbl|pddl|dbcl)(?:/(?:1[.-]0|summary|index\.html)?)?/?$"
)
_ODC_IDS = {"by": "odc-by", "odbl": "odbl", "pddl": "pddl", "dbcl": "dbcl-1.0"}
_LISTED = re.compile(
    r"(?:choosealicense\.com/licenses|spdx\.org/licenses|opensource\.org/licenses?|"
    r"creativecommons\.org/choose)/([\w.+-]+?)(?:\.(?:html|json|txt|php))?/?$"
)
_GNU = re.compile(
    r"gnu\.org/(?:licenses|copyleft)/(?:old-licenses/)?((?:a|l)?gpl|fdl)-(\d\.\d)(?:\.(?:\w\w\.)?\w+)?/?$"
)
_FIXED = (
    (r"apache\.org/licenses/license-2\.0(?:\.\w+)?", "apache-2.0"),
    (r"apache\.org/licenses/license-1\.1(?:\.\w+)?", "apache-1.1"),
    (r"mozilla\.org/(?:en-us/)?mpl/2\.0", "mpl-2.0"),
    (r"eclipse\.org/legal/epl-v?20?\.?0?(?:\.html)?|eclipse\.org/legal/epl-2\.0", "epl-2.0"),
    (r"eclipse\.org/legal/epl-v10(?:\.html)?", "epl-1.0"),
    (r"cdla\.(?:dev|io)/permissive-1-0", "cdla-permissive-1.0"),
    (r"cdla\.(?:dev|io)/permissive-2-0", "cdla-permissive-2.0"),
    (r"cdla\.(?:dev|io)/sharing-1-0", "cdla-sharing-1.0"),
    (r"unlicense\.org", "unlicense"),
    (r"wtfpl\.net(?:/about)?", "wtfpl"),
    (r"boost\.org/license_1_0\.txt", "bsl-1.0"),
    (r"nationalarchives\.gov\.uk/doc/open-government-licence/version/3", "ogl-uk-3.0"),
    (r"open\.canada\.ca/en/open-government-licence-canada", "ogl-canada-2.0"),
    (r"govdata\.de/dl-de/by-2-0", "dl-de-by-2.0"),
    (r"govdata\.de/dl-de/zero-2-0", "dl-de-zero-2.0"),
    (r"data\.norge\.no/nlod/(?:en|no)/2\.0", "nlod-2.0"),
    (r"usa\.gov/(?:government-copyright|government-works)", "us-government-works"),
    (r"ai\.google\.dev/gemma/terms", "gemma"),
    (r"ai\.meta\.com/llama/license", "llama2"),
    (r"llama\.(?:meta\.)?com/llama3/license", "llama3"),
    (r"llama\.(?:meta\.)?com/llama3[_.]1/license", "llama3.1"),
    (r"llama\.(?:meta\.)?com/llama3[_.]2/license", "llama3.2"),
    (r"llama\.(?:meta\.)?com/llama3[_.]3/license", "llama3.3"),
    (r"llama\.(?:meta\.)?com/llama4/license", "llama4"),
    (r"license\.coscl\.org\.cn/mulanpsl2", "mulanpsl-2.0"),
    (r"artlibre\.org/licence/lal/en", "fal-1.3"),
)


def read_address(text: str) -> str:
    """Give the id of the license whose text stands at an address; empty where that is not known.

    Example:
        >>> read_address("http://creativecommons.org/licenses/by-nc/3.0/igo/legalcode")
        'cc-by-nc-3.0-igo'
    """
    address = _bare(text)
    if not address:
        return ""
    return _creative_commons(address) or _listed(address) or _fixed(address)


def _bare(text: str) -> str:
    """Drop scheme and `www.`; empty where the text is no address."""
    found = re.fullmatch(
        r"<?(?:https?://)?(?:www\.)?((?:[\w-]+\.)+[a-z]{2,}/?\S*?)>?", text.strip().lower()
    )
    return re.sub(r"(?<=.)[/#?]+$", "", found[1]) if found else ""


def _creative_commons(address: str) -> str:
    if free := _CC_FREE.match(address):
        return "cc0-1.0" if free[1] == "zero" else "pdm-1.0"
    found = _CC.match(address)
    if not found:
        return ""
    kind, version, place = found[1].replace("by-nd-nc", "by-nc-nd"), found[2], found[3] or ""
    # From 4.0 on there are no ports: what follows the version is a language.
    suffix = f"-{place}" if place and not version.startswith("4") else ""
    known = find_license(f"cc-{kind}-{version}{suffix}")
    return known.id if known else ""


def _listed(address: str) -> str:
    if found := _ODC.match(address):
        return _ODC_IDS[found[1]]
    if found := _GNU.match(address):
        known = find_license(f"{found[1].replace('fdl', 'gfdl')}-{found[2]}")
        return known.id if known else ""
    found = _LISTED.match(address)
    known = find_license(found[1]) if found else None
    return known.id if known else ""


def _fixed(address: str) -> str:
    return next((known for pattern, known in _FIXED if re.fullmatch(pattern, address)), "")
