"""Can a test separate arms? The intact network goes through it: what it fails, or what everybody passes, cannot.

Accuracies are judged against chance, yes-or-no outcomes against the share of subjects below their threshold. The
reference is the control `healthy`: the same path without pruning, nothing trained. Where it is not tested (off a drug
that it never had), its score in the same outcome elsewhere is used, as nothing was done to it in between; but not
after a loss of connections.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from resynapse.analysis.cells import Cells, before_the_arms, yes_or_no
from resynapse.controls.registry import is_reference
from resynapse.outcomes import outcome as defined
from resynapse.protocol import Assess, Protocol
from resynapse.protocol.conditions import base
from resynapse.protocol.prose.titles import named, titles_of
from resynapse.protocol.routes import Route

ROOM = 10.0
"""Points above chance below which an accuracy counts as a failure."""
CLOSE = 5.0
"""Points below the reference within which an accuracy counts as passed; the margin of equivalence."""

Verdict = Literal["separates", "reference fails", "every network passes", "no network passes", "no reference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Separability:
    """Whether an outcome at a condition can separate arms.

    Parameters
    ----------
    healthy : mean of the intact network over subjects (% accuracy, or % of subjects below the threshold); None where
        it was not tested.
    healthy_at : the condition at which that was measured.
    lowest_arm, lowest, highest_arm, highest : arms with the extreme means, without variants.
    verdict : ``separates``; ``reference fails``: the intact network is within `ROOM` of chance, or half of it is below
        the threshold; ``every network passes``: every arm is within `CLOSE` of the reference, or no subject is below
        the threshold; ``no network passes``: every arm is within `ROOM` of chance, or all are below; ``no reference``.
    flag : whether it is a share of subjects below a threshold, not an accuracy.
    title : of the outcome at the condition, for people.
    sentence : the verdict as a sentence.
    """

    outcome: str
    condition: str
    title: str
    flag: bool
    healthy: float | None
    healthy_at: str
    lowest_arm: str
    lowest: float
    highest_arm: str
    highest: float
    verdict: Verdict
    sentence: str

    @property
    def flagged(self) -> bool:
        """Whether it is shown to be unable to separate arms."""
        return self.verdict not in ("separates", "no reference")


def separability(cells: Cells, protocol: Protocol) -> tuple[Separability, ...]:
    """Every accuracy and every yes-or-no outcome that two arms have at a condition after they part, in table order."""
    shared, flags = before_the_arms(protocol), yes_or_no(protocol)
    judged, titles = accuracies(protocol) | flags, titles_of(protocol)
    means, losses = _means(cells), _after_losses(protocol)
    found = []
    for condition, outcome in dict.fromkeys((key.condition, key.outcome) for key in cells.keys):
        if outcome not in judged or base(condition) in shared or condition in shared:
            continue
        arms = {arm: means[key] for arm in protocol.arms if (key := (arm, condition, outcome)) in means}
        if len(arms) < 2:
            continue
        healthy = _reference(means, protocol, condition, outcome, movable=base(condition) not in losses)
        title = named(titles.at(condition, outcome), f"{outcome} at {condition}")
        chance = 100.0 / protocol.task.classes
        found.append(_judged(outcome, condition, title, healthy, arms, outcome in flags, chance))
    return tuple(found)


def _reference(
    means: Mapping[tuple[str, str, str], float], protocol: Protocol, condition: str, outcome: str, *, movable: bool
) -> tuple[str, float] | None:
    """The condition and the mean of the intact network: here, or where it was first tested if that may be used."""
    arms = references(protocol)
    for arm in arms:
        if (arm, condition, outcome) in means:
            return condition, means[arm, condition, outcome]
    for arm in arms if movable else ():
        untreated = not protocol.arms[protocol.variants[arm].of]
        elsewhere = [(c, value) for (a, c, o), value in means.items() if (a, o) == (arm, outcome)]
        if untreated and elsewhere:
            return elsewhere[0]
    return None


def _after_losses(protocol: Protocol) -> frozenset[str]:
    """Conditions, without counts, that come after a loss of connections that follows the induction."""
    found: set[str] = set()

    def look(route: Route, lost: bool) -> None:
        for stop in route:
            lost = lost or (stop.step is not None and stop.step.loses and stop.section != "induction")
            if lost and isinstance(stop.step, Assess):
                found.add(stop.step.condition)
            look(stop.fork, lost)

    for route in protocol.routes.values():
        look(route, False)
    return frozenset(found)


def references(protocol: Protocol) -> tuple[str, ...]:
    """The intact arms of a protocol, those of an arm without treatment first."""
    named = [name for name, variant in protocol.variants.items() if is_reference(variant.control)]
    return tuple(sorted(named, key=lambda name: len(protocol.arms[protocol.variants[name].of]) > 0))


def accuracies(protocol: Protocol) -> frozenset[str]:
    """Outcomes of a protocol, as they are stored, that are accuracies in %."""
    found: set[str] = set()

    def look(route: Route) -> None:
        for stop in route:
            if isinstance(stop.step, Assess):
                measured = map(defined, stop.step.outcomes)
                found.update(one.name for one in measured if one.kind == "accuracy")
            look(stop.fork)

    for route in protocol.routes.values():
        look(route)
    return frozenset(found)


def reference_sentence(tests: Sequence[Separability]) -> str:
    """How the intact network scores over all tests, and which of them cannot separate arms; empty without a test."""
    known = [one for one in tests if one.healthy is not None]
    if not known:
        return (
            "No intact network was tested beside the arms (control `healthy`), so nothing says which tests can "
            "separate them."
            if tests
            else ""
        )
    rule = "a test that it fails, or that every pruned network passes or fails, cannot separate arms"
    flagged = [one for one in known if one.flagged]
    scores = [one.healthy for one in known if one.healthy is not None and not one.flag]
    span = f" ({min(scores):.1f} to {max(scores):.1f} % accuracy)" if scores else ""
    without = f" Tests without a reference: {len(tests) - len(known)}." if len(known) < len(tests) else ""
    if not flagged:
        return (
            f"Reference: the intact network passes all {len(known)} tests{span}, and no test is passed, or failed, by "
            f"every arm; {rule}.{without}"
        )
    names = "; ".join(f"{one.title}: {one.verdict}" for one in flagged)
    return (
        f"Reference: the intact network{span}; {rule}. Of {len(known)} tests, {len(flagged)} cannot: {names}.{without}"
    )


def _means(cells: Cells) -> dict[tuple[str, str, str], float]:
    found = {}
    for column, key in enumerate(cells.keys):
        present = cells.values[:, column][~np.isnan(cells.values[:, column])]
        if len(present):
            found[key.arm, key.condition, key.outcome] = float(present.mean())
    return found


def _judged(
    outcome: str,
    condition: str,
    title: str,
    healthy: tuple[str, float] | None,
    arms: dict[str, float],
    flag: bool,
    chance: float,
) -> Separability:
    low, high = min(arms, key=lambda arm: arms[arm]), max(arms, key=lambda arm: arms[arm])
    verdict: Verdict = "no reference"
    if healthy is not None and flag:
        verdict = _of_shares(healthy[1], arms[low], arms[high])
    elif healthy is not None:
        verdict = _of_accuracies(healthy[1], arms[low], arms[high], chance)
    return Separability(
        outcome=outcome,
        condition=condition,
        title=title,
        flag=flag,
        healthy=None if healthy is None else healthy[1],
        healthy_at="" if healthy is None else healthy[0],
        lowest_arm=low,
        lowest=arms[low],
        highest_arm=high,
        highest=arms[high],
        verdict=verdict,
        sentence=_sentence(title, condition, healthy, (low, arms[low]), (high, arms[high]), verdict),
    )


def _of_shares(healthy: float, low: float, high: float) -> Verdict:
    """From shares of subjects below a threshold, in %."""
    if healthy >= 50.0:
        return "reference fails"
    if high == 0.0:
        return "every network passes"
    return "no network passes" if low == 100.0 else "separates"


def _of_accuracies(healthy: float, low: float, high: float, chance: float) -> Verdict:
    if healthy < chance + ROOM:
        return "reference fails"
    if low >= healthy - CLOSE:
        return "every network passes"
    return "no network passes" if high < chance + ROOM else "separates"


_MEANING = {
    "separates": "the test can separate arms",
    "reference fails": "a test that an intact network fails cannot separate arms",
    "every network passes": "a test that every pruned network passes cannot separate arms",
    "no network passes": "a test that every pruned network fails cannot separate arms",
    "no reference": "no intact network was tested here, so nothing says whether the test can separate arms",
}


def _sentence(
    title: str,
    condition: str,
    healthy: tuple[str, float] | None,
    low: tuple[str, float],
    high: tuple[str, float],
    verdict: str,
) -> str:
    at = "" if healthy is None or healthy[0] == condition else f" (at {healthy[0]}, unchanged)"
    scores = "" if healthy is None else f"the intact network has {healthy[1]:.1f} %{at}, "
    span = f"arms from {low[1]:.1f} ({low[0]}) to {high[1]:.1f} % ({high[0]})"
    return f"{title}: {scores}{span}: {_MEANING[verdict]}"
