"""The canonical table and its small companions."""

import pyarrow as pa

from hf_sft_builders.formats.lineage import lineage_features
from hf_sft_builders.records import (
    PROVENANCE_STEP,
    RECORD,
    content_hash,
    lineage_id,
    provenance_step,
    record_table,
)


def test_a_table_has_every_column_whatever_is_given():
    """Which columns exist never depends on the data."""
    said = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    table = record_table({"messages": [said], "mine": pa.array([1])}, 1)
    assert [*RECORD.names, "mine"] == table.column_names
    assert RECORD.types == table.select(RECORD.names).schema.types
    assert [""] == table["tools"].to_pylist()


def test_the_content_hash_is_of_the_words():
    """Two rows that say the same have the same hash, whatever their ids."""
    said = [{"role": "user", "content": "a"}]
    assert content_hash(said) == content_hash([{"content": "a", "role": "user", "weight": 1}])
    assert content_hash(said) != content_hash([{"role": "user", "content": "b"}])


def test_ids_are_lineage():
    """An id names what it was made from, by what, and which of several it is."""
    assert "3f2a:0-480:generate_qa:2" == lineage_id("3f2a:0-480", "generate_qa", 2)


def test_steps_have_every_field_and_features_their_types():
    """A provenance step fits the Arrow type, and so do the features."""
    step = provenance_step(step="source", uri="a.md")
    assert PROVENANCE_STEP.names == list(step)
    assert pa.list_(PROVENANCE_STEP) == lineage_features().arrow_schema.field("provenance").type
    assert ["id"] == list(lineage_features(provenance=False))
