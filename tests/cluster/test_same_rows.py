"""Every op and gate gives in Ray Data the rows that it gives in `Dataset.map`."""

import gc
import json

import datasets
import pytest
from record_shapes import EXAMPLES, shapes_of, table_of

import hf_sft_builders as sft
from hf_sft_builders import synthesis
from hf_sft_builders.formats import get_format
from hf_sft_builders.quality import GATES

data = pytest.importorskip("ray.data", reason="needs ray: pip install 'ray[data]'")

OPS = {**synthesis.OPS, **GATES}
pytestmark = pytest.mark.usefixtures("one_ray")


@pytest.fixture
def rows(load, docs):
    """What all ops and gates take: chunks of a document, with a score."""
    chunks = load("documents", data_dir=str(docs), split="train", chunk_size=120)
    return chunks.add_column("score", [float(n) for n in range(len(chunks))])


def in_order(rows):
    """Rows in an order of their own: Ray keeps none."""
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in rows)


@pytest.mark.parametrize("name", sorted(OPS))
def test_rows_are_those_of_map(name, rows):
    """Ray Data, in several blocks, gives the rows of `Dataset.map`, and accounts for each."""
    op = OPS[name].example()
    plain = rows.map(op, batched=True)
    account = sft.last_run()
    spread = data.from_arrow(rows.data.table).repartition(3)
    made = spread.map_batches(type(op).example(), batch_format="pyarrow")
    assert in_order(plain.to_list()) == in_order(made.take_all())
    assert account.counts == sft.last_run().counts
    assert account.drops == sft.last_run().drops


@pytest.mark.parametrize("name", sorted(OPS))
def test_types_are_those_of_features(name, rows):
    """The types of the result do not hang on what a block happens to hold."""
    op = OPS[name].example()
    made = data.from_arrow(rows.data.table.slice(0, 2)).map_batches(op, batch_format="pyarrow")
    expected = op.features(rows.features).arrow_schema
    found = made.schema().base_schema
    assert {f.name: f.type for f in expected} == dict(zip(found.names, found.types, strict=True))


@pytest.mark.parametrize("name", sorted(OPS))
def test_numpy_batches_are_read(name, rows, kind="default"):
    """Ray's default batches work where it can be told what a value is."""
    op = OPS[name].example()
    plain = rows.map(op, batched=True)
    made = data.from_arrow(rows.data.table).map_batches(op, batch_format=kind)
    assert in_order(plain.to_list()) == in_order(made.take_all())


@pytest.mark.parametrize("name", ["gate_length", "generate", "generate_qa"])
def test_pandas_batches_are_read(name, rows):
    """So do those of pandas, whose missing words are `NA`."""
    test_numpy_batches_are_read(name, rows, "pandas")


def test_numpy_batches_that_guess_are_refused():
    """Where NumPy would turn nothing into NaN, the line to write is named."""
    some = datasets.Dataset.from_dict({"text": ["a", "b"], "score": [1, None]})
    made = data.from_arrow(some.data.table).map_batches(sft.gate_length())
    with pytest.raises(Exception, match='batch_format="pyarrow"'):
        made.take_all()


def test_datasets_come_and_go(rows, tmp_path):
    """`from_huggingface`, `read_parquet`, an op, Parquet, `load_dataset`: the same rows."""
    op = sft.generate_qa()
    rows.to_parquet(str(tmp_path / "in" / "rows.parquet"))
    expected = in_order(rows.map(op, batched=True).to_list())
    for spread in (
        data.from_huggingface(rows),
        data.read_parquet(str(tmp_path / "in")),
    ):
        made = spread.map_batches(op, batch_format="pyarrow")
        made.write_parquet(str(tmp_path / "out"))
        again = datasets.load_dataset(
            "parquet", data_dir=str(tmp_path / "out"), split="train", cache_dir=str(tmp_path / "c")
        )
        assert expected == in_order(again.to_list())
        for file in (tmp_path / "out").iterdir():
            file.unlink()


@pytest.mark.parametrize("name", sft.list_formats())
def test_conversions_are_those_of_convert(name):
    """Each format, from records and back: the rows and types of `sft.convert`."""
    shape = shapes_of(name)[0]
    rows = datasets.Dataset(get_format(name).from_records(table_of([EXAMPLES[shape]] * 5)))
    spread = data.from_arrow(rows.data.table).repartition(2)
    target = "alpaca" if name != "alpaca" else "messages"
    convert = sft.ray.conversion(spread, to=target, from_format=name, allow_loss=True)
    expected = sft.convert(rows, to=target, from_format=name, allow_loss=True)
    made = spread.map_batches(convert, batch_format="pyarrow")
    assert in_order(expected.to_list()) == in_order(made.take_all())


def test_a_conversion_names_the_line_to_write():
    """NumPy's batches are refused."""
    rows = data.from_items([{"instruction": "a", "input": "", "output": "b"}])
    with pytest.raises(Exception, match='batch_format="pyarrow"'):
        rows.map_batches(sft.ray.conversion(rows, to="messages")).take_all()


def test_num_proc_works_while_ray_is_in_use(rows):
    """Workers of `datasets` are no workers of Ray, and do not take themselves for such."""
    op = sft.generate_qa()
    both = datasets.concatenate_datasets([rows, rows])
    gc.collect()  # what Ray holds must not be let go in a child, where Ray's threads are missing
    made = both.map(op, batched=True, batch_size=2, num_proc=2)
    assert len(both) == sft.last_run().counts["inputs"]
    assert rows.map(op, batched=True).to_list() * 2 == made.to_list()


def test_a_single_row_is_told_the_line(rows):
    """`map` instead of `map_batches`."""
    with pytest.raises(Exception, match="rows.map_batches"):
        data.from_arrow(rows.data.table).map(sft.generate_qa()).take_all()


def test_files_are_read_by_workers(docs):
    """A column of paths becomes text, as in `Dataset.map`."""
    paths = datasets.Dataset.from_dict({"file": [str(path) for path in docs.iterdir()] * 3})
    op = sft.read_documents("file")
    made = data.from_arrow(paths.data.table).map_batches(op, batch_format="pyarrow")
    assert in_order(paths.map(op, batched=True).to_list()) == in_order(made.take_all())
