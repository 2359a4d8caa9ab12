"""`sft.compare` measures what it says, on the same held-out rows, and reads well in two languages."""

import random
import unicodedata

import pyarrow as pa
import pytest
from datasets import ClassLabel, Dataset

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.quality.diversity import distinct_shares, self_bleu
from hf_sft_builders.quality.naive_bayes import NaiveBayes, scores

GOOD = [
    "房间干净",
    "早餐好吃",
    "服务热情",
    "位置方便",
    "床很舒服",
    "风景优美",
    "价格公道",
    "值得再来",
]
BAD = [
    "房间肮脏",
    "早餐难吃",
    "服务冷淡",
    "位置偏僻",
    "床太僵硬",
    "半夜吵闹",
    "价格离谱",
    "不会再来",
]


def reviews(rows, seed):
    """Make reviews and their labels."""
    chance = random.Random(seed)
    labels = [chance.choice(["正面", "负面"]) for _ in range(rows)]
    texts = ["，".join(chance.sample(GOOD if la == "正面" else BAD, 4)) for la in labels]
    return {"text": [f"{text}{chance.randint(0, 9999)}" for text in texts], "label": labels}


def test_flipped_labels_are_found_and_hurt():
    """An augmentation that turns labels round has flips, conflicts, and a worse classifier."""
    before = reviews(160, 1)
    turned = ["正面" if label == "负面" else "负面" for label in before["label"]]
    good = {name: before[name] + reviews(400, 2)[name] for name in before}
    bad = {
        "text": before["text"] + [f"的确{text}" for text in before["text"]] * 2,
        "label": before["label"] + turned * 2,
    }
    found = {
        name: sft.compare(Dataset.from_dict(before), Dataset.from_dict(after))
        for name, after in {"good": good, "bad": bad}.items()
    }
    assert "label" == found["good"].label
    assert 300 < found["bad"].label_flips <= 320
    assert found["good"].label_flips < 30
    assert found["good"].after.conflicts < 0.05 < found["bad"].after.conflicts
    assert found["bad"].after.accuracy < found["bad"].before.accuracy
    assert found["good"].after.accuracy >= 0.9
    assert found["good"].held_out == found["bad"].held_out == 32
    assert found["good"].before == found["bad"].before


def test_rows_made_from_held_out_rows_are_not_learnt_from():
    """By lineage: `parent:step:sample`, however far."""
    before = {**reviews(50, 3), "id": [f"row{n}" for n in range(50)]}
    other = reviews(100, 4)
    ids = [f"row{n}:rewrite:0" for n in range(50)] + [f"row{n}:a:0:b:1" for n in range(50)]
    apart = sft.compare(
        pa.table(before), pa.table({**other, "id": ids}), threshold=1.0, holdout=0.2
    )
    assert 10 == apart.held_out
    assert 20 == apart.kin
    assert 80 == apart.after.trained_on
    assert 40 == apart.before.trained_on


def test_a_test_set_of_ones_own():
    """Then nothing is held out of `before`, except what stands in the test set."""
    before, test = reviews(60, 5), Dataset.from_dict(reviews(20, 6))
    both = Dataset.from_dict({name: before[name] + test[name][:] for name in before})
    found = sft.compare(Dataset.from_dict(before), both, test=test, threshold=1.0)
    assert (20, 60, 60) == (found.held_out, found.before.trained_on, found.after.trained_on)
    assert 20 == found.kin


def test_class_labels_are_compared_by_name():
    """Numbers of classes may differ between two datasets; names count."""
    rows = reviews(40, 8)
    before = Dataset.from_dict(rows).cast_column("label", ClassLabel(names=["正面", "负面"]))
    after = Dataset.from_dict(rows).cast_column("label", ClassLabel(names=["负面", "正面"]))
    found = sft.compare(before, after)
    assert 0 == found.label_flips
    assert found.before.labels == found.after.labels
    assert {"正面", "负面"} == set(found.before.labels)


def test_without_labels_there_is_no_classifier():
    """And the table says why."""
    ds = Dataset.from_dict({"text": ["云溪", "古城", "云溪 古城"]})
    found = sft.compare(ds, ds)
    assert found.before == found.after
    assert found.before.accuracy is None
    assert "no column of labels" in str(found)
    assert "没有标签列" in found.table("zh")
    one = Dataset.from_dict({"text": list("abcdefghij"), "label": ["x"] * 10})
    assert "fewer than two labels" in str(sft.compare(one, one))


def test_the_table_is_straight():
    """Columns stand under each other, also where characters are two wide."""
    ds = Dataset.from_dict(reviews(30, 9))
    for language in ("en", "zh"):
        lines = sft.compare(ds, ds).table(language).split("\n")[:-2]
        widths = {
            sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) for line in lines
        }
        assert 1 == len(widths)
    with pytest.raises(UnknownName, match="fr"):
        sft.compare(ds, ds).table("fr")


def test_the_order_of_rows_changes_nothing():
    """Samples and held-out rows come from what rows say."""
    rows = pa.table(reviews(80, 10))
    turned = rows.take(pa.array(range(79, -1, -1)))
    one, other = sft.compare(rows, rows).to_dict(), sft.compare(turned, turned).to_dict()
    assert one["held_out"] == other["held_out"]
    for name in ("distinct_1", "distinct_3", "self_bleu", "accuracy", "macro_f1", "balance"):
        assert one["before"][name] == pytest.approx(other["before"][name])


def test_diversity_by_hand():
    """Distinct shares and self-BLEU of texts that can be counted."""
    texts = pa.array(["a b a", "a b", "云云溪"])
    assert pytest.approx((4 / 8, 4 / 5)) == distinct_shares(texts, (1, 2))
    assert (0.0,) == distinct_shares(pa.array([""]), (1,))
    same = pa.array(["the same words in each of the texts"] * 4)
    assert 1.0 == pytest.approx(self_bleu(same))
    assert 0.0 == self_bleu(pa.array(["a b c d", "e f g h"]))
    assert 0.0 == self_bleu(pa.array(["alone"]))
    assert 0 < self_bleu(pa.array(["a b c d e", "a b c x y", "q r s t u v"])) < 0.5


def test_the_classifier_learns():
    """Unseen texts of the same words get their label; scores are those of the books."""
    train, test = reviews(100, 11), reviews(40, 12)
    model = NaiveBayes.trained(pa.array(train["text"]), train["label"])
    assert 0.95 <= scores(test["label"], model.labelled(pa.array(test["text"])))[0]
    accuracy, f1 = scores(["a", "a", "b", "b"], ["a", "b", "b", "b"])
    assert (0.75, pytest.approx((2 / 3 + 4 / 5) / 2)) == (accuracy, f1)


def test_what_does_not_fit_is_told():
    """Streams, columns that are missing, parts out of range."""
    ds = Dataset.from_dict({"text": ["a"]})
    with pytest.raises(ConfigurationError, match="streaming=True"):
        sft.compare(ds, ds.to_iterable_dataset())
    with pytest.raises(ConfigurationError, match="No column 'kind'"):
        sft.compare(ds, ds, label="kind")
    with pytest.raises(ConfigurationError, match="holdout is 1"):
        sft.compare(ds, ds, holdout=1)
