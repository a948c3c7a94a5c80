"""The state that is discontinued: what a relapse is counted from.

A subject can lose only what it had right before the drug or the stabiliser was taken away. That state is found in the
tree of the protocol, by what is done and not by how conditions are named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resynapse.protocol.conditions import below
from resynapse.protocol.routes import Route
from resynapse.protocol.steps import Assess, Decay, Discontinue, Enrol, Mark, Stabilise, Step


@dataclass(frozen=True, slots=True)
class _Since:
    """What was done last on the way to an assessment.

    Parameters
    ----------
    before : assessments of the state as it was before anything was withdrawn, with what each stored.
    withdrawn : whether something was withdrawn after that.
    protection : of the stabiliser, as it was given last.
    """

    before: tuple[tuple[str, tuple[str, ...]], ...] = ()
    withdrawn: bool = False
    protection: float = 0.0

    def looked(self, condition: str, stored: tuple[str, ...]) -> _Since:
        """After an assessment; one that follows a withdrawal is no test of the state before it."""
        if self.withdrawn:
            return self
        return _Since((*self.before, (condition, stored)), withdrawn=False, protection=self.protection)

    def done(self, step: Step) -> _Since:
        """After a step that changes the state."""
        given = step.protection if isinstance(step, Stabilise) else self.protection
        lowered = isinstance(step, Stabilise) and step.protection < self.protection
        if lowered or isinstance(step, Discontinue | Decay):
            return _Since(self.before, withdrawn=True, protection=given)
        return _Since(protection=given)

    def of(self, outcome: str) -> str:
        """The last condition at which an outcome of the state before was measured; empty for none."""
        found = [condition for condition, stored in self.before if outcome in stored] if self.withdrawn else []
        return found[-1] if found else ""


def baselines(route: Route, outcome: str) -> dict[str, str]:
    """For every condition at which an outcome is measured after a withdrawal, the one right before the withdrawal.

    A withdrawal is the end of the drug, the stabiliser's washout, or less of the stabiliser, in any order and with
    nothing but assessments between. Nothing may change the state between the test before and the withdrawal.

    Parameters
    ----------
    route : of one arm.
    outcome : as it is stored.

    Returns
    -------
    Conditions with their counts; those without such a test before them are left out.
    """
    return {
        condition: found
        for condition, stored, since in _ways(route, "", _Since())
        if outcome in stored and (found := since.of(outcome))
    }


def _ways(path: Route, suffix: str, since: _Since) -> Iterator[tuple[str, tuple[str, ...], _Since]]:
    """Every assessment with what was done last before it."""
    for stop in path:
        here = stop.named(suffix)
        if isinstance(stop.step, Assess):
            yield stop.step.condition + here, stop.step.stored, since
            since = since.looked(stop.step.condition + here, stop.step.stored)
        elif stop.step is not None and not isinstance(stop.step, Enrol | Mark):
            since = since.done(stop.step)
        for inner in [below(here, count) for count in stop.at] or [here]:
            yield from _ways(stop.fork, inner, since)
