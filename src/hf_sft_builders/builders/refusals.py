"""What a builder says where it cannot go on."""

from __future__ import annotations

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Ledger

_SHOWN = 5


def refuse_config_name(name: str | None) -> None:
    """Stop where an option was given as a configuration."""
    if name not in (None, "default"):
        raise ConfigurationError(
            f"The builders have no configuration {name!r}. Options are keyword arguments, "
            f"such as format={name!r}."
        )


def none_readable(ledger: Ledger) -> str:
    """Say why there is no document."""
    reasons = [f"{uri}: {reason}" for uri, reason in ledger.unreadable.items()]
    reasons += [f"{failure.input}: {failure.detail}" for failure in ledger.failures]
    more = f"; and {len(reasons) - _SHOWN:,} more" if len(reasons) > _SHOWN else ""
    return (
        f"None of the files could be read. {'; '.join(reasons[:_SHOWN])}{more}. What to do about each "
        "stands in its warning above: 'Left out: …'."
    )


def no_rows(ledger: Ledger) -> str:
    """Say why there is no row."""
    told = f"No rows were made, and `datasets` cannot hold an empty split. {ledger.summary()}."
    if ledger.failures:
        first = ledger.failures[0].detail.rstrip(".")
        return (
            f"{told} First failure: {first}. Mend its cause and run the same call again: what was "
            "answered is kept, only what failed is tried."
        )
    return f"{told} Check what the documents hold, or ask another model= for questions."
