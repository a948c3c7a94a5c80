"""The follow-up of an arm, cut down to what an attribution asks for; what is left keeps its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from resynapse.controls.exposure import within
from resynapse.outcomes import OutcomeName
from resynapse.protocol import Lesion, Node, Protocol, Regrow, Scar
from resynapse.protocol.conditions import below
from resynapse.protocol.node import Path
from resynapse.protocol.routes import Route, RouteStep, stops
from resynapse.protocol.steps import Assess, Decay, Enrol, Train

Wanted = Mapping[str, set[str]]
"""The outcomes that are needed, by condition."""
_RANDOM = (Train, Regrow, Lesion, Scar)
"""Steps that draw random numbers."""


def follow_up(protocol: Protocol, arm: str, wanted: Wanted) -> Route:
    """The follow-up of an arm up to the last condition that is wanted, without the side paths that have none.

    Training that ends there lasts as long as it is looked at, where its values do not depend on its length.
    """
    whole = tuple(stop for stop in protocol.routes[arm] if within(stop) == "follow_up")
    # who goes on, and what is done, may hang on whatever was measured before
    everything = any(stop.when is not None or isinstance(stop.step, Enrol) for stop in stops(whole))
    return _cut(whole, wanted, [""], everything)


def way(route: Route, condition: str, suffix: str = "") -> Route | None:
    """The steps that lead to a condition, counts included; None where the route has no such condition."""
    done: list[RouteStep] = []
    for stop in route:
        here = stop.named(suffix)
        if isinstance(stop.step, (Assess, Enrol)) and stop.step.condition + here == condition:
            return tuple(done)
        counts: list[int | None] = [*stop.at] or [None]
        for count in counts:
            inner = way(stop.fork, condition, here if count is None else below(here, count))
            if inner is not None:
                return (*done, *alike((replace(_until(stop, count), fork=(), at=()),)), *inner)
        done += alike((replace(stop, fork=(), at=()),))
    return None


def alike(route: Route) -> Route:
    """The route without what changes no number: names of streams that nothing draws from, and looking on the way."""
    return tuple(
        replace(
            stop,
            step=None if isinstance(stop.step, Assess) else stop.step,
            stream=_head(stop).stream,
            fork=alike(stop.fork),
        )
        for stop in route
        if stop.fork or not (stop.step is None or isinstance(stop.step, Assess))
    )


def washout_alone(first: Route, second: Route) -> bool:
    """Whether two routes differ in the stabiliser's washout and in nothing else."""
    return _without_washout(alike(first)) == _without_washout(alike(second))


def washouts(route: Route) -> tuple[Decay, ...]:
    """The washouts of a route."""
    return tuple(dict.fromkeys(stop.step for stop in stops(route) if isinstance(stop.step, Decay)))


def path(route: Route, arms: Sequence[str] = ()) -> Path:
    """A route as nodes of a protocol, for some arms; every random stream keeps its name."""
    return tuple(_node(stop, path(stop.fork), arms) for stop in route)


def merged(routes: Sequence[tuple[Route, Sequence[str]]]) -> Path:
    """Routes of several arms as one path: what all begin with alike is for all, the rest for the arms of each."""
    together: list[Node] = []
    for at_once in zip(*(route for route, _ in routes), strict=False):
        if len({_head(stop) for stop in at_once}) > 1:
            break
        forks = [(stop.fork, names) for stop, (_, names) in zip(at_once, routes, strict=True)]
        together.append(_node(at_once[0], merged(forks), ()))
    rest = [path(route[len(together) :], names if len(routes) > 1 else ()) for route, names in routes]
    return (*together, *(node for one in rest for node in one))


def _head(stop: RouteStep) -> RouteStep:
    """A stop without its side path, and without a name of a stream that nothing draws from."""
    drawn = isinstance(stop.step, _RANDOM) or stop.draws
    return replace(stop, fork=(), stream=stop.stream if drawn else "")


def _node(stop: RouteStep, fork: Path, arms: Sequence[str]) -> Node:
    return Node(
        step=stop.step,
        fork=fork,
        at=stop.at if fork else (),
        share=stop.share,
        label=stop.label,
        when=stop.when,
        draws=stop.draws,
        stream=stop.stream_within or None,
        arms=tuple(arms),
    )


def _cut(route: Route, wanted: Wanted, suffixes: Sequence[str], everything: bool) -> Route:
    kept: list[RouteStep] = []
    ends = 0
    for stop in route:
        here = [stop.named(suffix) for suffix in suffixes]
        if isinstance(stop.step, Assess):
            names = set[str]().union(*(wanted.get(stop.step.condition + suffix, set()) for suffix in here))
            outcomes = tuple(o for o in stop.step.outcomes if OutcomeName.parse(o).stored in names)
            if outcomes and not everything:
                stop = replace(stop, step=stop.step.model_copy(update={"outcomes": outcomes}))
            elif not outcomes and not everything and not stop.fork:
                continue
            ends = len(kept) + 1 if outcomes else ends
        at = tuple(count for count in stop.at if _cut(stop.fork, wanted, _counted(here, count), everything))
        inner = [suffix for count in at for suffix in _counted(here, count)] if stop.at else here
        fork = _cut(stop.fork, wanted, inner, everything) if inner else ()
        stop = replace(stop, fork=fork, at=at if fork else (), share=stop.share or not fork)
        if stop.step is None and not fork:
            continue
        kept.append(stop)
        ends = len(kept) if fork else ends
    if not ends:
        return ()
    return (*kept[: ends - 1], _shortened(kept[ends - 1]))


def _counted(suffixes: Sequence[str], count: float) -> list[str]:
    return [below(suffix, count) for suffix in suffixes]


def _shortened(stop: RouteStep) -> RouteStep:
    """Training that nothing follows, up to its last side path; a ramp would change with its length."""
    step = stop.step
    if not isinstance(step, Train) or not stop.at or stop.draws or _ramps(step):
        return stop
    return replace(stop, step=step.model_copy(update={"epochs": max(stop.at)}))


def _until(stop: RouteStep, count: int | None) -> RouteStep:
    """A step up to a count; one with ramps keeps its length, for they would change with it."""
    if count is None or stop.step is None or stop.step.counts is None:
        return stop
    ramps = isinstance(stop.step, Train) and _ramps(stop.step)
    return stop if ramps else replace(stop, step=stop.step.model_copy(update={stop.step.counts: count}))


def _ramps(step: Train) -> bool:
    return any(isinstance(ramp, tuple) for ramp in (step.noise_sd, step.gain, step.inhibition))


def _without_washout(route: Route) -> Route:
    return tuple(replace(stop, fork=_without_washout(stop.fork)) for stop in route if not isinstance(stop.step, Decay))
