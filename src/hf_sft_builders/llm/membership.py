"""What the workers of a cluster share when they ask models: turns, replies, spending."""

from __future__ import annotations

import asyncio
from typing import Protocol

from hf_sft_builders import cluster
from hf_sft_builders.llm.budget import Budget, Spending
from hf_sft_builders.llm.kept_replies import KeptReplies, OwnReplies
from hf_sft_builders.llm.replies import ReplyStore
from hf_sft_builders.llm.turns import Turns


class AskingMember(Protocol):
    """A member of a cluster, as the engine sees it; all are used on the loop that they are given."""

    def turns(self, loop: asyncio.AbstractEventLoop, address: str) -> Turns:
        """Give who lets requests to an address go."""
        ...

    def replies(self, loop: asyncio.AbstractEventLoop) -> KeptReplies:
        """Give where replies are looked for and kept."""
        ...

    def spending(self, loop: asyncio.AbstractEventLoop, budget: Budget) -> Spending:
        """Give who keeps to a budget."""
        ...


def membership() -> AskingMember | None:
    """Give what this process shares with others; None outside of a cluster."""
    member: AskingMember | None = cluster.member()
    return member


def replies_for(loop: asyncio.AbstractEventLoop) -> KeptReplies:
    """Give where replies are looked for and kept by what runs on a loop."""
    member = membership()
    return member.replies(loop) if member else OwnReplies(ReplyStore())


def spending_of(loop: asyncio.AbstractEventLoop, budget: Budget) -> Spending:
    """Give who keeps to a budget, for what runs on a loop."""
    member = membership()
    return member.spending(loop, budget) if member and budget.job else budget
