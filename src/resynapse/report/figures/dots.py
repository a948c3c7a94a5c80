"""Subjects as dots in rows of arms, with the mean and its interval on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from resynapse.analysis.intervals import Interval
from resynapse.report.figures.lines import headed
from resynapse.report.figures.style import Look, some

if TYPE_CHECKING:
    from matplotlib.axes import Axes


NAME = 22
"""Letters of a line of a name; of small ones half as many more, where two lines would not do."""


def rows_of_arms(axis: Axes, names: list[tuple[str, Look]]) -> None:
    """One row an arm, its name in its colour."""
    told, size = [headed(name, NAME) for name, _ in names], 8.5
    if any(name.count("\n") > 1 for name in told):
        told, size = [headed(name, NAME * 3 // 2) for name, _ in names], 6.0
    axis.set_yticks(range(len(names)), told, fontsize=size)
    for tick, (_, style) in zip(axis.get_yticklabels(), names, strict=True):
        tick.set_color(style.text)
    axis.set_ylim(len(names) - 0.45, -0.55)
    axis.grid(visible=False, axis="y")
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)


def marks(axis: Axes, place: int, values: NDArray[np.float64], mean: float, interval: Interval, style: Look) -> None:
    """Subjects as pale dots, spread by rank so that nothing is drawn by lot; the mean and its interval on them."""
    values = values[~np.isnan(values)]
    values = values[some(len(values))]
    aside = (np.arange(len(values)) % 7 - 3) * 0.05
    axis.plot(values, place + aside, color=style.colour, marker="o", linestyle="none", alpha=0.28, markersize=3,
              markeredgewidth=0)  # fmt: skip
    ends = None
    if interval.low is not None and interval.high is not None:
        ends = [[max(mean - interval.low, 0)], [max(interval.high - mean, 0)]]
    axis.errorbar(mean, place, xerr=ends, color=style.colour, marker=style.marker, markersize=6, capsize=3,
                  markeredgecolor="#FFFFFF", markeredgewidth=0.7, zorder=4)  # fmt: skip
