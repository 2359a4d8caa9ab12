"""The Batch API of one endpoint, by the `openai` client, in the few calls that a run needs.

The trap: a request to create a batch whose answer got lost has created it all the same, and the
client's own retry would create, and bill, another. So creating is never retried blindly: what is on
the server is looked at first.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any

from hf_sft_builders.errors import EndpointError
from hf_sft_builders.llm.batch_states import DAYS_KEPT, BatchState
from hf_sft_builders.llm.pacing import backoff
from hf_sft_builders.llm.protocol import error_words

if TYPE_CHECKING:
    from openai import OpenAI
    from openai.types import Batch

logger = logging.getLogger("hf_sft_builders")

ENDED = ("completed", "failed", "expired", "cancelled")
_DEAD = ("failed", "cancelling", "cancelled")
_UNKNOWN = (404, 405, 501)
_NO_BATCHES = "If the server has no Batch API, use mode='live'."
_LOOKED_THROUGH = 2000
_UNSEEN = 60
"""Looks in a row that may fail: half an hour at the longest pause."""


class BatchServer:
    """One endpoint's files and batches.

    Args:
        client: Of the `openai` package.
        address: Where that is, for messages.
        path: Of chat completions, as batches name it.
        retries: How often a batch is tried to be created.
    """

    def __init__(self, client: OpenAI, address: str, path: str, retries: int) -> None:
        self._client, self._address, self._path, self._retries = client, address, path, retries
        self._unseen = 0

    def find(self, state: BatchState) -> Batch | None:
        """Find the batch of this input that a run created but had no time to note."""
        oldest = time.time() - DAYS_KEPT * 86_400
        try:
            with self._told("listing batches"):
                for batch in islice(self._client.batches.list(limit=100), _LOOKED_THROUGH):
                    if batch.created_at and batch.created_at < oldest:
                        break
                    if _is_of(batch, state):
                        return batch
        except EndpointError as error:
            if not _is_unknown(error):
                raise
            if state.file:
                logger.warning(
                    "%s An earlier run was stopped while it created a batch: look at your "
                    "provider's page whether it is there twice.", error,
                )  # fmt: skip
        return None

    def file(self, name: str, size: int) -> str | None:
        """Find an input that a run uploaded but had no time to note."""
        try:
            with self._told("listing files"):
                files = islice(self._client.files.list(purpose="batch", limit=100), _LOOKED_THROUGH)
                found = (file.id for file in files if (file.filename, file.bytes) == (name, size))
                return next(found, None)
        except EndpointError as error:
            if not _is_unknown(error):
                raise
            return None

    def upload(self, name: str, content: bytes) -> str:
        """Upload an input and give its id."""
        with self._told("the upload of a batch's requests"):
            return self._client.files.create(file=(name, content), purpose="batch").id

    def create(self, state: BatchState) -> str:
        """Create the batch of an uploaded input, once, and give its id."""
        for attempt in range(self._retries + 1):
            with self._told("the batch"):
                try:
                    return self._created(state).id
                except _passing():
                    if attempt == self._retries:
                        raise
            sleep(backoff(attempt, random))
            if (found := self.find(state)) is not None:
                return found.id
        raise AssertionError("unreachable")

    def _created(self, state: BatchState) -> Batch:
        path: Any = self._path
        return self._client.with_options(max_retries=0).batches.create(
            input_file_id=state.file,
            endpoint=path,
            completion_window="24h",
            metadata={"hf_sft": state.name},
        )

    def look(self, name: str, noted: Path) -> Batch | None:
        """Give a batch as it is now; None where the server cannot be reached this time.

        Args:
            name: Id of the batch.
            noted: Where an earlier run noted it, for a server that does not know it.
        """
        lost = f"Use the key that it was created with, or delete {noted} to pay for it again."
        try:
            with self._told(f"a look at batch {name}", lost):
                batch = self._client.batches.retrieve(name)
        except EndpointError as error:
            self._unseen += 1
            if not isinstance(error.__cause__, _passing()) or self._unseen > _UNSEEN:
                raise
            return None
        self._unseen = 0
        return batch

    def content(self, name: str) -> bytes:
        """Download a file."""
        with self._told(f"the download of {name}"):
            return self._client.files.content(name).content

    @contextmanager
    def _told(self, what: str, if_unknown: str = _NO_BATCHES) -> Iterator[None]:
        import openai

        try:
            yield
        except openai.APIStatusError as error:
            words = f"{error.status_code}: {error_words(error.response.content)}"
            hint = f" {if_unknown}" if error.status_code in _UNKNOWN else ""
            raise EndpointError(f"{self._address} refused {what}: {words}{hint}") from error
        except openai.OpenAIError as error:
            words = f"{error} {error.__cause__ or ''}".strip()
            raise EndpointError(
                f"{self._address} did not answer {what}: {words} The same call goes on from here."
            ) from error


def _passing() -> tuple[type[Exception], ...]:
    """Errors after which the same request may well be served."""
    import openai

    return openai.APIConnectionError, openai.InternalServerError, openai.RateLimitError


def _is_unknown(error: EndpointError) -> bool:
    """Tell whether the server does not know this kind of request at all."""
    return getattr(error.__cause__, "status_code", None) in _UNKNOWN


def _is_of(batch: Batch, state: BatchState) -> bool:
    """Tell whether a batch has this input; some servers keep no metadata, but the file's id."""
    named = (batch.metadata or {}).get("hf_sft") == state.name
    same = named or bool(state.file and batch.input_file_id == state.file)
    return same and batch.id not in state.spent and batch.status not in _DEAD


def batch_words(batch: Batch) -> str:
    """Say how a batch ended, in the server's words."""
    found = (batch.errors.data if batch.errors else None) or []
    words = "; ".join(
        f"line {error.line}: {error.message}" if error.line else str(error.message)
        for error in found[:3]
    )
    more = f"; and {len(found) - 3} more" if len(found) > 3 else ""
    return f"Batch {batch.id} {batch.status}" + (f": {words}{more}" if words else ".")


def is_queue_full(batch: Batch) -> bool:
    """Tell whether a batch failed only because others of the account are under way."""
    found = (batch.errors.data if batch.errors else None) or []
    return batch.status == "failed" and any(e.code == "token_limit_exceeded" for e in found)
