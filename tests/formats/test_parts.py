"""Rows that are pictures or long texts: whatever is done to them, a few at a time."""

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hf_sft_builders as sft
from hf_sft_builders.formats import parts
from hf_sft_builders.formats.batches import tables_of
from hf_sft_builders.formats.files import read_tables, write_tables
from hf_sft_builders.formats.row_hashes import row_keys
from hf_sft_builders.publishing.identity import _rows_digest
from hf_sft_builders.reviewing.rows import Rows

SIZE = 50_000


@pytest.fixture
def small_parts(monkeypatch):
    """A part ends at four of the pictures below."""
    for module in ("formats.parts", "formats.parquet_reading"):
        monkeypatch.setattr(f"hf_sft_builders.{module}.PART_BYTES", 4 * SIZE + 2000)


@pytest.fixture
def pictures():
    """Thirty rows, each with other bytes."""
    rows = [
        {
            "image": {"bytes": np.random.default_rng(row).bytes(SIZE), "path": f"{row}.png"},
            "text": f"What is in picture {row}?",
            "caption": f"Number {row}.",
        }
        for row in range(30)
    ]
    features = datasets.Features(
        {
            "image": datasets.Image(),
            "text": datasets.Value("string"),
            "caption": datasets.Value("string"),
        }
    )
    return datasets.Dataset.from_list(rows, features=features)


def test_parts_hold_all_rows_in_order():
    """Also where one row alone is larger than a part, and where there are none."""
    table = pa.table({"x": list(range(9))})
    assert [[0, 1, 2, 3], [4, 5, 6, 7], [8]] == [
        part["x"].to_pylist() for part in parts.parts_of(table, rows=4)
    ]
    assert [0] == [part.num_rows for part in parts.parts_of(table.slice(0, 0))]


@pytest.mark.usefixtures("small_parts")
def test_a_part_holds_no_more_bytes_than_it_should(pictures, tmp_path):
    """Of datasets, tables, and files of each kind."""
    for suffix in ("parquet", "arrow", "jsonl"):
        path = tmp_path / f"rows.{suffix}"
        write_tables(iter([pictures.data.table]), path)
        for given in (path, pictures, pictures.data.table):
            made = list(tables_of(given))
            assert all(table.num_rows <= 4 for table in made)
            assert pictures["text"][:] == [row for t in made for row in t["text"].to_pylist()]


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("group", [1, 3, 7, 100])
def test_parquet_is_read_in_parts_whatever_its_groups(pictures, tmp_path, group):
    """Row groups of any size, and none."""
    path = tmp_path / "rows.parquet"
    pq.write_table(pictures.data.table, path, row_group_size=group)
    made = list(read_tables(path))
    assert all(table.num_rows <= 4 for table in made)
    assert pictures["text"][:] == [row for t in made for row in t["text"].to_pylist()]
    pq.write_table(pictures.data.table.slice(0, 0), path)
    assert [0] == [table.num_rows for table in read_tables(path)]


def test_parts_change_no_result(pictures, small_parts_later):
    """What is made of pictures, all at once and in parts."""

    def results():
        return {
            "converted": sft.convert(pictures.data.table, to="multimodal").to_pylist(),
            "stream": list(sft.convert(pictures.to_iterable_dataset(), to="multimodal")),
            "checked": str(sft.check(pictures)),
            "detected": sft.detect(pictures).format,
            "sampled": sft.sample(pictures, 5)["text"][:],
            "ids": Rows({"train": pictures}).ids,
            "gates": sft.apply_gates(pictures, ["encoding"]).kept["text"][:],
        }

    whole = results()
    small_parts_later()
    assert whole == results()


@pytest.fixture
def small_parts_later(monkeypatch, request):
    """Set when asked."""
    return lambda: request.getfixturevalue("small_parts")


def test_a_hash_stands_for_bytes(pictures):
    """However deep; another picture is another row."""
    table = pictures.data.table
    keys = row_keys(table).to_pylist()
    assert len(set(keys)) == len(table)
    assert max(map(len, keys)) < 300
    other = [{"bytes": b"another", "path": row["path"]} for row in table["image"].to_pylist()]
    changed = table.set_column(0, "image", pa.array(other, table.schema.field("image").type))
    assert not {*keys} & {*row_keys(changed).to_pylist()}
    nested = pa.table({"images": [[{"bytes": b"a"}, None], None, [], [{"bytes": None}]]})
    assert 4 == len(set(row_keys(nested).to_pylist()))


def test_the_digest_of_rows_knows_every_byte(pictures):
    """Equal rows, equal digest; one byte changed, another."""
    rows = pictures.to_list()
    again = datasets.Dataset.from_list(rows, features=pictures.features)
    assert _rows_digest({"train": pictures}) == _rows_digest({"train": again})
    rows[29]["caption"] += "!"
    changed = datasets.Dataset.from_list(rows, features=pictures.features)
    assert _rows_digest({"train": pictures}) != _rows_digest({"train": changed})
