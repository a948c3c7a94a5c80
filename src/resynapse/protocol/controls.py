"""Controls: named changes that isolate what a result rests on, for any protocol.

Each adds, beside every arm that it changes, a variant named ``ARM:CONTROL``. Everything up to the first difference is
shared with the arm itself. Source: model of section 8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from resynapse.errors import ProtocolError, nearest
from resynapse.protocol.derived import Derived
from resynapse.protocol.measuring import DRAWS, fixed_probe, other_thresholds, remitters_only
from resynapse.protocol.node import Path, every
from resynapse.protocol.paths import Route, Stop
from resynapse.protocol.steps import Decay, Drug, Lesion, PruneMore, Train
from resynapse.protocol.tree import Protocol
from resynapse.protocol.variants import Change, Made, Variant


def _no_variants(_: Protocol) -> Made:
    return iter(())


def _no_rules(_: Protocol) -> Iterator[Derived]:
    return iter(())


@dataclass(frozen=True, slots=True)
class Control:
    """A named control.

    Parameters
    ----------
    name : as on the command line.
    isolates : one sentence on what the comparison with the arm itself shows.
    make : the changes for each arm; changes that leave an arm as it is are dropped.
    rules : derived outcomes that it adds to every arm.
    """

    name: str
    isolates: str
    make: Callable[[Protocol], Made] = _no_variants
    rules: Callable[[Protocol], Iterator[Derived]] = _no_rules


def controlled(protocol: Protocol, name: str) -> Protocol:
    """The protocol with the variants of a control.

    Raises
    ------
    ProtocolError : no such control, or it changes no arm of this protocol.
    """
    if name not in CONTROLS:
        raise ProtocolError(f"unknown control {name!r}; {nearest(name, CONTROLS)}")
    added = {
        f"{arm}:{name}": Variant(of=arm, changes=changes, control=name)
        for arm, changes in CONTROLS[name].make(protocol)
    }
    after = replace(protocol, variants={**protocol.variants, **added})
    routes = after.routes
    kept = {n: v for n, v in after.variants.items() if n not in added or routes[n] != routes[v.of]}
    rules = tuple(rule for rule in CONTROLS[name].rules(protocol) if rule not in protocol.derived)
    if len(kept) == len(protocol.variants) and not rules:
        raise ProtocolError(f"control {name} changes nothing in protocol {protocol.name}; it has none of these steps")
    return replace(protocol, variants=kept, derived=(*protocol.derived, *rules))


def _of_kind(*changes: Change) -> Callable[[Protocol], Made]:
    """The same changes in every arm."""

    def make(protocol: Protocol) -> Made:
        for arm in protocol.arms:
            yield arm, changes

    return make


def _treated(*changes: Change) -> Callable[[Protocol], Made]:
    """The same changes in every arm with a treatment."""

    def make(protocol: Protocol) -> Made:
        for arm, path in protocol.arms.items():
            if path:
                yield arm, changes

    return make


def _exposure(path: Path) -> float:
    """Learning rate times epochs, summed over a treatment."""
    return sum(n.step.lr * n.step.epochs for n in every(path) if isinstance(n.step, Train))


def _matched_exposure(protocol: Protocol) -> Made:
    largest = max((_exposure(path) for path in protocol.arms.values()), default=0.0)
    for arm, path in protocol.arms.items():
        own = _exposure(path)
        trains = [n.step for n in every(path) if isinstance(n.step, Train)]
        rates = {step.lr for step in trains}
        if own > 0 and len(rates) == 1 and own < largest:
            yield arm, (Change(step="train", section="treatment", set={"lr": rates.pop() * largest / own}),)


def stops(path: Route) -> Iterator[Stop]:
    """Every stop of a route, side paths included."""
    for stop in path:
        yield stop
        yield from stops(stop.fork)


def _decays(protocol: Protocol) -> dict[str, float]:
    """Protection lost a step, for every arm whose washout is one rate."""
    rates = {
        arm: {stop.step.per_step for stop in stops(protocol.routes[arm]) if isinstance(stop.step, Decay)}
        for arm in protocol.arms
    }
    return {arm: next(iter(found)) for arm, found in rates.items() if len(found) == 1}


def _equal_protection(protocol: Protocol) -> Made:
    rates = _decays(protocol)
    if rates:
        middle = sorted(rates.values())[len(rates) // 2]
        for arm in rates:
            yield arm, (Change(step="decay", set={"per_step": middle}),)


def _swapped_decay(protocol: Protocol) -> Made:
    rates = _decays(protocol)
    order = sorted(rates, key=lambda arm: rates[arm])
    for arm, other in zip(order, reversed(order), strict=True):
        yield arm, (Change(step="decay", set={"per_step": rates[other]}),)


def _lesions(by: Literal["smallest", "random"]) -> Callable[[Protocol], Made]:
    def make(protocol: Protocol) -> Made:
        for arm in protocol.arms:
            tests = [stop.step for stop in stops(protocol.routes[arm]) if isinstance(stop.step, (PruneMore, Lesion))]
            shares = {step.of_active for step in tests}
            if len(shares) == 1:
                into = Lesion(of_active=shares.pop(), by=by)
                yield arm, tuple(Change(step=kind, into=into) for kind in ("prune_more", "lesion"))

    return make


def _gain_only(protocol: Protocol) -> Made:
    """The gain that a treatment ends with, and nothing else of it."""
    for arm, path in protocol.arms.items():
        trained = _reached([n.step.gain for n in every(path) if isinstance(n.step, Train)])
        given = any(isinstance(n.step, Drug) and n.step.gain is not None for n in every(path))
        if given or trained is not None:
            yield (
                arm,
                (
                    Change(step="regrow", section="treatment"),
                    Change(step="drug", section="treatment", set={"inhibition": None, "activation": None}),
                    Change(step="train", section="treatment", into=None if trained is None else Drug(gain=trained)),
                ),
            )


def _no_training(protocol: Protocol) -> Made:
    """No epochs; a gain or an inhibition that training would have reached is given at once."""
    for arm, path in protocol.arms.items():
        steps = [n.step for n in every(path) if isinstance(n.step, Train)]
        gain = _reached([step.gain for step in steps])
        inhibition = _reached([step.inhibition for step in steps])
        if gain is not None or inhibition is not None:
            into = Drug(gain=gain, inhibition=inhibition)
            yield arm, (Change(step="train", section="treatment", into=into),)
        elif path:
            yield arm, (Change(step="train", section="treatment", set={"epochs": 0, "noise_sd": None}, at=(0,)),)


def _reached(ramps: Sequence[float | tuple[float, float] | None]) -> float | None:
    """What the last of the ramps that are named ends at."""
    last = next((ramp for ramp in reversed(ramps) if ramp is not None), None)
    return last[-1] if isinstance(last, tuple) else last


_NO_DRUG = (
    Change(step="drug", section="treatment"),
    Change(step="train", section="treatment", set={"gain": None, "inhibition": None}),
)

CONTROLS: dict[str, Control] = {
    c.name: c
    for c in (
        Control(
            "sham",
            "the fine-tuning alone, without regrowth, modulation and noise: what training by itself brings",
            _treated(
                Change(step="regrow", section="treatment"),
                *_NO_DRUG,
                Change(step="train", section="treatment", set={"noise_sd": None}),
            ),
        ),
        Control(
            "matched-exposure",
            "every arm with the learning exposure (rate times epochs) of the most trained one: dose of training",
            _matched_exposure,
        ),
        Control(
            "random-regrowth",
            "as many connections regrown at random places: whether the guidance by gradients matters",
            _of_kind(Change(step="regrow", section="treatment", set={"by": "random"})),
        ),
        Control(
            "no-gain",
            "the treatment at gain 1: what the gain does, to the probe above all",
            _treated(
                Change(step="drug", section="treatment", set={"gain": None}),
                Change(step="train", section="treatment", set={"gain": None}),
            ),
        ),
        Control(
            "no-training",
            "regrowth and modulation (a ramp at its end) without fine-tuning: what the drug state does by itself",
            _no_training,
        ),
        Control(
            "gain-only",
            "the treatment's gain and nothing else of it, on the untreated network: what gain does without training",
            _gain_only,
        ),
        Control(
            "equal-protection",
            "the same washout of the stabiliser (the middle one) in every arm: the challenge at the test made equal",
            _equal_protection,
        ),
        Control(
            "no-protection",
            "no stabiliser at all: what is left of the arms' order without protection",
            _of_kind(Change(step="stabilise")),
        ),
        Control(
            "no-decay",
            "the stabiliser does not wash out: full protection at the test, what the washout takes away",
            _of_kind(Change(step="decay", set={"per_step": 0.0})),
        ),
        Control(
            "swapped-decay",
            "the fastest and the slowest washout exchanged: whether order follows the drug or the washout",
            _swapped_decay,
        ),
        Control(
            "no-maintenance",
            "withdrawal straight after treatment: what maintenance adds",
            _of_kind(Change(step="train", section="follow_up", set={"epochs": 0}, at=(0,))),
        ),
        Control(
            "stabiliser-only",
            "no treatment, but everything that follows it: what the stabiliser does alone",
            _treated(*(Change(step=kind, section="treatment") for kind in ("drug", "regrow", "train", "discontinue"))),
        ),
        Control(
            "healthy",
            "the same path without pruning: the reference of a network that lost nothing",
            _of_kind(Change(step="prune", section="induction")),
        ),
        Control(
            "random-lesion",
            "the structural test removes random connections, equally many in each layer's share",
            _lesions("random"),
        ),
        Control(
            "matched-lesion",
            "the structural test removes exactly its share of every layer's weakest: equal loss for dense and sparse",
            _lesions("smallest"),
        ),
        Control(
            "scaled-noise",
            "noise of assessments in proportion to activation: resilience by structure, not by a louder signal",
            _of_kind(*(Change(step="assess", section=s, set={"noise": "scaled"}) for s in ("treatment", "follow_up"))),
        ),
        Control(
            "many-draws",
            f"every accuracy under noise as the mean of {DRAWS} noise draws: how much one draw alone makes of a spread",
            _of_kind(Change(step="assess", set={"draws": DRAWS})),
        ),
        Control(
            "fixed-probe",
            "the middle strength at every cycle where a probe's strength changes: sensitisation apart from the probe",
            fixed_probe,
        ),
        Control(
            "remitters-only",
            "only subjects in remission (acc_combined 90 or more) go on: relapse of those who had something to lose",
            remitters_only,
        ),
        Control(
            "threshold-sweep",
            "derived outcomes at 0.8, 0.9, 1.1 and 1.2 of their thresholds: whether an order hangs on the threshold",
            rules=other_thresholds,
        ),
    )
}
"""Every control by its name."""
