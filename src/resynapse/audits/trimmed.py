"""Variants of an audit measure what claims read, and nothing else: most of an audit's time is measuring.

Outcomes are independent of each other, so leaving one out changes no other value. The arms themselves stay whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from resynapse.outcomes import OutcomeName
from resynapse.protocol import Assess, Enrol, Protocol
from resynapse.protocol.arms import Arm
from resynapse.protocol.claims import Claim
from resynapse.protocol.conditions import base
from resynapse.protocol.routes import Route, assessments, stops
from resynapse.protocol.variants import Change, Remove, Set, Variant


def trimmed(tree: Protocol, claims: Sequence[Claim], kept: Collection[str] = ()) -> Protocol:
    """The tree whose variants measure only what decides something.

    Parameters
    ----------
    claims : what they read is measured, in every variant of the arm that they name.
    kept : names of variants that stay whole.
    """
    routes = tree.routes
    read = {arm: _read(tree, claims, arm) for arm in tree.arms}
    made = {
        name: variant if name in kept else _trimmed(variant, routes[name], read[variant.of])
        for name, variant in tree.variants.items()
    }
    return replace(tree, variants=made)


def _read(tree: Protocol, claims: Sequence[Claim], arm: str) -> dict[str, set[str]]:
    """What claims, derived outcomes and selections read of an arm."""
    found: dict[str, set[str]] = {}
    for claim in claims:
        for reading in claim.readings:
            for measure in (measure for test in reading.tests for measure in test.measures):
                if Arm.parse(measure.arm).name == arm:
                    found.setdefault(base(measure.condition), set()).add(measure.outcome)
            if reading.selects:
                when, condition = reading.selects
                found.setdefault(base(condition), set()).add(when.outcome)
    for rule in tree.derived:
        for condition in rule.reads:
            found.setdefault(base(condition), set()).add(rule.of)
        if rule.selects:
            when, condition = rule.selects
            found.setdefault(base(condition), set()).add(when.outcome)
    return found


def _trimmed(variant: Variant, route: Route, read: Mapping[str, set[str]]) -> Variant:
    chosen = set(_choosing(route))
    changes: list[Change] = []
    for condition, names in _one_way(route).items():
        wanted = read.get(condition, set()) | chosen
        left = [name for name in names if _stored(name) in wanted]
        if not left:
            changes.append(Remove(step=Assess.kind, condition=condition))
        elif len(left) < len(names):
            changes.append(Set(step=Assess.kind, condition=condition, set={"outcomes": left}))
    return replace(variant, changes=(*variant.changes, *changes))


def _one_way(route: Route) -> dict[str, tuple[str, ...]]:
    """The outcomes of every condition that is measured in one way alone."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for condition, step in assessments(route):
        found.setdefault(base(condition), set()).add(step.outcomes)
    return {condition: next(iter(names)) for condition, names in found.items() if len(names) == 1}


def _choosing(route: Route) -> Iterator[str]:
    """Outcomes that decide what is done next."""
    for stop in stops(route):
        if stop.when is not None:
            yield stop.when.outcome
        if isinstance(stop.step, Enrol):
            yield stop.step.criterion.outcome


def _stored(name: str) -> str:
    return OutcomeName.parse(name).stored
