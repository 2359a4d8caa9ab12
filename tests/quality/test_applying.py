"""`sft.apply_gates` parts rows of any kind of dataset, and loses none."""

import datasets
import pyarrow as pa
import pytest

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError, UnknownName

GATES = [sft.gate_length(4), sft.gate_pii("mask"), sft.gate_refusal()]


def chat(answer, asked="电话是多少？"):
    """A conversation of one question."""
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]


ANSWERS = [
    "请拨打 13800138000。",
    "抱歉，我无法回答。",
    "80 元／人",
    "",
    "发邮件到 li@corp.cn，或 wang@corp.cn",
]


@pytest.fixture
def ds():
    """Rows of which some pass."""
    messages = [chat(answer, "?" if not answer else "电话是多少？") for answer in ANSWERS]
    return datasets.Dataset.from_dict({"messages": messages, "id": list("abcde")})


def test_kept_rejected_and_counts(ds):
    """Rows are parted in their order, and each rejected one says by which gate and why."""
    done = sft.apply_gates(ds, GATES)
    assert ["a", "c", "e"] == done.kept["id"]
    assert ["b", "d"] == done.rejected["id"]
    assert ["gate_refusal", "gate_length"] == done.rejected["gate"]
    assert ["refuses", "under 4 characters"] == done.rejected["drop_reason"]
    assert {"gate_refusal": {"refuses": 1}, "gate_length": {"under 4 characters": 1}} == done.counts
    assert ds.features == done.kept.features
    assert "        1  gate_refusal: refuses" in str(done)
    told = sft.last_run()
    assert (5, 3, 2) == (told.counts["inputs"], told.counts["rows"], told.drops.total())
    assert {"masked cn_mobile": 1, "masked email": 2} == dict(told.noted)


def test_masked_rows_are_kept_changed(ds):
    """Masking writes over the places and nothing else; what is rejected stays as it was."""
    done = sft.apply_gates(ds, GATES)
    said = [row["messages"][1]["content"] for row in done.kept]
    assert ["请拨打 [CN_MOBILE]。", "80 元／人", "发邮件到 [EMAIL]，或 [EMAIL]"] == said
    assert ds[1]["messages"] == done.rejected[0]["messages"]


def test_all_kinds_of_datasets_agree(ds):
    """`Dataset`, `DatasetDict`, streams, dicts of streams and tables give the same rows."""
    plain = sft.apply_gates(ds, GATES)
    kept, rejected = plain.kept.to_list(), plain.rejected.to_list()
    stream = sft.apply_gates(ds.to_iterable_dataset(), GATES)
    assert (kept, rejected) == (list(stream.kept), list(stream.rejected))
    split = sft.apply_gates(datasets.DatasetDict({"x": ds, "y": ds}), GATES)
    assert (kept, rejected) == (split.kept["y"].to_list(), split.rejected["x"].to_list())
    assert {"refuses": 2} == split.counts["gate_refusal"]
    streams = datasets.IterableDatasetDict({"x": ds.to_iterable_dataset()})
    parted = sft.apply_gates(streams, GATES)
    assert (kept, rejected) == (list(parted.kept["x"]), list(parted.rejected["x"]))
    table = sft.apply_gates(ds.data.table, GATES)
    assert (kept, rejected) == (table.kept.to_pylist(), table.rejected.to_pylist())


def test_streams_are_read_lazily(ds):
    """Nothing is read before a row is asked for; shards stay; counts are of what was read."""
    read = []

    def rows(shards):
        for shard in shards:
            read.append(shard)
            yield from ({"text": f"{shard}{n}" * n} for n in range(4))

    features = datasets.Features({"text": datasets.Value("string")})
    stream = datasets.IterableDataset.from_generator(
        rows, features=features, gen_kwargs={"shards": ["甲", "乙"]}
    )
    done = sft.apply_gates(stream, sft.gate_length(3))
    assert [] == read
    assert {} == done.counts
    assert 4 == len(list(done.kept))
    assert {"under 3 characters": 4} == done.counts["gate_length"]
    assert 4 == len(list(done.rejected))
    assert {"under 3 characters": 4} == done.counts["gate_length"]
    assert [{"under 3 characters"}] == [{row["drop_reason"] for row in done.rejected}]
    assert done.kept.features == features


def test_all_or_nothing(ds):
    """Datasets of which all or none pass are datasets still, with all columns."""
    none = sft.apply_gates(ds, sft.gate_length(10_000))
    assert (0, 5) == (len(none.kept), len(none.rejected))
    assert ds.features == none.kept.features
    everything = sft.apply_gates(ds, sft.gate_length(0))
    assert (5, 0) == (len(everything.kept), len(everything.rejected))
    assert [*ds.column_names, "gate", "drop_reason"] == everything.rejected.column_names
    assert "No row was dropped." == str(everything)


