"""What makes a protocol runnable beyond the types of its fields: names that exist, counts that fit."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping, Sequence
from functools import partial

from resynapse.errors import ProtocolError, Where, nearest
from resynapse.networks import ARCHITECTURES, Architecture
from resynapse.outcomes import outcome as defined
from resynapse.protocol.arms import BY, Arm
from resynapse.protocol.conditions import base
from resynapse.protocol.derived_outcomes import Derived
from resynapse.protocol.endpoints import Endpoint, check_endpoints, known_among
from resynapse.protocol.node import Node, Path
from resynapse.protocol.population.distributions import Place, Trait
from resynapse.protocol.remembered import Remembered
from resynapse.protocol.routes import Route, RouteStep, looks
from resynapse.protocol.steps import Assess, Drug, Enrol, Mark, PruneTo, Remap, Step
from resynapse.protocol.validation.conditions_measured import Placed, all_at, conditions, placed
from resynapse.protocol.variants import Variant
from resynapse.task import TASKS, Task, has_time, mappings_of, steps_of, wants_every_step
from resynapse.task.base import MOST_SAMPLES

MOST_POINTS = 100_000
"""Most steps over all arms, those of a side path as often as it starts."""
_SOUND = Remembered[None](2048)
_STORED = Remembered[tuple[tuple[str, tuple[str, ...]], ...]](2048)


class Tree(typing.Protocol):
    """The parts of a protocol that are checked."""

    @property
    def name(self) -> str:
        """Names the results."""

    @property
    def task(self) -> Task:
        """What the networks learn."""

    @property
    def network(self) -> Architecture:
        """Architecture of the networks."""

    @property
    def hidden(self) -> tuple[int, ...]:
        """Units of every site."""

    @property
    def batch_size(self) -> int:
        """Samples of a training step."""

    @property
    def induction(self) -> Path:
        """Path to the state that all arms share."""

    @property
    def arms(self) -> Mapping[str, Path]:
        """Treatment path of each arm."""

    @property
    def follow_up(self) -> Path:
        """Path that every arm takes afterwards."""

    @property
    def derived(self) -> tuple[Derived, ...]:
        """Outcomes computed from measured ones."""

    @property
    def variants(self) -> Mapping[str, Variant]:
        """Arms that are another one but for stated changes."""

    @property
    def primary(self) -> tuple[Endpoint, ...]:
        """Endpoints over which p values are adjusted."""

    @property
    def routes(self) -> Mapping[str, Route]:
        """What each arm does from the fresh network on."""


def check(protocol: Tree) -> None:
    """Refuse a protocol that cannot be run as it is written.

    Raises
    ------
    ProtocolError : names what is wrong, where, and what is allowed.
    """
    if not re.fullmatch(r"[^\s/\\,=][^/\\,=]*", protocol.name):
        raise ProtocolError(f"{protocol.name!r} is no name; use letters, and none of / \\ , =", ("name",))
    if has_time(protocol.task) and not protocol.network.takes_time:
        able = ", ".join(kind for kind, network in ARCHITECTURES.items() if network.takes_time)
        raise ProtocolError(
            f"network {protocol.network.kind} takes inputs without time, and those of the task have steps of time; "
            f"use network {able}",
            ("network",),
        )
    if wants_every_step(protocol.task) and getattr(protocol.network, "readout", "every") == "last":
        raise ProtocolError(
            "readout 'last' gives one output, and the task wants one in every step; use readout: every",
            ("network", "readout"),
        )
    if not protocol.arms:
        raise ProtocolError("no arms; name at least one", ("arms",))
    if protocol.batch_size > MOST_SAMPLES:
        raise ProtocolError(f"{protocol.batch_size} samples; at most {MOST_SAMPLES} are possible", ("batch_size",))
    if protocol.batch_size < 1:
        raise ProtocolError(f"expected a batch of at least 1 sample, got {protocol.batch_size}", ("batch_size",))
    for arm in protocol.arms:
        if not _is_arm(arm) or BY in arm:
            raise ProtocolError(f"{arm!r} is no name for an arm; use a letter and none of , = / :", ("arms", arm))
    _check_path(protocol, protocol.induction, ("induction",))
    for arm, path in protocol.arms.items():
        _check_path(protocol, path, ("arms", arm))
    _check_path(protocol, protocol.follow_up, ("follow_up",))
    for name, variant in protocol.variants.items():
        if name in protocol.arms or not _is_arm(name):
            raise ProtocolError(f"{name!r} is no name for a variant; use one of its own", ("variants", name))
        if BY in name and Arm.parse(name).name != variant.of:
            raise ProtocolError(
                f"{name!r} is no name for a variant of {variant.of}; write it without `:`, which names a control",
                ("variants", name),
            )
        if variant.of not in protocol.arms:
            raise ProtocolError(
                f"no arm {variant.of!r}; {nearest(variant.of, protocol.arms)}", ("variants", name, "of")
            )
    _check_points(protocol)
    _check_assessments(protocol)


def _check_points(protocol: Tree) -> None:
    """Refuse a protocol whose nested side paths multiply to more than can be written out."""
    shared = _points(protocol.induction) + _points(protocol.follow_up)
    own = {arm: shared + _points(path) for arm, path in protocol.arms.items()}
    total = sum(own.values()) + sum(own[variant.of] for variant in protocol.variants.values())
    if total > MOST_POINTS:
        raise ProtocolError(
            f"{total} steps over all arms, variants and side paths; at most {MOST_POINTS} are possible", ("arms",)
        )


def _points(path: Path) -> int:
    """Steps of a path, those of a side path as often as it starts."""
    return sum(1 + max(1, len(node.at)) * _points(node.fork) for node in path)


def _is_arm(name: str) -> bool:
    return re.fullmatch(r"[^,=/]*[^,=/\s][^,=/]*", name) is not None


def readable(protocol: Tree, rules: Sequence[Derived]) -> tuple[Derived, ...]:
    """Those of `rules` whose inputs the protocol measures or an earlier rule computes."""
    known = _measured(protocol)
    kept = []
    for rule in rules:
        needed = list(rule.needs)
        needed += [(rule.selects[1], rule.selects[0].outcome)] if rule.selects is not None else []
        if all(outcome in known.get(condition, ()) for condition, outcome in needed):
            kept.append(rule)
            _add(known, rule)
    return tuple(kept)


def measurable(protocol: Tree, endpoints: Sequence[Endpoint]) -> tuple[Endpoint, ...]:
    """Those of `endpoints` that the protocol measures or computes."""
    known = _measured(protocol)
    for rule in protocol.derived:
        _add(known, rule)
    return known_among(endpoints, known)


def _check_assessments(protocol: Tree) -> None:
    """No condition twice in an arm; what derived outcomes read is measured."""
    arrays = tuple(protocol.network.connections(protocol.task))
    suits = (protocol.hidden, arrays, mappings_of(protocol.task), no_noise_in_time(protocol.task, protocol.network))
    for arm, stops in protocol.routes.items():
        _SOUND.of((stops,), partial(_check_arm, protocol, arm), also=(arm, *suits))
    known = _measured(protocol)
    for index, rule in enumerate(protocol.derived):
        where = ("derived", index, rule.kind)
        for condition, outcome in rule.needs:
            if condition not in known:
                raise ProtocolError(
                    f"{rule.outcome} reads condition {condition!r}, at which no arm is assessed; "
                    f"{nearest(condition, sorted(known))}",
                    where,
                )
            if outcome not in known[condition]:
                raise ProtocolError(
                    f"{rule.outcome} reads {outcome!r}, which is not measured at {condition!r}; "
                    f"{nearest(outcome, sorted(known[condition]))}",
                    (*where, "of" if outcome == rule.of else "over"),
                )
        if rule.selects is not None:
            when, condition = rule.selects
            if when.outcome not in known.get(condition, ()):
                raise ProtocolError(
                    f"{rule.outcome} is among {rule.among!r}, which no arm measures; name an outcome and its condition",
                    (*where, "among"),
                )
        for condition in rule.writes:
            if rule.outcome in known.get(condition, ()):
                raise ProtocolError(
                    f"{rule.outcome!r} is measured at {condition!r} already; give the new outcome its own name",
                    (*where, "outcome"),
                )
        _add(known, rule)
    check_endpoints(protocol.primary, known)


def _check_arm(protocol: Tree, arm: str) -> None:
    """What an arm meets along its route; the route of a variant is its own, with that of its arm behind it."""
    stops, here = protocol.routes[arm], ("variants", arm)
    if arm in protocol.variants:
        variant = protocol.variants[arm]
        _check_idle(variant, protocol.routes[variant.of], (*here, "changes"))
        _check_changed(protocol, stops, here)
        path = all_at(stops, here)
    else:
        sections: dict[Where, Path] = {
            ("induction",): protocol.induction,
            ("arms", arm): protocol.arms[arm],
            ("follow_up",): protocol.follow_up,
        }
        path = placed(stops, sections, arm)
    _check_needs(path)
    seen: set[str] = set()
    for condition, where in conditions(path):
        if condition in seen:
            raise ProtocolError(
                f"arm {arm} is assessed twice as {condition!r}; give each assessment its own name", where
            )
        seen.add(condition)


def _check_needs(path: Sequence[Placed], *, marked: bool = False, seen: frozenset[str] = frozenset()) -> None:
    """Change is measured only where something was marked before; a condition reads what was measured before."""
    for here in path:
        stop = here.stop
        criteria = [("when", stop.when)] if stop.when is not None else []
        criteria += [("enrol", stop.step.criterion)] if isinstance(stop.step, Enrol) else []
        for key, when in criteria:
            if when.outcome not in seen:
                among = f"; {nearest(when.outcome, sorted(seen))}" if seen else ""
                raise ProtocolError(
                    f"`{key}: {when}` reads an outcome that is not measured before it; assess it first{among}",
                    here.where,
                )
        if isinstance(stop.step, Assess) and stop.when is None:
            seen = seen.union(stop.step.stored)
        marked = marked or isinstance(stop.step, Mark)
        outcomes = stop.step.outcomes if isinstance(stop.step, Assess) else ()
        changed = [n for n in outcomes if defined(n).marked]
        if changed and not marked:
            raise ProtocolError(
                f"{changed[0]} is measured from a mark; put `mark: {{}}` before the treatment", here.where
            )
        _check_needs(here.fork, marked=marked, seen=seen)


def _check_idle(variant: Variant, of: Route, where: Where) -> None:
    """Every change of a file must match a step; a control applies the same change to every arm."""
    for index, change in variant.idle(of) if not variant.control else ():
        meant = f" {change.condition}" if change.condition else ""
        meant += f" number {max(change.which)}" if change.which else ""
        meant += f" in the {change.section.replace('_', '-')}" if change.section else ""
        raise ProtocolError(
            f"arm {variant.of} has no {change.step}{meant} left to change; leave this change out", (*where, index)
        )


def _check_changed(protocol: Tree, stops: Route, where: Where) -> None:
    """What a variant's changes put into steps must suit the network and each other, as what is written out does."""
    for stop in stops:
        _check_layers(protocol, stop.step, stop.draws, where)
        if stop.at:
            _check_counts(stop, where)
        _check_changed(protocol, stop.fork, where)


