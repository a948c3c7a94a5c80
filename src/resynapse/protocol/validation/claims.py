"""Claims may refer only to arms, controls, conditions and outcomes of the protocol: a slip is no negative result."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from resynapse.errors import ProtocolError, Where, nearest
from resynapse.protocol.arms import Arm
from resynapse.protocol.claims import Claim, Reading
from resynapse.protocol.conditions import base
from resynapse.protocol.routes import assessments
from resynapse.protocol.validation.rules import Tree

Known = Mapping[str, Collection[str]]


def check_claims(
    protocol: Tree, claims: Iterable[Claim], controls: Collection[str] | None = None, *, measured: bool = True
) -> None:
    """Refuse claims about what a protocol does not have.

    Parameters
    ----------
    controls : names of the controls that there are; None leaves them to a caller that knows them.
    measured : whether each cell must be measured too; if not, a claim about another one is not testable.

    Raises
    ------
    ProtocolError : names the claim, its place, the value and the cure.
    """
    known = _measured(protocol)
    every = _every(known)
    for number, claim in enumerate(claims):
        for where, reading in _readings(claim, ("claims", number)):
            if reading.selects is not None:
                when, condition = reading.selects
                _check_cell(claim, when.outcome, condition, known, (*where, "among"))
            for index, test in enumerate(reading.tests):
                for measure in test.measures:
                    here = (*where, "tests", index, test.kind)
                    _check_arm(protocol, claim, measure.arm, controls, here)
                    if measured and not Arm.parse(measure.arm).control:
                        _check_cell(claim, measure.outcome, measure.condition, every, here)


def decidable(protocol: Tree, claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Those of `claims` that `check_claims` does not refuse."""
    kept = []
    for claim in claims:
        try:
            check_claims(protocol, (claim,))
        except ProtocolError:
            continue
        kept.append(claim)
    return tuple(kept)


def _readings(claim: Claim, where: Where) -> Iterator[tuple[Where, Reading]]:
    """The readings with their paths in the file; tests without a named reading belong to the claim itself."""
    for index, reading in enumerate(claim.readings):
        yield (*where, "readings", index) if reading.id else where, reading


def _check_arm(protocol: Tree, claim: Claim, text: str, controls: Collection[str] | None, where: Where) -> None:
    arm = Arm.parse(text)
    if text in protocol.variants:
        return
    if arm.name not in protocol.arms:
        known = [*protocol.arms, *protocol.variants]
        raise ProtocolError(
            f"claim {claim.id}: protocol {protocol.name} has no arm {arm.name!r}; {nearest(arm.name, known)}", where
        )
    if controls is not None and arm.control and arm.control not in controls:
        raise ProtocolError(
            f"claim {claim.id}: unknown control {arm.control!r}; {nearest(arm.control, controls)}", where
        )


def _check_cell(claim: Claim, outcome: str, condition: str, known: Known, where: Where) -> None:
    if condition not in known:
        raise ProtocolError(
            f"claim {claim.id}: nothing is measured at {condition!r}; {nearest(condition, known)}", where
        )
    if outcome not in known[condition]:
        cure = nearest(outcome, sorted(known[condition]))
        raise ProtocolError(f"claim {claim.id}: {outcome!r} is not measured at {condition}; {cure}", where)


def _measured(protocol: Tree) -> dict[str, set[str]]:
    """Outcomes at every condition of some arm."""
    found: dict[str, set[str]] = {}
    for route in protocol.routes.values():
        for condition, step in assessments(route):
            found.setdefault(condition, set()).update(step.stored)
    for rule in protocol.derived:
        for written in rule.writes:
            for condition in [c for c in found if written in (c, base(c))] or [written]:
                found.setdefault(condition, set()).add(rule.outcome)
    return found


def _every(known: Known) -> Known:
    """The same, with conditions without their counts: these mean all counts."""
    found = {condition: set(outcomes) for condition, outcomes in known.items()}
    for condition, outcomes in known.items():
        found.setdefault(base(condition), set()).update(outcomes)
    return found
