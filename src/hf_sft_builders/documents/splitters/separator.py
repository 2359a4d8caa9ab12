r"""`separator`: a chunk ends after each place where `separator=` stands, such as `"\n---\n"`.

The separator stays at the end of the chunk before it, so that nothing is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hf_sft_builders.documents.base import Document
from hf_sft_builders.documents.breakpoints import starts_grapheme
from hf_sft_builders.documents.splitters.base import Plan
from hf_sft_builders.errors import ConfigurationError

if TYPE_CHECKING:
    from hf_sft_builders.documents.chunk_options import Chunking

name = "separator"


def check(chunking: Chunking) -> None:
    """A separator has to be given."""
    if not isinstance(chunking.separator, str) or not chunking.separator:
        raise ConfigurationError(
            f"Chunking: splitter='separator' and separator={chunking.separator!r}; expected the "
            "text after which a chunk ends. Pass separator='\\n---\\n', or what your files have."
        )


def plan(document: Document, chunking: Chunking) -> Plan:
    """Say where the text after a separator begins."""
    assert chunking.separator is not None
    text, mark, joints = document.text, chunking.separator, []
    found = text.find(mark)
    while found >= 0:
        joints.append(found + len(mark))
        found = text.find(mark, found + len(mark))
    return Plan([at for at in joints if starts_grapheme(text, at)], joins_short=False)
