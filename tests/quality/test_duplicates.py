"""Rows that repeat another are left out, each with the one that it repeats; nothing else is."""

import random

import datasets
import numpy as np
import pyarrow as pa
import pytest
from chat_server import running
from datasets import Dataset, DatasetDict
from hypothesis import given
from hypothesis import strategies as st

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError, ModelError, UnknownName
from hf_sft_builders.quality import matching, semantic
from hf_sft_builders.quality.shingles import bands_for

WORDS = st.sampled_from(["a", "b", "A", "b ", " a", "好", "好 ", "", "a b", "ab", "。"])
HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 2000)]
LATIN = [a + b + c for a in "bdkmnt" for b in "aeiou" for c in ("n", "rs", "lt", "")]


def chat(*turns):
    """Make a conversation of what user and assistant say in turn."""
    roles = ("user", "assistant")
    return [{"role": roles[i % 2], "content": words} for i, words in enumerate(turns)]


def near(texts, **options):
    """Leave out near-duplicates of a column of texts."""
    return sft.deduplicate(pa.table({"t": pa.array(texts, pa.string())}), "t", "near", **options)


def shingles(text):
    """Give the shingles of a text one by one, as the documentation says it."""
    sizes = [2 if "\u4e00" <= c <= "\u9fff" else 5 for c in text]
    found = {text[i : i + n] for i, n in enumerate(sizes) if i + n <= len(text)}
    return found or ({text} if text else set())


def jaccard(a, b):
    """Give the similarity of two texts in normal form."""
    one, other = shingles(a.strip()), shingles(b.strip())
    return len(one & other) / len(one | other)


def planted(pool, space, seed, pairs=60, units=60):
    """Make texts, and edited ones of them."""
    chance = random.Random(seed)
    texts = []
    for _ in range(pairs):
        text = chance.choices(pool, k=units)
        edited = list(text)
        for place in chance.sample(range(units), chance.randint(0, 8)):
            edited[place] = chance.choice(pool)
        texts += [space.join(text), space.join(edited)]
    return texts


@given(st.lists(WORDS, max_size=12))
def test_exact_without_normalisation_is_a_set(texts):
    """What stays are the different texts, in the order in which they first came."""
    done = sft.deduplicate(pa.table({"t": pa.array(texts, pa.string())}), "t", normalize=())
    empty = [text for text in texts if not text]
    assert list(dict.fromkeys(filter(None, texts))) == [t for t in done.kept["t"].to_pylist() if t]
    assert empty == [t for t in done.kept["t"].to_pylist() if not t]
    assert sorted(texts) == sorted(done.kept["t"].to_pylist() + done.rejected["t"].to_pylist())
    for text, name in zip(
        done.rejected["t"].to_pylist(), done.rejected["duplicate_of"].to_pylist(), strict=True
    ):
        assert text == texts[int(name.removeprefix("row "))]


@given(st.lists(WORDS, min_size=1, max_size=12), st.sampled_from([(), ("nfkc", "case", "spaces")]))
def test_a_stream_gives_what_a_dataset_gives(texts, steps):
    """Streaming and whole: the same rows, the same reasons, the same counts; also read twice."""
    ds = Dataset.from_dict({"t": texts, "n": range(len(texts))})
    whole = sft.deduplicate(ds, "t", normalize=steps)
    stream = sft.deduplicate(ds.to_iterable_dataset(), "t", normalize=steps)
    for _ in range(2):
        assert whole.kept.to_list() == list(stream.kept)
        assert (whole.counts, whole.noted) == (stream.counts, stream.noted)
        stream.counts.clear()
        assert whole.rejected.to_list() == list(stream.rejected)
        assert (whole.counts, whole.noted) == (stream.counts, stream.noted)
    assert list(whole.kept.features) == list(stream.kept.features)


@given(st.permutations(range(9)))
def test_the_order_of_rows_decides_nothing_where_rows_are_ranked_by_what_they_say(order):
    """`longest` and `best` keep the same texts however they are shuffled."""
    texts = [*planted(HAN, "", 1, pairs=3, units=30), "重复", "重 复", ""]
    table = pa.table({"t": texts, "score": [None, 1.0, 2.0, 2.0, float("nan"), 0.5, 1.0, 1.0, 3.0]})
    turned = table.take(pa.array(order))
    for keep in ("longest", "best"):
        expected = sft.deduplicate(table, "t", "near", 0.5, keep).kept["t"].to_pylist()
        found = sft.deduplicate(turned, "t", "near", 0.5, keep).kept["t"].to_pylist()
        assert sorted(expected) == sorted(found)


@given(st.integers(0, 10_000), st.sampled_from([0.5, 0.7, 0.8, 0.9]))
def test_only_what_is_alike_is_left_out(seed, threshold):
    """Every row that goes is at least as alike to the row that stays as was asked, counted by hand."""
    texts = planted(HAN, "", seed, pairs=6, units=25) + planted(LATIN, " ", seed, pairs=6, units=15)
    chance = random.Random(seed)
    texts += [text[: chance.randint(1, 12)] for text in texts]
    done = near(texts, threshold=threshold)
    stays = set(done.kept["t"].to_pylist())
    for row in done.rejected.to_pylist():
        kept = texts[int(row["duplicate_of"].removeprefix("row "))]
        assert kept in stays
        assert jaccard(row["t"], kept) == pytest.approx(row["similarity"])
        assert threshold <= row["similarity"]


