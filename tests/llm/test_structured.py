"""Structured replies: what is read, what is mended and named, what is refused."""

import json
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, RootModel

from hf_sft_builders.errors import ReplyRejected
from hf_sft_builders.llm.structured import (
    complete_items,
    parse_reply,
    read_reply,
    response_format,
    shape_instruction,
    split_reasoning,
)


class Pair(BaseModel):
    """A question and its answer."""

    question: str
    answer: str


class Pairs(BaseModel):
    """One list of objects."""

    pairs: list[Pair]


class Questions(BaseModel):
    """One list of strings."""

    questions: list[str]


class Score(BaseModel):
    """Nothing is required."""

    score: float | None = None
    note: str = ""


class Nested(BaseModel):
    """A bit of everything."""

    name: str
    size: int
    share: float
    good: bool
    tags: list[str]
    inner: Pair | None = None


class Names(RootModel[list[str]]):
    """A list without an object."""


ONE = '{"question": "Who?", "answer": "Ada"}'
TWO = '{"question": "When?", "answer": "1843"}'
WHOLE = f'{{"pairs": [{ONE}, {TWO}]}}'
OTHER = WHOLE.replace("Ada", "Bob")
BOTH = Pairs(pairs=[Pair(question="Who?", answer="Ada"), Pair(question="When?", answer="1843")])


@pytest.mark.parametrize(
    ("text", "repairs"),
    [
        (WHOLE, ()),
        (f"\n {WHOLE}\n", ()),
        (f"```json\n{WHOLE}\n```", ("code fence",)),
        (f"```\n{WHOLE}\n```\n", ("code fence",)),
        (f"```json\n{WHOLE}", ("code fence",)),
        (f"~~~json\n{WHOLE}\n~~~", ("code fence",)),
        (f"Here you are [1]:\n{WHOLE}\nAnything else?", ("prose around",)),
        (f"Here:\n```json\n{WHOLE}\n```\nBye.", ("code fence", "prose around")),
        (f"<think>Not {OTHER}, but {{</think>\n{WHOLE}", ("thinking before",)),
        (f"<Thinking>\nHm.</THINKING>{WHOLE}", ("thinking before",)),
        (f"<think>a</think>\n<think>b</think>{WHOLE}", ("thinking before",)),
        (f"Let me see {OTHER}.\n</think>\n\n{WHOLE}", ("thinking before",)),
        (f"Let me see.</think>{WHOLE}", ("thinking before",)),
        (WHOLE.replace('"', "'"), ("single quotes",)),
        (WHOLE.replace("}]", "},]").replace('"}', '",}'), ("trailing comma",)),
        (WHOLE.replace('"question"', "question"), ("unquoted keys",)),
        (WHOLE.replace('"', "“", 1).replace('"', "”", 1), ("smart quotes as delimiters",)),
        (WHOLE.replace(":", "：").replace(",", "，"), ("full-width punctuation",)),
        (WHOLE.replace(", ", ", // next\n") + " # end", ("comments", "prose around")),
        (WHOLE.replace("[", "[ /* two */ # [\n"), ("comments",)),
        (f"[{ONE}, {TWO}]", ("list without its object",)),
        (f"{ONE}\n{TWO}", ("one object per line",)),
        (f"{ONE},\n{TWO}", ("one object per line",)),
        (f"```json\n{ONE}\n```\n```json\n{TWO}\n```", ("code fence", "one object per line")),
        (f"[{WHOLE}]", ("wrapped in a list of one",)),
        (f'{{"response": {WHOLE}}}', ("wrapped in an object of one",)),
        (f"{WHOLE}\n{WHOLE}", ("repeated",)),
        (f"First {OTHER}. Better: {WHOLE}", ("earlier candidates", "prose around")),
        (f'{{"pairs": [{{oops}}]}}\nAgain:\n{WHOLE}', ("prose around",)),
        (f"\ufeff{WHOLE}", ()),
        (f"Use {{name}} and [link](x) and [...].\n{WHOLE}", ("prose around",)),
    ],
)
def test_what_models_send_is_read_and_the_mending_named(text, repairs):
    """Real models' habits are read as what they mean."""
    reply = read_reply(text, Pairs)
    assert (BOTH, repairs) == (reply.value, reply.repairs)
    assert BOTH == parse_reply(text, Pairs)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"note": "a\nb\tc"}', "a\nb\tc"),
        ("{'note': 'It\\'s \"so\"'}", 'It\'s "so"'),
        ("{'note': 'it's'}", "it's"),
        ('{"note": "it\\\'s", }', "it's"),
        ('{"note": "：，“”…[{"}', "：，“”…[{"),
        ('{“note”： "他说：“好，”"}', "他说：“好，”"),
        ('{note: "```json\\n{}\\n```"}', "```json\n{}\n```"),
        ('```\n{"note": "</think> # // /* ..."}\n```', "</think> # // /* ..."),
        ('{"score": None, "note": "\\u4e91\\ud83d\\ude00",}', "云😀"),
    ],
)
def test_strings_keep_what_is_in_them(text, value):
    """Mending touches what stands around strings, never what they say."""
    assert value == read_reply(text, Score).value.note


