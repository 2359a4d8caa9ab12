"""Numbers on disk: what was written comes back, and a full disk is one clear error."""

import errno

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import hf_sft_builders as sft
from hf_sft_builders.errors import BuildError
from hf_sft_builders.quality.on_disk import BandFile, kept_on_disk


@given(st.data(), st.integers(1, 4), st.lists(st.integers(0, 9), max_size=5))
def test_bands_come_back_whole(data, bands, sizes):
    """However many rows were written at once."""
    parts = [data.draw(arrays.arrays(np.uint32, (bands, size))) for size in sizes]
    file, start = BandFile(bands, sum(sizes)), 0
    for part in parts:
        file.write(start, part)
        start += part.shape[1]
    expected = np.concatenate([np.zeros((bands, 0), np.uint32), *parts], axis=1)
    assert expected.tolist() == [band.tolist() for band in file]
    assert expected.tolist() == [band.tolist() for band in file]


@given(st.lists(arrays.arrays(np.uint64, st.integers(0, 9)), max_size=5))
def test_numbers_come_back_as_one_array(parts):
    """In their order; none give an empty one."""
    expected = np.concatenate([np.zeros(0, np.uint64), *parts])
    assert expected.tolist() == kept_on_disk(parts).tolist()


def test_a_full_disk_is_one_clear_error(monkeypatch):
    """And not the end of the process."""

    class Full:
        def seek(self, place):
            del place

        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("hf_sft_builders.quality.on_disk._opened", Full)
    table = pa.table({"t": ["a text of some words", "another text of words"]})
    with pytest.raises(BuildError, match=r"No space left on device.*TMPDIR"):
        sft.deduplicate(table, "t", "near")
