"""Whole license texts and short notices, recognised by their titles and phrases. Pure."""

from __future__ import annotations

import re
from importlib import resources

from hf_sft_builders.licenses.addresses import read_address
from hf_sft_builders.licenses.names import read_name
from hf_sft_builders.licenses.table import License, find_license

_HEAD = 700
"""Characters in which the title of a license text stands."""

# Titles in the order in which they are tried: the more specific first.
_TITLES = (
    (r"gnu affero general public license version 3", "agpl-3.0"),
    (r"gnu lesser general public license version 3", "lgpl-3.0"),
    (r"gnu lesser general public license version 2\.1", "lgpl-2.1"),
    (r"gnu general public license version 3", "gpl-3.0"),
    (r"gnu general public license version 2", "gpl-2.0"),
    (r"gnu free documentation license version 1\.3", "gfdl-1.3"),
    (r"gnu free documentation license version 1\.2", "gfdl-1.2"),
    (r"mozilla public license version 2\.0", "mpl-2.0"),
    (r"eclipse public license - v 2\.0", "epl-2.0"),
    (r"apache license,? version 2\.0, january 2004", "apache-2.0"),
    (r"boost software license - version 1\.0", "bsl-1.0"),
    (r"sil open font license version 1\.1", "ofl-1.1"),
    (r"creative commons legal code cc0 1\.0 universal|^cc0 1\.0 universal", "cc0-1.0"),
    (
        r"community data license agreement (?:-|–) permissive (?:-|–),? version 1\.0",
        "cdla-permissive-1.0",
    ),
    (
        r"community data license agreement (?:-|–) permissive (?:-|–) version 2\.0",
        "cdla-permissive-2.0",
    ),
    (
        r"community data license agreement (?:-|–) sharing (?:-|–),? version 1\.0",
        "cdla-sharing-1.0",
    ),
    (r"odc open database license|open database license \(odbl\)", "odbl"),
    (r"odc public domain dedication and license", "pddl"),
    (r"odc attribution license \(odc-by\)|open data commons attribution license", "odc-by"),
    (r"llama 2 community license agreement", "llama2"),
    (r"meta llama 3 community license agreement", "llama3"),
    (r"llama 3\.([123]) community license agreement", "llama3.{0}"),
    (r"llama 4 community license agreement", "llama4"),
    (r"^gemma terms of use", "gemma"),
    (r"this is free and unencumbered software released into the public domain", "unlicense"),
    (r"do what the fuck you want to public license", "wtfpl"),
    (r"mulan permissive software license,? ?version 2|木兰宽松许可证,? ?第2版", "mulanpsl-2.0"),
)
_CC_TITLE = re.compile(
    r"(?:creative commons )?(attribution(?:-(?:noncommercial|sharealike|noderivatives))*) "
    r"(4\.0 international|3\.0 unported|3\.0 igo|2\.5 generic|2\.0 generic|2\.5|2\.0)"
)
_MIT = "permission is hereby granted, free of charge, to any person obtaining a copy"
_MIT_NOTICE = "permission notice shall be included in all copies"
_ISC = (
    "permission to use, copy, modify, and/or distribute this software for any purpose with or "
    "without fee is hereby granted"
)
_BSD = (
    "redistribution and use in source and binary forms, with or without modification, are permitted"
)
_ADDRESS = re.compile(r"https?://[^\s)\]>\"'，。；]+")
_NAMED = re.compile(
    r"cc[- ]?by(?:[- ](?:nc|sa|nd))*[- ]\d\.\d(?:[- ]igo)?|cc0[- ]1\.0|"
    r"apache license,? version 2\.0|\bmit licen[sc]e\b|"
    r"署名(?:[-—](?:非商业性使用|相同方式共享|禁止演绎))* ?\d\.\d(?! ?中国)|"
    r"(?:under|as|licen[sc]e:|许可:|采用) (?:the )?"
    r"((?:apache|mit|bsd|gpl|mozilla)[^.;,\n]{0,40}?(?:2\.0|licen[sc]e)(?! ?\d)(?!,? version))"
)


def identify(text: str) -> License | None:
    """Recognise the one license that a text is, or names; None where none, or several.

    Example:
        >>> identify("The data is licensed under CC BY 4.0.").id
        'cc-by-4.0'
    """
    words = " ".join(text.lower().replace("’", "'").split())
    whole = _whole_text(words)
    found = {whole} if whole else _mentioned(words)
    return find_license(found.pop()) if len(found) == 1 else None


def short_text(license_id: str) -> str:
    """Give the text of a license that is short enough to travel with the data; empty if not.

    The places for year and holder stand as in the original.
    """
    file = resources.files(__package__).joinpath("texts", f"{license_id}.txt")
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _whole_text(words: str) -> str:
    if len(words) < 300:
        return ""
    head = words[:_HEAD]
    if found := _CC_TITLE.search(head):
        name = read_name(f"cc {found[1]} {found[2]}")
        return name.ids[0] if name.kind == "license" else ""
    for pattern, license_id in _TITLES:
        if title := re.search(pattern, head):
            return license_id.format(*title.groups())
    return _permissive(words)


def _permissive(words: str) -> str:
    """Tell the short permissive texts apart by their conditions."""
    if _MIT in words:
        return "mit" if _MIT_NOTICE in words else "mit-0"
    if _ISC in words:
        return "isc" if "provided that the above copyright notice" in words else "0bsd"
    if _BSD not in words:
        return ""
    if "all advertising materials" in words:
        return "bsd-4-clause"
    if "no express or implied licenses to any party's patent rights" in words:
        return "bsd-3-clause-clear"
    return (
        "bsd-3-clause"
        if re.search(
            r"neither the names? of|may not be used to endorse|to endorse or promote", words
        )
        else "bsd-2-clause"
    )


def _mentioned(words: str) -> set[str]:
    """Collect the licenses that a short notice names."""
    found = {read_address(address.rstrip(".,;")) for address in _ADDRESS.findall(words)} - {""}
    for named in _NAMED.finditer(words):
        name = read_name(named[1] or named[0])
        # A family without its version is one more license that is meant, not certain which.
        found |= {name.ids[0] if name.kind == "license" else "?"} if name.ids else set()
    if _MIT in words:
        found.add("mit")
    return found
