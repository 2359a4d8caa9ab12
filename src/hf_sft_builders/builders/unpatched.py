"""Our builders' modules stay as they are when `datasets` makes a builder."""

from __future__ import annotations

import sys


def leave_unpatched(builder: type) -> None:
    """Have `datasets` put none of its own functions into the modules of our builders.

    So that scripts which open local files can stream, it replaces `open`, `Path` and the like in
    the module of each builder, and imports what it replaces: with scipy installed, a quarter of a
    second. Ours read by `sources`, which streams by itself; other people's are patched as ever.
    """
    for cls in builder.__mro__:
        if cls.__module__.startswith(f"{__package__}."):
            vars(sys.modules[cls.__module__])["_patched_for_streaming"] = True
