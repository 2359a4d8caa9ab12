"""`sft.search`: all catalogues side by side, each with the same time, then one list.

The trap: a thread that waits for a slow server cannot be stopped. Ours are daemons and hand their
answer in through a queue, so one that is late is told of and left behind.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from hf_sft_builders.errors import ConfigurationError, SourceError
from hf_sft_builders.sources.catalogue_http import TIMEOUT
from hf_sft_builders.sources.catalogues import Catalogue, FoundDataset, Query, catalogues
from hf_sft_builders.sources.searching.filters import reason_to_leave_out
from hf_sft_builders.sources.searching.inline_filters import (
    check_sources,
    known_licenses,
    parse_query,
    with_filters,
)
from hf_sft_builders.sources.searching.merging import join_doubles, rank
from hf_sft_builders.sources.searching.results import SearchResults

_GOOGLE = "https://datasetsearch.research.google.com/search?src=0&"

Words = str | Iterable[str]


def search(
    query: str,
    *,
    format: Words | None = None,
    license: Words | None = None,
    commercial: bool | None = None,
    share_adaptations: bool | None = None,
    updated_since: str | date | None = None,
    source: Words | None = None,
    field: Words | None = None,
    limit: int = 20,
    timeout: float = TIMEOUT,
) -> SearchResults:
    """Look for datasets in all catalogues at once.

    Hugging Face, Kaggle, ModelScope, OpenDataLab, Zenodo, figshare, OpenML, DataCite and
    awesome-public-datasets are asked side by side. One that fails or is late is told of in
    `.failures`; the others' results are shown all the same.

    Args:
        query: Words in any language; filters may be typed among them, as in
            `'chest CT filter:format="csv" license:cc-by'`.
        format: File suffixes, any of them: `"csv"`, `["csv", "parquet"]`.
        license: Ids or families, any of them: `"cc-by-4.0"`, `"cc-by"`. A license that is not
            recognised holds no filter, whatever it says.
        commercial: Whether commercial use is known to be allowed.
        share_adaptations: Whether sharing what is made from it is known to be allowed.
        updated_since: A date, or `"2023"`, `"2023-05"`.
        source: Which catalogues are asked, by name; default: all.
        field: Subjects, any of them: `"medicine"`, `"法律"`.
        limit: How many are given.
        timeout: Seconds that each catalogue has.

    Returns:
        The datasets, best first. `result[0].data_files` is what `load_dataset` takes.

    Raises:
        ConfigurationError: A filter that cannot be read, or nothing to look for.
        SourceError: No catalogue answered; each is named with its reason.

    Example:
        >>> for found in sft.search("chest CT", license="cc-by", commercial=True):
        ...     print(found.uri, found.license, found.title)
    """
    filters = {"formats": format, "licenses": license, "sources": source, "fields": field}
    terms = {"commercial": commercial, "share_adaptations": share_adaptations}
    wanted = with_filters(parse_query(query), updated_since=updated_since, **filters, **terms)
    if not wanted.text:
        raise ConfigurationError("Nothing to look for: the query has filters only. Add a word.")
    if limit < 1 or timeout <= 0:
        raise ConfigurationError(f"limit={limit}, timeout={timeout}: expected more than 0.")
    return search_for(replace(wanted, limit=limit, timeout=timeout))


def search_for(query: Query) -> SearchResults:
    """Ask the catalogues that a query names; see `search`."""
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        if os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE"):
            raise SourceError(f"{name} is set, and a search needs the network. Unset it to search.")
    known = catalogues()
    check_sources(query.sources, known)
    query = replace(query, licenses=known_licenses(query.licenses))
    asked = {name: known[name] for name in known if not query.sources or name in query.sources}
    answers = _side_by_side(asked, query)
    failures = {name: answers[name] for name in asked if isinstance(answers[name], str)}
    if len(failures) == len(asked):
        reasons = " ".join(f"{name}: {why}" for name, why in failures.items())
        raise SourceError(f"No catalogue answered. {reasons}")
    lists = {name: list(answers[name]) for name in asked if name not in failures}
    places = {one.uri: at for found in lists.values() for at, one in enumerate(found)}
    every = [one for found in lists.values() for one in found]
    distinct = join_doubles(every)
    left_out = Counter(reason_to_leave_out(one, query) for one in distinct)
    kept = [one for one in distinct if not reason_to_leave_out(one, query)]
    best = rank(kept, query, places)
    reasons_told = {reason: count for reason, count in left_out.most_common() if reason}
    if len(best) > query.limit:
        reasons_told[f"after the first {query.limit}"] = len(best) - query.limit
    return SearchResults(
        query=query,
        found=tuple(best[: query.limit]),
        asked={name: len(found) for name, found in lists.items()},
        failures={name: str(why) for name, why in failures.items()},
        left_out=reasons_told,
        joined=len(every) - len(distinct),
        google=_GOOGLE + urlencode({"query": query.text}),
    )


def _side_by_side(asked: dict[str, Catalogue], query: Query) -> dict[str, Any]:
    """Give each catalogue's list, or the words that say why there is none."""
    inbox: queue.SimpleQueue[tuple[str, list[FoundDataset] | str]] = queue.SimpleQueue()
    for name, catalogue in asked.items():
        arguments = (name, catalogue, query, inbox)
        threading.Thread(target=_ask, args=arguments, name=f"search {name}", daemon=True).start()
    answers: dict[str, Any] = {}
    until = time.monotonic() + query.timeout
    while len(answers) < len(asked):
        try:
            name, answer = inbox.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            break
        answers[name] = answer
    late = f"no answer within {query.timeout:g} s."
    return {name: answers.get(name, late) for name in asked}


def _ask(name: str, catalogue: Catalogue, query: Query, inbox: queue.SimpleQueue[Any]) -> None:
    try:
        inbox.put((name, list(catalogue.search(query))))
    except SourceError as error:
        inbox.put((name, str(error)))
    except Exception as error:  # noqa: BLE001 - a catalogue whose answers changed must not stop the others
        inbox.put((name, f"answered in a way that is not understood ({error!r:.200})."))
