"""One arm along an axis of numbers: its subjects, its mean and its band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from resynapse.analysis.cells import Cell
from resynapse.analysis.intervals import Interval
from resynapse.report.figures.style import look, some
from resynapse.report.run_data import RunData

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def course(
    axis: Axes,
    run_data: RunData,
    arm: str,
    points: Sequence[tuple[float, Cell]],
    bands: Mapping[Cell, Interval] | None = None,
) -> str:
    """Draw an arm through its cells, and say in words from where to where it goes; empty where it has none of them.

    Parameters
    ----------
    points : place on the axis and cell, in rising order.
    bands : instead of each cell's own 95 % interval.
    """
    known = [(x, cell, run_data.described[cell]) for x, cell in points if cell in run_data.described]
    if not known:
        return ""
    style = look(arm, run_data.drawn)
    x = [at for at, _, _ in known]
    singles = np.stack([run_data.cells.values[:, run_data.cells.keys.index(cell)] for _, cell, _ in known])
    for subject in some(singles.shape[1]):
        axis.plot(x, singles[:, subject], color=style.colour, alpha=0.2, linewidth=0.6)
    ends = [(at, (bands or {}).get(cell, found.interval)) for at, cell, found in known]
    whole = [(at, end.low, end.high) for at, end in ends if end.low is not None and end.high is not None]
    if whole:
        at, low, high = zip(*whole, strict=True)
        axis.fill_between(at, low, high, color=style.colour, alpha=0.15, linewidth=0)
    means = [found.mean for _, _, found in known]
    axis.plot(x, means, color=style.colour, marker=style.marker, linestyle=style.line, label=arm)
    return f"{arm} {means[0]:.3g} at {x[0]:g} to {means[-1]:.3g} at {x[-1]:g}"
