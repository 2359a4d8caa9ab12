"""Tasks on a Ray cluster: pieces through a function, and what comes of them brought together by part.

A task takes several pieces, so that there are few objects between tasks (tasks × parts) and what is
known of a whole dataset passes through nobody. Ray starts tasks again that a lost node took along.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any

from hf_sft_builders.errors import ConfigurationError, MissingExtra
from hf_sft_builders.ray.pieces import Piece

Found = Iterable[tuple[int, bytes]]
"""Parts, from 0, and what belongs to each."""
Work = Callable[[Piece], Found]

_TASKS_PER_PROCESSOR = 4


class Stages:
    """The stages of one job.

    Args:
        pieces: Of its rows.
        parts: Into how many parts things are brought together; one for each processor by default.

    Raises:
        ConfigurationError: if `parts` is no number of parts.
        MissingExtra: without Ray.
    """

    def __init__(self, pieces: Sequence[Piece], parts: int | None = None) -> None:
        if parts is not None and parts < 1:
            raise ConfigurationError(f"parts is {parts}; expected 1 or more.")
        processors = max(1, int(_ray().cluster_resources().get("CPU", 1)))
        tasks = min(len(pieces), processors * _TASKS_PER_PROCESSOR)
        self.parts = parts or processors
        self._tasks = [pieces[number::tasks] for number in range(tasks)]

    def share(self, value: Any) -> Any:
        """Put a value where all workers find it, once per node."""
        return _ray().put(value)

    @staticmethod
    def shared(reference: Any) -> Any:
        """Give the value that was put there."""
        return _ray().get(reference)

    def each(self, work: Work) -> list[bytes]:
        """Let all pieces through a function; give what it gave, in no certain order."""
        ray = _ray()
        task = ray.remote(_of_pieces)
        found = ray.get([task.remote(work, pieces, 1) for pieces in self._tasks])
        return [blob for [blobs] in found for blob in blobs]

    def grouped(self, work: Work, group: Callable[[list[bytes]], bytes]) -> list[bytes]:
        """Let all pieces through a function, and what belongs to each part through another.

        Args:
            work: Gives what belongs to parts 0 to `parts` - 1.
            group: Takes all that belongs to a part; parts without anything are not asked about.
        """
        ray = _ray()
        first = ray.remote(_parted).options(num_returns=self.parts)
        found = [first.remote(work, pieces, self.parts) for pieces in self._tasks]
        columns = zip(*found, strict=True) if self.parts > 1 else [found]
        then = ray.remote(_grouped)
        made = ray.get([then.remote(group, *column) for column in columns])
        return [blob for blobs in made for blob in blobs]


def _ray() -> Any:
    try:
        return import_module("ray")
    except ImportError as error:
        raise MissingExtra("Work on a cluster", "ray[data]", "ray") from error


def _of_pieces(work: Work, pieces: Sequence[Piece], parts: int) -> list[list[bytes]]:
    found: defaultdict[int, list[bytes]] = defaultdict(list)
    for piece in pieces:
        for part, blob in work(piece):
            found[part].append(blob)
    return [found[part] for part in range(parts)]


def _parted(work: Work, pieces: Sequence[Piece], parts: int) -> Any:
    """Give one object for each part; Ray wants a single one as it is."""
    found = _of_pieces(work, pieces, parts)
    return found if parts > 1 else found[0]


def _grouped(group: Callable[[list[bytes]], bytes], *found: list[bytes]) -> list[bytes]:
    blobs = [blob for part in found for blob in part]
    return [group(blobs)] if blobs else []