def test_python_literals_are_values():
    """True, False and None are read; nothing is evaluated."""
    text = "{'name': 'x', 'size': 3, 'share': 1.5e-3, 'good': True, 'tags': [], 'inner': None}"
    reply = read_reply(text, Nested)
    assert Nested(name="x", size=3, share=1.5e-3, good=True, tags=[]) == reply.value
    assert ("Python literals", "single quotes") == reply.repairs
    for code in (
        "{'score': 1+1}",
        "{'score': float('nan')}",
        "{'note': 'a' 'b'}",
        "{'note': f'a'}",
    ):
        with pytest.raises(ReplyRejected):
            read_reply(code, Score)


@pytest.mark.parametrize(
    ("text", "items", "repairs"),
    [
        ("1. Who?\n2. When?", ["Who?", "When?"], ()),
        ("1) Who?\n\n2) When?\n", ["Who?", "When?"], ()),
        ("1、谁？\n2、何时？", ["谁？", "何时？"], ()),
        ("（1）谁？\n（2）何时？", ["谁？", "何时？"], ()),
        ("- Who?\n- When?", ["Who?", "When?"], ()),
        ("Sure:\n\n* Who?\n* When?\n\nBye.", ["Who?", "When?"], ("prose around",)),
        ("```\n1. Who?\n2. When?\n```", ["Who?", "When?"], ("code fence",)),
        ('1. "Who?"\n2. "When?"', ["Who?", "When?"], ()),
        ('1. "Who" is it?\n2. Is it "when"?', ['"Who" is it?', 'Is it "when"?'], ()),
        ("1. Is [0, 1) open?\n2. Is `[]` empty?", ["Is [0, 1) open?", "Is `[]` empty?"], ()),
        ("1. Long,\n   longer?\n2. When?", ["Long,\nlonger?", "When?"], ()),
        (
            "<think>\n1. no\n</think>\n1. 1.5 m?\n2. When?",
            ["1.5 m?", "When?"],
            ("thinking before",),
        ),
    ],
)
def test_numbered_and_bulleted_lists_are_lists_of_strings(text, items, repairs):
    """A shape with one list of strings can be answered by a list in Markdown."""
    reply = read_reply(text, Questions)
    assert items == reply.value.questions
    assert tuple(sorted(("numbered list", *repairs))) == reply.repairs
    assert items == read_reply(text, Names).value.root


@pytest.mark.parametrize(
    "text",
    [
        "1. Who?\n3. When?",
        "1. Who?\nreally?\n2. When?",
        "1. Who?\n   - where?\n2. When?",
        "1. Who?\n\nMore:\n\n1. When?",
        "1. Who?\n2. …",
        "I cannot do that.\n- Sorry",
        "Who? When?",
    ],
)
def test_lists_that_could_lose_an_item_are_refused(text):
    """A missing number, a line of nobody's, a list in a list: asked for again."""
    with pytest.raises(ReplyRejected):
        read_reply(text, Questions)


