"""What a job's workers did and spent, in a folder, so that the service may die in between.

<folder>/<piece of work>.json   its share of the account, as `accounts` reads them
<folder>/spent.log              a line for each reply that the budget counts
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hf_sft_builders.accounts import write_share
from hf_sft_builders.ledger import NOBODY, Ledger, Others
from hf_sft_builders.llm.budget import Budget, Reservation

SPENT = "spent.log"


class Jobs:
    """The jobs that a service knows, by their folder."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    def at(self, folder: str) -> Job:
        """Give a job; one that is not known is read from its folder."""
        if folder not in self._jobs:
            self._jobs[folder] = Job(Path(folder))
        return self._jobs[folder]


class Job:
    """One op over all its workers, or one build."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.budget = Budget()
        self._shares = {
            share.stem: _told(Ledger.from_json(share.read_text(encoding="utf-8")))
            for share in folder.glob("*.json")
        }
        self._all = _sum(self._shares.values())
        self._seen: set[bytes] = set()
        for line in self._spent_lines():
            tokens_in, tokens_out, key = line.split()
            self._seen.add(bytes.fromhex(key))
            self.budget.settle((0, 0), int(tokens_in), int(tokens_out), bytes.fromhex(key))

    def limited(
        self, max_tokens_total: int | None, max_cost: float | None, prices: tuple[float, float]
    ) -> Job:
        """Keep to these limits from now on."""
        self.budget.max_tokens_total, self.budget.max_cost = max_tokens_total, max_cost
        self.budget.prices = prices
        return self

    def hand_in(self, name: str, ledger: str) -> Others:
        """Keep a share; give what became of all others."""
        write_share(self._folder, name, ledger)
        others = _sum([self._all, _negative(self._shares.get(name, NOBODY))])
        self._shares[name] = _told(Ledger.from_json(ledger))
        self._all = _sum([others, self._shares[name]])
        return others

    def settle(
        self, reserved: Reservation, tokens_in: int, tokens_out: int, key: bytes | None
    ) -> None:
        """Count what a request cost, once for each reply."""
        if key is None or key in self._seen:
            self.budget.settle(reserved, 0, 0)
            return
        self._seen.add(key)
        self.budget.settle(reserved, tokens_in, tokens_out, key)
        with (self._folder / SPENT).open("a", encoding="ascii") as log:
            log.write(f"{tokens_in} {tokens_out} {key.hex()}\n")

    def recalled(self, key: bytes, tokens_in: int, tokens_out: int) -> None:
        """Count a stored reply, once."""
        self.settle((0, 0), tokens_in, tokens_out, key)

    def _spent_lines(self) -> list[str]:
        log = self._folder / SPENT
        if not log.is_file():
            return []
        # A last line without its end was being written when the process died.
        return log.read_text(encoding="ascii").split("\n")[:-1]


def _told(ledger: Ledger) -> Others:
    good = ledger.counts["rows"] + ledger.drops.total()
    return Others(ledger.counts["inputs"], len(ledger.failures), good)


def _sum(shares: Iterable[Others]) -> Others:
    told = [(share.inputs, share.failures, share.good) for share in shares]
    return Others(*map(sum, zip((0, 0, 0), *told, strict=True)))


def _negative(share: Others) -> Others:
    return Others(-share.inputs, -share.failures, -share.good)
