"""The web and e-mail addresses of an answer stand in its source."""

from __future__ import annotations

from hf_sft_builders.synthesis.validators.base import Candidate, Fault
from hf_sft_builders.synthesis.validators.codes import addresses_in
from hf_sft_builders.synthesis.validators.quotes import even, stands_in

_SCHEME = ("https://", "http://")


def addresses_in_source(candidate: Candidate) -> Fault | None:
    """Each address stands in the source to the letter, but for its scheme and a slash at its end."""
    if stands_in(candidate.text, candidate.source):
        return None
    source = even(candidate.source)
    known = {_bare(even(address)) for address in addresses_in(candidate.source)}
    for address in addresses_in(candidate.text):
        bare = _bare(even(address))
        if bare not in known and not (len(bare) > 3 and f"{bare}" in source and "/" not in bare):
            return Fault(
                "address not in the source",
                f"{address!r} does not stand in the source: copy addresses as they are, or name none.",
            )
    return None


def _bare(address: str) -> str:
    for scheme in _SCHEME:
        address = address.removeprefix(scheme)
    return address.removeprefix("www.").rstrip("/")
