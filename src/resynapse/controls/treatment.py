"""What controls of the treatment change: modulation, regrowth, training and maintenance.

A treatment may go on in the follow-up; a control that takes a part of it away takes it away there too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from resynapse.controls.exposure import Training, course, within
from resynapse.protocol.routes import Route, stops
from resynapse.protocol.steps import Discontinue, Drug, Regrow, Stabilise
from resynapse.protocol.tree import Protocol
from resynapse.protocol.variants import Change, Made, Remove, Replace, Set, Variant

_NO_REGROWTH = Remove(step="regrow", section="treatment")
_NO_MODULATION = (
    Remove(step="drug", section="treatment"),
    Set(step="train", section="treatment", set={"gain": None, "inhibition": None}),
)
SHAM = (_NO_REGROWTH, *_NO_MODULATION, Set(step="train", section="treatment", set={"noise_sd": None}))
"""Nothing of a treatment but its fine-tuning."""
NO_GAIN = (
    Set(step="drug", section="treatment", set={"gain": None}),
    Set(step="train", section="treatment", set={"gain": None}),
)
"""The treatment at the gain that was there before."""
RANDOM_REGROWTH = (Set(step="regrow", section="treatment", set={"by": "random"}),)
"""Regrowth without the guidance of gradients."""
_GAIN_ALONE = (_NO_REGROWTH, Set(step="drug", section="treatment", set={"inhibition": None, "activation": None}))
_UNTONED = Set(step="train", section="treatment", set={"inhibition": None, "noise_sd": None})


def wherever_treated(changes: Sequence[Change]) -> Callable[[Protocol], Made]:
    """The changes in every treatment, and in every follow-up that one of them alters."""

    def make(protocol: Protocol) -> Made:
        routes = protocol.routes
        for arm, path in protocol.arms.items():
            yield arm, (*(changes if path else ()), *_going_on(routes[arm], changes))

    return make


def matched_exposure(protocol: Protocol) -> Made:
    """Every path of a treatment with the exposure of the largest, its rates in proportion; maintenance stays."""
    courses = {arm: course(route, "treatment") for arm, route in _arms(protocol)}
    largest = max((found.most for found in courses.values()), default=0.0)
    for arm, found in courses.items():
        yield arm, tuple(_rated(list(found.every()), dict(found.rates(largest))))


def exposures(protocol: Protocol) -> set[float]:
    """The exposures of the treatments that train, each at its largest."""
    return {round(most, 12) for _, route in _arms(protocol) if (most := course(route, "treatment").most) > 0}


def no_training(protocol: Protocol) -> Made:
    """No epochs; a gain or an inhibition that a training step would have reached is given in its place."""
    for arm, route in _arms(protocol):
        yield arm, tuple(_at_once(list(course(route, "treatment").every()), inhibited=True))


def gain_only(protocol: Protocol) -> Made:
    """The gain of a treatment at every moment of it, and nothing else."""
    for arm, route in _arms(protocol):
        found = list(course(route, "treatment").every())
        drugs = [s.step for stop in route if within(stop) == "treatment" for s in stops((stop,))]
        given = any(isinstance(drug, Drug) and drug.gain is not None for drug in drugs)
        if given or any(training.step.gain is not None for training in found):
            there = _going_on(route, (*_GAIN_ALONE, _UNTONED))
            yield arm, (*_GAIN_ALONE, *_at_once(found, inhibited=False), *there)


def no_maintenance(protocol: Protocol) -> Made:
    """Withdrawal straight after treatment: neither training nor regrowth until the drug is discontinued."""
    for arm, route in _arms(protocol):
        changes: list[Change] = []
        for section in ("treatment", "follow_up"):
            found = list(course(route, section).every())
            meant = [t.number for t in found if (not t.stopped if section == "follow_up" else t.maintains)]
            if meant:
                which = _which(meant, len(found))
                changes.append(Set(step="train", section=section, which=which, set={"epochs": 0}, at=(0,)))
        regrown = list(_regrown(tuple(stop for stop in route if within(stop) == "follow_up")))
        if changes and False in regrown:
            which = _which([n for n, stopped in enumerate(regrown, 1) if not stopped], len(regrown))
            changes.append(Remove(step="regrow", section="follow_up", which=which))
        yield arm, tuple(changes)


def stabiliser_only(protocol: Protocol) -> Made:
    """No treatment in an arm that is given the stabiliser; maintenance and tests stay."""
    for arm, route in _arms(protocol):
        if protocol.arms[arm] and stabilised(route):
            found = list(course(route, "treatment").every())
            treated = [t.number for t in found if not t.maintains]
            kinds = (
                ("drug", "regrow", "train", "discontinue")
                if treated or not found
                else ("drug", "regrow", "discontinue")
            )
            trained = _which(treated, len(found))
            yield arm, tuple(Remove(step=k, section="treatment", which=trained if k == "train" else ()) for k in kinds)


def stabilised(route: Route) -> bool:
    """Whether an arm is ever given the stabiliser."""
    return any(isinstance(stop.step, Stabilise) and stop.step.protection > 0 for stop in stops(route))


def _arms(protocol: Protocol) -> Iterator[tuple[str, Route]]:
    routes = protocol.routes
    return ((arm, routes[arm]) for arm in protocol.arms)


def _which(numbers: Sequence[int], of: int) -> tuple[int, ...]:
    """`Change.which` for some of the steps of a section; all of them need no numbers."""
    return () if len(numbers) == of else tuple(numbers)


def _going_on(route: Route, changes: Sequence[Change]) -> Iterator[Change]:
    """Those of the changes that alter the follow-up, as changes of the follow-up."""
    for change in changes:
        there = replace(change, section="follow_up")
        if Variant(of="", changes=(there,)).route(route) != route:
            yield there


def _rated(found: Sequence[Training], rates: dict[int, float]) -> Iterator[Change]:
    """The changes to new rates; one for all where all the training of a treatment gets the same."""
    new = {number: float(f"{rate:.12g}") for number, rate in rates.items()}
    own = {training.number: training.step.lr for training in found}
    idle = [t for t in found if t.exposure == 0]
    if len(set(new.values())) == 1 == len(set(own.values())) and not any(t.maintains for t in idle):
        yield Set(step="train", section="treatment", set={"lr": rates[min(rates)]})
        return
    for rate in dict.fromkeys(new.values()):
        which = tuple(number for number in new if new[number] == rate)
        if any(own[number] != rate for number in which):
            yield Set(step="train", section="treatment", which=which, set={"lr": rate})


def _at_once(found: Sequence[Training], *, inhibited: bool) -> Iterator[Change]:
    """Every training step of a treatment as the drug state that its ramps reach; those without ramps have no epochs."""
    reached = {t.number: _reached(t, inhibited) for t in found if not t.maintains}
    left = [training.number for training in found]
    # a step that is taken away is counted no more, so those that stay come first
    for state in sorted(dict.fromkeys(reached.values()), key=lambda drug: drug is not None):
        numbers = [number for number in left if number in reached and reached[number] == state]
        which = () if numbers == left else tuple(1 + left.index(number) for number in numbers)
        if state is None and inhibited:
            yield Set(step="train", section="treatment", which=which, set={"epochs": 0, "noise_sd": None}, at=(0,))
            continue
        gone: dict[str, Any] = {"step": "train", "section": "treatment", "which": which}
        yield Remove(**gone) if state is None else Replace(**gone, into=state)
        left = [number for number in left if number not in numbers]


def _reached(training: Training, inhibited: bool) -> Drug | None:
    """The drug state that the ramps of a training step end at, None where it has none."""
    step = training.step
    gain, inhibition = (ramp[-1] if isinstance(ramp, tuple) else ramp for ramp in (step.gain, step.inhibition))
    inhibition = inhibition if inhibited else None
    if step.epochs == 0 or (gain is None and inhibition is None):
        return None
    return Drug(gain=gain, inhibition=inhibition)


def _regrown(path: Route, stopped: bool = False) -> Iterator[bool]:
    """Of every regrowth on a path, whether the drug was discontinued before it."""
    for stop in path:
        if isinstance(stop.step, Regrow):
            yield stopped
        stopped = stopped or isinstance(stop.step, Discontinue)
        yield from _regrown(stop.fork, stopped)
