"""Trainers' profiles: how each wants rows, and the configuration beside them. One file each."""

from __future__ import annotations

from hf_sft_builders.errors import UnknownName
from hf_sft_builders.publishing.trainers.axolotl import Axolotl
from hf_sft_builders.publishing.trainers.base import Profile
from hf_sft_builders.publishing.trainers.llamafactory import LlamaFactory
from hf_sft_builders.publishing.trainers.ms_swift import MsSwift
from hf_sft_builders.publishing.trainers.openai import OpenAI
from hf_sft_builders.publishing.trainers.torchtune import Torchtune
from hf_sft_builders.publishing.trainers.trl import Trl
from hf_sft_builders.publishing.trainers.unsloth import Unsloth

PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Axolotl(),
        LlamaFactory(),
        MsSwift(),
        OpenAI(),
        Torchtune(),
        Trl(),
        Unsloth(),
    )
}

__all__ = ["PROFILES", "Profile", "get_profile"]


def get_profile(trainer: str) -> Profile:
    """Give a trainer's profile.

    Raises:
        UnknownName: with the nearest name.
    """
    if trainer not in PROFILES:
        raise UnknownName("trainer", trainer, PROFILES)
    return PROFILES[trainer]
