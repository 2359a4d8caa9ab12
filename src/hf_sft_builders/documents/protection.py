"""Which password-protected files a password opens: all that a cache key may know of a secret."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from hf_sft_builders.documents.pdfium_pages import opens


def opened_by(data: bytes, passwords: Iterable[str]) -> str:
    """Give the content hash of a protected PDF that one of the passwords opens, else "".

    A file that opens without a password gives "" too: it does not depend on the secret.
    """
    if b"/Encrypt" not in data or opens(data, None):
        return ""
    opened = any(opens(data, password) for password in passwords)
    return hashlib.sha256(data).hexdigest()[:16] if opened else ""
