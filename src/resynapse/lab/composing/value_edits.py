"""Changes of a step's values: a field, the way it is given, a part of it, a variable of a repetition."""

from __future__ import annotations

import copy
from collections.abc import MutableMapping
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from resynapse.errors import ResynapseError
from resynapse.lab.composing.places import MANY, at
from resynapse.lab.composing.shapes import bounds_of, far, started
from resynapse.protocol import STEPS
from resynapse.protocol.files.library import loads_value


def _set(document: Any, place: list[str | int], value: str) -> list[str | int]:
    *step, kind, field = place
    if kind == "" and step in (["task"], ["network"]):
        if field == "kind" or not isinstance(document.get(step[0]), MutableMapping):
            document[step[0]] = CommentedMap()  # another kind has other fields
        if field == "kind" and not value.strip():
            del document[step[0]]
            return list(step)
    owner = _owner(document, place)
    if value.strip():
        owner[field] = loads_value(value, str(field))
    else:
        owner.pop(field, None)
    return list(step)


def _shape(document: Any, place: list[str | int], value: str) -> list[str | int]:
    *step, kind, field = place
    owner = _owner(document, place)
    schema = STEPS[str(kind)].model_json_schema()["properties"].get(str(field), {}) if kind in STEPS else {}
    low, high = bounds_of(schema)
    owner[field] = flow(started(value, owner.get(field), low, high))
    return list(step)


def _part(document: Any, place: list[str | int], value: str) -> list[str | int]:
    """A part of a field: place is the step's, the kind, the field, then the keys inside."""
    kinds = (i for i, part in enumerate(place) if part in (*STEPS, *MANY) and i and isinstance(place[i - 1], int))
    start = next(kinds, len(place))
    if start + 1 >= len(place):
        raise ResynapseError("choose a step first")
    *above, last = place
    if len(place) == start + 2 or last == "choice":  # a list, separated by commas
        found = [loads_value(one, "values") for one in value.split(",") if one.strip()]
        if not found:
            raise ResynapseError("values: give at least one")
        at(document, above)[last] = flow(found)
    elif isinstance(last, int):
        _bound(at(document, above[:-1]), str(above[-1]), last, value)
    elif value.strip():
        at(document, above)[last] = loads_value(value, str(last))
    else:
        at(document, above).pop(last, None)
    return place[:start]


def _bound(owner: Any, key: str, end: int, value: str) -> None:
    """One of two numbers; the bounds of a distribution may both be left out, and begin far from its middle."""
    if not value.strip():
        if key != "within":
            raise ResynapseError(f"{key}: give a number")
        owner.pop(key, None)
        return
    if key not in owner:
        low, high = far(owner)
        owner[key] = flow([low, high])
    owner[key][end] = loads_value(value, key)


def _variable(document: Any, place: list[str | int], value: str) -> list[str | int]:
    name = value.strip()
    if len(place) > 1 and place[-1] in MANY:
        owner = at(document, place)
        first = next(iter(owner.values()))
        name = name or next(f"value_{n}" for n in range(2, 1000) if f"value_{n}" not in owner)
        owner[name] = copy.deepcopy(first)
        return place[:-1]
    *above, old = place
    owner = at(document, above)
    if name in owner and name != old:
        raise ResynapseError("variable: give a name that no other variable has")
    if not name and len(owner) == 1:
        raise ResynapseError("variable: a repetition needs one; remove the repetition itself, or give a name")
    entries = [(name if key == old else key, owner[key]) for key in list(owner)]
    for key in list(owner):
        del owner[key]
    for key, found in entries:
        if key:
            owner[key] = found
    return above[:-1]


def _owner(document: Any, place: list[str | int]) -> Any:
    """The mapping that a field is in; written out where its step has none."""
    *step, kind, _ = place
    node = at(document, step)
    if kind == "":  # beside the step
        return node
    if not isinstance(node.get(kind), MutableMapping):
        short = STEPS[str(kind)].shorthand if kind in STEPS and node.get(kind) is not None else ""
        node[kind] = {short: node[kind]} if short else {}
    return node[kind]


def flow(value: Any) -> Any:
    """Plain data as it is written in one line."""
    if isinstance(value, dict):
        made: Any = CommentedMap({key: flow(inner) for key, inner in value.items()})
    elif isinstance(value, list):
        made = CommentedSeq(map(flow, value))
    else:
        return value
    made.fa.set_flow_style()
    return made


CHANGES = {"set": _set, "shape": _shape, "part": _part, "variable": _variable}
