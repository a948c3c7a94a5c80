"""What controls of the tests change: the stabiliser's washout, and the structural loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from resynapse.protocol.routes import stops
from resynapse.protocol.steps import Decay, Lesion, PruneMore
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
