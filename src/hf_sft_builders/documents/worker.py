"""The process that reads files for `sandbox.sandboxed`: one question, its answers, the next question.

Started as `python -m hf_sft_builders.documents.worker MEMORY_MB`, it reads questions from stdin and
answers to stdout until stdin ends.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

from hf_sft_builders.documents import ReaderOptions, documents_in
from hf_sft_builders.documents.base import Document
from hf_sft_builders.documents.wire import OUT_OF_MEMORY, as_message, read_message, write_message
from hf_sft_builders.errors import DocumentError, MissingExtra


def main(memory_mb: int) -> None:
    """Answer questions until there are no more."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # What a library prints must not stand among the answers.
    _limit_memory(memory_mb << 20)
    while (question := read_message(sys.stdin.buffer)) is not None:
        message, data = question
        for answer in _answers(message, data):
            write_message(answers, answer)
        del question, message, data


def _limit_memory(most: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answers(message: dict[str, Any], data: bytes) -> Iterator[dict[str, Any]]:
    options = message["options"]
    options["passwords"] = tuple(options["passwords"])
    try:
        for found in documents_in(data, message["uri"], ReaderOptions(**options)):
            if isinstance(found, Document):
                yield as_message(found)
            else:
                yield {"kind": "refused", "error": found.__reduce__()[1]}
        yield {"kind": "done"}
    except DocumentError as error:
        yield {"kind": "error", "error": error.__reduce__()[1]}
    except MissingExtra as error:
        yield {"kind": "missing", "error": error.__reduce__()[1]}
    except MemoryError:
        yield {"kind": "memory"}
    # Whatever a broken file makes a library raise, the run goes on with the next one.
    except Exception as error:  # noqa: BLE001
        yield {"kind": "broken", "error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
