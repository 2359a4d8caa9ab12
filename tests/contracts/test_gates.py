"""What every registered gate promises; a new one is tested the day it is born."""

import json
import os
import pickle
import subprocess
import sys

import datasets
import pyarrow as pa
import pytest
from datasets.fingerprint import Hasher
from hypothesis import given, settings
from hypothesis import strategies as st
from record_shapes import EXAMPLES, SHAPES, rows_of, shapes_of, table_of

import hf_sft_builders as sft
from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats import get_format
from hf_sft_builders.quality import GATES
from hf_sft_builders.quality.said import every_text, said

FORMATS = sft.list_formats()
GOOD = "望云楼高二十八点六米，共四层，是云溪古城的标志。"
TEXTS = [
    GOOD,
    "",
    "嗯",
    "The tower is a landmark of the old town, and it is open on all days of the year.",
    "<div>Price</div>",
    "N/A",
    "Ask zhang.san@corp.com.cn for a room.",
    "password: tR7#kP2$mQ9z!Lx",
    "cafÃ©",
    "你这个笨蛋，门票是八十元。",
    "I'm sorry, but I can't help with that.",
    "我不知道。" * 20,
    "12 × 8 = 95",
]


@pytest.fixture(params=sorted(GATES))
def gate(request):
    """Each gate's own example."""
    return GATES[request.param].example()


@pytest.fixture(scope="module")
def rows():
    """Bare texts of many kinds, scored, with a source."""
    return datasets.Dataset.from_dict(
        {
            "text": TEXTS,
            "score": [float(n) for n in range(len(TEXTS))],
            "id": [f"row-{n}" for n in range(len(TEXTS))],
        }
    )


def test_gates_are_frozen_values(gate):
    """A gate is equal to one made alike, travels to workers, and cannot be changed."""
    assert gate == type(gate).example() == pickle.loads(pickle.dumps(gate))
    assert f"gate_{gate.name.removeprefix('gate_')}" == gate.name
    assert {} == dict(gate.added())
    with pytest.raises(AttributeError):
        gate.column = "other"


