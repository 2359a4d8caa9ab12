"""What a pydantic model asks of a reply: does a text of JSON fit, and has the shape one list."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError
from pydantic.fields import FieldInfo

from hf_sft_builders.errors import ReplyRejected

Shape = TypeVar("Shape", bound=BaseModel)

_EMPTY = re.compile(r"\s*+\{\s*+\}\s*+")
_LISTS = (list, tuple, set, frozenset, Sequence)


@dataclass(frozen=True, slots=True)
class ListField:
    """The one list of a shape, all other fields of which may be left out."""

    name: str
    key: str
    """Its key in JSON; empty where the shape itself is the list."""
    of_strings: bool

    def around(self, items: str) -> str:
        """Write JSON of the shape with these comma-separated items."""
        return f"{{{json.dumps(self.key)}:[{items}]}}" if self.key else f"[{items}]"


@lru_cache(maxsize=256)
def list_field(schema: type[BaseModel]) -> ListField | None:
    """Find the list that a reply of items can be meant for; None where there is not exactly one."""
    fields = schema.model_fields
    lists = [name for name, field in fields.items() if _item_type(field) is not None]
    if len(lists) != 1:
        return None
    [name] = lists
    if any(field.is_required() for other, field in fields.items() if other != name):
        return None
    key = "" if issubclass(schema, RootModel) else _json_key(name, fields[name])
    return ListField(name, key, _item_type(fields[name]) is str)


def json_keys(schema: type[BaseModel]) -> set[str]:
    """Give the keys of the shape, each as it is written in JSON."""
    keys = {_json_key(name, field) for name, field in schema.model_fields.items()}
    return {json.dumps(key, ensure_ascii=False) for key in keys}


def fit(text: str, schema: type[Shape]) -> Shape:
    """Read strict JSON as `schema`.

    An object of which the shape knows no key does not fit, even where every field has a default:
    something else was meant.

    Raises:
        ReplyRejected: with the first problems.
    """
    try:
        value = schema.model_validate_json(text)
    except ValidationError as error:
        raise rejection(schema, _problems(error), text) from error
    except UnicodeError as error:
        raise rejection(schema, "it has half a surrogate pair in it", text) from error
    if not value.model_fields_set and not _EMPTY.fullmatch(text):
        raise rejection(schema, "none of its keys is known", text)
    return value


def rejection(schema: type[BaseModel], problem: str, text: str) -> ReplyRejected:
    """Say what was found and what was expected, in few enough words to be sent back."""
    keys = ", ".join(sorted(json_keys(schema)))[:200]
    wanted = "a JSON list" if issubclass(schema, RootModel) else f"one JSON object with {keys}"
    shown = text if len(text) <= 200 else f"{text[:120]} … {text[-70:]}"
    return ReplyRejected(
        f"The reply is not a {schema.__name__}: {problem}. Expected {wanted}. Found: {shown!r}"
    )


def _problems(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(
        f"{'.'.join(map(str, problem['loc']))[:80] or 'reply'}: {problem['msg'][:160]}"
        for problem in found[:3]
    )


def _json_key(name: str, field: FieldInfo) -> str:
    for alias in (field.validation_alias, field.alias):
        if isinstance(alias, str):
            return alias
    return name


def _item_type(field: FieldInfo) -> Any:
    """Give what a list field holds; None where it is no list."""
    if get_origin(field.annotation) not in (*_LISTS, *map(get_origin, (Sequence[Any],))):
        return None
    item = (get_args(field.annotation) or (Any,))[0]
    return get_args(item)[0] if hasattr(item, "__metadata__") else item
