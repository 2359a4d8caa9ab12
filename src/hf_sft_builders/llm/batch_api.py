"""`mode="batch"`: the same replies by the Batch API, at half the price and within a day.

Each request goes the way of `conversation.py` (store, shape, repairs), but where a reply is missing
it is put on a list; the list is sent as one batch, or as several where it is long, its replies are
stored, and every request goes its way again, until nothing is missing. What is under way is on disk
(`batch_states.py`): a run that is killed and called again goes on where it was.

    requests ─▶ replay ─▶ missing ─▶ JSONL ─▶ upload ─▶ batch ─▶ poll ─▶ download ─▶ reply store
                  ▲                                                                      │
                  └──────────────── repairs, longer limits, what expired ◀───────────────┘
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from copy import copy

from hf_sft_builders.errors import ConfigurationError, ModelError
from hf_sft_builders.llm.batch_replay import Replaying
from hf_sft_builders.llm.batch_rounds import BatchRounds
from hf_sft_builders.llm.batch_server import BatchServer
from hf_sft_builders.llm.endpoint import find_endpoint, openai_client
from hf_sft_builders.llm.engine import engine_for
from hf_sft_builders.llm.kept_replies import StoredReplies
from hf_sft_builders.llm.membership import membership
from hf_sft_builders.llm.model import ChatRequest, Reply, Runtime
from hf_sft_builders.llm.replies import ReplyStore


def batch_replies(
    model: str,
    base_url: str | None,
    model_id: str | None,
    requests: Iterable[ChatRequest],
    runtime: Runtime,
) -> Iterator[Reply | ModelError]:
    """Answer requests in order by the Batch API; all are read before the first is answered.

    Raises:
        EndpointError: the server refused or gave up the whole batch; what came of it is kept.
        ConfigurationError: in a worker of a cluster.
        BudgetReached: at the first request that does not fit; those before it are answered.
    """
    if membership():
        raise ConfigurationError(
            "mode='batch' sends everything from one process, and this is one of many workers. "
            "Leave mode= out on a cluster, or build without one."
        )
    engine = engine_for(find_endpoint(model, base_url, runtime.api_key))
    budget = runtime.budget or runtime.new_budget()
    store = ReplyStore()
    asking = Replaying(engine, StoredReplies(store), model, model_id, runtime, copy(budget))
    asked = list(requests)
    client = openai_client(base_url, runtime.api_key).with_options(
        timeout=runtime.timeout, max_retries=runtime.max_retries
    )
    with client:
        path = batch_path(engine.endpoint.url)
        server = BatchServer(client, engine.endpoint.address, path, runtime.max_retries)
        rounds = BatchRounds(asking, store, budget, server, path)
        rounds.settle(asked)
    asking.budget, asking.fresh = budget, rounds.arrived
    for request in asked:
        yield asking.replay(request)


def batch_path(url: str) -> str:
    """Give the path that lines name: OpenAI's, or that of a server with another version in it."""
    found = re.search(r"/v\d+/chat/completions$", url.partition("?")[0])
    return found[0] if found else "/v1/chat/completions"
