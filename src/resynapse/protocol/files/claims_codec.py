"""Claims from files and back."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from resynapse.errors import ProtocolError, Where
from resynapse.protocol.claim_tests import Test, claim_tests, dump_test
from resynapse.protocol.claims import BASES, Claim, Reading
from resynapse.protocol.files.plain_values import fields_of, mapping, modelled, sequence, typed


def parse_claims(value: object, where: Where = ()) -> tuple[Claim, ...]:
    """Claims from plain data: the value of the key `claims`.

    Raises
    ------
    ProtocolError : with the place, the value and what is allowed.
    """
    claims = tuple(_claim(item, (*where, i)) for i, item in enumerate(sequence(value, where)))
    for index, claim in enumerate(claims):
        if claim.id in {other.id for other in claims[:index]}:
            raise ProtocolError(f"duplicate claim {claim.id!r}; give each claim its own id", (*where, index, "id"))
    return claims


def _claim(value: object, where: Where) -> Claim:
    text = ("id", "statement", "where", "note")
    item = mapping(value, where, (*fields_of(Claim), *fields_of(Reading), "reading", "controls"))
    for key in ("id", "statement"):
        if not item.get(key):
            raise ProtocolError(f"{key} is missing; a claim has an id, a statement and readings or tests", where)
    basis = item.get("basis", "finding")
    if basis not in BASES:
        raise ProtocolError(f"{basis!r} is no basis; allowed: {', '.join(BASES)}", (*where, "basis"))
    if "readings" in item and "tests" in item:
        raise ProtocolError("give readings or tests, not both; tests alone are one reading", (*where, "tests"))
    if "readings" in item:
        readings = _readings(item["readings"], (*where, "readings"))
    elif "tests" in item:
        readings = tuple(_one_reading(item, where))
    else:
        readings = ()
    if basis == "finding" and not readings:
        raise ProtocolError("tests are missing; a claim has an id, a statement and readings or tests", where)
    named = {key: typed(str, item[key], (*where, key)) for key in text if key in item}
    return Claim(**named, basis=basis, readings=readings)


def _readings(value: object, where: Where) -> tuple[Reading, ...]:
    made: list[Reading] = []
    for index, item in enumerate(sequence(value, where)):
        one = _reading(item, (*where, index))
        if one.id in {other.id for other in made} or not one.id:
            problem = f"duplicate reading {one.id!r}" if one.id else "id is missing"
            raise ProtocolError(f"{problem}; give each reading its own id", (*where, index, "id"))
        made.append(one)
    return tuple(made)


def _reading(value: object, where: Where) -> Reading:
    item = mapping(value, where, fields_of(Reading))
    text = {key: typed(str, item[key], (*where, key)) for key in ("id", "interpretation", "among") if key in item}
    made = Reading(**text, tests=_tests(item.get("tests", []), (*where, "tests")))
    if not made.tests:
        raise ProtocolError("tests are missing; a reading has one or more", where)
    try:
        made.selects  # noqa: B018 (a wrong comparison is refused here, with its place)
    except ProtocolError as error:
        raise ProtocolError(str(error), (*where, "among")) from None
    return made


def _one_reading(item: Mapping[str, Any], where: Where) -> Iterator[Reading]:
    """A claim without readings: its tests are one. Controls, as older files have them, are tests and readings too."""
    own = {key: item[key] for key in ("interpretation", "among", "tests") if key in item}
    if "reading" in item:
        own.setdefault("interpretation", item["reading"])
    also: list[Reading] = []
    ignored: list[str] = []
    for index, control in enumerate(sequence(item.get("controls", []), (*where, "controls"))):
        there = (*where, "controls", index)
        named = mapping({"control": control} if isinstance(control, str) else control, there, _OF_CONTROL)
        if "control" not in named:
            raise ProtocolError("control is missing; name it, as in `resynapse controls`", there)
        if "among" in named:
            name = re.sub(r"\W+", "-", typed(str, named["control"], (*there, "control")))
            tests = named.get("tests", item["tests"])
            also.append(_reading({"id": name, "among": named["among"], "tests": tests}, there))
        elif "tests" in named:
            _tests(named["tests"], (*there, "tests"))
            own["tests"] = [*sequence(own["tests"], (*where, "tests")), *named["tests"]]
        else:
            ignored.append(typed(str, named["control"], (*there, "control")))
    if ignored:
        warnings.warn(
            f"claim {item['id']}: `controls` are not chosen claim by claim any more, one battery serves all; "
            f"{', '.join(ignored)} can be left out",
            FutureWarning,
            stacklevel=2,
        )
    yield _reading({**own, "id": "as-written"} if also else own, where)
    yield from also


_OF_CONTROL = ("control", "tests", "among")


def _tests(value: object, where: Where) -> tuple[Test, ...]:
    made, known = [], claim_tests()
    for index, item in enumerate(sequence(value, where)):
        named = mapping(item, (*where, index), known, what="test")
        if len(named) != 1:
            raise ProtocolError(f"give one test of {', '.join(known)}", (*where, index))
        ((kind, fields),) = named.items()
        made.append(modelled(known[kind], fields, (*where, index, kind)))
    return tuple(made)


def dump_claim(claim: Claim) -> dict[str, Any]:
    """Plain data of a claim, as `parse_claims` takes it."""
    text = {key: getattr(claim, key) for key in ("id", "where", "statement", "note") if getattr(claim, key)}
    basis = {} if claim.basis == "finding" else {"basis": claim.basis}
    readings = []
    for one in claim.readings:
        named = {key: getattr(one, key) for key in ("id", "interpretation", "among") if getattr(one, key)}
        readings.append({**named, "tests": [dump_test(test) for test in one.tests]})
    if len(readings) == 1 and "id" not in readings[0]:
        return {**text, **basis, **readings[0]}
    return {**text, **basis, **({"readings": readings} if readings else {})}
