"""What an arm does from the fresh network on: its path, with arm filters applied and random streams named.

A stream's label is made of the section and the order among steps of the same kind along the path
(``follow_up/train.1``), never of the arm. So arms share batch order and noise wherever they do the same thing, two
arms with the same beginning are the same subject until they part, and adding an arm or a side path moves no label.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from resynapse.protocol.conditions import below
from resynapse.protocol.node import Node, Path
from resynapse.protocol.population.distributions import Place, Trait
from resynapse.protocol.steps import Assess, Enrol, Step
from resynapse.protocol.when import When


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteStep:
    """A node as one arm meets it: no arm filter any more, its random stream named."""

    step: Step | None
    stream: str
    fork: tuple[RouteStep, ...] = ()
    at: tuple[int, ...] = ()
    share: bool = True
    label: tuple[float, ...] = ()
    when: When | None = None
    draws: tuple[tuple[Place, Trait], ...] = ()

    @property
    def section(self) -> str:
        """``induction``, ``treatment`` or ``follow_up``; empty for a side path alone."""
        return self.stream.partition("/")[0]

    @property
    def stream_within(self) -> str:
        """The name of the stream within its section."""
        return self.stream.partition("/")[2]

    def named(self, suffix: str) -> str:
        """The suffix of the conditions here and below: that of the path around it and the node's own counts."""
        for count in self.label:
            suffix = below(suffix, count)
        return suffix


Route = tuple[RouteStep, ...]


def route(arm: str, *, induction: Path, treatment: Path, follow_up: Path) -> Route:
    """The whole path of one arm: induction, treatment, follow-up."""
    sections = {"induction": induction, "treatment": treatment, "follow_up": follow_up}
    return tuple(stop for section, path in sections.items() for stop in _resolve(path, arm, section, {}))


@dataclass(frozen=True, slots=True)
class Branch:
    """The next shared step of some arms, and how each arm continues: its side path, and the rest of its route."""

    stop: RouteStep
    forks: dict[str, Route]
    rest: dict[str, Route]


def parted(group: Mapping[str, Route]) -> Iterator[Branch]:
    """Group arms by what they do next; arms at the end of their route drop out.

    Arms whose side paths differ still share the step itself, so that a control that changes only what happens
    after a state trains nothing twice.
    """
    together: dict[RouteStep, Branch] = {}
    for arm, stops in group.items():
        if stops:
            alone = replace(stops[0], fork=())
            branch = together.setdefault(alone, Branch(alone, {}, {}))
            branch.forks[arm] = stops[0].fork
            branch.rest[arm] = stops[1:]
    yield from together.values()


def epochs(group: Mapping[str, Route]) -> int:
    """Training epochs of one subject that is always enrolled, when every shared stretch is run once."""
    total, waiting = 0, [{arm: tuple(_unlooked(route)) for arm, route in group.items()}]
    while waiting:
        for branch in parted(waiting.pop()):
            stop = branch.stop
            if stop.step is not None and stop.step.counts == "epochs":
                total += stop.step.length if stop.share or any(branch.rest.values()) else 0
                total += 0 if stop.share else sum(stop.at)
            total += max(1, len(stop.at)) * epochs(branch.forks)
            waiting.append(branch.rest)
    return total


def nesting(group: Mapping[str, Route]) -> int:
    """How many states one subject's walk has to come back to at most: at forks, and where arms part."""
    deepest, waiting = 0, [(group, 0)]
    while waiting:
        here, depth = waiting.pop()
        branches = list(parted(here))
        for branch in branches:
            # after the last branch, no route continues from the state where they separated
            inside = depth if branch is branches[-1] else depth + 1
            forked = 1 + nesting(branch.forks) if any(branch.forks.values()) else 0
            deepest = max(deepest, inside + forked)
            waiting.append((branch.rest, inside))
    return deepest


def stops(path: Route) -> Iterator[RouteStep]:
    """Every stop of a route, side paths included."""
    for stop in path:
        yield stop
        yield from stops(stop.fork)


def calibrates(routes: Iterable[Route]) -> bool:
    """Whether any arm is assessed under noise that is calibrated to its intact network."""
    found = (stop.step for route in routes for stop in stops(route))
    return any(isinstance(step, Assess) and step.noise == "calibrated" for step in found)


def assessments(stops: Route, suffix: str = "") -> list[tuple[str, Assess]]:
    """The conditions an arm is assessed at, in order; below `at` each carries its count."""
    return [(condition, step) for condition, step in looks(stops, suffix) if isinstance(step, Assess)]


def enrolments(stops: Route) -> list[tuple[str, Enrol]]:
    """The points an arm is selected at, in order, named as assessments are."""
    return [(condition, step) for condition, step in looks(stops) if isinstance(step, Enrol)]


def looks(stops: Route, suffix: str = "") -> Iterator[tuple[str, Assess | Enrol]]:
    """Where an arm is looked at without being changed, in order."""
    for stop in stops:
        here = stop.named(suffix)
        if isinstance(stop.step, (Assess, Enrol)):
            yield stop.step.condition + here, stop.step
        for inner in [below(here, count) for count in stop.at] or [here]:
            yield from looks(stop.fork, inner)


def _unlooked(stops: Route) -> Iterator[RouteStep]:
    """The route without its measuring and selecting steps. Arms that differ only in those share their training.

    An assessment stays where a later condition may read it: then arms may part for what they measured.
    """
    for index, stop in enumerate(stops):
        after = (stop, *stops[index + 1 :])
        read = isinstance(stop.step, Assess) and any(_decided_by(later, stop.step.stored) for later in after)
        if not isinstance(stop.step, (Assess, Enrol)) or read:
            yield stop
        elif stop.fork:
            yield replace(stop, step=None, stream="", when=None, draws=())


def _decided_by(stop: RouteStep, stored: Collection[str]) -> bool:
    decided = stop.when is not None and stop.when.outcome in stored
    return decided or any(_decided_by(inner, stored) for inner in stop.fork)


def _resolve(path: Path, arm: str, section: str, seen: dict[str, int]) -> Iterator[RouteStep]:
    for node in path:
        # counted for every arm alike, so that a step of one arm moves no label of another
        stream = _stream(node, section, seen)
        if (node.arms and arm not in node.arms) or arm in node.skip:
            continue
        yield RouteStep(
            step=node.step,
            stream=stream,
            fork=tuple(_resolve(node.fork, arm, section, dict(seen))),
            at=node.at,
            share=node.share,
            label=node.label,
            when=node.when,
            draws=node.draws,
        )


def _stream(node: Node, section: str, seen: dict[str, int]) -> str:
    if node.step is None:
        return ""
    kind = node.step.kind
    if node.stream is not None:
        return f"{section}/{node.stream}"
    seen[kind] = seen.get(kind, 0) + 1
    return f"{section}/{kind}.{seen[kind]}"
