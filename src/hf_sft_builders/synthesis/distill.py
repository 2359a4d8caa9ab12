"""`distill`: a prompt becomes what a teacher says to it, with what it thought, and how sure it was.

One row that it makes:
    {"prompt": "9 加 7？", "messages": [{"role": "user", "content": "9 加 7？", "reasoning_content": ""},
     {"role": "assistant", "content": "16", "reasoning_content": "9+7=16"}], "teacher": "DeepSeek-R1", …}

The teacher is asked the bare prompt, for that is what the student will be asked. So a faulty answer
is asked for afresh, as another sample, and never with a reproach in front of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Unpack

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Reply, Runtime, ScriptedModel, Steps
from hf_sft_builders.llm.scripted import repeat
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.records import provenance_step
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import (
    AskingOptions,
    read_options,
    require_language_model,
)
from hf_sft_builders.synthesis.augmenting import Share, augmented, row_id
from hf_sft_builders.synthesis.conversations import messages_of
from hf_sft_builders.synthesis.validators import (
    Candidate,
    Fault,
    changed,
    first_fault,
    no_meta_phrases,
    same_language,
)
from hf_sft_builders.synthesis.validators.turns import one_voice

if TYPE_CHECKING:
    import datasets

NO_SOFT_LABELS = "no soft labels from the server"
NO_REASONING = "the model gave no reasoning"
_REFUSES = re.compile(
    r"^\s*(?:很?抱歉|对不起|作为(?:一个)?(?:AI|人工智能)|我(?:无法|不能)(?:回答|提供|协助|帮助)"
    r"|(?:i'?m|i am) (?:very )?sorry|sorry,|i (?:can'?t|cannot|am unable to|am not able to) "
    r"(?:help|assist|answer|provide|comply))",
    re.IGNORECASE,
)
_NAMES_LANGUAGE = re.compile(
    r"翻译|译成|译为|[英中日韩法德俄]文|[英日韩法德俄汉]语|translat|\b(?:english|chinese|japanese|"
    r"korean|french|german|spanish|russian)\b|代码|函数|code|sql|python",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Distill(Op):
    """See `distill`."""

    name = "distill"

    column: str = "prompt"
    system_prompt: str = ""
    require_reasoning: bool = False
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        require_language_model(self.name, self.asked)

    @classmethod
    def example(cls) -> Distill:
        """One whose teacher says everything twice."""
        return cls(column="text", asked=AskedModel(ScriptedModel(_twice)))

    def added(self) -> datasets.Features:
        """`messages` with reasoning, `teacher`, `logprobs` where they are asked for, and lineage."""
        import datasets

        from hf_sft_builders.formats import get_format
        from hf_sft_builders.formats.lineage import lineage_features

        text = datasets.Value("string")
        soft = {"logprobs": text} if self.asked.top_logprobs is not None else {}
        own = {**get_format("messages_reasoning").features, "teacher": text, **soft}
        return datasets.Features({**own, **lineage_features()})

    def prompt_hashes(self) -> dict[str, str]:
        """None: the teacher is asked the rows' own prompts."""
        return {}

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per prompt, in order."""
        return augmented(self, rows)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Ask until an answer stands its checks, each time as a sample of its own."""
        words = self._words(row)
        if not words.strip():
            return Outcome(drops=("no prompt",))
        fault: Fault | None = None
        tries = self.runtime.max_repairs + 1
        for number in range(tries):
            reply = yield self.prompt(words, sample * tries + number)
            fault = self.fault(words, reply)
            if fault is None:
                return self._outcome(row, words, reply, sample)
        assert fault is not None
        return Outcome(drops=(fault.reason,))

    def prompt(self, words: str, sample: int) -> ChatRequest:
        """Ask the bare prompt. Pure."""
        sampling = self.asked.sampling()
        return ChatRequest.ask(words, self.system_prompt, parameters=sampling, sample=sample)

    def fault(self, words: str, reply: Reply) -> Fault | None:
        """Say what is wrong with an answer. Pure."""
        if _REFUSES.search(reply.text):
            return Fault("refusal", "")
        if self.require_reasoning and not reply.reasoning.strip():
            return Fault(NO_REASONING, "")
        candidate = Candidate(reply.text, original=words)
        kept_language = () if _NAMES_LANGUAGE.search(words) else (same_language,)
        return first_fault(candidate, (changed, no_meta_phrases, one_voice, *kept_language))

    def likely_reply_tokens(self, row: Row) -> int:
        """Guess how long a reply will be, reasoning included."""
        return 700

    def _words(self, row: Row) -> str:
        if row.get(self.column) is not None or self.column in row:
            return str(row[self.column] or "")
        asked = (m["content"] for m in messages_of(row) if m["role"] == "user")
        return next(asked, "") or ""

    def _outcome(self, row: Row, words: str, reply: Reply, sample: int) -> Outcome:
        opening = [("system", self.system_prompt, "")] if self.system_prompt else []
        said = [*opening, ("user", words, ""), ("assistant", reply.text, reply.reasoning.strip())]
        names = ("role", "content", "reasoning_content")
        changes: Row = {
            "messages": [dict(zip(names, turn, strict=True)) for turn in said],
            "teacher": self.asked.name,
        }
        notes: tuple[str, ...] = ()
        if self.asked.top_logprobs is not None:
            soft = json.dumps(reply.logprobs, ensure_ascii=False) if reply.logprobs else ""
            changes["logprobs"] = soft
            notes = () if soft else (NO_SOFT_LABELS,)
        step = provenance_step(
            step=self.name, model=self.asked.name, parameters=self.asked.sampling_text
        )
        lineage = {
            "id": f"{row_id(row)}:{self.name}:{sample}",
            "provenance": [*(row.get("provenance") or ()), step],
        }
        return Outcome(rows=({**row, **changes, **lineage},), notes=notes)


def distill(
    model: str | ChatModel = EXTRACTIVE,
    *,
    column: str = "prompt",
    system_prompt: str = "",
    require_reasoning: bool = False,
    n: int = 1,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> Distill:
    """Keep what a teacher says to prompts, for `ds.map(op, batched=True)` or `sft.map(ds, op)`.

    Args:
        model: The teacher: name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        column: Column with the prompt; rows of a conversation format without it give their first
            question.
        system_prompt: Sent with each prompt, and kept in the rows, since it shaped the answers.
        require_reasoning: Drop answers that came without reasoning.
        n: Answers to each prompt.
        seed: Sent as the sampling seed.
        **options: See `AskingOptions`; `top_logprobs=5` keeps the teacher's distribution over each
            token as JSON text in `logprobs`, "" and counted where the server gives none.

    Returns:
        An op that fills `messages` (with `reasoning_content`) and `teacher`. Refusals, answers in
        another language than the prompt (unless it names one), copies of the prompt and leaked roles
        are asked for afresh, then dropped and counted. One call per answer.

    Raises:
        ConfigurationError: without a language model.

    Example:
        >>> rows = sft.map(prompts, sft.distill("deepseek-r1", top_logprobs=5))
        >>> sft.convert(rows.select_columns(["messages", "teacher"]), to="distillation")
    """
    if options.get("prompts") is not None:
        raise ConfigurationError(
            "distill asks the rows' own prompts and has none to replace; system_prompt= goes in front."
        )
    asked, _, limits = read_options("distill", model, options, seed)
    share = Share(n=n, seed=seed or 0)
    return Distill(column, system_prompt, require_reasoning, asked, share, limits)


def _twice(request: ChatRequest) -> str:
    """Say the prompt twice."""
    return f"{repeat(request)} {repeat(request)}"
