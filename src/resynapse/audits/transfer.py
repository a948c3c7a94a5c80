"""Another task at the same exposure and by bars of the same height: steps of the optimiser, bounds above chance.

A task with fewer samples has fewer steps an epoch, so that the same epochs are less training; and a task with more
classes is harder to guess, so that the same accuracy asks for more. Both would be read as a failure of the claim.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from resynapse.analysis.separability import accuracies
from resynapse.protocol import Below, Drop, Enrol, First, Mean, Node, Protocol, Regrow, Steepest, Step, When
from resynapse.protocol.claim_tests import Test
from resynapse.protocol.claims import Claim, Reading
from resynapse.protocol.derived_outcomes import Carry, Derived
from resynapse.protocol.node import Path
from resynapse.protocol.when import At
from resynapse.randomness import TILE
from resynapse.task import Task

Kind = Literal["level", "difference"]
"""An accuracy in %, or a difference of accuracies in points; nothing else is scaled."""


@dataclass(frozen=True, slots=True)
class Chance:
    """The level of a guess in one task and in another, in %."""

    before: float
    after: float

    @classmethod
    def of(cls, before: Protocol, after: Protocol) -> Chance:
        """From the classes of two protocols' tasks."""
        return cls(100.0 / before.task.classes, 100.0 / after.task.classes)

    @property
    def factor(self) -> float:
        """What differences of accuracies are multiplied by."""
        return (100.0 - self.after) / (100.0 - self.before)

    def scaled(self, bound: float, levels: float = 1.0) -> float:
        """A bound as far between chance and 100 % as before.

        Parameters
        ----------
        levels : sum of the weights of the accuracies in what is bounded: 1 for a mean, 0 for a difference.

        >>> Chance(25.0, 10.0).scaled(60.0), Chance(25.0, 10.0).scaled(5.0, levels=0.0)
        (52.0, 6.0)
        """
        return round(levels * self.after + (bound - levels * self.before) * self.factor, 9)


