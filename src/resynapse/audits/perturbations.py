"""What an audit changes in a protocol: every control and every sweep, as variants of one tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from resynapse.audits.constants import CONSTANTS, FINAL_GAIN, RELU, Constant, gains
from resynapse.controls.combined import Combined
from resynapse.controls.control import Action, Role
from resynapse.controls.registry import RENAMED, control_named, controls, nuisances
from resynapse.outcomes import OutcomeName, outcome
from resynapse.protocol import Assess, Protocol, Train
from resynapse.protocol.arms import Arm
from resynapse.protocol.conditions import base
from resynapse.protocol.derived_outcomes import Derived
from resynapse.protocol.routes import Route, assessments, epochs
from resynapse.protocol.variants import Change, Set, Variant

Depth = Literal["light", "quick", "standard", "full"]
COMBINED = "acc_combined"
"""Accuracy under noise whose strength is 1 where its name has none."""
STRENGTHS = (0.75, 1.25)
"""Strengths of the noise in tests, relative to the protocol's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """One row of the matrix.

    Parameters
    ----------
    constant, action : what is changed, and how.
    role : what it may decide; see `resynapse.controls.control.Role`.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Possible:
    """An amendment that changes something: its row, and the variants and derived outcomes that it adds."""

    row: Amendment
    variants: Mapping[str, Variant]
    rules: tuple[Derived, ...] = ()
    dear: bool = False


def amended_for_audit(protocol: Protocol, read: Iterable[str], depth: Depth) -> tuple[Protocol, tuple[Amendment, ...]]:
    """The protocol with the variants of an audit.

    Parameters
    ----------
    read : arms that claims read; controls that made one of them are run at every depth.
    depth : ``light`` runs these and whatever trains nothing; ``quick`` every nuisance control too; ``standard`` the
        ablations and sweeps that train as well; ``full`` also the dear controls, at finer levels and over every
        duration.

    Returns
    -------
    The tree, and one row of the matrix a change; a change that alters nothing in the protocol is left out.
    """
    read, routes = set(read), protocol.routes
    made: list[Amendment] = []
    added: dict[str, Variant] = {}
    rules: list[Derived] = []
    before = epochs(routes)
    for one in _possible(protocol, routes, read, depth):
        own = {name: variant.route(routes[variant.of]) for name, variant in one.variants.items()}
        retrains = epochs({**routes, **own}) > before
        shorter = _shortened(one.variants, own) if retrains and depth != "full" else one.variants
        decides = one.row.role == "nuisance" and depth != "light"
        waits = depth in ("light", "quick") or (depth == "standard" and one.dear)
        if retrains and not decides and waits:
            # no row of the matrix: only the arms that claims read
            added.update({name: variant for name, variant in shorter.items() if name in read})
            continue
        added.update(shorter)
        rules += [rule for rule in one.rules if rule not in (*protocol.derived, *rules)]
        made.append(replace(one.row, retrains=retrains, shortened=shorter is not one.variants))
    known = {**protocol.variants, **added}
    battery = [name for name in nuisances() if depth != "light" or name in {row.name for row in made}]
    both = _both(protocol, routes, known, read, battery)
    if depth != "full":
        both = _shortened(both, {name: variant.route(routes[variant.of]) for name, variant in both.items()})
    return replace(protocol, variants={**known, **both}, derived=(*protocol.derived, *rules)), tuple(made)


def _both(
    protocol: Protocol,
    routes: Mapping[str, Route],
    known: Mapping[str, Variant],
    read: Iterable[str],
    battery: Iterable[str],
) -> Mapping[str, Variant]:
    """Every arm that a control made and a claim reads, under each nuisance control too: only like is compared."""
    found: dict[str, Variant] = {}
    plain = replace(protocol, variants={}) if protocol.variants else protocol
    for name in battery:
        for arm, changes in control_named(name).make(plain):
            for variant in sorted(read):
                made = known.get(variant)
                if made is None or made.of != arm or not changes:
                    continue
                applied = Combined.parse(made.control).then(name)
                one = replace(made, changes=(*made.changes, *changes), control=str(applied))
                if one.route(routes[arm]) != made.route(routes[arm]):
                    found[str(Combined((variant, name)))] = one
    return found