@pytest.mark.parametrize(
    ("text", "schema", "words"),
    [
        ("", Pairs, "empty"),
        ("I cannot help with that.", Pairs, "no JSON"),
        (WHOLE[:-1], Pairs, "ends before"),
        (f"```json\n{WHOLE[:-4]}", Pairs, "ends before"),
        (f"```json\n{WHOLE[:-2]}\n```", Pairs, "found"),
        (f"{ONE}\n{TWO[:-3]}", Pairs, "ends before"),
        (f"First {WHOLE} then {WHOLE[:-9]}", Pairs, "ends before"),
        (f"<think>{WHOLE}", Pairs, "thinking"),
        (f"<think>{WHOLE}</think>", Pairs, "thinking"),
        (f'{{"pairs": [{ONE}, ...]}}', Pairs, "placeholder"),
        (f'{{"pairs": [{ONE}, …]}}', Pairs, "placeholder"),
        ('{"pairs": [...]}', Pairs, "placeholder"),
        (f"{WHOLE}\n{OTHER}", Pairs, "two different"),
        (f"```json\n{WHOLE}\n```\n```json\n{OTHER}\n```", Pairs, "two different"),
        (f'{WHOLE} in the form {{"pairs": []}}', Pairs, "two different"),
        (f'{WHOLE} or {{"pairs": [{{"question": "x"}}]}}', Pairs, "another"),
        (f"A: {ONE} and B: {TWO}", Pairs, "words between"),
        (
            f'{{"pairs": [{ONE}, {{"question": "He said "hi"", "answer": "x"}}]}}',
            Pairs,
            "found 'hi",
        ),
        (f'{{"pairs": [{{bad}}, {ONE}]}}', Pairs, "colon"),
        (f'{{"pairs": [{ONE} {TWO}]}}', Pairs, "comma"),
        (f'{{"pairs": [{ONE},, {TWO}]}}', Pairs, "value"),
        (f'{{"pairs": [{ONE}}}', Pairs, "closes"),
        ('{"note": "\\alpha"}', Score, "backslash"),
        ('{"pairs": [{"question": "Who?"}]}', Pairs, "pairs.0.answer: Field required"),
        ('{"else": 1}', Score, "known"),
        ('[{"else": 1}]', Score, "expected|Expected"),
        ("Sorry. [ ]", Questions, "Expected"),
        ('Either ["a"] or ["b"]', Questions, "two different"),
        ('{"note": "\ud800"}', Score, "unicode"),
        ('{"note": "\\ud800"}', Score, "hex escape"),
        ("[" * 150 + "]" * 150, Questions, "brackets"),
    ],
)
def test_what_is_incomplete_or_ambiguous_is_refused(text, schema, words):
    """Nothing that may be half of something passes; the refusal is short and says what and why."""
    with pytest.raises(ReplyRejected, match=words) as error:
        read_reply(text, schema)
    assert schema.__name__ in str(error.value)
    assert len(str(error.value)) < 900


def test_a_refusal_stays_short():
    """However long the reply and however many its faults, the words can be sent back."""
    text = json.dumps({"pairs": [{"question": "x" * 500}] * 500, "y" * 10_000: 1})
    with pytest.raises(ReplyRejected) as error:
        read_reply(text, Pairs)
    assert len(str(error.value)) < 900


