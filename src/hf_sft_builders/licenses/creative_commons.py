"""Creative Commons names in English and Chinese, read word by word. Pure.

Every word must be understood. A name without a version is a list of candidates, newest first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from hf_sft_builders.licenses.table import all_licenses, find_license

_ELEMENTS = (
    ("nd", r"no[- ]?deriv(?:ative|ate|itive)?s?(?:[- ]works?)?|禁止演绎|禁止改作|禁止衍生"),
    ("nc", r"non[- ]?commercial(?:[- ]use(?: only)?)?|非商业性?(?:使用|用途|目的)?|非商用"),
    ("sa", r"share[- ]?alike|(?:以)?相同方式(?:共享|分享)|继承|共享相同"),
    ("by", r"attribution|署名标示|署名|姓名标示|姓名標示"),
)
_TOKENS = {"by": "by", "nc": "nc", "sa": "sa", "nd": "nd"}
_FILLER = re.compile(
    r"creative commons|创作共用|知识共享|創用cc|创用cc|licen[sc]es?|licensed|public|international|unported|"
    r"generic|version|deed|the|under|intergovernmental organi[sz]ations?|"
    r"国际(?:版)?|通用(?:版)?|本地化|公共|许可(?:协议|证)?|授权(?:条款|协议)?|协议|版本?|条款"
)
_VERSION = re.compile(r"(?<![\d.])v?\.?\s?([1-4])(?:\.([05])|(?=$|[^.\d]))")
_VERSIONS = ("4.0", "3.0", "2.5", "2.0", "1.0")
_PLACE_NAMES = {
    "igo": "igo",
    "united states": "us", "us": "us", "usa": "us",
    "germany": "de", "deutschland": "de", "de": "de",
    "austria": "at", "at": "at", "australia": "au", "au": "au",
    "france": "fr", "fr": "fr", "netherlands": "nl", "nl": "nl",
    "china mainland": "cn", "mainland china": "cn", "cn": "cn", "中国大陆": "cn", "中国": "cn",
    "taiwan": "tw", "tw": "tw", "台湾": "tw", "hong kong": "hk", "香港": "hk",
    "japan": "jp", "jp": "jp", "uk": "uk", "spain": "es", "italy": "it", "brazil": "br",
    "new zealand": "nz", "nz": "nz", "canada": "ca", "switzerland": "ch",
}  # fmt: skip
_OWNER = r"\bcc|creative commons|知识共享|创作共用"
Found = tuple[Literal["license", "candidates"], tuple[str, ...]]


def read_creative_commons(name: str) -> Found | None:
    """Read a name such as `CC BY-NC-SA 4.0` or `署名-相同方式共享 3.0 中国大陆`.

    Returns:
        The license, the candidates where the version is missing, or None where it is no such name.
    """
    words, kinds = _take_elements(name)
    version, words = _take_version(words)
    place, words = _take_place(words)
    rest = [word for word in re.split(r"[\s\-_,()/:.]+", words) if word]
    if rest and rest[0] == "cc":
        rest = rest[1:]
    if rest:
        return None
    if not _possible(kinds) or ("by" not in kinds and not re.search(_OWNER, name)):
        return None
    return _of_parts(kinds, version, place)


def _take_elements(name: str) -> tuple[str, set[str]]:
    """Take the elements out of a name: by, nc, sa, nd."""
    kinds, words = set(), name
    for kind, pattern in _ELEMENTS:
        words, times = re.subn(pattern, " ", words)
        kinds |= {kind} if times else set()
    words = _FILLER.sub(" ", words)
    # "ccbyncsa4.0" and "cc-byncsa" are written together.
    if glued := re.search(r"(?<![a-z])(?:cc)?((?:by|nc|sa|nd){1,4})(?![a-z])", words):
        kinds |= set(re.findall("by|nc|sa|nd", glued[1]))
        words = f"{words[: glued.start()]} {words[glued.end() :]}"
    for token in re.findall(r"(?<![a-z])(by|nc|sa|nd)(?![a-z])", words):
        kinds.add(token)
    return re.sub(r"(?<![a-z])(?:by|nc|sa|nd)(?![a-z])", " ", words), kinds


def _take_version(words: str) -> tuple[str, str]:
    found = _VERSION.search(words)
    if not found:
        return "", words
    return f"{found[1]}.{found[2] or '0'}", f"{words[: found.start()]} {words[found.end() :]}"


def _take_place(words: str) -> tuple[str, str]:
    for name, place in sorted(_PLACE_NAMES.items(), key=lambda item: -len(item[0])):
        taken, times = re.subn(rf"(?<![a-z]){name}(?![a-z])", " ", words)
        if times:
            return place, taken
    return "", words


def _possible(kinds: Iterable[str]) -> bool:
    return not ({"sa", "nd"} <= set(kinds))


def _of_parts(kinds: set[str], version: str, place: str) -> Found | None:
    if not kinds:  # "CC 4.0" says nothing of the elements
        everything = (known for known in all_licenses() if known.startswith("cc"))
        return "candidates", tuple(
            known for known in everything if version in known and not known.endswith("-igo")
        )
    # Outside the versions 1.0, each license has "by"; "CC NC 4.0" leaves it out.
    kind = "-".join(name for name in ("by", "nc", "sa", "nd") if name in kinds | {"by"})
    suffix = f"-{place}" if place and not version.startswith("4") else ""
    if version and (place != "igo" or version == "3.0"):
        known = find_license(f"cc-{kind}-{version}{suffix}")
        return ("license", (known.id,)) if known and "by" in kinds else _guesses(kind, version)
    return _guesses(kind, version)


def _guesses(kind: str, version: str) -> Found | None:
    versions = [version] if version else _VERSIONS
    found = [f"cc-{kind}-{v}" for v in versions if f"cc-{kind}-{v}" in all_licenses()]
    return ("candidates", tuple(found)) if found else None
