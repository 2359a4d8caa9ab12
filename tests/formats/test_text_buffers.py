"""Texts moved in bulk, by their bytes, are the texts moved one by one."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders.formats.text_buffers import (
    cut_bytes,
    empty_texts,
    in_turn,
    kept_texts,
    spread_texts,
    text_sizes,
    two_in_turn,
    without_nulls,
    woven,
)
from hf_sft_builders.formats.turns import Turns

WORDS = st.text(st.sampled_from("a门é👍\n"), max_size=5)
MAYBE = st.none() | WORDS


def column(texts, skip=0):
    """A column that is a slice of a longer one: its first text does not begin at byte 0."""
    return pa.array(["前"] * skip + texts, pa.string())[skip:]


def whole(texts):
    """The texts, after Arrow has looked at every offset and every byte."""
    texts.validate(full=True)
    return texts.to_pylist()


@given(texts=st.lists(st.tuples(MAYBE, st.booleans()), max_size=40), skip=st.integers(0, 2))
def test_marked_texts_are_kept(texts, skip):
    """Many runs or few, with nulls or without, in a slice or not."""
    mask = np.array([kept for _, kept in texts], dtype=bool)
    for filled in ("", None):
        said = [filled if text is None else text for text, _ in texts]
        expected = [text for text, (_, kept) in zip(said, texts, strict=True) if kept]
        assert expected == whole(kept_texts(column(said, skip), mask))


def test_long_runs_are_kept():
    """Nearly all of many texts, which is what a system message taken out leaves."""
    texts = [f"第 {n} 句" for n in range(1000)]
    mask = np.arange(1000) % 50 > 0
    assert [t for n, t in enumerate(texts) if n % 50] == whole(kept_texts(column(texts, 3), mask))
    assert texts[::50] == whole(kept_texts(column(texts, 3), ~mask))


@given(
    texts=st.lists(WORDS, max_size=20),
    others=st.lists(st.tuples(st.integers(0, 20), WORDS), max_size=8),
    skip=st.integers(0, 2),
)
def test_texts_are_woven_in(texts, others, skip):
    """Others stand before their place, in order, also several at one place and at the end."""
    others = sorted((min(place, len(texts)), text) for place, text in others)
    expected = []
    for place, text in enumerate([*texts, None]):
        expected += [other for at, other in others if at == place]
        expected += [] if text is None else [text]
    places = np.array([place for place, _ in others], dtype=np.int64)
    found = woven(column(texts, skip), places, column([text for _, text in others], skip))
    assert expected == whole(found)


@given(rows=st.lists(MAYBE, max_size=20), skip=st.integers(0, 2))
def test_texts_are_spread_over_rows(rows, skip):
    """Marked rows get the texts in order, others the empty text."""
    mask = np.array([text is not None for text in rows], dtype=bool)
    texts = column([text for text in rows if text is not None], skip)
    assert [text or "" for text in rows] == whole(spread_texts(texts, mask))


@given(
    texts=st.lists(st.tuples(WORDS, st.integers(0, 25), st.integers(0, 25)), max_size=8),
    skip=st.integers(0, 2),
)
def test_texts_are_cut_at_bytes(texts, skip):
    """A cut inside a character moves to its end; what is cut is text."""

    def moved(encoded, place):
        place = min(place, len(encoded))
        while place < len(encoded) and encoded[place] & 0xC0 == 0x80:
            place += 1
        return place

    said = [text.encode() for text, _, _ in texts]
    starts, stops = (np.array([row[n] for row in texts], dtype=np.int64) for n in (1, 2))
    expected = []
    for text, start, stop in zip(said, starts, stops, strict=True):
        expected.append(text[moved(text, start) : moved(text, stop)].decode())
    cells = column([text for text, _, _ in texts], skip)
    assert expected == whole(cut_bytes(cells, starts, stops))
    assert [t.decode() for t in said] == whole(cut_bytes(cells))


@given(texts=st.lists(MAYBE, max_size=9), skip=st.integers(0, 2))
def test_sizes_are_bytes(texts, skip):
    """Null has none."""
    cells = column(texts, skip)
    assert [len((text or "").encode()) for text in texts] == text_sizes(cells).tolist()
    assert [text or "" for text in texts] == whole(without_nulls(cells))


@pytest.mark.parametrize("count", [0, 1, 2, 5, 100_000])
def test_two_texts_in_turn(count):
    """They are made, and recognised; one that is out of turn is no pair."""
    texts = in_turn(("user", "助手"), count)
    assert [("user", "助手")[n % 2] for n in range(count)] == whole(texts)
    assert (("user", "助手") if count > 1 else None) == two_in_turn(texts)
    if count > 2:
        odd = pa.array(["user", "助手", "useR", *texts[3:].to_pylist()])
        assert two_in_turn(odd) is None
        assert two_in_turn(pa.array([None, *texts[1:].to_pylist()])) is None
    assert [""] * count == whole(empty_texts(count))


@given(
    rows=st.lists(
        st.tuples(WORDS, st.lists(st.tuples(st.sampled_from(["user", "tool"]), MAYBE), max_size=4)),
        max_size=6,
    )
)
def test_a_system_message_goes_in_and_comes_out(rows):
    """`with_system` and `split_system` are each other's way back, whatever stands beside."""
    offsets = np.cumsum([0, *(len(turns) for _, turns in rows)])
    flat = [turn for _, turns in rows for turn in turns]
    fields = {
        "role": pa.array([role for role, _ in flat], pa.string()),
        "content": pa.array([text for _, text in flat], pa.string()),
        "reasoning": pa.array([text for _, text in flat], pa.string()),
        "tool_calls": pa.nulls(len(flat), pa.string()),
    }
    told = Turns(offsets.astype(np.int64), fields)
    system = pa.array([text for text, _ in rows], pa.string())
    taken, rest = Turns.of(told.with_system(system).column()).split_system()
    assert system.to_pylist() == whole(taken)
    assert told.column().to_pylist() == whole(rest.column())
