"""Plain data (mappings, lists, numbers, strings) as typed values; whatever is wrong is named with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel, TypeAdapter, ValidationError

from resynapse.errors import ProtocolError, Where, nearest
from resynapse.plugins import unknown
from resynapse.protocol.population.distributions import KINDS

_M = TypeVar("_M", bound=BaseModel)


def fields_of(kind: type) -> dict[str, Any]:
    """The fields of a specification with their types, so that files and their schema have the keys that it has."""
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: hints[field.name] for field in dataclass_fields(kind)}


def modelled(model: type[_M], value: object, where: Where) -> _M:
    """An object of a pydantic model, from a mapping; what is refused is named with its place."""
    try:
        return model.model_validate(mapping(value, where, model.model_fields))
    except ValidationError as error:
        raise _explained(error, where) from None


def typed(kind: Any, value: object, where: Where) -> Any:
    """A value of a type, converted in nothing but lists to tuples; what is refused is named with its place."""
    try:
        return TypeAdapter(kind).validate_json(_json(value, where), strict=True)
    except ValidationError as error:
        names = [f.name for f in dataclass_fields(kind)] if is_dataclass(kind) else []
        raise _explained(error, where, names) from None


def _json(value: object, where: Where) -> str:
    """JSON of plain data: a list is accepted as a tuple, and nothing else is converted."""
    import json

    try:
        return json.dumps(value)
    except (TypeError, ValueError):
        raise ProtocolError(f"{value!r} is not a plain value; give a number, text, list or mapping", where) from None


def _explained(error: ValidationError, where: Where, names: Iterable[str] = ()) -> ProtocolError:
    problems = error.errors(include_url=False)
    first = problems[0]
    place: Where = where
    for part in first["loc"]:
        # the names of union branches are not part of the path in the file
        if isinstance(part, int) or str(part).isidentifier():
            place = (*place, part)
    message = first["msg"][0].lower() + first["msg"][1:]
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return ProtocolError(f"unknown key {place[-1]!r}; {nearest(place[-1], names)}", place[:-1])
    if first["type"] == "missing":
        return ProtocolError("missing; this field has no default", place)
    message = message.removeprefix("value error, ")
    if isinstance(first["input"], Mapping) and any(key in (*KINDS, "column") for key in first["input"]):
        return ProtocolError("only a number of a step may differ between subjects; give one number here", place)
    if any("tuple" in str(part) for problem in problems for part in problem["loc"]):
        message += ", or two of them as [first, last]"
    return ProtocolError(f"{shown(first['input'])} is not possible: {message}", place)


def shown(value: object) -> str:
    """A value as an error shows it: at most 60 letters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def mapping(value: object, where: Where, allowed: Iterable[str] | None = None, what: str = "key") -> Mapping[str, Any]:
    """The value as a mapping with known keys."""
    if not isinstance(value, Mapping):
        expected = f"a mapping{' of ' + what + 's' if what != 'key' else ''}"
        raise ProtocolError(f"expected {expected}, got {shown(value)}", where)
    for key in value:
        if not isinstance(key, str):
            raise ProtocolError(f"key {key!r} is not a string; put it in quotes", where)
        if allowed is not None and key not in allowed:
            if what == "step":
                raise ProtocolError(unknown("step", key, allowed), (*where, key))
            raise ProtocolError(f"unknown {what} {key!r}; {nearest(key, allowed)}", (*where, key))
    return value


def sequence(value: object, where: Where) -> Sequence[object]:
    """The value as a list."""
    if not isinstance(value, (list, tuple)):
        raise ProtocolError(f"expected a list, got {shown(value)}", where)
    return value
