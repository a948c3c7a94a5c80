"""What controls of the measuring change: noise, probes, thresholds, and who is counted. They train nothing twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

from resynapse.controls.exposure import within
from resynapse.protocol.derived_outcomes import Below, Derived, Ever, First, Mean, base
from resynapse.protocol.routes import Route, assessments
from resynapse.protocol.steps import Assess, Enrol
from resynapse.protocol.tree import Protocol
from resynapse.protocol.variants import Change, Made

REMISSION = "acc_combined >= 90"
"""Who counts as remitted in that control: resilient to combined stress. A rule of relapse has its own probe."""
DRAWS = 10
"""Noise draws of the control that averages them."""
FACTORS = (0.8, 0.9, 1.1, 1.2)
"""Other thresholds, relative to the protocol's own."""
_STRENGTH = re.compile(r"(acc_(?:biased|internal|input)_)([0-9.]+)")


def remitters_only(protocol: Protocol) -> Made:
    """Every arm, and every side path before that, goes on only where its first test of combined stress found remission.

    Tests of the induction do not count, nor do those that are made only under a condition.
    """
    outcome = Enrol(when=REMISSION).criterion.outcome
    then = Enrol(when=REMISSION, condition="remission")

    def first(path: Route, suffix: str | None, *, aside: bool = False) -> Iterator[str]:
        for index, stop in enumerate(path):
            inside = None if suffix is None or stop.at else stop.named(suffix)
            if stop.when is None and isinstance(stop.step, Assess) and outcome in stop.step.stored:
                if aside and not stop.fork and index == len(path) - 1:
                    return  # a look from the side, which nothing follows, selects nobody
                yield stop.step.condition + (stop.named(suffix) if suffix is not None else "")
                return
            yield from first(stop.fork, inside, aside=True)

    routes = protocol.routes
    for arm in protocol.arms:
        conditions = dict.fromkeys(first(tuple(s for s in routes[arm] if within(s) != "induction"), ""))
        yield arm, tuple(Change(step="assess", condition=condition, then=then) for condition in conditions)


def fixed_probe(protocol: Protocol) -> Made:
    """Where a probe's strength changes along the counts of a condition, the middle strength at each of them."""
    routes = protocol.routes
    for arm in protocol.arms:
        probed: dict[str, list[tuple[str, ...]]] = {}
        for condition, step in assessments(routes[arm]):
            if "=" in condition:
                probed.setdefault(base(condition), []).append(step.outcomes)
        changes = []
        for condition, courses in probed.items():
            fixed = [_fixed(along) for along in zip(*courses, strict=False)]
            if len({len(outcomes) for outcomes in courses}) == 1 and None not in fixed and len(set(courses)) > 1:
                changes.append(Change(step="assess", condition=condition, set={"outcomes": fixed}))
        if changes:
            yield arm, tuple(changes)


def _fixed(names: tuple[str, ...]) -> str | None:
    """One outcome for all counts: the same one, or the probe at its middle strength; None where they are others."""
    if len(set(names)) == 1:
        return names[0]
    found = [match for name in names if (match := _STRENGTH.match(name)) is not None]
    rest = {match[1] + name[match.end() :] for match, name in zip(found, names, strict=False)}
    if len(found) < len(names) or len(rest) > 1:
        return None
    return sorted(zip((float(match[2]) for match in found), names, strict=True))[len(names) // 2][1]


def other_thresholds(protocol: Protocol) -> Iterator[Derived]:
    """Every rule with a threshold at others, and the means of these; ``manic_relapse_below_54`` and so on."""
    for factor in FACTORS:
        renamed: dict[str, str] = {}
        for rule in protocol.derived:
            if isinstance(rule, (Below, First)) and rule.threshold:
                threshold = round(rule.threshold * factor, 9)
                renamed[rule.outcome] = f"{rule.outcome}_below_{threshold:g}"
                yield rule.model_copy(update={"threshold": threshold, "outcome": renamed[rule.outcome]})
            elif isinstance(rule, (Mean, Ever)) and rule.of in renamed:
                suffix = renamed[rule.of].removeprefix(rule.of)
                yield rule.model_copy(update={"of": renamed[rule.of], "outcome": rule.outcome + suffix})
