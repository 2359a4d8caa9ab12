"""The rows that acceptance exports: records of each kind, with all that trainers quarrel about."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

from datasets import Dataset

from hf_sft_builders.formats.base import Format
from hf_sft_builders.records import MESSAGE, record_table

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "price",
            "description": "票价",
            "parameters": {"type": "object", "properties": {"place": {"type": "string"}}},
        },
    },
    {
        "type": "function",
        "function": {
            "name": "add",
            "description": "Add numbers",
            "parameters": {"type": "object", "properties": {"numbers": {"type": "array"}}},
        },
    },
]


class Records(Format):
    """Records as they are: lets a test export what no one format holds."""

    name = "records"
    holds = frozenset({"messages"})

    @property
    def features(self) -> Any:
        """None of its own."""
        raise NotImplementedError

    def from_records(self, table: Any) -> Any:
        """Give the table back."""
        return table

    def to_records(self, table: Any) -> Any:
        """Give the table back."""
        return table

    def check(self, table: Any) -> Any:
        """Not used."""
        raise NotImplementedError

    lay_out = take_in = check


def say(role: str, content: str | None, reasoning: str | None = None, calls: Any = None) -> Any:
    """One message of a record."""
    message = dict.fromkeys(MESSAGE.names)
    text = json.dumps(calls, ensure_ascii=False) if calls else None
    return message | {
        "role": role,
        "content": content,
        "reasoning": reasoning,
        "tool_calls": text,
    }


def call(name: str, **arguments: Any) -> Any:
    """One call of a tool."""
    return {"name": name, "arguments": arguments}


def dataset(**columns: Any) -> Dataset:
    """Records as a dataset."""
    rows = len(next(iter(columns.values())))
    ids = {"id": [f"row-{number}" for number in range(rows)]}
    table = record_table({**ids, **columns}, rows)
    return Dataset(table.drop_columns(["provenance", "content_hash"]))


def png(red: int) -> bytes:
    """A red picture, 56 pixels wide and high."""
    size = 56
    rows = b"".join(b"\0" + bytes((red, 0, 0)) * size for _ in range(size))

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


CHAT = [
    [say("user", "门票多少钱？"), say("assistant", "80 元／人。")],
    [
        say("system", "你是导游。"),
        say("user", "How high?"),
        say("assistant", "28.6 m."),
        say("user", "When was it built?"),
        say("assistant", "In 1441."),
    ],
]
REASONING = [
    [say("user", "1+1?"), say("assistant", "2", reasoning="一加一\n等于二")],
    [say("user", "2+2?"), say("assistant", "4")],
]
CALLS = [
    [
        say("user", "门票？"),
        say("assistant", None, calls=[call("price", place="望云楼")]),
        say("tool", '{"yuan": 80}'),
        say("assistant", "80 元"),
    ],
    [
        say("user", "Both, please."),
        say(
            "assistant",
            "I look it up.",
            reasoning="two tools",
            calls=[call("price", place="tower", day=None), call("add", numbers=[1, 2.5])],
        ),
        say("tool", "80"),
        say("tool", "3.5"),
        say("assistant", "80 and 3.5"),
    ],
    [say("user", "Thanks."), say("assistant", "You are welcome.")],
]
"""Arguments differ in keys and types from row to row, one key is null because the model said so."""

KINDS: dict[str, Dataset] = {
    "chat": dataset(messages=CHAT),
    "reasoning": dataset(messages=REASONING),
    "tools": dataset(
        messages=CALLS,
        tools=[json.dumps(TOOLS, ensure_ascii=False), json.dumps(TOOLS, ensure_ascii=False), ""],
    ),
    "preference": dataset(
        messages=CHAT,
        rejected=[[say("assistant", "不知道。")], [say("assistant", "Long ago.")]],
    ),
    "kto": dataset(messages=CHAT, desirable=[True, False]),
    "text": dataset(text=["云溪古城位于岚江上游。", "The tower is 28.6 m high."]),
    "images": dataset(
        messages=[
            [say("user", "<image>What colour?"), say("assistant", "Red.")],
            [say("user", "Compare <image> with <image>."), say("assistant", "一样。")],
        ],
        images=[
            [{"bytes": png(200), "path": None}],
            [{"bytes": png(210), "path": None}, {"bytes": png(220), "path": "b.png"}],
        ],
    ),
    "late images": dataset(
        messages=[[say("user", f"q{n}"), say("assistant", f"a{n}")] for n in range(1100)]
        + [[say("user", "<image>What colour?"), say("assistant", "Red.")]],
        images=[None] * 1100 + [[{"bytes": png(200), "path": None}]],
    ),
}
