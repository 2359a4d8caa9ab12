"""What a row that a model made must stand before it is kept: small pure functions, one theme a file.

A validator takes a `Candidate` and gives a `Fault`, or None where it finds none. An op names its own
(`checks`); what fails is asked for again with the fault's words, then dropped with its reason.
"""

from __future__ import annotations

from hf_sft_builders.synthesis.validators.base import (
    Candidate,
    Fault,
    Rejected,
    Validator,
    checked,
    first_fault,
)
from hf_sft_builders.synthesis.validators.change import changed
from hf_sft_builders.synthesis.validators.clean_reply import length_within, no_wrapping
from hf_sft_builders.synthesis.validators.language import same_language
from hf_sft_builders.synthesis.validators.phrasing import no_meta_phrases

__all__ = [
    "Candidate",
    "Fault",
    "Rejected",
    "Validator",
    "changed",
    "checked",
    "first_fault",
    "length_within",
    "no_meta_phrases",
    "no_wrapping",
    "same_language",
]
