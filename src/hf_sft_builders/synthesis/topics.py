"""A YAML of topics: what a teacher is asked about where there are no documents.

    language: zh
    questions: 20                       # for each leaf
    difficulty: {basic: 0.4, intermediate: 0.4, advanced: 0.2}
    known: [古城门票多少钱？]             # is not asked again
    expand: {levels: 1, per_topic: 5}   # let the model divide the leaves further
    topics:
    - label: 古城旅行
      children:
      - {label: 住宿, questions: 30}    # the nearest number above a leaf counts
      - 美食

A leaf is known by its whole path (`古城旅行/住宿`), so the same label below two others is two leaves,
each with questions of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Row

Difficulty = Literal["basic", "intermediate", "advanced"]
LEVELS: tuple[Difficulty, ...] = ("basic", "intermediate", "advanced")
MIX: dict[Difficulty, float] = {"basic": 0.4, "intermediate": 0.4, "advanced": 0.2}
"""How many questions of each difficulty, unless told otherwise."""
SEPARATOR = "/"


class Topic(BaseModel):
    """One label, and those below it."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(min_length=1, pattern=r"^[^/]*[^/\s][^/]*$")
    children: list[TopicOrLabel] = []
    questions: int | None = Field(default=None, ge=1)
    known: list[str] = []


def _as_topic(given: Any) -> Any:
    return {"label": given} if isinstance(given, str) else given


TopicOrLabel = Annotated[Topic, BeforeValidator(_as_topic)]
Topic.model_rebuild()


class Expand(BaseModel):
    """How far a model divides the leaves."""

    model_config = ConfigDict(extra="forbid")

    levels: int = Field(default=1, ge=1, le=3)
    per_topic: int = Field(default=5, ge=1, le=50)


class Topics(BaseModel):
    """A file of topics."""

    model_config = ConfigDict(extra="forbid")

    topics: list[TopicOrLabel] = Field(min_length=1)
    language: str = ""
    questions: int = Field(default=10, ge=1)
    difficulty: dict[Difficulty, float] = dict(MIX)
    known: list[str] = []
    expand: Expand | None = None

    def leaves(self) -> Iterator[Row]:
        """Give a row for each leaf: topic, how many questions, of which difficulty, what is known.

        Raises:
            ConfigurationError: for a label that stands twice at one place.
        """
        yield from self._below(self.topics, (), self.questions, tuple(self.known))

    def _below(
        self, topics: list[Topic], above: tuple[str, ...], number: int, known: tuple[str, ...]
    ) -> Iterator[Row]:
        seen: set[str] = set()
        for topic in topics:
            path = (*above, topic.label.strip())
            if topic.label.strip() in seen:
                raise ConfigurationError(
                    f"Topics: {SEPARATOR.join(path)!r} stands twice. Put the two together."
                )
            seen.add(topic.label.strip())
            count, held = topic.questions or number, (*known, *topic.known)
            if topic.children:
                yield from self._below(topic.children, path, count, held)
            else:
                yield self._leaf(path, count, held)

    def _leaf(self, path: tuple[str, ...], number: int, known: tuple[str, ...]) -> Row:
        return {
            "id": SEPARATOR.join(path),
            "topic": SEPARATOR.join(path),
            "questions": number,
            "mix": {level: float(self.difficulty.get(level, 0.0)) for level in LEVELS},
            "known": list(known),
            "language": self.language or None,
            "levels": self.expand.levels if self.expand else 0,
            "per_topic": self.expand.per_topic if self.expand else 0,
        }


def read_topics(data: bytes, name: str) -> Topics:
    """Read a file of topics.

    Raises:
        ConfigurationError: where it is none; says where.
    """
    import yaml  # type: ignore[import-untyped,unused-ignore]

    try:
        raw = yaml.safe_load(data.decode("utf-8"))
        topics = Topics.model_validate(raw)
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"The topics {name} cannot be read: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the top"
        raise ConfigurationError(
            f"The topics {name}: at {place}: {first['msg']}. Expected `topics:` with a list of labels, "
            "each a text or a mapping with `label`, `children`, `questions`, `known`; beside it "
            "`questions`, `difficulty`, `known`, `language`, `expand`."
        ) from error
    check_mix(topics.difficulty)
    return topics


def check_mix(mix: Mapping[Any, float]) -> None:
    """Refuse shares of difficulty that no questions can have.

    Raises:
        ConfigurationError: with what is expected.
    """
    numbers = all(isinstance(share, (int, float)) and share >= 0 for share in mix.values())
    if set(mix) - set(LEVELS) or not numbers or not sum(mix.values()):
        raise ConfigurationError(
            f"difficulty={dict(mix)!r}; expected shares of {', '.join(LEVELS)}, such as {MIX}."
        )


def quotas(number: int, mix: Mapping[Any, float]) -> dict[Difficulty, int]:
    """Divide a number of questions by difficulty; what does not divide goes to the largest rests."""
    whole = sum(mix.values())
    exact = {level: number * (mix.get(level) or 0.0) / whole for level in LEVELS}
    given = {level: int(share) for level, share in exact.items()}
    rests = sorted(LEVELS, key=lambda level: given[level] - exact[level])
    for level in rests[: number - sum(given.values())]:
        given[level] += 1
    return given
