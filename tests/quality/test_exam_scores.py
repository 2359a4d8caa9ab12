"""`sft.score_exam`: what models say in place of a bare letter, and what that is worth."""

import pytest

import hf_sft_builders as sft
from hf_sft_builders import errors

OPTIONS = "A. 21.4 米\nB. 28.6 米\nC. 30 米\nD. 33 米"
EMPTY = {"options": "", "question": "?"}


def single(answer="B", kind="single_choice"):
    """An item with four options."""
    return {"question_type": kind, "question": "有多高？", "options": OPTIONS, "answer": answer}


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("B", True),
        ("b", False),
        ("B. 28.6 米", True),
        ("（B）", True),
        ("**B**", True),
        ("答案是 B。", True),
        ("选 B", True),
        ("正确选项：B", True),
        ("The answer is B.", True),
        ("A is tempting, but the answer is (B).", True),
        ("望云楼高 28.6 米。", True),
        ("A", False),
        ("The answer is C", False),
        ("答案是 A、B", False),
        ("21.4 米或 28.6 米", False),
        ("A good question.", False),
        ("E", False),
        ("", False),
    ],
)
def test_a_choice_is_read_in_many_words(words, right):
    """Whatever stands around the letter; two letters are no single choice."""
    assert float(right) == sft.score_exam([words], [single()]).accuracy


def test_an_article_is_no_letter():
    """A sentence that begins with "A" chooses nothing."""
    scores = sft.score_exam(["A good question, I do not know."], [single("A")])
    assert (0.0, 1) == (scores.accuracy, scores.unread)


@pytest.mark.parametrize(
    ("words", "right"),
    [("AC", True), ("A、C", True), ("答案：A 和 C", True), ("A", False), ("ABC", False)],
)
def test_several_choices_must_all_be_named(words, right):
    """No point for a part."""
    assert float(right) == sft.score_exam([words], [single("AC", "multiple_choice")]).accuracy


@pytest.mark.parametrize(
    ("words", "truth"),
    [
        ("正确", "true"),
        ("错误", "false"),
        ("这个说法不正确。", "false"),
        ("不对，应为 28.6 米。", "false"),
        ("对", "true"),
        ("True", "true"),
        ("False. It would be correct for another tower.", "false"),
        ("That is not true.", "false"),
        ("incorrect", "false"),
    ],
)
def test_statements_are_true_or_false(words, truth):
    """不正确 is no 正确."""
    for answer in ("true", "false"):
        item = {**EMPTY, "question_type": "true_false", "answer": answer}
        assert float(answer == truth) == sft.score_exam([words], [item]).accuracy


def test_short_answers_hold_the_words_and_the_numbers():
    """And open ones are left to a judge."""
    items = [{**EMPTY, "question_type": "short_answer", "answer": "28.6 米"}] * 3
    items += [{**EMPTY, "question_type": "open_answer", "answer": "…"}]
    scores = sft.score_exam(["高 28.6 米。", "29 米", "128.6 米", "很高"], items)
    assert (1 / 3, 3, 1) == (scores.accuracy, scores.items, scores.open_items)
    assert {"short_answer": (1, 3)} == scores.by_kind


def test_the_exam_of_the_builder_answers_itself(load, docs):
    """Its own last turns are the key; what cannot be read is counted."""
    exam = load("exam", data_dir=str(docs), split="train")
    scores = sft.score_exam(exam, exam)
    assert (1.0, len(exam), 0) == (scores.accuracy, scores.items, scores.unread)
    assert "accuracy 100.0%" in str(scores)
    assert 1 == sft.score_exam(["我不知道"], [single()]).unread


@pytest.mark.parametrize(
    ("predictions", "exam", "words"),
    [(["A"], [], "1 predictions for 0 items"), (["A"], [{"answer": "A"}], "no 'question_type'")],
)
def test_what_is_no_exam_is_told(predictions, exam, words):
    """One clear error."""
    with pytest.raises(errors.ConfigurationError, match=words):
        sft.score_exam(predictions, exam)
