"""A model asked about one row: an answer, a rewrite by advice, a score; kept beside what people say.

The package's own ops ask (`answer`, `rewrite`, `judge`), so replies are stored and never paid twice, and
what they refuse (an answer that the passage does not hold, invented numbers) is refused here, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hf_sft_builders.errors import ConfigurationError, ModelError, UnknownName
from hf_sft_builders.reviewing.applying import present_row
from hf_sft_builders.reviewing.views import Suggestion

if TYPE_CHECKING:
    from hf_sft_builders.ops import Op
    from hf_sft_builders.reviewing.session import Session

KINDS = ("answer", "rewrite", "score")
_PASSAGE = "text"


@dataclass(frozen=True)
class Asking:
    """Who is asked.

    Args:
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        base_url: Its address; `OPENAI_BASE_URL` by default.
    """

    model: Any
    base_url: str | None = None


def ask(session: Session, row_id: str, kind: str, advice: str = "") -> Suggestion:
    """Ask about a row as it stands now, with the edits, and keep what comes.

    Args:
        session: The review; its `asking` says who is asked.
        row_id: The row.
        kind: One of `KINDS`.
        advice: For an answer or a rewrite: what to do, in a person's words.

    Raises:
        ConfigurationError: without a model.
        UnknownName: for another kind.
        ModelError: if nothing usable came, with the reason.
    """
    if kind not in KINDS:
        raise UnknownName("question to a model", kind, KINDS)
    if session.asking is None:
        raise ConfigurationError(
            "No model was named. Start the review with one: sft.review(ds, model='qwen3-32b', "
            "base_url='http://localhost:8000/v1'), or hf-sft review … --model … --base-url …."
        )
    place = session.rows.place(row_id)
    row = present_row(session.marks, place)
    made = _made(_op(session, kind, advice), row)
    field, value, note = _proposal(kind, row, made)
    told = session.asking.model
    model = told if isinstance(told, str) else str(told.name)
    seen = session.marks.hash_of([place])[0]
    number = session.overlay.suggest(row_id, seen, kind, model, advice, field, value, note)
    return next(one for one in session.suggestions(row_id) if one.id == number)


def _op(session: Session, kind: str, advice: str) -> Op:
    from hf_sft_builders.synthesis.answer import answer
    from hf_sft_builders.synthesis.judge import judge
    from hf_sft_builders.synthesis.rewrite import rewrite

    assert session.asking is not None
    model, url = session.asking.model, session.asking.base_url
    own = session.format.schema.names if session.format else ()
    context = _PASSAGE if _PASSAGE in session.rows.columns and _PASSAGE not in own else None
    column = _PASSAGE if _PASSAGE in own else None
    if kind == "score":
        return judge(model=model, base_url=url, context=context, column=column, temperature=0)
    if kind == "rewrite":
        return rewrite(
            advice, model=model, base_url=url, role="assistant", column=column, strength="strong"
        )
    return answer(advice, model=model, base_url=url, context=context, overwrite=True)


def _made(op: Op, row: dict[str, Any]) -> dict[str, Any]:
    [outcome] = op.outcomes([row])
    if outcome.failure is not None:
        raise ModelError(f"{outcome.failure.reason}: {outcome.failure.detail}")
    if not outcome.rows:
        raise ModelError(
            f"The model gave nothing that can be used ({', '.join(outcome.drops)}). Try other advice, "
            "or another model."
        )
    return dict(outcome.rows[0])


def _proposal(kind: str, row: dict[str, Any], made: dict[str, Any]) -> tuple[str, Any, str]:
    if kind == "score":
        reasons = made.get("score_model_reasons") or []
        return "", float(made["score_model"]), "\n".join(reasons)
    aside = ("id", "provenance", "content_hash")
    changed = [name for name in row if name not in aside and made.get(name) != row[name]]
    if not changed:
        raise ModelError("The model gave back what stands there already. Try other advice.")
    return changed[0], made[changed[0]], ""
