"""Every exception of this package; each also is the standard type it replaces.

* SFTError
  - ConfigurationError (ValueError)     an option, a name or a wiring mistake, found before any work
    x UnknownName                       no such builder, format, reader or split; carries the nearest names
  - MissingExtra (ImportError)          an optional package is needed; says what to install
  - SourceError (OSError)               nothing there, or nothing in it that can be read
    x MissingSource (FileNotFoundError) no such dataset, folder or file on a platform
  - DocumentError (ValueError)          one file that cannot become a document; carries a counted `reason`
  - FormatError (ValueError)            a row that its format does not allow
    x LossyConversion                   a conversion that would lose columns; names them
  - ModelError (RuntimeError)           a language model gave no usable reply
    x ReplyRejected                     a reply came, but not in the shape that was asked for
    x EndpointError                     the endpoint cannot serve us (credentials, address, model name)
  - BuildError (RuntimeError)           a run that stopped
    x TooManyFailures                   more inputs failed than `max_failures` allows
  - PublishError (OSError)              the output could not be written

Every message says what happened, where, what was found and expected, and the next step.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
NO_WRITING = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST})
"""What the system says where nothing can be written, by `OSError.errno`."""
_MOST_NAMES, _NEAREST = 40, 12


class SFTError(Exception):
    """Base of every error that this package raises on purpose."""


class ConfigurationError(SFTError, ValueError):
    """An option, a name or a wiring mistake, found before any work was done."""


class UnknownName(ConfigurationError):
    """No component of this name; the message lists the nearest ones.

    Args:
        kind: What was looked up, in the singular ("builder", "format", "option").
        name: What was asked for.
        known: All names that would have been right.
        hint: An optional closing sentence.
    """

    def __init__(self, kind: str, name: object, known: Iterable[str], hint: str = "") -> None:
        names = sorted(known)
        folded = {known_name.casefold(): known_name for known_name in names}
        near = get_close_matches(str(name).casefold(), folded, n=1, cutoff=0.5)
        guess = f" Did you mean {folded[near[0]]!r}?" if near else ""
        tail = f" {hint}" if hint else ""
        super().__init__(f"Unknown {kind} {name!r}.{guess} {_told(str(name), names)}{tail}")
        self._arguments = (kind, name, names, hint)

    def __reduce__(self) -> tuple[type[UnknownName], tuple[str, object, list[str], str]]:
        return type(self), self._arguments


def _told(name: str, names: list[str]) -> str:
    """List the names; of very many, those that are most like the one that was asked for."""
    if len(names) <= _MOST_NAMES:
        return f"Known: {', '.join(names)}."
    like = sorted(get_close_matches(name.casefold(), names, n=_NEAREST, cutoff=0.0))
    return f"Known: {', '.join(like)}, and {len(names) - len(like)} more."


class MissingExtra(SFTError, ImportError):
    """An optional package is needed. The message names the packages and the extra that brings them."""

    def __init__(self, feature: str, packages: str, extra: str) -> None:
        self._arguments = (feature, packages, extra)
        # Shells take brackets for a pattern of file names.
        typed = " ".join(f"'{name}'" if "[" in name else name for name in packages.split())
        told = (
            "which are not all installed. Install them"
            if " " in packages
            else "which is not installed. Install it"
        )
        super().__init__(
            f"{feature} needs {packages}, {told} with `pip install {typed}` or "
            f"`pip install 'hf_sft_builders[{extra}]'`."
        )

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str, str]]:
        return type(self), self._arguments


class SourceError(SFTError, OSError):
    """The place that was named holds nothing that can be read."""


class MissingSource(SourceError, FileNotFoundError):
    """There is no such dataset, folder or file."""


class DocumentError(SFTError, ValueError):
    """One file that cannot become a document.

    Args:
        uri: The file.
        reason: A short, stable word for the ledger ("encrypted", "damaged", "no text layer", …).
        detail: What was found and what to do about it.
    """

    def __init__(self, uri: str, reason: str, detail: str) -> None:
        super().__init__(f"{uri}: {reason}. {detail}")
        self.uri, self.reason, self.detail = uri, reason, detail

    def __reduce__(self) -> tuple[type[DocumentError], tuple[str, str, str]]:
        return type(self), (self.uri, self.reason, self.detail)


class FormatError(SFTError, ValueError):
    """A row that its format does not allow."""


class LossyConversion(FormatError):
    """A conversion that would lose columns."""


class ModelError(SFTError, RuntimeError):
    """A language model gave no usable reply."""

    usage: Mapping[str, int] = {}
    """What was paid for all the same: `calls`, `tokens_in`, `tokens_out`."""


class ReplyRejected(ModelError):
    """A reply came, but not in the shape that was asked for."""


class EndpointError(ModelError):
    """The endpoint cannot serve this run: credentials, address or model name."""


class BuildError(SFTError, RuntimeError):
    """A run that stopped. What was finished is kept; the message says how to go on."""


class TooManyFailures(BuildError):
    """More inputs failed than `max_failures` allows."""


class PublishError(SFTError, OSError):
    """The output could not be written."""
