"""Paths in the protocol of the steps of an arm's route, so that an error names the step and not its arm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from resynapse.errors import Where
from resynapse.protocol.conditions import below
from resynapse.protocol.node import Path
from resynapse.protocol.routes import Route, RouteStep
from resynapse.protocol.steps import Assess, Enrol


@dataclass(frozen=True, slots=True)
class Placed:
    """A stop with its place, and its side path likewise."""

    stop: RouteStep
    where: Where
    fork: tuple[Placed, ...]


def placed(route: Route, sections: Mapping[Where, Path], arm: str) -> tuple[Placed, ...]:
    """The steps of an arm's route with their paths in the protocol.

    Parameters
    ----------
    sections : the three paths that the route was made of, by their keys in the protocol, in order.
    """
    stops = iter(route)
    return tuple(found for where, path in sections.items() for found in _along(stops, path, arm, where, sure=True))


def all_at(route: Route, where: Where) -> tuple[Placed, ...]:
    """The stops of a route that is written down in one place, as that of a variant."""
    return tuple(Placed(stop, where, all_at(stop.fork, where)) for stop in route)


def conditions(path: tuple[Placed, ...], suffix: str = "") -> Iterator[tuple[str, Where]]:
    """The path in the protocol of each condition of an arm, as `routes.looks` names them."""
    for here in path:
        stop, named = here.stop, here.stop.named(suffix)
        if isinstance(stop.step, (Assess, Enrol)):
            yield stop.step.condition + named, here.where
        for inner in [below(named, count) for count in stop.at] or [named]:
            yield from conditions(here.fork, inner)


def _along(stops: Iterator[RouteStep], path: Path, arm: str, where: Where, *, sure: bool) -> Iterator[Placed]:
    for index, node in enumerate(path):
        # a repetition is one item of a file and many nodes: from there on numbers are not those of the file
        sure = sure and not node.label
        here = (*where, index) if sure else where
        if (node.arms and arm not in node.arms) or arm in node.skip:
            continue
        stop = next(stops)
        fork = _along(iter(stop.fork), node.fork, arm, (*here, "fork") if sure else where, sure=sure)
        yield Placed(stop, here, tuple(fork))
