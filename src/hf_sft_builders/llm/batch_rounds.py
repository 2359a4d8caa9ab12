"""Rounds of batches: send what is missing, wait, store what comes, look again what is missing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from time import sleep
from typing import TYPE_CHECKING

from hf_sft_builders.errors import EndpointError
from hf_sft_builders.llm.batch_bar import BatchBar
from hf_sft_builders.llm.batch_files import BatchFile, BatchResult, batch_files, read_results
from hf_sft_builders.llm.batch_replay import Awaited, Replaying
from hf_sft_builders.llm.batch_server import ENDED, BatchServer, batch_words, is_queue_full
from hf_sft_builders.llm.batch_states import BatchState, BatchStates
from hf_sft_builders.llm.budget import Budget, BudgetReached
from hf_sft_builders.llm.model import ChatRequest
from hf_sft_builders.llm.protocol import SHAPE_MODES, Refusal
from hf_sft_builders.llm.replies import ReplyStore
from hf_sft_builders.llm.reply_keys import public_endpoint

if TYPE_CHECKING:
    from openai.types import Batch

_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 1.0, 30.0, 1.5


class BatchRounds:
    """One run's batches, round by round.

    Args:
        asking: Says which replies are missing.
        store: Where it looks for them.
        budget: What they may cost.
        server: Brings them.
        path: Of chat completions, as lines name it.
    """

    def __init__(
        self, asking: Replaying, store: ReplyStore, budget: Budget, server: BatchServer, path: str
    ) -> None:
        self.arrived: set[str] = set()
        self._asking, self._replies, self._server, self._path = asking, store, server, path
        self._budget = budget
        self._address = public_endpoint(asking.engine.endpoint.address)
        self._states = BatchStates(store.path.parent / "batches")
        self._refusals: dict[str, tuple[BatchResult, str]] = {}
        self._sent_again: set[str] = set()

    def settle(self, requests: Iterable[ChatRequest]) -> None:
        """Bring every reply that the requests need into the store.

        Raises:
            EndpointError: a batch failed or was cancelled as a whole, or the server serves nothing.
        """
        self._states.forget_old()
        for state in self._earlier():
            # What an earlier run found out is in the bytes that it sent.
            self._asking.engine.found_out.setdefault("shape", state.shape)
        while calls := self._missing(requests):
            before = len(self.arrived)
            states = self._under_way(calls)
            covered = {key for state in states for key in state.keys}
            rest = {key: body for key, body in calls.items() if key not in covered}
            states += filter(None, map(self._sent, batch_files(rest, self._path)))
            covered = {key for state in states for key in state.keys}
            failed = self._waited_for(states)
            judged = covered.difference(*(keys for _, keys in failed))
            self._judge({key: body for key, body in calls.items() if key in judged})
            self._stop_if_failed([batch for batch, _ in failed], len(self.arrived) > before)

    def _missing(self, requests: Iterable[ChatRequest]) -> dict[str, bytes]:
        """Give the calls that the requests need next, as far as the budget lets them go."""
        self._asking.budget = copy(self._budget)
        calls: dict[str, bytes] = {}
        for request in requests:
            try:
                answer = self._asking.replay(request)
            except BudgetReached:
                break
            if isinstance(answer, Awaited):
                calls.setdefault(answer.key, answer.body)
        return calls

    # What is under way, and what is sent

    def _earlier(self) -> Iterator[BatchState]:
        return self._states.under_way(self._address, self._asking.model)

    def _under_way(self, calls: Mapping[str, bytes]) -> list[BatchState]:
        """Give the batches of earlier runs that bring some of these replies."""
        ours = (s for s in self._earlier() if not calls.keys().isdisjoint(s.keys))
        return [state for state in ours if self._is_created(state)]

    def _is_created(self, state: BatchState) -> bool:
        if not state.batch and (batch := self._server.find(state)) is not None:
            self._note_created(state, batch.id)
        return bool(state.batch)

    def _note_created(self, state: BatchState, batch: str) -> None:
        state.step, state.batch = "created", batch
        self._states.save(state)

    def _sent(self, file: BatchFile) -> BatchState | None:
        """Have one input worked on, from whatever step an earlier run left it at.

        Returns:
            None if another process was faster and has its replies already.
        """
        name = hashlib.sha256(f"{self._address}\n{file.digest}".encode()).hexdigest()[:32]
        with self._states.lock(name):
            if self._replies.get_many(map(bytes.fromhex, file.keys)):
                return None
            state = self._prepared(name, file)
            if not self._is_created(state):
                self._upload(state, file)
                self._note_created(state, self._server.create(state))
        return state

    def _prepared(self, name: str, file: BatchFile) -> BatchState:
        known = self._states.load(name)
        if known and known.step != "done":
            return known
        spent = known.spent if known else []
        shape, model = self._asking.shape, self._asking.model
        state = BatchState(name, self._address, model, shape, file.keys, spent=spent)
        self._states.save(state)
        return state

    def _upload(self, state: BatchState, file: BatchFile) -> None:
        name = f"hf_sft_{state.name}.jsonl"
        found = self._server.file(name, len(file.content))
        state.step, state.file = "uploaded", found or self._server.upload(name, file.content)
        self._states.save(state)

    # What comes back

    def _waited_for(self, states: list[BatchState]) -> list[tuple[Batch, tuple[str, ...]]]:
        """Store replies until all batches have ended; give those that ended badly, with keys."""
        waiting = {state.batch: state for state in states}
        failed: list[tuple[Batch, tuple[str, ...]]] = []
        pause = _FIRST_PAUSE
        with BatchBar(self._asking.model, sum(len(state.keys) for state in states)) as bar:
            try:
                while True:
                    failed += self._looked(waiting, bar)
                    if not waiting:
                        return failed
                    sleep(pause)
                    pause = min(pause * _GROWTH, _LONGEST_PAUSE)
            except KeyboardInterrupt:
                raise KeyboardInterrupt(
                    f"{', '.join(waiting) or 'The batch'} goes on at {self._address}. The same "
                    "call takes it up again and pays for nothing twice."
                ) from None

    def _looked(
        self, waiting: dict[str, BatchState], bar: BatchBar
    ) -> Iterator[tuple[Batch, tuple[str, ...]]]:
        """Look at each batch once."""
        for name, state in list(waiting.items()):
            batch = self._server.look(name, self._states.path(state.name))
            if batch is None:
                continue
            ended, keys = batch.status in ENDED, state.keys
            bar.show(batch, len(keys) if ended else 0)
            if ended:
                self._collect(state, batch)
                del waiting[name]
                if batch.status in ("failed", "cancelled"):
                    yield batch, keys

    def _collect(self, state: BatchState, batch: Batch) -> None:
        for file in (batch.output_file_id, batch.error_file_id):
            if file:
                self._store(read_results(self._server.content(file)), state.shape)
        state.finish()
        self._states.save(state)

    def _store(self, results: Iterable[BatchResult], shape: str) -> None:
        found = []
        for result in results:
            try:
                if result.status == 200:
                    found.append((bytes.fromhex(result.key), self._asking.stored(result.body)))
                    continue
            except ValueError:  # no completion: judged as what it is, no reply
                pass
            self._refusals[result.key] = (result, shape)
        self._replies.put_many(found)
        self.arrived.update(key.hex() for key, _ in found)

    # What did not come

    def _judge(self, calls: Mapping[str, bytes]) -> None:
        """Say of each call without a reply whether it is sent again or is lost to its row."""
        unserved = [key for key in calls if key not in self.arrived]
        judged = [self._judged(key, calls[key]) for key in unserved]
        fatal = [refusal for refusal in judged if refusal.kind in ("fatal", "stream")]
        if fatal and not (self.arrived or self._asking.served):
            raise EndpointError(self._asking.told(fatal[0].words))

    def _judged(self, key: str, body: bytes) -> Refusal:
        result, shape = self._refusals.pop(key, (None, ""))
        refusal = Refusal("overload", "The batch ended without a word on this request.")
        if result is not None:
            refusal = result.refusal(shaped=b'"response_format":' in body)
        if refusal.kind == "shape":
            self._asking.learn(refusal, next(mode for mode in SHAPE_MODES if mode == shape))
        elif refusal.kind in ("rate", "overload") and key not in self._sent_again:
            self._sent_again.add(key)
        else:
            self._asking.refused[key] = refusal.words
        return refusal

    def _stop_if_failed(self, failed: list[Batch], some_arrived: bool) -> None:
        if not failed or (some_arrived and all(is_queue_full(batch) for batch in failed)):
            return
        raise EndpointError(
            f"{self._asking.told(' '.join(batch_words(batch) for batch in failed))} "
            f"{len(self.arrived)} replies arrived and are kept; the same call sends only the rest."
        )