@pytest.mark.parametrize(
    ("text", "schema", "said", "items"),
    [
        (WHOLE[:-5], Pairs, "1 of 2, truncated", 1),
        (f'{{"pairs": [{ONE},', Pairs, "1 of 2, truncated", 1),
        (f'{{"pairs": [{ONE}', Pairs, "1 of 1, truncated", 1),
        (f"```json\n[{ONE}, {TWO}, {{", Pairs, "2 of 3, truncated", 2),
        (f"{ONE}\n{TWO[:20]}", Pairs, "1 of 2, truncated", 1),
        ('{"questions": ["a", "b", "c', Questions, "2 of 3, truncated", 2),
        ('["a", "b"', Names, "1 of 2, truncated", 1),
        ("1. a\n2. b\n3. c", Questions, "2 of 3, truncated", 2),
        (WHOLE, Pairs, "2 of 2, truncated", 2),
    ],
)
def test_complete_items_of_a_cut_off_list(text, schema, said, items):
    """Of a cut-off list the complete items can be had, with how many there are."""
    part = complete_items(text, schema)
    assert (said, items) == (str(part), part.complete)
    assert items == len(next(iter(dict(part.value).values())))


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ('{"pairs": [{"question": "Who?"', Pairs),
        ('{"pai', Pairs),
        ("<think>hm", Pairs),
        ('{"name": "x", "tags": ["a", "b", "c', Nested),
        (f'{{"other": [{ONE}, {TWO}', Pairs),
        ('{"pairs": [{"question": "Who?"}, {"quest', Pairs),
        ("", Questions),
        ("1. a", Questions),
    ],
)
def test_no_part_is_made_up(text, schema):
    """Without one complete item, or one list to keep it in, there is no part."""
    with pytest.raises(ReplyRejected):
        complete_items(text, schema)


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("Hello.", "", "Hello."),
        ("  Hello. ", "", "  Hello. "),
        ("<think>a</think>b", "a", "b"),
        (" \n<THINK>\na\n</Think>\n\nb", "a", "b"),
        ("<thinking>a</thinking>b", "a", "b"),
        ("<think>a</think><thinking>c</thinking>b", "a\n\nc", "b"),
        ("<think></think>b", "", "b"),
        ("<think>a", "a", ""),
        ("<thinking>a</think>b", "a</think>b", ""),
        ("b <think>a</think>", "", "b <think>a</think>"),
        ("a\n</think>\n\nb", "a", "b"),
        ("Close it with </think> there.", "", "Close it with </think> there."),
        ("```\n<think>\n</think>\n```", "", "```\n<think>\n</think>\n```"),
    ],
)
def test_reasoning_is_parted_from_the_answer(text, reasoning, answer):
    """Thinking is captured at the start only, and is never part of the answer."""
    assert (reasoning, answer) == split_reasoning(text)


def test_shapes_are_asked_for():
    """The shape goes out as a schema with a name that servers accept, or in words."""
    asked = response_format(Pairs)["json_schema"]
    assert ("Pairs", Pairs.model_json_schema()) == (asked["name"], asked["schema"])
    assert '"question"' in shape_instruction(Pairs)


def test_aliases_are_the_keys():
    """A field is known by the name that it has in JSON."""

    class Aliased(BaseModel):
        found: list[str] = Field(alias="问题")

    assert ["a"] == read_reply('{"问题": ["a"]}', Aliased).value.found
    assert ["a", "b"] == read_reply('["a", "b"]', Aliased).value.found
    assert ["a"] == complete_items('{"问题": ["a", "b', Aliased).value.found


