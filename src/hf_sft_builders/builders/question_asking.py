"""What the builders share that ask with `generate_qa`: its options, its op, and the marks of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hf_sft_builders.builders.asking import AskingConfig, asking_fields
from hf_sft_builders.synthesis.generate_qa import GenerateQA
from hf_sft_builders.synthesis.qa_rows import mark_columns
from hf_sft_builders.synthesis.question_options import QUESTION_OPTIONS

if TYPE_CHECKING:
    from hf_sft_builders.builders.base import SFTBuilder


@dataclass
class QuestionConfig(AskingConfig):
    """Options of builders whose questions `sft.generate_qa` asks; read by `QUESTION_OPTIONS`."""

    own_readers: ClassVar[Mapping[str, Callable[[Any], Any]]] = QUESTION_OPTIONS

    question_types: Any = ()
    """Kinds of questions, or kind → share; `"value=2,reason=1"` in one text. In the column
    `question_type`."""
    difficulty: Any = ()
    """Shares of `basic`, `intermediate`, `advanced`, or words of your own; in a column, too."""
    audiences: Any = None
    """What `sft.suggest_audiences` gave, its file, or pairs of (genre, audience): each chunk is
    asked about once for each."""
    questions: Any = ()
    """Questions that every chunk is asked instead, as they stand; or a YAML file of them."""
    calls: str = "joint"
    """`joint`: one call gives questions with their answers; `separate`: one more for each answer."""


def questions_of(builder: SFTBuilder) -> GenerateQA:
    """Give the op that asks about chunks, as `.map()` would have it."""
    config = builder.config
    return GenerateQA(
        language=config.language,
        chars_per_question=config.chars_per_question,
        domains=config.domain_tree,
        seed=config.seed or 0,
        **{name: getattr(config, name) for name in QUESTION_OPTIONS},
        **asking_fields(builder),
    )


def marks_of(builder: SFTBuilder) -> dict[str, str]:
    """Give the columns that tell the kind of each question: column → type."""
    return dict.fromkeys(mark_columns(questions_of(builder)), "string")
