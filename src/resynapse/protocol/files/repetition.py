"""What a protocol file may leave unsaid: a base it builds on, repetitions and sweeps with variables.

Everything here maps plain data to plain data; nothing in a file is executed. ``$name`` is replaced by the value of
the variable; inside a longer text, ``$name`` or ``${name}`` is written into it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from resynapse.errors import ProtocolError, Where, nearest
from resynapse.networks import DEFAULT_ARCHITECTURE
from resynapse.task import DEFAULT_TASK

Scope = Mapping[str, Any]
"""Variables by name."""
MOST = 1000
"""Most rounds of one repetition or levels of one sweep."""

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_BY_NAME = ("task", "network", "arms")
_DEFAULT = {"task": DEFAULT_TASK, "network": DEFAULT_ARCHITECTURE}
"""The kind of what names none."""
_RANGE = ("from", "to", "by")


def merged(base: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """`document` built on `base`: what it names replaces, arm by arm; an arm that is null is taken away.

    With an arm that is taken away go the variants that the base makes of it.
    """
    out = {**base, **{key: value for key, value in document.items() if key != "base"}}
    for key in _BY_NAME:
        ours, theirs = document.get(key), base.get(key)
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            # the fields of another kind of task or network are not those of the base's
            kind = theirs.get("kind", _DEFAULT.get(key))
            other = key in _DEFAULT and ours.get("kind", kind) != kind
            joined = dict(ours) if other else {**theirs, **ours}
            out[key] = {k: v for k, v in joined.items() if not (key == "arms" and v is None)}
    ours, theirs = document.get("titles"), base.get("titles")
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        both = ((key, theirs.get(key), ours.get(key)) for key in (*theirs, *ours))
        out["titles"] = {
            key: {**one, **other} if isinstance(one, Mapping) and isinstance(other, Mapping) else other or one
            for key, one, other in both
        }
    left, kept = out.get("arms"), base.get("variants")
    if "variants" not in document and isinstance(left, Mapping) and isinstance(kept, Mapping):
        out["variants"] = {name: v for name, v in kept.items() if not isinstance(v, Mapping) or v.get("of") in left}
    return out


def rounds(value: object, scope: Scope, where: Where) -> Iterator[tuple[Scope, float]]:
    """The variables of each round of `repeat` or `sweep`, and the count that names it: the first variable.

    Parameters
    ----------
    value : mapping of variables to lists of one length, or to ``{from: 1, to: 8}`` (``by``: 1).

    Raises
    ------
    ProtocolError : no variable, lists of different lengths, counts that are no numbers.
    """
    if not isinstance(value, Mapping) or not value:
        raise ProtocolError("name a variable and its values, such as {cycle: {from: 1, to: 8}}", where)
    values = {}
    for name, written in value.items():
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise ProtocolError(f"{name!r} is no name for a variable; use letters, digits and _", where)
        values[name] = listed(written, (*where, name))
    first = next(iter(values))
    length = len(values[first])
    for name, found in values.items():
        if len(found) != length:
            raise ProtocolError(
                f"{name} has {len(found)} values, {first} has {length}; give both the same number", (*where, name)
            )
    for index, count in enumerate(values[first]):
        if isinstance(count, bool) or not isinstance(count, (int, float)):
            raise ProtocolError(f"{count!r} is no number; the first variable names the condition", (*where, first))
        if count in values[first][:index]:
            raise ProtocolError(f"duplicate {count!r}; give each value once", (*where, first))
        yield {**scope, **{name: found[index] for name, found in values.items()}}, count


def listed(written: object, where: Where) -> list[Any]:
    """The values of a list, or of a range such as ``{from: 0, to: 125, by: 5}`` (``by``: 1).

    Raises
    ------
    ProtocolError : neither of them, no value, or more than `MOST`.
    """
    if isinstance(written, list):
        found = written
    elif isinstance(written, Mapping) and set(written) <= set(_RANGE) and {"from", "to"} <= set(written):
        start, stop, by = (_decimal(written.get(key, 1), (*where, key)) for key in _RANGE)
        if by <= 0:
            raise ProtocolError(f"expected `by` above 0 (a range rises), got {by}", (*where, "by"))
        number = int((stop - start) / by) + 1 if stop >= start else 0
        if number > MOST:
            raise ProtocolError(f"{number} values; at most {MOST} are possible", where)
        found = [_plain(start + i * by) for i in range(number)]
    else:
        expected = "expected a list of values or {from: 1, to: 8, by: 1}"
        raise ProtocolError(f"{expected}, got {repr(written)[:60]}", where)
    if not 1 <= len(found) <= MOST:
        raise ProtocolError(f"{len(found)} values; give at least 1 and at most {MOST}", where)
    return found


def filled(value: Any, scope: Scope, where: Where) -> Any:
    """`value` with every variable replaced, at any depth.

    Raises
    ------
    ProtocolError : a variable that no `repeat` or `sweep` around it names.
    """
    if isinstance(value, Mapping):
        return {key: filled(inner, scope, (*where, key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, scope, (*where, i)) for i, inner in enumerate(value)]
    if not isinstance(value, str) or "$" not in value:
        return value

    def of(match: re.Match[str]) -> Any:
        name = match[1] or match[2]
        if name not in scope:
            hint = nearest(name, scope) if scope else "variables come from a repeat or sweep around the step"
            raise ProtocolError(f"unknown variable ${name}; {hint}", where)
        return scope[name]

    whole = _VARIABLE.fullmatch(value)
    return of(whole) if whole else _VARIABLE.sub(lambda match: str(of(match)), value)


def _decimal(value: object, where: Where) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e9:
        raise ProtocolError(f"{value!r} is no number", where)
    return Decimal(str(value))


def _plain(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