@pytest.mark.parametrize(
    "hostile",
    [
        "[",
        '"',
        "{",
        '["',
        "['",
        '{"a":',
        "[“",
        "[/*",
        '[\\"',
        "[x",
        "{x:",
        '["a"b',
        "[1,",
        '["\\q',
        "</think",
        "<think>",
        "[#",
        "{'a'b",
        " ",
        "`",
        "[ ",
        "1. a\n",
        "- [\n",
        '{"a":1}',
        "[1]",
        "'a's",
    ],
)
def test_hostile_text_takes_linear_time(hostile):
    """A megabyte of anything is refused or read in seconds, without recursion."""
    small, large = (_seconds(hostile * (size // len(hostile))) for size in (50_000, 1_000_000))
    assert large < max(60 * small, 4.0)


def _seconds(text):
    begin = time.process_time()
    for schema in (Questions, Pairs):
        for read in (read_reply, complete_items):
            try:
                read(text, schema)
            except ReplyRejected as error:
                assert len(str(error)) < 900
    return time.process_time() - begin


WORDS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20)
SOME_PAIRS = st.builds(Pairs, pairs=st.lists(st.builds(Pair, question=WORDS, answer=WORDS)))
VALUES = st.one_of(
    SOME_PAIRS,
    st.builds(Questions, questions=st.lists(WORDS)),
    st.builds(
        Nested,
        name=WORDS,
        size=st.integers(),
        share=st.floats(allow_nan=False, allow_infinity=False),
        good=st.booleans(),
        tags=st.lists(WORDS),
        inner=st.none() | st.builds(Pair, question=WORDS, answer=WORDS),
    ),
)
PLAIN = st.text(st.sampled_from("abc .,!?\n云"), max_size=30)


def written(value, indent, ascii_only):
    """Write a value as JSON."""
    return json.dumps(value.model_dump(), indent=indent, ensure_ascii=ascii_only)


@given(VALUES, st.sampled_from([None, 0, 2]), st.booleans(), PLAIN, PLAIN)
@settings(deadline=None)
def test_valid_json_is_always_read_exactly(value, indent, ascii_only, before, after):
    """As it stands, in a fence, in an open fence and between prose, it is the same value."""
    text = written(value, indent, ascii_only)
    schema = type(value)
    reply = read_reply(text, schema)
    assert (value, ()) == (reply.value, reply.repairs)
    for around in (
        f"```json\n{text}\n```",
        f"```\n{text}",
        f"{before}\n{text}\n{after}",
        f"{before} {text} {after}",
        f"{before}\n```json\n{text}\n```\n{after}",
        f"<think>{before}</think>{text}",
    ):
        assert value == read_reply(around, schema).value


@given(VALUES, st.sampled_from([None, 0, 2]), st.booleans(), st.data())
@settings(deadline=None)
def test_any_truncation_is_refused(value, indent, ascii_only, data):
    """However valid JSON is cut, bare, fenced or after prose, no half of it passes."""
    text = written(value, indent, ascii_only)
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    for around in (cut, f"```json\n{cut}", f"Here:\n{cut}", f"Here: {cut}"):
        with pytest.raises(ReplyRejected):
            read_reply(around, type(value))


@given(SOME_PAIRS, st.sampled_from([None, 0, 2]), st.booleans(), st.data())
@settings(deadline=None)
def test_a_part_is_a_part(value, indent, ascii_only, data):
    """What `complete_items` gives of a cut reply is its beginning, item by item."""
    text = written(value, indent, ascii_only)
    cut = text[: data.draw(st.integers(0, len(text)))]
    try:
        part = complete_items(cut, Pairs)
    except ReplyRejected:
        return
    assert value.pairs[: part.complete] == part.value.pairs
    assert part.complete <= part.begun <= max(len(value.pairs), part.complete)


NOISE = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            ["{", "}", "[", "]", '"', "'", "“", "”", ":", "：", ",", "...", "\\", "\n", " ", "1", "-1.5",
             "pairs", '"pairs"', '"questions"', "question", "null", "True", "```json\n", "```", "<think>",
             "</think>", "//", "#", "/*", "*/", "1. ", "2. ", "- ", ONE, WHOLE, "\ud800", "\x00", "1e999"]
        )
    ).map("".join),
)  # fmt: skip


@given(NOISE)
@example('{"size": ' + "9" * 5000 + "}")
@example('{"share": 1e999}')
@settings(deadline=None, max_examples=400)
def test_nothing_but_a_refusal_is_raised(text):
    """Whatever a model sends is a value or a `ReplyRejected`."""
    for schema in (Pairs, Questions, Score, Nested, Names):
        for read in (read_reply, complete_items):
            try:
                value = read(text, schema).value
            except ReplyRejected:
                continue
            assert isinstance(value, schema)
