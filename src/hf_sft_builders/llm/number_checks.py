"""Options that are numbers: told before the first call, not by an error of Python's in the midst."""

from __future__ import annotations

from math import inf
from numbers import Integral, Real
from typing import Any

from hf_sft_builders.errors import ConfigurationError


def expect_number(
    name: str, value: Any, *, whole: bool = False, least: float = 0, above: bool = False
) -> None:
    """Check one option.

    Args:
        name: As users write it.
        value: What they gave.
        whole: Whether only whole numbers will do.
        least: Smallest value that will.
        above: Whether it must be more than that.

    Raises:
        ConfigurationError: with what was expected.
    """
    if isinstance(value, bool) or not isinstance(value, Integral if whole else Real):
        raise ConfigurationError(f"{name}={value!r}; expected a {'whole ' if whole else ''}number.")
    if not least <= float(value) < inf or (above and value == least):
        raise ConfigurationError(
            f"{name}={value}; expected {'more than' if above else 'at least'} {least:g}."
        )


def expect_share(name: str, value: Any) -> None:
    """Check a share, from 0 to 1.

    Raises:
        ConfigurationError: for anything else.
    """
    expect_number(name, value)
    if value > 1:
        raise ConfigurationError(f"{name}={value}; expected a share from 0 to 1 (5 % is 0.05).")


def expect_prices(value: Any) -> None:
    """Check the prices of a million tokens in and out.

    Raises:
        ConfigurationError: for anything but two numbers.
    """
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ConfigurationError(
            f"prices={value!r}; expected two numbers: the cost of a million tokens of input, and "
            "of a million of output."
        )
    for price in value:
        expect_number("prices", price)
