"""What a row that a model made must stand before it is kept: small pure functions, one theme a file.

A validator takes a `Candidate` and gives a `Fault`, or None where it finds none. An op names its own;
what fails is asked for again with the fault's words, then dropped with its reason.

`GROUNDED` is for what must rest on a source, `CLEAN` for every text that a model wrote.
"""

from __future__ import annotations

from hf_sft_builders.synthesis.validators.addresses import addresses_in_source
from hf_sft_builders.synthesis.validators.asking_again import checked, says_its_task
from hf_sft_builders.synthesis.validators.base import (
    Candidate,
    Fault,
    Rejected,
    Validator,
    first_fault,
)
from hf_sft_builders.synthesis.validators.change import adds, changed
from hf_sft_builders.synthesis.validators.clean_reply import length_within, no_wrapping
from hf_sft_builders.synthesis.validators.dates import dates_in_source
from hf_sft_builders.synthesis.validators.language import same_language
from hf_sft_builders.synthesis.validators.leaks import no_leaked_prompt, no_roles
from hf_sft_builders.synthesis.validators.length import length_between
from hf_sft_builders.synthesis.validators.names import names_in_source
from hf_sft_builders.synthesis.validators.numbers import numbers_in_source
from hf_sft_builders.synthesis.validators.obedience import no_commanded_words, not_obeyed
from hf_sft_builders.synthesis.validators.phrasing import no_meta_phrases, no_refusal

GROUNDED: tuple[Validator, ...] = (
    numbers_in_source,
    dates_in_source,
    addresses_in_source,
    names_in_source,
)
CLEAN: tuple[Validator, ...] = (
    no_leaked_prompt,
    no_roles,
    no_refusal,
    no_meta_phrases,
    same_language,
)

__all__ = [
    "CLEAN",
    "GROUNDED",
    "Candidate",
    "Fault",
    "Rejected",
    "Validator",
    "addresses_in_source",
    "adds",
    "changed",
    "checked",
    "dates_in_source",
    "first_fault",
    "length_between",
    "length_within",
    "names_in_source",
    "no_commanded_words",
    "no_leaked_prompt",
    "no_meta_phrases",
    "no_refusal",
    "no_roles",
    "no_wrapping",
    "not_obeyed",
    "numbers_in_source",
    "same_language",
    "says_its_task",
]
