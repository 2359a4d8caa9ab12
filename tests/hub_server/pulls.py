"""Pull requests: a branch `refs/pr/N` that becomes visible when it is merged."""

from __future__ import annotations

from typing import Any

from hub_server.routes import Answer, Request
from hub_server.store import File, Refused, Repo, Store


def open_pull(repo: Repo, header: dict[str, Any], base: str, status: str = "open") -> int:
    """Begin one from where a branch is now."""
    number = len(repo.pulls) + 1
    title = header.get("summary") or header.get("title", "")
    repo.pulls[number] = {"title": title, "status": status, "base": base}
    repo.branches[f"refs/pr/{number}"] = repo.at(base).oid
    return number


def answer_discussion(store: Store, request: Request) -> Answer:
    """Create, show, re-open or merge one."""
    repo = store.writable(request.found["repo"], request.token)
    parts = request.found["rest"].strip("/").split("/")
    if not parts[0]:
        if request.method == "GET":
            return Answer.json({"discussions": [], "count": 0})
        return Answer.json({"num": open_pull(repo, request.json(), "main", "draft")})
    number = int(parts[0])
    if number not in repo.pulls:
        raise Refused(404, "", f"no pull request {number}")
    if request.method == "POST":
        _change(repo, number, parts[1], request.json())
    return Answer.json(_told(repo, number))


def _change(repo: Repo, number: int, what: str, asked: dict[str, Any]) -> None:
    pull = repo.pulls[number]
    if what == "status":
        pull["status"] = asked["status"]
    elif what == "merge":
        theirs = repo.at(f"refs/pr/{number}").files
        changes: dict[str, File | None] = {**theirs}
        repo.commit("main", pull["title"], "", changes)
        pull["status"] = "merged"


def _told(repo: Repo, number: int) -> dict[str, Any]:
    pull = repo.pulls[number]
    when = "2026-01-02T03:04:05.000Z"
    return {
        "num": number,
        "title": pull["title"],
        "status": pull["status"],
        "isPullRequest": True,
        "createdAt": when,
        "author": {"name": repo.name.partition("/")[0]},
        "repo": {"name": repo.name, "type": "dataset"},
        "events": [],
        "changes": {"base": pull["base"], "mergeCommitId": None},
        "diffUrl": None,
        "filesWithConflicts": [],
        "newStatus": {
            "id": "1",
            "type": "status-change",
            "createdAt": when,
            "author": {"name": "mei"},
            "data": {"status": pull["status"]},
        },
        "id": "1",
        "type": "status-change",
        "data": {"status": pull["status"]},
    }
