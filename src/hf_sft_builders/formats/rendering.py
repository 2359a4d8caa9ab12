r"""`sft.render(template, columns=[…])`: rows into one text, as a trainer shall read them.

A template is a Python one ("### 问题：\n{}\n### 回答：\n{}", or with names of columns), a chat
template in Jinja (rendered in a sandbox), or a tokenizer: its name, or an object with
`apply_chat_template`. The text ends with the token that ends a sequence, once.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hf_sft_builders.errors import ConfigurationError, MissingExtra
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op

if TYPE_CHECKING:
    import datasets


def render(
    template: Any,
    columns: Sequence[str] = (),
    *,
    eos_token: str = "",
    into: str = "text",
    add_generation_prompt: bool = False,
) -> Render:
    r"""Make an op that renders rows into one column of text.

    Args:
        template: Text with `{}` or `{column}`; or a Jinja chat template (it has `{%` or `{{`), which
            sees `messages`, `tools` and every column; or the name of a tokenizer on the Hub or its
            folder; or a tokenizer.
        columns: The columns that fill `{}`, in order; for a chat template, the column of messages.
        eos_token: Put at the end of every text that does not end with it. Without one, a model
            learns no end: `tokenizer.eos_token`. For a tokenizer, its own by default.
        into: The column that the text goes to.
        add_generation_prompt: For chat templates: end with the head of the assistant's turn.

    Raises:
        ConfigurationError: if template and columns do not fit.

    Example:
        >>> ds.map(sft.render("### 问题：\n{}\n### 思考：\n<think>{}</think>\n### 回答：\n{}",
        ...                   columns=["Question", "Complex_CoT", "Response"],
        ...                   eos_token="<|im_end|>"), batched=True)
    """
    names = tuple(columns)
    if not isinstance(template, str):
        chat, token = _of_tokenizer(template)
        return Render(chat, names, eos_token or token, into, "jinja", add_generation_prompt)
    if "{%" in template or ("{{" in template and "}}" in template):
        return Render(template, names, eos_token, into, "jinja", add_generation_prompt)
    if "{" not in template:
        chat, token = _of_tokenizer(_load_tokenizer(template))
        return Render(chat, names, eos_token or token, into, "jinja", add_generation_prompt)
    return Render(template, _filled_by(template, names), eos_token, into)


@dataclass(frozen=True)
class Render(Op):
    """See `render`."""

    template: str
    columns: tuple[str, ...]
    eos_token: str = ""
    into: str = "text"
    kind: str = "python"
    add_generation_prompt: bool = False

    name = "render"

    @classmethod
    def example(cls) -> Render:
        """Show a text as it is."""
        return render("{text}", into="rendered")

    def requires(self) -> tuple[str, ...]:
        """The columns that fill the template."""
        return self.columns or ("messages",)

    def added(self) -> datasets.Features:
        """One text."""
        import datasets

        return datasets.Features({self.into: datasets.Value("string")})

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Render each row; one in which a column is null is dropped, and counted."""
        shown = self._renderer()
        for row in rows:
            absent = [name for name in self.requires() if row[name] is None]
            if absent:
                yield Outcome(drops=(f"no {absent[0]}",))
                continue
            text = shown(row)
            end = "" if text.endswith(self.eos_token) else self.eos_token
            yield Outcome(({**row, self.into: text + end},))

    def _renderer(self) -> Callable[[Row], str]:
        if self.kind == "jinja":
            return self._jinja()
        if _is_positional(self.template):
            return lambda row: self.template.format(*(row[name] for name in self.columns))
        return self.template.format_map

    def _jinja(self) -> Callable[[Row], str]:
        compiled = compile_template(self.template)
        messages = self.columns[0] if self.columns else "messages"

        def shown(row: Row) -> str:
            told = {**row, "messages": [_message(m) for m in row[messages]]}
            told["tools"] = _parsed(row.get("tools")) or None
            return compiled(
                **told,
                add_generation_prompt=self.add_generation_prompt,
                eos_token=self.eos_token,
                bos_token="",
            )

        return shown


def _is_positional(template: str) -> bool:
    return any(name == "" or (name or "").isdigit() for name in _fields(template))


def _fields(template: str) -> list[str]:
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ConfigurationError(
            f"The template is not one: {error}. Write {{{{ and }}}} for braces that are meant."
        ) from error
    return [name for _, name, _, _ in parts if name is not None]


def _filled_by(template: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Give the columns that a Python template needs."""
    fields = _fields(template)
    if not _is_positional(template):
        return tuple(dict.fromkeys(name.partition(".")[0].partition("[")[0] for name in fields))
    if len(fields) != len(columns) and "" in fields:
        raise ConfigurationError(
            f"The template has {len(fields)} places {{}}, columns= names {len(columns)}: "
            f"{', '.join(columns) or 'none'}. Name one column for each place."
        )
    return columns


def compile_template(template: str) -> Callable[..., str]:
    """Compile a chat template as `transformers` does, in a sandbox.

    Raises:
        MissingExtra: without jinja2.
        ConfigurationError: if the template is not one.
    """
    try:
        import jinja2
        from jinja2.ext import loopcontrols
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError as error:
        raise MissingExtra("Rendering chat templates", "jinja2", "templates") from error
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols]
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _refuse
    try:
        compiled = environment.from_string(template)
    except jinja2.TemplateSyntaxError as error:
        raise ConfigurationError(f"The chat template, line {error.lineno}: {error}.") from error
    return compiled.render


def _tojson(value: Any, indent: int | None = None, **_: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(message: str) -> None:
    raise ConfigurationError(f"The chat template refuses a row: {message}")


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    """Give a message as templates expect it: parsed calls, and no field that says nothing."""
    told = {name: value for name, value in message.items() if value not in (None, "")}
    told.setdefault("content", "")
    if "tool_calls" in told:
        told["tool_calls"] = _parsed(told["tool_calls"])
    return told


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value else value


def _of_tokenizer(tokenizer: Any) -> tuple[str, str]:
    chat = getattr(tokenizer, "chat_template", None)
    if not isinstance(chat, str):
        raise ConfigurationError(
            f"{type(tokenizer).__name__} has no chat template. Give the template's text instead."
        )
    return chat, str(getattr(tokenizer, "eos_token", None) or "")


@dataclass(frozen=True)
class _Tokenizer:
    """What the files of a tokenizer say; the tokenizer itself is not needed."""

    chat_template: str | None
    eos_token: str | None


def _load_tokenizer(name: str) -> _Tokenizer:
    settings = json.loads(_tokenizer_file(name, "tokenizer_config.json"))
    chat = settings.get("chat_template")
    if isinstance(chat, list):  # several by name
        chat = {entry["name"]: entry["template"] for entry in chat}.get("default")
    end = settings.get("eos_token")
    return _Tokenizer(
        chat or _tokenizer_file(name, "chat_template.jinja"),
        end.get("content") if isinstance(end, dict) else end,
    )


def _tokenizer_file(name: str, file: str) -> str:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    local = Path(name) / file
    try:
        path = local if Path(name).is_dir() else Path(hf_hub_download(name, file))
        return path.read_text(encoding="utf-8")
    except (OSError, HfHubHTTPError, HFValidationError) as error:
        raise ConfigurationError(
            f"The template {name!r} has no place such as {{}} or {{column}}, and is no tokenizer "
            f"with a chat template either: {file}: {error}"
        ) from error