@pytest.mark.parametrize(("pool", "space"), [(HAN, ""), (LATIN, " ")], ids=["zh", "en"])
def test_planted_near_duplicates_are_found(pool, space):
    """Recall of at least 0.98 at a similarity of 0.8 and more, in either language."""
    texts = planted(pool, space, 7, pairs=400)
    done = near(texts, threshold=0.8)
    gone = set(done.rejected["t"].to_pylist())
    alike = [b for a, b in zip(texts[::2], texts[1::2], strict=True) if jaccard(a, b) >= 0.8]
    assert len(alike) > 100
    assert 0.98 <= sum(text in gone for text in alike) / len(alike)


def test_chains_pull_no_strangers_together():
    """Where a is like b and b like c, c stays beside a unless it is like a itself."""
    text = "".join(HAN[:40])
    a, b, c = text, text[5:] + "".join(HAN[50:55]), text[10:] + "".join(HAN[50:60])
    assert jaccard(a, b) > 0.7 > jaccard(a, c)
    assert [a, c] == near([a, b, c], threshold=0.7).kept["t"].to_pylist()
    assert [b] == near([b, a, c], threshold=0.7).kept["t"].to_pylist()


def test_bands_find_what_they_have_to():
    """The chance that a pair at the threshold shares no band is at most one in a hundred."""
    for threshold in (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0):
        bands, rows = bands_for(threshold)
        assert bands * rows <= 256
        assert (1 - threshold**rows) ** bands <= 0.01


def test_bands_seldom_bring_strangers_together():
    """Pairs that share a band by chance grow with the square of the rows."""
    bands, rows = bands_for(0.8)
    assert 1 - (1 - 0.2**rows) ** bands < 1e-4


def test_what_is_compared():
    """Question, answer, both, or a column."""
    ds = Dataset.from_dict(
        {
            "messages": [
                chat("门票多少钱？", "80 元"),
                chat("门票多少钱？", "八十元"),
                chat("Tickets?", "80元"),
                chat("门票 多少钱?", "80 元"),
            ],
            "id": ["a", "b", "c", "d"],
        }
    )
    for by, kept in {"question": "ac", "answer": "ab", "both": "abc", "id": "abcd"}.items():
        assert list(kept) == sft.deduplicate(ds, by).kept["id"][:]
    row = sft.deduplicate(ds).rejected[0]
    assert ("d", "exact duplicate", "a", 1.0) == tuple(
        row[name] for name in ("id", "drop_reason", "duplicate_of", "similarity")
    )
    assert {"exact duplicate": 1} == dict(sft.last_run().drops)


def test_what_must_be_equal_is_never_merged():
    """Other media, other system prompts and other tools make another row; other reasoning, too."""
    image = [[{"bytes": bytes([n]), "path": None}] for n in (1, 2, 1)]
    pictures = Dataset.from_dict(
        {"messages": [chat("<image>这是什么？", "一座塔")] * 3, "images": image},
    )
    for method in ("exact", "near"):
        assert 2 == len(sft.deduplicate(pictures, "question", method).kept)
    systems = [[{"role": "system", "content": s}, *chat("hi", "yo")] for s in ("a", "b", "a")]
    ds = Dataset.from_dict({"messages": systems})
    assert 2 == len(sft.deduplicate(ds, "both").kept)
    assert 1 == len(sft.deduplicate(ds, "question").kept)
    pairs = Dataset.from_dict(
        {"prompt": ["q"] * 3, "chosen": ["y"] * 3, "rejected": ["n", "m", "n"]}
    )
    assert 2 == len(sft.deduplicate(pairs, "both").kept)


def test_rows_without_words_are_kept_and_told():
    """Nothing is no duplicate of nothing."""
    done = sft.deduplicate(pa.table({"t": ["", None, "a", "a", "  "]}), "t")
    assert ["", None, "a", "  "] == done.kept["t"].to_pylist()
    assert {"nothing to compare": 3} == dict(done.noted)
    assert "4 rows stay, 1 left out (exact duplicate 1); nothing to compare 3" == str(done)


def test_the_best_and_the_longest_row_stay():
    """By a column of numbers, or by characters."""
    table = pa.table({"t": ["a b", "A  B", "a   b"], "score": [1, None, 3], "other": [9, 8, 7]})
    assert [3] == sft.deduplicate(table, "t", keep="best").kept["score"].to_pylist()
    assert [9] == sft.deduplicate(table, "t", keep="best", score="other").kept["other"].to_pylist()
    assert ["a   b"] == sft.deduplicate(table, "t", keep="longest").kept["t"].to_pylist()


def test_each_split_by_itself():
    """A dataset dict gives dataset dicts."""
    ds = Dataset.from_dict({"text": ["a", "a", "b"]})
    done = sft.deduplicate(DatasetDict(train=ds, test=ds))
    assert {"train": 2, "test": 2} == {name: len(part) for name, part in done.kept.items()}
    assert {"train": 1, "test": 1} == {name: len(part) for name, part in done.rejected.items()}
    assert {"exact duplicate": 2} == dict(done.counts)