def _measured(protocol: Tree) -> dict[str, set[str]]:
    """The outcomes measured at each condition, with and without counts, by any arm."""
    known: dict[str, set[str]] = {}
    for stops in protocol.routes.values():
        for condition, stored in _STORED.of((stops,), partial(_stored, stops)):
            known.setdefault(condition, set()).update(stored)
    return known


def _stored(stops: Route) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The outcomes stored at each condition of an arm, with and without counts."""
    return tuple((name, step.stored) for at, step in looks(stops) for name in dict.fromkeys((at, base(at))))


def _add(known: dict[str, set[str]], rule: Derived) -> None:
    for condition in rule.writes:
        known.setdefault(condition, set()).add(rule.outcome)


def _check_path(protocol: Tree, path: Path, where: Where) -> None:
    for index, node in enumerate(path):
        here: Where = (*where, index)
        for key, named in (("arms", node.arms), ("skip", node.skip)):
            for arm in named:
                if arm not in protocol.arms:
                    raise ProtocolError(f"no arm {arm!r}; {nearest(arm, protocol.arms)}", (*here, key))
        if node.step is None and not node.fork:
            raise ProtocolError("neither a step nor a fork; give one of them", here)
        if node.at:
            _check_counts(node, (*here, "at"))
        _check_layers(protocol, node.step, node.draws, here)
        _check_path(protocol, node.fork, (*here, "fork"))


def _check_layers(protocol: Tree, step: Step | None, draws: Sequence[tuple[Place, Trait]], where: Where) -> None:
    """A drug acts on hidden layers that the network has, and what is counted by layer is counted in one of them."""
    if isinstance(step, Assess):
        timed = [name for name in step.outcomes if defined(name).in_time]
        if timed and (reason := no_noise_in_time(protocol.task, protocol.network)):
            raise ProtocolError(f"{timed[0]} is not possible: {reason}", where)
        last = len(protocol.network.connections(protocol.task))
        for name in step.outcomes:
            if (defined(name).layer or 0) > last:
                raise ProtocolError(f"{name} is not possible: the network has {last} layers of weights", where)
    if isinstance(step, PruneTo):
        arrays = protocol.network.connections(protocol.task)
        for name in step.of:
            if name not in arrays:
                raise ProtocolError(
                    f"no connections {name!r} in this network; {nearest(name, arrays)}", (*where, step.kind, "of")
                )
    if isinstance(step, Remap) and step.to not in (known := mappings_of(protocol.task)):
        raise ProtocolError(f"no mapping {step.to!r} of this task; {nearest(step.to, known)}", (*where, step.kind))
    if not isinstance(step, Drug):
        return
    drawn = [number for place, trait in draws if place[0] == "layers" for _, number in trait.limits]
    for layer in (*(step.layers or ()), *drawn):
        if layer > len(protocol.hidden):
            hidden = f"the network has {len(protocol.hidden)} hidden layer{'s' * (len(protocol.hidden) > 1)}"
            raise ProtocolError(f"{layer:g} is not possible: {hidden}, counted from 1", (*where, step.kind, "layers"))


def no_noise_in_time(task: Task, network: Architecture) -> str:
    """Why no noise can act in some steps of a sequence alone; empty where it can."""
    if steps_of(task) == 1:
        timed = ", ".join(kind for kind, one in TASKS.items() if hasattr(one, "steps"))
        return f"the task has no steps of time; those with steps: {timed}"
    able = ", ".join(kind for kind, one in ARCHITECTURES.items() if one.noise_in_time)
    cannot = f"network {network.kind} cannot have noise in some steps alone; those that can: {able}"
    return "" if network.noise_in_time else cannot


def _check_counts(node: Node | RouteStep, where: Where) -> None:
    """Side paths start at counts that the step has, for every subject."""
    if node.step is None or node.step.counts is None:
        raise ProtocolError("only a step that advances in epochs or steps has counts", where)
    if not node.fork:
        raise ProtocolError("a fork must say what happens at these counts", where)
    if any(later <= earlier for earlier, later in zip(node.at, node.at[1:], strict=False)):
        raise ProtocolError(f"expected counts that rise strictly, got {list(node.at)}", where)
    for count in node.at:
        if not 0 <= count <= node.step.length:
            raise ProtocolError(f"{count} is not possible: the step has {node.step.length} {node.step.counts}", where)
    for drawn in (trait for place, trait in node.draws if place == (node.step.counts,)):
        fewest = round(min(number for _, number in drawn.limits)) if drawn.bounded else 0
        if node.at[-1] > fewest:
            cure = f"count to {fewest} at most" if drawn.bounded else "give the distribution bounds (`within`)"
            raise ProtocolError(
                f"{node.at[-1]} is not possible: {node.step.counts} are drawn for each subject ({drawn}) and not every "
                f"subject has so many; {cure}, or put the side path after the step",
                where,
            )
