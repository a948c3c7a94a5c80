"""The figures of a run, one file each; which apply depends on the protocol and on what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from types import ModuleType

from resynapse.errors import ResynapseError, nearest
from resynapse.report.figures.style import Drawn, at_most, styled
from resynapse.report.run_data import RunData

__all__ = ["FIGURES", "Kind", "draw"]
NAMES = ("overview", "trial", "resilience", "probe", "pairs", "trajectories", "survival", "connections", "forest")
"""The files of this room that hold a figure, in the order of the report."""
FEW = 2
"""Up to so many arms that are left out are named."""
OF_ARMS = frozenset(NAMES) - {"connections", "forest"}
"""Figures with something of every arm."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of figure.

    Parameters
    ----------
    name, title : on the command line, and above the figure.
    lacks : why a run has no such figure; empty if it has.
    draw : draws it.
    """

    name: str
    title: str
    lacks: Callable[[RunData], str]
    draw: Callable[[RunData], Drawn]

    @classmethod
    def of(cls, name: str, module: ModuleType) -> Kind:
        """From its file."""
        return cls(name, module.TITLE, module.lacks, module.draw)


FIGURES: Mapping[str, Kind] = {name: Kind.of(name, import_module(f"{__name__}.{name}")) for name in NAMES}
"""Every kind by its name, in the order of the report."""


def draw(run_data: RunData, name: str, *, columns: int = 99) -> Drawn:
    """The figure of this name.

    Parameters
    ----------
    columns : most panels side by side; 1 for a narrow screen, in figures whose panels can be put below each other.

    Raises
    ------
    ResynapseError : no such kind, or the run has no such figure, with the reason.
    """
    if name not in FIGURES:
        raise ResynapseError(f"no figure {name!r}; {nearest(name, FIGURES)}")
    reason = FIGURES[name].lacks(run_data)
    if reason:
        raise ResynapseError(f"{run_data.path}: no figure {name!r} of this run: {reason}")
    with styled(), at_most(columns):
        made = FIGURES[name].draw(run_data)
    left = [arm for arm in run_data.arms if arm not in run_data.drawn]
    if left and name in OF_ARMS:
        many = f"{len(left)} arms with a control"
        few = " and ".join(map(run_data.arm_title, left))
        said = f"{few if len(left) <= FEW else many} {'is' if len(left) == 1 else 'are'} not drawn"
        said = said[0].upper() + said[1:]
        made = replace(made, caption=f"{made.caption} {said}; the tables have {'it' if len(left) == 1 else 'them'}.")
    return made
