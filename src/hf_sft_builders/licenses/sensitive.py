"""Data about people's bodies, found by domain, source or content: a note for ethics review. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LONG = 400
"""Characters from which a text must say it more than once."""
_HEALTH = re.compile(
    r"(?<![a-z])(?:medic(?:al|ine)|clinic(?:al)?|patients?|health ?care|radiolog\w*|patholog\w*|"
    r"x-?ray|mri|ct scans?|chest ct|electronic health records?|ehr|diagnos[ie]s|covid(?:-19)?|"
    r"cancer|tumou?rs?|physionet|mimic-(?:iii|iv|cxr)|openneuro|uk ?biobank|tcga|nih chest\w*)(?![a-z])|"
    r"医学|医疗|临床|患者|病人|病历|病理|诊断|放射科|癌|肿瘤|新冠|心电图|医院"
)
_BIOLOGY = re.compile(
    r"(?<![a-z])(?:biolog(?:y|ical)|biomedical|genom(?:e|es|ic|ics)|genetic\w*|dna|rna|pathogens?|"
    r"vir(?:us|al) sequences?|dbgap|genbank|protein sequences?)(?![a-z])|"
    r"生物(?!质)|基因|病原|病毒|蛋白质序列"
)
_NOTES = (
    (
        _HEALTH,
        "Medical data ({found}): a license is not consent. Have it checked that people cannot be "
        "recognised, that an ethics board or the data-use agreement covers training, and that "
        "answers are not taken for medical advice.",
    ),
    (
        _BIOLOGY,
        "Biological data ({found}): have ethics and biosecurity rules of the source looked at, and "
        "consent where samples come from people.",
    ),
)


def ethics_notes(about: Iterable[str]) -> Iterable[str]:
    """Say what a person should look at, by domains, names of sources, titles or texts.

    Example:
        >>> [note[:12] for note in ethics_notes(["临床病历"])]
        ['Medical data']
    """
    texts = [text.lower() for text in about]
    for pattern, note in _NOTES:
        found = dict.fromkeys(word for text in texts for word in _words(pattern, text))
        if found:
            yield note.format(found=", ".join(list(found)[:4]))


def _words(pattern: re.Pattern[str], text: str) -> list[str]:
    found = pattern.findall(text)
    return found if len(text) < _LONG or len(set(found)) > 2 else []