def _possible(
    protocol: Protocol, routes: Mapping[str, Route], read: Iterable[str], depth: Depth
) -> Iterator[_Possible]:
    """Every amendment that changes something beside what the protocol has."""
    # a file of claims may name a control as it was called before
    former = {Arm.parse(arm).control for arm in read} & set(RENAMED)
    for name in (*controls(), *sorted(former)):
        control = control_named(name)
        added, rules = control.adds(protocol, routes, name)
        if added or rules:
            row = _row(control.constant, control.action, control.role, name)
            yield _Possible(row=row, variants=added, rules=rules, dear=control.dear)
    for constant in CONSTANTS:
        for level in constant.fine if depth == "full" else constant.levels:
            action: Action = "remove" if constant.removes(level) else "sweep"
            role: Role = "ablation" if constant.removes(level) else "sweep"
            name = f"{constant.name} {'' if constant.absolute else 'x'}{level:g}"
            changes = {arm: moved(routes[arm], ((constant, level),)) for arm in protocol.arms}
            yield from _changed(_row(constant.name, action, role, name), changes)
    yield from _of_gain_and_activation(protocol, routes)
    for strength in STRENGTHS:
        row = _row("noise of the tests", "sweep", "sweep", f"noise of the tests x{strength:g}")
        yield from _changed(row, {arm: tuple(_stronger(routes[arm], strength)) for arm in protocol.arms})


def _row(constant: str, action: Action, role: Role, name: str) -> Amendment:
    return Amendment(constant=constant, action=action, role=role, name=name, retrains=False)


def _changed(row: Amendment, changes: Mapping[str, tuple[Change, ...]]) -> Iterator[_Possible]:
    added = variants(row.name, changes)
    if added:
        yield _Possible(row=row, variants=added)


def _of_gain_and_activation(protocol: Protocol, routes: Mapping[str, Route]) -> Iterator[_Possible]:
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
            changes = {arm: moved(routes[arm], ((FINAL_GAIN, level),)) for arm, level in levels.items()}
            yield from _changed(_row(FINAL_GAIN.name, action, "ablation", name), changes)
    changes = {arm: moved(routes[arm], ((RELU, 0.0),)) for arm in protocol.arms}
    yield from _changed(_row(RELU.name, "remove", "ablation", "relu throughout"), changes)


def moved(route: Route, levels: Iterable[tuple[Constant, float]]) -> tuple[Change, ...]:
    """The changes that move constants of one arm to their levels."""
    return tuple(change for constant, level in levels for change in constant.changes(route, level))


def variants(name: str, changes: Mapping[str, tuple[Change, ...]]) -> dict[str, Variant]:
    """A variant ``ARM:name`` of every arm that is changed."""
    return {str(Arm(arm, name)): Variant(of=arm, changes=made, control=name) for arm, made in changes.items() if made}


def _stronger(route: Route, strength: float) -> Iterator[Change]:
    """Noise of every test at another strength, stored under the old name."""
    measured: dict[str, set[tuple[str, ...]]] = {}
    for condition, step in assessments(route):
        measured.setdefault(base(condition), set()).add(step.outcomes)
    for condition, outcomes in measured.items():
        if len(outcomes) == 1:
            (names,) = outcomes
            changed = [_louder(name, strength) for name in names]
            if changed != list(names):
                yield Set(step=Assess.kind, condition=condition, set={"outcomes": changed})


def _louder(name: str, factor: float) -> str:
    """An accuracy under noise at another strength, stored under the old name; any other outcome as it is."""
    measured = outcome(name)
    strength = 1.0 if measured.family == COMBINED and measured.strength is None else measured.strength
    if measured.kind != "accuracy" or not strength:
        return name
    return str(OutcomeName(f"{measured.family}_{round(strength * factor, 6):g}", OutcomeName.parse(name).stored))


def _shortened(made: Mapping[str, Variant], routes: Mapping[str, Route]) -> Mapping[str, Variant]:
    """The variants over the first duration, where the follow-up trains once along more of them; else `made` itself."""
    shorter: dict[str, Variant] = {}
    for name, variant in made.items():
        long = [
            stop for stop in routes[name] if isinstance(stop.step, Train) and stop.section == "follow_up" and stop.fork
        ]
        if len(long) == 1 and len(long[0].at) > 1:
            first = long[0].at[:1]
            change = Set(step="train", section="follow_up", set={"epochs": first[-1]}, at=first)
            shorter[name] = replace(variant, changes=(*variant.changes, change))
    return {**made, **shorter} if shorter else made
