"""Which rows may be alike rows of another dataset, that is held in memory: test sets, other splits.

As within one dataset, candidates meet in the buckets of MinHash, and those of crowded buckets in their
rarest shingles (`crowds.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hf_sft_builders.quality.buckets import Pairs
from hf_sft_builders.quality.crowds import CROWD, Crowd, crowd_of
from hf_sft_builders.quality.shingles import Shingles
from hf_sft_builders.quality.similarity import picked


@dataclass(frozen=True)
class Others:
    """The rows of the other dataset, to be met."""

    bands: tuple[Pairs, ...]
    """Per band: the buckets (uint32, ascending) and rows of those that are not crowded."""
    crowded: tuple[np.ndarray, ...]
    """Per band: the buckets that are."""
    crowd: Crowd | None
    """The rows in these."""

    @classmethod
    def of(cls, keys: np.ndarray, shingles: Shingles, threshold: float) -> Others:
        """Make rows ready to be met.

        Args:
            keys: uint32 of shape (bands, rows): see `shingles.band_keys`.
            shingles: Of the rows.
            threshold: Least similarity of a pair that must be found.
        """
        bands, crowded, within = [], [], np.zeros(keys.shape[1], dtype=bool)
        told = np.flatnonzero(np.diff(shingles.offsets) > 0)
        for band in keys:
            found, number, count = np.unique(band[told], return_inverse=True, return_counts=True)
            is_crowded = (count > CROWD)[number]
            within[told[is_crowded]] = True
            crowded.append(found[count > CROWD])
            rows = told[~is_crowded]
            order = np.argsort(band[rows], kind="stable")
            bands.append((band[rows][order], rows[order]))
        together = np.flatnonzero(within)
        crowd = (
            crowd_of(
                together,
                lambda rows: picked(shingles, rows),
                threshold,
                keys.shape[1],
                np.diff(shingles.offsets)[together],
            )
            if len(together)
            else None
        )
        return cls(tuple(bands), tuple(crowded), crowd)

    def met_by(self, keys: np.ndarray, shingles: Shingles) -> Pairs:
        """Give rows here and rows there that may be alike, each pair once.

        Args:
            keys: uint32 of shape (bands, rows here).
            shingles: Of the rows here; one without any meets nobody.
        """
        told = np.flatnonzero(np.diff(shingles.offsets) > 0)
        pairs = [np.zeros((2, 0), dtype=np.int64)]
        in_crowd = np.zeros(keys.shape[1], dtype=bool)
        for ours, (buckets, rows), crowded in zip(keys, self.bands, self.crowded, strict=True):
            place, found = spread(buckets, ours[told])
            pairs.append(np.stack([told[place], rows[found]]))
            in_crowd[told] |= np.isin(ours[told], crowded)
        if self.crowd is not None and in_crowd.any():
            rows = np.flatnonzero(in_crowd)
            here, there = self.crowd.met_by(picked(shingles, rows))
            pairs.append(np.stack([rows[here], there]))
        here, there = np.unique(np.concatenate(pairs, axis=1), axis=1)
        return here, there


def spread(known: np.ndarray, sought: np.ndarray) -> Pairs:
    """Give for each place of `sought` all places of the ascending `known` that are equal."""
    low = np.searchsorted(known, sought, side="left")
    count = np.searchsorted(known, sought, side="right") - low
    place = np.repeat(np.arange(len(sought)), count)
    step = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
    return place, np.repeat(low, count) + step
