"""Shapes of records, from the plainest pair to calls, pairs of answers and media; Hypothesis draws the words.

A shape is a strategy of one record's columns. `shapes_of(format)` are those that the format can
hold and say, found by trying, so that a new format is tested without a line of test code.
"""

from __future__ import annotations

import functools
import json

from hypothesis import strategies as st

from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats import get_format
from hf_sft_builders.records import MESSAGE, RECORD, record_table

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30)
CALL = json.dumps([{"name": "search", "arguments": {"city": "云溪"}}], ensure_ascii=False)
OTHER_CALL = json.dumps([{"name": "weather", "arguments": {"days": 2}}])
TOOLS = json.dumps([{"name": "search", "parameters": {}}])
FILES = st.one_of(
    st.builds(lambda path: {"bytes": None, "path": path}, WORDS),
    st.builds(lambda data: {"bytes": data, "path": None}, st.binary(min_size=1, max_size=8)),
)


def message(role, content, **more):
    """One message of a record."""
    return dict.fromkeys(MESSAGE.names) | {"role": role, "content": content, **more}


@st.composite
def pairs(draw):
    """A question and its answer."""
    return [message("user", draw(WORDS)), message("assistant", draw(WORDS))]


@st.composite
def conversations(draw, system=True, turns=3):
    """System or not, pairs of turns."""
    said = [message("system", draw(WORDS))] if system and draw(st.booleans()) else []
    for _ in range(draw(st.integers(1, turns))):
        said += draw(pairs())
    return said


def thoughtful(said, thought):
    """A conversation whose last message has reasoning."""
    return [*said[:-1], said[-1] | {"reasoning": thought}]


def calling(call):
    """A conversation with a call of a tool."""
    return st.builds(
        lambda asked, told, said: [
            message("user", asked),
            message("assistant", "", tool_calls=call),
            message("tool", told),
            message("assistant", said),
        ],
        *(WORDS, WORDS, WORDS),
    )


def record(**columns):
    """Records with these columns."""
    return st.fixed_dictionaries(columns)


def tagged(kind):
    """A question that begins with the tag of a medium, and its answer."""
    return st.builds(
        lambda asked, said: [message("user", f"<{kind}>{asked}"), message("assistant", said)],
        *(WORDS, WORDS),
    )


ANSWER = st.builds(lambda said: [message("assistant", said)], WORDS)
ONE_FILE = st.lists(FILES, min_size=1, max_size=1)
SHAPES = {
    "pair": record(messages=pairs()),
    "conversation": record(messages=conversations()),
    "reasoning": record(messages=st.builds(thoughtful, pairs(), WORDS)),
    "reasoning in a conversation": record(messages=st.builds(thoughtful, conversations(), WORDS)),
    "search": record(messages=calling(CALL)),
    "tools": record(messages=calling(OTHER_CALL), tools=st.just(TOOLS)),
    "two answers": record(messages=pairs(), rejected=ANSWER),
    "two answers in a conversation": record(messages=conversations(), rejected=ANSWER),
    "two long answers": record(
        messages=conversations(system=False),
        rejected=st.builds(lambda one, more: [*one, *more], ANSWER, pairs()),
    ),
    "wanted": record(messages=pairs(), desirable=st.booleans()),
    "wanted conversation": record(messages=conversations(), desirable=st.booleans()),
    "scored": record(messages=pairs(), score=st.floats(-1, 1)),
    "of a teacher": record(
        messages=st.builds(thoughtful, pairs(), WORDS), teacher=WORDS, score=st.floats(0, 9)
    ),
    "of a domain": record(messages=conversations(), domain=WORDS),
    "in a language": record(messages=st.builds(thoughtful, conversations(), WORDS), language=WORDS),
    "image": record(messages=tagged("image"), images=ONE_FILE),
    "audio": record(messages=tagged("audio"), audios=ONE_FILE),
    "text": record(text=WORDS),
}


@functools.cache
def shapes_of(name):
    """Name the shapes that a format can hold and say."""
    return [shape for shape in SHAPES if _sayable(name, EXAMPLES[shape])]


def _sayable(name, row):
    try:
        get_format(name).from_records(table_of([row]))
    except FormatError:
        return False
    return True


def rows_of(name, min_size=0, max_size=6):
    """Lists of records that a format can hold and say, each list of one shape."""
    shapes = [st.lists(SHAPES[s], min_size=min_size, max_size=max_size) for s in shapes_of(name)]
    return st.one_of(shapes)


def any_rows(max_size=4):
    """Lists of records of one shape, any."""
    return st.one_of([st.lists(shape, min_size=1, max_size=max_size) for shape in SHAPES.values()])


def table_of(rows):
    """A record table of rows, with ids."""
    columns = {name: [row.get(name) for row in rows] for row in rows[:1] for name in row}
    ids = [f"row-{number}" for number in range(len(rows))]
    return record_table({**columns, "id": ids}, len(rows))


LAYOUT = {"input_start", "completion_start", "step_starts", "content_hash"}


def contents(table):
    """What records say, as Python rows, without where it stood."""
    return table.select([name for name in RECORD.names if name not in LAYOUT]).to_pylist()


_PAIR = [message("user", "How high?"), message("assistant", "28.6 m")]
_LONG = [message("system", "Be brief."), *_PAIR, *_PAIR]
_CALLING = [
    message("user", "q"),
    message("assistant", "", tool_calls=CALL),
    message("tool", "[]"),
    message("assistant", "a"),
]
_WORSE = [message("assistant", "30 m")]
_FILE = [{"bytes": None, "path": "a.png"}]
EXAMPLES = {
    "pair": {"messages": _PAIR},
    "conversation": {"messages": _LONG},
    "reasoning": {"messages": thoughtful(_PAIR, "hm")},
    "reasoning in a conversation": {"messages": thoughtful(_LONG, "hm")},
    "search": {"messages": _CALLING},
    "tools": {
        "messages": [_CALLING[0], message("assistant", "", tool_calls=OTHER_CALL), *_CALLING[2:]],
        "tools": TOOLS,
    },
    "two answers": {"messages": _PAIR, "rejected": _WORSE},
    "two answers in a conversation": {"messages": _LONG, "rejected": _WORSE},
    "two long answers": {"messages": [*_PAIR, *_PAIR], "rejected": [*_WORSE, *_PAIR]},
    "wanted": {"messages": _PAIR, "desirable": False},
    "wanted conversation": {"messages": _LONG, "desirable": True},
    "scored": {"messages": _PAIR, "score": 0.5},
    "of a teacher": {"messages": thoughtful(_PAIR, "hm"), "teacher": "R1", "score": 9.0},
    "of a domain": {"messages": _LONG, "domain": "tourism"},
    "in a language": {"messages": thoughtful(_LONG, "hm"), "language": "Chinese"},
    "image": {
        "messages": [message("user", "<image>Where?"), message("assistant", "Here.")],
        "images": _FILE,
    },
    "audio": {
        "messages": [message("user", "<audio>Who?"), message("assistant", "Me.")],
        "audios": _FILE,
    },
    "text": {"text": "望云楼高 28.6 米。"},
}
"""One plain row of each shape."""
