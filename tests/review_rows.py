"""Rows for the review page, plain and hostile, and a page that serves them."""

import http.client
import struct
import zlib
from urllib.parse import urlsplit

from datasets import ClassLabel, Dataset, Features, Value

_MESSAGE = [{"role": Value("string"), "content": Value("string")}]

HOSTILE = {
    "script": "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">",
    "markdown": "[press](javascript:alert(1)) ![seen](http://127.0.0.1:9/track.png) <b onclick=x>b</b>",
    "formula": r"$\text{<script>document.title='taken'</script>}\href{javascript:alert(1)}{x}$",
    "attribute": "\"><script>document.title='taken'</script>' onmouseover='x",
    "template": "{{ 7*7 }} {% raw %} ${7*7} <%= 7 %>",
    "arabic": "مرحبا \u202egnp.exe\u202c بالعالم",
    "long_word": "长" * 5_000 + "w" * 10_000,
    "nested": "> " * 3_000 + "the end",
    "controls": "a\u0000b\u0008c\u2028d\u200be",
    "huge": "行 of words, 一二三四五。\n" * 60_000,
}
"""What a row may hold, by what is wrong with it."""


def rows(count=20):
    """Give a dataset of questions and answers with a label of a closed list."""
    features = Features(
        {
            "messages": _MESSAGE,
            "quality": Value("float32"),
            "label": ClassLabel(names=["价格", "时间", "other"]),
            "id": Value("string"),
        }
    )
    return Dataset.from_list(
        [
            {
                "messages": [
                    {"role": "user", "content": f"问题 {n}: how much is ticket {n}?"},
                    {"role": "assistant", "content": f"The ticket costs **{n} yuan**."},
                ],
                "quality": 3.5,
                "label": n % 3,
                "id": f"row:{n}",
            }
            for n in range(count)
        ],
        features=features,
    )


def hostile_rows():
    """Give a dataset with one row for each of `HOSTILE`, on both sides of the conversation."""
    return Dataset.from_list(
        [
            {
                "messages": [
                    {"role": "user", "content": text},
                    {"role": "assistant", "content": f"answer to {name}: {text}"},
                ],
                "id": f"hostile:{name}",
            }
            for name, text in HOSTILE.items()
        ],
        features=Features({"messages": _MESSAGE, "id": Value("string")}),
    )


def png(width=4, height=3):
    """Give the bytes of a small PNG."""

    def part(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + b"\x80" * width for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", body) + part(b"IEND", b"")


class Client:
    """Talks to a page as a browser does, or as none should: every header can be set."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.port, self.token = parts.port, parts.query.removeprefix("token=")
        self.host = f"127.0.0.1:{self.port}"
        self.cookies = {f"hf_sft_review_{self.port}": self.token}

    def ask(self, method, path, body=None, **headers):
        """Give status, headers and text of one answer."""
        sent = {"Host": self.host, "Cookie": "; ".join(f"{n}={v}" for n, v in self.cookies.items())}
        if method == "POST":
            sent["Origin"] = f"http://{self.host}"
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            kept = {n: v for n, v in sent.items() if v is not None}
            connection.putrequest(method, path, skip_host=True)
            data = body.encode() if isinstance(body, str) else body or b""
            for name, value in {**kept, "Content-Length": str(len(data))}.items():
                connection.putheader(name, value)
            connection.endheaders(data)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def get(self, path, **headers):
        """Give the text of a page that is there."""
        status, _, data = self.ask("GET", path, **headers)
        assert 200 == status, data[:500]
        return data.decode()
