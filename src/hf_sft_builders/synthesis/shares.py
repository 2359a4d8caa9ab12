"""Names with their shares, as people write them: a mapping, names alone, or one text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hf_sft_builders.errors import ConfigurationError


def shares_of(option: str, given: Mapping[str, float] | Iterable[str] | str) -> dict[str, float]:
    """Read names and their shares; a name without a share counts 1.

    Args:
        option: The option's name, for errors.
        given: `{"value": 2, "reason": 1}`, `["value", "reason"]`, or `"value=2, reason"`.

    Raises:
        ConfigurationError: for no name, an empty name, or a share that is no number of 0 or more.

    >>> shares_of("mix", "single_choice=3, true_false")
    {'single_choice': 3.0, 'true_false': 1.0}
    """
    try:
        shares = {str(name).strip(): float(share) for name, share in _pairs(given)}
    except (TypeError, ValueError) as error:
        raise _wrong(option, given) from error
    if not shares or not all(shares) or not all(share >= 0 for share in shares.values()):
        raise _wrong(option, given)
    return shares


def _pairs(given: Mapping[str, float] | Iterable[str] | str) -> Iterable[tuple[str, float | str]]:
    if isinstance(given, Mapping):
        return given.items()
    names = [part for part in given.split(",") if part.strip()] if isinstance(given, str) else given
    parted = (str(name).partition("=") for name in names)
    return [(name, share if equals else 1.0) for name, equals, share in parted]


def _wrong(option: str, given: object) -> ConfigurationError:
    return ConfigurationError(
        f"{option}={given!r}; expected names with shares of 0 or more, such as "
        '{"a": 2, "b": 1} or "a=2,b=1", or names alone: ["a", "b"].'
    )
