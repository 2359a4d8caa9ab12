"""Xet: the stock client brings a store on disk, which a `local://` address lets it use.

So chunks, uploads and downloads are the client's own; the server hands out the address, and reads from
the shards which content (SHA-256) has which Xet hash.
"""

from __future__ import annotations

import struct
from pathlib import Path

from hub_server.routes import Answer, Request
from hub_server.store import Repo, Store

_ENTRY, _END = 48, b"\xff" * 32
_WITH_VERIFICATION, _WITH_SHA256 = 1 << 31, 1 << 30
_NEVER = 4_102_444_800


def answer_xet(store: Store, request: Request) -> Answer:
    """Give the address of the store, and a token that it does not look at."""
    find = store.writable if request.found["what"] == "write" else store.readable
    repo = find(request.found["repo"], request.token)
    told = {"casUrl": f"local://{_place(repo)}", "exp": _NEVER, "accessToken": "any"}
    headers = {
        "X-Xet-Cas-Url": str(told["casUrl"]),
        "X-Xet-Access-Token": "any",
        "X-Xet-Token-Expiration": str(_NEVER),
    }
    return Answer.json(told, headers=headers)


def xet_hash(repo: Repo, sha256: str) -> tuple[str, int] | None:
    """Give the Xet hash and the size of a content; None where it did not come by Xet."""
    for shard in sorted(_place(repo).rglob("*")):
        if shard.suffix == ".mdb":
            found = _hashes(shard.read_bytes())
            if sha256 in found:
                return found[sha256]
    return None


def rebuilt(repo: Repo, sha256: str) -> Path | None:
    """Give a content that came by Xet as a file, as the Hub does for plain requests."""
    found = xet_hash(repo, sha256)
    if found is None:
        return None
    path = repo.folder.parent / f"{repo.folder.name}-rebuilt" / sha256
    if not path.exists():
        import hf_xet

        path.parent.mkdir(exist_ok=True)
        session = hf_xet.XetSession()
        with session.new_file_download_group(
            endpoint=f"local://{_place(repo)}", token="any", token_expiry_unix_secs=_NEVER
        ) as group:
            group.start_download_file(hf_xet.XetFileInfo(*found), str(path))
    return path


def _place(repo: Repo) -> Path:
    place = repo.folder.parent / f"{repo.folder.name}-xet"
    place.mkdir(exist_ok=True)
    return place


def _hashes(shard: bytes) -> dict[str, tuple[str, int]]:
    """Read the file section of a shard: SHA-256 -> (Xet hash, size)."""
    found, at = {}, _ENTRY
    while at + _ENTRY <= len(shard) and shard[at : at + 32] != _END:
        name = shard[at : at + 32]
        flags, count = struct.unpack_from("<II", shard, at + 32)
        at += _ENTRY
        sizes = [struct.unpack_from("<I", shard, at + n * _ENTRY + 36)[0] for n in range(count)]
        at += count * _ENTRY * (2 if flags & _WITH_VERIFICATION else 1)
        if flags & _WITH_SHA256:
            found[_hex(shard[at : at + 32])] = (_hex(name), sum(sizes))
            at += _ENTRY
    return found


def _hex(value: bytes) -> str:
    """Write a hash as its four little-endian words."""
    return "".join(f"{word:016x}" for word in struct.unpack("<4Q", value))
