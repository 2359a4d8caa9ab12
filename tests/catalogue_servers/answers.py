"""How each catalogue answers: its paths, its paging, its shapes."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from catalogue_servers import holdings


@dataclass(frozen=True)
class Answer:
    """One answer; `missing` bytes are promised and never sent."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    missing: int = 0


def _json(value: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), headers)


def _matching(entries: list[Any], words: str) -> list[Any]:
    """Give the entries that hold all words anywhere."""
    wanted = words.casefold().split()
    return [
        entry
        for entry in entries
        if all(word in json.dumps(entry, ensure_ascii=False).casefold() for word in wanted)
    ]


def _page(entries: list[Any], number: Any, size: Any) -> list[Any]:
    first = (int(number or 1) - 1) * int(size or 10)
    return entries[first : first + int(size or 10)]


def huggingface(path: str, query: dict[str, str], body: Any, site: str) -> Answer:
    """`GET /api/datasets?search=`: looks in ids only, pages by a Link header."""
    if path != "api/datasets":
        return _json({"error": "Not found"}, 404)
    found = [
        entry
        for entry in holdings.HUGGINGFACE
        if query.get("search", "").casefold() in entry["id"].casefold()
        and (not query.get("filter") or query["filter"] in entry["tags"])
    ]
    start, size = int(query.get("cursor", 0)), 2
    headers = {}
    if start + size < len(found):
        search = f"search={query.get('search', '')}&cursor={start + size}"
        headers["Link"] = f'<{site}/{path}?{quote(search, safe="=&")}>; rel="next"'
    return _json(found[start : start + size], **headers)


def kaggle(path: str, query: dict[str, str], body: Any, site: str) -> Answer:
    """`POST …/ListDatasets {search,fileType,page,pageSize}`."""
    if path != "v1/datasets.DatasetApiService/ListDatasets":
        return _json({"code": 404, "message": "Not found"}, 404)
    found = _matching(holdings.KAGGLE, body["search"])
    if kind := body.get("fileType"):
        found = [each for each in found if kind.rpartition("_")[2].lower() in each["_types"]]
    return _json({"datasets": _page(found, body["page"], body["pageSize"]), "nextPageToken": ""})


def modelscope(path: str, query: dict[str, str], body: Any, site: str) -> Answer:
    """`GET /openapi/v1/datasets?search=&page_number=&page_size=`."""
    found = _matching(holdings.MODELSCOPE, query["search"])
    page = _page(found, query["page_number"], query["page_size"])
    data = {"datasets": page, "total_count": len(found)}
    return _json({"success": True, "request_id": "r", "data": data})


def opendatalab(path: str, query: dict[str, str], body: Any, site: str) -> Answer:
    """`POST /datasets/api/v3/datasets/list {keywords,pageNo,pageSize}`."""
    found = _matching(holdings.OPENDATALAB, body["keywords"])
    page = _page(found, body["pageNo"], body["pageSize"])
    return _json({"code": 0, "data": {"list": page, "total": len(found)}})


def zenodo(path: str, query: dict[str, str], body: Any, site: str) -> Answer:
    """`GET /api/records?q=&type=dataset&size=&page=`."""
    found = _matching(holdings.ZENODO, query["q"])
    page = _page(found, query["page"], query["size"])
    return _json({"hits": {"hits": page, "total": len(found)}, "links": {}})


def figshare(path: str, query: dict[str, str], body: Any, site: str) -> Answer:
    """`POST /v2/articles/search`, then `GET /v2/articles/{id}` with license and files."""
    if path == "v2/articles/search":
        found = _matching(holdings.FIGSHARE, body["search_for"])
        page = _page(found, body["page"], body["page_size"])
        short = ("id", "title", "doi", "url_public_html", "published_date", "resource_doi")
        return _json([{key: entry[key] for key in short} for entry in page])
    number = int(path.rpartition("/")[2])
    return _json(next(entry for entry in holdings.FIGSHARE if entry["id"] == number))


def datacite(path: str, query: dict[str, str], body: Any, site: str) -> Answer:
    """`GET /dois?query=&resource-type-id=dataset&page[size]=&page[number]=`."""
    assert "dataset" == query["resource-type-id"]
    found = _matching(holdings.DATACITE, query["query"])
    page = _page(found, query["page[number]"], query["page[size]"])
    return _json({"data": page, "meta": {"total": len(found)}})


def openml(path: str, query: dict[str, str], body: Any, site: str) -> Answer:
    """`GET …/data/list/…` gives all names; `GET …/data/{id}` describes one."""
    if "/list/" in path:
        return _json({"data": {"dataset": [entry["listed"] for entry in holdings.OPENML]}})
    number = int(path.rpartition("/")[2])
    about = next(each["about"] for each in holdings.OPENML if each["listed"]["did"] == number)
    return _json({"data_set_description": about})


ANSWERS: dict[str, Callable[[str, dict[str, str], Any, str], Answer]] = {
    answer.__name__: answer
    for answer in (
        huggingface,
        kaggle,
        modelscope,
        opendatalab,
        zenodo,
        figshare,
        datacite,
        openml,
    )
}


def awesome_archive(entries: dict[str, str] | None = None) -> bytes:
    """Pack the list as its home serves it: one YAML file per entry."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in (holdings.AWESOME if entries is None else entries).items():
            data = text.encode()
            member = tarfile.TarInfo(f"apd-core-master/core/{name}.yml")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()
