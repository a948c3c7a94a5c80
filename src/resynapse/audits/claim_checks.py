"""Claims must speak of arms, controls and selections that the protocol has; a slip is no verdict."""

from __future__ import annotations

from collections.abc import Iterable

from resynapse.controls import CONTROLS
from resynapse.controls.registry import RENAMED
from resynapse.errors import ProtocolError, nearest
from resynapse.protocol import Protocol
from resynapse.protocol.claims import Claim
from resynapse.protocol.conditions import base
from resynapse.protocol.routes import assessments
from resynapse.protocol.when import When


def check_claims(protocol: Protocol, claims: Iterable[Claim]) -> None:
    """Refuse claims about what a protocol does not have.

    A cell that is not measured is no error: its claim is not testable here.

    Raises
    ------
    ProtocolError : a claim names an unknown arm or control, or selects subjects by what is not measured.
    """
    controls = [*CONTROLS, *RENAMED, *{variant.control for variant in protocol.variants.values()}]
    measured = _measured(protocol)
    for claim in claims:
        for name in sorted(claim.needs):
            if name not in controls:
                raise ProtocolError(f"claim {claim.id}: unknown control {name!r}; {nearest(name, controls)}")
        for test in claim.tests:
            for measure in test.measures:
                arm = measure.arm.partition(":")[0]
                if arm not in protocol.arms and measure.arm not in protocol.variants:
                    raise ProtocolError(
                        f"claim {claim.id}: protocol {protocol.name} has no arm {arm!r}; {nearest(arm, protocol.arms)}"
                    )
        for reading in claim.readings:
            if reading.selects:
                _check_selection(claim, *reading.selects, measured)


def _measured(protocol: Protocol) -> dict[str, set[str]]:
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


def _check_selection(claim: Claim, when: When, condition: str, measured: dict[str, set[str]]) -> None:
    if condition not in measured:
        raise ProtocolError(f"claim {claim.id}: nothing is measured at {condition!r}; {nearest(condition, measured)}")
    if when.outcome not in measured[condition]:
        known = sorted(measured[condition])
        raise ProtocolError(
            f"claim {claim.id}: {when.outcome!r} is not measured at {condition}; {nearest(when.outcome, known)}"
        )