def steps_an_epoch(protocol: Protocol) -> int:
    """Steps of the optimiser in one epoch."""
    return -(-protocol.task.sizes.train // protocol.batch_size)


def transferred(protocol: Protocol, task: Task) -> Protocol:
    """The protocol on another task, at the same number of steps in every phase and with thresholds above its chance.

    Epochs, ramps and counts stay as they are. The batch is as small as the steps ask for, the training set is cut to
    whole batches, and gradients that choose regrowth are summed over as many samples as before.
    """
    steps = steps_an_epoch(protocol)
    batch = min(TILE, max(1, task.sizes.train // steps))
    made: Any = task
    if "train" in (field.name for field in dataclasses.fields(made)):
        made = replace(made, train=min(task.sizes.train, steps * batch))
    chance = Chance(100.0 / protocol.task.classes, 100.0 / task.classes)
    kinds = kinds_of(protocol)
    ratio = protocol.batch_size / batch

    def path(nodes: Path) -> Path:
        return tuple(node(one) for one in nodes)

    def node(one: Node) -> Node:
        when = None if one.when is None else _when(one.when, kinds, chance)
        return replace(one, step=_step(one.step, ratio, kinds, chance), when=when, fork=path(one.fork))

    return replace(
        protocol,
        task=made,
        batch_size=batch,
        induction=path(protocol.induction),
        arms={arm: path(nodes) for arm, nodes in protocol.arms.items()},
        follow_up=path(protocol.follow_up),
        derived=tuple(_rule(rule, kinds, chance) for rule in protocol.derived),
    )


def rescaled(claims: Sequence[Claim], before: Protocol, after: Protocol) -> tuple[Claim, ...]:
    """The claims with bounds on accuracies as far above the chance of another task as before."""
    chance, kinds = Chance.of(before, after), kinds_of(before)
    if chance.before == chance.after:
        return tuple(claims)
    return tuple(
        replace(claim, readings=tuple(_reading(reading, kinds, chance) for reading in claim.readings))
        for claim in claims
    )


def rescaled_test(test: Test, kinds: Mapping[str, Kind], chance: Chance) -> Test:
    """One test with its bounds scaled; as it is where it bounds anything but accuracies and their differences."""

    def scale(one: Test) -> Callable[[float], float] | None:
        found = [kinds.get(measure.outcome) for measure in one.measures]
        if one.weights is None or None in found:
            return None
        levels = sum(weight for weight, kind in zip(one.weights, found, strict=True) if kind == "level")
        return lambda end: chance.scaled(end, levels)

    return test.scaled(scale)


def scaling(before: Protocol, after: Protocol) -> tuple[str, ...]:
    """What is scaled between a protocol and the same one on another task, a sentence each."""
    made = [
        f"{steps_an_epoch(after)} steps an epoch (published: {steps_an_epoch(before)}), in batches of "
        f"{after.batch_size} of {after.task.sizes.train} samples (published: {before.batch_size} of "
        f"{before.task.sizes.train}); epochs, rates, ramps and counts as published"
    ]
    old, new = ([s.batches for s in _regrowths(protocol)] for protocol in (before, after))
    if old != new:
        pairs = dict.fromkeys(zip(old, new, strict=True))
        made.append(f"gradients for regrowth over {', '.join(f'{b} batches instead of {a}' for a, b in pairs)}")
    chance = Chance.of(before, after)
    if chance.before != chance.after:
        made.append(
            f"chance {chance.after:g} % instead of {chance.before:g} %: a bound b on an accuracy is {chance.after:g} + "
            f"(b - {chance.before:g}) x {chance.factor:g}, one on a difference b x {chance.factor:g}; thresholds of "
            "relapse and of conditional steps alike"
        )
    return tuple(made)


def kinds_of(protocol: Protocol) -> dict[str, Kind]:
    """The outcomes of a protocol, derived ones included, that are accuracies or differences of accuracies."""
    kinds: dict[str, Kind] = dict.fromkeys(accuracies(protocol), "level")
    for rule in protocol.derived:
        kind = kinds.get(rule.of)
        if kind is not None and isinstance(rule, Carry | Mean):
            kinds[rule.outcome] = kind
        elif kind is not None and (isinstance(rule, Drop) or (isinstance(rule, Steepest) and rule.give == "fall")):
            kinds[rule.outcome] = "difference"
    return kinds


def _reading(reading: Reading, kinds: Mapping[str, Kind], chance: Chance) -> Reading:
    among = _among(reading.among, kinds, chance) if reading.among else ""
    return replace(reading, among=among, tests=tuple(rescaled_test(test, kinds, chance) for test in reading.tests))


def _threshold(outcome: str, threshold: float, kinds: Mapping[str, Kind], chance: Chance) -> float:
    kind = kinds.get(outcome)
    return threshold if kind is None else chance.scaled(threshold, 1.0 if kind == "level" else 0.0)


def _when(when: When, kinds: Mapping[str, Kind], chance: Chance) -> When:
    return replace(when, threshold=_threshold(when.outcome, when.threshold, kinds, chance))


def _among(text: str, kinds: Mapping[str, Kind], chance: Chance) -> str:
    at = At.parse(text)
    return str(replace(at, when=_when(at.when, kinds, chance)))


def _rule(rule: Derived, kinds: Mapping[str, Kind], chance: Chance) -> Derived:
    changed: dict[str, Any] = {}
    if isinstance(rule, Below | First):
        changed["threshold"] = _threshold(rule.of, rule.threshold, kinds, chance)
    if rule.among is not None:
        changed["among"] = _among(rule.among, kinds, chance)
    return rule.model_copy(update=changed)


def _step(step: Step | None, ratio: float, kinds: Mapping[str, Kind], chance: Chance) -> Step | None:
    if isinstance(step, Regrow) and step.by == "gradient":
        return step.model_copy(update={"batches": max(1, round(step.batches * ratio))})
    if isinstance(step, Enrol):
        return step.model_copy(update={"when": str(_when(When.parse(step.when), kinds, chance))})
    return step


def _regrowths(protocol: Protocol) -> list[Regrow]:
    return [node.step for node in protocol.nodes if isinstance(node.step, Regrow)]
