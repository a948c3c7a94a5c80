"""Which components can reach an outcome at all; what cannot has no share, and its mixtures need not be run there."""

from __future__ import annotations

from collections.abc import Mapping

from resynapse.attribution.followup import way
from resynapse.attribution.requested import Needed, Requested
from resynapse.attribution.treatments import Treatment
from resynapse.modulation import Modulation
from resynapse.protocol import Discontinue, Lesion, Mark, Protocol, PruneMore, Regrow, Stabilise, Train
from resynapse.protocol.routes import Route

WASHOUT, FOLLOW_UP, GAIN = "washout", "follow_up", "gain_at_the_test"
_OF_WEIGHTS = (PruneMore, Lesion, Mark, Regrow)
"""Steps that do not know the gain; regrowth scores at gain 1."""


def unreached(
    protocol: Protocol, one: Requested, after: Mapping[str, Route], treatments: tuple[Treatment, Treatment]
) -> frozenset[str]:
    """The components of which an outcome cannot know, whatever is measured.

    What follows the treatment does not matter where the ways to a condition are the same. Gain at the test does not
    where the drug is stopped before it and nothing until then knows one gain from the other.
    """
    needed = Needed()
    for arm in after:
        needed.of(protocol, arm, one)
    ways = [[way(route, condition) for condition in needed.measured] for route in after.values()]
    found = {WASHOUT, FOLLOW_UP} if ways[0] == ways[1] else set()
    gains = tuple(treatment.gain_at_the_test for treatment in treatments)
    if all(_forgotten(one, gains) for each in ways for one in each):
        found.add(GAIN)
    return frozenset(found)


def _forgotten(steps: Route | None, gains: tuple[float, ...]) -> bool:
    """Whether a way stops the drug before any step on it can tell the gains apart."""
    protection = 0.0
    for stop in steps or ():
        step = stop.step
        if stop.draws or stop.when is not None:
            return False
        if isinstance(step, Discontinue):
            return True
        if isinstance(step, Stabilise):
            protection = step.protection
        elif isinstance(step, Train) and step.gain is None:
            # full protection caps every higher gain
            if len({Modulation(gain=gain, protection=protection).effective_gain for gain in gains}) > 1:
                return False
        elif not isinstance(step, _OF_WEIGHTS):
            return False
    return False
