"""How a number is given: one for all, drawn for each subject, or one for every round; each way has its own fields.

A way of giving a value is called its shape. Its parts are the numbers and names inside, each with its place below the
value; a part that is emptied is left out of the file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from resynapse.errors import ResynapseError, nearest
from resynapse.protocol.files.repetition import listed
from resynapse.protocol.files.safe_yaml import Dumper

ONE, COLUMN, RANGE, LIST = "one", "column", "range", "list"
DRAWN = {
    "uniform": "drawn: uniform",
    "normal": "drawn: normal",
    "lognormal": "drawn: lognormal",
    "choice": "drawn: one of these",
}
"""Distributions over subjects, and their titles."""
FIELD = {ONE: "one value for all subjects", **DRAWN, COLUMN: "from a table"}
ROUNDS = {RANGE: "a range", LIST: "a list"}
_ENDS = {"uniform": ("lowest", "highest"), "normal": ("mean", "SD"), "lognormal": ("median", "SD of the logarithm")}
_SD = "above 0"
_SOURCE = "choice"


class Part(NamedTuple):
    """One number or name inside a value.

    Parameters
    ----------
    place : its keys below the value.
    """

    name: str
    place: list[str | int]
    value: str
    about: str = ""
    unit: str = ""
    range: str = ""
    default: str = "required"
    source: str = _SOURCE


def shape_of(value: object) -> str:
    """The shape of a step's value."""
    if isinstance(value, Mapping):
        return next((kind for kind in DRAWN if kind in value), COLUMN if COLUMN in value else ONE)
    return ONE


def parts_of(value: object, unit: str, range: str) -> list[Part]:
    """The parts of a value that is drawn; none of one that is not.

    Parameters
    ----------
    unit, range : of the field.
    """
    kind = shape_of(value)
    if not isinstance(value, Mapping) or kind == ONE:
        return []
    name = Part("name of the trait", ["name"], _text(value.get("name", "")), "steps with the same name share the draw",
                default="made of the step's place")  # fmt: skip
    if kind == COLUMN:
        draw = Part("draw rows", ["draw"], _text(value.get("draw", "")), "true: subjects draw rows with replacement",
                    default="false: subject n has row n")  # fmt: skip
        column = Part("column", ["column"], _text(value.get("column", "")), "name of the column", unit, range)
        return [column, Part("table", ["of"], _text(value.get("of", "")), "a CSV file in the workspace"), draw, name]
    numbers = value[kind] if isinstance(value[kind], Sequence) and not isinstance(value[kind], str) else []
    if kind == "choice":
        return [Part("values", [kind], _listed(numbers), "equally likely, separated by commas", unit, range), name]
    shown = [*map(_text, numbers), "", ""][:2]
    first, second = _ENDS[kind]
    spread = ("", _SD) if kind == "lognormal" else (unit, range if kind == "uniform" else _SD)
    within = value.get("within")
    bounds = [*map(_text, within), "", ""][:2] if isinstance(within, Sequence) else ["", ""]
    limits = [
        Part(title, ["within", end], bounds[end], "the distribution is cut off here", unit, range, "none")
        for end, title in enumerate(("not below", "not above"))
    ]
    return [
        Part(first, [kind, 0], shown[0], "", unit, range), Part(second, [kind, 1], shown[1], "", *spread),
        *(limits if kind != "uniform" or within is not None else []), name,
    ]  # fmt: skip


def rounds_of(value: object) -> tuple[str, list[Part]]:
    """The shape of a variable of a repetition, and its parts."""
    if isinstance(value, Mapping):
        sides = {"from": "the first value", "to": "the last value, included", "by": "from one value to the next"}
        return RANGE, [
            Part(key, [key], _text(value.get(key, "")), said, "", _SD if key == "by" else "a number",
                 "1" if key == "by" else "required")
            for key, said in sides.items()
        ]  # fmt: skip
    values = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    about = "one for each round, separated by commas"
    return LIST, [Part("values", [], _listed(values), about, "", "1 to 1000 values")]


def started(shape: str, now: object, low: float | None = None, high: float | None = None) -> Any:
    """A value of another shape to begin with, near the one that is there.

    Parameters
    ----------
    low, high : the range of the field, where it has one.

    Raises
    ------
    ResynapseError : no such shape.
    """
    values = _numbers(now)
    centre = sum(values) / len(values) if values else 0.5 if (low, high) == (0, 1) else 1.0
    if shape == ONE:
        return values[0] if len(values) == 1 else _round(centre)
    if shape == LIST:
        return listed(now, ()) if isinstance(now, Mapping) else values or [1]
    if shape == RANGE:
        first, last = (min(values), max(values)) if len(values) > 1 else (1, 3)
        return {"from": first, "to": last, **({} if last - first >= 1 else {"by": _round((last - first) / 4) or 1})}
    if shape == COLUMN:
        return {"column": "column", "of": "traits.csv"}
    if shape not in DRAWN:
        raise ResynapseError(f"no shape {shape!r}; {nearest(shape, (*FIELD, *ROUNDS))}")
    width = abs(centre) / 10 or 0.1

    def inside(value: float) -> float:  # a limit itself may not be possible
        limit = high if value > centre else low
        beyond = limit is not None and abs(value - centre) >= abs(limit - centre)
        return _round(centre + 0.9 * (limit - centre) if limit is not None and beyond else value)

    if shape in ("choice", "uniform"):
        return {shape: [inside(centre - width), inside(centre + width)]}
    numbers = [centre, width] if shape == "normal" else [centre if centre > 0 else 1.0, 0.1]
    made: dict[str, Any] = {shape: [*map(_round, numbers)]}
    return made if low is None and high is None else {**made, "within": [*map(inside, far(made))]}


def bounds_of(field: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """The lowest and the highest number of a field, or what they have to stay within."""
    for part in (field, *field.get("anyOf", ())):
        low = part.get("minimum", part.get("exclusiveMinimum"))
        high = part.get("maximum", part.get("exclusiveMaximum"))
        if low is not None or high is not None:
            return low, high
    return None, None


def far(value: Mapping[str, Any]) -> list[float]:
    """Bounds that leave a distribution as good as whole: four SD below and above its middle."""
    if "lognormal" in value:
        median, sd = value["lognormal"]
        return [_round(median * math.exp(-4 * sd)), _round(median * math.exp(4 * sd))]
    centre, sd = value.get("normal") or (sum(value["uniform"]) / 2, (value["uniform"][1] - value["uniform"][0]) / 8)
    return [_round(centre - 4 * sd), _round(centre + 4 * sd)]


def _numbers(value: object) -> list[float]:
    """The numbers that a value of any shape is about."""
    if isinstance(value, bool):
        return []
    if isinstance(value, (int, float)) and math.isfinite(value):
        return [value]
    if isinstance(value, Mapping):
        if {"from", "to"} <= set(value):
            return [*_numbers(value["from"]), *_numbers(value["to"])]
        kind = shape_of(value)
        inside = value.get(kind)
        found = _numbers(inside) if inside is not None else []
        return found[:1] if kind in ("normal", "lognormal") else found
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [number for one in value for number in _numbers(one)]
    return []


def _round(value: float) -> float:
    return float(f"{value:.3g}")


def shown(value: object) -> str:
    """A value in one line of YAML."""
    text = yaml.dump(value, Dumper=Dumper, default_flow_style=True, width=10_000, sort_keys=False).strip()
    return text.removesuffix("...").strip()


def _text(value: object) -> str:
    return "" if value == "" else shown(value)


def _listed(values: Sequence[object]) -> str:
    return ", ".join(map(_text, values))
