"""What gates, `deduplicate` and `decontaminate` took out of the rows before they were published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.publishing.facts import Facts
from hf_sft_builders.quality.applying import Gated
from hf_sft_builders.quality.cleaned import Cleaned


def with_losses(facts: Facts, left_out: Sequence[Gated | Cleaned]) -> Facts:
    """Give the facts of rows, and count what is known to have been left out on the way to them.

    Args:
        facts: Of the rows.
        left_out: What `apply_gates`, `deduplicate` and `decontaminate` gave.

    Raises:
        ConfigurationError: for anything else.
    """
    if not left_out:
        return facts
    ledger = replace(facts.ledger, drops=Counter(facts.ledger.drops))
    for done in left_out:
        ledger.drops.update(_counts(done))
    return replace(facts, ledger=ledger)


def _counts(done: Gated | Cleaned) -> Counter[str]:
    if isinstance(done, Cleaned):
        return done.counts
    if isinstance(done, Gated):
        return Counter(
            {
                f"{gate}: {reason}": rows
                for gate, reasons in done.counts.items()
                for reason, rows in reasons.items()
            }
        )
    raise ConfigurationError(
        f"left_out= has {type(done).__name__}; expected what sft.apply_gates, sft.deduplicate or "
        "sft.decontaminate gave, as in sft.publish(done.kept, target, left_out=[done])."
    )
