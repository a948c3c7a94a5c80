"""What an audit changes in a protocol: every control and every sweep, as variants of one tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from resynapse.audits.constants import CONSTANTS, FINAL_GAIN, RELU, Constant, gains
from resynapse.audits.scenarios import BOTH, NUISANCES
from resynapse.controls.registry import CONTROLS, RENAMED, Role, controlled
from resynapse.errors import ProtocolError
from resynapse.protocol import Assess, Protocol, Train
from resynapse.protocol.conditions import base
from resynapse.protocol.derived_outcomes import Derived
from resynapse.protocol.routes import Route, assessments, epochs
from resynapse.protocol.variants import Change, Variant

Action = Literal["equalise", "swap", "remove", "sweep", "measure otherwise"]
Depth = Literal["quick", "standard", "full"]

OF_CONTROLS: dict[str, tuple[str, Action]] = {
    "equal-protection": ("protection left at the test", "equalise"),
    "swapped-decay": ("protection left at the test", "swap"),
    "no-decay": ("protection left at the test", "sweep"),
    "no-protection": ("stabiliser", "remove"),
    "matched-exposure": ("learning exposure", "equalise"),
    "sham": ("mechanism", "remove"),
    "no-training": ("training of the treatment", "remove"),
    "stabiliser-only": ("treatment", "remove"),
    "no-gain": ("gain", "remove"),
    "gain-only": ("all of the treatment but gain", "remove"),
    "random-regrowth": ("scoring of regrowth", "swap"),
    "random-lesion": ("rule of the lesion", "swap"),
    "matched-lesion": ("rule of the lesion", "equalise"),
    "own-scale-noise": ("noise relative to activation", "equalise"),
    "pruned-scale-noise": ("noise relative to activation", "sweep"),
    "exposure-ladder": ("learning exposure", "sweep"),
    "many-draws": ("noise draws", "measure otherwise"),
    "fixed-probe": ("probe strength over cycles", "equalise"),
    "threshold-sweep": ("threshold", "sweep"),
    "remitters-only": ("remission before relapse", "measure otherwise"),
    "no-maintenance": ("maintenance", "remove"),
    "healthy": ("pruning", "remove"),
}
"""The constant that each control is about, and what it does to it."""
DEAREST = ("healthy",)
"""Controls that are left to a full audit: a whole network trains many times slower."""
COMBINED = "acc_combined"
STRENGTHS = (0.75, 1.25)
"""Strengths of the noise in tests, relative to the protocol's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """One row of the matrix.

    Parameters
    ----------
    constant, action : what is changed, and how.
    role : what it may decide; see `resynapse.controls.registry.Role`.
    name : of the scenario; the name of the control where one made it.
    retrains : whether something is trained for it.
    shortened : whether what it retrains is followed over the first duration alone.
    """

    constant: str
    action: Action
    role: Role
    name: str
    retrains: bool
    shortened: bool = False


def amended_for_audit(protocol: Protocol, read: Iterable[str], depth: Depth) -> tuple[Protocol, tuple[Amendment, ...]]:
    """The protocol with the variants of an audit.

    Parameters
    ----------
    read : arms that claims read; controls that made one of them are run at every depth.
    depth : ``quick`` runs these, every nuisance control, and whatever trains nothing; ``standard`` the ablations and
        sweeps that train as well; ``full`` also the dearest controls, at finer levels and over every duration.

    Returns
    -------
    The tree, and one row of the matrix a change; a change that alters nothing in the protocol is left out.
    """
    read = set(read)
    made: list[Amendment] = []
    added: dict[str, Variant] = {}
    rules: list[Derived] = []
    before = epochs(protocol.routes)
    for constant, action, role, name, changed in _possible(protocol, read, depth):
        retrains = epochs(changed.routes) > before
        shorter = _shortened(changed, protocol) if retrains and depth != "full" else changed
        new = {n: v for n, v in shorter.variants.items() if n not in protocol.variants}
        if retrains and role != "nuisance" and (depth == "quick" or (depth == "standard" and name in DEAREST)):
            # no row of the matrix: only the arms that claims read
            added.update({n: v for n, v in new.items() if n in read})
            continue
        added.update(new)
        rules += [rule for rule in changed.derived if rule not in (*protocol.derived, *rules)]
        short = shorter is not changed
        made.append(
            Amendment(constant=constant, action=action, role=role, name=name, retrains=retrains, shortened=short)
        )
    tree = replace(protocol, variants={**protocol.variants, **added}, derived=(*protocol.derived, *rules))
    both = _both(tree, read)
    if depth != "full":
        both = {n: v for n, v in _shortened(replace(tree, variants=both), tree).variants.items() if n in both}
    return replace(tree, variants={**tree.variants, **both}), tuple(made)


def _both(tree: Protocol, read: Iterable[str]) -> dict[str, Variant]:
    """Every arm that a control made and a claim reads, under each nuisance control too: only like is compared."""
    routes = tree.routes
    found: dict[str, Variant] = {}
    plain = replace(tree, variants={})
    for name in NUISANCES:
        for arm, changes in CONTROLS[name].make(plain):
            for variant in sorted(read):
                made = tree.variants.get(variant)
                if made is None or made.of != arm or not changes:
                    continue
                one = replace(made, changes=(*made.changes, *changes), control=f"{made.control}{BOTH}{name}")
                if one.route(routes[arm]) != routes[variant]:
                    found[f"{variant}{BOTH}{name}"] = one
    return found


def _possible(
    protocol: Protocol, read: Iterable[str], depth: Depth
) -> Iterator[tuple[str, Action, Role, str, Protocol]]:
    """Every amendment that changes something, with the protocol that has it alone beside what was there."""
    # a file of claims may name a control as it was called before
    former = {arm.partition(":")[2] for arm in read} & set(RENAMED)
    for name in (*CONTROLS, *sorted(former)):
        try:
            changed = controlled(protocol, name)
        except ProtocolError:
            continue
        now = RENAMED.get(name, name)
        about, action = OF_CONTROLS.get(now, (name, "measure otherwise"))
        yield about, action, CONTROLS[now].role, name, changed
    for constant in CONSTANTS:
        for level in constant.fine if depth == "full" else constant.levels:
            name = f"{constant.name} {'' if constant.absolute else 'x'}{level:g}"
            changed = varied(protocol, name, ((constant, level),))
            if changed is not protocol:
                removed = constant.removes(level)
                yield constant.name, "remove" if removed else "sweep", "ablation" if removed else "sweep", name, changed
    yield from _of_gain_and_activation(protocol)
    for strength in STRENGTHS:
        name = f"noise of the tests x{strength:g}"
        changed = _with(protocol, name, {arm: tuple(_stronger(protocol, arm, strength)) for arm in protocol.arms})
        if changed is not protocol:
            yield "noise of the tests", "sweep", "sweep", name, changed


def _of_gain_and_activation(protocol: Protocol) -> Iterator[tuple[str, Action, Role, str, Protocol]]:
    """The final gain equal in all arms, exchanged between the extremes, and one activation function throughout."""
    found = gains(protocol)
    if found:
        ranked = sorted(found, key=lambda arm: found[arm])
        lowest, highest = ranked[0], ranked[-1]
        middle = found[ranked[len(ranked) // 2]]
        exchanged = {lowest: found[highest], highest: found[lowest]}
        made: tuple[tuple[Action, str, dict[str, float]], ...] = (
            ("equalise", "equal gain", dict.fromkeys(found, middle)),
            ("swap", "swapped gain", exchanged),
        )
        for action, name, levels in made:
            changes = {arm: moved(protocol.routes[arm], ((FINAL_GAIN, level),)) for arm, level in levels.items()}
            changed = _with(protocol, name, changes)
            if changed is not protocol:
                yield FINAL_GAIN.name, action, "ablation", name, changed
    changed = varied(protocol, "relu throughout", ((RELU, 0.0),))
    if changed is not protocol:
        yield RELU.name, "remove", "ablation", "relu throughout", changed


def varied(protocol: Protocol, name: str, levels: Iterable[tuple[Constant, float]]) -> Protocol:
    """The protocol with a variant ``ARM:name`` of every arm in which a constant is moved; itself where none is."""
    levels, routes = tuple(levels), protocol.routes
    return _with(protocol, name, {arm: moved(routes[arm], levels) for arm in protocol.arms})


def moved(route: Route, levels: Iterable[tuple[Constant, float]]) -> tuple[Change, ...]:
    """The changes that move constants of one arm to their levels."""
    return tuple(change for constant, level in levels for change in constant.changes(route, level))


def variants(name: str, changes: Mapping[str, tuple[Change, ...]]) -> dict[str, Variant]:
    """A variant ``ARM:name`` of every arm that is changed."""
    return {f"{arm}:{name}": Variant(of=arm, changes=made, control=name) for arm, made in changes.items() if made}


def _with(protocol: Protocol, name: str, changes: Mapping[str, tuple[Change, ...]]) -> Protocol:
    added = variants(name, changes)
    return replace(protocol, variants={**protocol.variants, **added}) if added else protocol


def _stronger(protocol: Protocol, arm: str, strength: float) -> Iterator[Change]:
    """Noise of every test at another strength, stored under the old name."""
    asked: dict[str, set[tuple[str, ...]]] = {}
    for condition, step in assessments(protocol.routes[arm]):
        asked.setdefault(base(condition), set()).add(step.outcomes)
    for condition, outcomes in asked.items():
        if len(outcomes) == 1:
            (names,) = outcomes
            changed = [_louder(name, strength) for name in names]
            if changed != list(names):
                yield Change(step=Assess.kind, condition=condition, set={"outcomes": changed})


def _louder(name: str, strength: float) -> str:
    original, _, alias = name.partition(" as ")
    family, _, number = original.rpartition("_")
    if original == COMBINED:
        family, number = COMBINED, "1"
    if family not in (COMBINED, "acc_biased", "acc_internal", "acc_input") or float(number) == 0:
        return name
    return f"{family}_{round(float(number) * strength, 6):g} as {alias or original}"


def _shortened(changed: Protocol, before: Protocol) -> Protocol:
    """New variants over the first duration, where the follow-up trains once along more of them."""
    variants = dict(changed.variants)
    for name, variant in changed.variants.items():
        long = [
            stop
            for stop in changed.routes[name]
            if isinstance(stop.step, Train) and stop.stream.startswith("follow_up/") and stop.fork
        ]
        if name not in before.variants and len(long) == 1 and len(long[0].at) > 1:
            first = long[0].at[:1]
            shorter = Change(step="train", section="follow_up", set={"epochs": first[-1]}, at=first)
            variants[name] = replace(variant, changes=(*variant.changes, shorter))
    if variants == dict(changed.variants):
        return changed
    return replace(changed, variants=variants)
