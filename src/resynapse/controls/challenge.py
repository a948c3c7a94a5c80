"""What controls of the challenges change: the stabiliser's washout, the structural loss, the scars of episodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from resynapse.protocol.routes import Route, RouteStep, stops
from resynapse.protocol.steps import Decay, Lesion, PruneMore, Scar
from resynapse.protocol.tree import Protocol
from resynapse.protocol.variants import Made, Replace, Set


def equal_protection(protocol: Protocol) -> Made:
    """The middle one of the arms' rates of washout, for all."""
    rates = _one_rate(protocol)
    if rates:
        middle = sorted(rates.values())[len(rates) // 2]
        for arm in rates:
            yield arm, (Set(step="decay", set={"per_step": middle}),)


def swapped_decay(protocol: Protocol) -> Made:
    """The fastest rate of washout for the arm with the slowest, and so on."""
    rates = _one_rate(protocol)
    order = sorted(rates, key=lambda arm: rates[arm])
    for arm, other in zip(order, reversed(order), strict=True):
        yield arm, (Set(step="decay", set={"per_step": rates[other]}),)


def lesions(by: Literal["smallest", "random"]) -> Callable[[Protocol], Made]:
    """Every structural test as a lesion of the same share."""

    def make(protocol: Protocol) -> Made:
        for arm, shares in _losses(protocol).items():
            if len(shares) == 1:
                into = Lesion(of_active=min(shares), by=by)
                yield arm, tuple(Replace(step=kind, into=into) for kind in ("prune_more", "lesion"))

    return make


def equal_scars(protocol: Protocol) -> Made:
    """Scars of a share of the active connections as the same number in every arm, whatever its severity."""
    for arm, route in protocol.routes.items():
        if arm in protocol.arms:
            yield arm, tuple(_equal_scars(route))


def _equal_scars(route: Route) -> Iterator[Set]:
    for section in ("treatment", "follow_up"):
        scars = [stop for stop in stops(route) if isinstance(stop.step, Scar) and stop.section == section]
        fixed = [(number, _fixed_share(stop)) for number, stop in enumerate(scars, 1)]
        for share in dict.fromkeys(share for _, share in fixed if share is not None):
            which = tuple(number for number, of in fixed if of == share)
            equal = {"of_active": None, "of_induced": share, "times_severity": None}
            yield Set(step="scar", section=section, which=() if len(which) == len(scars) else which, set=equal)


def _fixed_share(stop: RouteStep) -> float | None:
    """The share of the active connections that a stop scars; None where it is another one, or drawn."""
    drawn = any(place[0] == "of_active" for place, _ in stop.draws)
    return stop.step.of_active if isinstance(stop.step, Scar) and not drawn else None


def why_no_scars(protocol: Protocol) -> str:
    """Why no scars can be made equal."""
    found = [
        stop.step
        for arm in protocol.arms
        for stop in stops(protocol.routes[arm])
        if isinstance(stop.step, Scar) and stop.section != "induction"
    ]
    if not found:
        return "no arm is scarred after the induction"
    return "no scar after the induction is a fixed share of the active connections"


def why_no_washout(protocol: Protocol) -> str:
    """Why no washout can be made equal or exchanged."""
    found = _rates(protocol)
    if not any(found.values()):
        return "no arm has a washout of the stabiliser"
    several = [arm for arm, rates in found.items() if len(rates) > 1]
    reasons = (
        [f"{', '.join(several)} {'have' if len(several) > 1 else 'has'} several rates of washout"] if several else []
    )
    one = sorted(set(_one_rate(protocol).values()))
    reasons += [f"every {'other ' if several else ''}washout has the rate {one[0]:g} already"] if one else []
    return "; ".join(reasons)


def why_no_lesion(protocol: Protocol) -> str:
    """Why no structural test becomes another."""
    found = _losses(protocol)
    if not any(found.values()):
        return "no arm has a structural test (prune_more or lesion)"
    if all(len(shares) != 1 for shares in found.values()):
        return "the structural tests of an arm have several shares"
    return "every structural test is such a lesion already"


def _rates(protocol: Protocol) -> dict[str, set[float]]:
    routes = protocol.routes
    return {
        arm: {stop.step.per_step for stop in stops(routes[arm]) if isinstance(stop.step, Decay)}
        for arm in protocol.arms
    }


def _one_rate(protocol: Protocol) -> dict[str, float]:
    """Protection lost a step, for every arm whose washout is one rate."""
    return {arm: min(found) for arm, found in _rates(protocol).items() if len(found) == 1}


def _losses(protocol: Protocol) -> dict[str, set[float]]:
    """The shares of each arm's structural tests."""
    routes = protocol.routes
    return {
        arm: {stop.step.of_active for stop in stops(routes[arm]) if isinstance(stop.step, (PruneMore, Lesion))}
        for arm in protocol.arms
    }