def test_gates_by_name(ds):
    """A name stands for the gate without options, with or without its prefix."""
    by_name = sft.apply_gates(ds, ["length", "gate_refusal"]).kept.to_list()
    assert by_name == sft.apply_gates(ds, [sft.gate_length(), sft.gate_refusal()]).kept.to_list()
    with pytest.raises(UnknownName, match="Did you mean 'length'"):
        sft.apply_gates(ds, "lenght")
    with pytest.raises(ConfigurationError, match=r"sft\.gate_language\(…\)"):
        sft.apply_gates(ds, ["language"])
    with pytest.raises(ConfigurationError, match="takes gates"):
        sft.apply_gates(ds, sft.generate_qa())
    with pytest.raises(ConfigurationError, match="No gate named"):
        sft.apply_gates(ds, [])


def test_columns_that_would_be_written_over_are_an_error(ds):
    """A column of ours that the rows have already is named."""
    mine = ds.add_column("gate", list("vwxyz"))
    with pytest.raises(ConfigurationError, match="rename_column"):
        sft.apply_gates(mine, "length")


def test_rows_of_no_format_need_a_column():
    """Rows of no format are an error that shows the way, not rows that are let through."""
    odd = datasets.Dataset.from_dict({"body": ["望云楼", ""], "n": [1, 2]})
    with pytest.raises(ConfigurationError, match="column='…'"):
        sft.apply_gates(odd, sft.gate_length())
    assert 1 == len(sft.apply_gates(odd, sft.gate_length(column="body")).kept)
    with pytest.raises(ConfigurationError, match="no_such"):
        sft.apply_gates(odd, sft.gate_length(column="no_such"))
    with pytest.raises(ConfigurationError, match="expected text"):
        sft.apply_gates(odd, sft.gate_length(column="n"))


def test_a_row_that_cannot_be_read_takes_no_other_with_it():
    """One unreadable row is dropped with its reason."""
    table = pa.table(
        {"messages": [chat("望云楼很高。"), None, chat("门票八十元。")], "id": list("abc")}
    )
    done = sft.apply_gates(table, [sft.gate_structure(), sft.gate_length(2)])
    assert ["a", "c"] == done.kept["id"].to_pylist()
    assert ["gate_structure"] == done.rejected["gate"].to_pylist()


def test_media_stay_as_they_are(tmp_path):
    """Rows with pictures pass as rows with pictures, mapped or applied."""
    from PIL import Image

    path = tmp_path / "a.png"
    Image.new("RGB", (2, 2)).save(path)
    features = datasets.Features(
        {
            "messages": [{"role": datasets.Value("string"), "content": datasets.Value("string")}],
            "images": [datasets.Image()],
        }
    )
    said = [chat("是望云楼。", "<image>这是哪里？"), chat("?", "<image>")]
    ds = datasets.Dataset.from_dict(
        {"messages": said, "images": [[str(path)], [str(path)]]}, features=features
    )
    gate = sft.gate_length(2, part="answer")
    for kept in (ds.map(gate, batched=True), sft.apply_gates(ds, gate).kept):
        assert 1 == len(kept)
        assert (2, 2) == kept[0]["images"][0].size


@pytest.mark.parametrize("form", ["messages", "alpaca"])
def test_builders_take_gates(load, docs, form):
    """`gates=` drops with a counted reason, and is part of the cache key."""
    everything = load("pdf_qa", data_dir=str(docs), split="train", format=form)
    some = load("pdf_qa", data_dir=str(docs), split="train", format=form, gates=["length"])
    named = load(
        "pdf_qa", data_dir=str(docs), split="train", format=form, gates=[sft.gate_length()]
    )
    assert everything.to_list() == some.to_list()
    assert some.cache_files == named.cache_files != everything.cache_files
    fewer = load(
        "pdf_qa",
        data_dir=str(docs),
        split="train",
        format=form,
        gates=sft.gate_length(12, part="answer"),
    )
    told = sft.last_run()
    assert len(everything) - len(fewer) == told.drops["under 12 characters"] > 0
    assert len(fewer) == told.counts["rows"]
    with pytest.raises(UnknownName, match="gate"):
        load("pdf_qa", data_dir=str(docs), gates=["lenght"])


def test_builders_mask(load, docs):
    """A gate that mends changes the rows that a builder makes."""
    plain = load("pdf_qa", data_dir=str(docs), split="train")
    assert any("0699-5550201" in str(row["messages"]) for row in plain)
    gate = sft.gate_pii("mask", kinds=["landline"])
    masked = load("pdf_qa", data_dir=str(docs), split="train", gates=gate)
    assert len(plain) == len(masked)
    assert not any("0699-5550201" in str(row["messages"]) for row in masked)
    assert 0 < sft.last_run().noted["masked landline"]
