"""Rows pass the license gate by the evidence they carry, and drops are counted."""

import pickle

import datasets
import pyarrow as pa
import pytest
from datasets.fingerprint import Hasher

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.formats.lineage import lineage_features
from hf_sft_builders.quality import GATES
from hf_sft_builders.records import provenance_step


def step(license_id, annotations=None, model=None):
    """Make the provenance of a row: its source, and the op that made it."""

    def said(name):
        keys = ("spdx", "found_in", "confidence", "sha256")
        return {"raw": name, "id": name, **dict.fromkeys(keys, "")} if name else None

    source = provenance_step(
        step="source", uri="a.pdf", license=said(license_id), annotations_license=said(annotations)
    )
    return [source, provenance_step(step="generate_qa", model=model)]


def rows(*provenances):
    """Make a dataset of one row for each provenance."""
    features = datasets.Features({"text": datasets.Value("string"), **lineage_features()})
    table = {
        "text": [f"row {n}" for n in range(len(provenances))],
        "id": [str(n) for n in range(len(provenances))],
        "provenance": list(provenances),
    }
    return datasets.Dataset(pa.Table.from_pydict(table, features.arrow_schema))


@pytest.fixture
def mixed():
    """Rows under many licenses."""
    return rows(
        step("mit"),
        step("cc-by-nc-4.0"),
        step("cc-by-nd-4.0"),
        step("cc-by-sa-4.0"),
        step(None),
        step("cc-by-4.0", annotations="cc-by-nc-4.0"),
        step("mit", model="llama-2-7b"),
        step("mit", model="gpt-4o"),
    )


@pytest.mark.parametrize(
    "policy,kept",
    [
        ("private", [0, 1, 2, 3, 5, 6, 7]),
        ("publish", [0, 1, 3, 5, 7]),
        ("commercial", [0, 3, 7]),
        ("permissive", [0, 7]),
        ("mit", [0, 6, 7]),
        (["CC BY-SA 4.0", "Apache 2.0"], [3]),
    ],
)
def test_policies(mixed, policy, kept):
    """Each policy keeps what it says, and every dropped row has a reason."""
    passed = mixed.map(sft.gate_license(policy), batched=True, load_from_cache_file=False)
    assert [str(n) for n in kept] == passed["id"]
    assert passed.features == mixed.features
    assert len(mixed) - len(kept) == sft.last_run().drops.total()


def test_drops_say_why(mixed):
    """Reasons name the license, so that counts tell what to do."""
    mixed.map(sft.gate_license("commercial"), batched=True, load_from_cache_file=False)
    assert {
        "no commercial use (cc-by-nc-4.0)": 1,
        "no sharing of adaptations (cc-by-nd-4.0)": 1,
        "license unknown": 1,
        "no commercial use (cc-by-4.0, cc-by-nc-4.0)": 1,
        "the model's terms keep it private (mit)": 1,
    } == dict(sft.last_run().drops)


def test_models_can_be_left_aside(mixed):
    """`models=False` judges the data alone."""
    passed = mixed.map(sft.gate_license(models=False), batched=True)
    assert "6" in passed["id"]


def test_works_on_streams_dicts_and_workers(mixed):
    """All ways of mapping give the same rows."""
    op = sft.gate_license()
    plain = mixed.map(op, batched=True).to_list()
    stream = mixed.to_iterable_dataset()
    assert plain == list(stream.map(op, batched=True, features=op.features(stream.features)))
    assert plain == datasets.DatasetDict({"a": mixed}).map(op, batched=True)["a"].to_list()
    assert plain == mixed.map(op, batched=True, num_proc=2).to_list()


def test_plain_rows_need_a_license():
    """Without provenance the gate asks for `license=`, which is the user's own word."""
    plain = datasets.Dataset.from_dict({"text": ["a", "b"]})
    with pytest.raises(ConfigurationError, match="provenance"):
        plain.map(sft.gate_license(), batched=True)
    assert 2 == len(plain.map(sft.gate_license(license="CC BY 4.0"), batched=True))


def test_names_that_are_not_certain_are_refused():
    """A policy or license that could mean several things is an error with the choices."""
    with pytest.raises(UnknownName, match="commercial"):
        sft.gate_license("comercial")
    with pytest.raises(UnknownName, match=r"cc-by-4\.0"):
        sft.gate_license(license="CC-BY")
    with pytest.raises(ConfigurationError, match="no license named"):
        sft.gate_license([])


@pytest.mark.parametrize("name", sorted(GATES))
def test_gates_are_frozen_values(name):
    """A gate is equal to one made alike, hashes alike, and travels to workers."""
    gate = GATES[name].example()
    assert gate == type(gate).example() == pickle.loads(pickle.dumps(gate))
    assert Hasher.hash(gate) == Hasher.hash(type(gate).example())
    assert Hasher.hash(sft.gate_license()) != Hasher.hash(sft.gate_license("commercial"))
