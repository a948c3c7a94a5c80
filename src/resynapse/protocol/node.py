"""A step in its place within a protocol."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from resynapse.protocol.population.distributions import Place, Trait
from resynapse.protocol.steps import Step
from resynapse.protocol.when import When


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A step in its place, or a side path alone.

    Parameters
    ----------
    step : what is done; None for a side path that starts from the state as it is.
    fork : a side path; the state outside it is untouched.
    at : counts (epochs, steps) of `step` at which `fork` starts; empty means after it.
    share : False runs the step apart for every count of `at`, each with its own random stream, as six
        independent runs would; True takes them from one trajectory.
    arms : the arms that take part; empty means all.
    skip : arms that do not take part.
    label : counts (cycle, level of a sweep) that name the conditions here and below, as in ``cycle=3``.
    when : a comparison with what was measured before; where it is false, nothing of this node is done.
    draws : fields of `step` that are drawn for each subject, and from what.
    stream : a name for the random stream, where the one given by kind and order will not do.
    """

    step: Step | None = None
    fork: tuple[Node, ...] = ()
    at: tuple[int, ...] = ()
    share: bool = True
    arms: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    label: tuple[int | float, ...] = ()
    when: When | None = None
    draws: tuple[tuple[Place, Trait], ...] = ()
    stream: str | None = None


Path = tuple[Node, ...]
Stepwise = Step | Node


def nodes(steps: Sequence[Stepwise]) -> Path:
    """A path from bare steps and nodes."""
    return tuple(s if isinstance(s, Node) else Node(step=s) for s in steps)


def every(path: Path) -> Iterator[Node]:
    """Every node of a path, side paths included."""
    for node in path:
        yield node
        yield from every(node.fork)