def test_hashes_are_the_same_in_another_process():
    """The hash that `datasets` takes is stable across processes and hash seeds."""
    code = (
        "import json; from datasets.fingerprint import Hasher; from hf_sft_builders.quality import GATES;"
        "print(json.dumps({name: Hasher.hash(gate.example()) for name, gate in GATES.items()}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    found = {name: Hasher.hash(gate.example()) for name, gate in GATES.items()}
    assert found == json.loads(done.stdout)
    assert len(found) == len(set(found.values()))


def test_every_way_of_mapping_gives_the_same_rows(gate, rows):
    """`Dataset`, `DatasetDict`, streams, workers, `sft.map` and `sft.apply_gates` agree."""
    plain = rows.map(gate, batched=True).to_list()
    drops = dict(sft.last_run().drops)
    stream = rows.to_iterable_dataset()
    streamed = list(stream.map(gate, batched=True, features=gate.features(rows.features)))
    in_dict = datasets.DatasetDict({"a": rows}).map(gate, batched=True)["a"].to_list()
    workers = rows.map(gate, batched=True, num_proc=2).to_list()
    assert plain == streamed == in_dict == workers == sft.map(rows, gate).to_list()
    done = sft.apply_gates(rows, gate)
    assert plain == done.kept.to_list()
    assert drops == dict(done.counts.get(gate.name, {}))


def test_rows_and_their_types_stay(gate, rows):
    """What is kept is as it was, and in its order."""
    kept = rows.map(gate, batched=True)
    assert rows.features == kept.features
    there = {row["id"]: row for row in rows}
    assert [there[row["id"]] for row in kept] == kept.to_list()


def test_something_is_kept_and_something_dropped(gate, rows):
    """A gate is neither a wall nor a hole; each of its drops has a reason."""
    outcomes = list(gate.outcomes(rows.to_list()))
    assert len(rows) == len(outcomes)
    assert any(outcome.rows for outcome in outcomes)
    assert all(len(outcome.rows) + len(outcome.drops) == 1 for outcome in outcomes)
    assert gate.name == "gate_license" or any(outcome.drops for outcome in outcomes)


def test_batches_of_any_format_of_python_are_read(gate, rows):
    """A dataset with a Python format keeps it, and gives the same rows."""
    plain = rows.map(gate, batched=True).to_list()
    for kind in ("numpy", "pandas", "arrow"):
        mapped = rows.with_format(kind).map(gate, batched=True)
        assert kind == mapped.format["type"]
        assert plain == mapped.with_format(None).to_list()


def of_each_shape(name):
    """A table of a format's rows for each shape that it can say."""
    format_ = get_format(name)
    for shape in shapes_of(name):
        yield shape, format_.from_records(table_of([EXAMPLES[shape]] * 2))


@pytest.mark.parametrize("name", FORMATS)
def test_all_words_of_every_format_are_seen(name):
    """Nothing that a row says escapes the gates."""
    for shape, table in of_each_shape(name):
        records = get_format(name).to_records(table)
        words = " ".join(said(table).texts.to_pylist())
        expected = every_text(records.select(["messages", "rejected", "text"])).texts.to_pylist()
        missing = [text for text in expected if text not in words]
        assert [] == missing, shape


@pytest.mark.parametrize("name", FORMATS)
def test_gates_take_rows_of_every_format(name):
    """Every gate judges rows of every format, a table or rows at a time, with the same answer."""
    for shape, table in of_each_shape(name):
        for gate in all_gates():
            own = with_columns(table)
            done = sft.apply_gates(own, gate)
            assert own.num_rows == done.kept.num_rows + done.rejected.num_rows
            reasons = [outcome.drops for outcome in gate.outcomes(own.to_pylist())]
            found = done.rejected["drop_reason"].to_pylist()
            assert [reason for (reason,) in filter(None, reasons)] == found, (shape, gate)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=8)
@given(data=st.data())
def test_kept_and_rejected_are_all(name, data):
    """Whatever the rows and the gates: nothing vanishes, nothing is there twice, order stays."""
    try:
        table = get_format(name).from_records(table_of(data.draw(rows_of(name))))
    except FormatError:  # words that look like the format's own tags
        return
    table = with_columns(table)
    table = table.set_column(
        table.schema.get_field_index("id"), "id", pa.array([str(n) for n in range(len(table))])
    )
    gates = data.draw(st.lists(st.sampled_from(all_gates()), min_size=1, max_size=4))
    done = sft.apply_gates(table, gates)
    before = {row["id"]: row for row in table.to_pylist()}
    kept, gone = done.kept.to_pylist(), done.rejected.to_pylist()
    assert sorted(before) == sorted(row["id"] for row in [*kept, *gone])
    assert [before[row["id"]] for row in kept] == kept
    for row in gone:
        gate, reason = row.pop("gate"), row.pop("drop_reason")
        assert before[row["id"]] == row
        assert done.counts[gate][reason]
    assert len(gone) == sum(reasons.total() for reasons in done.counts.values())
    for rows in (kept, gone):
        assert sorted((row["id"] for row in rows), key=int) == [row["id"] for row in rows]


def with_columns(table):
    """Rows with the columns that some gates ask for."""
    if "score" not in table.column_names:
        table = table.append_column("score", pa.array([3.5] * len(table), pa.float64()))
    return table


def all_gates():
    """Every gate, so that it takes rows of conversations, too."""
    others = {"gate_grounded": sft.gate_grounded("question")}
    return [others.get(name, GATES[name].example()) for name in sorted(GATES)]


def test_shapes_are_covered():
    """Each shape of rows is one of some format, so that the tests above see it."""
    assert set(SHAPES) == {shape for name in FORMATS for shape in shapes_of(name)}
