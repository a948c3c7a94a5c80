"""What the counts of a condition are: time on one trajectory, or exposures that are each tested apart.

A relapse at one count is carried to the next only where the same network continues through both. Then there is a time
to relapse. Along a dose, a depth, or a duration that is tested on a side path of its own there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

from resynapse.protocol import Assess, Enrol, Mark, Protocol
from resynapse.protocol.node import Node, Path

Kinds = dict[str, None]
"""Kinds of step, in order."""
SWEEP, APART = "a level of a sweep", "a run of its own"


@dataclass(frozen=True, slots=True)
class Exposure:
    """A condition along which there is no time to relapse.

    Parameters
    ----------
    condition : without its counts.
    apart : steps between the trajectory and the test of a count.
    """

    condition: str
    apart: tuple[str, ...]

    @property
    def why(self) -> str:
        """Why there is no time, in one line."""
        return (
            f"no time to relapse along {self.condition}: each count is an exposure that is tested apart "
            f"({', '.join(self.apart)}), so that a relapse at one count is not carried to the next; read the shares at "
            "each count"
        )


def side_paths(protocol: Protocol) -> dict[str, tuple[str, ...]]:
    """Conditions whose counts are exposures, and the steps between the trajectory and their test.

    Returns
    -------
    For each condition the kinds of step of its side path, such as ``("discontinue", "decay")``, after `SWEEP` or
    `APART` where each count has a network of its own. Conditions along one trajectory are not in it: those of rounds,
    and those of a side path that only looks, such as every step of a washout.

    >>> from resynapse.protocol import load
    >>> side_paths(load("switch-relapse"))["maintenance"], "washout" in side_paths(load("washout"))
    (('discontinue', 'decay', 'a level of a sweep'), False)
    """
    found: dict[str, Kinds] = {}
    for path in (protocol.induction, *protocol.arms.values(), protocol.follow_up):
        _walk(path, None, found)
    return {condition: tuple(kinds) for condition, kinds in found.items()}


def _walk(path: Path, left: Kinds | None, found: dict[str, Kinds]) -> None:
    """Note what is tested apart along a path.

    Parameters
    ----------
    left : what has happened since the trajectory that carries the last count was left; None on the trajectory itself,
        and where there is no count yet.
    """
    left = None if left is None else dict(left)
    for node in path:
        step = node.step
        if isinstance(step, Assess):
            # a count of its own is a position along its own path
            if left and not node.label:
                found.setdefault(step.condition, {}).update(left)
        elif step is not None and left is not None and not isinstance(step, (Enrol, Mark)):
            left[step.kind] = None
        _walk(node.fork, _inside(node, path, left), found)


def _inside(node: Node, path: Path, left: Kinds | None) -> Kinds | None:
    """What has happened before the side path of a node begins."""
    if node.at:
        return {} if node.share else {APART: None}
    if node.step is None and node.label:
        # a side path that alone has its count is a level of a sweep, one among others of its round is not
        alone = sum(other.label == node.label for other in path) == 1
        return {SWEEP: None} if alone else {}
    return left
