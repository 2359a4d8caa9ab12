"""What every registered builder promises: it is its ops, by the words of its own docstring."""

import inspect
import json
import re
import textwrap
from importlib import import_module
from pathlib import Path

import pytest
from builder_cases import ASKED, CASES, model
from datasets import Dataset, concatenate_datasets, load_dataset

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.builders.question_asking import QuestionConfig
from hf_sft_builders.registry import BUILDERS, builder_module
from hf_sft_builders.synthesis.question_options import QUESTION_OPTIONS

BY_HAND = re.compile(r"[Tt]he\s+same,\s+by\s+hand[^:]*:\n\n((?:    .*\n)+)")


def by_hand(name):
    """The composition that a builder's docstring shows."""
    found = BY_HAND.search(inspect.getdoc(import_module(builder_module(name))) + "\n")
    assert found, f"The docstring of {name} has no 'The same, by hand:' with a block below it."
    return textwrap.dedent(found.group(1))


@pytest.fixture(params=sorted(BUILDERS))
def case(request, tmp_path, monkeypatch):
    """A builder's name, and what it is tried on, in a folder of its own."""
    assert request.param in CASES, f"tests/builder_cases.py has no case for {request.param}."
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    return request.param, CASES[request.param](tmp_path)


def test_the_composition_of_the_docstring_gives_the_builders_rows(case, load):
    """Run as it stands there: the same rows in the same order, lineage and all."""
    name, known = case
    built = load(name, split="train", **known.options)
    names = {"sft": sft, "load_dataset": load_dataset, "Dataset": Dataset, "Path": Path}
    names |= {"concatenate_datasets": concatenate_datasets, "json": json, **known.names}
    exec(by_hand(name), names)
    columns = [column for column in built.column_names if column not in known.beside]
    assert len(built)
    for column in columns:
        assert names["rows"][column][:] == built[column][:], column


def test_says_how_many_calls_it_makes_and_whether_it_works_without_a_model(case, load):
    """In the docstring and in both tables of the docs; and what they say is so."""
    name, known = case
    words = inspect.getdoc(import_module(builder_module(name)))
    [verdict] = re.findall(r"`extractive`:\s+(works|cannot)", words)
    assert re.search(r"\bcalls?\b|asks no model", words)
    offline = {
        option: v for option, v in known.options.items() if option not in ("model", "edge_cases")
    }
    if name == "transcript":
        offline["make"] = "questions"
    if name == "classification":
        (Path("docs") / "texts.csv").write_text("text,label\n塔很高,景点\n", "utf-8")
        offline = {"data_files": "docs/texts.csv"}
    if verdict == "works":
        assert len(load(name, split="train", **offline))
        assert not sft.last_run().usage.get("calls")
    else:
        with pytest.raises(errors.ConfigurationError, match="language model.*model='"):
            load(name, split="train", **offline)


def built_on_generate_qa():
    """The builders whose questions `sft.generate_qa` asks."""
    return [name for name in sorted(BUILDERS) if "generate_qa(" in by_hand(name)]


def config_of(name):
    """A builder's options."""
    module = import_module(builder_module(name))
    classes = [value for value in vars(module).values() if hasattr(value, "BUILDER_CONFIG_CLASS")]
    return next(c for c in classes if c.__module__ == module.__name__).BUILDER_CONFIG_CLASS


def test_what_asks_with_generate_qa_takes_its_options():
    """Those of the op's table, each with the op's own default; no builder has a list of its own."""
    names = built_on_generate_qa()
    assert {"pdf_qa", "domain", "preference", "transcript"} <= set(names)
    defaults = inspect.signature(sft.generate_qa).parameters
    assert {"question_types", "difficulty", "audiences", "questions", "calls"} == set(
        QUESTION_OPTIONS
    )
    for name in names:
        assert issubclass(config_of(name), QuestionConfig), name
        options = inspect.signature(config_of(name)).parameters
        assert {*QUESTION_OPTIONS, "prompts"} <= set(options)
        assert defaults["calls"].default == options["calls"].default
    assert {n for n in BUILDERS if issubclass(config_of(n), QuestionConfig)} == set(names)


def test_an_estimate_counts_the_calls_that_come(case, load):
    """As long as every reply is accepted at once; a builder without a model says that it asks none."""
    name, known = case
    options = {"model": sft.ScriptedModel(model), **known.options, **ASKED.get(name, {})}
    if "model" not in inspect.signature(config_of(name)).parameters:
        assert name not in ASKED
        with pytest.raises(errors.ConfigurationError, match="nothing to estimate"):
            sft.estimate(name, **known.options)
        return
    told = sft.estimate(name, **options)
    load(name, split="train", **options)
    run = sft.last_run()
    assert run.usage["calls"] == told.calls > 0
    assert {"duplicate utterance"} >= set(run.drops)
    assert 0 < told.tokens_in < 40 * told.calls * 100
    assert told.tokens_out