def test_an_empty_dataset_stays_empty():
    """No rows are no error."""
    table = pa.table({"t": pa.array([], pa.string())})
    for method in ("exact", "near"):
        done = sft.deduplicate(table, "t", method)
        assert (0, 0) == (done.kept.num_rows, done.rejected.num_rows)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"by": "no"}, "by is 'no'"),
        ({"method": "fuzzy"}, "method is 'fuzzy'"),
        ({"keep": "last"}, "keep is 'last'"),
        ({"threshold": 0.5}, "exact is exact"),
        ({"method": "near", "threshold": 0.0}, "threshold is 0.0"),
        ({"method": "semantic"}, "embedding_model="),
        ({"keep": "best"}, "No column 'score'"),
        ({"keep": "best", "score": "text"}, "needs numbers"),
    ],
)
def test_what_does_not_fit_is_told(options, words):
    """One clear error for each option."""
    with pytest.raises(ConfigurationError, match=words):
        sft.deduplicate(Dataset.from_dict({"text": ["a"]}), **options)


def test_other_refusals():
    """Names that are taken, steps that are unknown, streams that would have to be read whole."""
    with pytest.raises(ConfigurationError, match="my_drop_reason"):
        sft.deduplicate(pa.table({"t": ["a"], "drop_reason": ["b"]}), "t")
    with pytest.raises(UnknownName, match="spaces"):
        sft.deduplicate(pa.table({"t": ["a"]}), "t", normalize=["space"])
    stream = Dataset.from_dict({"text": ["a"]}).to_iterable_dataset()
    with pytest.raises(ConfigurationError, match="streaming=True"):
        sft.deduplicate(stream, method="near")
    with pytest.raises(ConfigurationError, match="load_dataset"):
        sft.deduplicate("rows.jsonl")


def test_other_words_are_found_by_embeddings(tmp_path, monkeypatch):
    """Every pair is compared; embeddings are asked for once."""
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "replies.sqlite"))
    texts = ["how high is the tower", "the tower is how high", "塔 门票 价格", "how high"] * 40
    texts = [f"{text}{' ' * n}x" if n == 70 else text for n, text in enumerate(texts)]
    with running() as server:
        options = {"embedding_model": "test-embed", "embedding_url": server.base_url}
        ds = Dataset.from_dict({"text": texts})
        done = sft.deduplicate(ds, method="semantic", threshold=0.97, **options)
        again = sft.deduplicate(ds, method="semantic", threshold=0.97, **options)
        asked = [kept for kept in server.requests() if kept["path"].endswith("/embeddings")]
    assert 1 == len(asked)
    assert done.kept.to_list() == again.kept.to_list()
    assert texts[0] == done.kept[0]["text"]
    assert texts[1] not in done.kept["text"]
    rows = [row for row in done.rejected.to_list() if row["text"] == texts[1]]
    assert {"semantic duplicate"} == {row["drop_reason"] for row in rows}
    assert {"row 0"} == {row["duplicate_of"] for row in rows}


def test_vectors_are_gone_through_by_rank(monkeypatch):
    """Blocks give what comparing one after the other gives."""
    monkeypatch.setattr(semantic, "_BLOCK", 4)
    chance = np.random.default_rng(0)
    vectors = chance.normal(size=(60, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    kept = []
    for row in range(60):
        if not any(vectors[row] @ vectors[other] >= 0.9 for other in kept):
            kept.append(row)
    of, similarity = semantic._by_rank(vectors, np.zeros(60, np.uint64), 0.9)
    assert kept == np.flatnonzero(of == np.arange(60)).tolist()
    assert (similarity >= 0.9).all()


def test_a_vector_that_points_nowhere_is_an_error(monkeypatch):
    """Rows are never merged, nor kept, on nothing."""
    ds = Dataset.from_dict({"text": ["a", "b"]})
    for vectors in ([[1.0], [0.0]], [[1.0], [float("nan")]], [[1.0], [1.0, 2.0]]):
        monkeypatch.setattr("hf_sft_builders.llm.embeddings.embed", lambda *_, v=vectors: v)
        with pytest.raises(ModelError, match="nowhere, for row 1|different lengths"):
            sft.deduplicate(ds, method="semantic", embedding_model="m")


def test_digests_of_equal_texts_with_other_keys_differ():
    """The key of a row is part of what is equal."""
    from hf_sft_builders.quality.normal_form import normal_form

    texts = normal_form(pa.array(["a", "a", "a"]))
    found = matching.digests_of(texts, np.array([0, 1, 0], np.uint64)).tolist()
    assert found[0] == found[2] != found[1]


def test_features_survive():
    """Class labels and images stay what they are, on both sides."""
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["负", "正"])}
    )
    ds = Dataset.from_dict({"text": ["a", "a"], "label": [0, 1]}, features=features)
    done = sft.deduplicate(ds, "text")
    assert features == done.kept.features
    assert features["label"] == done.rejected.features["label"]
