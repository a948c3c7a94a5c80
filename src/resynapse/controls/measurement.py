"""What controls of the measuring change: noise, probes, thresholds, and who is counted. They train nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from resynapse.controls.exposure import within
from resynapse.outcomes import OutcomeName, outcome
from resynapse.protocol.conditions import Condition, base
from resynapse.protocol.derived_outcomes import Below, Derived, Ever, First, Mean, OtherThreshold
from resynapse.protocol.routes import Route, assessments, stops
from resynapse.protocol.steps import Assess, Enrol
from resynapse.protocol.tree import Protocol
from resynapse.protocol.validation.rules import no_noise_in_time
from resynapse.protocol.variants import Append, Made, Set

REMISSION = "acc_combined >= 90"
"""Who counts as remitted in that control: resilient to combined stress. A rule of relapse has its own probe."""
DRAWS = 10
"""Noise draws of the control that averages them."""
BIASED = "acc_biased"
"""The family of the manic probe."""
NO_PROBE = "no arm is assessed under the manic probe (acc_biased)"
FACTORS = (0.8, 0.9, 1.1, 1.2)
"""Other thresholds, relative to the protocol's own."""


def remitters_only(protocol: Protocol) -> Made:
    """Every arm, and every side path before that, goes on only where its first test of combined stress found remission.

    Tests of the induction do not count, nor do those that are made only under a condition.
    """
    probe = Enrol(when=REMISSION).criterion.outcome
    then = Enrol(when=REMISSION, condition="remission")

    def first(path: Route, suffix: str | None, *, aside: bool = False) -> Iterator[str]:
        for index, stop in enumerate(path):
            inside = None if suffix is None or stop.at else stop.named(suffix)
            if stop.when is None and isinstance(stop.step, Assess) and probe in stop.step.stored:
                if aside and not stop.fork and index == len(path) - 1:
                    return  # a look from the side, which nothing follows, selects nobody
                yield stop.step.condition + (stop.named(suffix) if suffix is not None else "")
                return
            yield from first(stop.fork, inside, aside=True)

    routes = protocol.routes
    for arm in protocol.arms:
        conditions = dict.fromkeys(first(tuple(s for s in routes[arm] if within(s) != "induction"), ""))
        yield arm, tuple(Append(step="assess", condition=condition, then=then) for condition in conditions)


def calibrated_noise(protocol: Protocol) -> Made:
    """Noise in units of what the intact network stands, wherever an accuracy is measured under noise."""
    routes = protocol.routes
    for arm in protocol.arms:
        of_noise = {
            stop.section
            for stop in stops(routes[arm])
            if isinstance(stop.step, Assess) and any(outcome(name).disturbed for name in stop.step.outcomes)
        }
        changes = (
            Set(step=Assess.kind, section=section, set={"noise": "calibrated"})
            for section in ("treatment", "follow_up")
            if section in of_noise
        )
        yield arm, tuple(changes)


def instead_of_biased(family: str) -> Callable[[Protocol], Made]:
    """Every manic probe as another test of the same number, stored under the name of the probe."""

    def other(name: str) -> str:
        parsed = OutcomeName.parse(name)
        found = outcome(name)
        if found.family != BIASED or found.strength is None:
            return name
        return str(OutcomeName(f"{family}_{parsed.numbered[1]}" if parsed.numbered else family, parsed.stored))

    def make(protocol: Protocol) -> Made:
        routes = protocol.routes
        for arm in protocol.arms:
            yield arm, tuple(_asked_otherwise(routes[arm], other))

    return make


def pulses(protocol: Protocol) -> Made:
    """Every manic probe as a pulse, where task and network have time."""
    if not no_noise_in_time(protocol.task, protocol.network):
        yield from instead_of_biased("acc_pulse")(protocol)


def why_no_pulse(protocol: Protocol) -> str:
    """Why no probe becomes a pulse."""
    return no_noise_in_time(protocol.task, protocol.network) or NO_PROBE


def _asked_otherwise(route: Route, other: Callable[[str], str]) -> Iterator[Set]:
    """The assessments of a route with other outcomes: one change for a condition that is measured in one way."""
    asked: dict[str, dict[str, tuple[str, ...]]] = {}
    for condition, step in assessments(route):
        asked.setdefault(base(condition), {})[condition] = step.outcomes
    for name, ways in asked.items():
        alike = {name: next(iter(ways.values()))} if len(set(ways.values())) == 1 else ways
        for condition, outcomes in alike.items():
            changed = [other(one) for one in outcomes]
            if changed != list(outcomes):
                yield Set(step=Assess.kind, condition=condition, set={"outcomes": changed})


def fixed_probe(protocol: Protocol) -> Made:
    """Where a probe's strength changes along the counts of a condition, the middle strength at each of them."""
    routes = protocol.routes
    for arm in protocol.arms:
        probed: dict[str, list[tuple[str, ...]]] = {}
        for condition, step in assessments(routes[arm]):
            if Condition.parse(condition).counts:
                probed.setdefault(base(condition), []).append(step.outcomes)
        changes = []
        for condition, courses in probed.items():
            fixed = [_fixed(along) for along in zip(*courses, strict=False)]
            if len({len(outcomes) for outcomes in courses}) == 1 and None not in fixed and len(set(courses)) > 1:
                changes.append(Set(step="assess", condition=condition, set={"outcomes": fixed}))
        if changes:
            yield arm, tuple(changes)


def _fixed(names: tuple[str, ...]) -> str | None:
    """One outcome for all counts: the same one, or the probe at its middle strength; None where they are others."""
    if len(set(names)) == 1:
        return names[0]
    found = [(outcome(name), OutcomeName.parse(name).alias) for name in names]
    rest = {(one.family, alias) for one, alias in found}
    strengths = [one.strength for one, _ in found if one.kind == "accuracy" and one.strength is not None]
    if len(strengths) < len(names) or len(rest) > 1:
        return None
    return sorted(zip(strengths, names, strict=True))[len(names) // 2][1]


def other_thresholds(protocol: Protocol) -> Iterator[Derived]:
    """Every rule with a threshold at others, and the means of these; ``manic_relapse_below_54`` and so on."""
    for factor in FACTORS:
        renamed: dict[str, OtherThreshold] = {}
        for rule in protocol.derived:
            if isinstance(rule, (Below, First)) and rule.threshold:
                threshold = round(rule.threshold * factor, 9)
                renamed[rule.outcome] = OtherThreshold(rule.outcome, f"{threshold:g}")
                yield rule.model_copy(update={"threshold": threshold, "outcome": str(renamed[rule.outcome])})
            elif isinstance(rule, (Mean, Ever)) and rule.of in renamed:
                other = replace(renamed[rule.of], outcome=rule.outcome)
                yield rule.model_copy(update={"of": str(renamed[rule.of]), "outcome": str(other)})
